/* SPDX-License-Identifier: ISC */
/*
 * The numbers of the scheduler: what is on hold, and what it did.
 */
#include "tests/unit/sweep_support.h"

struct want {
	int64_t waiting, bytes, frozen, overdue, oldest_s, next_s, foreign,
	    unreadable, unread;
};

/* Moments are behind the start; 0 is none. */
static int64_t
behind_start(int64_t s)
{
	return s == 0 ? 0 : s - SIM_START_S;
}

static void
check_survey(const char *row, struct sim *sim, struct want want)
{
	struct sweep_survey got =
	    sim_survey(sim, clock_floor_s(sim->now.wall_ns));

	check_int(row, (int64_t)got.waiting, want.waiting);
	check_int(row, (int64_t)got.waiting_bytes, want.bytes);
	check_int(row, (int64_t)got.frozen, want.frozen);
	check_int(row, (int64_t)got.overdue, want.overdue);
	check_int(row, behind_start(got.oldest_due_s), want.oldest_s);
	check_int(row, behind_start(got.next_due_s), want.next_s);
	check_int(row, (int64_t)got.foreign, want.foreign);
	check_int(row, (int64_t)got.unreadable, want.unreadable);
	check_int(row, (int64_t)got.unread, want.unread);
}

static void
all_kinds_are_counted(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	check_survey("nothing", sim, (struct want){0});
	sim_add(sim, 30)->facts.size = 1000;
	sim_add(sim, 20)->facts.size = 50;
	sim_add(sim, 40)->facts.vetoed = true;
	sim_add(sim, 0)->facts.own_latest_s = FACTS_NO_DATE;
	sim->rules = "a";
	sim_add_frozen(sim, "a");
	sim_add(sim, 10)->blank = true;
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	check_survey("to be read", sim, (struct want){.unread = 6});
	sim_expect(sim, SWEEP_READ);
	check_survey("being read", sim, (struct want){.unread = 6});
	sim_end(sim, SWEEP_READ, true);
	check_survey("read", sim,
	    (struct want){.waiting = 2,
		.bytes = 1050,
		.frozen = 1,
		.next_s = 20,
		.foreign = 1,
		.unreadable = 1});
	sim_close(sim);
}

/* In each state in which mail waits, or leaves. */
static void
what_leaves_is_waiting_until_it_has_left(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10)->facts.size = 7;
	sim_learn(sim);
	sim->deaf = true;
	sim_pass(sim, 9 * SEC);
	check_survey("a second ahead", sim,
	    (struct want){.waiting = 1, .bytes = 7, .next_s = 10});
	sim_pass(sim, SEC);
	check_survey(
	    "in its second", sim, (struct want){.waiting = 1, .bytes = 7});
	sim_pass(sim, SEC);
	check_survey("its second is over", sim,
	    (struct want){
		.waiting = 1, .bytes = 7, .overdue = 1, .oldest_s = 10});
	sim_expect(sim, SWEEP_RELEASE);
	check_survey("being released", sim,
	    (struct want){
		.waiting = 1, .bytes = 7, .overdue = 1, .oldest_s = 10});
	sim_end(sim, SWEEP_RELEASE, true);
	check_survey("not confirmed", sim,
	    (struct want){
		.waiting = 1, .bytes = 7, .overdue = 1, .oldest_s = 10});
	sim_run(sim, SEC);
	check_survey("released", sim, (struct want){0});
	sim_close(sim);
}

static void
the_oldest_and_the_next_are_found(void **state)
{
	static const int64_t dues[] = {50, 5, 3, 8, 40, 60, 4};
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(dues); i++)
		sim_add(sim, dues[i])->facts.size = 1;
	sim_learn(sim);
	sweep_pause(&sim->sweep, true);
	sim_run(sim, 20 * SEC);
	check_survey("paused", sim,
	    (struct want){.waiting = 7,
		.bytes = 7,
		.overdue = 4,
		.oldest_s = 3,
		.next_s = 40});
	sim_run(sim, 80 * SEC);
	check_survey("all are overdue", sim,
	    (struct want){
		.waiting = 7, .bytes = 7, .overdue = 7, .oldest_s = 3});
	sweep_pause(&sim->sweep, false);
	sim_run(sim, SEC);
	check_survey("resumed", sim, (struct want){0});
	sim_close(sim);
}

/* What stands aside, and what is to be read once more. */
static void
mail_that_stands_aside_is_counted(void **state)
{
	struct sim *sim = sim_open("release_method = requeue\n"
				   "sweep_interval = 1h\nrelease_rate = 1");

	(void)state;
	sim_add(sim, 1)->spoils = true;
	sim_learn(sim);
	sim_run(sim, 100 * SEC);
	check_survey("held up", sim,
	    (struct want){
		.waiting = 1, .bytes = 359, .overdue = 1, .oldest_s = 1});
	sweep_reschedule(&sim->sweep, &sim->mail[0].id);
	check_survey("to be read again", sim, (struct want){.unread = 1});
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	check_survey("gone", sim, (struct want){0});
	for (int i = 0; i < 5; i++)
		sim_add(sim, 101)->facts.size = 1;
	for (int i = 1; i < 6; i++)
		sweep_arrived(&sim->sweep, &sim->mail[i].id);
	sim_settle(sim);
	sim_run(sim, 2 * SEC);
	check_bool(
	    "some are to be requeued", sim->sweep.to_requeue.n > 2, true);
	check_survey("those wait", sim,
	    (struct want){.waiting = 5 - sim->released,
		.bytes = 5 - sim->released,
		.overdue = 5 - sim->released,
		.oldest_s = 101});
	sim_close(sim);
}

static void
news_that_is_due_waits(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_learn(sim);
	sim_add(sim, -5)->facts.size = 1;
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_settle(sim);
	check_survey("for a walk", sim,
	    (struct want){
		.waiting = 1, .bytes = 1, .overdue = 1, .oldest_s = -5});
	sim_close(sim);
}

static void
walks_and_releases_are_counted(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sweep *s = &sim->sweep;

	(void)state;
	check_int("none", s->walk_at_s, 0);
	sim->failing[SWEEP_LIST] = 1;
	sim_settle(sim);
	check_int("failed", (int64_t)s->counts.walks_failed, 1);
	check_int("not ended well", (int64_t)s->counts.walks, 0);
	check_bool("failed", s->walk_ok, false);
	check_int("at", s->walk_at_s, SIM_START_S);
	sim_add(sim, 5);
	sim_add(sim, 6)->facts.arrival_s -= 3 * 86400;
	sim->mail[1].facts.created_s -= 3 * 86400;
	sim_run(sim, 3 * SEC);
	check_int("failed", (int64_t)s->counts.walks_failed, 1);
	check_int("ended well", (int64_t)s->counts.walks, 1);
	check_bool("ended well", s->walk_ok, true);
	check_int("at", s->walk_at_s, SIM_START_S + 1);
	sim_run(sim, 20 * SEC);
	check_int("released", (int64_t)s->counts.released, 2);
	check_int("requeued", (int64_t)s->counts.requeued, 1);
	check_int("late", (int64_t)s->late.n, 2);
	check_bool("not very", s->late.most_ns <= 10 * MSEC, true);
	check_bool("a little", s->late.most_ns > 0, true);
	sweep_want_walk(s);
	sim_expect(sim, SWEEP_LIST);
	sweep_not_run(s, SWEEP_LIST, &sim->now);
	check_int("not run", (int64_t)s->counts.walks_failed, 2);
	check_bool("not run", s->walk_ok, false);
	sim_close(sim);
}

/*
 * While it is paused nothing leaves and nothing is waited for, in whatever
 * state mail is.
 */
static void
a_pause_keeps_all_on_hold(void **state)
{
	static const char *const configs[] = {
	    "sweep_interval = 1h",
	    "sweep_interval = 1h\nrelease_method = requeue",
	    "sweep_interval = 1h\nrelease_method = requeue\nrelease_rate = 1",
	    "sweep_interval = 1h\nrelease_rate = 1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(configs); i++) {
		struct sim *sim = sim_open(configs[i]);
		unsigned before, aside;

		for (int n = 0; n < 6; n++)
			sim_add(sim, 1)->spoils = n < 3;
		sim_learn(sim);
		sim_run(sim, 2 * SEC);
		sweep_pause(&sim->sweep, true);
		sim_settle(sim);
		aside = sim->sweep.held_up.n;
		before =
		    sim->commands[SWEEP_RELEASE] + sim->commands[SWEEP_REQUEUE];
		for (int n = 0; n < 3; n++)
			sim->mail[n].spoils = false;
		sim_run(sim, 1000 * SEC);
		check_int(configs[i],
		    sim->commands[SWEEP_RELEASE] + sim->commands[SWEEP_REQUEUE],
		    before);
		check_int(configs[i], sim->sweep.held_up.n, aside);
		check_bool(configs[i], sim->released < 6, true);
		sweep_pause(&sim->sweep, false);
		sim_run(sim, 100 * SEC);
		check_int(configs[i], sim->released, 6);
		sim_close(sim);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_kinds_are_counted),
	    cmocka_unit_test(what_leaves_is_waiting_until_it_has_left),
	    cmocka_unit_test(the_oldest_and_the_next_are_found),
	    cmocka_unit_test(mail_that_stands_aside_is_counted),
	    cmocka_unit_test(news_that_is_due_waits),
	    cmocka_unit_test(walks_and_releases_are_counted),
	    cmocka_unit_test(a_pause_keeps_all_on_hold),
	};

	return cmocka_run_group_tests_name("sweep_survey", tests, NULL, NULL);
}
