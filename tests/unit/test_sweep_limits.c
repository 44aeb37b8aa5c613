/* SPDX-License-Identifier: ISC */
/*
 * How much at once, the rate, the pause, requeues, and new settings.
 */
#include "tests/unit/sweep_support.h"

#define A_LEAVES "release MAILAAA\n* released MAILAAA\nkick\n"

/* Old enough for a requeue: more than a quarter of the queue life. */
static struct sim_mail *
add_old(struct sim *sim, int64_t due_s)
{
	struct sim_mail *m = sim_add(sim, due_s);

	m->facts.arrival_s -= 2 * 86400;
	m->facts.created_s -= 2 * 86400;
	return m;
}

static void
four_commands_run_at_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sweep_command c;

	(void)state;
	sim_add(sim, 9);
	add_old(sim, 9);
	sim_add(sim, 20);
	sim_learn(sim);
	sim_add(sim, 100);
	sweep_arrived(&sim->sweep, &sim->mail[3].id);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_expect(sim, SWEEP_REQUEUE);
	sim_expect(sim, SWEEP_READ);
	sim_expect(sim, SWEEP_LIST);
	sim_pass(sim, 10 * SEC);
	check_bool("not two of one kind", sim_begin(sim, &c), false);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_KICK_QMGR);
	check_bool("not five", sim_begin(sim, &c), false);
	check_int("and no alarm", sim_wait_ns(sim), -1);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_RELEASE);
	check_bool("not five again", sim_begin(sim, &c), false);
	sim_close(sim);
}

static void
each_verb_runs_once_at_a_time(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sweep_command c;

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 11);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_pass(sim, SEC);
	check_bool("nothing", sim_begin(sim, &c), false);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_expect(sim, SWEEP_RELEASE);
	sim_close(sim);
}

enum { RATE_MAILS = 1500 };

/* Messages a second, over ten seconds, all due at once. */
static const struct {
	const char *row;
	const char *config;
	unsigned least;
	unsigned most;
} rates[] = {
    {"no limit", "release_rate = 0", RATE_MAILS, RATE_MAILS},
    {"one", "release_rate = 1", 9, 11},
    {"ten", "release_rate = 10", 95, 110},
    {"ninety-nine", "release_rate = 99", 950, 1089},
    {"a hundred and twenty", "release_rate = 120", 1150, 1320},
    {"more than there are", "release_rate = 1000000", RATE_MAILS, RATE_MAILS},
};

static void
a_rate_is_kept_over_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		struct sim *sim = sim_open(rates[i].config);

		for (int n = 0; n < RATE_MAILS; n++)
			sim_add(sim, 10);
		sim_learn(sim);
		sim_run(sim, 9500 * MSEC + SIM_TICK_NS - 1);
		check_int(rates[i].row, sim->released, 0);
		for (int s = 0; s < 10; s++) {
			sim_run(sim, SEC);
			sim->log.used = 0;
		}
		check_bool(rates[i].row, sim->released >= rates[i].least, true);
		check_bool(rates[i].row, sim->released <= rates[i].most, true);
		sim_close(sim);
	}
}

/* A second's worth may go at once, however long nothing was due. */
static void
idle_time_is_no_credit(void **state)
{
	struct sim *sim = sim_open("release_rate = 10\nsweep_interval = 1d");

	(void)state;
	for (int n = 0; n < 100; n++)
		sim_add(sim, 3600);
	sim_learn(sim);
	sim_pass(sim, 3600 * SEC);
	sim_settle(sim);
	check_int("at once", sim->released, 10);
	sim_run(sim, SEC);
	check_int("after a second", sim->released, 20);
	sim_close(sim);
}

static void
requeues_count_for_the_rate(void **state)
{
	struct sim *sim = sim_open("release_rate = 10\nsweep_interval = 1d");

	(void)state;
	for (int n = 0; n < 100; n++)
		n % 2 == 0 ? add_old(sim, 10) : sim_add(sim, 10);
	sim_learn(sim);
	sim_run(sim, 9500 * MSEC + SIM_TICK_NS);
	check_bool("at once", sim->released <= 10, true);
	sim_run(sim, 5 * SEC);
	check_bool("after five seconds", sim->released <= 60, true);
	check_bool("not slower", sim->released >= 50, true);
	sim_run(sim, 6 * SEC);
	check_int("in the end", sim->released, 100);
	sim_close(sim);
}

static void
nothing_leaves_while_it_is_paused(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	add_old(sim, 10);
	sim_learn(sim);
	sim->sweep.paused = true;
	sim_add(sim, 20);
	sweep_arrived(&sim->sweep, &sim->mail[2].id);
	sim_run(sim, 60 * SEC);
	check_log("mail is read, and stays", sim, "read MAILAAC\n");
	sim->sweep.paused = false;
	sim_settle(sim);
	check_int("all leaves", sim->released, 3);
	sim_close(sim);
}

static void
a_pause_stops_what_is_to_be_requeued(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	add_old(sim, 10);
	sim_learn(sim);
	sim->failing[SWEEP_REQUEUE] = 1;
	sim_run(sim, 10 * SEC);
	sim->sweep.paused = true;
	sim->log.used = 0;
	sim_run(sim, 60 * SEC);
	check_log("paused", sim, "");
	sim->sweep.paused = false;
	sim_run(sim, SEC);
	check_int("resumed", sim->released, 1);
	sim_close(sim);
}

static void
old_mail_is_requeued_and_pickup_kicked(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	add_old(sim, 9);
	sim_add(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_run(sim, SEC);
	check_log("both ways", sim,
	    "release MAILAAB\n* released MAILAAB\nkick\n"
	    "requeue MAILAAA\n* released MAILAAA\npickup\n");
	sim_close(sim);
}

static const struct {
	const char *row;
	bool filtered;
	bool ahead; /* a date that does not count lies ahead */
	bool unsafe;
	const char *want;
} kept[] = {
    {"nothing against it", false, false, false,
	"requeue MAILAAA\n* released MAILAAA\npickup\n"},
    {"it has a content filter", true, false, false, "* old MAILAAA\n" A_LEAVES},
    {"a header lies ahead", false, true, false, "* old MAILAAA\n" A_LEAVES},
    {"somebody would get it twice", false, false, true,
	"* old MAILAAA\n" A_LEAVES},
};

static void
old_mail_that_cannot_be_requeued_is_told_and_released(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct sim_mail *m = add_old(sim, 10);

		m->facts.filtered = kept[i].filtered;
		m->facts.unreadable_date = kept[i].ahead;
		sim->sweep.o.postfix.requeue_safe = !kept[i].unsafe;
		sim_learn(sim);
		sim_pass(sim, 10 * SEC);
		sim_settle(sim);
		check_log(kept[i].row, sim, kept[i].want);
		sim_close(sim);
	}
}

static void
a_failed_requeue_is_tried_again(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	add_old(sim, 10);
	sim_learn(sim);
	sim->failing[SWEEP_REQUEUE] = 2;
	sim_run(sim, 20 * SEC);
	check_log("three times", sim,
	    "requeue MAILAAA failed\n* failed requeue, again in 1 s\npickup\n"
	    "requeue MAILAAA failed\n* failed requeue, again in 2 s\npickup\n"
	    "requeue MAILAAA\n* released MAILAAA\npickup\n");
	sim_close(sim);
}

/* Killed, it has moved some of its mail, and nobody has told the daemon. */
static void
a_requeue_that_was_killed_is_kicked_for(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	add_old(sim, 10);
	add_old(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_REQUEUE);
	sim->mail[0].queue = SIM_GONE;
	sweep_not_run(&sim->sweep, SWEEP_REQUEUE, &sim->now);
	sim_settle(sim);
	check_log("the kick", sim,
	    "requeue MAILAAA MAILAAB\n* failed requeue, again in 1 s\n"
	    "pickup\n");
	sim_close(sim);
}

/* The runner refuses a requeue while Postfix's settings are read anew. */
static void
a_requeue_that_became_unsafe_is_a_release(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	add_old(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_REQUEUE);
	sim->sweep.o.postfix.requeue_safe = false;
	sweep_not_run(&sim->sweep, SWEEP_REQUEUE, &sim->now);
	sim_settle(sim);
	check_log("released", sim,
	    "requeue MAILAAA\n* failed requeue, again in 1 s\npickup\n"
	    "* old MAILAAA\n" A_LEAVES);
	sim_close(sim);
}

/* While its requeue waits for another try the clock is set. */
static void
mail_to_requeue_waits_for_a_clock_that_was_stepped_back(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 12h");

	(void)state;
	add_old(sim, 10);
	sim_learn(sim);
	sim->failing[SWEEP_REQUEUE] = 1;
	sim_run(sim, 10 * SEC);
	sim_step_wall(sim, -3600 * SEC);
	sim->log.used = 0;
	sim_run(sim, 3599 * SEC);
	check_log("not yet", sim, "");
	sim_run(sim, SEC);
	check_log(
	    "due again", sim, "requeue MAILAAA\n* released MAILAAA\npickup\n");
	sim_close(sim);
}

static void
settings_that_change_are_judged_at_once(void **state)
{
	struct sim *sim = sim_open("permit_postpone = local");

	(void)state;
	sim_add(sim, 10)->facts.remote = true;
	sim_add(sim, 10);
	sim_settle(sim);
	check_log("one is foreign", sim,
	    "list\nread MAILAAA MAILAAB\n* foreign MAILAAA\n");
	load_settings(&sim->settings, "permit_postpone = any");
	sweep_reconsider(&sim->sweep);
	sim_run(sim, SEC);
	check_log("read again", sim, "list\nread MAILAAA MAILAAB\n");
	load_settings(&sim->settings, "veto_headers = X-V");
	sim->mail[1].facts.vetoed = true;
	sweep_reconsider(&sim->sweep);
	sim_run(sim, 9 * SEC);
	check_log("the other one is foreign", sim,
	    "list\nread MAILAAA MAILAAB\n* foreign MAILAAB\n" A_LEAVES);
	sim_close(sim);
}

/* I3: what left by our hand is never released again. */
static void
released_mail_is_not_judged_anew(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim_run(sim, 6 * SEC);
	sim->log.used = 0;
	sim->mail[0].queue = SIM_HOLD;
	sweep_reconsider(&sim->sweep);
	sim_run(sim, SEC);
	check_log("held again by somebody", sim, "list\n");
	sim_close(sim);
}

static void
new_settings_during_a_release_do_not_release_twice(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim->deaf = true;
	sim_pass(sim, 5 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sweep_reconsider(&sim->sweep);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_RELEASE, true);
	sim->mail[0].queue = SIM_HOLD;
	sim_list(sim);
	sim->mail[0].queue = SIM_DEFERRED;
	sweep_end(&sim->sweep, SWEEP_LIST, true, &sim->now);
	sim_run(sim, SEC);
	check_log("its lines were older than the release", sim,
	    "release MAILAAA\nlist\nkick\nlist\n* released MAILAAA\n");
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(four_commands_run_at_once),
	    cmocka_unit_test(each_verb_runs_once_at_a_time),
	    cmocka_unit_test(a_rate_is_kept_over_time),
	    cmocka_unit_test(idle_time_is_no_credit),
	    cmocka_unit_test(requeues_count_for_the_rate),
	    cmocka_unit_test(nothing_leaves_while_it_is_paused),
	    cmocka_unit_test(a_pause_stops_what_is_to_be_requeued),
	    cmocka_unit_test(old_mail_is_requeued_and_pickup_kicked),
	    cmocka_unit_test(
		old_mail_that_cannot_be_requeued_is_told_and_released),
	    cmocka_unit_test(a_failed_requeue_is_tried_again),
	    cmocka_unit_test(a_requeue_that_was_killed_is_kicked_for),
	    cmocka_unit_test(a_requeue_that_became_unsafe_is_a_release),
	    cmocka_unit_test(
		mail_to_requeue_waits_for_a_clock_that_was_stepped_back),
	    cmocka_unit_test(settings_that_change_are_judged_at_once),
	    cmocka_unit_test(released_mail_is_not_judged_anew),
	    cmocka_unit_test(
		new_settings_during_a_release_do_not_release_twice),
	};

	return cmocka_run_group_tests_name("sweep_limits", tests, NULL, NULL);
}
