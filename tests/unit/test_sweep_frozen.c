/* SPDX-License-Identifier: ISC */
/*
 * Mail that a rule keeps on hold as long as it stands.
 */
#include "tests/unit/sweep_support.h"

#define A_LEAVES "release MAILAAA\n* released MAILAAA\nkick\n"

/* Other rules stand from now on. */
static void
set_rules(struct sim *sim, const char *rules)
{
	sim->rules = rules;
	sweep_reconsider(&sim->sweep);
}

static void
check_kept(const char *row, const struct sim *sim, char rule, int64_t want)
{
	check_int(
	    row, sweep_count_frozen(&sim->sweep, span_of(&rule, 1)), want);
}

static const struct {
	const char *row;
	int64_t own_s; /* behind the start; 0: no date */
	bool listed;
} kept[] = {
    {"without a date, by a walk", 0, true},
    {"without a date, by news", 0, false},
    {"with a date ahead, by a walk", 10, true},
    {"with a date ahead, by news", 10, false},
    {"with a date that was past when it came", -200, true},
};

static void
a_rule_keeps_mail_as_long_as_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		struct sim_mail *m;

		sim->rules = "a";
		if (!kept[i].listed)
			sim_settle(sim);
		m = sim_add_frozen(sim, "a");
		if (kept[i].own_s != 0)
			m->facts.own_latest_s = SIM_START_S + kept[i].own_s;
		if (!kept[i].listed)
			sweep_arrived(&sim->sweep, &m->id);
		sim_run(sim, 100 * SEC);
		check_int(kept[i].row, sim->commands[SWEEP_READ], 1);
		check_int(kept[i].row, sim->commands[SWEEP_RELEASE], 0);
		check_kept(kept[i].row, sim, 'a', 1);
		check_kept(kept[i].row, sim, 'b', 0);
		sim_close(sim);
	}
}

static const struct {
	const char *row;
	int64_t own_s; /* behind the start; 0: no date */
	const char *want; /* ten seconds later, */
	const char *then; /* and a minute */
	uint64_t late_n; /* how many had a moment to be late from */
} gone[] = {
    {"no date", 0,
	"list\nread MAILAAA\n* rule gone MAILAAA a at once\n" A_LEAVES "list\n",
	"list\nlist\nlist\nlist\nlist\nlist\n", 0},
    {"a date that has come", 5,
	"list\nread MAILAAA\n* rule gone MAILAAA a at once\n" A_LEAVES "list\n",
	"list\nlist\nlist\nlist\nlist\nlist\n", 0},
    {"a date ahead", 52,
	"list\nread MAILAAA\n* rule gone MAILAAA a later\nlist\n",
	"list\n" A_LEAVES "list\nlist\nlist\nlist\nlist\n", 1},
};

static void
when_the_rule_is_gone_mail_leaves_at_its_date_or_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(gone); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		struct sim_mail *m = sim_add_frozen(sim, "a");

		if (gone[i].own_s != 0)
			m->facts.own_latest_s = SIM_START_S + gone[i].own_s;
		sim->rules = "ab";
		sim_run(sim, 25 * SEC);
		check_log(gone[i].row, sim, "list\nread MAILAAA\nlist\nlist\n");
		set_rules(sim, "b");
		sim_run(sim, 10 * SEC);
		check_log(gone[i].row, sim, gone[i].want);
		check_kept(gone[i].row, sim, 'a', 0);
		sim_run(sim, 60 * SEC);
		check_log(gone[i].row, sim, gone[i].then);
		check_int(gone[i].row, (int64_t)sim->sweep.late.n,
		    (int64_t)gone[i].late_n);
		sim_close(sim);
	}
}

/* As a sender's never, or a date that is not permitted. */
static void
mail_without_a_moment_is_never_late(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h\n"
				   "permit_postpone = authenticated\n"
				   "unpermitted = release");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	sim_settle(sim);
	check_log("not permitted", sim, "list\nread MAILAAA\n" A_LEAVES);
	check_int("not permitted", (int64_t)sim->sweep.late.n, 0);
	check_bool("it came before", m->facts.arrival_s < SIM_START_S, true);
	sim_close(sim);
}

static void
without_rules_no_rule_holds(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim->rules = "a";
	sim->sweep.o.holds = NULL;
	sim_add_frozen(sim, "a");
	sim_settle(sim);
	check_log("at once", sim,
	    "list\nread MAILAAA\n* rule gone MAILAAA a at once\n" A_LEAVES);
	sim_close(sim);
}

static void
a_gone_rule_is_told_once_unless_it_was_back(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_freeze(sim_add(sim, 100), "a");
	sim_settle(sim);
	check_log(
	    "gone", sim, "list\nread MAILAAA\n* rule gone MAILAAA a later\n");
	for (int i = 0; i < 3; i++) {
		set_rules(sim, "b");
		sim_run(sim, SEC);
		check_log("still gone", sim, "read MAILAAA\nlist\n");
	}
	set_rules(sim, "a");
	sim_run(sim, SEC);
	check_log("back", sim, "read MAILAAA\nlist\n");
	set_rules(sim, "");
	sim_run(sim, SEC);
	check_log("gone again", sim,
	    "list\nread MAILAAA\n* rule gone MAILAAA a later\n");
	sim_close(sim);
}

/* Its date comes before it is read again, so that a walk must see it. */
static void
a_gone_rule_is_told_once_of_mail_that_is_due_meanwhile(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_freeze(sim_add(sim, 10), "a");
	sim_settle(sim);
	check_log(
	    "gone", sim, "list\nread MAILAAA\n* rule gone MAILAAA a later\n");
	sweep_reconsider(&sim->sweep);
	sim_pass(sim, 10 * SEC);
	sim_run(sim, SEC);
	check_log("due", sim, "read MAILAAA\nlist\nread MAILAAA\n" A_LEAVES);
	sim_close(sim);
}

static void
a_gone_rule_is_told_once_of_mail_whose_release_fails(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_freeze(sim_add(sim, 10), "a");
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sweep_reconsider(&sim->sweep);
	sweep_not_run(&sim->sweep, SWEEP_RELEASE, &sim->now);
	sim_run(sim, SEC);
	check_log("due", sim,
	    "release MAILAAA\n* failed release, again in 1 s\nkick\n"
	    "read MAILAAA\nlist\nread MAILAAA\n" A_LEAVES);
	sim_close(sim);
}

/* Nobody has heard of this one. */
static void
a_gone_rule_is_told_of_other_mail_with_the_same_id(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m = sim_freeze(sim_add(sim, 100), "a");

	(void)state;
	sim_learn(sim);
	m->facts.size++;
	sim_run(sim, 10 * SEC);
	check_log("a walk tells", sim,
	    "list\nread MAILAAA\n* rule gone MAILAAA a later\n");
	sweep_departed(&sim->sweep, &m->id, &sim->now);
	m->facts.size++;
	sweep_arrived(&sim->sweep, &m->id);
	sim_settle(sim);
	check_log(
	    "news tell", sim, "read MAILAAA\n* rule gone MAILAAA a later\n");
	sim_close(sim);
}

static void
any_of_the_rules_keeps_it(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add_frozen(sim, "abcd");
	sim_add_frozen(sim, "d");
	sim->rules = "bd";
	sim_learn(sim);
	check_kept("not the first", sim, 'a', 0);
	check_kept("the second", sim, 'b', 1);
	check_kept("the fourth, of the other", sim, 'd', 1);
	set_rules(sim, "d");
	sim_run(sim, SEC);
	check_kept("now it keeps both", sim, 'd', 2);
	check_kept("and the second none", sim, 'b', 0);
	sim->log.used = 0;
	set_rules(sim, "xy");
	sim_run(sim, SEC);
	check_log("none is left", sim,
	    "list\nread MAILAAA MAILAAB\n* rule gone MAILAAA a at once\n"
	    "* rule gone MAILAAB d at once\nrelease MAILAAA MAILAAB\n"
	    "* released MAILAAA\n* released MAILAAB\nkick\n");
	sim_close(sim);
}

static void
mail_of_more_rules_than_are_known_stays(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	sim_add_frozen(sim, "abcd")->facts.more_rules = true;
	sim_run(sim, 25 * SEC);
	check_log("foreign", sim,
	    "list\nread MAILAAA\n* foreign MAILAAA\nlist\nlist\n");
	set_rules(sim, "d");
	sim_run(sim, SEC);
	check_kept("one is known to stand", sim, 'd', 1);
	sim_close(sim);
}

/* Somebody else releases, deletes or requeues it. */
static const struct {
	const char *row;
	enum sim_queue to;
	bool news;
} taken[] = {
    {"released, with news", SIM_DEFERRED, true},
    {"released, without", SIM_DEFERRED, false},
    {"deleted or requeued, with news", SIM_GONE, true},
    {"deleted or requeued, without", SIM_GONE, false},
};

static void
kept_mail_that_left_by_another_s_hand_is_forgotten(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(taken); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		struct sim_mail *m = sim_add_frozen(sim, "a");

		sim->rules = "a";
		sim_learn(sim);
		m->queue = taken[i].to;
		if (taken[i].news)
			sweep_departed(&sim->sweep, &m->id, &sim->now);
		else
			sim_run(sim, 20 * SEC);
		check_kept(taken[i].row, sim, 'a', 0);
		check_int(taken[i].row, index_count(&sim->sweep.index), 0);
		set_rules(sim, "");
		sim_run(sim, 60 * SEC);
		check_int(taken[i].row, sim->commands[SWEEP_RELEASE], 0);
		check_int(taken[i].row, sim->released, 0);
		sim_close(sim);
	}
}

static void
kept_mail_that_turns_out_to_be_tried_is_foreign(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct sim_mail *m;

	(void)state;
	sim->rules = "a";
	sim_learn(sim);
	m = sim_add_frozen(sim, "a");
	m->tried = true;
	sweep_arrived(&sim->sweep, &m->id);
	sim_settle(sim);
	check_kept("before a walk", sim, 'a', 1);
	sim_run(sim, 10 * SEC);
	check_kept("after it", sim, 'a', 0);
	check_log("told", sim, "read MAILAAA\nlist\n* foreign MAILAAA\n");
	set_rules(sim, "");
	sim_run(sim, 60 * SEC);
	check_int("released", sim->released, 0);
	sim_close(sim);
}

/* What no walk has seen may stay for another reason yet. */
static void
news_of_a_gone_rule_is_told_once_it_is_sure(void **state)
{
	(void)state;
	for (int tried = 0; tried <= 1; tried++) {
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct sim_mail *m;

		sim_learn(sim);
		m = sim_add_frozen(sim, "a");
		m->tried = tried;
		sweep_arrived(&sim->sweep, &m->id);
		sim_run(sim, SEC);
		check_log(tried ? "tried" : "not tried", sim,
		    tried ? "read MAILAAA\nlist\nread MAILAAA\n* foreign "
			    "MAILAAA\n"
			  : "read MAILAAA\nlist\nread MAILAAA\n"
			    "* rule gone MAILAAA a at once\n" A_LEAVES);
		sim_close(sim);
	}
}

/* Its header would make hdrcheck hold it again. */
static void
old_mail_of_a_gone_rule_is_released_not_requeued(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m = sim_add_frozen(sim, "a");

	(void)state;
	m->facts.arrival_s -= 4 * 86400;
	m->facts.created_s -= 4 * 86400;
	sim_settle(sim);
	check_log("by -H", sim,
	    "list\nread MAILAAA\n* rule gone MAILAAA a at once\n"
	    "* old MAILAAA\n" A_LEAVES);
	sim_close(sim);
}

/*
 * A rule that was gone comes back just before its mail is due. Nothing can be
 * read yet, but that mail is not released any more.
 */

static void
check_comes_back(const char *row, struct sim *sim)
{
	unsigned before =
	    sim->commands[SWEEP_RELEASE] + sim->commands[SWEEP_REQUEUE];

	set_rules(sim, "a");
	sim->mail[0].bad = true;
	sim_run(sim, 300 * SEC);
	sim->mail[0].bad = false;
	sim_run(sim, 4 * 3600 * SEC);
	check_int(row,
	    sim->commands[SWEEP_RELEASE] + sim->commands[SWEEP_REQUEUE],
	    before);
	check_int(row, sim->released, 0);
	check_kept(row, sim, 'a', 1);
	sim_close(sim);
}

static void
a_rule_that_is_back_keeps_mail_that_waits(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_freeze(sim_add(sim, 10), "a");
	sim_learn(sim);
	sim_run(sim, 9 * SEC);
	check_comes_back("waiting", sim);
}

/* Its release failed, and is to be tried again. */
static void
a_rule_that_is_back_keeps_mail_that_is_held_up(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_freeze(sim_add(sim, 10), "a")->spoils = true;
	sim_learn(sim);
	sim_run(sim, 20 * SEC);
	sim->mail[0].spoils = false;
	check_comes_back("held up", sim);
}

static void
a_rule_that_is_back_keeps_mail_that_was_paused(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_freeze(sim_add(sim, 10), "a");
	sim_learn(sim);
	sim->sweep.paused = true;
	sim_run(sim, 20 * SEC);
	sim->sweep.paused = false;
	check_comes_back("paused", sim);
}

/* It was asked to leave before, and has not left. */
static void
a_rule_that_is_back_keeps_mail_whose_release_fails(void **state)
{
	static const char *const rows[] = {
	    "it fails", "it cannot be run", "it does nothing"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");

		sim_freeze(sim_add(sim, 10), "a");
		sim_add(sim, 10);
		sim_learn(sim);
		sim_pass(sim, 10 * SEC);
		sim_expect(sim, SWEEP_RELEASE);
		sim->mail[1].queue = SIM_GONE;
		sweep_departed(&sim->sweep, &sim->mail[1].id, &sim->now);
		sim->released = 0;
		sim->rules = "a";
		sweep_reconsider(&sim->sweep);
		sim->stuck = i == 2;
		if (i == 1)
			sweep_not_run(&sim->sweep, SWEEP_RELEASE, &sim->now);
		else
			sim_end(sim, SWEEP_RELEASE, i == 2);
		check_comes_back(rows[i], sim);
	}
}

/* The rule comes back while it is not known whether the mail has left. */
static void
a_rule_that_is_back_keeps_mail_in_doubt(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_freeze(sim_add(sim, 10), "a");
	sim_learn(sim);
	sim->stuck = true;
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, true);
	sim->stuck = false;
	check_comes_back("unconfirmed", sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rule_keeps_mail_as_long_as_it_stands),
	    cmocka_unit_test(
		when_the_rule_is_gone_mail_leaves_at_its_date_or_at_once),
	    cmocka_unit_test(mail_without_a_moment_is_never_late),
	    cmocka_unit_test(without_rules_no_rule_holds),
	    cmocka_unit_test(a_gone_rule_is_told_once_unless_it_was_back),
	    cmocka_unit_test(
		a_gone_rule_is_told_once_of_mail_that_is_due_meanwhile),
	    cmocka_unit_test(
		a_gone_rule_is_told_once_of_mail_whose_release_fails),
	    cmocka_unit_test(
		a_gone_rule_is_told_of_other_mail_with_the_same_id),
	    cmocka_unit_test(any_of_the_rules_keeps_it),
	    cmocka_unit_test(mail_of_more_rules_than_are_known_stays),
	    cmocka_unit_test(
		kept_mail_that_left_by_another_s_hand_is_forgotten),
	    cmocka_unit_test(kept_mail_that_turns_out_to_be_tried_is_foreign),
	    cmocka_unit_test(news_of_a_gone_rule_is_told_once_it_is_sure),
	    cmocka_unit_test(old_mail_of_a_gone_rule_is_released_not_requeued),
	    cmocka_unit_test(a_rule_that_is_back_keeps_mail_that_waits),
	    cmocka_unit_test(a_rule_that_is_back_keeps_mail_that_is_held_up),
	    cmocka_unit_test(a_rule_that_is_back_keeps_mail_that_was_paused),
	    cmocka_unit_test(
		a_rule_that_is_back_keeps_mail_whose_release_fails),
	    cmocka_unit_test(a_rule_that_is_back_keeps_mail_in_doubt),
	};

	return cmocka_run_group_tests_name("sweep_frozen", tests, NULL, NULL);
}
