/* SPDX-License-Identifier: ISC */
/*
 * What the end of a command means.
 */
#include "policyd/sched/sweep_entry.h"

#define RETRY_MAX_NS (60 * CLOCK_NS_PER_S)

enum {
	RETRY_DOUBLINGS = 6,
	READS_IN_VAIN = 64, /* in a row, before reads are thought to fail */
};

static int64_t
walk_interval_ns(const struct sweep *s)
{
	int64_t rest_ns = s->walk_cost_ns * WALK_REST;
	int64_t set_ns = s->settings->sweep_interval_s * CLOCK_NS_PER_S;

	return rest_ns > set_ns ? rest_ns : set_ns;
}

static void
end_walk(struct sweep *s, bool ok, const struct clock_now *now)
{
	s->walk_cost_ns = now->mono_ns - s->verb[SWEEP_LIST].started_ns;
	s->walk_end_ns = now->mono_ns;
	if (!ok) {
		s->next_walk_ns = now->mono_ns;
		return;
	}
	s->next_walk_ns = now->mono_ns + walk_interval_ns(s);
	s->counts.walks++;
	for (uint32_t slot = 0; slot < index_slots(&s->index); slot++)
		entry_end_walk(s, slot, now);
	s->walk++;
	if (s->walk_again)
		sweep_want_walk(s);
}

/*
 * What a failed read did not tell goes back to the front, and the next read
 * asks for half: so the bad one is soon alone.
 */
static void
end_read(struct sweep *s, bool ok)
{
	size_t left = 0;

	for (size_t i = s->n_reading; i-- > 0;) {
		uint32_t slot = index_find(&s->index, &s->reading[i]);

		if (slot == INDEX_NONE ||
		    index_at(&s->index, slot)->state != READING)
			continue;
		left++;
		if (ok || s->n_reading == 1)
			entry_to_unreadable(s, slot);
		else
			entry_back_to_unread(s, slot);
	}
	if (!ok && left > 0)
		s->read_limit = (left + 1) / 2;
	else if (s->read_limit < SWEEP_READ_MAX)
		s->read_limit *= 2;
	if (s->read_limit > SWEEP_READ_MAX)
		s->read_limit = SWEEP_READ_MAX;
	s->n_reading = 0;
}

static void
end_release(struct sweep *s, const struct qid *ids, size_t n, bool ok)
{
	bool doubt = false;

	for (size_t i = 0; i < n; i++) {
		uint32_t slot = index_find(&s->index, &ids[i]);
		struct index_entry *e;

		if (slot == INDEX_NONE)
			continue;
		e = index_at(&s->index, slot);
		if (e->state != RELEASING)
			continue;
		if (!ok) {
			entry_to_waiting(s, slot);
			continue;
		}
		e->state = UNCONFIRMED;
		e->seen = s->verb[SWEEP_LIST].running ? s->walk
						      : (uint8_t)(s->walk - 1);
		doubt = doubt || e->attempts == 0;
	}
	if (doubt)
		sweep_want_walk(s);
}

/* The wait after a failed kick is for its retries, not for newer mail. */
static void
want_kick(struct sweep *s, enum sweep_verb kick)
{
	s->kick_wanted[kick] = true;
	s->verb[kick].not_before_ns = 0;
}

static int64_t
retry_after_ns(unsigned failures)
{
	unsigned doublings =
	    failures < RETRY_DOUBLINGS ? failures : RETRY_DOUBLINGS;
	int64_t wait_ns = CLOCK_NS_PER_S << doublings;

	return wait_ns < RETRY_MAX_NS ? wait_ns : RETRY_MAX_NS;
}

/*
 * A failure makes the verb wait, the longer the more there were in a row. A
 * read that stumbles over a bad file is none, as long as others can be read.
 */
static void
count_end(
    struct sweep *s, enum sweep_verb verb, bool ok, const struct clock_now *now)
{
	struct sweep_verb_state *v = &s->verb[verb];
	unsigned free = verb == SWEEP_READ ? READS_IN_VAIN : 0;
	struct sweep_event event = {.kind = SWEEP_FAILED, .verb = verb};

	v->running = false;
	s->running--;
	v->not_before_ns = 0;
	v->failures = ok ? 0 : v->failures + 1;
	if (v->failures <= free)
		return;
	event.retry_ns = retry_after_ns(v->failures - free - 1);
	v->not_before_ns = now->mono_ns + event.retry_ns;
	s->tell(s->tell_ctx, &event);
}

void
sweep_end(
    struct sweep *s, enum sweep_verb verb, bool ok, const struct clock_now *now)
{
	switch (verb) {
	case SWEEP_LIST:
		end_walk(s, ok, now);
		break;
	case SWEEP_READ:
		end_read(s, ok);
		ok = ok || s->read_any;
		break;
	case SWEEP_RELEASE:
		end_release(s, s->releasing, s->n_releasing, ok);
		want_kick(s, SWEEP_KICK_QMGR);
		break;
	case SWEEP_REQUEUE:
		end_release(s, s->requeuing, s->n_requeuing, ok);
		want_kick(s, SWEEP_KICK_PICKUP);
		break;
	case SWEEP_KICK_QMGR:
	case SWEEP_KICK_PICKUP:
		s->kick_wanted[verb] = s->kick_wanted[verb] || !ok;
		break;
	case SWEEP_VERBS:
		return;
	}
	count_end(s, verb, ok, now);
}
