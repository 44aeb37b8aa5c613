/* SPDX-License-Identifier: ISC */
/*
 * What else becomes of mail that an administrator reschedules.
 */
#include "tests/unit/sweep_override_support.h"

static struct sim_mail *
become_listed(struct sim *sim)
{
	struct sim_mail *m = become_if_listed(sim);

	sim_pass(sim, SEC);
	sim_expect(sim, SWEEP_LIST);
	return m;
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

/* Of what was told before a walk that shows it is enough. */
static void
of_news_that_was_told_nothing_is_read_twice(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m;

	(void)state;
	sim_learn(sim);
	m = sim_add(sim, 100);
	say(sim, m, 0);
	overrides_find(&sim->overrides, &m->id, m->facts.arrival_s)->told =
	    true;
	sweep_arrived(&sim->sweep, &m->id);
	sim_run(sim, SEC);
	check_log("read once", sim,
	    "read MAILAAA\nlist\nrelease MAILAAA\n* released MAILAAA\nkick\n");
	sim_close(sim);
}

static void
reads_that_fail_do_not_delay_it(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = become_waiting(sim);

	(void)state;
	sim->sweep.verb[SWEEP_READ].not_before_ns = sim->now.mono_ns + 10 * SEC;
	say(sim, m, 200);
	sim_settle(sim);
	check_log("at once", sim, "read MAILAAA\n* rescheduled MAILAAA 200\n");
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
	say(sim, m, 2000);
	sim_settle(sim);
	check_log("no news of that rule", sim,
	    "read MAILAAA\n* rescheduled MAILAAA 2000\n");
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

/*
 * Who lets it go in the middle of a second, or sets a moment long ago, did not
 * have it wait until then: only a moment that was ahead can be missed.
 */
static void
what_leaves_at_will_is_not_late(void **state)
{
	static const struct {
		const char *row;
		int64_t due_s, set_s;
		int64_t late;
	} rows[] = {
	    {"long ago", -1000000, 0, 0},
	    {"a second ago", -1, 0, 0},
	    {"now", 0, 0, 0},
	    {"in a second", 1, 0, 1},
	    {"was set before", 0, -1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct sim_mail *m = become_waiting(sim);
		struct override override = {.id = m->id,
		    .arrival_s = m->facts.arrival_s,
		    .due_s = SIM_START_S + rows[i].due_s,
		    .set_s = SIM_START_S + rows[i].set_s};

		assert_true(overrides_set(&sim->overrides, &override));
		sweep_reschedule(&sim->sweep, &m->id);
		sim_run(sim, 3 * SEC);
		check_int(rows[i].row, sim->released, 1);
		check_int(
		    rows[i].row, (int64_t)sim->sweep.late.n, rows[i].late);
		sim_close(sim);
	}
}

/* A moment that is set after that one counts as any other. */
static void
what_is_set_again_may_be_late(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = become_waiting(sim);

	(void)state;
	sweep_pause(&sim->sweep, true);
	say(sim, m, -1000000);
	overrides_find(&sim->overrides, &m->id, m->facts.arrival_s)->set_s =
	    SIM_START_S;
	sim_run(sim, SEC);
	say(sim, m, 3);
	sweep_pause(&sim->sweep, false);
	sim_run(sim, 5 * SEC);
	check_int("left", sim->released, 1);
	check_int("counts", (int64_t)sim->sweep.late.n, 1);
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
	check_bool("done", sim->sweep.to_sort, false);
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
	check_int("reads", sim->commands[SWEEP_READ], 2);
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

/* Failures of its release do not count as such of reads. */
static void
what_failed_before_and_cannot_be_read_is_told(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 5s");
	struct sim_mail *m = sim_add(sim, 1);

	(void)state;
	m->spoils = true;
	sim_learn(sim);
	sim_run(sim, 300 * SEC);
	m->spoils = false;
	m->bad = true;
	sim->log.used = 0;
	say(sim, m, 2000);
	sim_run(sim, 60 * SEC);
	check_part("told", sim->log.text, "* unreadable MAILAAA\n");
	sim_close(sim);
}

/* It stayed on hold, though the commands said that it left. */
static void
what_stayed_before_and_cannot_be_read_is_told(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 5s");
	struct sim_mail *m = sim_add(sim, 1);

	(void)state;
	sim->stuck = true;
	sim_learn(sim);
	sim_run(sim, 300 * SEC);
	sweep_pause(&sim->sweep, true);
	sim_run(sim, 1000 * SEC);
	m->bad = true;
	sim->log.used = 0;
	say(sim, m, 2000);
	sim_run(sim, 60 * SEC);
	check_part("told", sim->log.text, "* unreadable MAILAAA\n");
	sim_close(sim);
}

/* A command was told to release it and did nothing: that is over. */
static void
what_somebody_releases_then_is_not_released_by_us(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = sim_add(sim, 10);

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, false);
	sweep_pause(&sim->sweep, true);
	say(sim, m, 200);
	sim_settle(sim);
	sim->log.used = 0;
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	check_log("the one", sim, "");
	sweep_departed(&sim->sweep, &sim->mail[1].id, &sim->now);
	check_log("the other", sim, "* released MAILAAB\n");
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

/* It was read, and is leaving, when the read turns out not to have run well. */
static void
what_leaves_before_its_read_has_ended_is_not_rescheduled(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = sim_add(sim, 5);

	(void)state;
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_READ);
	sim_pass(sim, 10 * SEC);
	sim_read_one(sim, &m->id);
	sim_expect(sim, SWEEP_RELEASE);
	sweep_not_run(&sim->sweep, SWEEP_READ, &sim->now);
	check_bool(
	    "too late", sweep_may_reschedule(&sim->sweep, &m->id), false);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		what_leaves_before_its_read_has_ended_is_not_rescheduled),
	    cmocka_unit_test(it_is_told_once_that_it_counts),
	    cmocka_unit_test(of_news_that_is_due_it_is_told_after_a_walk),
	    cmocka_unit_test(of_news_that_was_told_nothing_is_read_twice),
	    cmocka_unit_test(reads_that_fail_do_not_delay_it),
	    cmocka_unit_test(a_read_that_runs_knows_of_it),
	    cmocka_unit_test(other_mail_with_that_id_is_not_meant),
	    cmocka_unit_test(foreign_mail_stays_foreign),
	    cmocka_unit_test(tried_mail_stays),
	    cmocka_unit_test(the_rule_does_not_keep_it_then),
	    cmocka_unit_test(what_leaves_earlier_is_not_requeued),
	    cmocka_unit_test(what_leaves_at_will_is_not_late),
	    cmocka_unit_test(what_is_set_again_may_be_late),
	    cmocka_unit_test(what_leaves_is_not_rescheduled),
	    cmocka_unit_test(what_is_gone_is_not_read),
	    cmocka_unit_test(the_others_to_be_requeued_go_on),
	    cmocka_unit_test(the_others_held_up_go_on),
	    cmocka_unit_test(thousands_are_rescheduled_at_once),
	    cmocka_unit_test(what_cannot_be_read_again_does_not_leave),
	    cmocka_unit_test(what_failed_before_and_cannot_be_read_is_told),
	    cmocka_unit_test(what_stayed_before_and_cannot_be_read_is_told),
	    cmocka_unit_test(what_somebody_releases_then_is_not_released_by_us),
	    cmocka_unit_test(a_walk_meanwhile_changes_nothing),
	    cmocka_unit_test(without_overrides_all_is_as_it_says),
	};

	return cmocka_run_group_tests_name(
	    "sweep_reschedule", tests, NULL, NULL);
}
