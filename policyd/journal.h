/* SPDX-License-Identifier: ISC */
/*
 * journal - what the scheduler did, as lines of the log
 *
 * A line begins with the queue id, as Postfix's do, so that a search for one
 * tells the whole story of a message.
 */
#ifndef POLICYD_JOURNAL_H
#define POLICYD_JOURNAL_H

#include "hdrcheck/base/log.h"
#include "policyd/sched/sweep.h"

/* complaint: what the command printed, for SWEEP_FAILED; may be "". */
void journal_write(const struct log *log, const struct sweep_event *event,
    const char *complaint);

#endif
