/* SPDX-License-Identifier: ISC */
/*
 * A history: what happens, and when it is over.
 */
#include "tests/model/model.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
	EVENTS_MOST = 300000, /* of a history */
	HAPPEN_MS = 6000, /* between two deeds or faults, at most */
	WALKS_MOST = 140, /* until all that is overdue must have left */
	WALKS_REST = 8, /* and until nothing else is remembered */
};

#define HISTORY_NS (150 * SEC) /* of trouble */
/* A walk that stalled, and nine times as long to the next one. */
#define STALL_NS (10 * 5 * 20 * SEC)

void
model_fail(struct model *m, const char *format, ...)
{
	va_list ap;

	if (m->wrong[0] != '\0')
		return;
	va_start(ap, format);
	vsnprintf(m->wrong, sizeof(m->wrong), format, ap);
	va_end(ap);
	model_trace(m, "wrong: %s", m->wrong);
}

void
model_trace(const struct model *m, const char *format, ...)
{
	va_list ap;

	if (!m->verbose)
		return;
	va_start(ap, format);
	printf("%10.3f %lld ", (double)(m->now.mono_ns - 1000 * SEC) / 1e9,
	    (long long)model_wall_s(m));
	vprintf(format, ap);
	printf("\n");
	va_end(ap);
}

static uint64_t throw(struct dice * d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t
dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)((throw(d) >> 32) * n >> 32);
}

bool
model_percent(struct model *m, uint32_t percent)
{
	return dice_below(&m->dice, 100) < percent;
}

bool
model_happens(struct model *m, enum kind kind, uint32_t percent)
{
	bool it_does = !m->calm && (m->kinds & UINT64_C(1) << kind) != 0 &&
	    model_percent(m, percent);

	m->count[kind] += it_does;
	return it_does;
}

int64_t
model_wall_s(const struct model *m)
{
	return clock_floor_s(m->now.wall_ns);
}

static void
pass(struct model *m, int64_t mono_ns, int64_t step_ns)
{
	m->now.mono_ns += mono_ns;
	m->now.wall_ns += mono_ns + step_ns;
	m->now.reached_ns = m->now.wall_ns - KERNEL_TICK_NS;
}

/* What people do with a message. */

static void
deed_on_hold(struct model *m, struct mail *mail, uint32_t what)
{
	int64_t now_s = clock_floor_s(m->now.reached_ns);

	if (what < 20 && model_happens(m, K_RESCHEDULE, 100))
		engine_reschedule(
		    m, mail, now_s + dice_below(&m->dice, 100) - 10);
	else if (what < 30 && model_happens(m, K_RELEASE_NOW, 100))
		engine_reschedule(m, mail, now_s);
	else if (what < 35 && model_happens(m, K_NEVER, 100))
		engine_reschedule(m, mail, OVERRIDE_NEVER);
	else if (what < 42 && model_happens(m, K_DROP, 100))
		queue_move(m, mail, P_REMOVED);
	else if (what < 49 && model_happens(m, K_FAIL, 100))
		queue_move(m, mail, P_REMOVED);
	else if (what < 60 && model_happens(m, K_RELEASE, 100))
		queue_move(m, mail, P_DEFERRED);
	else if (what < 75 && mail->n_former < FORMER_MAX - 1 &&
	    model_happens(m, K_REQUEUE, 100))
		queue_move(m, mail, P_MAILDROP);
}

static void
deed(struct model *m)
{
	struct mail *mail;
	uint32_t what = dice_below(&m->dice, 100);

	if (m->n_mail == 0)
		return;
	mail = &m->mail[dice_below(&m->dice, (uint32_t)m->n_mail)];
	if (mail->place == P_HOLD)
		deed_on_hold(m, mail, what);
	else if ((mail->place == P_DEFERRED || mail->place == P_ACTIVE) &&
	    model_happens(m, K_HOLD_AGAIN, 70)) {
		mail->held_again = true;
		queue_move(m, mail, P_HOLD);
	}
	mail->spoils_reads = mail->spoils_reads && model_percent(m, 80);
	mail->spoils_leaving = mail->spoils_leaving && model_percent(m, 80);
}

/* What else may happen. */

static void
step_clock(struct model *m)
{
	static const int64_t most_s[] = {3, 120, 3600, 200000};
	int64_t most = most_s[dice_below(&m->dice, 4)];
	int64_t by_ns = (1 + dice_below(&m->dice, (uint32_t)most)) * SEC -
	    dice_below(&m->dice, 1000) * MSEC;

	if (model_percent(m, 50)) {
		if (!model_happens(m, K_CLOCK_FORWARD, 100))
			return;
	} else {
		if (!model_happens(m, K_CLOCK_BACK, 100))
			return;
		by_ns = -by_ns;
		m->stepped_back_ns = m->now.mono_ns;
	}
	pass(m, 0, by_ns);
	model_trace(m, "the clock is set by %.3f s", (double)by_ns / 1e9);
}

static void
restart(struct model *m)
{
	if (model_happens(m, K_RESTART, 50)) {
		engine_end(m);
		engine_start(m);
	} else if (!m->stopping && model_happens(m, K_STOP, 50)) {
		model_trace(m, "the engine is told to stop");
		m->stopping = true;
		m->stop_by_ns = m->now.mono_ns + 5 * SEC;
		sweep_stop(&m->sweep);
	}
}

static void
switch_postfix(struct model *m)
{
	if (m->postfix_up && !model_happens(m, K_POSTFIX_STOPS, 50))
		return;
	m->postfix_up = !m->postfix_up;
	model_trace(m, "Postfix %s", m->postfix_up ? "starts" : "stops");
	queue_scan(m);
	queue_pick_up(m);
}

static void
switch_pause(struct model *m)
{
	if (!m->paused && !model_happens(m, K_PAUSE, 100))
		return;
	m->paused = !m->paused;
	model_trace(m, "%s", m->paused ? "paused" : "resumed");
	sweep_pause(&m->sweep, m->paused);
}

/*
 * All is judged anew, for which it is forgotten that a command was told to
 * release it, unless that is known to have done so.
 */
static void
forget_doubts(struct model *m)
{
	for (size_t i = 0; i < m->n_mail; i++)
		if (!m->mail[i].left_known)
			m->mail[i].released_by = 0;
}

static void
change_rules(struct model *m)
{
	bool *stands = &m->stands[dice_below(&m->dice, RULES)];

	if (model_happens(m, K_RULES, 70))
		*stands = !*stands;
	else if (!model_happens(m, K_RELOAD, 100))
		return;
	model_trace(m, "rules: %s%s%s", m->stands[0] ? "a" : "",
	    m->stands[1] ? "b" : "", m->stands[2] ? "c" : "");
	sweep_reconsider(&m->sweep);
	forget_doubts(m);
}

static void
peek(struct model *m)
{
	struct qid ids[SWEEP_PEEK_MAX];
	size_t n = dice_below(&m->dice, 4);

	if (m->n_mail == 0 || !model_happens(m, K_PEEK, 100))
		return;
	for (size_t i = 0; i < n; i++)
		ids[i] = m->mail[dice_below(&m->dice, (uint32_t)m->n_mail)].qid;
	sweep_peek(&m->sweep, ids, n);
}

static void
happen(struct model *m)
{
	uint32_t what = dice_below(&m->dice, 100);

	if (what < 40)
		queue_arrive(m);
	else if (what < 76)
		deed(m);
	else if (what < 81)
		step_clock(m);
	else if (what < 85)
		restart(m);
	else if (what < 88)
		switch_postfix(m);
	else if (what < 92)
		switch_pause(m);
	else if (what < 97)
		change_rules(m);
	else
		peek(m);
	m->happen_ns = m->now.mono_ns + dice_below(&m->dice, HAPPEN_MS) * MSEC;
}

/* Time passes. */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
next_ns(const struct model *m)
{
	int64_t at_ns = least(m->wake_ns, queue_next_ns(m));

	at_ns = least(at_ns, runner_next_ns(m));
	if (m->n_news > 0)
		at_ns = least(at_ns, m->news[0].at_ns);
	if (!m->calm)
		at_ns = least(at_ns, m->happen_ns);
	if (m->stopping)
		at_ns = least(at_ns, m->stop_by_ns);
	return at_ns > m->now.mono_ns ? at_ns : m->now.mono_ns;
}

/* All due mail has left, and all mail on hold was read. */
static bool
has_caught_up(const struct model *m)
{
	struct sweep_surveying to = {.now_s = model_wall_s(m)};

	sweep_survey_step(&m->sweep, &to, UINT32_MAX);
	if (to.survey.unread > 0 || to.survey.unreadable > 0)
		return false;
	for (size_t i = 0; i < m->n_mail; i++)
		if (law_is_overdue(m, &m->mail[i]))
			return false;
	return true;
}

static bool
has_walked_enough(const struct model *m)
{
	return m->sweep.counts.walks >= m->walks_wanted;
}

/* To that moment, or until nothing is overdue. */
static void
run(struct model *m, int64_t until_ns, bool (*is_done)(const struct model *))
{
	for (int i = 0; m->wrong[0] == '\0' && m->now.mono_ns < until_ns &&
	     !(is_done != NULL && i % 8 == 0 && is_done(m));
	     i++) {
		pass(m, least(next_ns(m), until_ns) - m->now.mono_ns, 0);
		queue_work(m);
		engine_hear_news(m);
		runner_work(m);
		if (!m->calm && m->happen_ns <= m->now.mono_ns)
			happen(m);
		engine_pump(m);
		if (i == EVENTS_MOST)
			model_fail(m, "no end of events");
	}
}

static void
calm_down(struct model *m)
{
	m->calm = true;
	m->calm_ns = m->now.mono_ns;
	model_trace(m, "all is calm from now on");
	for (size_t i = 0; i < m->n_mail; i++)
		m->mail[i].spoils_reads = m->mail[i].spoils_leaving = false;
	m->paused = false;
	sweep_pause(&m->sweep, false);
	if (!m->postfix_up)
		switch_postfix(m);
	engine_pump(m);
}

/* How a history is set up. */

static void
choose_settings(struct model *m)
{
	static const char *const rates[] = {"0", "0", "1", "20", "auto"};
	static const char *const methods[] = {"auto", "release", "requeue"};
	static const char *const afters[] = {"auto", "30s", "1h"};
	char text[512], error[CONF_ERROR_SIZE];

	m->permit_any = model_percent(m, 60);
	snprintf(text, sizeof(text),
	    "sweep_interval = %ds\nrelease_rate = %s\nrelease_method = %s\n"
	    "requeue_after = %s\npermit_postpone = %s\nunpermitted = %s\n"
	    "veto_headers = X-Quarantine\n",
	    model_percent(m, 50) ? 10 : 60, rates[dice_below(&m->dice, 5)],
	    methods[dice_below(&m->dice, 3)], afters[dice_below(&m->dice, 3)],
	    m->permit_any ? "any" : "authenticated",
	    model_percent(m, 60) ? "keep" : "release");
	if (!settings_parse(&m->settings, span_str(text), "model", error))
		model_fail(m, "%s", error);
	m->postfix = (struct plan_postfix){
	    .queue_lifetime_s = 5 * 86400,
	    .bounce_lifetime_s = 86400,
	    .requeue_safe = model_percent(m, 70),
	    .active_limit = ACTIVE_LIMIT,
	};
	model_trace(m, "%s", text);
}

/* Not all kinds of trouble in each history: so that each is seen alone. */
static void
choose_trouble(struct model *m)
{
	static const uint32_t troubles[] = {0, 2, 5, 15, 40};

	m->trouble = troubles[dice_below(&m->dice, 5)];
	m->kinds = throw(&m->dice) | throw(&m->dice);
	if (model_percent(m, 30))
		m->kinds &= throw(&m->dice);
	m->quiet = model_percent(m, 10);
	if (m->quiet)
		m->kinds = m->trouble = 0;
	m->inotify = model_percent(m, 60);
	m->long_ids = model_percent(m, 10);
	m->slice = model_percent(m, 50) ? 0 : 1 + dice_below(&m->dice, 6);
	m->most_mail = 1 + dice_below(&m->dice, MAIL_MAX);
	m->postfix_up = true;
	for (size_t i = 0; i < RULES; i++)
		m->stands[i] = model_percent(m, 60);
}

static void
begin(struct model *m, uint64_t seed, uint64_t history)
{
	m->dice.state = seed;
	m->dice.state = throw(&m->dice) + history;
	throw(&m->dice);
	m->now = (struct clock_now){0};
	pass(m, 1000 * SEC, INT64_C(1795300000) * SEC);
	m->scan_ns = m->pickup_ns = m->happen_ns = m->now.mono_ns;
	choose_trouble(m);
	choose_settings(m);
	engine_start(m);
}

/* All but the memory of what was printed and the counters starts anew. */
static void
clear(struct model *m)
{
	struct buf out[SWEEP_VERBS], disk = m->disk;
	uint64_t *count = m->count;
	bool verbose = m->verbose;

	for (int i = 0; i < SWEEP_VERBS; i++)
		out[i] = m->job[i].out;
	memset(m, 0, offsetof(struct model, sweep));
	for (int i = 0; i < SWEEP_VERBS; i++)
		m->job[i].out = out[i];
	m->disk = disk;
	m->count = count;
	m->verbose = verbose;
	buf_clear(&m->disk);
}

bool
model_run(struct model *m, uint64_t seed, uint64_t history)
{
	int64_t walk_ns, rest_ns;

	clear(m);
	begin(m, seed, history);
	walk_ns = m->settings.sweep_interval_s * SEC;
	run(m, m->now.mono_ns + HISTORY_NS, NULL);
	calm_down(m);
	run(m, m->now.mono_ns + 100 * SEC, NULL);
	law_check_kicks(m);
	run(m, m->now.mono_ns + STALL_NS + WALKS_MOST * walk_ns, has_caught_up);
	if (!has_caught_up(m))
		law_check_overdue(m);
	rest_ns = m->now.mono_ns;
	m->walks_wanted = m->sweep.counts.walks + WALKS_REST;
	run(m, rest_ns + STALL_NS + (WALKS_REST + 1) * walk_ns,
	    has_walked_enough);
	m->rest_ns = m->now.mono_ns - rest_ns;
	if (m->wrong[0] == '\0')
		law_check_end(m);
	engine_end(m);
	return m->wrong[0] == '\0';
}
