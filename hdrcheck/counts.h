/* SPDX-License-Identifier: ISC */
/*
 * counts - hdrcheck's counters, as its map "status" tells them
 *
 * "lookups=5 hold=2 ...": words of NAME=NUMBER. Names may be added; a reader
 * passes over those it does not know. Pure.
 */
#ifndef HDRCHECK_COUNTS_H
#define HDRCHECK_COUNTS_H

#include "hdrcheck/base/buf.h"

enum lookup_count {
	COUNT_LOOKUPS, /* all verdicts together */
	COUNT_HOLD,
	COUNT_DUNNO,
	COUNT_REJECT,
	COUNT_NOTFOUND,
	COUNT_MALFORMED, /* frames and requests */
	COUNT_CONNECTIONS, /* accepted since the start, of all listeners */
	COUNT_OPEN, /* connections there are, that of the question included */
	COUNT_KINDS, /* how many there are */
};

enum {
	COUNTS_TEXT_SIZE = 512, /* bytes of the value, with a NUL */
	COUNTS_REPLY_MAX = 4096, /* bytes of a reply that is read */
};

struct lookup_counts {
	uint64_t n[COUNT_KINDS];
};

/* "lookups", "hold", ... */
extern const char *const counts_name[COUNT_KINDS];

/* Writes the value and a NUL; returns its length. */
size_t counts_format(
    const struct lookup_counts *counts, char out[COUNTS_TEXT_SIZE]);

enum counts_result { COUNTS_MORE, COUNTS_DONE, COUNTS_WRONG };

/*
 * Reads a reply of the map, a netstring, at the front of in. What it does not
 * name is 0.
 */
enum counts_result counts_read(
    struct span in, struct lookup_counts *counts, size_t *used);

#endif
