/* SPDX-License-Identifier: ISC */
#include "policyd/sched/sweep.h"

#include <string.h>

#include "policyd/sched/sweep_entry.h"

enum { STOP_KICKS = 2 /* so often a kick is tried before a stop */ };

#define WALK_GAP_NS (200 * CLOCK_NS_PER_MS) /* between walks, at least */

size_t
sweep_ids_max(enum sweep_verb verb)
{
	return verb == SWEEP_READ ? SWEEP_READ_MAX : SWEEP_IDS_MAX;
}

uint32_t
sweep_active_limit(const struct sweep *s)
{
	uint32_t limit = s->o.postfix.active_limit;

	return limit > 0 ? limit : FLOW_ACTIVE_LIMIT;
}

void
sweep_init(struct sweep *s, const struct sweep_options *options)
{
	memset(s, 0, sizeof(*s));
	s->o = *options;
	for (int i = 0; i < SWEEP_VERBS; i++)
		s->limit[i] = sweep_ids_max((enum sweep_verb)i);
	s->walk = 1;
	index_init(&s->index);
	tally_init(&s->tally);
	tally_init(&s->frozen);
	index_list_init(&s->unread);
	index_list_init(&s->to_requeue);
	index_list_init(&s->held_up);
}

void
sweep_free(struct sweep *s)
{
	index_free(&s->index);
	tally_free(&s->tally);
	tally_free(&s->frozen);
}

void
sweep_kick(struct sweep *s)
{
	s->kick_wanted[SWEEP_KICK_QMGR] = true;
	s->kick_wanted[SWEEP_KICK_PICKUP] = true;
}

bool
sweep_stop(struct sweep *s)
{
	static const enum sweep_verb awaited[] = {
	    SWEEP_RELEASE, SWEEP_REQUEUE, SWEEP_KICK_QMGR, SWEEP_KICK_PICKUP};

	s->stopping = true;
	if (s->look_only)
		return true;
	for (size_t i = 0; i < sizeof(awaited) / sizeof(awaited[0]); i++) {
		const struct sweep_verb_state *v = &s->verb[awaited[i]];

		/* A kick that fails again is left to the next start. */
		if (v->running ||
		    (s->kick_wanted[awaited[i]] && v->failures < STOP_KICKS))
			return false;
	}
	return true;
}

void
sweep_look_only(struct sweep *s)
{
	s->look_only = true;
}

/* A read that waits after its failures may do so for ever. */
enum sweep_sight
sweep_sight(const struct sweep *s)
{
	const struct sweep_verb_state *walk = &s->verb[SWEEP_LIST];
	const struct sweep_verb_state *read = &s->verb[SWEEP_READ];

	if (s->counts.walks == 0)
		return walk->failures > 0 ? SWEEP_BLIND : SWEEP_LOOKING;
	if (sweep_is_passing(s))
		return SWEEP_LOOKING;
	if (s->unread.n == 0 && !read->running)
		return SWEEP_LOOKED;
	return read->not_before_ns > 0 ? SWEEP_BLIND : SWEEP_LOOKING;
}

bool
sweep_reads_too_little(const struct sweep *s)
{
	return (s->verb[SWEEP_READ].running || s->unread.n > 0) &&
	    s->unread.n < s->limit[SWEEP_READ];
}

void
sweep_want_walk(struct sweep *s)
{
	int64_t rest_ns = s->walk_cost_ns * WALK_REST;
	int64_t at_ns =
	    s->walk_end_ns + (rest_ns > WALK_GAP_NS ? rest_ns : WALK_GAP_NS);

	if (s->walk_end_ns == 0)
		at_ns = 0;
	if (at_ns < s->next_walk_ns)
		s->next_walk_ns = at_ns;
	s->walk_again = s->verb[SWEEP_LIST].running;
}

uint64_t
sweep_postponed(const struct sweep *s, uint64_t submitter)
{
	return tally_count(&s->tally, (uint32_t)submitter);
}

uint64_t
sweep_postponed_total(const struct sweep *s)
{
	return tally_total(&s->tally);
}

uint32_t
sweep_rule_hash(const struct sweep *s, struct span rule)
{
	uint32_t hash;

	if (rule.len == 0)
		return 0;
	hash = (uint32_t)hash_bytes(&s->o.hash_key, rule);
	return hash != 0 ? hash : 1;
}

uint32_t
sweep_count_frozen(const struct sweep *s, struct span rule)
{
	return (uint32_t)tally_count(&s->frozen, sweep_rule_hash(s, rule));
}
