/* SPDX-License-Identifier: ISC */
/*
 * overview - how deliver-at is, for "policyctl status"
 *
 * Pure, but for what wcwidth(3) knows of the locale.
 */
#ifndef CTL_OVERVIEW_H
#define CTL_OVERVIEW_H

#include "policyd/ctl/members.h"
#include "policyd/ctl/probe.h"
#include "policyd/ctl/queue.h"
#include "policyd/web/summary.h"
#include "policyd/zone.h"

enum { OVERVIEW_MAX = SUMMARY_MAX /* bytes of one */ };

struct overview {
	struct span engine; /* its line, see status.h; empty: it is down */
	struct members members; /* of that line */
	bool engine_silent; /* it is there, and gives no such line */
	struct probe hdrcheck;
	bool postfix_runs;
	struct summary_counts counts; /* told by the engine, or by the queue
					 where it is down */
	char paused_reason[STATE_REASON_MAX + 1];
	int64_t now_s;
	const struct zone *local;
};

/* Takes the engine's line. False: it is no such line; nothing is changed. */
bool overview_take_engine(struct overview *o, struct span line);

/*
 * Takes the counts from what is on hold, all of it and foreign mail too.
 */
void overview_take_queue(struct overview *o, const struct queue *queue);

/* Both daemons and Postfix run. */
bool overview_is_well(const struct overview *o);

/* Append it for people, or as a line of JSON. False: no room. */
bool overview_print(const struct overview *o, struct buf *out);
bool overview_print_json(const struct overview *o, struct buf *out);

#endif
