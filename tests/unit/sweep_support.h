/* SPDX-License-Identifier: ISC */
/*
 * sweep_support - a small queue and its clock, for the tests of sweep()
 *
 * The queue does what the scheduler's commands ask and writes down which ones
 * came and what was told, a line each: "list", "read A B", "release A",
 * "requeue A", "kick", "pickup", with " failed" behind; and "* ..." events.
 * The queue ids are MAILAAA, MAILAAB and so on.
 */
#ifndef UNIT_SWEEP_SUPPORT_H
#define UNIT_SWEEP_SUPPORT_H

#include "tests/unit/sched_support.h"

#include "policyd/sched/sweep.h"

/* When tests begin, and how old the mail of a test is then. */
#define SIM_START_S INT64_C(1795300000)
#define SIM_AGE_S   100
#define SEC         CLOCK_NS_PER_S
#define MSEC        CLOCK_NS_PER_MS

/* How far time(2) lags behind. */
#define SIM_TICK_NS (4 * MSEC)

enum {
	SIM_MAIL_MAX = 17000,
	SIM_IDS_SHOWN = 8, /* of a command; more are only counted */
	SIM_OWNER_UID = 102,
};

enum sim_queue { SIM_GONE, SIM_HOLD, SIM_DEFERRED };

struct sim_mail {
	struct qid id;
	enum sim_queue queue;
	struct facts facts; /* what its file says */
	bool tried; /* it is listed with a delay_reason */
	bool bad; /* reading it fails, and with it the whole call */
	bool blank; /* reading it tells nothing */
	bool spoils; /* no command that is to release it does anything */
	bool stays; /* a command that is to release it lets it be */
};

struct sim {
	struct settings settings;
	struct sweep sweep;
	struct clock_now now;
	struct sim_mail mail[SIM_MAIL_MAX];
	size_t n_mail;
	size_t last_found; /* the next one is often beside it */
	struct script log;
	struct sweep_command in_flight[SWEEP_VERBS];
	int failing[SWEEP_VERBS]; /* so many of the next ones fail */
	const char *rules; /* that hold mail: a letter each */
	bool deaf; /* departures are not told */
	bool stuck; /* releases leave mail where it is */
	bool shows_held; /* new mail that is held is written down, too */
	struct overrides overrides;
	unsigned commands[SWEEP_VERBS];
	unsigned released; /* times that was told */
	int64_t late_ns; /* the last time */
};

static const char *const sim_verbs[] = {
    [SWEEP_LIST] = "list",
    [SWEEP_READ] = "read",
    [SWEEP_RELEASE] = "release",
    [SWEEP_REQUEUE] = "requeue",
    [SWEEP_KICK_QMGR] = "kick",
    [SWEEP_KICK_PICKUP] = "pickup",
};

static inline void
sim_log_id(struct sim *sim, const struct qid *id)
{
	char text[QID_SIZE];

	qid_format(id, text);
	script_add(&sim->log, " ");
	script_add(&sim->log, text);
}

/* Behind the start. */
static inline void
sim_log_due(struct sim *sim, int64_t due_s)
{
	char text[64] = " never";

	if (due_s != OVERRIDE_NEVER)
		snprintf(text, sizeof(text), " %lld",
		    (long long)(due_s - SIM_START_S));
	script_add(&sim->log, text);
}

static inline void
sim_log_walks(struct sim *sim, const struct sweep_event *event)
{
	char text[64];

	snprintf(text, sizeof(text), " %s: %llu in %lld ms, %lld s between\n",
	    event->rarer ? "rarer" : "back", (unsigned long long)event->listed,
	    (long long)(event->cost_ns / MSEC),
	    (long long)(event->interval_ns / SEC));
	script_add(&sim->log, text);
}

static inline void
sim_on_event(void *ctx, const struct sweep_event *event)
{
	static const char *const names[] = {
	    [SWEEP_RELEASED] = "* released",
	    [SWEEP_RELEASED_OLD] = "* old",
	    [SWEEP_STILL_HELD] = "* still held",
	    [SWEEP_UNREADABLE] = "* unreadable",
	    [SWEEP_FOREIGN] = "* foreign",
	    [SWEEP_RULE_GONE] = "* rule gone",
	    [SWEEP_FAILED] = "* failed",
	    [SWEEP_HELD] = "* held",
	    [SWEEP_RESCHEDULED] = "* rescheduled",
	    [SWEEP_REQUEUED] = "* requeued",
	    [SWEEP_WALKS] = "* walks",
	};
	struct sim *sim = ctx;
	char text[64];

	if (event->kind == SWEEP_HELD && !sim->shows_held)
		return;
	script_add(&sim->log, names[event->kind]);
	if (event->kind == SWEEP_FAILED) {
		snprintf(text, sizeof(text), " %s, again in %lld s\n",
		    sim_verbs[event->verb], (long long)(event->retry_ns / SEC));
		script_add(&sim->log, text);
		return;
	}
	if (event->kind == SWEEP_WALKS) {
		sim_log_walks(sim, event);
		return;
	}
	sim_log_id(sim, &event->id);
	if (event->kind == SWEEP_RULE_GONE) {
		script_add(&sim->log, " ");
		script_add_span(&sim->log, event->rule);
		script_add(&sim->log, event->at_once ? " at once" : " later");
	}
	if (event->kind == SWEEP_REQUEUED)
		sim_log_id(sim, &event->former);
	if (event->kind == SWEEP_HELD || event->kind == SWEEP_RESCHEDULED)
		sim_log_due(sim, event->due_s);
	script_add(&sim->log, "\n");
	if (event->kind == SWEEP_RELEASED) {
		sim->released++;
		sim->late_ns = event->late_ns;
	}
}

static inline bool
sim_holds(void *ctx, struct span rule)
{
	const struct sim *sim = ctx;

	return rule.len == 1 && strchr(sim->rules, rule.data[0]) != NULL;
}

/* Both clocks go on. */
static inline void
sim_pass(struct sim *sim, int64_t ns)
{
	int64_t fraction;

	sim->now.mono_ns += ns;
	sim->now.wall_ns += ns;
	fraction = sim->now.wall_ns % SEC;
	sim->now.reached_ns =
	    sim->now.wall_ns - (fraction < SIM_TICK_NS ? fraction + 1 : 0);
}

/* Somebody sets the wall clock. */
static inline void
sim_step_wall(struct sim *sim, int64_t ns)
{
	sim->now.wall_ns += ns;
	sim_pass(sim, 0);
}

static inline struct sim *
sim_open(const char *config)
{
	static const struct plan_postfix postfix = {
	    .queue_lifetime_s = 5 * 86400,
	    .bounce_lifetime_s = 86400,
	    .requeue_safe = true,
	};
	struct sim *sim = calloc(1, sizeof(*sim));

	assert_non_null(sim);
	load_settings(&sim->settings, config);
	sim->now.mono_ns = 1000 * SEC;
	sim->now.wall_ns = SIM_START_S * SEC;
	sim_pass(sim, SEC / 2);
	sim->rules = "";
	overrides_init(&sim->overrides);
	sweep_init(&sim->sweep,
	    &(struct sweep_options){
		.settings = &sim->settings,
		.postfix = postfix,
		.requeue_uid = SIM_OWNER_UID,
		.tell = sim_on_event,
		.tell_ctx = sim,
		.holds = sim_holds,
		.holds_ctx = sim,
		.overrides = &sim->overrides,
	    });
	return sim;
}

static inline void
sim_close(struct sim *sim)
{
	sweep_free(&sim->sweep);
	overrides_free(&sim->overrides);
	free(sim);
}

/* What is known, in one go. */
static inline struct sweep_survey
sim_survey(const struct sim *sim, int64_t now_s)
{
	struct sweep_surveying to = {.now_s = now_s};

	assert_true(sweep_survey_step(&sim->sweep, &to, UINT32_MAX));
	return to.survey;
}

/* A message on hold whose sender's date is due_s behind the start. */
static inline struct sim_mail *
sim_add(struct sim *sim, int64_t due_s)
{
	size_t n = sim->n_mail++;
	struct sim_mail *m = &sim->mail[n];
	char text[QID_SIZE];

	assert_true(n < SIM_MAIL_MAX);
	snprintf(text, sizeof(text), "MAIL%c%c%c", (char)('A' + n / 676),
	    (char)('A' + n / 26 % 26), (char)('A' + n % 26));
	*m = (struct sim_mail){.id = qid_of(text), .queue = SIM_HOLD};
	facts_begin(&m->facts);
	m->facts.arrival_s = SIM_START_S - SIM_AGE_S;
	m->facts.created_s = m->facts.arrival_s;
	m->facts.size = 359 + n;
	m->facts.own_latest_s = SIM_START_S + due_s;
	return m;
}

/* Rules wrote never into it: a letter each, at most FACTS_RULES_MAX. */
static inline struct sim_mail *
sim_freeze(struct sim_mail *m, const char *rules)
{
	m->facts.rule_never = true;
	for (m->facts.n_rules = 0; rules[m->facts.n_rules] != '\0';
	     m->facts.n_rules++)
		m->facts.rules[m->facts.n_rules][0] = rules[m->facts.n_rules];
	return m;
}

/* A message on hold that has nothing but these. */
static inline struct sim_mail *
sim_add_frozen(struct sim *sim, const char *rules)
{
	struct sim_mail *m = sim_add(sim, 0);

	m->facts.own_latest_s = FACTS_NO_DATE;
	return sim_freeze(m, rules);
}

static inline struct sim_mail *
sim_find(struct sim *sim, const struct qid *id)
{
	for (size_t i = 0; i < sim->n_mail; i++) {
		size_t at = (sim->last_found + i) % sim->n_mail;

		if (qid_equal(&sim->mail[at].id, id)) {
			sim->last_found = at;
			return &sim->mail[at];
		}
	}
	return NULL;
}

/* A line of the listing. */
static inline void
sim_list_one(struct sim *sim, const struct sim_mail *m)
{
	struct qmsg msg = {
	    .queue_name = span_str(m->queue == SIM_HOLD ? "hold" : "deferred"),
	    .id = m->id,
	    .arrival_s = m->facts.arrival_s,
	    .size = m->facts.size,
	    .tried = m->tried,
	};

	sweep_listed(&sim->sweep, &msg, &sim->now);
}

/* All lines of it. */
static inline void
sim_list(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_mail; i++)
		if (sim->mail[i].queue != SIM_GONE)
			sim_list_one(sim, &sim->mail[i]);
}

static inline void
sim_read_one(struct sim *sim, const struct qid *id)
{
	const struct sim_mail *m = sim_find(sim, id);

	if (m != NULL && m->queue == SIM_HOLD && !m->bad && !m->blank)
		sweep_read(&sim->sweep, id, &m->facts, &sim->now);
}

/*
 * A half-written file makes postcat tell nothing of any; one that is gone ends
 * it, and what came before it is told. False: it failed.
 */
static inline bool
sim_read(struct sim *sim, const struct sweep_command *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct sim_mail *m = sim_find(sim, &c->ids[i]);

		if (m != NULL && m->bad)
			return false;
	}
	for (size_t i = 0; i < c->n; i++) {
		const struct sim_mail *m = sim_find(sim, &c->ids[i]);

		if (m == NULL || m->queue == SIM_GONE)
			return false;
		sim_read_one(sim, &c->ids[i]);
	}
	return true;
}

static inline bool
sim_is_spoilt(struct sim *sim, const struct sweep_command *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct sim_mail *m = sim_find(sim, &c->ids[i]);

		if (m != NULL && m->spoils)
			return true;
	}
	return false;
}

/*
 * Mail leaves hold; a requeue's new file is of no interest here. False: the
 * command failed, and did nothing.
 */
static inline bool
sim_leave(struct sim *sim, const struct sweep_command *c)
{
	if (sim_is_spoilt(sim, c))
		return false;
	for (size_t i = 0; i < c->n && !sim->stuck; i++) {
		struct sim_mail *m = sim_find(sim, &c->ids[i]);

		if (m == NULL || m->queue != SIM_HOLD || m->stays)
			continue;
		m->queue = c->verb == SWEEP_RELEASE ? SIM_DEFERRED : SIM_GONE;
		if (!sim->deaf)
			sweep_departed(&sim->sweep, &m->id, &sim->now);
	}
	return true;
}

/* How long until the scheduler wants to be asked again; -1: never. */
static inline int64_t
sim_wait_ns(const struct sim *sim)
{
	int64_t wall_ns, mono_ns, wait_ns = -1;

	sweep_wait(&sim->sweep, &sim->now, &wall_ns, &mono_ns);
	assert_true(mono_ns >= 0); /* a timer cannot be armed for it */
	if (mono_ns != INT64_MAX)
		wait_ns =
		    mono_ns > sim->now.mono_ns ? mono_ns - sim->now.mono_ns : 0;
	if (wall_ns != INT64_MAX) {
		int64_t left_ns = wall_ns + SIM_TICK_NS - sim->now.wall_ns;

		if (wait_ns < 0 || left_ns < wait_ns)
			wait_ns = left_ns;
	}
	return wait_ns;
}

/*
 * The next command begins; it is written down. False: there is none. What is
 * gathered for it by portions takes no time.
 */
static inline bool
sim_begin(struct sim *sim, struct sweep_command *c)
{
	char count[32];

	while (!sweep_next(&sim->sweep, &sim->now, c))
		if (!sim->sweep.gathering.on || sim_wait_ns(sim) != 0)
			return false;
	sim->in_flight[c->verb] = *c;
	sim->commands[c->verb]++;
	script_add(&sim->log, sim_verbs[c->verb]);
	snprintf(count, sizeof(count), " of %zu", c->n);
	if (c->n > SIM_IDS_SHOWN)
		script_add(&sim->log, count);
	for (size_t i = 0; i < c->n && c->n <= SIM_IDS_SHOWN; i++)
		sim_log_id(sim, &c->ids[i]);
	return true;
}

/* It does its work. False: it failed, and did nothing. */
static inline bool
sim_work(struct sim *sim, const struct sweep_command *c)
{
	if (sim->failing[c->verb] > 0) {
		sim->failing[c->verb]--;
		return false;
	}
	if (c->verb == SWEEP_LIST)
		sim_list(sim);
	else if (c->verb == SWEEP_READ)
		return sim_read(sim, c);
	else if (c->verb == SWEEP_RELEASE || c->verb == SWEEP_REQUEUE)
		return sim_leave(sim, c);
	return true;
}

/* All commands there are now, one after the other, each in no time. */
static inline void
sim_settle(struct sim *sim)
{
	struct sweep_command c;

	while (sim_begin(sim, &c)) {
		bool ok;

		script_add(
		    &sim->log, sim->failing[c.verb] > 0 ? " failed\n" : "\n");
		ok = sim_work(sim, &c);
		sweep_end(&sim->sweep, c.verb, ok, &sim->now);
	}
	if (sweep_ends_peek(&sim->sweep, &sim->now))
		script_add(&sim->log, "end of peek\n");
}

/* Time passes for so long, and the scheduler is asked when it wants to be. */
static inline void
sim_run(struct sim *sim, int64_t ns)
{
	int64_t end_ns = sim->now.mono_ns + ns;

	sim_settle(sim);
	for (;;) {
		int64_t wait_ns = sim_wait_ns(sim);

		if (wait_ns == 0)
			fail_msg("it waits for a moment that has passed");
		if (wait_ns < 0 || sim->now.mono_ns + wait_ns > end_ns)
			break;
		sim_pass(sim, wait_ns);
		sim_settle(sim);
	}
	sim_pass(sim, end_ns - sim->now.mono_ns);
}

/* Begins a command that must be of that verb; it stays in flight. */
static inline void
sim_expect(struct sim *sim, enum sweep_verb verb)
{
	struct sweep_command c;

	if (!sim_begin(sim, &c))
		fail_msg("%s was expected, nothing came", sim_verbs[verb]);
	script_add(&sim->log, "\n");
	check_string("command", sim_verbs[c.verb], sim_verbs[verb]);
}

/* Ends the command in flight, after its work or, not ok, without. */
static inline void
sim_end(struct sim *sim, enum sweep_verb verb, bool ok)
{
	if (ok)
		ok = sim_work(sim, &sim->in_flight[verb]);
	sweep_end(&sim->sweep, verb, ok, &sim->now);
}

/* What was written down since the last time. */
static inline void
check_log(const char *row, struct sim *sim, const char *want)
{
	sim->log.text[sim->log.used] = '\0';
	check_string(row, sim->log.text, want);
	sim->log.used = 0;
}

/* Starts from scratch with what is on hold: read, and waiting. */
static inline void
sim_learn(struct sim *sim)
{
	sim_settle(sim);
	sim->log.used = 0;
}

#endif
