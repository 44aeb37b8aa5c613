/* SPDX-License-Identifier: ISC */
#include "policyd/sched/plan.h"

#include "policyd/sched/override.h"

/* requeue_after = auto is this part of the queue life. */
enum { LIFETIME_PARTS = 4 };

static bool
permitted(const struct facts *f, const struct settings *settings)
{
	struct permit_submitter who = {
	    .authenticated = f->authenticated,
	    .local = !f->remote,
	    .address = span_str(f->client_address),
	};

	return permit_allows(&settings->permit_postpone, &who);
}

static bool
is_dated(const struct facts *f)
{
	return f->own_latest_s != FACTS_NO_DATE || f->own_never ||
	    f->rule_latest_s != FACTS_NO_DATE || f->rule_never;
}

static struct plan
foreign(struct plan plan, enum plan_why why)
{
	plan.owner = PLAN_FOREIGN;
	plan.why = why;
	return plan;
}

static int64_t
max_s(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Is there a header that can still make hdrcheck answer HOLD at due_s? */
static bool
all_due_at(const struct facts *f, int64_t due_s)
{
	return !f->own_never && !f->rule_never && !f->unreadable_date &&
	    f->own_latest_s <= due_s && f->rule_latest_s <= due_s;
}

static int64_t
in_range(int64_t due_s)
{
	return due_s < 0 ? 0 : due_s > PLAN_DUE_MAX ? PLAN_DUE_MAX : due_s;
}

/* Ours: when it leaves, at its own moment or that of the administrator. */
static struct plan
ours(struct plan plan, const struct facts *f, bool frozen, bool listed,
    int64_t now_s)
{
	plan.all_due_then = all_due_at(f, plan.due_s);
	plan.due_s = in_range(plan.due_s);
	if (frozen)
		plan.owner = PLAN_FROZEN;
	else if (plan.due_s > now_s || listed)
		plan.owner = PLAN_OURS;
	else
		plan.owner = PLAN_OURS_IF_LISTED;
	return plan;
}

/*
 * Only a date that lies behind the making of the queue file, or a never, can
 * have made hdrcheck answer HOLD. A never of a rule that is gone and a never
 * that a sender wrote did so too, but name no moment.
 */
struct plan
plan_judge(const struct facts *f, bool listed, bool tried, bool kept,
    int64_t override_s, int64_t now_s, const struct settings *settings)
{
	int64_t since_s = max_s(f->arrival_s, f->created_s);
	bool own = f->own_latest_s > since_s || f->own_never;
	bool rule = f->rule_latest_s > since_s || f->rule_never;
	struct plan plan = {.dated = is_dated(f), .due_s = since_s};

	if (f->vetoed)
		return foreign(plan, PLAN_VETOED);
	if (listed && tried)
		return foreign(plan, PLAN_TRIED);
	if (!own && !rule)
		return foreign(plan, PLAN_NOT_HELD_BY_US);
	if (own && permitted(f, settings))
		plan.due_s = max_s(plan.due_s, f->own_latest_s);
	else if (own && !settings->release_unpermitted)
		return foreign(plan, PLAN_NOT_PERMITTED);
	if (!kept && f->more_rules)
		return foreign(plan, PLAN_MANY_RULES);
	plan.of_rule = f->rule_latest_s > plan.due_s ||
	    (f->rule_never && plan.due_s == since_s);
	plan.due_s = max_s(plan.due_s, f->rule_latest_s);
	if (override_s != PLAN_NO_OVERRIDE) {
		plan.due_s = override_s;
		plan.of_rule = false;
		kept = override_s == OVERRIDE_NEVER;
	}
	return ours(plan, f, kept, listed, now_s);
}

static int64_t
requeue_after_s(const struct settings *settings,
    const struct plan_postfix *postfix, bool empty_sender)
{
	int64_t lifetime_s = empty_sender ? postfix->bounce_lifetime_s
					  : postfix->queue_lifetime_s;

	if (settings->requeue_after_s != SETTINGS_AUTO)
		return settings->requeue_after_s;
	return lifetime_s / LIFETIME_PARTS;
}

enum plan_method
plan_choose_method(const struct settings *settings,
    const struct plan_postfix *postfix, int64_t created_s, int64_t now_s,
    bool empty_sender, bool requeueable)
{
	bool old = now_s - created_s >
	    requeue_after_s(settings, postfix, empty_sender);

	switch (settings->release_method) {
	case METHOD_RELEASE:
		return PLAN_RELEASE;
	case METHOD_REQUEUE:
		return requeueable ? PLAN_REQUEUE : PLAN_RELEASE;
	case METHOD_AUTO:
		break;
	}
	if (!old)
		return PLAN_RELEASE;
	return requeueable && postfix->requeue_safe ? PLAN_REQUEUE
						    : PLAN_RELEASE_OLD;
}
