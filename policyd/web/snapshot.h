/* SPDX-License-Identifier: ISC */
/*
 * snapshot - how the engine is, as the process of the status page gets it
 *
 * The engine fills one at intervals and sends it through a pipe; there is no
 * way back. Both ends are the same program, so it travels as it lies in memory,
 * without what its arrays do not use. The reader trusts no byte of it all the
 * same: see snapshot_take().
 *
 * Times are in seconds since 1970, at most SNAPSHOT_TIME_MAX away from it.
 * Flags are 0 or 1. Texts end with a NUL, are cut where they are too long, and
 * are strangers' bytes where it says so.
 *
 * Pure.
 */
#ifndef WEB_SNAPSHOT_H
#define WEB_SNAPSHOT_H

#include "hdrcheck/base/conn.h"
#include "hdrcheck/date.h"
#include "policyd/sched/lateness.h"
#include "policyd/sched/qid.h"
#include "policyd/sched/sweep.h"

enum {
	SNAPSHOT_STATUS_SIZE = 4096, /* bytes of the line of status.h */
	SNAPSHOT_REASON_SIZE = 256, /* of a pause */
	SNAPSHOT_TEXT_SIZE = 256, /* of an address or a subject */
	SNAPSHOT_ACTION_SIZE = 16, /* of the name of an action */
	SNAPSHOT_RULE_SIZE = DATE_RULE_MAX + 1, /* of the name of a rule */
	SNAPSHOT_RULES_MAX = 1000, /* the first of the file; see other_rules */
	SNAPSHOT_NEXT_MAX = 50, /* messages that leave next */
	SNAPSHOT_SLOTS_MAX = 24,
	SNAPSHOT_HOURS = 24,
	SNAPSHOT_DAYS = 14,
	SNAPSHOT_WEEKS = 12,
	SNAPSHOT_STEP_MAX = 366 * 86400, /* seconds of a slot */
};

/* Seconds; more than any date that can be read, and far from an overflow. */
#define SNAPSHOT_TIME_MAX (INT64_C(1) << 55)

/* When what waits is due: so many slots of the same length. */
struct snapshot_lane {
	int64_t begin_s; /* of the first one, in which now is; hours and days
			    of UTC, weeks from Monday */
	int64_t step_s;
	uint64_t n; /* slots */
	uint64_t count[SNAPSHOT_SLOTS_MAX];
	uint64_t later; /* behind the last one; not those that are frozen */
};

enum { SNAPSHOT_IN_HOURS, SNAPSHOT_IN_DAYS, SNAPSHOT_IN_WEEKS, SNAPSHOT_LANES };

/* How requests of the policy service were answered; each counts once. */
enum snapshot_answer {
	SNAPSHOT_DUNNO, /* no rule had anything to say, or had said it before */
	SNAPSHOT_POSTPONED,
	SNAPSHOT_REJECTED,
	SNAPSHOT_DEFERRED,
	SNAPSHOT_MISPLACED, /* see decide.h */
	SNAPSHOT_MALFORMED, /* were no requests */
	SNAPSHOT_ANSWERS,
};

struct snapshot_rule {
	char name[SNAPSHOT_RULE_SIZE];
	char action[SNAPSHOT_ACTION_SIZE]; /* "delay", "window", ... */
	uint64_t hits; /* requests that it decided, since the start or since
			  it was new in the file */
	uint64_t waiting; /* on hold because of it, frozen or until a moment */
};

/* In the place of a rule that is no more; no rule can be called so. */
#define SNAPSHOT_GONE_RULE "(gone)"

struct snapshot_message {
	struct qid id;
	int64_t due_s;
	int64_t arrival_s;
	uint64_t size;
	char rule[SNAPSHOT_RULE_SIZE]; /* that says when, or
					  SNAPSHOT_GONE_RULE; empty: its
					  sender */
	uint64_t by_hand; /* flag: an administrator says when */
	uint64_t has_texts; /* flag: what follows is known */
	uint64_t recipients; /* how many */
	char sender[SNAPSHOT_TEXT_SIZE]; /* strangers' bytes, these three */
	char recipient[SNAPSHOT_TEXT_SIZE]; /* the first one */
	char subject[SNAPSHOT_TEXT_SIZE]; /* as it stands in the header */
};

struct snapshot {
	int64_t taken_s;
	int64_t started_s; /* the engine */
	char status[SNAPSHOT_STATUS_SIZE]; /* a line of JSON, see status.h */

	uint64_t paused; /* flag */
	int64_t paused_since_s;
	char paused_reason[SNAPSHOT_REASON_SIZE]; /* printable UTF-8 */

	/* What is on hold; as sweep_survey. */
	struct sweep_survey survey;
	struct snapshot_lane lane[SNAPSHOT_LANES];
	uint64_t waiting_own; /* until a date that the sender wrote */
	uint64_t waiting_by_hand; /* until what an administrator said */
	uint64_t waiting_other; /* rules that are gone, or not in rule[] */
	uint64_t rescheduled;

	/* Since the start. */
	uint64_t released[2]; /* by release, by requeue */
	struct lateness late;
	uint64_t walks;
	uint64_t walks_failed;
	int64_t walk_at_s; /* the last one's end; 0: there was none */
	uint64_t walk_ok; /* flag: that one */
	int64_t walk_cost_ns;
	uint64_t postfix_down; /* flag: as of the last walk */
	uint64_t headers_read; /* messages whose header was read */
	uint64_t commands[SWEEP_VERBS]; /* that were started */
	uint64_t commands_failed[SWEEP_VERBS]; /* or could not be */
	uint64_t answers[SNAPSHOT_ANSWERS];
	struct conn_counters policy; /* connections of the policy service */
	uint64_t policy_open;
	uint64_t inotify; /* flag: news of the hold queue come */

	uint64_t has_rules; /* flag: a rules file is set */
	uint64_t other_rules; /* how many rules rule[] had no room for */
	uint64_t shows_texts; /* flag: status_page_addresses */
	uint64_t n_rules;
	uint64_t n_next;
	struct snapshot_rule rule[SNAPSHOT_RULES_MAX];
	struct snapshot_message next[SNAPSHOT_NEXT_MAX]; /* by due time */
};

/* Bytes that a snapshot takes on its way at most. */
#define SNAPSHOT_WIRE_MAX sizeof(struct snapshot)

/* Appends it. False, and out is unchanged: no room. */
bool snapshot_put(const struct snapshot *snapshot, struct buf *out);

enum snapshot_result {
	SNAPSHOT_MORE,
	SNAPSHOT_DONE, /* *used bytes were one */
	SNAPSHOT_WRONG, /* they are none: a number out of its range, a text
			   without an end, a rule that no file could name */
};

/*
 * Takes the next one off in; *snapshot is of use for SNAPSHOT_DONE only, and of
 * rule[] and next[] only what n_rules and n_next count.
 */
enum snapshot_result snapshot_take(
    struct span in, struct snapshot *snapshot, size_t *used);

#endif
