/* SPDX-License-Identifier: ISC */
#include "tests/unit/sweep_model_admin.h"
#include "tests/unit/sweep_model_work.h"

enum {
	SEEDS = 12,
	STEPS = 200000 / SEEDS,
	PATIENCE = 40000, /* steps in which the rest must leave */
	ACTIVE_LIMIT = 6, /* of qmgr, for release_rate = auto */
};

static void
on_event(void *ctx, const struct sweep_event *event)
{
	struct model *m = ctx;

	m->releases += event->kind == SWEEP_RELEASED;
	check_told(m, event);
}

static void
start(struct model *m)
{
	static const struct plan_postfix postfix = {
	    .queue_lifetime_s = 5 * 86400,
	    .bounce_lifetime_s = 86400,
	    .requeue_safe = true,
	    .active_limit = ACTIVE_LIMIT,
	};

	sweep_init(&m->sweep,
	    &(struct sweep_options){
		.settings = &m->settings,
		.postfix = postfix,
		.requeue_uid = 102,
		.tell = on_event,
		.tell_ctx = m,
		.holds = holds,
		.holds_ctx = m,
		.overrides = &m->overrides,
	    });
	m->sweep.slice = m->slice;
	sweep_kick(&m->sweep);
	memset(m->jobs, 0, sizeof(m->jobs));
	m->n_news = 0;
	for (size_t i = 0; i < MODEL_MAIL; i++) {
		m->mail[i].released = false;
		m->mail[i].was_there = m->mail[i].queue == M_HOLD;
	}
}

/* What others do. */

/* May the id of mail that is gone be used again, with no danger of a mix-up? */
static bool
is_free(const struct model *m, const struct model_mail *mail)
{
	return is_settled(m, mail) ||
	    (mail->released && !m->deaf && !m->jobs[SWEEP_RELEASE].running &&
		!m->jobs[SWEEP_REQUEUE].running);
}

/* Rules may have written never into mail that is ours, or has no date. */
static void
freeze(struct model *m, struct model_mail *mail)
{
	struct facts *facts = &mail->facts;

	if (!dice_percent(&m->dice, 25))
		return;
	facts->n_rules = 1 + dice_below(&m->dice, MODEL_RULES);
	for (size_t i = 0; i < facts->n_rules; i++)
		facts->rules[i][0] =
		    (char)('a' + dice_below(&m->dice, MODEL_RULES));
	facts->rule_never = mail->ours = true;
}

static void
change_rules(struct model *m)
{
	bool *stands = &m->stands[dice_below(&m->dice, MODEL_RULES)];

	*stands = !*stands;
	sweep_reconsider(&m->sweep);
}

static void
arrive(struct model *m, struct model_mail *mail)
{
	int64_t age_s = dice_percent(&m->dice, 20) ? 60 : 0;
	uint32_t kind = dice_below(&m->dice, 10);
	char text[QID_SIZE];
	struct qid id = mail->id;

	if (mail->facts.size == 0 || !is_free(m, mail) || mail->rescheduled ||
	    dice_percent(&m->dice, 70)) {
		snprintf(text, sizeof(text), "ID%06u", ++m->next_id);
		id = qid_of(text);
	}
	*mail = (struct model_mail){.id = id, .ours = kind < 7};
	facts_begin(&mail->facts);
	if (dice_percent(&m->dice, 10))
		age_s += 2 * 86400;
	mail->facts.arrival_s = wall_s(m) - age_s;
	mail->facts.created_s = mail->facts.arrival_s;
	mail->facts.size = 100 + ++m->arrivals;
	mail->facts.submitter = dice_below(&m->dice, MODEL_SUBMITTERS);
	mail->facts.own_latest_s =
	    wall_s(m) + dice_below(&m->dice, 90) + 1 - (age_s > 0 ? 30 : 0);
	if (kind == 7)
		mail->facts.own_latest_s = FACTS_NO_DATE;
	else if (kind == 8)
		mail->facts.own_latest_s = mail->facts.arrival_s;
	else if (kind == 9)
		mail->facts.vetoed = true;
	if (kind <= 7)
		freeze(m, mail);
	mail->bad = dice_percent(&m->dice, 3);
	mail->spoils = dice_percent(&m->dice, 3);
	move(m, mail, M_HOLD);
}

/* Delivered, or tried in vain; or held, released, deleted by somebody. */
static void
interfere(struct model *m, struct model_mail *mail)
{
	bool settled = is_settled(m, mail);

	if (mail->queue == M_MAILDROP) {
		pick_up(m, mail);
	} else if (mail->queue == M_DEFERRED) {
		if (dice_percent(&m->dice, 30))
			move(m, mail, M_GONE);
		else if (!mail->tried && dice_percent(&m->dice, 20))
			mail->tried = true;
		else if (settled && !(m->deaf && mail->released)) {
			hold_again(m, mail);
		}
	} else if (mail->queue == M_HOLD && settled) {
		move(m, mail, dice_percent(&m->dice, 70) ? M_GONE : M_DEFERRED);
	} else if (mail->queue == M_HOLD && dice_percent(&m->dice, 20)) {
		requeue(m, mail);
	} else if (mail->queue == M_HOLD && dice_percent(&m->dice, 40)) {
		reschedule(m, mail);
	}
	mail->bad = mail->bad && dice_percent(&m->dice, 80);
	mail->spoils = mail->spoils && dice_percent(&m->dice, 80);
}

/* Somebody looks at any messages. */
static void
peek(struct model *m)
{
	struct qid ids[SWEEP_PEEK_MAX];
	size_t n = dice_below(&m->dice, SWEEP_PEEK_MAX + 1);

	for (size_t i = 0; i < n; i++)
		ids[i] = m->mail[dice_below(&m->dice, MODEL_MAIL)].id;
	sweep_peek(&m->sweep, ids, n);
}

static void
restart(struct model *m)
{
	sweep_free(&m->sweep);
	read_overrides(m);
	start(m);
	m->restarts++;
	for (size_t i = 0; i < MODEL_MAIL; i++)
		m->mail[i].touched_walk = m->walks_begun;
}

static void
happen(struct model *m)
{
	struct model_mail *mail = &m->mail[dice_below(&m->dice, MODEL_MAIL)];
	uint32_t what = dice_below(&m->dice, 10000);

	if (what < 3)
		restart(m);
	else if (what < 6)
		pass(m, 0, ((int64_t)dice_below(&m->dice, 1200) - 600) * SEC);
	else if (what < 10)
		sweep_reconsider(&m->sweep);
	else if (what < 14)
		sweep_pause(&m->sweep, !m->sweep.paused);
	else if (what < 16 && m->overrides.changed)
		write_overrides(m);
	else if (what < 24)
		change_rules(m);
	else if (what < 200)
		peek(m);
	else if (what < 3000 && mail->queue == M_GONE)
		arrive(m, mail);
	else if (what < 4000 && mail->queue != M_GONE)
		interfere(m, mail);
}

/* What is counted is what is marked, and is on its way, and not too much. */
static void
check_flow(const struct model *m)
{
	uint32_t on_way = 0;

	for (uint32_t i = 0; i < index_slots(&m->sweep.index); i++) {
		const struct index_entry *e = index_at(&m->sweep.index, i);

		if (e->state == FREE || !entry_has(e, ON_WAY))
			continue;
		on_way++;
		assert_true(e->state == RELEASING || e->state == UNCONFIRMED ||
		    e->state == RELEASED);
	}
	assert_int_equal(m->sweep.flow.on_way, on_way);
	if (m->settings.release_rate == SETTINGS_AUTO)
		assert_true(on_way <= ACTIVE_LIMIT / 2);
}

/* qmgr tries a message for the first time; who hears of that? */
static void
try_one(struct model *m)
{
	struct model_mail *mail = &m->mail[dice_below(&m->dice, MODEL_MAIL)];

	if (mail->queue != M_DEFERRED || mail->tried)
		return;
	mail->tried = true;
	if (m->inotify == M_RELIABLE || dice_percent(&m->dice, 20))
		sweep_left_active(&m->sweep, &mail->id, &m->now);
}

static void
step(struct model *m)
{
	pass(m, (int64_t)dice_below(&m->dice, 400) * MSEC, 0);
	pump(m);
	if (!m->calm)
		happen(m);
	else
		try_one(m);
	for (int i = 0; i < 3; i++) {
		work(m, (enum sweep_verb)dice_below(&m->dice, SWEEP_VERBS));
		if (dice_percent(&m->dice, 50))
			deliver_news(m);
	}
	pump(m);
	check_tally(m);
	check_flow(m);
}

/* What the administrator held again may be taken for what we released. */
static bool
must_leave(const struct model *m, const struct model_mail *mail)
{
	return mail->queue == M_HOLD && mail->ours && !mail->tried &&
	    !mail->held_again && !is_kept(m, mail) && !is_never(mail) &&
	    due_of(mail) * SEC < m->now.reached_ns;
}

static bool
must_stay(const struct model *m, const struct model_mail *mail)
{
	(void)m;
	return mail->queue == M_HOLD && mail->ours && is_never(mail);
}

static size_t
count_left(const struct model *m,
    bool (*counts)(const struct model *, const struct model_mail *))
{
	size_t n = 0;

	for (size_t i = 0; i < MODEL_MAIL; i++)
		n += counts(m, &m->mail[i]);
	return n;
}

static bool
is_foreign(const struct model *m, const struct model_mail *mail)
{
	(void)m;
	return mail->queue == M_HOLD && !mail->ours;
}

static bool
is_frozen(const struct model *m, const struct model_mail *mail)
{
	return mail->queue == M_HOLD && mail->ours && !mail->tried &&
	    !mail->held_again && is_kept(m, mail);
}

static uint32_t
count_frozen(const struct model *m)
{
	return sweep_count_frozen(&m->sweep, span_str("a")) +
	    sweep_count_frozen(&m->sweep, span_str("b"));
}

/* What is due has left, and what rules keep has been judged. */
static bool
is_done(const struct model *m, size_t frozen)
{
	return count_left(m, must_leave) == 0 && count_frozen(m) >= frozen;
}

static void
check_rest_is_forgotten(struct model *m)
{
	for (int i = 0; i < PATIENCE && m->overrides.n > count_rescheduled(m);
	     i++)
		step(m);
	check_bool("what is gone is forgotten",
	    m->overrides.n <= count_rescheduled(m), true);
	check_bool("what is on hold is not", knows_rescheduled(m), true);
}

static void
check_rest_leaves(struct model *m)
{
	size_t foreign, frozen, never;

	m->calm = true;
	sweep_pause(&m->sweep, false);
	for (size_t i = 0; i < MODEL_MAIL; i++) {
		m->mail[i].bad = m->mail[i].spoils = false;
		if (m->mail[i].queue == M_MAILDROP)
			pick_up(m, &m->mail[i]);
	}
	foreign = count_left(m, is_foreign);
	frozen = count_left(m, is_frozen);
	never = count_left(m, must_stay);
	pass(m, 0, 3600 * SEC);
	for (int i = 0; i < PATIENCE && !is_done(m, frozen); i++)
		step(m);
	check_int(
	    "what is due has left", (int64_t)count_left(m, must_leave), 0);
	check_int("foreign mail is still there",
	    (int64_t)count_left(m, is_foreign), (int64_t)foreign);
	check_int("and what rules keep", (int64_t)count_left(m, is_frozen),
	    (int64_t)frozen);
	check_int("and what never is to leave",
	    (int64_t)count_left(m, must_stay), (int64_t)never);
	check_bool("of which it knows", count_frozen(m) >= frozen, true);
}

struct totals {
	uint64_t releases;
	uint64_t reschedules;
	uint64_t requeues;
	uint64_t peeks;
};

static void
run_model(uint64_t seed, struct totals *totals)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->dice.state = seed;
	m->inotify = (enum model_inotify)(seed % 3);
	m->deaf = seed / 3 % 2 == 1;
	m->slice = seed % 4 == 0 ? 0 : (uint32_t)(seed % 4 * 5 - 4);
	load_settings(&m->settings,
	    seed / 6 % 2 == 1 ? "sweep_interval = 10s\nrelease_rate = auto"
			      : "sweep_interval = 10s");
	pass(m, 1000 * SEC, INT64_C(1795300000) * SEC);
	start(m);
	for (int i = 0; i < STEPS; i++)
		step(m);
	check_rest_leaves(m);
	check_rest_is_forgotten(m);
	totals->releases += m->releases;
	totals->reschedules += m->reschedules;
	totals->requeues += m->requeues;
	totals->peeks += m->peeks;
	sweep_free(&m->sweep);
	overrides_free(&m->overrides);
	overrides_free(&m->disk);
	free(m);
}

static void
whatever_happens_mail_leaves_once_and_never_early(void **state)
{
	struct totals totals = {0};

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_model(seed, &totals);
	assert_true(totals.releases > 1000);
	assert_true(totals.reschedules > 1000);
	assert_true(totals.requeues > 500);
	assert_true(totals.peeks > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whatever_happens_mail_leaves_once_and_never_early),
	};

	return cmocka_run_group_tests_name("sweep_model", tests, NULL, NULL);
}
