/* SPDX-License-Identifier: ISC */
/*
 * More is due at once than is gathered in one go, and something comes in
 * between.
 */
#include "tests/unit/sweep_support.h"

enum {
	MAILS = 2000,
	DUE_S = 10, /* behind the start */
	TURNS_MAX = 100, /* of the engine's loop */
};

/* All of it is due, and the first portion is gathered. */
static struct sim *
open_gathering(const char *config)
{
	struct sim *sim = sim_open(config);
	struct sweep_command c;

	for (int n = 0; n < MAILS; n++)
		sim_add(sim, DUE_S);
	sim_learn(sim);
	sim_pass(sim, DUE_S * SEC);
	check_bool(
	    "not at once", sweep_next(&sim->sweep, &sim->now, &c), false);
	check_bool("there is more", sim->sweep.gathering.on, true);
	check_int("to be done now", sim_wait_ns(sim), 0);
	return sim;
}

static void
all_that_is_due_goes_by_one_command(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");
	struct sweep_command c;
	int turns = 0;

	(void)state;
	while (!sweep_next(&sim->sweep, &sim->now, &c) && turns < TURNS_MAX)
		turns++;
	check_bool("by portions", turns > 1, true);
	check_int("a release", c.verb, SWEEP_RELEASE);
	check_int("of all", (int64_t)c.n, MAILS);
	sim_close(sim);
}

static void
what_is_due_later_comes_along_when_its_moment_comes(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1d");
	struct sweep_command c;

	(void)state;
	for (int n = 0; n < MAILS; n++)
		sim_add(sim, DUE_S + n / (MAILS / 2));
	sim_learn(sim);
	sim_pass(sim, DUE_S * SEC);
	check_bool("gathering", sweep_next(&sim->sweep, &sim->now, &c), false);
	check_bool("one second", sim_begin(sim, &c), true);
	check_int("of it", (int64_t)c.n, MAILS / 2);
	sim_close(sim);
}

static void
a_pause_in_between_keeps_all(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");

	(void)state;
	sweep_pause(&sim->sweep, true);
	sim_run(sim, 60 * SEC);
	check_int("paused", sim->commands[SWEEP_RELEASE], 0);
	check_int("nothing is lost", sim->sweep.index.n_heap, MAILS);
	sweep_pause(&sim->sweep, false);
	sim_run(sim, SEC);
	check_int("resumed", sim->released, MAILS);
	check_int("at once", sim->commands[SWEEP_RELEASE], 1);
	sim_close(sim);
}

static void
a_stop_in_between_releases_nothing(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");

	(void)state;
	check_bool("it can end", sweep_stop(&sim->sweep), true);
	sim_run(sim, 60 * SEC);
	check_int("nothing", sim->commands[SWEEP_RELEASE], 0);
	sim_close(sim);
}

static void
a_clock_stepped_back_in_between_keeps_all(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");

	(void)state;
	sim_step_wall(sim, -5 * SEC);
	sim_run(sim, 4 * SEC);
	check_int("not yet due", sim->commands[SWEEP_RELEASE], 0);
	sim_run(sim, 2 * SEC);
	check_int("due", sim->released, MAILS);
	sim_close(sim);
}

/* The rules are read again, and the one that held it all is back. */
static void
a_reload_in_between_is_obeyed(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1d");
	struct sweep_command c;

	(void)state;
	for (int n = 0; n < MAILS; n++)
		sim_add_frozen(sim, "a");
	sweep_pause(&sim->sweep, true);
	sim_learn(sim);
	sweep_pause(&sim->sweep, false);
	check_bool("gathering", sweep_next(&sim->sweep, &sim->now, &c), false);
	check_bool("of it", sim->sweep.gathering.on, true);
	sim->rules = "a";
	sweep_reconsider(&sim->sweep);
	sim_run(sim, 60 * SEC);
	check_int("held again", sim->commands[SWEEP_RELEASE], 0);
	check_int("all", sweep_count_frozen(&sim->sweep, span_str("a")), MAILS);
	sim_close(sim);
}

/* By another hand: its id may be another message's by then. */
static void
what_leaves_in_between_is_not_named(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");
	struct sweep_command c;

	(void)state;
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	check_bool("a release", sim_begin(sim, &c), true);
	check_int("of the others", (int64_t)c.n, MAILS - 1);
	for (size_t i = 0; i < c.n; i++)
		check_bool("not of that one",
		    qid_equal(&c.ids[i], &sim->mail[0].id), false);
	sim_close(sim);
}

/* Nobody asked for it: it is not what we released. */
static void
what_leaves_in_between_is_not_ours(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");
	struct qid id = sim->sweep.releasing[0];

	(void)state;
	sweep_departed(&sim->sweep, &id, &sim->now);
	check_int("not told", sim->released, 0);
	check_int("not counted", (int64_t)sim->sweep.counts.released, 0);
	sim_close(sim);
}

/* The first that is gathered. */
static struct sim_mail *
gathered(struct sim *sim)
{
	struct sim_mail *m = sim_find(sim, &sim->sweep.releasing[0]);

	return m != NULL ? m : &sim->mail[0];
}

static void
check_not_named(struct sim *sim, const char *row, const struct sim_mail *m)
{
	struct sweep_command c;

	sim_list_one(sim, m);
	do
		check_bool(row, sim_begin(sim, &c), true);
	while (c.verb != SWEEP_RELEASE);
	check_int(row, (int64_t)c.n, MAILS - 1);
	for (size_t i = 0; i < c.n; i++)
		check_bool(row, qid_equal(&c.ids[i], &m->id), false);
}

/* Somebody has put it back on hold meanwhile, tried as it is. */
static void
what_a_walk_shows_as_tried_is_not_named(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");
	struct sim_mail *m = gathered(sim);

	(void)state;
	m->tried = true;
	check_not_named(sim, "tried", m);
	sim_close(sim);
}

/* Its id is another message's by now, which is not due. */
static void
what_a_walk_shows_as_another_one_is_not_named(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");
	struct sim_mail *m = gathered(sim);

	(void)state;
	m->facts.size += 1000;
	m->facts.arrival_s += 5;
	m->facts.own_latest_s += 86400;
	check_not_named(sim, "another one", m);
	sim_close(sim);
}

/* So few are young that all the old ones would be looked at for them. */
static void
young_mail_does_not_wait_for_all_that_is_old(void **state)
{
	enum { MANY = SWEEP_IDS_MAX + 700, YOUNG = 10 };
	struct sim *sim = sim_open("sweep_interval = 1d");
	struct sweep_command c = {.n = 0};
	bool released = false;

	(void)state;
	sweep_pause(&sim->sweep, true);
	for (int n = 0; n < MANY; n++) {
		struct sim_mail *m = sim_add(sim, DUE_S);

		if (n % (MANY / YOUNG) != 0) {
			m->facts.created_s -= 3 * 86400;
			m->facts.arrival_s -= 3 * 86400;
		}
	}
	sim_learn(sim);
	sim_pass(sim, DUE_S * SEC);
	sweep_pause(&sim->sweep, false);
	for (int turn = 0; turn < TURNS_MAX && !released; turn++)
		while (!released && sweep_next(&sim->sweep, &sim->now, &c))
			released = c.verb == SWEEP_RELEASE;
	check_bool("a release", released, true);
	check_bool(
	    "before all were looked at", sim->sweep.index.n_heap > 0, true);
	sim_close(sim);
}

static void
all_may_leave_in_between(void **state)
{
	struct sim *sim = open_gathering("sweep_interval = 1d");

	(void)state;
	for (int n = 0; n < MAILS; n++)
		sweep_departed(&sim->sweep, &sim->mail[n].id, &sim->now);
	sim_run(sim, SEC);
	check_int("no command", sim->commands[SWEEP_RELEASE], 0);
	sim_close(sim);
}

/* A portion costs nothing if it does not leave. */
static void
a_rate_counts_what_leaves(void **state)
{
	struct sim *sim =
	    open_gathering("sweep_interval = 1d\nrelease_rate = 2000");
	int64_t cost_ns = SEC / 2000;

	(void)state;
	check_bool("it has its price", sim->sweep.credit_ns < SEC, true);
	sweep_pause(&sim->sweep, true);
	check_int("given back", sim->sweep.credit_ns, SEC);
	sweep_pause(&sim->sweep, false);
	sim_settle(sim);
	check_int("all", sim->released, MAILS);
	check_bool("is spent", sim->sweep.credit_ns < cost_ns, true);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_that_is_due_goes_by_one_command),
	    cmocka_unit_test(
		what_is_due_later_comes_along_when_its_moment_comes),
	    cmocka_unit_test(a_pause_in_between_keeps_all),
	    cmocka_unit_test(a_stop_in_between_releases_nothing),
	    cmocka_unit_test(a_clock_stepped_back_in_between_keeps_all),
	    cmocka_unit_test(a_reload_in_between_is_obeyed),
	    cmocka_unit_test(what_leaves_in_between_is_not_named),
	    cmocka_unit_test(what_leaves_in_between_is_not_ours),
	    cmocka_unit_test(what_a_walk_shows_as_tried_is_not_named),
	    cmocka_unit_test(what_a_walk_shows_as_another_one_is_not_named),
	    cmocka_unit_test(young_mail_does_not_wait_for_all_that_is_old),
	    cmocka_unit_test(all_may_leave_in_between),
	    cmocka_unit_test(a_rate_counts_what_leaves),
	};

	return cmocka_run_group_tests_name("sweep_gather", tests, NULL, NULL);
}
