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

	s->tell(s->tell_ctx, &event);
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
			entry_read_again(e);
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
 * Another message under this id, one that is back, or one to judge anew; but
 * what we released stays that, whatever the settings say now.
 */
static bool
is_to_start_over(const struct index_entry *e, const struct qmsg *msg)
{
	if (!entry_is_message(e, msg->arrival_s, msg->size) || e->state == GONE)
		return true;
	return entry_has(e, REREAD) && e->state != RELEASED &&
	    e->state != UNCONFIRMED;
}

static void
listed_on_hold(
    struct sweep *s, const struct qmsg *msg, const struct clock_now *now)
{
	uint32_t slot = index_find(&s->index, &msg->id);
	struct index_entry *e;

	if (slot == INDEX_NONE)
		slot = entry_add(s, &msg->id, false);
	if (slot == INDEX_NONE)
		return;
	e = index_at(&s->index, slot);
	if (is_to_start_over(e, msg)) {
		if (is_in_flight(e))
			return;
		entry_start_over(s, slot);
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

static void
apply_plan(struct sweep *s, uint32_t slot, const struct plan *plan)
{
	struct index_entry *e = index_at(&s->index, slot);

	e->due_s = plan->due_s;
	switch (plan->owner) {
	case PLAN_FOREIGN:
		entry_to_foreign(s, slot, plan->why, plan->dated);
		break;
	case PLAN_OURS_IF_LISTED:
		e->state = IF_LISTED;
		sweep_want_walk(s);
		break;
	case PLAN_OURS:
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
	struct plan plan;

	if (slot == INDEX_NONE)
		return;
	e = index_at(&s->index, slot);
	if (e->state != READING)
		return;
	s->read_any = true;
	if (!entry_is_message(e, facts->arrival_s, facts->size))
		e->flags = 0;
	entry_set_key(e, facts->arrival_s, facts->size);
	e->created_s =
	    (uint32_t)(facts->created_s > facts->arrival_s ? facts->created_s
							   : facts->arrival_s);
	e->attempts = 0;
	plan = plan_judge(facts, entry_has(e, LISTED), entry_has(e, TRIED),
	    clock_floor_s(now->reached_ns), s->settings);
	entry_set(e, REQUEUEABLE, plan.all_due_then && !facts->filtered);
	entry_set(e, EMPTY_SENDER, facts->empty_sender);
	apply_plan(s, slot, &plan);
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
		entry_start_over(s, slot);
	else
		return;
	/* The wait after failed reads is for what failed, not for new mail. */
	s->verb[SWEEP_READ].not_before_ns = 0;
}
