/* SPDX-License-Identifier: ISC */
/*
 * What walks show: departures, what stays, and other mail of the same id.
 */
#include "tests/unit/sweep_support.h"

#define A_LEAVES "release MAILAAA\n* released MAILAAA\nkick\n"

static void
a_departure_confirms_a_release(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim_run(sim, 5 * SEC);
	check_log("due", sim, A_LEAVES);
	sim_run(sim, 60 * SEC);
	check_log(
	    "and never again", sim, "list\nlist\nlist\nlist\nlist\nlist\n");
	sim_close(sim);
}

/* Without news the release is in doubt, and a walk comes at once. */
static void
a_walk_that_finds_it_elsewhere_confirms_a_release(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim->deaf = true;
	sim_run(sim, 6 * SEC);
	check_log(
	    "due", sim, "release MAILAAA\nkick\nlist\n* released MAILAAA\n");
	sim_close(sim);
}

static void
a_walk_that_misses_it_confirms_a_release(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim->deaf = true;
	sim_pass(sim, 5 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, true);
	sim->mail[0].queue = SIM_GONE;
	sim_run(sim, SEC);
	check_log("delivered", sim,
	    "release MAILAAA\nkick\nlist\n* released MAILAAA\n");
	sim_run(sim, 3600 * SEC);
	check_log("an hour later", sim, "list\n");
	sim_close(sim);
}

static void
a_late_departure_confirms_a_release(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim->deaf = true;
	sim_pass(sim, 5 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, true);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sim_settle(sim);
	check_log("told once", sim, A_LEAVES "list\n");
	sim_close(sim);
}

/* After how many walks each release came, read from what was written down. */
static int
find_tries(const struct sim *sim, int64_t *tries, int max)
{
	struct span rest = script_span(&sim->log);
	struct span line;
	int64_t walks = 0;
	int n = 0;

	while (span_cut(&rest, '\n', &line) && n < max) {
		walks += span_equal_str(line, "list");
		if (span_equal_str(line, "release MAILAAA"))
			tries[n++] = walks;
	}
	return n;
}

/* Counted in walks: 1, 1 or 2, 2 or 4 ... and 64 in the end. */
static void
what_stays_on_hold_is_tried_ever_more_rarely(void **state)
{
	enum { TRIES = 10 };
	struct sim *sim = sim_open("sweep_interval = 10s");
	int64_t tries[TRIES];

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim->stuck = true;
	sim_run(sim, 4000 * SEC);
	check_int("tries", find_tries(sim, tries, TRIES), TRIES);
	check_int("second: at the first walk", tries[1] - tries[0], 1);
	for (int i = 2; i < 8; i++)
		assert_true(tries[i] - tries[i - 1] == 1 << (i - 1) ||
		    tries[i] - tries[i - 1] == 1 << (i - 2));
	for (int i = 8; i < TRIES; i++)
		check_int("then at each 64th", tries[i] - tries[i - 1], 64);
	sim->stuck = false;
	sim_run(sim, 700 * SEC);
	check_int("in the end it leaves", sim->released, 1);
	sim_close(sim);
}

static void
what_stays_on_hold_is_told(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim->stuck = true;
	sim_pass(sim, 5 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, true);
	sim->stuck = false;
	sim_run(sim, SEC);
	check_log("twice", sim,
	    "release MAILAAA\nkick\nlist\n* still held MAILAAA\n" A_LEAVES);
	sim_close(sim);
}

/* Its lines may be older than the release. */
static void
a_walk_that_began_before_the_release_proves_nothing(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 15);
	sim_learn(sim);
	sim->deaf = true;
	sim_pass(sim, 15 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_expect(sim, SWEEP_LIST);
	sim_list(sim);
	sim_end(sim, SWEEP_RELEASE, true);
	sim->mail[0].queue = SIM_HOLD;
	sim_list(sim);
	sim->mail[0].queue = SIM_DEFERRED;
	sweep_end(&sim->sweep, SWEEP_LIST, true, &sim->now);
	sim_run(sim, SEC);
	check_log("the next walk tells", sim,
	    "release MAILAAA\nlist\nkick\nlist\n* released MAILAAA\n");
	sim_close(sim);
}

static const struct {
	const char *row;
	int64_t arrival_s; /* more than before */
	uint64_t size;
	bool is_new;
} reuses[] = {
    {"the same message", 0, 0, false},
    {"another size", 0, 1, true},
    {"another arrival", 1, 0, true},
    {"both", 7, 4000, true},
};

/* Its id is that of a message which we released. */
static void
other_mail_with_a_used_id_is_new(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reuses); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		struct sim_mail *m = sim_add(sim, 5);

		sim_learn(sim);
		sim_run(sim, 6 * SEC);
		sim->log.used = 0;
		m->queue = SIM_HOLD;
		m->facts.arrival_s += reuses[i].arrival_s;
		m->facts.created_s += reuses[i].arrival_s;
		m->facts.size += reuses[i].size;
		m->facts.own_latest_s += 10;
		sim_run(sim, 10 * SEC);
		check_log(reuses[i].row, sim,
		    reuses[i].is_new ? "list\nread MAILAAA\n" A_LEAVES
				     : "list\n");
		sim_close(sim);
	}
}

static void
other_mail_with_the_id_of_waiting_mail_is_new(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	m->facts.size++;
	m->facts.own_latest_s = SIM_START_S + 15;
	sim_run(sim, 20 * SEC);
	check_log(
	    "its own due time", sim, "list\nread MAILAAA\n" A_LEAVES "list\n");
	sim_close(sim);
}

static const struct {
	const char *row;
	int walks;
	bool forgotten;
} misses[] = {
    {"missed by no walk", 0, false},
    {"missed by one", 1, false},
    {"missed by two", 2, true},
    {"missed by three", 3, true},
};

static void
mail_that_two_walks_miss_is_forgotten(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(misses); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		struct sim_mail *m = sim_add(sim, 60);

		sim_learn(sim);
		m->queue = SIM_GONE;
		sim_run(sim, 10 * SEC * misses[i].walks);
		m->queue = SIM_HOLD;
		sim->log.used = 0;
		sim_run(sim, 10 * SEC);
		check_log(misses[i].row, sim,
		    misses[i].forgotten ? "list\nread MAILAAA\n" : "list\n");
		sim_run(sim, 60 * SEC - 10 * SEC * misses[i].walks);
		check_int(misses[i].row, sim->released, 1);
		sim_close(sim);
	}
}

static void
mail_that_left_by_another_s_hand_is_not_asked_for(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 60);
	sim_add(sim, 60);
	sim_learn(sim);
	sim->mail[0].queue = SIM_GONE;
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sim->mail[1].queue = SIM_GONE;
	sim_run(sim, 100 * SEC);
	check_int("no release", sim->commands[SWEEP_RELEASE], 0);
	check_int("no wish for one", sim->released, 0);
	check_int("nothing known", index_count(&sim->sweep.index), 0);
	sim_close(sim);
}

/* Without news only the walk tells that an administrator released it. */
static void
mail_that_a_walk_finds_elsewhere_is_not_asked_for(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 60);
	sim_learn(sim);
	sim->mail[0].queue = SIM_DEFERRED;
	sim_run(sim, 100 * SEC);
	check_int("no release", sim->commands[SWEEP_RELEASE], 0);
	check_int("none is claimed", sim->released, 0);
	sim_close(sim);
}

static void
a_failed_walk_changes_nothing(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 60);
	sim_learn(sim);
	sim->failing[SWEEP_LIST] = 5;
	sim_run(sim, 50 * SEC);
	check_log("walks", sim,
	    "list failed\n* failed list, again in 1 s\n"
	    "list failed\n* failed list, again in 2 s\n"
	    "list failed\n* failed list, again in 4 s\n"
	    "list failed\n* failed list, again in 8 s\n"
	    "list failed\n* failed list, again in 16 s\nlist\n");
	sim_run(sim, 10 * SEC);
	check_log("due", sim, "list\n" A_LEAVES);
	sim_close(sim);
}

/* Cut off after the first line, again and again: the rest is not gone. */
static void
a_cut_off_walk_forgets_nothing(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 1000);
	sim_add(sim, 1000);
	sim_learn(sim);
	for (int i = 0; i < 6; i++) {
		sim_pass(sim, 60 * SEC);
		sim_expect(sim, SWEEP_LIST);
		sim_list_one(sim, &sim->mail[0]);
		sweep_end(&sim->sweep, SWEEP_LIST, false, &sim->now);
	}
	sim_pass(sim, 1000 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	check_int(
	    "both are released", (int64_t)sim->in_flight[SWEEP_RELEASE].n, 2);
	sim_close(sim);
}

static void
walks_rest_nine_times_as_long_as_they_take(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_expect(sim, SWEEP_LIST);
	sim_pass(sim, SEC);
	sim_end(sim, SWEEP_LIST, true);
	check_int("a second: the interval", sim_wait_ns(sim), 10 * SEC);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_LIST);
	sim_pass(sim, 2 * SEC);
	sim_end(sim, SWEEP_LIST, true);
	check_int("two seconds: longer", sim_wait_ns(sim), 18 * SEC);
	sweep_want_walk(&sim->sweep);
	check_int("though one is wanted", sim_wait_ns(sim), 18 * SEC);
	sim_close(sim);
}

static void
a_wanted_walk_comes_soon_but_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_learn(sim);
	for (int i = 0; i < 10; i++)
		sweep_want_walk(&sim->sweep);
	check_int("soon", sim_wait_ns(sim), 200 * MSEC);
	sim_pass(sim, 200 * MSEC);
	sim_expect(sim, SWEEP_LIST);
	sweep_want_walk(&sim->sweep);
	sim_end(sim, SWEEP_LIST, true);
	sim_run(sim, 10 * SEC);
	check_log("one more for the wish while it ran", sim, "list\nlist\n");
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_departure_confirms_a_release),
	    cmocka_unit_test(a_walk_that_finds_it_elsewhere_confirms_a_release),
	    cmocka_unit_test(a_walk_that_misses_it_confirms_a_release),
	    cmocka_unit_test(a_late_departure_confirms_a_release),
	    cmocka_unit_test(what_stays_on_hold_is_tried_ever_more_rarely),
	    cmocka_unit_test(what_stays_on_hold_is_told),
	    cmocka_unit_test(
		a_walk_that_began_before_the_release_proves_nothing),
	    cmocka_unit_test(other_mail_with_a_used_id_is_new),
	    cmocka_unit_test(other_mail_with_the_id_of_waiting_mail_is_new),
	    cmocka_unit_test(mail_that_two_walks_miss_is_forgotten),
	    cmocka_unit_test(mail_that_left_by_another_s_hand_is_not_asked_for),
	    cmocka_unit_test(mail_that_a_walk_finds_elsewhere_is_not_asked_for),
	    cmocka_unit_test(a_failed_walk_changes_nothing),
	    cmocka_unit_test(a_cut_off_walk_forgets_nothing),
	    cmocka_unit_test(walks_rest_nine_times_as_long_as_they_take),
	    cmocka_unit_test(a_wanted_walk_comes_soon_but_once),
	};

	return cmocka_run_group_tests_name("sweep_walk", tests, NULL, NULL);
}
