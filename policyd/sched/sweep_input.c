/* SPDX-License-Identifier: ISC */
/*
 * What the scheduler is told of the queue: listing lines, headers, news.
 */
#include "policyd/sched/sweep_entry.h"

static void
tell_of(struct sweep *s, const struct index_entry *e,
    enum sweep_event_kind kind, enum plan_why why)
{
	struct sweep_event event = {.kind = kind,
	    .id = index_id(&s->index, e),
	    .due_s = index_due_s(e),
	    .why = why};

	s->o.tell(s->o.tell_ctx, &event);
}

/*
 * A released message that is listed elsewhere has left, as we wanted. One that
 * a walk begun after the command still finds on hold has not, and is not on its
 * way until it is tried again.
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
	} else if (e->seen != s->walk) {
		entry_leave_flow(s, slot);
		if (!entry_retry_now(s, e))
			return;
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
		if (entry_has(e, TRIED)) {
			entry_to_foreign(s, slot, PLAN_TRIED, true);
			break;
		}
		entry_tell_held(s, slot, index_due_s(e));
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
	case RELEASED:
		/* Put back on hold; unless its line is older than its leave. */
		if (e->seen != s->walk)
			entry_leave_flow(s, slot);
		break;
	case FREE:
	case UNREAD:
	case READING:
	case RELEASING:
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
	return (e->state == GONE && !entry_has_left(e)) ||
	    (entry_has(e, REREAD) && !entry_has_left(e) &&
		e->state != RELEASED && e->state != UNCONFIRMED);
}

/*
 * A walk shows another message under an id that is being read: whichever of
 * them the read tells of, the other is not to be taken for it.
 */
static void
doubt_read(struct sweep *s, uint32_t slot, const struct qmsg *msg)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (e->state != READING)
		return;
	entry_uncount(s, slot);
	e->flags = REREAD;
	entry_set_key(e, msg->arrival_s, msg->size);
}

/* What the first walk finds was on hold before this process was. */
static uint32_t
add_listed(struct sweep *s, const struct qid *id)
{
	uint32_t slot = entry_add(s, id, false);

	if (slot != INDEX_NONE && s->counts.walks == 0)
		entry_set(index_at(&s->index, slot), KNOWN, true);
	return slot;
}

/* It waits, as it did in the walk before: mostly that is all there is to it. */
static bool
is_no_news(const struct index_entry *e, const struct qmsg *msg)
{
	return e->state == WAITING && !msg->tried &&
	    (e->flags & (KEYED | LISTED | REREAD)) == (KEYED | LISTED) &&
	    entry_is_message(e, msg->arrival_s, msg->size);
}

/* Returns its slot, or INDEX_NONE. */
static uint32_t
listed_on_hold(
    struct sweep *s, const struct qmsg *msg, const struct clock_now *now)
{
	uint32_t slot = index_find(&s->index, &msg->id);
	struct index_entry *e;
	bool same;

	if (slot == INDEX_NONE)
		slot = add_listed(s, &msg->id);
	if (slot == INDEX_NONE)
		return slot;
	e = index_at(&s->index, slot);
	if (is_no_news(e, msg))
		return slot;
	same = entry_is_message(e, msg->arrival_s, msg->size);
	/* No command names it yet. */
	if (e->state == RELEASING && (!same || msg->tried))
		sweep_ungather(s);
	if (!same && is_in_flight(e)) {
		doubt_read(s, slot, msg);
		return slot;
	}
	if ((!same || is_to_start_over(e)) && !is_in_flight(e))
		entry_start_over(s, slot, same);
	entry_set_key(e, msg->arrival_s, msg->size);
	entry_set(e, LISTED, true);
	if (msg->tried)
		entry_set(e, TRIED, true);
	listed_again(s, slot, now);
	return slot;
}

/* Unless this walk has shown it on hold, too, it has left hold. */
static void
listed_elsewhere(struct sweep *s, uint32_t slot, const struct clock_now *now)
{
	const struct index_entry *e = index_at(&s->index, slot);

	if (e->state == UNCONFIRMED)
		listed_unconfirmed(s, slot, false, now);
	else if (e->state != RELEASED && !is_in_flight(e) && e->seen != s->walk)
		entry_leave(s, slot, now);
}

/* A qmgr that is started anew takes what was active from incoming again. */
static void
listed_on_its_way(struct sweep *s, uint32_t slot, const struct qmsg *msg)
{
	const struct index_entry *e = index_at(&s->index, slot);

	if (e->state != RELEASED)
		return;
	if (span_equal_str(msg->queue_name, "incoming")) {
		if (!entry_has(e, ON_WAY))
			entry_enter_flow(s, slot);
	} else if (msg->tried && !span_equal_str(msg->queue_name, "active")) {
		entry_leave_flow(s, slot);
	}
}

void
sweep_listed(
    struct sweep *s, const struct qmsg *msg, const struct clock_now *now)
{
	uint32_t slot;
	struct index_entry *e;

	s->listed++;
	if (s->o.overrides != NULL)
		overrides_listed(s->o.overrides, &msg->id, msg->arrival_s);
	if (span_equal_str(msg->queue_name, "hold")) {
		slot = listed_on_hold(s, msg, now);
		if (slot == INDEX_NONE)
			return;
	} else {
		s->n_deferred++;
		slot = index_find(&s->index, &msg->id);
		if (slot == INDEX_NONE)
			return;
		e = index_at(&s->index, slot);
		if (!entry_is_message(e, msg->arrival_s, msg->size))
			return;
		listed_on_its_way(s, slot, msg);
		listed_elsewhere(s, slot, now);
	}
	/* It may be forgotten by now. */
	e = index_at(&s->index, slot);
	if (e->state != FREE)
		e->seen = s->walk;
}

/*
 * Most of what it takes is to wait for memory, as each message is somewhere
 * else in it.
 */
void
sweep_listed_many(struct sweep *s, const struct qmsg msgs[], size_t n,
    const struct clock_now *now)
{
	for (size_t i = 0; i < n; i++)
		index_foresee_place(&s->index, &msgs[i].id);
	for (size_t i = 0; i < n; i++)
		index_foresee_entry(&s->index, &msgs[i].id);
	for (size_t i = 0; i < n; i++)
		sweep_listed(s, &msgs[i], now);
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
	    .id = index_id(&s->index, e),
	    .due_s = index_due_s(e),
	    .rule = span_str(facts->rules[0]),
	    .at_once = index_due_s(e) <= clock_floor_s(now->reached_ns),
	};

	if (facts->n_rules == 0 || entry_has(e, RULE_GONE))
		return;
	entry_set(e, RULE_GONE, true);
	s->o.tell(s->o.tell_ctx, &event);
}

/* It is on hold again, under another queue id. */
static void
tell_requeued(struct sweep *s, struct index_entry *e, const struct facts *facts)
{
	struct sweep_event event = {.kind = SWEEP_REQUEUED,
	    .id = index_id(&s->index, e),
	    .due_s = index_due_s(e),
	    .former = facts->former[0]};

	entry_set(e, KNOWN, true);
	s->o.tell(s->o.tell_ctx, &event);
}

static void
tell_rescheduled(
    struct sweep *s, const struct index_entry *e, struct override *override)
{
	struct sweep_event event = {.kind = SWEEP_RESCHEDULED,
	    .id = index_id(&s->index, e),
	    .due_s = override->due_s};

	if (override->told)
		return;
	override->told = true;
	s->o.tell(s->o.tell_ctx, &event);
}

static bool
is_back(const struct index_entry *e, const struct facts *facts)
{
	return facts->n_former > 0 && !entry_has(e, KNOWN);
}

/* It is ours, for sure: whatever of that is news. */
static void
tell_news(struct sweep *s, uint32_t slot, bool frozen,
    const struct facts *facts, struct override *override,
    const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (is_back(e, facts))
		tell_requeued(s, e, facts);
	else
		entry_tell_held(
		    s, slot, frozen ? OVERRIDE_NEVER : index_due_s(e));
	if (override != NULL)
		tell_rescheduled(s, e, override);
	else if (!frozen)
		tell_rule_gone(s, e, facts, now);
}

/* Of what a walk must see first that is told later: it is read once more. */
static bool
has_news(const struct index_entry *e, const struct facts *facts,
    const struct override *override)
{
	return facts->n_rules > 0 || is_back(e, facts) ||
	    (override != NULL && !override->told);
}

static void
apply_plan(struct sweep *s, uint32_t slot, const struct plan *plan)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (plan->owner != PLAN_FOREIGN)
		entry_count(s, slot);
	switch (plan->owner) {
	case PLAN_FOREIGN:
		entry_to_foreign(s, slot, plan->why, plan->dated);
		break;
	case PLAN_OURS_IF_LISTED:
		e->state = IF_LISTED;
		sweep_want_walk(s);
		break;
	case PLAN_FROZEN:
		entry_to_frozen(s, slot);
		break;
	case PLAN_OURS:
		entry_to_waiting(s, slot);
		break;
	}
}

/* The rule that says when it leaves; empty: the sender or an administrator. */
static struct span
find_rule(const struct facts *facts, const struct plan *plan,
    const struct override *override, struct span keeper)
{
	if (override != NULL)
		return span_of("", 0);
	if (plan->owner == PLAN_FROZEN)
		return keeper;
	if (!plan->of_rule)
		return span_of("", 0);
	/* Else a never that counts no longer, which names no moment. */
	return span_str(facts->rule_latest_s >= plan->due_s ? facts->rule_latest
							    : facts->rules[0]);
}

/*
 * Whether it leaves at once without being late: as the administrator lets it
 * go, or as nothing that counts any more names a moment at which it could.
 */
static bool
leaves_at_will(const struct facts *facts, const struct plan *plan,
    const struct override *override, int64_t now_s)
{
	if (override != NULL)
		return override->due_s <= override->set_s;
	/* A rule has kept it longer, nobody knows until when. */
	if (facts->rule_never && plan->due_s <= now_s)
		return true;
	return plan->due_s <= facts->arrival_s ||
	    plan->due_s <= facts->created_s;
}

/* Whose it is, and when it leaves. */
static void
judge(struct sweep *s, uint32_t slot, const struct facts *facts,
    const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);
	struct qid id = index_id(&s->index, e);
	struct override *override = sweep_find_override(s, &id, facts);
	struct span keeper = find_keeper(s, facts);
	int64_t now_s = clock_floor_s(now->reached_ns);
	struct plan plan = plan_judge(facts, entry_has(e, LISTED),
	    entry_has(e, TRIED), keeper.len > 0,
	    override != NULL ? override->due_s : PLAN_NO_OVERRIDE, now_s,
	    s->o.settings);

	index_set_due_s(e, plan.due_s);
	e->rule = sweep_rule_hash(s, find_rule(facts, &plan, override, keeper));
	entry_set(e, REQUEUEABLE, plan.all_due_then && !facts->filtered);
	entry_set(e, BY_HAND, override != NULL);
	entry_set(e, AT_WILL, leaves_at_will(facts, &plan, override, now_s));
	if (plan.owner == PLAN_OURS || plan.owner == PLAN_FROZEN)
		tell_news(
		    s, slot, plan.owner == PLAN_FROZEN, facts, override, now);
	else if (plan.owner == PLAN_OURS_IF_LISTED &&
	    has_news(e, facts, override))
		entry_set(e, REREAD, true);
	apply_plan(s, slot, &plan);
}

void
sweep_read(struct sweep *s, const struct qid *id, const struct facts *facts,
    const struct clock_now *now)
{
	uint32_t slot = index_find(&s->index, id);
	struct index_entry *e;

	if (slot == INDEX_NONE)
		return;
	e = index_at(&s->index, slot);
	if (e->state != READING)
		return;
	entry_land(s, slot);
	s->read_any = true;
	if (entry_has(e, REREAD) &&
	    !entry_is_message(e, facts->arrival_s, facts->size)) {
		entry_set(e, REREAD, false);
		entry_to_unread(s, slot);
		return;
	}
	s->counts.read++;
	entry_uncount(s, slot);
	if (!entry_is_message(e, facts->arrival_s, facts->size))
		e->flags = 0;
	e->submitter = (uint32_t)facts->submitter;
	entry_set_key(e, facts->arrival_s, facts->size);
	e->created_s =
	    (uint32_t)(facts->created_s > facts->arrival_s ? facts->created_s
							   : facts->arrival_s);
	e->attempts = 0;
	entry_set(e, EMPTY_SENDER, facts->empty_sender);
	judge(s, slot, facts, now);
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
	case RELEASING:
		if (entry_has(e, ASKED))
			entry_confirm(s, slot, now);
		else
			entry_leave(s, slot, now);
		break;
	case UNCONFIRMED:
		entry_confirm(s, slot, now);
		break;
	case RELEASED:
		break;
	case FREE:
	case UNREAD:
	case READING:
	case WAITING:
	case IF_LISTED:
	case TO_REQUEUE:
	case HELD_UP:
	case FOREIGN:
	case FROZEN:
	case UNREADABLE:
	case GONE:
		entry_leave(s, slot, now);
		break;
	}
}

void
sweep_left_active(
    struct sweep *s, const struct qid *id, const struct clock_now *now)
{
	uint32_t slot = index_find(&s->index, id);
	const struct index_entry *e;

	if (slot == INDEX_NONE)
		return;
	e = index_at(&s->index, slot);
	if (e->state == RELEASING || e->state == UNCONFIRMED)
		entry_confirm(s, slot, now);
	if (e->state == RELEASED)
		entry_leave_flow(s, slot);
}

void
sweep_arrived(struct sweep *s, const struct qid *id)
{
	uint32_t slot = index_find(&s->index, id);

	if (slot == INDEX_NONE)
		entry_add(s, id, true);
	else if (index_at(&s->index, slot)->state == GONE &&
	    !entry_has_left(index_at(&s->index, slot)))
		entry_start_over(s, slot, false);
	else
		return;
	/* The wait after failed reads is for what failed, not for new mail. */
	s->verb[SWEEP_READ].not_before_ns = 0;
}
