/* SPDX-License-Identifier: ISC */
/*
 * What the end of a command means.
 */
#include "policyd/sched/sweep_entry.h"

#define RETRY_MAX_NS (60 * CLOCK_NS_PER_S)
/* Where new mail waits behind it. */
#define MAIL_RETRY_MAX_NS (10 * CLOCK_NS_PER_S)
/* What a message costs a walk, at most. */
#define LISTED_MOST_NS (CLOCK_NS_PER_MS / 10)

enum {
	RETRY_DOUBLINGS = 6,
	READS_IN_VAIN = 64, /* failures in a row; see free_failures() */
	RELEASES_IN_VAIN = 16,
};

static int64_t
retry_after_ns(unsigned failures, int64_t max_ns)
{
	unsigned doublings =
	    failures < RETRY_DOUBLINGS ? failures : RETRY_DOUBLINGS;
	int64_t wait_ns = CLOCK_NS_PER_S << doublings;

	return wait_ns < max_ns ? wait_ns : max_ns;
}

/*
 * Walks that take long come rarer than they should. That is told when it
 * begins, and when they are well away from it again: not each time that one
 * takes a little more or less than the one before.
 */
static void
set_walk_interval(struct sweep *s, const struct clock_now *now)
{
	int64_t rest_ns = s->walk_cost_ns * WALK_REST;
	int64_t set_ns = s->o.settings->sweep_interval_s * CLOCK_NS_PER_S;
	struct sweep_event event = {
	    .kind = SWEEP_WALKS,
	    .rarer = rest_ns > (s->walks_rarer ? set_ns / 2 : set_ns),
	    .listed = s->listed,
	    .cost_ns = s->walk_cost_ns,
	    .interval_ns = rest_ns > set_ns ? rest_ns : set_ns,
	};

	s->next_walk_ns = now->mono_ns + event.interval_ns;
	if (event.rarer == s->walks_rarer)
		return;
	s->walks_rarer = event.rarer;
	s->o.tell(s->o.tell_ctx, &event);
}

/*
 * A command that fails sleeps before it ends, so that the time it took says
 * too much of what it cost, unless it has listed very many.
 */
static int64_t
rest_of_failed_ns(const struct sweep *s)
{
	int64_t most_ns = (int64_t)s->listed * LISTED_MOST_NS;

	return WALK_REST *
	    (s->walk_cost_ns < most_ns ? s->walk_cost_ns : most_ns);
}

static void
end_walk(struct sweep *s, bool ok, const struct clock_now *now)
{
	s->walk_cost_ns = now->mono_ns - s->verb[SWEEP_LIST].started_ns;
	s->walk_end_ns = now->mono_ns;
	s->walk_at_s = clock_floor_s(now->wall_ns);
	s->walk_ok = ok;
	if (!ok) {
		s->counts.walks_failed++;
		s->next_walk_ns = now->mono_ns + rest_of_failed_ns(s);
		return;
	}
	set_walk_interval(s, now);
	s->counts.walks++;
	s->deferred = s->n_deferred;
	s->walk++;
	sweep_pass_end_of_walk(s, now);
	if (s->walk_again)
		sweep_want_walk(s);
}

/* How many ids the next command of the verb may have. */
static void
adapt_limit(struct sweep *s, enum sweep_verb verb, bool failed, size_t left)
{
	size_t most = sweep_ids_max(verb);

	if (failed && left > 0)
		s->limit[verb] = (left + 1) / 2;
	else
		s->limit[verb] *= 2;
	if (s->limit[verb] > most)
		s->limit[verb] = most;
}

/*
 * What a failed read did not tell goes back to the front. One that is alone in
 * its failure gets a second try, in case that was none of its fault.
 */
static void
end_read(struct sweep *s, bool ok)
{
	size_t left = 0;

	for (size_t i = s->n_reading; i-- > 0;) {
		uint32_t slot = index_find(&s->index, &s->reading[i]);
		struct index_entry *e;

		if (slot == INDEX_NONE)
			continue;
		e = index_at(&s->index, slot);
		if (e->state != READING)
			continue;
		entry_land(s, slot);
		left++;
		if (ok || (s->n_reading == 1 && e->attempts > 0)) {
			entry_to_unreadable(s, slot);
			continue;
		}
		if (s->n_reading == 1)
			entry_count_failure(e);
		entry_back_to_unread(s, slot);
	}
	adapt_limit(s, SWEEP_READ, !ok, left);
	s->n_reading = 0;
}

/* Alone, its command failed: it stands aside for a while. */
static void
hold_up(struct sweep *s, enum sweep_verb verb, uint32_t slot,
    const struct clock_now *now)
{
	struct index_entry *e = index_at(&s->index, slot);
	struct sweep_event event = {.kind = SWEEP_FAILED,
	    .verb = verb,
	    .id = index_id(&s->index, e),
	    .retry_ns = retry_after_ns(e->attempts, RETRY_MAX_NS)};

	entry_count_failure(e);
	entry_leave_flow(s, slot);
	e->state = HELD_UP;
	index_list_append(&s->index, &s->held_up, slot);
	s->held_up_ns = now->mono_ns + event.retry_ns;
	s->o.tell(s->o.tell_ctx, &event);
}

/* Returns how many the command has not moved, as far as is known. */
static size_t
end_release(struct sweep *s, enum sweep_verb verb, const struct qid *ids,
    size_t n, bool ok, const struct clock_now *now)
{
	bool doubt = false;
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t slot = index_find(&s->index, &ids[i]);
		struct index_entry *e;

		if (slot == INDEX_NONE)
			continue;
		e = index_at(&s->index, slot);
		if (e->state != RELEASING)
			continue;
		entry_land(s, slot);
		left++;
		if (!ok && entry_has(e, TRIED)) {
			entry_to_foreign(s, slot, PLAN_TRIED, true);
		} else if (!ok && n == 1) {
			hold_up(s, verb, slot, now);
		} else if (!ok) {
			entry_to_waiting(s, slot);
		} else {
			e->state = UNCONFIRMED;
			e->seen = s->verb[SWEEP_LIST].running
			    ? s->walk
			    : (uint8_t)(s->walk - 1);
			doubt = doubt || e->attempts == 0;
		}
	}
	if (doubt)
		sweep_want_walk(s);
	adapt_limit(s, verb, !ok && left == n, left);
	return left;
}

/* The wait after a failed kick is for its retries, not for newer mail. */
static void
want_kick(struct sweep *s, enum sweep_verb kick)
{
	s->kick_wanted[kick] = true;
	s->verb[kick].not_before_ns = 0;
}

/*
 * So many failures in a row may be those of single messages, which the halving
 * isolates, before all commands of the verb are thought to fail.
 */
static unsigned
free_failures(enum sweep_verb verb)
{
	switch (verb) {
	case SWEEP_READ:
		return READS_IN_VAIN;
	case SWEEP_RELEASE:
	case SWEEP_REQUEUE:
		return RELEASES_IN_VAIN;
	case SWEEP_LIST:
	case SWEEP_KICK_QMGR:
	case SWEEP_KICK_PICKUP:
		break;
	}
	return 0;
}

/* A failure makes the verb wait, the longer the more there were in a row. */
static void
count_end(struct sweep *s, enum sweep_verb verb, bool ok, unsigned free,
    const struct clock_now *now)
{
	struct sweep_verb_state *v = &s->verb[verb];
	bool of_mail = free_failures(verb) > 0;
	struct sweep_event event = {.kind = SWEEP_FAILED, .verb = verb};

	v->running = false;
	s->running--;
	v->not_before_ns = 0;
	v->failures = ok ? 0 : v->failures + 1;
	if (v->failures <= free)
		return;
	event.retry_ns = retry_after_ns(
	    v->failures - free - 1, of_mail ? MAIL_RETRY_MAX_NS : RETRY_MAX_NS);
	v->not_before_ns = now->mono_ns + event.retry_ns;
	s->o.tell(s->o.tell_ctx, &event);
}

void
sweep_end(
    struct sweep *s, enum sweep_verb verb, bool ok, const struct clock_now *now)
{
	if (verb == SWEEP_READ && s->peeking) {
		sweep_end_peek(s, ok);
		return;
	}
	switch (verb) {
	case SWEEP_LIST:
		end_walk(s, ok, now);
		break;
	case SWEEP_READ:
		end_read(s, ok);
		ok = ok || s->read_any;
		break;
	case SWEEP_RELEASE:
		ok = end_release(s, verb, s->releasing, s->n_releasing, ok,
			 now) < s->n_releasing ||
		    ok;
		want_kick(s, SWEEP_KICK_QMGR);
		break;
	case SWEEP_REQUEUE:
		ok = end_release(s, verb, s->requeuing, s->n_requeuing, ok,
			 now) < s->n_requeuing ||
		    ok;
		want_kick(s, SWEEP_KICK_PICKUP);
		break;
	case SWEEP_KICK_QMGR:
	case SWEEP_KICK_PICKUP:
		s->kick_wanted[verb] = s->kick_wanted[verb] || !ok;
		break;
	}
	count_end(s, verb, ok, free_failures(verb), now);
}

/*
 * What was in flight goes back as it was; some of it may have left before the
 * command was killed, hence the kicks.
 */
void
sweep_take_back(
    struct sweep *s, const struct qid *ids, size_t n, enum state in_flight)
{
	for (size_t i = n; i-- > 0;) {
		uint32_t slot = index_find(&s->index, &ids[i]);
		struct index_entry *e;

		if (slot == INDEX_NONE)
			continue;
		e = index_at(&s->index, slot);
		/* What was read may be leaving by now, by another command. */
		if (e->state != in_flight)
			continue;
		entry_land(s, slot);
		if (e->state == READING)
			entry_back_to_unread(s, slot);
		else if (entry_has(e, TRIED))
			entry_to_foreign(s, slot, PLAN_TRIED, true);
		else
			entry_to_waiting(s, slot);
	}
}

void
sweep_not_run(
    struct sweep *s, enum sweep_verb verb, const struct clock_now *now)
{
	if (verb == SWEEP_READ && s->peeking) {
		sweep_end_peek(s, false);
		return;
	}
	switch (verb) {
	case SWEEP_LIST:
		end_walk(s, false, now);
		break;
	case SWEEP_READ:
		sweep_take_back(s, s->reading, s->n_reading, READING);
		break;
	case SWEEP_RELEASE:
		sweep_take_back(s, s->releasing, s->n_releasing, RELEASING);
		want_kick(s, SWEEP_KICK_QMGR);
		break;
	case SWEEP_REQUEUE:
		sweep_take_back(s, s->requeuing, s->n_requeuing, RELEASING);
		want_kick(s, SWEEP_KICK_PICKUP);
		break;
	case SWEEP_KICK_QMGR:
	case SWEEP_KICK_PICKUP:
		s->kick_wanted[verb] = true;
		break;
	}
	count_end(s, verb, false, 0, now);
}
