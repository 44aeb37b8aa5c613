/* SPDX-License-Identifier: ISC */
/*
 * What the scheduler is told of the queue: listing lines, headers, news.
 */
#include "policyd/sched/sweep_entry.h"

static void
tell_of(struct sweep *s, const struct index_entry *e,
    enum sweep_event_kind kind, enum plan_why why)
{
	struct sweep_event event = {
	    .kind = kind, .id = e->id, .due_s = e->due_s, .why = why};

	s->o.tell(s->o.tell_ctx, &event);
}

/*
 * A released message that is listed elsewhere has left, as we wanted. One that
 * a walk begun after the command still finds on hold has not.
 */
static void
listed_unconfirmed(
    struct sweep *s, uint32_t slot, bool on_hold, const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (!on_hold) {
		entry_confirm(s, slot, now);
	} else if (entry_has(e, TRIED)) {
		entry_to_foreign(s, slot, PLAN_TRIED, true);
	} else if (e->seen != s->walk && entry_retry_now(s, e)) {
		tell_of(s, e, SWEEP_STILL_HELD, PLAN_NOT_HELD_BY_US);
		entry_count_failure(e);
		entry_to_waiting(s, slot);
	}
}

/* A walk shows a message that we know, on hold. */
static void
listed_again(struct sweep *s, uint32_t slot, const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);

	switch ((enum state)e->state) {
	case UNCONFIRMED:
		listed_unconfirmed(s, slot, true, now);
		break;
	case IF_LISTED:
		if (entry_has(e, TRIED))
			entry_to_foreign(s, slot, PLAN_TRIED, true);
		else
			entry_to_waiting(s, slot);
		break;
	case FROZEN:
		if (entry_has(e, TRIED))
			entry_to_foreign(s, slot, PLAN_TRIED, true);
		break;
	case WAITING:
		if (entry_has(e, TRIED)) {
			index_heap_remove(&s->index, slot);
			entry_to_foreign(s, slot, PLAN_TRIED, true);
		}
		break;
	case UNREADABLE:
		if (entry_retry_now(s, e))
			entry_to_unread(s, slot);
		break;
	case TO_REQUEUE:
	case HELD_UP:
		if (entry_has(e, TRIED))
			entry_read_again(s, slot);
		break;
	case FREE:
	case UNREAD:
	case READING:
	case RELEASING:
	case RELEASED:
	case FOREIGN:
	case GONE:
		break;
	}
}

static bool
is_in_flight(const struct index_entry *e)
{
	return e->state == READING || e->state == RELEASING;
}

/*
 * A message that is back, or one to judge anew; but what we released stays
 * that, whatever the settings say now.
 */
static bool
is_to_start_over(const struct index_entry *e)
{
	return e->state == GONE ||
	    (entry_has(e, REREAD) && e->state != RELEASED &&
		e->state != UNCONFIRMED);
}

static void
listed_on_hold(
    struct sweep *s, const struct qmsg *msg, const struct clock_now *now)
{
	uint32_t slot = index_find(&s->index, &msg->id);
	struct index_entry *e;
	bool same;

	if (slot == INDEX_NONE)
		slot = entry_add(s, &msg->id, false);
	if (slot == INDEX_NONE)
		return;
	e = index_at(&s->index, slot);
	same = entry_is_message(e, msg->arrival_s, msg->size);
	if (!same || is_to_start_over(e)) {
		if (is_in_flight(e))
			return;
		entry_start_over(s, slot, same);
	}
	entry_set_key(e, msg->arrival_s, msg->size);
	entry_set(e, LISTED, true);
	if (msg->tried)
		entry_set(e, TRIED, true);
	listed_again(s, slot, now);
}

/* Unless this walk has shown it on hold, too, it has left hold. */
static void
listed_elsewhere(struct sweep *s, uint32_t slot, const struct clock_now *now)
{
	const struct index_entry *e = index_at(&s->index, slot);

	if (e->state == UNCONFIRMED)
		listed_unconfirmed(s, slot, false, now);
	else if (e->state != RELEASED && !is_in_flight(e) && e->seen != s->walk)
		entry_forget(s, slot);
}

void
sweep_listed(
    struct sweep *s, const struct qmsg *msg, const struct clock_now *now)
{
	uint32_t slot;
	struct index_entry *e;

	if (span_equal_str(msg->queue_name, "hold")) {
		listed_on_hold(s, msg, now);
	} else {
		slot = index_find(&s->index, &msg->id);
		if (slot == INDEX_NONE)
			return;
		e = index_at(&s->index, slot);
		if (!entry_is_message(e, msg->arrival_s, msg->size))
			return;
		listed_elsewhere(s, slot, now);
	}
	slot = index_find(&s->index, &msg->id);
	if (slot != INDEX_NONE)
		index_at(&s->index, slot)->seen = s->walk;
}

/* The first of the rules that wrote never and still hold; empty: none. */
static struct span
find_keeper(const struct sweep *s, const struct facts *facts)
{
	for (size_t i = 0; i < facts->n_rules && s->o.holds != NULL; i++) {
		struct span rule = span_str(facts->rules[i]);

		if (s->o.holds(s->o.holds_ctx, rule))
			return rule;
	}
	return span_of("", 0);
}

static void
tell_rule_gone(struct sweep *s, struct index_entry *e,
    const struct facts *facts, const struct clock_now *now)
{
	struct sweep_event event = {
	    .kind = SWEEP_RULE_GONE,
	    .id = e->id,
	    .due_s = e->due_s,
	    .rule = span_str(facts->rules[0]),
	    .at_once = e->due_s <= clock_floor_s(now->reached_ns),
	};

	if (facts->n_rules == 0 || entry_has(e, RULE_GONE))
		return;
	entry_set(e, RULE_GONE, true);
	s->o.tell(s->o.tell_ctx, &event);
}

/*
 * Of what a walk must see first it is told later that it leaves, if it does:
 * it is read once more then.
 */
static void
apply_plan(struct sweep *s, uint32_t slot, const struct plan *plan,
    const struct facts *facts, const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);

	e->due_s = plan->due_s;
	if (plan->owner != PLAN_FOREIGN)
		entry_count(s, slot);
	switch (plan->owner) {
	case PLAN_FOREIGN:
		entry_to_foreign(s, slot, plan->why, plan->dated);
		break;
	case PLAN_OURS_IF_LISTED:
		e->state = IF_LISTED;
		if (facts->n_rules > 0)
			entry_set(e, REREAD, true);
		sweep_want_walk(s);
		break;
	case PLAN_FROZEN:
		entry_to_frozen(s, slot);
		break;
	case PLAN_OURS:
		tell_rule_gone(s, e, facts, now);
		entry_to_waiting(s, slot);
		break;
	}
}

void
sweep_read(struct sweep *s, const struct qid *id, const struct facts *facts,
    const struct clock_now *now)
{
	uint32_t slot = index_find(&s->index, id);
	struct index_entry *e;
	struct span keeper;
	struct plan plan;

	if (slot == INDEX_NONE)
		return;
	e = index_at(&s->index, slot);
	if (e->state != READING)
		return;
	s->read_any = true;
	entry_uncount(s, slot);
	if (!entry_is_message(e, facts->arrival_s, facts->size))
		e->flags = 0;
	e->submitter = facts->submitter;
	entry_set_key(e, facts->arrival_s, facts->size);
	e->created_s =
	    (uint32_t)(facts->created_s > facts->arrival_s ? facts->created_s
							   : facts->arrival_s);
	e->attempts = 0;
	keeper = find_keeper(s, facts);
	plan = plan_judge(facts, entry_has(e, LISTED), entry_has(e, TRIED),
	    keeper.len > 0, PLAN_NO_OVERRIDE, clock_floor_s(now->reached_ns),
	    s->o.settings);
	entry_set(e, REQUEUEABLE, plan.all_due_then && !facts->filtered);
	entry_set(e, EMPTY_SENDER, facts->empty_sender);
	e->rule = sweep_rule_hash(s, keeper);
	apply_plan(s, slot, &plan, facts, now);
}

void
sweep_departed(
    struct sweep *s, const struct qid *id, const struct clock_now *now)
{
	uint32_t slot = index_find(&s->index, id);
	struct index_entry *e;

	if (slot == INDEX_NONE)
		return;
	e = index_at(&s->index, slot);
	switch ((enum state)e->state) {
	case WAITING:
		/* A command that failed may have moved it all the same. */
		if (!entry_has(e, ASKED)) {
			entry_forget(s, slot);
			break;
		}
		index_heap_remove(&s->index, slot);
		entry_confirm(s, slot, now);
		break;
	case RELEASING:
	case UNCONFIRMED:
		entry_confirm(s, slot, now);
		break;
	case RELEASED:
		break;
	case FREE:
	case UNREAD:
	case READING:
	case IF_LISTED:
	case TO_REQUEUE:
	case HELD_UP:
	case FOREIGN:
	case FROZEN:
	case UNREADABLE:
	case GONE:
		entry_forget(s, slot);
		break;
	}
}

void
sweep_arrived(struct sweep *s, const struct qid *id)
{
	uint32_t slot = index_find(&s->index, id);

	if (slot == INDEX_NONE)
		entry_add(s, id, true);
	else if (index_at(&s->index, slot)->state == GONE)
		entry_start_over(s, slot, false);
	else
		return;
	/* The wait after failed reads is for what failed, not for new mail. */
	s->verb[SWEEP_READ].not_before_ns = 0;
}
