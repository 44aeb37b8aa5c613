/* SPDX-License-Identifier: ISC */
/*
 * wording - what the log and the events say alike of what the scheduler did
 *
 * Pure.
 */
#ifndef POLICYD_WORDING_H
#define POLICYD_WORDING_H

#include "policyd/sched/sweep.h"

enum { WORDING_SIZE = 512 /* of a fault, with the NUL */ };

/* Why mail with a date stays on hold. */
const char *wording_foreign(enum plan_why why);

/*
 * What went wrong, for SWEEP_FAILED, SWEEP_STILL_HELD, SWEEP_UNREADABLE and
 * SWEEP_RELEASED_OLD. complaint: what the command printed, printable; may be
 * "". Returns out.
 */
const char *wording_fault(const struct sweep_event *event,
    const char *complaint, char out[WORDING_SIZE]);

#endif
