/* SPDX-License-Identifier: ISC */
/*
 * A message that spoils each command it is part of, and the others beside it;
 * the start and the end of the process.
 */
#include "tests/unit/sweep_support.h"

#define A_LEAVES "release MAILAAA\n* released MAILAAA\nkick\n"

/* Wherever it stands, and whichever way the others go. */
static const struct {
	const char *row;
	const char *config;
	size_t place;
} places[] = {
    {"the first", "release_method = release", 0},
    {"the second", "release_method = release", 1},
    {"in the middle", "release_method = release", 500},
    {"the last", "release_method = release", 999},
    {"the first of a requeue", "release_method = requeue", 0},
    {"in the middle of a requeue", "release_method = requeue", 500},
    {"the last of a requeue", "release_method = requeue", 999},
};

static void
one_message_that_spoils_keeps_no_other_back(void **state)
{
	enum { MAILS = 1000 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct sim *sim = sim_open(places[i].config);

		for (int n = 0; n < MAILS; n++)
			sim_add(sim, 10);
		sim->mail[places[i].place].spoils = true;
		sim_learn(sim);
		sim_pass(sim, 10 * SEC);
		sim_settle(sim);
		check_int(places[i].row, sim->released, MAILS - 1);
		check_bool(places[i].row,
		    sim->commands[SWEEP_RELEASE] +
			    sim->commands[SWEEP_REQUEUE] <=
			64,
		    true);
		sim->mail[places[i].place].spoils = false;
		sim_run(sim, 61 * SEC);
		check_int(places[i].row, sim->released, MAILS);
		sim_close(sim);
	}
}

/* New mail that is due meanwhile does not wait for its next turn. */
static void
mail_that_is_due_later_is_not_kept_back_either(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	sim_add(sim, 10)->spoils = true;
	for (int n = 1; n <= 200; n++)
		sim_add(sim, 10 + n);
	sim_learn(sim);
	sim_run(sim, 10 * SEC);
	for (unsigned n = 1; n <= 200; n++) {
		sim_run(sim, SEC);
		check_int("released in its second", sim->released, n);
		sim->log.used = 0;
	}
	sim_close(sim);
}

/* Ten of them: each has its turn in the end. */
static void
many_that_spoil_are_tried_in_turn(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	for (int n = 0; n < 100; n++)
		sim_add(sim, 10)->spoils = n % 10 == 0;
	sim_learn(sim);
	sim_run(sim, 120 * SEC);
	check_int("the others", sim->released, 90);
	for (int n = 0; n < 100; n++)
		sim->mail[n].spoils = false;
	sim_run(sim, 120 * SEC);
	check_int("all of them", sim->released, 100);
	sim_close(sim);
}

static void
mail_that_spoils_and_leaves_is_forgotten(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	sim_add(sim, 10)->spoils = true;
	sim_learn(sim);
	sim_run(sim, 20 * SEC);
	sim->mail[0].queue = SIM_GONE;
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sim->log.used = 0;
	sim_run(sim, 300 * SEC);
	check_log("nothing is tried any more", sim, "");
	sim_close(sim);
}

static void
mail_that_spoils_waits_while_it_is_paused(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	sim_add(sim, 10)->spoils = true;
	sim_learn(sim);
	sim_run(sim, 20 * SEC);
	sim->sweep.paused = true;
	sim->mail[0].spoils = false;
	sim->log.used = 0;
	sim_run(sim, 300 * SEC);
	check_log("paused", sim, "");
	sim->sweep.paused = false;
	sim_run(sim, 61 * SEC);
	check_int("resumed", sim->released, 1);
	sim_close(sim);
}

/* No message is to blame for a command that could not be run. */
static void
what_could_not_be_run_is_all_tried_again(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	for (int n = 0; n < 100; n++)
		sim_add(sim, 10);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_READ);
	sweep_not_run(&sim->sweep, SWEEP_READ, &sim->now);
	sim_run(sim, SEC);
	sim_pass(sim, 9 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sweep_not_run(&sim->sweep, SWEEP_RELEASE, &sim->now);
	sim_run(sim, SEC);
	check_int("released", sim->released, 100);
	check_int("by two commands", sim->commands[SWEEP_RELEASE], 2);
	check_int("read by two", sim->commands[SWEEP_READ], 2);
	sim_close(sim);
}

/* Killed, it has moved some of its mail, and nobody has told the daemon. */
static void
a_release_that_was_killed_is_kicked_for(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim->mail[0].queue = SIM_DEFERRED;
	sweep_not_run(&sim->sweep, SWEEP_RELEASE, &sim->now);
	sim_settle(sim);
	check_log("the kick", sim,
	    "release MAILAAA MAILAAB\n* failed release, again in 1 s\nkick\n");
	sim_close(sim);
}

static void
a_walk_that_could_not_be_run_changes_nothing(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 100);
	sim_learn(sim);
	for (int n = 0; n < 5; n++) {
		sim_pass(sim, 10 * SEC);
		sim_expect(sim, SWEEP_LIST);
		sweep_not_run(&sim->sweep, SWEEP_LIST, &sim->now);
	}
	sim_run(sim, 60 * SEC);
	check_int("it is known still", sim->released, 1);
	sim_close(sim);
}

/* The start */

static void
both_kicks_come_first_when_asked_for(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sweep_kick(&sim->sweep);
	sim_run(sim, SEC);
	check_log("start", sim, "kick\npickup\nlist\n");
	sim_close(sim);
}

/* The end */

static void
a_stop_with_nothing_going_on_is_at_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sweep_command c;

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	assert_true(sweep_stop(&sim->sweep));
	sim_pass(sim, 3600 * SEC);
	check_bool("nothing is begun", sim_begin(sim, &c), false);
	check_int("nor waited for", sim_wait_ns(sim), -1);
	sim_close(sim);
}

static void
a_stop_waits_for_a_release_and_its_kick(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	assert_false(sweep_stop(&sim->sweep));
	sim_end(sim, SWEEP_RELEASE, true);
	assert_false(sweep_stop(&sim->sweep));
	sim_expect(sim, SWEEP_KICK_QMGR);
	assert_false(sweep_stop(&sim->sweep));
	sim_end(sim, SWEEP_KICK_QMGR, true);
	assert_true(sweep_stop(&sim->sweep));
	check_log("in order", sim, A_LEAVES);
	sim_close(sim);
}

static void
a_stop_does_not_wait_for_walks_and_reads(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 100);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_add(sim, 100);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_expect(sim, SWEEP_READ);
	sim_expect(sim, SWEEP_LIST);
	assert_true(sweep_stop(&sim->sweep));
	sim_close(sim);
}

static void
a_stop_waits_for_a_kick_that_is_tried_again(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim->failing[SWEEP_KICK_QMGR] = 1;
	sim_pass(sim, 10 * SEC);
	sim_settle(sim);
	assert_false(sweep_stop(&sim->sweep));
	sim_run(sim, SEC);
	assert_true(sweep_stop(&sim->sweep));
	check_log("two kicks", sim,
	    "release MAILAAA\n* released MAILAAA\nkick failed\n"
	    "* failed kick, again in 1 s\nkick\n");
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_message_that_spoils_keeps_no_other_back),
	    cmocka_unit_test(mail_that_is_due_later_is_not_kept_back_either),
	    cmocka_unit_test(many_that_spoil_are_tried_in_turn),
	    cmocka_unit_test(mail_that_spoils_and_leaves_is_forgotten),
	    cmocka_unit_test(mail_that_spoils_waits_while_it_is_paused),
	    cmocka_unit_test(what_could_not_be_run_is_all_tried_again),
	    cmocka_unit_test(a_release_that_was_killed_is_kicked_for),
	    cmocka_unit_test(a_walk_that_could_not_be_run_changes_nothing),
	    cmocka_unit_test(both_kicks_come_first_when_asked_for),
	    cmocka_unit_test(a_stop_with_nothing_going_on_is_at_once),
	    cmocka_unit_test(a_stop_waits_for_a_release_and_its_kick),
	    cmocka_unit_test(a_stop_does_not_wait_for_walks_and_reads),
	    cmocka_unit_test(a_stop_waits_for_a_kick_that_is_tried_again),
	};

	return cmocka_run_group_tests_name("sweep_spoil", tests, NULL, NULL);
}
