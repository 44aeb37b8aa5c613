/* SPDX-License-Identifier: ISC */
/*
 * progress - "released 120 of 500" on the terminal while it takes long
 *
 * On standard error, and only where that is a terminal.
 */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Starts as zeros. */
struct progress {
	int64_t began_ns; /* 0: nothing was told yet */
	int64_t shown_ns;
	bool shown; /* a line stands there */
};

/* what: a word like "released". Not told of what is over at once. */
void progress_tell(
    struct progress *p, const char *what, uint64_t done, uint64_t all);

/* Takes the line away, before anything else is printed. */
void progress_clear(struct progress *p);

#endif
