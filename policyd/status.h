/* SPDX-License-Identifier: ISC */
/*
 * status - how the engine is, as a line of JSON
 *
 * Members: version, pid, started, paused (null, or since and reason), rules,
 * waiting, waiting_bytes, frozen, overdue, oldest_overdue (seconds, or null),
 * foreign (with a date), unreadable, unread, rescheduled, next_due (or null),
 * released (release, requeue), walks, last_walk (null, or ended, cost and ok),
 * late (null before the first release, or median, p99, most: seconds; without
 * mail that an administrator or the end of a rule let go at once), inotify
 * (whether news of the hold queue come). Times are RFC 3339 in UTC.
 *
 * Pure.
 */
#ifndef POLICYD_STATUS_H
#define POLICYD_STATUS_H

#include "hdrcheck/base/clock.h"
#include "policyd/sched/sweep.h"
#include "policyd/state.h"

struct status {
	int64_t pid;
	int64_t started_s;
	uint64_t rules;
	bool inotify;
	const struct pause *pause;
	const struct sweep *sweep;
	const struct sweep_survey *survey; /* of it, just now */
};

/* Appends it, with a line end. False: no room. */
bool status_print(
    const struct status *status, const struct clock_now *now, struct buf *out);

#endif
