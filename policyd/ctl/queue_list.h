/* SPDX-License-Identifier: ISC */
/*
 * queue_list - what "postqueue -j" prints, as messages on hold
 *
 * Frames its lines; a line longer than QUEUE_LINE_MAX is read up to there.
 * Pure, but for memory.
 */
#ifndef CTL_QUEUE_LIST_H
#define CTL_QUEUE_LIST_H

#include "hdrcheck/base/buf.h"
#include "policyd/ctl/queue.h"
#include "policyd/ctl/queue_text.h"
#include "policyd/sched/qmsg.h"

/*
 * Told of each message on hold, once for each line; line borrows. False: it
 * cannot go on.
 */
typedef bool queue_list_fn(void *ctx, const struct qmsg *msg, struct span line);

/* Start with fn and ctx set, all else zero. */
struct queue_list {
	queue_list_fn *fn;
	void *ctx;
	size_t looked_at; /* bytes at the front without a line end */
	bool skipping; /* the rest of a line that was too long */
	uint64_t odd; /* lines that are not what postqueue prints */
	bool stopped; /* fn said so */
};

/* A hands_take_fn; ctx is the struct queue_list. */
bool queue_list_take(void *ctx, struct buf *in);

/* At the end of the output: its last line was whole. */
bool queue_list_is_whole(const struct queue_list *l);

/*
 * Fills m with what a line says; msg is of the same line. Texts go to text,
 * scratch is used on the way. False: no memory. Of a line that is cut the
 * recipients are not there.
 */
bool queue_list_fill(struct queue_message *m, const struct qmsg *msg,
    struct span line, struct queue_text *text, struct buf *scratch);

#endif
