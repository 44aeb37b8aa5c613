/* SPDX-License-Identifier: ISC */
/*
 * What the administrator says of single messages, and of all of them.
 */
#include "policyd/sched/sweep_entry.h"

void
sweep_pause(struct sweep *s, bool on)
{
	if (on)
		sweep_ungather(s);
	s->paused = on;
}

bool
sweep_may_reschedule(const struct sweep *s, const struct qid *id)
{
	uint32_t slot = index_find(&s->index, id);
	enum state state;

	if (slot == INDEX_NONE)
		return true;
	state = (enum state)index_at(&s->index, slot)->state;
	return state != RELEASING && state != UNCONFIRMED && state != RELEASED;
}

bool
sweep_is_by_hand(const struct index_entry *e)
{
	return entry_has(e, BY_HAND);
}

void
sweep_reschedule(struct sweep *s, const struct qid *id)
{
	uint32_t slot = index_find(&s->index, id);

	if (slot == INDEX_NONE)
		return;
	entry_judge_anew(s, slot);
	/* The wait after failed reads is for what failed. */
	s->verb[SWEEP_READ].not_before_ns = 0;
}

/* Is that message on hold, as far as is known? */
static bool
is_on_hold(const struct sweep *s, const struct qid *id, int64_t arrival_s)
{
	uint32_t slot = index_find(&s->index, id);
	const struct index_entry *e;

	if (slot == INDEX_NONE)
		return false;
	e = index_at(&s->index, slot);
	if (entry_has(e, KEYED) && e->arrival_s != (uint32_t)arrival_s)
		return false;
	return e->state != RELEASED && (e->state != GONE || entry_has(e, BACK));
}

/*
 * Without news nobody knows whether the message with the former id is still
 * there when the one with the new id is read, and a former id can be wrong: so
 * what was said holds for both until a walk has shown that one is gone.
 */
static bool
follow(struct sweep *s, const struct qid *former, int64_t arrival_s,
    const struct qid *id)
{
	struct overrides *o = s->o.overrides;
	const struct override *old = overrides_find(o, former, arrival_s);
	struct override copy;

	if (old == NULL)
		return false;
	copy = *old;
	copy.id = *id;
	if (is_on_hold(s, former, arrival_s) && overrides_set(o, &copy)) {
		o->changed = true;
		return true;
	}
	return overrides_follow(o, former, arrival_s, id);
}

struct override *
sweep_find_override(
    struct sweep *s, const struct qid *id, const struct facts *facts)
{
	struct overrides *o = s->o.overrides;
	struct override *override;

	if (o == NULL)
		return NULL;
	override = overrides_find(o, id, facts->arrival_s);
	for (size_t i = 0; override == NULL && i < facts->n_former; i++)
		if (follow(s, &facts->former[i], facts->arrival_s, id))
			override = overrides_find(o, id, facts->arrival_s);
	return override;
}
