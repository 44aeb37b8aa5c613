/* SPDX-License-Identifier: ISC */
/*
 * queue_judge - what the scheduler makes of a message that was read, and why
 *
 * Pure.
 */
#ifndef CTL_QUEUE_JUDGE_H
#define CTL_QUEUE_JUDGE_H

#include "policyd/ctl/queue.h"

/* Fills in all that follows from facts and dates. */
void queue_judge(struct queue_message *m, const struct queue *q,
    const struct queue_options *options);

#endif
