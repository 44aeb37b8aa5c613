/* SPDX-License-Identifier: ISC */
/*
 * How much of a submitter's mail waits.
 */
#include "tests/unit/sweep_support.h"

/* The module itself, so that its memory can be made to run out. */
static bool no_memory;

static void *
scarce_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : calloc(n, size);
}

#define calloc scarce_calloc
#include "policyd/sched/tally.c"
#undef calloc

enum { ANN = 7, BEN = 8 };

static struct sim_mail *
add_of(struct sim *sim, uint64_t submitter, int64_t due_s)
{
	struct sim_mail *m = sim_add(sim, due_s);

	m->facts.submitter = submitter;
	return m;
}

static void
check_counts(const char *row, const struct sim *sim, int64_t ann, int64_t ben)
{
	check_int(row, (int64_t)sweep_postponed(&sim->sweep, ANN), ann);
	check_int(row, (int64_t)sweep_postponed(&sim->sweep, BEN), ben);
	check_int(row, (int64_t)sweep_postponed_total(&sim->sweep), ann + ben);
}

static void
mail_that_waits_counts_for_its_submitter(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	check_counts("nothing is known", sim, 0, 0);
	add_of(sim, ANN, 10);
	add_of(sim, BEN, 10);
	add_of(sim, ANN, 20);
	sim_freeze(add_of(sim, ANN, 10), "a");
	sim->rules = "a";
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	check_counts("listed", sim, 0, 0);
	sim_settle(sim);
	check_counts("read", sim, 3, 1);
	sim_run(sim, 10 * SEC);
	check_counts("two have left", sim, 2, 0);
	sim_run(sim, 10 * SEC);
	check_counts("one is kept by a rule", sim, 1, 0);
	sim_close(sim);
}

/* Each may be the one to which it happens. */
static const struct {
	const char *row;
	bool tried;
	bool vetoed;
	bool undated;
	bool past;
} others[] = {
    {"tried before", .tried = true},
    {"with a veto", .vetoed = true},
    {"without a date", .undated = true},
    {"held by somebody else", .past = true},
};

static void
foreign_mail_does_not_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct sim *sim = sim_open("sweep_interval = 10s");
		struct sim_mail *m =
		    add_of(sim, ANN, others[i].past ? -200 : 10);

		m->tried = others[i].tried;
		m->facts.vetoed = others[i].vetoed;
		if (others[i].undated)
			m->facts.own_latest_s = FACTS_NO_DATE;
		sim_run(sim, 25 * SEC);
		check_counts(others[i].row, sim, 0, 0);
		sim_close(sim);
	}
}

static void
mail_counts_until_it_has_left_for_sure(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 20s");

	(void)state;
	add_of(sim, ANN, 10);
	sim_learn(sim);
	sim->deaf = true;
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	check_counts("asked to leave", sim, 1, 0);
	sim_end(sim, SWEEP_RELEASE, false);
	check_counts("held up", sim, 1, 0);
	sim_pass(sim, SEC);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_end(sim, SWEEP_KICK_QMGR, true);
	sim_expect(sim, SWEEP_RELEASE);
	sim_end(sim, SWEEP_RELEASE, true);
	check_counts("in doubt", sim, 1, 0);
	sim_run(sim, 20 * SEC);
	check_counts("a walk has seen it elsewhere", sim, 0, 0);
	sim->mail[0].queue = SIM_HOLD;
	sim_run(sim, 100 * SEC);
	check_counts("somebody holds it again", sim, 0, 0);
	sim_close(sim);
}

/* One a second is requeued. */
static void
old_mail_counts_while_it_waits_for_its_requeue(void **state)
{
	struct sim *sim =
	    sim_open("release_method = requeue\nrelease_rate = 1");

	(void)state;
	add_of(sim, ANN, 10);
	add_of(sim, ANN, 10);
	add_of(sim, BEN, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_settle(sim);
	check_counts("two are left", sim, 1, 1);
	sim->mail[2].queue = SIM_GONE;
	sweep_departed(&sim->sweep, &sim->mail[2].id, &sim->now);
	check_counts("one is deleted", sim, 1, 0);
	sim_run(sim, 10 * SEC);
	check_counts("both are requeued", sim, 0, 0);
	check_int("by us", sim->released, 2);
	sim_close(sim);
}

static void
mail_that_left_by_another_s_hand_counts_no_longer(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	add_of(sim, ANN, 1000);
	add_of(sim, BEN, 1000);
	sim_learn(sim);
	sim->mail[0].queue = SIM_GONE;
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	check_counts("with news", sim, 0, 1);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	check_counts("told twice", sim, 0, 1);
	sim->mail[1].queue = SIM_GONE;
	sim_run(sim, 10 * SEC);
	check_counts("missed by one walk", sim, 0, 1);
	sim_run(sim, 10 * SEC);
	check_counts("missed by two", sim, 0, 0);
	sim_close(sim);
}

static void
held_up_mail_that_turns_out_to_be_tried_counts_no_longer(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	add_of(sim, ANN, 10)->spoils = true;
	sim_learn(sim);
	sim_run(sim, 15 * SEC);
	check_counts("held up", sim, 1, 0);
	sim->mail[0].tried = true;
	sim_pass(sim, 10 * SEC);
	sim->sweep.paused = true;
	sim_settle(sim);
	check_counts("tried", sim, 0, 0);
	sim_close(sim);
}

static void
news_counts_before_a_walk_has_seen_it(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *m;

	(void)state;
	sim_learn(sim);
	sim_pass(sim, 60 * SEC);
	m = add_of(sim, ANN, 10);
	m->tried = true;
	sweep_arrived(&sim->sweep, &m->id);
	sim_expect(sim, SWEEP_READ);
	check_counts("in flight", sim, 0, 0);
	sim_end(sim, SWEEP_READ, true);
	check_counts("read", sim, 1, 0);
	sim_run(sim, SEC);
	check_counts("a walk has shown that it was tried", sim, 0, 0);
	sim_close(sim);
}

static void
mail_counts_once_however_often_it_is_judged(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	add_of(sim, ANN, 1000);
	sim_freeze(add_of(sim, BEN, 1000), "a");
	sim_learn(sim);
	for (int i = 0; i < 5; i++) {
		sim->rules = i % 2 == 0 ? "a" : "";
		sweep_reconsider(&sim->sweep);
		sim_run(sim, 10 * SEC);
		check_counts("judged anew", sim, 1, 1);
	}
	sim_close(sim);
}

static void
what_is_read_again_counts_meanwhile(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	add_of(sim, ANN, 1000);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sweep_reconsider(&sim->sweep);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	check_counts("to be read", sim, 1, 0);
	sim_expect(sim, SWEEP_READ);
	check_counts("in flight", sim, 1, 0);
	sim_end(sim, SWEEP_READ, true);
	check_counts("read", sim, 1, 0);
	sim_close(sim);
}

/* The same id, and another submitter. */
static void
other_mail_counts_for_its_own_submitter(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	add_of(sim, ANN, 1000);
	sim_learn(sim);
	sim->mail[0].facts.size++;
	sim->mail[0].facts.submitter = BEN;
	sim_run(sim, 10 * SEC);
	check_counts("a walk has seen it", sim, 0, 1);
	sim_close(sim);
}

static void
without_memory_mail_leaves_uncounted(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	add_of(sim, ANN, 10);
	no_memory = true;
	sim_settle(sim);
	no_memory = false;
	check_counts("missed", sim, 0, 0);
	add_of(sim, ANN, 20);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_settle(sim);
	check_counts("the other one", sim, 1, 0);
	sim_run(sim, 10 * SEC);
	check_int("it leaves", sim->released, 1);
	check_counts("the other one still", sim, 1, 0);
	sim_run(sim, 10 * SEC);
	check_counts("none", sim, 0, 0);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mail_that_waits_counts_for_its_submitter),
	    cmocka_unit_test(foreign_mail_does_not_count),
	    cmocka_unit_test(mail_counts_until_it_has_left_for_sure),
	    cmocka_unit_test(old_mail_counts_while_it_waits_for_its_requeue),
	    cmocka_unit_test(mail_that_left_by_another_s_hand_counts_no_longer),
	    cmocka_unit_test(
		held_up_mail_that_turns_out_to_be_tried_counts_no_longer),
	    cmocka_unit_test(news_counts_before_a_walk_has_seen_it),
	    cmocka_unit_test(mail_counts_once_however_often_it_is_judged),
	    cmocka_unit_test(what_is_read_again_counts_meanwhile),
	    cmocka_unit_test(other_mail_counts_for_its_own_submitter),
	    cmocka_unit_test(without_memory_mail_leaves_uncounted),
	};

	return cmocka_run_group_tests_name("sweep_counts", tests, NULL, NULL);
}
