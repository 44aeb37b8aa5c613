/* SPDX-License-Identifier: ISC */
/*
 * Mail that is not ours, or not any more: it stays.
 */
#include "tests/unit/sweep_support.h"

#define A_LEAVES "release MAILAAA\n* released MAILAAA\nkick\n"

static const struct {
	const char *row;
	bool tried;
	bool inotify;
} held_again[] = {
    {"before it was tried, without news", false, false},
    {"before it was tried, with news", false, true},
    {"after it was tried, without news", true, false},
    {"after it was tried, with news", true, true},
};

static void
what_was_released_and_is_held_again_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(held_again); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		struct sim_mail *m = sim_add(sim, 5);

		sim_learn(sim);
		sim_run(sim, 25 * SEC);
		check_log(held_again[i].row, sim, A_LEAVES "list\nlist\n");
		m->queue = SIM_HOLD;
		m->tried = held_again[i].tried;
		if (held_again[i].inotify)
			sweep_arrived(&sim->sweep, &m->id);
		sim_run(sim, 50 * SEC);
		check_log(
		    held_again[i].row, sim, "list\nlist\nlist\nlist\nlist\n");
		sim_close(sim);
	}
}

/*
 * A release in doubt, and the walk shows the message on hold and tried: it has
 * left since, and somebody put it back.
 */
static void
what_is_held_again_before_a_walk_stays_when_it_was_tried(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 5);
	sim_learn(sim);
	sim->deaf = true;
	sim_pass(sim, 5 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, true);
	sim->mail[0].queue = SIM_HOLD;
	sim->mail[0].tried = true;
	sim_run(sim, 100 * SEC);
	check_int("released once", sim->commands[SWEEP_RELEASE], 1);
	sim_close(sim);
}

/* While its requeue waits for another try it is released, tried, held. */
static void
mail_to_requeue_that_turns_out_to_be_tried_stays(void **state)
{
	struct sim *sim =
	    sim_open("sweep_interval = 1s\nrelease_method = requeue");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim->failing[SWEEP_REQUEUE] = 3;
	sim_run(sim, 13 * SEC);
	sim->mail[0].tried = true;
	sim->log.used = 0;
	sim_run(sim, 60 * SEC);
	check_int("requeues", sim->commands[SWEEP_REQUEUE], 3);
	check_int("released", sim->released, 0);
	sim_close(sim);
}

/*
 * The release fails, or cannot be started, and meanwhile a walk shows that
 * somebody had tried it.
 */
static void
mail_in_flight_that_turns_out_to_be_tried_stays(void **state)
{
	(void)state;
	for (int started = 0; started <= 1; started++) {
		struct sim *sim = sim_open("sweep_interval = 10s");

		sim_add(sim, 10);
		sim_learn(sim);
		sim_pass(sim, 10 * SEC);
		sim_expect(sim, SWEEP_RELEASE);
		sim->mail[0].tried = true;
		sim_expect(sim, SWEEP_LIST);
		sim_end(sim, SWEEP_LIST, true);
		if (started)
			sim_end(sim, SWEEP_RELEASE, false);
		else
			sweep_not_run(&sim->sweep, SWEEP_RELEASE, &sim->now);
		sim_run(sim, 100 * SEC);
		check_int(started ? "it failed" : "it could not be started",
		    sim->commands[SWEEP_RELEASE], 1);
		sim_close(sim);
	}
}

/* The same while it stands aside, as its own release fails. */
static void
mail_that_is_held_up_and_turns_out_to_be_tried_stays(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1s");
	unsigned releases;

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim->failing[SWEEP_RELEASE] = 4;
	sim_run(sim, 20 * SEC);
	releases = sim->commands[SWEEP_RELEASE];
	sim->mail[0].tried = true;
	sim_run(sim, 300 * SEC);
	check_int("no other try", sim->commands[SWEEP_RELEASE], releases);
	check_int("released", sim->released, 0);
	sim_close(sim);
}

static void
other_mail_with_the_id_of_foreign_mail_is_new(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, -200);

	(void)state;
	sim_settle(sim);
	check_log("foreign", sim, "list\nread MAILAAA\n* foreign MAILAAA\n");
	m->facts.size++;
	m->facts.own_latest_s = SIM_START_S + 15;
	sim_run(sim, 16 * SEC);
	check_log("ours", sim, "list\nread MAILAAA\n" A_LEAVES);
	sim_close(sim);
}

static void
foreign_mail_is_not_told_twice_unless_judged_anew(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 10)->tried = true;
	sim_run(sim, 35 * SEC);
	check_log("told once", sim,
	    "list\nread MAILAAA\n* foreign MAILAAA\nlist\nlist\nlist\n");
	sim_close(sim);
}

static void
foreign_mail_without_a_date_is_not_told(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10)->facts.own_latest_s = FACTS_NO_DATE;
	sim_run(sim, 60 * SEC);
	check_log("quiet", sim, "list\nread MAILAAA\n");
	sim_close(sim);
}

static const struct {
	const char *row;
	int n; /* messages of that command */
	bool news;
} failed_but_done[] = {
    {"alone, with news", 1, true},
    {"alone, by a walk", 1, false},
    {"with another, with news", 2, true},
    {"with another, by a walk", 2, false},
};

/*
 * A command releases it, and dies without having said so. What the next walk
 * or the news tell of it is our deed, so that it is not released once more when
 * somebody puts it on hold.
 */
static void
what_a_command_that_failed_released_is_not_released_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(failed_but_done); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		uint64_t releases;

		for (int j = 0; j < failed_but_done[i].n; j++)
			sim_add(sim, 5);
		sim_learn(sim);
		sim_pass(sim, 5 * SEC);
		sim_expect(sim, SWEEP_RELEASE);
		for (int j = 0; j < failed_but_done[i].n; j++)
			sim->mail[j].queue = SIM_DEFERRED;
		sim_end(sim, SWEEP_RELEASE, false);
		for (int j = 0;
		     failed_but_done[i].news && j < failed_but_done[i].n; j++)
			sweep_departed(
			    &sim->sweep, &sim->mail[j].id, &sim->now);
		sim->failing[SWEEP_RELEASE] = 1000;
		sim_run(sim, 12 * SEC);
		sim->failing[SWEEP_RELEASE] = 0;
		releases = sim->commands[SWEEP_RELEASE];
		for (int j = 0; j < failed_but_done[i].n; j++) {
			sim->mail[j].queue = SIM_HOLD;
			sweep_arrived(&sim->sweep, &sim->mail[j].id);
		}
		sim_run(sim, 100 * SEC);
		check_int(failed_but_done[i].row,
		    (int64_t)sim->commands[SWEEP_RELEASE], (int64_t)releases);
		sim_close(sim);
	}
}

/* The rules change during a read, and then a walk shows what is being read. */
static void
mail_that_is_read_and_turns_out_to_be_tried_stays(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_READ);
	sim->mail[0].tried = true;
	sim_pass(sim, 1 * SEC);
	sweep_reconsider(&sim->sweep);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_end(sim, SWEEP_READ, true);
	sim_run(sim, 60 * SEC);
	check_int("releases", (int64_t)sim->commands[SWEEP_RELEASE], 0);
	sim_close(sim);
}

/*
 * While it is read it is removed, and another one gets its id, as a walk shows;
 * then the read tells of the former one, which was due.
 */
static void
a_read_of_mail_that_was_replaced_is_not_believed(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = sim_add(sim, 5);
	struct facts former = m->facts;

	(void)state;
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_READ);
	sim_pass(sim, 20 * SEC);
	m->facts.arrival_s += 15;
	m->facts.created_s = m->facts.arrival_s;
	m->facts.own_latest_s += 1000;
	sweep_want_walk(&sim->sweep);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sweep_read(&sim->sweep, &m->id, &former, &sim->now);
	sweep_end(&sim->sweep, SWEEP_READ, true, &sim->now);
	sim_run(sim, 60 * SEC);
	check_int("releases", (int64_t)sim->commands[SWEEP_RELEASE], 0);
	sim_run(sim, 1000 * SEC);
	check_int("at its moment", sim->released, 1);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_read_of_mail_that_was_replaced_is_not_believed),
	    cmocka_unit_test(what_was_released_and_is_held_again_stays),
	    cmocka_unit_test(
		what_a_command_that_failed_released_is_not_released_again),
	    cmocka_unit_test(mail_that_is_read_and_turns_out_to_be_tried_stays),
	    cmocka_unit_test(
		what_is_held_again_before_a_walk_stays_when_it_was_tried),
	    cmocka_unit_test(mail_to_requeue_that_turns_out_to_be_tried_stays),
	    cmocka_unit_test(mail_in_flight_that_turns_out_to_be_tried_stays),
	    cmocka_unit_test(
		mail_that_is_held_up_and_turns_out_to_be_tried_stays),
	    cmocka_unit_test(other_mail_with_the_id_of_foreign_mail_is_new),
	    cmocka_unit_test(foreign_mail_is_not_told_twice_unless_judged_anew),
	    cmocka_unit_test(foreign_mail_without_a_date_is_not_told),
	};

	return cmocka_run_group_tests_name("sweep_foreign", tests, NULL, NULL);
}
