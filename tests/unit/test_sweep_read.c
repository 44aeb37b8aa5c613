/* SPDX-License-Identifier: ISC */
/*
 * Reading: bad files among good ones, and news of the hold queue.
 */
#include "tests/unit/sweep_support.h"

#define A_LEAVES "release MAILAAA\n* released MAILAAA\nkick\n"

static void
a_read_takes_so_many_ids(void **state)
{
	struct sim *sim = sim_open("");

	(void)state;
	for (int i = 0; i < SWEEP_READ_MAX * 2 + 1; i++)
		sim_add(sim, 10);
	sim_settle(sim);
	check_log("three reads", sim,
	    "list\nread of 2048\nread of 2048\nread MAILGBO\n");
	sim_close(sim);
}

static unsigned
count_state_waiting(const struct sim *sim)
{
	return sim->sweep.index.n_heap;
}

/* Wherever it stands: the others are read, by few commands. */
static void
one_bad_file_among_many_is_soon_alone(void **state)
{
	static const size_t places[] = {
	    0, 1, 1023, 1024, 1777, SWEEP_READ_MAX - 2, SWEEP_READ_MAX - 1};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");

		for (int n = 0; n < SWEEP_READ_MAX; n++)
			sim_add(sim, 10);
		sim->mail[places[i]].bad = true;
		sim_settle(sim);
		check_int("all others wait", count_state_waiting(sim),
		    SWEEP_READ_MAX - 1);
		check_int("unread", sim->sweep.unread.n, 0);
		check_bool("few reads", sim->commands[SWEEP_READ] <= 64, true);
		sim_pass(sim, 10 * SEC);
		sim_settle(sim);
		check_int(
		    "all others leave", sim->released, SWEEP_READ_MAX - 1);
		sim_close(sim);
	}
}

static void
one_bad_file_is_found_in_few_reads(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int n = 0; n < SWEEP_READ_MAX; n++)
		sim_add(sim, 10);
	sim->mail[0].bad = true;
	sim_settle(sim);
	check_log("halves until it is alone, and doubles again", sim,
	    "list\nread of 2048\nread of 1024\n"
	    "read of 512\nread of 256\nread of 128\nread of 64\nread of "
	    "32\nread of 16\n"
	    "read MAILAAA MAILAAB MAILAAC MAILAAD MAILAAE MAILAAF MAILAAG "
	    "MAILAAH\nread MAILAAA MAILAAB MAILAAC MAILAAD\n"
	    "read MAILAAA MAILAAB\nread MAILAAA\nread MAILAAA\nread MAILAAB\n"
	    "read MAILAAC MAILAAD\nread MAILAAE MAILAAF MAILAAG MAILAAH\n"
	    "read MAILAAI MAILAAJ MAILAAK MAILAAL MAILAAM MAILAAN MAILAAO "
	    "MAILAAP\nread of 16\nread of 32\nread of 64\nread of 128\n"
	    "read of 256\nread of 512\nread of 1024\n");
	sim_close(sim);
}

/* What stood in front of it was told; it is not read again. */
static void
an_id_that_is_gone_ends_a_read_early(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int n = 0; n < 8; n++)
		sim_add(sim, 10);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim->mail[4].queue = SIM_GONE;
	sim->log.used = 0;
	sim_settle(sim);
	check_log("the rest, halved", sim,
	    "read MAILAAA MAILAAB MAILAAC MAILAAD MAILAAE MAILAAF MAILAAG "
	    "MAILAAH\nread MAILAAE MAILAAF\nread MAILAAE\nread MAILAAE\n"
	    "read MAILAAF\nread MAILAAG MAILAAH\n");
	check_int("read", count_state_waiting(sim), 7);
	sim_close(sim);
}

static void
a_file_of_which_nothing_is_told_is_unreadable(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 15)->blank = true;
	sim_run(sim, 14 * SEC);
	check_log("the good one leaves", sim,
	    "list\nread MAILAAA MAILAAB\n" A_LEAVES
	    "list\nread MAILAAB\n* unreadable MAILAAB\n");
	sim_close(sim);
}

/* When an unreadable file is looked at, in walks; 0 is the first. */
static void
an_unreadable_file_is_read_ever_more_rarely(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_add(sim, 5);
	unsigned reads[4] = {0};

	(void)state;
	m->bad = true;
	for (int i = 0; i < 4; i++) {
		sim_run(sim, 64 * 10 * SEC);
		reads[i] = sim->commands[SWEEP_READ];
		sim->log.used = 0;
	}
	check_bool(
	    "in the first 64 walks", reads[0] >= 6 && reads[0] <= 8, true);
	check_bool("in the second", reads[1] - reads[0] <= 2, true);
	check_int("in the third", reads[2] - reads[1], 1);
	check_int("in the fourth", reads[3] - reads[2], 1);
	m->bad = false;
	sim_run(sim, 64 * 10 * SEC);
	check_int("it can be read, and leaves", sim->released, 1);
	sim_close(sim);
}

static void
an_unreadable_file_is_told_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add(sim, 5)->bad = true;
	sim_settle(sim);
	check_log(
	    "it may just have left", sim, "list\nread MAILAAA\nread MAILAAA\n");
	sim_run(sim, 10 * SEC);
	check_log("a walk shows it again", sim,
	    "list\nread MAILAAA\n* unreadable MAILAAA\n");
	sim_run(sim, 1000 * SEC);
	sim->log.text[sim->log.used] = '\0';
	check_string("never again", strstr(sim->log.text, "*"), NULL);
	sim_close(sim);
}

/* postcat itself is broken: no file is to blame, and it is not hammered. */
static void
reads_that_always_fail_back_off(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int n = 0; n < 1024; n++)
		sim_add(sim, 1000);
	sim->failing[SWEEP_READ] = 1000000;
	sim_settle(sim);
	check_int("reads at once", sim->commands[SWEEP_READ], 65);
	sim_run(sim, 63 * SEC);
	check_int("in the first minute", sim->commands[SWEEP_READ], 65 + 8);
	sim_run(sim, 600 * SEC);
	check_int("in ten more", sim->commands[SWEEP_READ], 65 + 8 + 60);
	sim->failing[SWEEP_READ] = 0;
	sim_run(sim, 61 * SEC);
	check_bool("all others are read then",
	    count_state_waiting(sim) >= 1024 - 81, true);
	sim_close(sim);
}

static void
news_is_read_at_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_learn(sim);
	sim_add(sim, 10);
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_settle(sim);
	check_log("no walk", sim, "read MAILAAA\n");
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_settle(sim);
	check_log("not twice", sim, "");
	sim_run(sim, 10 * SEC);
	check_log("due", sim, A_LEAVES);
	sim_close(sim);
}

/* The wait is for what failed. */
static void
news_does_not_wait_for_reads_that_failed(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 1000);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_READ);
	sweep_not_run(&sim->sweep, SWEEP_READ, &sim->now);
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_settle(sim);
	check_log("what is known waits", sim,
	    "list\nread MAILAAA\n* failed read, again in 1 s\n");
	sim_add(sim, 1000);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_settle(sim);
	check_log("what is new does not", sim, "read MAILAAB MAILAAA\n");
	sim_close(sim);
}

/* An id that was on hold before is as new. */
static void
mail_that_comes_back_does_not_wait_for_them_either(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 1000);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_READ);
	sweep_not_run(&sim->sweep, SWEEP_READ, &sim->now);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sim_settle(sim);
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_settle(sim);
	check_log("read again", sim,
	    "list\nread MAILAAA\n* failed read, again in 1 s\nread MAILAAA\n");
	sim_close(sim);
}

static void
news_is_read_before_a_backlog(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int n = 0; n < 2000; n++)
		sim_add(sim, 1000);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_expect(sim, SWEEP_READ);
	sim_add(sim, 1000);
	sweep_arrived(&sim->sweep, &sim->mail[2000].id);
	sim_end(sim, SWEEP_READ, true);
	sim_expect(sim, SWEEP_READ);
	check_qid("the first of the next read",
	    &sim->in_flight[SWEEP_READ].ids[0], "MAILCYY");
	sim_close(sim);
}

/* Only a walk tells whether it was tried before. */
static void
overdue_news_waits_for_a_walk_and_leaves_at_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_learn(sim);
	sim_pass(sim, 60 * SEC);
	sim_add(sim, 10);
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_settle(sim);
	check_log("a walk, at once", sim, "read MAILAAA\nlist\n" A_LEAVES);
	sim_close(sim);
}

static void
overdue_news_that_was_tried_stays(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_learn(sim);
	sim_pass(sim, 60 * SEC);
	sim_add(sim, 10)->tried = true;
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_run(sim, 25 * SEC);
	check_log("foreign", sim,
	    "read MAILAAA\nlist\n* foreign MAILAAA\nlist\nlist\n");
	sim_close(sim);
}

/* While it waits a walk comes and shows that it was tried. */
static void
news_with_a_date_ahead_may_turn_out_to_be_tried(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_learn(sim);
	sim_add(sim, 20)->tried = true;
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_run(sim, 60 * SEC);
	check_log("foreign", sim,
	    "read MAILAAA\nlist\n* foreign MAILAAA\n"
	    "list\nlist\nlist\nlist\nlist\n");
	sim_close(sim);
}

static void
a_walk_sees_news_that_is_being_read(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_add(sim, 5);
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_expect(sim, SWEEP_READ);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	sim_end(sim, SWEEP_READ, true);
	sim_settle(sim);
	check_log("listed, so it leaves", sim, "read MAILAAA\nlist\n" A_LEAVES);
	sim_close(sim);
}

static void
news_with_a_sender_s_never_leaves_after_a_walk(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m;

	(void)state;
	sim_learn(sim);
	sim_pass(sim, SEC);
	m = sim_add(sim, 0);
	m->facts.own_latest_s = FACTS_NO_DATE;
	m->facts.own_never = true;
	sweep_arrived(&sim->sweep, &m->id);
	sim_settle(sim);
	check_log("at once", sim, "read MAILAAA\nlist\n" A_LEAVES);
	sim_close(sim);
}

/* What happens to a name that is in a list or in flight. */

static void
mail_that_left_before_it_was_read_is_forgotten(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_learn(sim);
	sim_add(sim, 10)->queue = SIM_GONE;
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sim_settle(sim);
	check_log("not read", sim, "");
	check_int("nothing known", index_count(&sim->sweep.index), 0);
	sim_close(sim);
}

static void
mail_that_left_and_came_back_is_read_once(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_learn(sim);
	sim_add(sim, 10);
	for (int i = 0; i < 3; i++) {
		sweep_arrived(&sim->sweep, &sim->mail[0].id);
		sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	}
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_settle(sim);
	check_log("one read", sim, "read MAILAAA\n");
	sim_run(sim, 10 * SEC);
	check_log("due", sim, A_LEAVES);
	sim_close(sim);
}

static void
mail_that_left_while_it_was_read_is_forgotten(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_learn(sim);
	sim_add(sim, 10);
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_expect(sim, SWEEP_READ);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sim_end(sim, SWEEP_READ, true);
	check_int("nothing known", index_count(&sim->sweep.index), 0);
	sim_run(sim, 60 * SEC);
	check_log("no release", sim, "read MAILAAA\n");
	sim_close(sim);
}

/* What the read tells may be of the one that left: it is read again. */
static void
mail_that_came_back_while_it_was_read_is_read_again(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_learn(sim);
	sim_add(sim, 10);
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_expect(sim, SWEEP_READ);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sweep_arrived(&sim->sweep, &sim->mail[0].id);
	sim_read_one(sim, &sim->mail[0].id);
	sim->mail[0].facts.size++;
	sim->mail[0].facts.own_latest_s += 10;
	sim_end(sim, SWEEP_READ, true);
	sim_settle(sim);
	check_log("two reads", sim, "read MAILAAA\nread MAILAAA\n");
	sim_run(sim, 15 * SEC);
	check_log("not the old date", sim, "");
	sim_run(sim, 5 * SEC);
	check_log("but the new one", sim, A_LEAVES);
	sim_close(sim);
}

static void
what_was_not_asked_for_is_not_believed(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct facts facts;

	(void)state;
	sim_add(sim, 100);
	sim_learn(sim);
	facts = sim->mail[0].facts;
	facts.own_latest_s = SIM_START_S + 1;
	sweep_read(&sim->sweep, &sim->mail[0].id, &facts, &sim->now);
	sim_add(sim, 1);
	sweep_read(&sim->sweep, &sim->mail[1].id, &facts, &sim->now);
	sim_run(sim, 99 * SEC);
	check_log("nothing leaves", sim, "");
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_read_takes_so_many_ids),
	    cmocka_unit_test(one_bad_file_among_many_is_soon_alone),
	    cmocka_unit_test(one_bad_file_is_found_in_few_reads),
	    cmocka_unit_test(an_id_that_is_gone_ends_a_read_early),
	    cmocka_unit_test(a_file_of_which_nothing_is_told_is_unreadable),
	    cmocka_unit_test(an_unreadable_file_is_read_ever_more_rarely),
	    cmocka_unit_test(an_unreadable_file_is_told_once),
	    cmocka_unit_test(reads_that_always_fail_back_off),
	    cmocka_unit_test(news_is_read_at_once),
	    cmocka_unit_test(news_does_not_wait_for_reads_that_failed),
	    cmocka_unit_test(
		mail_that_comes_back_does_not_wait_for_them_either),
	    cmocka_unit_test(news_is_read_before_a_backlog),
	    cmocka_unit_test(overdue_news_waits_for_a_walk_and_leaves_at_once),
	    cmocka_unit_test(overdue_news_that_was_tried_stays),
	    cmocka_unit_test(news_with_a_date_ahead_may_turn_out_to_be_tried),
	    cmocka_unit_test(a_walk_sees_news_that_is_being_read),
	    cmocka_unit_test(news_with_a_sender_s_never_leaves_after_a_walk),
	    cmocka_unit_test(mail_that_left_before_it_was_read_is_forgotten),
	    cmocka_unit_test(mail_that_left_and_came_back_is_read_once),
	    cmocka_unit_test(mail_that_left_while_it_was_read_is_forgotten),
	    cmocka_unit_test(
		mail_that_came_back_while_it_was_read_is_read_again),
	    cmocka_unit_test(what_was_not_asked_for_is_not_believed),
	};

	return cmocka_run_group_tests_name("sweep_read", tests, NULL, NULL);
}
