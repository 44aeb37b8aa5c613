/* SPDX-License-Identifier: ISC */
/*
 * A scheduler that only looks.
 */
#include "tests/unit/sweep_support.h"

static struct sim *
open_look(const char *config)
{
	struct sim *sim = sim_open(config);

	sweep_look_only(&sim->sweep);
	return sim;
}

static void
check_sight(const char *row, const struct sim *sim, enum sweep_sight want)
{
	check_int(row, sweep_sight(&sim->sweep), want);
}

static void
it_walks_and_reads_and_nothing_leaves(void **state)
{
	struct sim *sim = open_look("sweep_interval = 60s");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 10)->facts.created_s -= 2 * 86400;
	sim_add_frozen(sim, "a");
	sweep_kick(&sim->sweep);
	sim_run(sim, 100 * SEC);
	check_log("no kick, no release", sim,
	    "list\nread MAILAAA MAILAAB MAILAAC\n"
	    "* rule gone MAILAAC a at once\nlist\n");
	check_int(
	    "all is known", (int64_t)sweep_postponed_total(&sim->sweep), 3);
	check_bool("it may stop at once", sweep_stop(&sim->sweep), true);
	check_int("and waits for nothing", sim_wait_ns(sim), -1);
	sim_close(sim);
}

static void
it_has_looked_when_all_is_read(void **state)
{
	struct sim *sim = open_look("sweep_interval = 60s");

	(void)state;
	for (int i = 0; i < SWEEP_READ_MAX + 1; i++)
		sim_add(sim, 10);
	check_sight("at the start", sim, SWEEP_LOOKING);
	sim_expect(sim, SWEEP_LIST);
	check_sight("walking", sim, SWEEP_LOOKING);
	sim_list(sim);
	sim_expect(sim, SWEEP_READ);
	sim_end(sim, SWEEP_READ, true);
	check_sight("some are read before the walk ends", sim, SWEEP_LOOKING);
	sweep_end(&sim->sweep, SWEEP_LIST, true, &sim->now);
	check_sight("one is to be read", sim, SWEEP_LOOKING);
	sim_expect(sim, SWEEP_READ);
	check_sight("it is being read", sim, SWEEP_LOOKING);
	sim_end(sim, SWEEP_READ, true);
	check_sight("all is read", sim, SWEEP_LOOKED);
	sim_close(sim);
}

static void
an_empty_queue_is_soon_looked_at(void **state)
{
	struct sim *sim = open_look("");

	(void)state;
	sim_settle(sim);
	check_sight("walked", sim, SWEEP_LOOKED);
	sim_close(sim);
}

static void
unreadable_files_are_not_waited_for(void **state)
{
	struct sim *sim = open_look("sweep_interval = 60s");

	(void)state;
	for (int i = 0; i < 20; i++)
		sim_add(sim, 10)->bad = i % 7 == 0;
	sim->mail[13].blank = true;
	sim_settle(sim);
	check_sight("at once", sim, SWEEP_LOOKED);
	check_int("the others are known",
	    (int64_t)sweep_postponed_total(&sim->sweep), 16);
	sim_close(sim);
}

/* One has left since the walk. */
static void
departures_are_not_waited_for(void **state)
{
	struct sim *sim = open_look("sweep_interval = 60s");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 10);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim->mail[1].queue = SIM_GONE;
	sweep_departed(&sim->sweep, &sim->mail[1].id, &sim->now);
	sim_settle(sim);
	check_sight("looked", sim, SWEEP_LOOKED);
	sim_close(sim);
}

static void
it_is_blind_when_the_first_walk_fails(void **state)
{
	struct sim *sim = open_look("sweep_interval = 10s");

	(void)state;
	sim->failing[SWEEP_LIST] = 1;
	sim_settle(sim);
	check_sight("failed", sim, SWEEP_BLIND);
	sim_run(sim, SEC);
	check_sight("the next one did not", sim, SWEEP_LOOKED);
	sim->failing[SWEEP_LIST] = 1;
	sim_run(sim, 10 * SEC);
	check_sight("what was seen was seen", sim, SWEEP_LOOKED);
	sim_close(sim);
}

static void
it_is_blind_when_a_walk_cannot_be_run(void **state)
{
	struct sim *sim = open_look("");

	(void)state;
	sim_expect(sim, SWEEP_LIST);
	sweep_not_run(&sim->sweep, SWEEP_LIST, &sim->now);
	check_sight("not run", sim, SWEEP_BLIND);
	sim_close(sim);
}

static void
it_is_blind_when_nothing_can_be_read(void **state)
{
	struct sim *sim = open_look("sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < 1000; i++)
		sim_add(sim, 10);
	sim->failing[SWEEP_READ] = 1000;
	sim_settle(sim);
	check_sight("no read succeeds", sim, SWEEP_BLIND);
	sim_close(sim);
}

static void
it_is_blind_when_a_read_cannot_be_run(void **state)
{
	struct sim *sim = open_look("");

	(void)state;
	sim_add(sim, 10);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_READ);
	sweep_not_run(&sim->sweep, SWEEP_READ, &sim->now);
	check_sight("not run", sim, SWEEP_BLIND);
	sim_run(sim, SEC);
	check_sight("the next one was", sim, SWEEP_LOOKED);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_walks_and_reads_and_nothing_leaves),
	    cmocka_unit_test(it_has_looked_when_all_is_read),
	    cmocka_unit_test(an_empty_queue_is_soon_looked_at),
	    cmocka_unit_test(unreadable_files_are_not_waited_for),
	    cmocka_unit_test(departures_are_not_waited_for),
	    cmocka_unit_test(it_is_blind_when_the_first_walk_fails),
	    cmocka_unit_test(it_is_blind_when_a_walk_cannot_be_run),
	    cmocka_unit_test(it_is_blind_when_nothing_can_be_read),
	    cmocka_unit_test(it_is_blind_when_a_read_cannot_be_run),
	};

	return cmocka_run_group_tests_name("sweep_look", tests, NULL, NULL);
}
