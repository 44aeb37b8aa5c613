/* SPDX-License-Identifier: ISC */
/*
 * What is told of mail that is held, and of mail that somebody requeued.
 */
#include "tests/unit/sweep_support.h"

/*
 * New mail is told of when it is known to be ours.
 */

static void
new_mail_is_told_of_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim->shows_held = true;
	sim_add(sim, 100);
	sim_settle(sim);
	check_log("it was there before", sim, "list\nread MAILAAA\n");
	sim_add(sim, 200);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_settle(sim);
	check_log("news", sim, "read MAILAAB\n* held MAILAAB 200\n");
	sim_add(sim, 300);
	sim_run(sim, 10 * SEC);
	check_log(
	    "a walk found it", sim, "list\nread MAILAAC\n* held MAILAAC 300\n");
	sweep_reconsider(&sim->sweep);
	sim_run(sim, 10 * SEC);
	check_log("read again", sim, "list\nread MAILAAA MAILAAB MAILAAC\n");
	sweep_reschedule(&sim->sweep, &sim->mail[0].id);
	sweep_reschedule(&sim->sweep, &sim->mail[1].id);
	sim_settle(sim);
	check_log("and again", sim, "read MAILAAB MAILAAA\n");
	sim_close(sim);
}

/* News that comes while the first walk goes on is of new mail. */
static void
news_during_the_first_walk_is_new(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim->shows_held = true;
	sim_add(sim, 100);
	sim_add(sim, 200);
	sim_expect(sim, SWEEP_LIST);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_end(sim, SWEEP_LIST, true);
	sim_settle(sim);
	check_log(
	    "the one", sim, "list\nread MAILAAB MAILAAA\n* held MAILAAB 200\n");
	sim_close(sim);
}

/* Walks before the first good one are the first one, too. */
static void
a_first_walk_that_failed_makes_no_mail_new(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim->shows_held = true;
	sim_add(sim, 100);
	sim_expect(sim, SWEEP_LIST);
	sim_list(sim);
	sim_end(sim, SWEEP_LIST, false);
	sim_add(sim, 200);
	sim_run(sim, 5 * SEC);
	check_string("none is new",
	    strstr(sim->log.text, "held") == NULL ? "" : sim->log.text, "");
	check_int(
	    "both are read", (int64_t)sweep_survey(&sim->sweep, 0).waiting, 2);
	sim_close(sim);
}

static void
frozen_mail_is_held_for_ever(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_learn(sim);
	sim->shows_held = true;
	sim->rules = "a";
	sim_freeze(sim_add(sim, 100), "a");
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_settle(sim);
	check_log("never", sim, "read MAILAAA\n* held MAILAAA never\n");
	sim->rules = "";
	sweep_reconsider(&sim->sweep);
	sim_run(sim, SEC);
	check_log("told once", sim,
	    "list\nread MAILAAA\n* rule gone MAILAAA a later\n");
	sim_close(sim);
}

static void
foreign_mail_is_not_held_by_us(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_learn(sim);
	sim->shows_held = true;
	sim_add(sim, 100)->facts.vetoed = true;
	sim_add(sim, 0)->facts.own_latest_s = FACTS_NO_DATE;
	sim_run(sim, 30 * SEC);
	check_log("not told", sim,
	    "list\nread MAILAAA MAILAAB\n* foreign MAILAAA\nlist\nlist\n");
	sim_close(sim);
}

/* Whose date has come while it arrived: a walk must show it untried. */
static void
mail_that_is_due_is_told_of_when_a_walk_shows_it(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_learn(sim);
	sim->shows_held = true;
	for (int i = 0; i < 2; i++) {
		sim_add(sim, -5);
		sweep_arrived(&sim->sweep, &sim->mail[i].id);
	}
	sim->mail[1].tried = true;
	sim_settle(sim);
	check_log("not yet", sim, "read MAILAAB MAILAAA\n");
	sim_run(sim, SEC);
	check_log("one was tried", sim,
	    "list\n* held MAILAAA -5\n* foreign MAILAAB\n"
	    "release MAILAAA\n* released MAILAAA\nkick\n");
	sim_close(sim);
}

/* Ids are used again: that is other mail. */
static void
other_mail_with_a_used_id_is_told_of(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_learn(sim);
	sim->shows_held = true;
	m->facts.size++;
	m->facts.own_latest_s++;
	sim_run(sim, 10 * SEC);
	check_log("another", sim, "list\nread MAILAAA\n* held MAILAAA 101\n");
	sim_close(sim);
}

/*
 * Somebody requeued it, and it is on hold again.
 */

/* What a requeue makes of it, in a new file. */
static struct sim_mail *
requeue(struct sim *sim, struct sim_mail *old, bool news)
{
	struct sim_mail *m = sim_add(sim, 0);

	m->facts.arrival_s = old->facts.arrival_s;
	m->facts.created_s = clock_floor_s(sim->now.wall_ns);
	m->facts.own_latest_s = old->facts.own_latest_s;
	m->facts.requeued = true;
	m->facts.former[0] = old->id;
	for (size_t i = 0; i < old->facts.n_former; i++)
		m->facts.former[i + 1] = old->facts.former[i];
	m->facts.n_former = old->facts.n_former + 1;
	old->queue = SIM_GONE;
	if (news) {
		sweep_departed(&sim->sweep, &old->id, &sim->now);
		sweep_arrived(&sim->sweep, &m->id);
	}
	return m;
}

static void
a_requeue_is_told_instead(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 100);
	sim_learn(sim);
	sim->shows_held = true;
	requeue(sim, &sim->mail[0], true);
	sim_settle(sim);
	check_log("news", sim, "read MAILAAB\n* requeued MAILAAB MAILAAA\n");
	sweep_reconsider(&sim->sweep);
	sim_run(sim, 10 * SEC);
	check_log("told once", sim, "list\nread MAILAAB\n");
	requeue(sim, &sim->mail[1], false);
	sim_run(sim, 10 * SEC);
	check_log("a walk finds it", sim,
	    "list\nread MAILAAC\n* requeued MAILAAC MAILAAB\n");
	sim_close(sim);
}

static void
a_requeue_before_the_start_is_no_news(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim->shows_held = true;
	requeue(sim, sim_add(sim, 100), false);
	sim_run(sim, 15 * SEC);
	check_log("not told", sim, "list\nread MAILAAB\nlist\n");
	sim_close(sim);
}

static void
a_requeue_of_a_message_without_id_is_new_mail(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 100);
	sim_learn(sim);
	sim->shows_held = true;
	requeue(sim, &sim->mail[0], true)->facts.n_former = 0;
	sim_settle(sim);
	check_log("held", sim, "read MAILAAB\n* held MAILAAB 100\n");
	sim_close(sim);
}

/* Due meanwhile, a walk must show it first. */
static void
a_requeue_that_is_due_is_told_after_a_walk(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m;

	(void)state;
	sim_add(sim, 100);
	sim_learn(sim);
	m = requeue(sim, &sim->mail[0], true);
	m->facts.own_latest_s = SIM_START_S;
	m->facts.created_s = SIM_START_S - 1;
	sim_settle(sim);
	check_log("not yet", sim, "read MAILAAB\n");
	sim_run(sim, SEC);
	check_log("a walk", sim,
	    "list\nread MAILAAB\n* requeued MAILAAB MAILAAA\n"
	    "release MAILAAB\n* released MAILAAB\nkick\n");
	sim_close(sim);
}

/*
 * What the administrator said follows it.
 */

static void
say(struct sim *sim, const struct sim_mail *m, int64_t due_s)
{
	struct override override = {.id = m->id,
	    .arrival_s = m->facts.arrival_s,
	    .due_s = SIM_START_S + due_s};

	assert_true(overrides_set(&sim->overrides, &override));
	sweep_reschedule(&sim->sweep, &m->id);
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
	sim_run(sim, 60 * SEC);
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
	    cmocka_unit_test(new_mail_is_told_of_once),
	    cmocka_unit_test(news_during_the_first_walk_is_new),
	    cmocka_unit_test(a_first_walk_that_failed_makes_no_mail_new),
	    cmocka_unit_test(frozen_mail_is_held_for_ever),
	    cmocka_unit_test(foreign_mail_is_not_held_by_us),
	    cmocka_unit_test(mail_that_is_due_is_told_of_when_a_walk_shows_it),
	    cmocka_unit_test(other_mail_with_a_used_id_is_told_of),
	    cmocka_unit_test(a_requeue_is_told_instead),
	    cmocka_unit_test(a_requeue_before_the_start_is_no_news),
	    cmocka_unit_test(a_requeue_of_a_message_without_id_is_new_mail),
	    cmocka_unit_test(a_requeue_that_is_due_is_told_after_a_walk),
	    cmocka_unit_test(a_moment_follows_a_requeue),
	    cmocka_unit_test(a_moment_follows_many_requeues),
	    cmocka_unit_test(a_moment_of_the_new_id_counts_more),
	    cmocka_unit_test(a_false_former_id_takes_nothing_away),
	    cmocka_unit_test(other_mail_of_the_former_id_is_no_former),
	    cmocka_unit_test(a_former_id_that_is_used_again_is_followed),
	    cmocka_unit_test(what_was_said_waits_for_a_read),
	    cmocka_unit_test(what_was_said_waits_for_an_unreadable_file),
	    cmocka_unit_test(what_was_said_does_not_wait_for_ever),
	    cmocka_unit_test(what_is_in_the_queue_is_remembered),
	    cmocka_unit_test(walks_that_fail_forget_nothing),
	};

	return cmocka_run_group_tests_name("sweep_told", tests, NULL, NULL);
}
