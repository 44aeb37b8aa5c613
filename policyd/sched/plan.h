/* SPDX-License-Identifier: ISC */
/*
 * plan - whose a held message is, when it leaves, and how (DESIGN section 5)
 *
 * Pure.
 */
#ifndef SCHED_PLAN_H
#define SCHED_PLAN_H

#include "policyd/sched/facts.h"

/* The latest due time, in the year 2255: later ones count as this. */
#define PLAN_DUE_MAX INT64_C(9000000000)

/* The administrator has set no moment. */
#define PLAN_NO_OVERRIDE INT64_MIN

enum plan_owner {
	PLAN_OURS,
	PLAN_OURS_IF_LISTED, /* due, so only a walk can tell (delay_reason) */
	PLAN_FROZEN, /* ours; a rule keeps it as long as it stands, or the
			administrator said never */
	PLAN_FOREIGN,
};

/* Why a message is foreign. */
enum plan_why {
	PLAN_NOT_HELD_BY_US, /* no date that was ahead when it was looked at */
	PLAN_VETOED,
	PLAN_TRIED,
	PLAN_NOT_PERMITTED,
	PLAN_MANY_RULES, /* more rules wrote never than can be told apart */
};

struct plan {
	enum plan_owner owner;
	enum plan_why why; /* when foreign */
	bool dated; /* it carries our header with a date */
	int64_t due_s; /* when ours, and when frozen if the rule were gone;
			  in the past: at once; at most PLAN_DUE_MAX */
	bool of_rule; /* no other header is the reason for due_s: it is the
			 latest of rules' dates, or a rule's never that
			 counts no longer */
	bool all_due_then; /* at due_s no header is ahead any more */
};

/*
 * override_s: the moment that the administrator set, PLAN_NO_OVERRIDE for none
 * or OVERRIDE_NEVER; it counts instead of all headers and rules, but only for
 * mail that is ours by them.
 *
 * listed: a walk has seen the message; tried: and it showed a delay_reason;
 * kept: one of the rules that wrote never into it stands, and is a hold rule.
 */
struct plan plan_judge(const struct facts *facts, bool listed, bool tried,
    bool kept, int64_t override_s, int64_t now_s,
    const struct settings *settings);

/* What Postfix's configuration says that matters for how mail leaves. */
struct plan_postfix {
	int64_t queue_lifetime_s; /* maximal_queue_lifetime */
	int64_t bounce_lifetime_s; /* bounce_queue_lifetime */
	bool requeue_safe; /* pickup has no content_filter, nobody gets a bcc */
	uint32_t active_limit; /* qmgr_message_active_limit; 0: not known */
};

enum plan_method {
	PLAN_RELEASE, /* postsuper -H */
	PLAN_RELEASE_OLD, /* the same, though a requeue would be better */
	PLAN_REQUEUE, /* postsuper -r */
};

/*
 * How a message leaves at now_s: created_s is when its queue file was made,
 * requeueable says that its headers and envelope allow a requeue.
 */
enum plan_method plan_choose_method(const struct settings *settings,
    const struct plan_postfix *postfix, int64_t created_s, int64_t now_s,
    bool empty_sender, bool requeueable);

#endif
