/* SPDX-License-Identifier: ISC */
/*
 * view - what the verbs that look at the queue share
 *
 * Reads the queue in a child that is not root (see hands), and writes what a
 * verb makes of it to standard output. That may be closed early: then nothing
 * more is written, and nothing is wrong.
 */
#ifndef CTL_VIEW_H
#define CTL_VIEW_H

#include "policyd/ctl/filter.h"
#include "policyd/ctl/options.h"
#include "policyd/zone.h"

enum {
	VIEW_OUTPUT_MAX = 128 * 1024 * 1024, /* bytes that wait for output */
	VIEW_FLUSH_AT = 64 * 1024,
};

struct view {
	const struct ctl_verb *verb;
	const struct settings *settings;
	struct filter *filter; /* takes what it lets through; may be NULL */
	bool foreign; /* also what is not ours */
	int64_t now_s;
	/* Called in the child, with the rest of this. An exit code. */
	int (*print)(struct view *v);
	void *ctx; /* for print */

	struct postconf postconf;
	struct queue queue;
	struct zone local;
	int width; /* of the terminal; 0: there is none */
	struct buf out; /* what is to be written */
	enum { VIEW_WRITES, VIEW_CLOSED, VIEW_FAILED } output;
};

/* An exit code; what is wrong is printed. */
int view_run(struct view *v);

/*
 * Writes v->out when that is worth it. False: there is nothing to go on for.
 */
bool view_flush(struct view *v);

/* Says what went wrong with this verb; an exit code. */
int view_fail(const struct view *v, const char *what, int exit_code);

/*
 * Those that are ours, in the order of the queue; owned by the caller. NULL: no
 * memory.
 */
const struct queue_message **view_ours(const struct view *v, size_t *n);

/* "1 message", "12 messages". False: no room. */
bool view_put_count(struct buf *out, uint64_t n, const char *noun);

#endif
