/* SPDX-License-Identifier: ISC */
/*
 * Mail that an administrator reschedules, in whatever state it is.
 */
#include "tests/unit/sweep_support.h"

/* Old enough for a requeue: more than a quarter of the queue life. */
enum { OLD_S = 2 * 86400 };

#define NEVER OVERRIDE_NEVER

/* What the administrator says of it: a moment behind the start, or NEVER. */
static void
say(struct sim *sim, const struct sim_mail *m, int64_t due_s)
{
	struct override override = {
	    .id = m->id,
	    .arrival_s = m->facts.arrival_s,
	    .due_s = due_s == NEVER ? NEVER : SIM_START_S + due_s,
	};

	assert_true(sweep_may_reschedule(&sim->sweep, &m->id));
	assert_true(overrides_set(&sim->overrides, &override));
	sweep_reschedule(&sim->sweep, &m->id);
}

/*
 * Ways into each state in which mail is on hold and may be rescheduled. Its own
 * moment is over, or will be, within ten seconds.
 */

static struct sim_mail *
become_waiting(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 10);

	sim_learn(sim);
	return m;
}

static struct sim_mail *
become_news(struct sim *sim)
{
	struct sim_mail *m;

	sim_learn(sim);
	m = sim_add(sim, 10);
	sweep_arrived(&sim->sweep, &m->id);
	sim_settle(sim);
	return m;
}

/* Its date has come while it arrived: a walk must see it first. */
static struct sim_mail *
become_if_listed(struct sim *sim)
{
	struct sim_mail *m;

	sim_learn(sim);
	m = sim_add(sim, -5);
	sweep_arrived(&sim->sweep, &m->id);
	sim_settle(sim);
	check_log("if listed", sim, "read MAILAAA\n");
	return m;
}

static struct sim_mail *
become_frozen(struct sim *sim)
{
	struct sim_mail *m = sim_freeze(sim_add(sim, 5), "a");

	sim->rules = "a";
	sim_learn(sim);
	return m;
}

static struct sim_mail *
become_released_by_a_rule(struct sim *sim)
{
	struct sim_mail *m = sim_freeze(sim_add(sim, 5), "a");

	sim_settle(sim);
	check_log("the rule is gone", sim,
	    "list\nread MAILAAA\n* rule gone MAILAAA a later\n");
	return m;
}

static struct sim_mail *
become_unreadable(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 5);

	m->bad = true;
	sim_settle(sim);
	m->bad = false;
	return m;
}

static struct sim_mail *
become_to_requeue(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 1);

	m->facts.arrival_s = m->facts.created_s = SIM_START_S - OLD_S;
	sim_learn(sim);
	sim->failing[SWEEP_REQUEUE] = 100;
	sim_run(sim, 60 * SEC);
	check_bool("tried", sim->commands[SWEEP_REQUEUE] > 2, true);
	sim->failing[SWEEP_REQUEUE] = 0;
	return m;
}

static struct sim_mail *
become_held_up(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 1);

	m->spoils = true;
	sim_learn(sim);
	sim_run(sim, 60 * SEC);
	check_bool("tried", sim->commands[SWEEP_RELEASE] > 2, true);
	m->spoils = false;
	return m;
}

static struct sim_mail *
become_unread(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 5);

	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	return m;
}

static struct sim_mail *
become_unknown(struct sim *sim)
{
	return sim_add(sim, 5);
}

static struct sim_mail *
become_waiting_and_reconsidered(struct sim *sim)
{
	struct sim_mail *m = become_waiting(sim);

	sweep_reconsider(&sim->sweep);
	return m;
}

static struct sim_mail *
become_listed(struct sim *sim)
{
	struct sim_mail *m = become_if_listed(sim);

	sim_pass(sim, SEC);
	sim_expect(sim, SWEEP_LIST);
	return m;
}

static const struct {
	const char *row;
	struct sim_mail *(*become)(struct sim *sim);
} ways[] = {
    {"it waits", become_waiting},
    {"it is news, and waits", become_news},
    {"it is due, and news", become_if_listed},
    {"a rule keeps it", become_frozen},
    {"a rule that is gone held it", become_released_by_a_rule},
    {"it cannot be read", become_unreadable},
    {"it is to be requeued", become_to_requeue},
    {"its release fails", become_held_up},
    {"it is not read yet", become_unread},
    {"it is not known yet", become_unknown},
    {"it waits, and the rules changed", become_waiting_and_reconsidered},
};

/* Never at its own moment, but when the administrator says. */
static void
mail_leaves_at_the_moment_of_the_administrator(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = sim_open("sweep_interval = 7s");
		struct sim_mail *m = ways[i].become(sim);

		say(sim, m, 200);
		sim_run(sim, SIM_START_S * SEC + 200 * SEC - sim->now.wall_ns);
		check_int(ways[i].row, sim->released, 0);
		sim_run(sim, SEC);
		check_int(ways[i].row, sim->released, 1);
		check_bool(ways[i].row, sim->late_ns < SEC / 10, true);
		sim_close(sim);
	}
}

static void
mail_leaves_when_the_administrator_says_now(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct sim_mail *m = ways[i].become(sim);

		say(sim, m, 0);
		sim_run(sim, SEC);
		check_int(ways[i].row, sim->released, 1);
		sim_close(sim);
	}
}

static void
mail_never_leaves_when_the_administrator_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = sim_open("sweep_interval = 7s");
		struct sim_mail *m = ways[i].become(sim);

		say(sim, m, NEVER);
		sim_run(sim, 3600 * SEC);
		sweep_reconsider(&sim->sweep);
		sim_run(sim, 60 * SEC);
		sim_step_wall(sim, 1000 * 86400 * SEC);
		sim_run(sim, 60 * SEC);
		check_int(ways[i].row, sim->released, 0);
		say(sim, m, 3600);
		sim_run(sim, SEC);
		check_int(ways[i].row, sim->released, 1);
		sim_close(sim);
	}
}

/* Also while nothing leaves: it is judged at once, and only once. */
static void
rescheduled_mail_is_read_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct sim_mail *m = ways[i].become(sim);
		struct sweep_survey survey;

		sweep_pause(&sim->sweep, true);
		sim->commands[SWEEP_READ] = 0;
		say(sim, m, 200);
		say(sim, m, 100);
		sim_settle(sim);
		check_int(ways[i].row, sim->commands[SWEEP_READ], 1);
		survey = sweep_survey(&sim->sweep, SIM_START_S + 99);
		check_int(ways[i].row, (int64_t)survey.waiting, 1);
		check_int(ways[i].row, survey.next_due_s, SIM_START_S + 100);
		sim_close(sim);
	}
}

static void
it_is_told_once_that_it_counts(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = become_waiting(sim);

	(void)state;
	say(sim, m, 200);
	sim_settle(sim);
	check_log("later", sim, "read MAILAAA\n* rescheduled MAILAAA 200\n");
	sweep_reconsider(&sim->sweep);
	sim_run(sim, SEC);
	check_log("judged anew", sim, "list\nread MAILAAA\n");
	say(sim, m, NEVER);
	sim_settle(sim);
	check_log("never", sim, "read MAILAAA\n* rescheduled MAILAAA never\n");
	say(sim, m, -1000000);
	sim_settle(sim);
	check_log("long ago", sim,
	    "read MAILAAA\n* rescheduled MAILAAA -1000000\n"
	    "release MAILAAA\n* released MAILAAA\nkick\n");
	sim_close(sim);
}

/* What a walk must see first is not gone by before. */
static void
of_news_that_is_due_it_is_told_after_a_walk(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = become_news(sim);

	(void)state;
	sim->log.used = 0;
	say(sim, m, 0);
	sim_settle(sim);
	check_log("now", sim, "read MAILAAA\n");
	sim_run(sim, SEC);
	check_log("and a walk", sim,
	    "list\nread MAILAAA\n* rescheduled MAILAAA 0\n"
	    "release MAILAAA\n* released MAILAAA\nkick\n");
	sim_close(sim);
}

/* A read under way looks it up when it is told. */
static void
a_read_that_runs_knows_of_it(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = become_unread(sim);

	(void)state;
	sim_expect(sim, SWEEP_READ);
	say(sim, m, 200);
	sim_end(sim, SWEEP_READ, true);
	sim_settle(sim);
	check_log("before it is told", sim,
	    "list\nread MAILAAA\n* rescheduled MAILAAA 200\n");
	sweep_reschedule(&sim->sweep, &m->id);
	sim_expect(sim, SWEEP_READ);
	sim_read_one(sim, &m->id);
	say(sim, m, 300);
	sweep_end(&sim->sweep, SWEEP_READ, true, &sim->now);
	sim_settle(sim);
	check_log("after it was told", sim,
	    "read MAILAAA\nread MAILAAA\n* rescheduled MAILAAA 300\n");
	sim_run(sim, 299 * SEC);
	check_int("leaves", sim->released, 0);
	sim_run(sim, 2 * SEC);
	check_int("leaves", sim->released, 1);
	sim_close(sim);
}

static void
other_mail_with_that_id_is_not_meant(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = sim_add(sim, 10);
	struct override override = {
	    .id = m->id, .arrival_s = m->facts.arrival_s + 1, .due_s = NEVER};

	(void)state;
	sim_learn(sim);
	assert_true(overrides_set(&sim->overrides, &override));
	sweep_reschedule(&sim->sweep, &m->id);
	sim_run(sim, 20 * SEC);
	check_log("leaves", sim,
	    "read MAILAAA\nrelease MAILAAA\n* released MAILAAA\nkick\n");
	sim_close(sim);
}

static void
foreign_mail_stays_foreign(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 10);

	(void)state;
	m->facts.vetoed = true;
	sim_settle(sim);
	check_log("told", sim, "list\nread MAILAAA\n* foreign MAILAAA\n");
	say(sim, m, 0);
	sim_run(sim, 5 * SEC);
	check_log("no news of that", sim, "read MAILAAA\n");
	sim_run(sim, 60 * SEC);
	check_int("released", sim->released, 0);
	sim_close(sim);
}

/* Held by an administrator after it was tried, and due since. */
static void
tried_mail_stays(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 10);

	(void)state;
	m->tried = true;
	sim_learn(sim);
	say(sim, m, 0);
	sim_run(sim, 60 * SEC);
	check_int("released", sim->released, 0);
	sim_close(sim);
}

static void
the_rule_does_not_keep_it_then(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = become_frozen(sim);

	(void)state;
	check_int("kept", sweep_count_frozen(&sim->sweep, span_str("a")), 1);
	say(sim, m, NEVER);
	sim_settle(sim);
	check_log("never", sim, "read MAILAAA\n* rescheduled MAILAAA never\n");
	check_int("kept by the administrator",
	    sweep_count_frozen(&sim->sweep, span_str("a")), 0);
	sim->rules = "";
	sweep_reconsider(&sim->sweep);
	sim_run(sim, 60 * SEC);
	check_log("the rule is gone", sim, "list\nread MAILAAA\n");
	sim_close(sim);
}

/* A header is ahead when it leaves: only -H does not hold it again. */
static void
what_leaves_earlier_is_not_requeued(void **state)
{
	struct sim *sim = sim_open("release_method = requeue");
	struct sim_mail *m = sim_add(sim, 1000);

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	say(sim, m, 10);
	say(sim, m + 1, 15);
	sim_run(sim, 20 * SEC);
	check_int("released", sim->commands[SWEEP_RELEASE], 1);
	check_int("requeued", sim->commands[SWEEP_REQUEUE], 1);
	check_int("both left", sim->released, 2);
	sim_close(sim);
}

/* What is just leaving, or has, cannot be stopped. */
static void
what_leaves_is_not_rescheduled(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = sim_add(sim, 1);
	struct qid unknown = qid_of("UNKNOWN");

	(void)state;
	sim_learn(sim);
	assert_true(sweep_may_reschedule(&sim->sweep, &unknown));
	sweep_reschedule(&sim->sweep, &unknown);
	assert_true(sweep_may_reschedule(&sim->sweep, &m->id));
	sim->deaf = true;
	sim_pass(sim, SEC);
	sim_expect(sim, SWEEP_RELEASE);
	assert_false(sweep_may_reschedule(&sim->sweep, &m->id));
	sweep_reschedule(&sim->sweep, &m->id);
	sim_end(sim, SWEEP_RELEASE, true);
	assert_false(sweep_may_reschedule(&sim->sweep, &m->id));
	sweep_reschedule(&sim->sweep, &m->id);
	sim_run(sim, SEC);
	check_log("it leaves", sim,
	    "release MAILAAA\nkick\nlist\n* released MAILAAA\n");
	assert_false(sweep_may_reschedule(&sim->sweep, &m->id));
	sweep_reschedule(&sim->sweep, &m->id);
	sim_settle(sim);
	check_log("it has left", sim, "");
	sim_close(sim);
}

static void
what_is_gone_is_not_read(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = become_to_requeue(sim);

	(void)state;
	sim->log.used = 0;
	m->queue = SIM_GONE;
	sweep_departed(&sim->sweep, &m->id, &sim->now);
	assert_true(sweep_may_reschedule(&sim->sweep, &m->id));
	sweep_reschedule(&sim->sweep, &m->id);
	sim_run(sim, 60 * SEC);
	check_log("gone", sim, "");
	sim_close(sim);
}

/* Of many that wait for the rate, only some are taken out, in their order. */
static void
the_others_to_be_requeued_go_on(void **state)
{
	struct sim *sim =
	    sim_open("release_method = requeue\nrelease_rate = 1\n"
		     "sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < 6; i++)
		sim_add(sim, 1);
	sim_learn(sim);
	sim_run(sim, 2 * SEC);
	sim->log.used = 0;
	say(sim, &sim->mail[2], 100);
	say(sim, &sim->mail[4], NEVER);
	sim_run(sim, 60 * SEC);
	check_log("the others, and no more of them than there were", sim,
	    "read MAILAAE MAILAAC\n"
	    "* rescheduled MAILAAE never\n* rescheduled MAILAAC 100\n"
	    "requeue MAILAAD\n* released MAILAAD\npickup\n"
	    "requeue MAILAAB\n* released MAILAAB\npickup\n");
	sim_run(sim, 60 * SEC);
	check_log("and the one", sim,
	    "requeue MAILAAC\n* released MAILAAC\npickup\n");
	sim_close(sim);
}

/* A message that could not be released keeps its turn among those. */
static void
the_others_held_up_go_on(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < 3; i++)
		sim_add(sim, 1)->spoils = true;
	sim_learn(sim);
	sim_run(sim, 20 * SEC);
	for (int i = 0; i < 3; i++)
		sim->mail[i].spoils = false;
	say(sim, &sim->mail[1], NEVER);
	sim_run(sim, 120 * SEC);
	check_int("the others", sim->released, 2);
	check_int("not that one", sim->mail[1].queue, SIM_HOLD);
	sim_close(sim);
}

/* Thousands at once are no more work than as many new ones. */
static void
thousands_are_rescheduled_at_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < 3000; i++)
		sim_add(sim, 10);
	sim_learn(sim);
	sim->commands[SWEEP_READ] = 0;
	for (int i = 0; i < 3000; i++)
		say(sim, &sim->mail[i], i < 1000 ? 20 : 30);
	sim_run(sim, 19 * SEC);
	check_int("reads", sim->commands[SWEEP_READ], 3);
	check_int("none left", sim->released, 0);
	sim_run(sim, 2 * SEC);
	check_int("the first thousand", sim->released, 1000);
	sim_run(sim, 10 * SEC);
	check_int("the others", sim->released, 3000);
	sim_close(sim);
}

/* The read fails for a while: so long it does not leave at all. */
static void
what_cannot_be_read_again_does_not_leave(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 5s");
	struct sim_mail *m = become_waiting(sim);

	(void)state;
	m->bad = true;
	say(sim, m, 20);
	sim_run(sim, 60 * SEC);
	check_int("bad", sim->released, 0);
	m->bad = false;
	sim_run(sim, 60 * SEC);
	check_int("good", sim->released, 1);
	sim_close(sim);
}

/* The walk begun before says it is on hold: no reason to judge it thrice. */
static void
a_walk_meanwhile_changes_nothing(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = become_listed(sim);

	(void)state;
	sim->log.used = 0;
	say(sim, m, 200);
	sim_end(sim, SWEEP_LIST, true);
	sim_run(sim, 100 * SEC);
	check_log("stays", sim, "read MAILAAA\n* rescheduled MAILAAA 200\n");
	sim_close(sim);
}

static void
without_overrides_all_is_as_it_says(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 10);

	(void)state;
	sim->sweep.o.overrides = NULL;
	m->facts.requeued = true;
	m->facts.n_former = 1;
	m->facts.former[0] = qid_of("FORMER");
	sim_learn(sim);
	sweep_reschedule(&sim->sweep, &m->id);
	sim_run(sim, 60 * SEC);
	check_int("left", sim->released, 1);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mail_leaves_at_the_moment_of_the_administrator),
	    cmocka_unit_test(mail_leaves_when_the_administrator_says_now),
	    cmocka_unit_test(mail_never_leaves_when_the_administrator_says_so),
	    cmocka_unit_test(rescheduled_mail_is_read_at_once),
	    cmocka_unit_test(it_is_told_once_that_it_counts),
	    cmocka_unit_test(of_news_that_is_due_it_is_told_after_a_walk),
	    cmocka_unit_test(a_read_that_runs_knows_of_it),
	    cmocka_unit_test(other_mail_with_that_id_is_not_meant),
	    cmocka_unit_test(foreign_mail_stays_foreign),
	    cmocka_unit_test(tried_mail_stays),
	    cmocka_unit_test(the_rule_does_not_keep_it_then),
	    cmocka_unit_test(what_leaves_earlier_is_not_requeued),
	    cmocka_unit_test(what_leaves_is_not_rescheduled),
	    cmocka_unit_test(what_is_gone_is_not_read),
	    cmocka_unit_test(the_others_to_be_requeued_go_on),
	    cmocka_unit_test(the_others_held_up_go_on),
	    cmocka_unit_test(thousands_are_rescheduled_at_once),
	    cmocka_unit_test(what_cannot_be_read_again_does_not_leave),
	    cmocka_unit_test(a_walk_meanwhile_changes_nothing),
	    cmocka_unit_test(without_overrides_all_is_as_it_says),
	};

	return cmocka_run_group_tests_name("sweep_override", tests, NULL, NULL);
}
