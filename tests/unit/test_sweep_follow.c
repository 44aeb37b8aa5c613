/* SPDX-License-Identifier: ISC */
/*
 * What the administrator said follows a message through a requeue, and is
 * forgotten when that is gone.
 */
#include "tests/unit/sweep_requeue.h"

static void
set(struct sim *sim, const struct sim_mail *m, int64_t due_s)
{
	struct override override = {.id = m->id,
	    .arrival_s = m->facts.arrival_s,
	    .due_s = SIM_START_S + due_s};

	assert_true(overrides_set(&sim->overrides, &override));
	sweep_reschedule(&sim->sweep, &m->id);
}

static void
say(struct sim *sim, const struct sim_mail *m, int64_t due_s)
{
	set(sim, m, due_s);
	sim_settle(sim);
	sim->log.used = 0;
}

static const struct {
	const char *row;
	bool news;
	const char *want;
} requeues[] = {
    {"with news", true, "read MAILAAB\n* requeued MAILAAB MAILAAA\nlist\n"},
    {"without", false, "list\nread MAILAAB\n* requeued MAILAAB MAILAAA\n"},
};

static void
a_moment_follows_a_requeue(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requeues); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		struct sim_mail *m = sim_add(sim, 100);

		sim_learn(sim);
		say(sim, m, 200);
		sim->overrides.changed = false;
		m = requeue(sim, m, requeues[i].news);
		sim_run(sim, 10 * SEC);
		check_log(requeues[i].row, sim, requeues[i].want);
		check_bool(requeues[i].row, sim->overrides.changed, true);
		sim_run(sim, 50 * SEC);
		check_int("the former one is forgotten", sim->overrides.n, 1);
		check_bool(requeues[i].row,
		    overrides_find(
			&sim->overrides, &m->id, m->facts.arrival_s) != NULL,
		    true);
		sim_run(sim, 139 * SEC);
		check_int(requeues[i].row, sim->released, 0);
		sim_run(sim, 2 * SEC);
		check_int(requeues[i].row, sim->released, 1);
		sim_close(sim);
	}
}

static void
a_moment_follows_many_requeues(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	say(sim, m, 200);
	for (int i = 0; i < FACTS_FORMER_MAX; i++)
		m = requeue(sim, m, false);
	sim_run(sim, 195 * SEC);
	check_int("stays", sim->released, 0);
	check_int("one is left", sim->overrides.n, 1);
	sim_run(sim, 10 * SEC);
	check_int("leaves", sim->released, 1);
	sim_close(sim);
}

/* Its own moment, given after the requeue, counts. */
static void
a_moment_of_the_new_id_counts_more(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	say(sim, m, 20);
	m = requeue(sim, m, true);
	say(sim, m, 200);
	sim_run(sim, 150 * SEC);
	check_int("stays", sim->released, 0);
	sim_run(sim, 60 * SEC);
	check_int("leaves", sim->released, 1);
	sim_close(sim);
}

/*
 * A header names the id of mail that is on hold, and that arrived in the same
 * second: what was said of that is not taken from it.
 */
static void
a_false_former_id_takes_nothing_away(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 10);

	(void)state;
	sim_learn(sim);
	say(sim, m, 200);
	requeue(sim, m, false);
	m->queue = SIM_HOLD;
	sim_run(sim, 190 * SEC);
	check_int("both stay", sim->released, 0);
	check_int("for both", sim->overrides.n, 2);
	sim_run(sim, 20 * SEC);
	check_int("both leave", sim->released, 2);
	sim_close(sim);
}

/* Nor before it was read. */
static void
a_false_former_id_takes_nothing_from_unread_mail(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 50);

	(void)state;
	m->queue = SIM_GONE;
	sim_learn(sim);
	say(sim, m, 200);
	requeue(sim, m, false);
	m->queue = SIM_HOLD;
	sweep_arrived(&sim->sweep, &m->id);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_run(sim, 190 * SEC);
	check_int("both stay", sim->released, 0);
	sim_run(sim, 20 * SEC);
	check_int("both leave", sim->released, 2);
	sim_close(sim);
}

/* Nor while it is about to be read again. */
static void
a_false_former_id_takes_nothing_from_mail_to_be_judged(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = sim_add(sim, 1);

	(void)state;
	m->spoils = true;
	sim_learn(sim);
	sim_run(sim, 20 * SEC);
	requeue(sim, m, false)->facts.own_latest_s += 100;
	m->queue = SIM_HOLD;
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_expect(sim, SWEEP_READ);
	set(sim, m, 200);
	sim_end(sim, SWEEP_READ, true);
	check_int("for both", sim->overrides.n, 2);
	sim_close(sim);
}

/* It was due, so we requeued it; a header held it again all the same. */
static void
what_we_requeued_ourselves_is_followed(void **state)
{
	struct sim *sim =
	    sim_open("sweep_interval = 1h\nrelease_method = requeue");
	struct sim_mail *m = sim_add(sim, 5);

	(void)state;
	sim_learn(sim);
	say(sim, m, 10);
	sim_run(sim, 20 * SEC);
	check_int("requeued", (int64_t)sim->sweep.counts.requeued, 1);
	requeue(sim, m, true)->facts.own_latest_s += 1000;
	sim_settle(sim);
	check_int("one is left", sim->overrides.n, 1);
	sim_close(sim);
}

static void
other_mail_of_the_former_id_is_no_former(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 50);

	(void)state;
	sim_learn(sim);
	say(sim, m, 200);
	m = requeue(sim, m, false);
	m->facts.arrival_s--;
	sim_run(sim, 60 * SEC);
	check_int("it leaves at its own moment", sim->released, 1);
	sim_close(sim);
}

/* The former id stands for other mail by now. */
static void
a_former_id_that_is_used_again_is_followed(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *old = sim_add(sim, 50);
	struct sim_mail *m;

	(void)state;
	sim_learn(sim);
	say(sim, old, 200);
	m = requeue(sim, old, false);
	old->queue = SIM_HOLD;
	old->facts.arrival_s += 70;
	old->facts.created_s += 70;
	sim_run(sim, 11 * SEC);
	check_int("it is not on hold any more", sim->overrides.n, 1);
	sim_run(sim, 49 * SEC);
	check_int("the other one leaves", sim->released, 1);
	check_int("the other one", old->queue, SIM_DEFERRED);
	check_int("one is left", sim->overrides.n, 1);
	sim_run(sim, 130 * SEC);
	check_int("not yet", m->queue, SIM_HOLD);
	sim_run(sim, 20 * SEC);
	check_int("leaves", sim->released, 2);
	sim_close(sim);
}

/*
 * As long as mail is to be read, nothing is forgotten: it may be the one that
 * was requeued.
 */
static void
what_was_said_waits_for_a_read(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	say(sim, m, 1000);
	requeue(sim, m, false);
	sim->failing[SWEEP_READ] = 1000;
	sim_run(sim, 300 * SEC);
	sim->failing[SWEEP_READ] = 0;
	sim_run(sim, 600 * SEC);
	check_int("stays", sim->released, 0);
	sim_run(sim, 600 * SEC);
	check_int("leaves", sim->released, 1);
	sim_close(sim);
}

static void
what_was_said_waits_for_a_read_under_way(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	say(sim, m, 1000);
	m = requeue(sim, m, true);
	sim_expect(sim, SWEEP_READ);
	sim_run(sim, 60 * SEC);
	check_bool("walks", sim->commands[SWEEP_LIST] > 4, true);
	sim_end(sim, SWEEP_READ, true);
	sim_run(sim, 900 * SEC);
	check_int("stays", sim->released, 0);
	sim_run(sim, 100 * SEC);
	check_int("leaves", sim->released, 1);
	sim_close(sim);
}

/* Its id was that of other mail, which was not read before it left. */
static void
what_was_said_waits_for_an_id_that_is_back(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	say(sim, m, 1000);
	m = requeue(sim, m, true);
	sweep_departed(&sim->sweep, &m->id, &sim->now);
	sweep_arrived(&sim->sweep, &m->id);
	sim->sweep.verb[SWEEP_READ].not_before_ns = INT64_MAX;
	sim_run(sim, 60 * SEC);
	check_bool("walks", sim->commands[SWEEP_LIST] > 4, true);
	sim->sweep.verb[SWEEP_READ].not_before_ns = 0;
	sim_run(sim, 900 * SEC);
	check_int("stays", sim->released, 0);
	sim_run(sim, 100 * SEC);
	check_int("leaves", sim->released, 1);
	sim_close(sim);
}

static void
what_was_said_waits_for_an_unreadable_file(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	say(sim, m, 1000);
	m = requeue(sim, m, false);
	m->bad = true;
	sim_run(sim, 300 * SEC);
	m->bad = false;
	sim_run(sim, 600 * SEC);
	check_int("stays", sim->released, 0);
	sim_run(sim, 600 * SEC);
	check_int("leaves", sim->released, 1);
	sim_close(sim);
}

/* A file that nobody will ever read keeps nothing in mind for ever. */
static void
what_was_said_does_not_wait_for_ever(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 1000);

	(void)state;
	sim_add(sim, 100)->bad = true;
	sim_learn(sim);
	say(sim, m, 2000);
	m->queue = SIM_GONE;
	sim_run(sim, 60 * SEC);
	check_int("so far", sim->overrides.n, 1);
	sim_run(sim, 86400 * SEC);
	check_int("forgotten", sim->overrides.n, 0);
	sim_close(sim);
}

/* As long as it is anywhere in the queue it is not forgotten. */
static void
what_is_in_the_queue_is_remembered(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	say(sim, m, 1000);
	m->queue = SIM_DEFERRED;
	sim_run(sim, 500 * SEC);
	check_int("deferred", sim->overrides.n, 1);
	m->queue = SIM_HOLD;
	sim_run(sim, 400 * SEC);
	check_int("held again", sim->released, 0);
	m->queue = SIM_GONE;
	sim_run(sim, 50 * SEC);
	check_int("gone", sim->overrides.n, 0);
	sim_close(sim);
}

/* A walk that failed has not looked everywhere. */
static void
walks_that_fail_forget_nothing(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 100);
	sim_learn(sim);
	say(sim, &sim->mail[0], 2000);
	sim->mail[0].queue = SIM_GONE;
	sim->failing[SWEEP_LIST] = 1000;
	sim_run(sim, 1000 * SEC);
	check_bool("walks", sim->commands[SWEEP_LIST] > 10, true);
	check_int("all is remembered", sim->overrides.n, 1);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_moment_follows_a_requeue),
	    cmocka_unit_test(a_moment_follows_many_requeues),
	    cmocka_unit_test(a_moment_of_the_new_id_counts_more),
	    cmocka_unit_test(a_false_former_id_takes_nothing_away),
	    cmocka_unit_test(a_false_former_id_takes_nothing_from_unread_mail),
	    cmocka_unit_test(
		a_false_former_id_takes_nothing_from_mail_to_be_judged),
	    cmocka_unit_test(what_we_requeued_ourselves_is_followed),
	    cmocka_unit_test(other_mail_of_the_former_id_is_no_former),
	    cmocka_unit_test(a_former_id_that_is_used_again_is_followed),
	    cmocka_unit_test(what_was_said_waits_for_a_read),
	    cmocka_unit_test(what_was_said_waits_for_a_read_under_way),
	    cmocka_unit_test(what_was_said_waits_for_an_id_that_is_back),
	    cmocka_unit_test(what_was_said_waits_for_an_unreadable_file),
	    cmocka_unit_test(what_was_said_does_not_wait_for_ever),
	    cmocka_unit_test(what_is_in_the_queue_is_remembered),
	    cmocka_unit_test(walks_that_fail_forget_nothing),
	};

	return cmocka_run_group_tests_name("sweep_follow", tests, NULL, NULL);
}
