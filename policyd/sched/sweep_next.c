/* SPDX-License-Identifier: ISC */
/*
 * Which command comes next, and when.
 */
#include "policyd/sched/sweep_entry.h"

enum { GATHER_MAX = 256 /* messages that are due, in one go */ };

#define KICK_GAP_NS     (200 * CLOCK_NS_PER_MS) /* none while one is younger */
#define KICK_GAP_MAX_NS (5 * CLOCK_NS_PER_S) /* in a flood; much deferred */
#define KICK_WAVE_NS    CLOCK_NS_PER_S /* nor in a wave, for so long */
#define SCAN_COST_NS    3000 /* of qmgr, a deferred message a kick */
#define RATE_STEP_NS    (100 * CLOCK_NS_PER_MS) /* release_rate, in portions */
#define RATE_BURST_NS   CLOCK_NS_PER_S
#define FLOW_WALK_NS    CLOCK_NS_PER_S /* between walks, while none may leave */

/* How much a message of release_rate costs; 0: no limit. */
static int64_t
message_cost_ns(const struct sweep *s)
{
	if (s->o.settings->release_rate <= 0)
		return 0;
	return CLOCK_NS_PER_S / s->o.settings->release_rate;
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

static bool
is_auto(const struct sweep *s)
{
	return s->o.settings->release_rate == SETTINGS_AUTO;
}

/* How many messages release_rate allows now. */
static size_t
affordable(const struct sweep *s)
{
	int64_t cost_ns = message_cost_ns(s);

	if (is_auto(s))
		return flow_room(&s->flow, sweep_active_limit(s));
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

	while (n < s->limit[SWEEP_READ]) {
		uint32_t slot = entry_take(s, &s->unread, UNREAD);

		if (slot == INDEX_NONE)
			break;
		index_at(&s->index, slot)->state = READING;
		s->reading[n++] =
		    index_id(&s->index, index_at(&s->index, slot));
	}
	return n;
}

/* A message that is due goes into the release, or to those to requeue. */
static bool
choose_way(struct sweep *s, uint32_t slot, int64_t now_s)
{
	struct index_entry *e = index_at(&s->index, slot);
	enum plan_method method =
	    plan_choose_method(s->o.settings, &s->o.postfix, e->created_s,
		now_s, entry_has(e, EMPTY_SENDER), entry_has(e, REQUEUEABLE));

	index_heap_remove(&s->index, slot);
	entry_set(e, REQUEUED, method == PLAN_REQUEUE);
	if (method == PLAN_REQUEUE) {
		e->state = TO_REQUEUE;
		index_list_append(&s->index, &s->to_requeue, slot);
		return false;
	}
	if (method == PLAN_RELEASE_OLD) {
		struct sweep_event event = {.kind = SWEEP_RELEASED_OLD,
		    .id = index_id(&s->index, e),
		    .due_s = index_due_s(e)};

		s->o.tell(s->o.tell_ctx, &event);
	}
	e->state = RELEASING;
	entry_enter_flow(s, slot);
	return true;
}

/*
 * The message that is due first goes out of the heap. False: there is none, or
 * its id has no place in the command any more.
 */
static bool
gather_first(struct sweep *s, const struct clock_now *now)
{
	int64_t now_s = clock_floor_s(now->reached_ns);
	struct sweep_gathering *g = &s->gathering;
	uint32_t slot = index_heap_top(&s->index);
	const struct index_entry *e;
	struct qid id;

	if (slot == INDEX_NONE)
		return false;
	e = index_at(&s->index, slot);
	id = index_id(&s->index, e);
	if (index_due_s(e) > now_s ||
	    g->bytes + id_bytes(&id) > SWEEP_IDS_BYTES)
		return false;
	if (!entry_settle(s, slot, now) || !choose_way(s, slot, now_s))
		return true;
	s->releasing[s->n_releasing++] = id;
	g->bytes += id_bytes(&id);
	if (index_due_s(e) > g->due_s)
		g->due_s = index_due_s(e);
	return true;
}

bool
sweep_is_due(const struct sweep *s, const struct clock_now *now)
{
	uint32_t slot = index_heap_top(&s->index);

	return s->gathering.on || s->to_requeue.n > 0 ||
	    (slot != INDEX_NONE &&
		index_due_s(index_at(&s->index, slot)) <=
		    clock_floor_s(now->reached_ns));
}

/*
 * A portion of those that are due. True: the next release has all it can have.
 * What is to be requeued has no place in it, but takes time as well.
 */
static bool
gather_portion(struct sweep *s, const struct clock_now *now)
{
	size_t before = s->n_releasing;
	size_t most = before + affordable(s);
	bool more = true;

	if (most > s->limit[SWEEP_RELEASE])
		most = s->limit[SWEEP_RELEASE];
	for (int i = 0; more && i < GATHER_MAX && s->n_releasing < most; i++)
		more = s->gathering.looked++ < SWEEP_IDS_MAX &&
		    gather_first(s, now);
	s->credit_ns -= (int64_t)(s->n_releasing - before) * message_cost_ns(s);
	return !more || s->n_releasing >= most;
}

/*
 * From now on the command may move it. What has left meanwhile, by another
 * hand, is not named to it.
 */
static void
name_gathered(struct sweep *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_releasing; i++) {
		uint32_t slot = index_find(&s->index, &s->releasing[i]);
		struct index_entry *e;

		if (slot == INDEX_NONE)
			continue;
		e = index_at(&s->index, slot);
		if (e->state != RELEASING)
			continue;
		entry_set(e, ASKED, true);
		s->releasing[n++] = s->releasing[i];
	}
	s->n_releasing = n;
}

/* How many the next release has; 0: none, or there are more to gather. */
static size_t
gather_due(struct sweep *s, const struct clock_now *now)
{
	/* The clock may have been stepped back since the last portion. */
	if (s->gathering.on &&
	    s->gathering.due_s > clock_floor_s(now->reached_ns))
		sweep_ungather(s);
	if (!s->gathering.on) {
		s->n_releasing = 0;
		s->gathering = (struct sweep_gathering){.due_s = 0};
	}
	s->gathering.on = !gather_portion(s, now) && s->n_releasing > 0;
	if (s->gathering.on)
		return 0;
	name_gathered(s);
	return s->n_releasing;
}

void
sweep_ungather(struct sweep *s)
{
	if (!s->gathering.on)
		return;
	s->gathering.on = false;
	s->credit_ns += (int64_t)s->n_releasing * message_cost_ns(s);
	sweep_take_back(s, s->releasing, s->n_releasing, RELEASING);
	s->n_releasing = 0;
}

/* The clock may have been stepped back since they were due. */
static size_t
gather_requeues(struct sweep *s, const struct clock_now *now)
{
	int64_t now_s = clock_floor_s(now->reached_ns);
	size_t most = affordable(s);
	size_t n = 0, bytes = 0;

	while (n < most && n < s->limit[SWEEP_REQUEUE] &&
	    bytes < SWEEP_IDS_BYTES - QID_SIZE) {
		uint32_t slot = entry_take(s, &s->to_requeue, TO_REQUEUE);

		if (slot == INDEX_NONE)
			break;
		if (index_due_s(index_at(&s->index, slot)) > now_s) {
			entry_to_waiting(s, slot);
			continue;
		}
		index_at(&s->index, slot)->state = RELEASING;
		entry_set(index_at(&s->index, slot), ASKED, true);
		entry_enter_flow(s, slot);
		s->requeuing[n] =
		    index_id(&s->index, index_at(&s->index, slot));
		bytes += id_bytes(&s->requeuing[n++]);
	}
	s->credit_ns -= (int64_t)n * message_cost_ns(s);
	return n;
}

static bool
may_readmit(const struct sweep *s)
{
	return s->held_up.n > 0 && !s->paused && !s->stopping &&
	    !s->gathering.on && !s->verb[SWEEP_RELEASE].running &&
	    !s->verb[SWEEP_REQUEUE].running;
}

/*
 * A message whose command failed is tried again, alone: it is due longest, and
 * the next command takes one.
 */
static void
readmit_held_up(struct sweep *s, const struct clock_now *now)
{
	uint32_t slot;

	if (!may_readmit(s) || s->held_up_ns > now->mono_ns)
		return;
	slot = entry_take(s, &s->held_up, HELD_UP);
	if (slot == INDEX_NONE)
		return;
	s->held_up_ns = now->mono_ns + CLOCK_NS_PER_S;
	s->limit[SWEEP_RELEASE] = s->limit[SWEEP_REQUEUE] = 1;
	entry_to_waiting(s, slot);
}

static bool
is_allowed(const struct sweep *s, enum sweep_verb verb)
{
	bool is_kick = verb == SWEEP_KICK_QMGR || verb == SWEEP_KICK_PICKUP;
	bool is_look = verb == SWEEP_LIST || verb == SWEEP_READ;

	return (is_kick || !s->stopping) && (is_look || !s->look_only);
}

/*
 * When release_rate lets the next command start: once there is credit, or, with
 * auto, room. How room comes about unseen, a walk shows.
 */
static int64_t
rate_allows_ns(const struct sweep *s, enum sweep_verb verb)
{
	uint32_t limit = sweep_active_limit(s);

	if (!is_auto(s))
		return s->credit_at_ns + wanted_credit_ns(s) - s->credit_ns;
	if (flow_room(&s->flow, limit) == 0)
		return INT64_MAX;
	if (flow_is_tight(&s->flow, limit))
		return s->verb[verb].started_ns + RATE_STEP_NS;
	return INT64_MIN;
}

/* A walk is due, the earlier when nothing may leave before it. */
static int64_t
walk_at_ns(const struct sweep *s)
{
	int64_t rest_ns = s->walk_cost_ns * WALK_REST;
	int64_t at_ns =
	    s->walk_end_ns + (rest_ns > FLOW_WALK_NS ? rest_ns : FLOW_WALK_NS);

	if (is_auto(s) && at_ns < s->next_walk_ns &&
	    flow_room(&s->flow, sweep_active_limit(s)) == 0)
		return at_ns;
	return s->next_walk_ns;
}

/*
 * Each kick makes qmgr look at all deferred mail, which takes it a tenth of the
 * time at most; but no mail gets late without a bound for that. The last one,
 * of a stop, cannot wait for it.
 */
static int64_t
kick_gap_ns(const struct sweep *s)
{
	int64_t rest_ns = (int64_t)s->deferred * SCAN_COST_NS * WALK_REST;

	if (rest_ns < KICK_GAP_NS || s->stopping)
		return KICK_GAP_NS;
	return rest_ns < KICK_GAP_MAX_NS ? rest_ns : KICK_GAP_MAX_NS;
}

/* When the first message may leave; false: there is none, or none may. */
static bool
release_at(const struct sweep *s, int64_t *wall_ns, int64_t *mono_ns)
{
	uint32_t top = index_heap_top(&s->index);
	int64_t at_ns = rate_allows_ns(s, SWEEP_RELEASE);

	*wall_ns = INT64_MIN;
	*mono_ns = s->verb[SWEEP_RELEASE].not_before_ns;
	if (s->paused || !is_allowed(s, SWEEP_RELEASE))
		return false;
	if (s->gathering.on)
		return true;
	if (top == INDEX_NONE)
		return false;
	*wall_ns = index_due_s(index_at(&s->index, top)) * CLOCK_NS_PER_S;
	if (at_ns > *mono_ns)
		*mono_ns = at_ns;
	return true;
}

/*
 * While more leaves, a kick would only set qmgr against the command that lets
 * it go: one at the end is for all. But the first do not wait long: of a flood,
 * which qmgr needs minutes for, a little longer.
 */
static int64_t
wave_end_ns(const struct sweep *s, const struct clock_now *now)
{
	int64_t wall_ns, mono_ns;

	if (s->verb[SWEEP_RELEASE].running ||
	    (release_at(s, &wall_ns, &mono_ns) && wall_ns <= now->reached_ns &&
		mono_ns <= now->mono_ns))
		return s->wave_ns + (s->flood ? KICK_GAP_MAX_NS : KICK_WAVE_NS);
	return INT64_MIN;
}

/*
 * When a verb has work: *wall_ns is the moment of the wall clock, if it is
 * that which counts, and *mono_ns of the other; false: no work in sight.
 */
static bool
work_at(const struct sweep *s, enum sweep_verb verb,
    const struct clock_now *now, int64_t *wall_ns, int64_t *mono_ns)
{
	const struct sweep_verb_state *v = &s->verb[verb];
	int64_t at_ns = INT64_MIN;
	bool work = false;

	*wall_ns = INT64_MIN;
	*mono_ns = v->not_before_ns;
	if (!is_allowed(s, verb))
		return false;
	switch (verb) {
	case SWEEP_LIST:
		at_ns = walk_at_ns(s);
		work = !sweep_is_passing(s);
		break;
	case SWEEP_READ:
		work = s->unread.n > 0 || s->n_peek > 0;
		break;
	case SWEEP_RELEASE:
		return release_at(s, wall_ns, mono_ns);
	case SWEEP_REQUEUE:
		at_ns = rate_allows_ns(s, verb);
		work = s->to_requeue.n > 0 && !s->paused;
		break;
	case SWEEP_KICK_QMGR:
		at_ns = wave_end_ns(s, now);
		if (v->started_ns + kick_gap_ns(s) > at_ns)
			at_ns = v->started_ns + kick_gap_ns(s);
		work = s->kick_wanted[verb];
		break;
	case SWEEP_KICK_PICKUP:
		at_ns = v->started_ns + KICK_GAP_NS;
		work = s->kick_wanted[verb];
		break;
	}
	if (at_ns > *mono_ns)
		*mono_ns = at_ns;
	return work;
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
		if (command->n == 0 && s->unread.n == 0)
			command->n = sweep_gather_peek(s);
		command->ids = s->reading;
		return command->n > 0;
	case SWEEP_RELEASE:
		if (!s->kick_wanted[SWEEP_KICK_QMGR])
			s->wave_ns = now->mono_ns;
		command->n = gather_due(s, now);
		command->ids = s->releasing;
		if (command->n > 0)
			s->flood = command->n == SWEEP_IDS_MAX;
		return command->n > 0;
	case SWEEP_REQUEUE:
		command->n = s->n_requeuing = gather_requeues(s, now);
		command->ids = s->requeuing;
		return command->n > 0;
	case SWEEP_KICK_QMGR:
	case SWEEP_KICK_PICKUP:
		s->kick_wanted[verb] = false;
		break;
	case SWEEP_LIST:
		s->walk_again = false;
		s->listed = 0;
		s->n_deferred = 0;
		break;
	}
	return true;
}

bool
sweep_next(
    struct sweep *s, const struct clock_now *now, struct sweep_command *command)
{
	/*
	 * What makes mail leave comes first; a walk can wait. A wave may turn
	 * out to be over when nothing but requeues is left of it: hence a
	 * second look at the kick.
	 */
	static const enum sweep_verb order[] = {SWEEP_KICK_QMGR,
	    SWEEP_KICK_PICKUP, SWEEP_RELEASE, SWEEP_REQUEUE, SWEEP_READ,
	    SWEEP_LIST, SWEEP_KICK_QMGR};

	sweep_pass_slice(s, now);
	entry_sort_lists(s);
	earn_credit(s, now);
	readmit_held_up(s, now);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum sweep_verb verb = order[i];
		struct sweep_verb_state *v = &s->verb[verb];
		int64_t wall_ns, mono_ns;

		if (s->running == SWEEP_COMMANDS_MAX)
			return false;
		if (v->running || !work_at(s, verb, now, &wall_ns, &mono_ns) ||
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
	*wall_ns = INT64_MAX;
	*mono_ns = sweep_is_passing(s) ? now->mono_ns : sweep_peek_end_ns(s);
	if (s->running == SWEEP_COMMANDS_MAX)
		return;
	if (may_readmit(s) && s->held_up_ns < *mono_ns)
		*mono_ns = s->held_up_ns;
	for (int verb = 0; verb < SWEEP_VERBS; verb++) {
		int64_t wall, mono;

		if (s->verb[verb].running ||
		    !work_at(s, (enum sweep_verb)verb, now, &wall, &mono))
			continue;
		/* Both must have come; the later one is what to wait for. */
		if (wall > now->reached_ns)
			*wall_ns = wall < *wall_ns ? wall : *wall_ns;
		else if (mono < *mono_ns)
			*mono_ns = mono;
	}
}
