/* SPDX-License-Identifier: ISC */
/*
 * When mail leaves, and the kicks that follow.
 */
#include "tests/unit/sweep_support.h"

static void
a_cold_start_walks_and_reads(void **state)
{
	struct sim *sim = sim_open("");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 20);
	sim_settle(sim);
	check_log("start", sim, "list\nread MAILAAA MAILAAB\n");
	check_int("due", sim_wait_ns(sim), 9 * SEC + SEC / 2 + SIM_TICK_NS);
	sim_close(sim);
}

static void
an_empty_queue_is_walked_and_left_alone(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 60s");

	(void)state;
	sim_run(sim, 120 * SEC);
	check_log("two minutes", sim, "list\nlist\nlist\n");
	sim_close(sim);
}

static const struct {
	const char *row;
	int64_t before_due_ns; /* of the wall clock */
	const char *want;
} moments[] = {
    {"a second early", SEC, ""},
    {"a nanosecond early", 1, ""},
    {"due, but time(2) is not there yet", 0, ""},
    {"a nanosecond before time(2) is there", -SIM_TICK_NS + 1, ""},
    {"due by every clock", -SIM_TICK_NS,
	"release MAILAAA\n* released MAILAAA\nkick\n"},
    {"a second late", -SEC, "release MAILAAA\n* released MAILAAA\nkick\n"},
    {"a year late", -366 * 86400 * SEC,
	"release MAILAAA\n* released MAILAAA\nkick\n"},
};

static void
mail_leaves_when_it_is_due_and_never_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(moments); i++) {
		struct sim *sim = sim_open("release_method = release");
		int64_t due_ns = (SIM_START_S + 10) * SEC;

		sim_add(sim, 10);
		sim_learn(sim);
		sim_step_wall(
		    sim, due_ns - moments[i].before_due_ns - sim->now.wall_ns);
		sim_settle(sim);
		check_log(moments[i].row, sim, moments[i].want);
		sim_close(sim);
	}
}

/* Woken by nothing but what sweep_wait() asks for. */
static void
it_wakes_up_at_the_due_second(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 11);
	sim_learn(sim);
	sim_run(sim, 9 * SEC + SEC / 2 + SIM_TICK_NS - 1);
	check_log("just before", sim, "");
	sim_run(sim, 1);
	check_log("due", sim, "release MAILAAA\n* released MAILAAA\nkick\n");
	sim_run(sim, SEC - 1);
	check_log("a second later, nearly", sim, "");
	sim_run(sim, 1);
	check_log("a second later", sim,
	    "release MAILAAB\n* released MAILAAB\nkick\n");
	sim_close(sim);
}

static void
lateness_is_measured_by_the_wall_clock(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim_run(sim, 8 * SEC);
	sim_step_wall(sim, 3 * SEC);
	sim_settle(sim);
	check_log(
	    "stepped", sim, "release MAILAAA\n* released MAILAAA\nkick\n");
	check_int("late", sim->late_ns, SEC + SEC / 2);
	sim_close(sim);
}

static void
a_clock_stepped_back_keeps_mail_waiting(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim_run(sim, 9 * SEC);
	sim_step_wall(sim, -3600 * SEC);
	sim_run(sim, 3600 * SEC);
	check_log("an hour later", sim, "");
	sim_run(sim, SEC);
	check_log(
	    "due again", sim, "release MAILAAA\n* released MAILAAA\nkick\n");
	sim_close(sim);
}

static void
a_clock_stepped_forward_lets_it_go(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	sim_add(sim, 3600);
	sim_learn(sim);
	sim_run(sim, 10 * SEC);
	check_log("before", sim, "");
	sim_step_wall(sim, 3600 * SEC);
	check_int("at once", sim_wait_ns(sim), 0);
	sim_settle(sim);
	check_log(
	    "stepped", sim, "release MAILAAA\n* released MAILAAA\nkick\n");
	sim_close(sim);
}

/* The monotonic clock alone waits for walks, retries and kicks. */
static void
a_stepped_clock_moves_no_walk(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 60s");

	(void)state;
	sim_learn(sim);
	sim_step_wall(sim, 86400 * SEC);
	sim_run(sim, 59 * SEC);
	sim_step_wall(sim, -2 * 86400 * SEC);
	check_log("no walk", sim, "");
	sim_run(sim, SEC);
	check_log("a walk", sim, "list\n");
	sim_close(sim);
}

static void
all_that_is_due_leaves_by_one_command(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < 300; i++)
		sim_add(sim, 10 + i % 3);
	sim_learn(sim);
	sim_pass(sim, 11 * SEC);
	sim_settle(sim);
	sim->log.text[strlen("release of 200\n")] = '\0';
	check_string("batch", sim->log.text, "release of 200\n");
	check_int("one command", sim->commands[SWEEP_RELEASE], 1);
	check_int("released", sim->released, 200);
	check_int("one kick", sim->commands[SWEEP_KICK_QMGR], 1);
	sim_close(sim);
}

static void
a_command_takes_so_many_ids(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < SWEEP_IDS_MAX + 1; i++)
		sim_add(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	check_int(
	    "first", (int64_t)sim->in_flight[SWEEP_RELEASE].n, SWEEP_IDS_MAX);
	sim_end(sim, SWEEP_RELEASE, true);
	sim->log.used = 0;
	sim_settle(sim);
	check_int("released", sim->released, SWEEP_IDS_MAX + 1);
	check_int("commands", sim->commands[SWEEP_RELEASE], 2);
	sim_close(sim);
}

static void
long_ids_stay_within_a_message(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < 6000; i++) {
		char text[QID_SIZE];

		snprintf(text, sizeof(text), "LONG%028d", i);
		sim_add(sim, 10)->id = qid_of(text);
	}
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	check_int("first", (int64_t)sim->in_flight[SWEEP_RELEASE].n,
	    SWEEP_IDS_BYTES / QID_SIZE);
	sim_end(sim, SWEEP_RELEASE, true);
	sim->log.used = 0;
	sim_settle(sim);
	check_int("released", sim->released, 6000);
	sim_close(sim);
}

/* 20 messages, due 100 ms after each other as the clock is moved. */
static void
kicks_are_two_hundred_milliseconds_apart(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	int64_t last_ns = 0;
	unsigned kicks = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		sim_add(sim, 10 + i);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	for (int ms = 0; ms < 4000; ms += 10) {
		if (ms % 100 == 0 && ms < 2000)
			sim_step_wall(sim, SEC);
		sim_settle(sim);
		if (sim->commands[SWEEP_KICK_QMGR] > kicks) {
			assert_true(kicks == 0 ||
			    sim->now.mono_ns - last_ns >= 200 * MSEC);
			last_ns = sim->now.mono_ns;
			kicks = sim->commands[SWEEP_KICK_QMGR];
		}
		sim_pass(sim, 10 * MSEC);
	}
	check_int("released", sim->released, 20);
	assert_true(kicks >= 9 && kicks <= 11);
	sim_close(sim);
}

static void
mail_released_while_a_kick_runs_gets_another(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 11);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_pass(sim, SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, true);
	assert_int_equal(sim_wait_ns(sim) > 0, true);
	sim_end(sim, SWEEP_KICK_QMGR, true);
	sim_settle(sim);
	check_log("two kicks", sim,
	    "release MAILAAA\n* released MAILAAA\nkick\n"
	    "release MAILAAB\n* released MAILAAB\nkick\n");
	sim_close(sim);
}

static void
a_failed_kick_is_tried_again_by_itself(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim->failing[SWEEP_KICK_QMGR] = 3;
	sim_pass(sim, 10 * SEC);
	sim_run(sim, 60 * SEC);
	check_log("kicks", sim,
	    "release MAILAAA\n* released MAILAAA\n"
	    "kick failed\n* failed kick, again in 1 s\n"
	    "kick failed\n* failed kick, again in 2 s\n"
	    "kick failed\n* failed kick, again in 4 s\nkick\n");
	sim_close(sim);
}

static void
newer_mail_does_not_wait_for_a_failed_kick(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 20);
	sim_learn(sim);
	sim->failing[SWEEP_KICK_QMGR] = 4;
	sim_run(sim, 19 * SEC);
	sim->log.used = 0;
	sim_run(sim, SEC);
	check_log("the fifth kick", sim,
	    "release MAILAAB\n* released MAILAAB\nkick\n");
	sim_close(sim);
}

static void
a_failed_release_backs_off_up_to_a_minute(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim->failing[SWEEP_RELEASE] = 8;
	sim->failing[SWEEP_KICK_QMGR] = 0;
	sim_pass(sim, 10 * SEC);
	sim_run(sim, 300 * SEC);
	check_log("retries", sim,
	    "release MAILAAA failed\n* failed release, again in 1 s\nkick\n"
	    "release MAILAAA failed\n* failed release, again in 2 s\nkick\n"
	    "release MAILAAA failed\n* failed release, again in 4 s\nkick\n"
	    "release MAILAAA failed\n* failed release, again in 8 s\nkick\n"
	    "release MAILAAA failed\n* failed release, again in 16 s\nkick\n"
	    "release MAILAAA failed\n* failed release, again in 32 s\nkick\n"
	    "release MAILAAA failed\n* failed release, again in 60 s\nkick\n"
	    "release MAILAAA failed\n* failed release, again in 60 s\nkick\n"
	    "release MAILAAA\n* released MAILAAA\nkick\n");
	sim->failing[SWEEP_RELEASE] = 1;
	sim_add(sim, 311);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_run(sim, 10 * SEC);
	check_log("counted from one again", sim,
	    "read MAILAAB\n"
	    "release MAILAAB failed\n* failed release, again in 1 s\nkick\n"
	    "release MAILAAB\n* released MAILAAB\nkick\n");
	sim_close(sim);
}

/* What a failed command moved all the same has left, the rest has not. */
static void
a_release_may_fail_half_way(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 9);
	sim_add(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim->mail[0].queue = SIM_DEFERRED;
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sim_end(sim, SWEEP_RELEASE, false);
	sim_run(sim, SEC);
	check_log("the other one again", sim,
	    "release MAILAAA MAILAAB\n* released MAILAAA\n"
	    "release MAILAAB\n* released MAILAAB\nkick\n");
	sim_close(sim);
}

/* What was released is woken up yet; a Postfix that is down is not waited for.
 */
static void
a_stop_waits_for_the_kick_but_not_for_one_that_fails(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 20);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	assert_false(sweep_stop(&sim->sweep));
	sim_end(sim, SWEEP_RELEASE, true);
	assert_false(sweep_stop(&sim->sweep));
	sim_expect(sim, SWEEP_KICK_QMGR);
	assert_false(sweep_stop(&sim->sweep));
	sim_end(sim, SWEEP_KICK_QMGR, false);
	assert_false(sweep_stop(&sim->sweep));
	sim_pass(sim, SEC);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_end(sim, SWEEP_KICK_QMGR, false);
	assert_true(sweep_stop(&sim->sweep));
	sim_run(sim, 100 * SEC);
	check_int("nothing else leaves", sim->commands[SWEEP_RELEASE], 1);
	sim_close(sim);
}

static void
what_makes_mail_leave_comes_first(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 100)->facts.created_s -= 2 * 86400;
	sim_learn(sim);
	sim_add(sim, 100);
	sweep_arrived(&sim->sweep, &sim->mail[2].id);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_expect(sim, SWEEP_READ);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cold_start_walks_and_reads),
	    cmocka_unit_test(an_empty_queue_is_walked_and_left_alone),
	    cmocka_unit_test(mail_leaves_when_it_is_due_and_never_before),
	    cmocka_unit_test(it_wakes_up_at_the_due_second),
	    cmocka_unit_test(lateness_is_measured_by_the_wall_clock),
	    cmocka_unit_test(a_clock_stepped_back_keeps_mail_waiting),
	    cmocka_unit_test(a_clock_stepped_forward_lets_it_go),
	    cmocka_unit_test(a_stepped_clock_moves_no_walk),
	    cmocka_unit_test(all_that_is_due_leaves_by_one_command),
	    cmocka_unit_test(a_command_takes_so_many_ids),
	    cmocka_unit_test(long_ids_stay_within_a_message),
	    cmocka_unit_test(kicks_are_two_hundred_milliseconds_apart),
	    cmocka_unit_test(mail_released_while_a_kick_runs_gets_another),
	    cmocka_unit_test(a_failed_kick_is_tried_again_by_itself),
	    cmocka_unit_test(newer_mail_does_not_wait_for_a_failed_kick),
	    cmocka_unit_test(a_failed_release_backs_off_up_to_a_minute),
	    cmocka_unit_test(a_release_may_fail_half_way),
	    cmocka_unit_test(
		a_stop_waits_for_the_kick_but_not_for_one_that_fails),
	    cmocka_unit_test(what_makes_mail_leave_comes_first),
	};

	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
