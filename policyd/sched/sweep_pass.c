/* SPDX-License-Identifier: ISC */
/*
 * What is done with all that is known, in slices between which everything else
 * goes on: the end of a walk, and the beginning of judging anew.
 *
 * No walk begins before they are done. An entry that was not reached yet is
 * seen to before it leaves; what was added since is passed over, or does no
 * harm.
 */
#include "policyd/sched/sweep_entry.h"

enum { SLICE = 4096 /* entries */ };

static void
begin(struct sweep_pass *pass)
{
	*pass = (struct sweep_pass){.on = true};
}

static bool
awaits(const struct sweep_pass *pass, uint32_t slot)
{
	return pass->on && slot >= pass->next;
}

/*
 * The slots of the next slice: from pass->next on, to the one before the end
 * that is returned. They are taken as done.
 */
static uint32_t
take_slice(const struct sweep *s, struct sweep_pass *pass)
{
	uint32_t n = index_slots(&s->index);
	uint32_t most = s->slice > 0 ? s->slice : SLICE;

	pass->next = n - pass->next > most ? pass->next + most : n;
	pass->on = pass->next < n;
	return pass->next;
}

/*
 * A message that was requeued, and not read yet, may be the one of an override
 * whose queue id is gone.
 */
static void
end_walk_of_overrides(struct sweep *s)
{
	bool unread =
	    s->unread_left || s->unread.n > 0 || s->verb[SWEEP_READ].running;

	if (s->o.overrides != NULL && !unread)
		overrides_end_walk(s->o.overrides);
}

static void
end_walk_slice(struct sweep *s, const struct clock_now *now)
{
	uint32_t slot = s->ending.next;
	uint32_t end = take_slice(s, &s->ending);

	for (; slot < end; slot++) {
		entry_end_walk(s, slot, now);
		if (entry_is_unread(index_at(&s->index, slot)))
			s->unread_left = true;
	}
	if (!s->ending.on)
		end_walk_of_overrides(s);
}

static void
reconsider(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (e->state == WAITING && entry_has(e, RULE_GONE))
		entry_start_over(s, slot, true);
	else if (e->state != FREE)
		entry_set(e, REREAD, true);
}

static void
reconsider_slice(struct sweep *s)
{
	uint32_t slot = s->anew.next;
	uint32_t end = take_slice(s, &s->anew);

	for (; slot < end; slot++)
		reconsider(s, slot);
}

bool
sweep_is_passing(const struct sweep *s)
{
	return s->ending.on || s->anew.on;
}

void
sweep_pass_slice(struct sweep *s, const struct clock_now *now)
{
	if (s->ending.on)
		end_walk_slice(s, now);
	else if (s->anew.on)
		reconsider_slice(s);
}

void
sweep_pass_end_of_walk(struct sweep *s, const struct clock_now *now)
{
	begin(&s->ending);
	s->unread_left = false;
	end_walk_slice(s, now);
}

void
sweep_reconsider(struct sweep *s)
{
	sweep_ungather(s);
	begin(&s->anew);
	reconsider_slice(s);
	sweep_want_walk(s);
}

bool
entry_settle(struct sweep *s, uint32_t slot, const struct clock_now *now)
{
	if (awaits(&s->ending, slot))
		entry_end_walk(s, slot, now);
	if (awaits(&s->anew, slot))
		reconsider(s, slot);
	return index_at(&s->index, slot)->state == WAITING;
}

void
entry_land(struct sweep *s, uint32_t slot)
{
	struct index_entry *e = index_at(&s->index, slot);

	if (awaits(&s->ending, slot) && e->seen != s->walk)
		e->seen = (uint8_t)(s->walk - 1);
}
