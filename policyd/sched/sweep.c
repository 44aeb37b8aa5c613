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

void
sweep_init(struct sweep *s, const struct settings *settings,
    const struct plan_postfix *postfix, uint64_t requeue_uid,
    sweep_event_fn *tell, void *tell_ctx)
{
	memset(s, 0, sizeof(*s));
	s->settings = settings;
	s->postfix = *postfix;
	s->requeue_uid = requeue_uid;
	s->tell = tell;
	s->tell_ctx = tell_ctx;
	for (int i = 0; i < SWEEP_VERBS; i++)
		s->limit[i] = sweep_ids_max((enum sweep_verb)i);
	s->walk = 1;
	index_init(&s->index);
	index_list_init(&s->unread);
	index_list_init(&s->to_requeue);
	index_list_init(&s->held_up);
}

void
sweep_free(struct sweep *s)
{
	index_free(&s->index);
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

void
sweep_reconsider(struct sweep *s)
{
	for (uint32_t slot = 0; slot < index_slots(&s->index); slot++) {
		struct index_entry *e = index_at(&s->index, slot);

		if (e->state != FREE && e->state != RELEASED &&
		    e->state != UNCONFIRMED)
			entry_set(e, REREAD, true);
	}
	sweep_want_walk(s);
}
