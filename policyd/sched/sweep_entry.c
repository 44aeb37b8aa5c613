/* SPDX-License-Identifier: ISC */
#include "policyd/sched/sweep_entry.h"

#include <assert.h>

enum {
	ATTEMPTS_MAX = 8,
	DOUBLINGS_MAX = 6,
	READS_AT_ONCE = 2, /* failures before it is left to the walks */
	TAKE_MAX = 4096, /* entries of a list that are looked at in one go */
};

void
entry_count(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	assert(!entry_has(e, COUNTED));
	entry_set(e, COUNTED, tally_add(&s->tally, e->submitter));
}

void
entry_uncount(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (!entry_has(e, COUNTED))
		return;
	tally_drop(&s->tally, e->submitter);
	entry_set(e, COUNTED, false);
}

static void
thaw(struct sweep *s, const struct index_entry *e)
{
	if (e->state == FROZEN)
		tally_drop(&s->frozen, e->rule);
}

void
entry_enter_flow(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	assert(!entry_has(e, ON_WAY));
	entry_set(e, ON_WAY, true);
	flow_enter(&s->flow);
}

void
entry_leave_flow(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (!entry_has(e, ON_WAY))
		return;
	entry_set(e, ON_WAY, false);
	flow_leave(&s->flow);
}

/* The entry is in no list and no heap. */
static void
drop(struct sweep *s, uint32_t slot)
{
	entry_leave_flow(s, slot);
	entry_uncount(s, slot);
	index_remove(&s->index, slot);
}

void
entry_to_foreign(struct sweep *s, uint32_t slot, enum plan_why why, bool dated)
{
	struct index_entry *e = index_at(&s->index, slot);
	struct sweep_event event = {.kind = SWEEP_FOREIGN,
	    .id = index_id(&s->index, e),
	    .due_s = index_due_s(e),
	    .why = why};
	bool told = entry_has(e, DATED);

	entry_uncount(s, slot);
	thaw(s, e);
	entry_leave_flow(s, slot);
	e->state = FOREIGN;
	entry_set(e, DATED, dated);
	if (dated && !told)
		s->o.tell(s->o.tell_ctx, &event);
}

void
entry_to_unread(struct sweep *s, uint32_t slot)
{
	index_at(&s->index, slot)->state = UNREAD;
	index_list_append(&s->index, &s->unread, slot);
}

/*
 * The rules changed since a message was judged that leaves for want of a rule:
 * that one may be back, which only a read can tell.
 */
void
entry_to_waiting(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	entry_leave_flow(s, slot);
	if (entry_has(e, RULE_GONE) && entry_has(e, REREAD)) {
		e->flags &= RULE_GONE | COUNTED | KNOWN;
		entry_to_unread(s, slot);
		return;
	}
	e->state = WAITING;
	if (!index_heap_push(&s->index, slot))
		drop(s, slot);
}

void
entry_to_frozen(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	e->state = FROZEN;
	entry_set(e, RULE_GONE, false);
	if (tally_add(&s->frozen, e->rule))
		return;
	/* Nobody would know of it: a walk shows it again. */
	e->state = READING;
	drop(s, slot);
}

void
entry_back_to_unread(struct sweep *s, uint32_t slot)
{
	index_at(&s->index, slot)->state = UNREAD;
	index_list_prepend(&s->index, &s->unread, slot);
}

/* It may just have left: it is news only when a walk shows it again. */
void
entry_to_unreadable(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);
	struct sweep_event event = {
	    .kind = SWEEP_UNREADABLE, .id = index_id(&s->index, e)};

	entry_uncount(s, slot);
	e->state = UNREADABLE;
	if (e->attempts < READS_AT_ONCE - 1)
		e->attempts = READS_AT_ONCE - 1;
	entry_count_failure(e);
	if (e->attempts == READS_AT_ONCE + 1)
		s->o.tell(s->o.tell_ctx, &event);
}

/* Takes the entry out of the heap; false when a list names it. */
static bool
detach(struct sweep *s, uint32_t slot)
{
	const struct index_entry *e = index_at(&s->index, slot);

	if (e->state == UNREAD || e->state == TO_REQUEUE ||
	    e->state == HELD_UP || e->state == GONE)
		return false;
	if (e->state == WAITING)
		index_heap_remove(&s->index, slot);
	thaw(s, e);
	return true;
}

void
entry_forget(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (detach(s, slot)) {
		drop(s, slot);
		return;
	}
	entry_uncount(s, slot);
	e->state = GONE;
	entry_set(e, BACK, false);
	entry_set(e, ASKED, false);
}

bool
entry_has_left(const struct index_entry *e)
{
	return e->state == GONE && entry_has(e, ASKED) && !entry_has(e, BACK);
}

void
entry_leave(struct sweep *s, uint32_t slot, const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (entry_has_left(e))
		return;
	if (entry_has(e, ASKED) && e->state == WAITING) {
		index_heap_remove(&s->index, slot);
		entry_confirm(s, slot, now);
	} else if (entry_has(e, ASKED) && e->state == HELD_UP) {
		entry_uncount(s, slot);
		e->state = GONE;
		e->seen = s->walk;
		e->attempts = 0;
		s->to_sort = true;
	} else {
		entry_forget(s, slot);
	}
}

void
entry_start_over(struct sweep *s, uint32_t slot, bool same)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (!same)
		entry_uncount(s, slot);
	entry_leave_flow(s, slot);
	e->attempts = 0;
	e->flags &= same ? RULE_GONE | COUNTED | KNOWN : 0;
	e->seen = s->walk;
	if (detach(s, slot)) {
		entry_to_unread(s, slot);
	} else if (e->state != UNREAD) {
		e->state = GONE;
		entry_set(e, BACK, true);
	}
}

void
entry_read_again(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	entry_uncount(s, slot);
	e->state = GONE;
	entry_set(e, BACK, true);
}

void
entry_judge_anew(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	/* Failures of a release are none of reads. */
	switch ((enum state)e->state) {
	case TO_REQUEUE:
	case HELD_UP:
		e->attempts = 0;
		entry_read_again(s, slot);
		s->to_sort = true;
		break;
	case WAITING:
	case IF_LISTED:
	case FROZEN:
	case FOREIGN:
		e->attempts = 0;
		detach(s, slot);
		entry_back_to_unread(s, slot);
		break;
	case UNREADABLE:
		entry_back_to_unread(s, slot);
		break;
	case FREE:
	case UNREAD:
	case READING: /* looked up when the read is told */
	case RELEASING:
	case UNCONFIRMED:
	case RELEASED:
	case GONE:
		return;
	}
	entry_set(e, ASKED, false);
	entry_set(e, REREAD, false);
}

/* entry_take() sees to those that are not in the list's state any more. */
static void
sort_list(struct sweep *s, struct index_list *list, enum state wanted)
{
	struct index_list kept;
	uint32_t slot;

	index_list_init(&kept);
	while (list->n > 0)
		if ((slot = entry_take(s, list, wanted)) != INDEX_NONE)
			index_list_append(&s->index, &kept, slot);
	*list = kept;
}

void
entry_sort_lists(struct sweep *s)
{
	if (!s->to_sort)
		return;
	s->to_sort = false;
	sort_list(s, &s->to_requeue, TO_REQUEUE);
	sort_list(s, &s->held_up, HELD_UP);
}

void
entry_tell_held(struct sweep *s, uint32_t slot, int64_t due_s)
{
	struct index_entry *e = index_at(&s->index, slot);
	struct sweep_event event = {
	    .kind = SWEEP_HELD, .id = index_id(&s->index, e), .due_s = due_s};

	if (entry_has(e, KNOWN))
		return;
	entry_set(e, KNOWN, true);
	s->o.tell(s->o.tell_ctx, &event);
}

bool
entry_is_unread(const struct index_entry *e)
{
	return e->state == UNREAD || e->state == READING ||
	    (e->state == UNREADABLE && e->attempts < ATTEMPTS_MAX) ||
	    (e->state == GONE && entry_has(e, BACK));
}

uint32_t
entry_add(struct sweep *s, const struct qid *id, bool urgent)
{
	uint32_t slot = index_add(&s->index, id);

	if (slot == INDEX_NONE)
		return slot;
	index_at(&s->index, slot)->seen = s->walk;
	if (urgent)
		entry_back_to_unread(s, slot);
	else
		entry_to_unread(s, slot);
	return slot;
}

uint32_t
entry_take(struct sweep *s, struct index_list *list, enum state wanted)
{
	uint32_t slot;

	for (int i = 0; i < TAKE_MAX &&
	     (slot = index_list_take(&s->index, list)) != INDEX_NONE;
	     i++) {
		struct index_entry *e = index_at(&s->index, slot);

		if (e->state == wanted)
			return slot;
		assert(e->state == GONE);
		if (entry_has_left(e)) {
			e->state = RELEASED;
			continue;
		}
		if (!entry_has(e, BACK)) {
			drop(s, slot);
			continue;
		}
		entry_set(e, BACK, false);
		if (list == &s->unread) {
			e->state = UNREAD;
			return slot;
		}
		entry_to_unread(s, slot);
	}
	return INDEX_NONE;
}

void
entry_confirm(struct sweep *s, uint32_t slot, const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);
	struct sweep_event event = {
	    .kind = SWEEP_RELEASED,
	    .id = index_id(&s->index, e),
	    .due_s = index_due_s(e),
	    .late_ns = now->wall_ns - index_due_s(e) * CLOCK_NS_PER_S,
	    .requeued = entry_has(e, REQUEUED),
	};

	entry_uncount(s, slot);
	if (e->attempts > 0)
		s->held_up_ns = 0;
	e->state = RELEASED;
	e->seen = s->walk;
	e->attempts = 0;
	s->counts.released++;
	s->counts.requeued += event.requeued;
	if (!entry_has(e, AT_WILL))
		lateness_add(&s->late, event.late_ns);
	s->o.tell(s->o.tell_ctx, &event);
}

bool
entry_retry_now(const struct sweep *s, const struct index_entry *e)
{
	unsigned first = e->state == UNREADABLE ? READS_AT_ONCE : 0;
	unsigned doublings = e->attempts > first ? e->attempts - first : 0;

	if (doublings > DOUBLINGS_MAX)
		doublings = DOUBLINGS_MAX;
	return (s->walk & ((1u << doublings) - 1)) == 0;
}

void
entry_count_failure(struct index_entry *e)
{
	if (e->attempts < ATTEMPTS_MAX)
		e->attempts++;
}

void
entry_end_walk(struct sweep *s, uint32_t slot, const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);
	uint8_t ended = (uint8_t)(s->walk - 1);
	uint8_t missed = (uint8_t)(ended - e->seen);

	if (e->state == FREE || e->state == READING || e->state == RELEASING ||
	    missed == 0 || e->seen == s->walk)
		return;
	if (e->state == UNCONFIRMED) {
		entry_confirm(s, slot, now);
		e->seen = ended;
	} else if (missed > 1) {
		entry_forget(s, slot);
	} else if (e->state == RELEASED) {
		entry_leave_flow(s, slot);
	}
}
