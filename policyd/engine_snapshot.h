/* SPDX-License-Identifier: ISC */
/*
 * engine_snapshot - tells the process of the status page how the engine is
 *
 * A part of the engine. Again and again it gathers a snapshot, in slices that
 * hold up nothing else, and writes it to a pipe as fast as that takes it.
 */
#ifndef POLICYD_ENGINE_SNAPSHOT_H
#define POLICYD_ENGINE_SNAPSHOT_H

#include "hdrcheck/base/loop.h"
#include "policyd/sched/survey.h"
#include "policyd/texts.h"
#include "policyd/web/snapshot.h"

struct engine;

struct engine_snapshot {
	struct loop_timer timer;
	bool gathering; /* a survey is under way */
	int64_t began_ns; /* CLOCK_MONOTONIC: the last one */
	int64_t cost_ns; /* of it, so far */
	struct buf out; /* on its way */
	struct survey survey;
	struct snapshot snapshot;
	uint32_t next[SNAPSHOT_NEXT_MAX]; /* of its messages: slots of sweep */
	/* Texts of these messages. */
	struct texts texts;
	struct qid ids[SWEEP_PEEK_MAX]; /* of the peek that was wanted last */
	size_t asked; /* how many; 0: what that told is known */
	size_t ask_max; /* of the next one */
};

/*
 * Begins, if options.snapshots says where to; that is owned from here on. 0, or
 * -1: errno.
 */
int engine_snapshot_open(struct engine *g);

/* Frees everything, and closes the pipe. */
void engine_snapshot_close(struct engine *g);

/* Settings and rules are others from now on. */
void engine_snapshot_take_orders(struct engine *g);

/* For its own files. */

/*
 * From the beginning of one that took cost_ns to that of the next; set_ns is at
 * least that, 0: a second.
 */
int64_t engine_snapshot_interval_ns(int64_t cost_ns, int64_t set_ns);

/* Makes a snapshot of a survey that is done, and of everything else. */
void engine_snapshot_fill(struct engine *g);

/* Forgets all texts, and wants no more. */
void engine_snapshot_forget_texts(struct engine *g);

/*
 * Wants texts of messages of the snapshot that have none yet, if they are to
 * be shown; else none is kept. True: there is a command to start.
 */
bool engine_snapshot_peek(struct engine *g);

#endif
