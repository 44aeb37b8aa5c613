/* SPDX-License-Identifier: ISC */
/*
 * What is done with all entries in slices: the end of a walk, a reload; and how
 * often there are walks.
 */
#include "tests/unit/sweep_support.h"

#include "policyd/sched/sweep_entry.h"

/* A queue of so many, of which every third is gone without a word. */
enum { MANY = 40 };

static uint32_t
slot_of(const struct sim *sim, size_t mail)
{
	return index_find(&sim->sweep.index, &sim->mail[mail].id);
}

static bool
is_known(const struct sim *sim, size_t mail)
{
	uint32_t slot = slot_of(sim, mail);

	return slot != INDEX_NONE &&
	    index_at(&sim->sweep.index, slot)->state != GONE;
}

static const struct index_entry *
entry_of(const struct sim *sim, size_t mail)
{
	uint32_t slot = slot_of(sim, mail);

	assert_true(slot != INDEX_NONE);
	return index_at(&sim->sweep.index, slot);
}

static enum state
state_of(const struct sim *sim, size_t mail)
{
	return (enum state)entry_of(sim, mail)->state;
}

/* The slices that are left; no command must come before the last. */
static unsigned
finish(struct sim *sim)
{
	int64_t wall_ns, mono_ns;
	struct sweep_command c;
	unsigned n = 0;

	while (sweep_is_passing(&sim->sweep)) {
		sweep_wait(&sim->sweep, &sim->now, &wall_ns, &mono_ns);
		assert_true(mono_ns <= sim->now.mono_ns);
		n++;
		if (sim_begin(sim, &c))
			script_add(&sim->log, "\n");
	}
	return n;
}

/* All commands there are now, and all slices. */
static void
settle_all(struct sim *sim)
{
	do
		sim_settle(sim);
	while (sweep_is_passing(&sim->sweep));
}

/* A walk that is wanted: its command, its lines, and its end. */
static void
walk(struct sim *sim)
{
	sim_pass(sim, 3600 * SEC);
	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
}

/* All there is of what is known, whoever is asked. */
static struct sim *
after_two_walks(uint32_t slice)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	sim->sweep.slice = slice;
	for (unsigned i = 0; i < MANY; i++)
		sim_add(sim, 3600 * 24 * (1 + i % 5));
	sim_settle(sim);
	finish(sim);
	sim_settle(sim);
	for (unsigned i = 0; i < MANY; i += 3)
		sim->mail[i].queue = SIM_GONE;
	walk(sim);
	finish(sim);
	walk(sim);
	finish(sim);
	return sim;
}

static void
slices_of_any_size_forget_the_same(void **state)
{
	static const uint32_t sizes[] = {1, 2, 7, MANY - 1, MANY, MANY + 1};
	struct sim *whole = after_two_walks(0);
	const struct index *want = &whole->sweep.index;

	(void)state;
	assert_int_equal(index_count(want), MANY - (MANY + 2) / 3);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct sim *sim = after_two_walks(sizes[i]);
		const struct index *got = &sim->sweep.index;

		assert_int_equal(index_slots(got), index_slots(want));
		assert_int_equal(index_count(got), index_count(want));
		assert_int_equal(got->n_heap, want->n_heap);
		for (uint32_t slot = 0; slot < index_slots(want); slot++)
			assert_memory_equal(index_at(got, slot),
			    index_at(want, slot), sizeof(struct index_entry));
		sim_close(sim);
	}
	sim_close(whole);
}

/*
 * Five messages of which two walks have missed the last three: the second one
 * has just ended, and its end has come to the second message.
 */
enum { A, B, C, D, E };

static struct sim *
in_the_middle(const char *config)
{
	struct sim *sim = sim_open(config);

	for (int i = 0; i < 5; i++)
		sim_add(sim, 2 * 86400 + i);
	sim_learn(sim);
	sim->mail[C].queue = sim->mail[D].queue = sim->mail[E].queue = SIM_GONE;
	walk(sim);
	sim->sweep.slice = 1;
	walk(sim);
	assert_true(sweep_is_passing(&sim->sweep));
	assert_int_equal(sim->sweep.ending.next, 1);
	sim->log.used = 0;
	return sim;
}

static void
a_slice_takes_as_many_as_it_says(void **state)
{
	struct sim *sim = in_the_middle("sweep_interval = 1h");

	(void)state;
	assert_int_equal(finish(sim), 4);
	assert_true(is_known(sim, A) && is_known(sim, B));
	assert_false(is_known(sim, C) || is_known(sim, D) || is_known(sim, E));
	check_log("nothing else", sim, "");
	sim_close(sim);
}

/*
 * Those that are gone make room in front of what is left to do: one new message
 * is being read by then, and the other is not.
 */
static void
what_arrives_meanwhile_is_not_forgotten(void **state)
{
	struct sim *sim = in_the_middle("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 3 * 86400);
	sim_add(sim, 3 * 86400);
	sweep_departed(&sim->sweep, &sim->mail[D].id, &sim->now);
	sweep_departed(&sim->sweep, &sim->mail[E].id, &sim->now);
	sweep_arrived(&sim->sweep, &sim->mail[5].id);
	sim_expect(sim, SWEEP_READ);
	sweep_arrived(&sim->sweep, &sim->mail[6].id);
	assert_true(slot_of(sim, 5) > sim->sweep.ending.next - 1 &&
	    slot_of(sim, 6) > sim->sweep.ending.next - 1);
	finish(sim);
	sim_end(sim, SWEEP_READ, true);
	sim_settle(sim);
	assert_int_equal(state_of(sim, 5), WAITING);
	assert_int_equal(state_of(sim, 6), WAITING);
	assert_int_equal(index_count(&sim->sweep.index), 4);
	sim_close(sim);
}

/* What a walk confirmed is forgotten by the second one behind it. */
static void
what_has_left_is_known_for_two_more_walks(void **state)
{
	static const uint32_t sizes[] = {0, 1};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");

		sim->sweep.slice = sizes[i];
		sim_add(sim, 5);
		sim_learn(sim);
		sim->deaf = true;
		sim_pass(sim, 5 * SEC);
		sim_expect(sim, SWEEP_RELEASE);
		sim_end(sim, SWEEP_RELEASE, true);
		sim->mail[A].queue = SIM_GONE;
		settle_all(sim);
		assert_int_equal(state_of(sim, A), RELEASED);
		walk(sim);
		settle_all(sim);
		assert_int_equal(state_of(sim, A), RELEASED);
		walk(sim);
		settle_all(sim);
		assert_int_equal(index_count(&sim->sweep.index), 0);
		sim_close(sim);
	}
}

static void
what_is_back_meanwhile_is_not_forgotten(void **state)
{
	struct sim *sim = in_the_middle("sweep_interval = 1h");

	(void)state;
	sim->mail[D].queue = SIM_HOLD;
	sweep_departed(&sim->sweep, &sim->mail[D].id, &sim->now);
	sweep_arrived(&sim->sweep, &sim->mail[D].id);
	finish(sim);
	assert_true(is_known(sim, D));
	assert_false(is_known(sim, C) || is_known(sim, E));
	sim_close(sim);
}

static const char released_whatever_its_age[] =
    "sweep_interval = 1h\nrelease_method = release";

static void
what_is_due_meanwhile_leaves(void **state)
{
	struct sim *sim = in_the_middle(released_whatever_its_age);

	(void)state;
	sim->now.wall_ns = (SIM_START_S + 2 * 86400 + 1) * SEC;
	sim_pass(sim, SEC / 2);
	sim_expect(sim, SWEEP_RELEASE);
	assert_true(sweep_is_passing(&sim->sweep));
	check_log("those that are there", sim, "release MAILAAA MAILAAB\n");
	sim_end(sim, SWEEP_RELEASE, true);
	finish(sim);
	assert_int_equal(state_of(sim, A), RELEASED);
	assert_int_equal(state_of(sim, B), RELEASED);
	sim_close(sim);
}

/* Of E two walks have said that it is gone, though nobody came to it yet. */
static void
what_two_walks_missed_does_not_leave(void **state)
{
	struct sim *sim = in_the_middle(released_whatever_its_age);

	(void)state;
	sim->now.wall_ns = (SIM_START_S + 2 * 86400 + 60) * SEC;
	sim_pass(sim, SEC / 2);
	sim_expect(sim, SWEEP_RELEASE);
	check_log("only two", sim, "release MAILAAA MAILAAB\n");
	finish(sim);
	assert_int_equal(index_count(&sim->sweep.index), 2);
	sim_close(sim);
}

static void
what_is_in_flight_is_not_forgotten_when_it_lands(void **state)
{
	static const struct {
		const char *row;
		bool ok;
		bool not_run;
	} ends[] = {
	    {"the read ends", true, false},
	    {"the read fails", false, false},
	    {"the read is not run", false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct sim *sim = in_the_middle("sweep_interval = 1h");

		finish(sim);
		sim->mail[B].queue = SIM_GONE; /* in the listing alone */
		sweep_reschedule(&sim->sweep, &sim->mail[B].id);
		sim_expect(sim, SWEEP_READ);
		walk(sim);
		finish(sim);
		walk(sim);
		check_bool(ends[i].row, sweep_is_passing(&sim->sweep), true);
		sim->mail[B].queue = SIM_HOLD;
		if (ends[i].not_run)
			sweep_not_run(&sim->sweep, SWEEP_READ, &sim->now);
		else
			sim_end(sim, SWEEP_READ, ends[i].ok);
		finish(sim);
		check_bool(ends[i].row, is_known(sim, B), true);
		sim_close(sim);
	}
}

static void
no_walk_begins_meanwhile(void **state)
{
	struct sim *sim = in_the_middle("sweep_interval = 10s");
	struct sweep_command c;

	(void)state;
	sweep_want_walk(&sim->sweep);
	sim_pass(sim, 3600 * SEC);
	for (int i = 0; i < 3; i++) {
		assert_false(sim_begin(sim, &c));
		assert_int_equal(sweep_sight(&sim->sweep), SWEEP_LOOKING);
	}
	sim_expect(sim, SWEEP_LIST);
	assert_false(sweep_is_passing(&sim->sweep));
	assert_int_equal(sweep_sight(&sim->sweep), SWEEP_LOOKED);
	sim_end(sim, SWEEP_LIST, true);
	finish(sim);
	assert_true(is_known(sim, A) && is_known(sim, B));
	sim_close(sim);
}

static void
a_stop_meanwhile_does_no_harm(void **state)
{
	struct sim *sim = in_the_middle("sweep_interval = 10s");

	(void)state;
	assert_true(sweep_stop(&sim->sweep));
	finish(sim);
	assert_true(sweep_stop(&sim->sweep));
	check_log("nothing is begun", sim, "");
	sim_close(sim);
}

/* An override is counted as missed only when all that is there was read. */
static void
overrides_outlive_a_walk_with_unread_mail(void **state)
{
	static const struct {
		const char *row;
		bool arrives;
		int64_t left;
	} rows[] = {{"all is read", false, 0}, {"one is not", true, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sim *sim = in_the_middle("sweep_interval = 1h");
		struct override override = {.id = qid_of("MAILXXX"),
		    .arrival_s = SIM_START_S,
		    .due_s = SIM_START_S + 86400,
		    .set_s = SIM_START_S};

		finish(sim);
		assert_true(overrides_set(&sim->overrides, &override));
		for (int walks = 0; walks < 3; walks++) {
			walk(sim);
			if (rows[i].arrives)
				sweep_arrived(
				    &sim->sweep, &sim_add(sim, 86400)->id);
			finish(sim);
			sim_settle(sim);
		}
		check_int(rows[i].row, sim->overrides.n, rows[i].left);
		sim_close(sim);
	}
}

/*
 * Three messages that wait for a moment, and one that a rule kept until it was
 * gone; all of it is due in a minute. The reload has just come.
 */
static struct sim *
in_a_reload(void)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	for (int i = 0; i < 4; i++)
		sim_add(sim, 60 + i);
	sim_freeze(&sim->mail[D], "a");
	sim_learn(sim);
	sim->sweep.slice = 1;
	sim->rules = "a";
	sweep_reconsider(&sim->sweep);
	assert_true(sweep_is_passing(&sim->sweep));
	sim->log.used = 0;
	return sim;
}

static void
a_rule_that_is_back_holds_before_its_mail_is_reached(void **state)
{
	struct sim *sim = in_a_reload();

	(void)state;
	sim_pass(sim, 64 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	check_log(
	    "not what it holds", sim, "release MAILAAA MAILAAB MAILAAC\n");
	sim_expect(sim, SWEEP_READ);
	sim_end(sim, SWEEP_READ, true);
	assert_int_equal(state_of(sim, D), FROZEN);
	assert_int_equal(sweep_count_frozen(&sim->sweep, span_str("a")), 1);
	sim_close(sim);
}

static void
all_is_judged_anew_by_the_walk_behind_a_reload(void **state)
{
	static const uint32_t sizes[] = {1, 2, 3, 4, 5, 0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct sim *sim = in_a_reload();
		uint64_t read = sim->sweep.counts.read;

		sim->sweep.slice = sizes[i];
		settle_all(sim);
		sim_pass(sim, SEC);
		settle_all(sim);
		check_int(
		    "read again", (int64_t)(sim->sweep.counts.read - read), 4);
		assert_int_equal(state_of(sim, D), FROZEN);
		sim_close(sim);
	}
}

/* Each is a new one: what was reached before is looked at again. */
static void
reloads_come_one_behind_the_other(void **state)
{
	struct sim *sim = in_a_reload();

	(void)state;
	sim->sweep.slice = 2;
	sweep_reconsider(&sim->sweep);
	assert_int_equal(sim->sweep.anew.next, 2);
	sweep_reconsider(&sim->sweep);
	assert_int_equal(sim->sweep.anew.next, 2);
	finish(sim);
	for (size_t i = 0; i < 3; i++) {
		assert_true((entry_of(sim, i)->flags & REREAD) != 0);
	}
	sim_close(sim);
}

/* How often there are walks. */

/* A walk that takes so long; what is told of that. */
static void
check_walk(struct sim *sim, const char *row, int64_t cost_ns, const char *want)
{
	sim->log.used = 0;
	sim_expect(sim, SWEEP_LIST);
	sim_pass(sim, cost_ns);
	sim_end(sim, SWEEP_LIST, true);
	check_log(row, sim, want);
	sim_settle(sim);
}

static void
check_next_walk(struct sim *sim, const char *row, int64_t in_ns)
{
	check_int(row, sim->sweep.next_walk_ns - sim->now.mono_ns, in_ns);
	sim_pass(sim, in_ns);
}

static void
walks_take_a_tenth_of_the_time(void **state)
{
	static const struct {
		const char *row;
		int64_t cost_ms;
		int64_t interval_ms;
		const char *told;
	} walks[] = {
	    {"a short one", 10, 60000, ""},
	    {"as long as it may be", 6666, 60000, ""},
	    {"longer", 6667, 60003,
		"* walks rarer: 3 in 6667 ms, 60 s between\n"},
	    {"longer still", 20000, 180000, ""},
	    {"a little less is no news", 6666, 60000, ""},
	    {"nor is half of it", 3334, 60000, ""},
	    {"but less is", 3333, 60000,
		"* walks back: 3 in 3333 ms, 60 s between\n"},
	    {"long again", 7000, 63000,
		"* walks rarer: 3 in 7000 ms, 63 s between\n"},
	};
	struct sim *sim = sim_open("sweep_interval = 60s");

	(void)state;
	for (int i = 0; i < 3; i++)
		sim_add(sim, 86400);
	for (size_t i = 0; i < COUNT_OF(walks); i++) {
		char want[128];

		snprintf(want, sizeof(want), "list\n%s", walks[i].told);
		check_walk(sim, walks[i].row, walks[i].cost_ms * MSEC, want);
		check_next_walk(sim, walks[i].row, walks[i].interval_ms * MSEC);
	}
	sim_close(sim);
}

/* As if it had listed so many, and then failed. */
static void
walks_that_fail_rest_for_what_they_listed(void **state)
{
	static const struct {
		const char *row;
		int64_t cost_ms;
		uint64_t listed;
		int64_t rest_ms;
	} walks[] = {
	    {"none: it only slept", 20000, 0, 0},
	    {"few", 20000, 10, 9},
	    {"so many that the time is theirs", 20000, 200000, 180000},
	    {"more", 20000, 1000000, 180000},
	    {"none, at once", 0, 0, 0},
	};
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(walks); i++) {
		sim_expect(sim, SWEEP_LIST);
		sim->sweep.listed = walks[i].listed;
		sim_pass(sim, walks[i].cost_ms * MSEC);
		sim_end(sim, SWEEP_LIST, false);
		check_next_walk(sim, walks[i].row, walks[i].rest_ms * MSEC);
		sim_pass(sim, 60 * SEC);
	}
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slices_of_any_size_forget_the_same),
	    cmocka_unit_test(a_slice_takes_as_many_as_it_says),
	    cmocka_unit_test(what_arrives_meanwhile_is_not_forgotten),
	    cmocka_unit_test(what_has_left_is_known_for_two_more_walks),
	    cmocka_unit_test(what_is_back_meanwhile_is_not_forgotten),
	    cmocka_unit_test(what_is_due_meanwhile_leaves),
	    cmocka_unit_test(what_two_walks_missed_does_not_leave),
	    cmocka_unit_test(what_is_in_flight_is_not_forgotten_when_it_lands),
	    cmocka_unit_test(no_walk_begins_meanwhile),
	    cmocka_unit_test(a_stop_meanwhile_does_no_harm),
	    cmocka_unit_test(overrides_outlive_a_walk_with_unread_mail),
	    cmocka_unit_test(
		a_rule_that_is_back_holds_before_its_mail_is_reached),
	    cmocka_unit_test(all_is_judged_anew_by_the_walk_behind_a_reload),
	    cmocka_unit_test(reloads_come_one_behind_the_other),
	    cmocka_unit_test(walks_take_a_tenth_of_the_time),
	    cmocka_unit_test(walks_that_fail_rest_for_what_they_listed),
	};

	return cmocka_run_group_tests_name("sweep_pass", tests, NULL, NULL);
}
