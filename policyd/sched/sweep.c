/* SPDX-License-Identifier: ISC */
/*
 * Which command comes next, and what its end means.
 */
#include "policyd/sched/sweep.h"

#include <string.h>

#include "policyd/sched/sweep_entry.h"

#define KICK_GAP_NS   (200 * CLOCK_NS_PER_MS) /* none while one is younger */
#define WALK_GAP_NS   (200 * CLOCK_NS_PER_MS) /* between walks, at least */
#define RATE_STEP_NS  (100 * CLOCK_NS_PER_MS) /* release_rate, in portions */
#define RATE_BURST_NS CLOCK_NS_PER_S
#define RETRY_MAX_NS  (60 * CLOCK_NS_PER_S)

enum {
	RETRY_DOUBLINGS = 6,
	READS_IN_VAIN = 64, /* in a row, before reads are thought to fail */
	WALK_REST = 9, /* walking takes at most a tenth of the time */
};

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
	s->read_limit = SWEEP_READ_MAX;
	s->walk = 1;
	index_init(&s->index);
	index_list_init(&s->unread);
	index_list_init(&s->to_requeue);
}

void
sweep_free(struct sweep *s)
{
	index_free(&s->index);
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

/* How much a message of release_rate costs; 0: no limit. */
static int64_t
message_cost_ns(const struct sweep *s)
{
	if (s->settings->release_rate == 0)
		return 0;
	return CLOCK_NS_PER_S / s->settings->release_rate;
}

static void
earn_credit(struct sweep *s, const struct clock_now *now)
{
	int64_t cost_ns = message_cost_ns(s);
	int64_t most_ns = cost_ns > RATE_BURST_NS ? cost_ns : RATE_BURST_NS;

	s->credit_ns += now->mono_ns - s->credit_at_ns;
	s->credit_at_ns = now->mono_ns;
	if (s->credit_ns > most_ns)
		s->credit_ns = most_ns;
}

/* So much credit is waited for before a release is worth a command. */
static int64_t
wanted_credit_ns(const struct sweep *s)
{
	int64_t cost_ns = message_cost_ns(s);

	if (cost_ns == 0)
		return 0;
	return cost_ns > RATE_STEP_NS ? cost_ns : RATE_STEP_NS;
}

/* How many messages the credit pays for. */
static size_t
affordable(const struct sweep *s)
{
	int64_t cost_ns = message_cost_ns(s);

	if (cost_ns == 0)
		return SWEEP_IDS_MAX;
	return (size_t)(s->credit_ns / cost_ns);
}

static size_t
id_bytes(const struct qid *id)
{
	char text[QID_SIZE];

	return qid_format(id, text) + 1;
}

static size_t
gather_reads(struct sweep *s)
{
	size_t n = 0;

	while (n < s->read_limit) {
		uint32_t slot = entry_take(s, &s->unread, UNREAD);

		if (slot == INDEX_NONE)
			break;
		index_at(&s->index, slot)->state = READING;
		s->reading[n++] = index_at(&s->index, slot)->id;
	}
	return n;
}

/* A message that is due goes into the release, or to those to requeue. */
static bool
choose_way(struct sweep *s, uint32_t slot, int64_t now_s)
{
	struct index_entry *e = index_at(&s->index, slot);
	enum plan_method method =
	    plan_choose_method(s->settings, &s->postfix, e->created_s, now_s,
		entry_has(e, EMPTY_SENDER), entry_has(e, REQUEUEABLE));

	index_heap_remove(&s->index, slot);
	entry_set(e, REQUEUED, method == PLAN_REQUEUE);
	if (method == PLAN_REQUEUE) {
		e->state = TO_REQUEUE;
		index_list_append(&s->index, &s->to_requeue, slot);
		return false;
	}
	if (method == PLAN_RELEASE_OLD) {
		struct sweep_event event = {
		    .kind = SWEEP_RELEASED_OLD, .id = e->id, .due_s = e->due_s};

		s->tell(s->tell_ctx, &event);
	}
	e->state = RELEASING;
	return true;
}

static size_t
gather_due(struct sweep *s, const struct clock_now *now)
{
	int64_t now_s = clock_floor_s(now->reached_ns);
	size_t most = affordable(s);
	size_t n = 0, bytes = 0;
	uint32_t slot;

	while (n < most && n < SWEEP_IDS_MAX &&
	    (slot = index_heap_top(&s->index)) != INDEX_NONE) {
		struct index_entry *e = index_at(&s->index, slot);

		if (e->due_s > now_s)
			break;
		bytes += id_bytes(&e->id);
		if (bytes > SWEEP_IDS_BYTES)
			break;
		if (choose_way(s, slot, now_s))
			s->releasing[n++] = e->id;
	}
	s->credit_ns -= (int64_t)n * message_cost_ns(s);
	return n;
}

static size_t
gather_requeues(struct sweep *s)
{
	size_t most = affordable(s);
	size_t n = 0, bytes = 0;

	while (n < most && n < SWEEP_IDS_MAX &&
	    bytes < SWEEP_IDS_BYTES - QID_SIZE) {
		uint32_t slot = entry_take(s, &s->to_requeue, TO_REQUEUE);

		if (slot == INDEX_NONE)
			break;
		index_at(&s->index, slot)->state = RELEASING;
		s->requeuing[n] = index_at(&s->index, slot)->id;
		bytes += id_bytes(&s->requeuing[n++]);
	}
	s->credit_ns -= (int64_t)n * message_cost_ns(s);
	return n;
}

/*
 * When a verb has work: *wall_ns is the moment of the wall clock, if it is
 * that which counts, and *mono_ns of the other; false: no work in sight.
 */
static bool
work_at(const struct sweep *s, enum sweep_verb verb, int64_t *wall_ns,
    int64_t *mono_ns)
{
	const struct sweep_verb_state *v = &s->verb[verb];
	int64_t credit_at_ns =
	    s->credit_at_ns + wanted_credit_ns(s) - s->credit_ns;
	uint32_t top;

	*wall_ns = INT64_MIN;
	*mono_ns = v->not_before_ns;
	switch (verb) {
	case SWEEP_LIST:
		if (s->next_walk_ns > *mono_ns)
			*mono_ns = s->next_walk_ns;
		return true;
	case SWEEP_READ:
		return s->unread.n > 0;
	case SWEEP_RELEASE:
		top = index_heap_top(&s->index);
		if (top == INDEX_NONE || s->paused)
			return false;
		*wall_ns = index_at(&s->index, top)->due_s * CLOCK_NS_PER_S;
		if (credit_at_ns > *mono_ns)
			*mono_ns = credit_at_ns;
		return true;
	case SWEEP_REQUEUE:
		if (credit_at_ns > *mono_ns)
			*mono_ns = credit_at_ns;
		return s->to_requeue.n > 0 && !s->paused;
	case SWEEP_KICK_QMGR:
	case SWEEP_KICK_PICKUP:
		if (v->started_ns + KICK_GAP_NS > *mono_ns)
			*mono_ns = v->started_ns + KICK_GAP_NS;
		return s->kick_wanted[verb];
	case SWEEP_VERBS:
		break;
	}
	return false;
}

/* Prepares the command; false when there turned out to be nothing to do. */
static bool
prepare(struct sweep *s, enum sweep_verb verb, const struct clock_now *now,
    struct sweep_command *command)
{
	*command = (struct sweep_command){.verb = verb};
	switch (verb) {
	case SWEEP_READ:
		s->read_any = false;
		command->n = s->n_reading = gather_reads(s);
		command->ids = s->reading;
		return command->n > 0;
	case SWEEP_RELEASE:
		command->n = s->n_releasing = gather_due(s, now);
		command->ids = s->releasing;
		return command->n > 0;
	case SWEEP_REQUEUE:
		command->n = s->n_requeuing = gather_requeues(s);
		command->ids = s->requeuing;
		return command->n > 0;
	case SWEEP_KICK_QMGR:
	case SWEEP_KICK_PICKUP:
		s->kick_wanted[verb] = false;
		return true;
	case SWEEP_LIST:
		s->walk_again = false;
		return true;
	case SWEEP_VERBS:
		break;
	}
	return false;
}

bool
sweep_next(
    struct sweep *s, const struct clock_now *now, struct sweep_command *command)
{
	/* What makes mail leave comes first; a walk can wait. */
	static const enum sweep_verb order[] = {SWEEP_KICK_QMGR,
	    SWEEP_KICK_PICKUP, SWEEP_RELEASE, SWEEP_REQUEUE, SWEEP_READ,
	    SWEEP_LIST};

	earn_credit(s, now);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum sweep_verb verb = order[i];
		struct sweep_verb_state *v = &s->verb[verb];
		int64_t wall_ns, mono_ns;

		if (s->running == SWEEP_COMMANDS_MAX)
			return false;
		if (v->running || !work_at(s, verb, &wall_ns, &mono_ns) ||
		    wall_ns > now->reached_ns || mono_ns > now->mono_ns ||
		    !prepare(s, verb, now, command))
			continue;
		v->running = true;
		v->started_ns = now->mono_ns;
		s->running++;
		return true;
	}
	return false;
}

void
sweep_wait(const struct sweep *s, const struct clock_now *now, int64_t *wall_ns,
    int64_t *mono_ns)
{
	*wall_ns = *mono_ns = INT64_MAX;
	if (s->running == SWEEP_COMMANDS_MAX)
		return;
	for (int verb = 0; verb < SWEEP_VERBS; verb++) {
		int64_t wall, mono;

		if (s->verb[verb].running ||
		    !work_at(s, (enum sweep_verb)verb, &wall, &mono))
			continue;
		/* Both must have come; the later one is what to wait for. */
		if (wall > now->reached_ns)
			*wall_ns = wall < *wall_ns ? wall : *wall_ns;
		else if (mono < *mono_ns)
			*mono_ns = mono;
	}
}

/* The ends of commands. */

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
