/* SPDX-License-Identifier: ISC */
/*
 * What is told of mail that is held, and of mail that somebody requeued.
 */
#include "tests/unit/sweep_requeue.h"

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
	check_int("both are read", (int64_t)sim_survey(sim, 0).waiting, 2);
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
	};

	return cmocka_run_group_tests_name("sweep_told", tests, NULL, NULL);
}
