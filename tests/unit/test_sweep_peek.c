/* SPDX-License-Identifier: ISC */
/*
 * Reads of mail that waits, for what the scheduler does not keep: they change
 * nothing, and are in nobody's way.
 */
#include "tests/unit/sweep_support.h"

#include "policyd/sched/sweep_entry.h"

/* Wants the first n messages of the queue. */
static void
peek(struct sim *sim, size_t n)
{
	struct qid ids[SWEEP_PEEK_MAX];

	assert_true(n <= SWEEP_PEEK_MAX && n <= sim->n_mail);
	for (size_t i = 0; i < n; i++)
		ids[i] = sim->mail[i].id;
	sweep_peek(&sim->sweep, ids, n);
}

/* Messages that wait for a moment far ahead. */
static struct sim *
waiting(size_t n)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	for (size_t i = 0; i < n; i++)
		sim_add(sim, 1000);
	sim_learn(sim);
	return sim;
}

static void
mail_that_waits_is_read_once_more(void **state)
{
	struct sim *sim = waiting(3);

	(void)state;
	check_bool("none", sweep_is_peeking(&sim->sweep), false);
	sim_settle(sim);
	check_log("nothing to do", sim, "");
	peek(sim, 2);
	check_bool("wanted", sweep_is_peeking(&sim->sweep), true);
	sim_expect(sim, SWEEP_READ);
	check_bool("runs", sweep_is_peeking(&sim->sweep), true);
	sim_end(sim, SWEEP_READ, true);
	check_bool("over", sweep_is_peeking(&sim->sweep), false);
	check_bool("well", sim->sweep.peek_failed, false);
	check_log("two", sim, "read MAILAAA MAILAAB\n");
	sim_run(sim, 30 * SEC);
	check_log("not again", sim, "");
	check_int(
	    "they are not judged anew", (int64_t)sim->sweep.counts.read, 3);
	sim_close(sim);
}

/* All that is known, but for what commands do not change anyway. */
static void
check_same(const char *row, const struct sim *sim,
    const struct index_entry *before, uint32_t n)
{
	check_int(row, index_slots(&sim->sweep.index), n);
	for (uint32_t i = 0; i < n; i++)
		assert_memory_equal(index_at(&sim->sweep.index, i), &before[i],
		    sizeof(before[i]));
}

static struct index_entry *
copy_entries(const struct sim *sim, uint32_t *n)
{
	struct index_entry *copy;

	*n = index_slots(&sim->sweep.index);
	copy = calloc(*n + 1, sizeof(*copy));
	assert_non_null(copy);
	for (uint32_t i = 0; i < *n; i++)
		copy[i] = *index_at(&sim->sweep.index, i);
	return copy;
}

static const struct {
	const char *row;
	bool ok;
	bool not_run;
	bool bad; /* one of them spoils it */
} ends[] = {
    {"it went well", true, false, false},
    {"it failed", false, false, false},
    {"a file spoils it", true, false, true},
    {"it could not be run", false, true, false},
};

/* Whatever a file says now, and however it ends. */
static void
nothing_changes_by_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		const char *row = ends[i].row;
		struct sim *sim = waiting(5);
		struct index_entry *before;
		struct sweep_verb_state read;
		size_t limit;
		uint32_t n;

		sim->sweep.limit[SWEEP_READ] = limit = 7;
		sim->sweep.verb[SWEEP_READ].failures = 3;
		read = sim->sweep.verb[SWEEP_READ];
		before = copy_entries(sim, &n);
		sim->mail[0].facts.own_latest_s += 5;
		sim->mail[1].facts.vetoed = true;
		sim->mail[2].facts.size += 1;
		sim->mail[3].bad = ends[i].bad;
		peek(sim, 5);
		sim_expect(sim, SWEEP_READ);
		if (ends[i].not_run)
			sweep_not_run(&sim->sweep, SWEEP_READ, &sim->now);
		else
			sim_end(sim, SWEEP_READ, ends[i].ok);
		check_same(row, sim, before, n);
		check_int(
		    row, (int64_t)sim->sweep.limit[SWEEP_READ], (int64_t)limit);
		check_int(row, sim->sweep.verb[SWEEP_READ].failures, 3);
		check_int(row, sim->sweep.verb[SWEEP_READ].not_before_ns,
		    read.not_before_ns);
		check_int(row, sim->sweep.running, 0);
		check_bool(
		    row, sim->sweep.peek_failed, !ends[i].ok || ends[i].bad);
		check_bool(row, sweep_is_peeking(&sim->sweep), false);
		check_log(
		    row, sim, "read MAILAAA MAILAAB MAILAAC MAILAAD MAILAAE\n");
		sim_run(sim, 60 * SEC);
		check_log("not tried again by itself", sim, "");
		free(before);
		sim_close(sim);
	}
}

static void
real_reads_come_first(void **state)
{
	struct sim *sim = waiting(1);

	(void)state;
	peek(sim, 1);
	sim_add(sim, 2000);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_settle(sim);
	check_log(
	    "the new one, then the peek", sim, "read MAILAAB\nread MAILAAA\n");
	peek(sim, 1);
	sim_expect(sim, SWEEP_READ);
	sim_add(sim, 2000);
	sweep_arrived(&sim->sweep, &sim->mail[2].id);
	sim_settle(sim);
	check_log("one read at a time", sim, "read MAILAAA\n");
	sim_end(sim, SWEEP_READ, false);
	sim_settle(sim);
	check_log("right behind it", sim, "read MAILAAC\n");
	check_int("three wait", sim->sweep.index.n_heap, 3);
	sim_close(sim);
}

/* What is news may be due at once. */
static void
it_is_ended_for_what_waits_behind_it(void **state)
{
	struct sim *sim = waiting(1);

	(void)state;
	peek(sim, 1);
	sim_expect(sim, SWEEP_READ);
	sim_run(sim, 30 * SEC);
	check_log("it is in no way", sim, "read MAILAAA\n");
	sim_end(sim, SWEEP_READ, true);
	peek(sim, 1);
	sim_expect(sim, SWEEP_READ);
	sim_add(sim, 2000);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_run(sim, 100 * MSEC - 1);
	check_log("it may end by itself", sim, "read MAILAAA\n");
	sim_run(sim, 1);
	check_log("it does not", sim, "end of peek\n");
	sim_run(sim, 5 * SEC);
	check_log("told once", sim, "");
	sim_end(sim, SWEEP_READ, false);
	sim_settle(sim);
	check_log("then news are read", sim, "read MAILAAB\n");
	peek(sim, 1);
	sim_expect(sim, SWEEP_READ);
	sim_pass(sim, SEC);
	sim_add(sim, 2000);
	sweep_arrived(&sim->sweep, &sim->mail[2].id);
	sim_settle(sim);
	check_log("at once", sim, "read MAILAAA\nend of peek\n");
	sim_close(sim);
}

/* A read that is none is not ended for others. */
static void
real_reads_take_their_time(void **state)
{
	struct sim *sim = waiting(1);

	(void)state;
	sim_add(sim, 2000);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_expect(sim, SWEEP_READ);
	sim_add(sim, 2000);
	sweep_arrived(&sim->sweep, &sim->mail[2].id);
	sim_run(sim, 30 * SEC);
	check_log("no end", sim, "read MAILAAB\n");
	sim_end(sim, SWEEP_READ, true);
	sim_close(sim);
}

/* It is in the way also when as many commands run as may. */
static void
it_is_ended_among_many_commands(void **state)
{
	struct sim *sim = waiting(1);
	int64_t wall_ns, mono_ns;

	(void)state;
	peek(sim, 1);
	sim_expect(sim, SWEEP_READ);
	sim_add(sim, 2000);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim->sweep.running = SWEEP_COMMANDS_MAX;
	sweep_wait(&sim->sweep, &sim->now, &wall_ns, &mono_ns);
	check_int("soon", mono_ns - sim->now.mono_ns, 100 * MSEC);
	sim->sweep.running = 1;
	sim->sweep.held_up.n = 1;
	sim->sweep.held_up_ns = sim->now.mono_ns + SEC;
	sweep_wait(&sim->sweep, &sim->now, &wall_ns, &mono_ns);
	check_int("sooner than others", mono_ns - sim->now.mono_ns, 100 * MSEC);
	sim->sweep.held_up_ns = sim->now.mono_ns + MSEC;
	sweep_wait(&sim->sweep, &sim->now, &wall_ns, &mono_ns);
	check_int("others are sooner", mono_ns - sim->now.mono_ns, MSEC);
	sim->sweep.held_up.n = 0;
	sim_end(sim, SWEEP_READ, true);
	sim_close(sim);
}

/* Reads that fail for long are not disturbed either. */
static void
it_waits_while_reads_wait(void **state)
{
	struct sim *sim = waiting(1);

	(void)state;
	sim_add(sim, 2000);
	sweep_arrived(&sim->sweep, &sim->mail[1].id);
	sim_expect(sim, SWEEP_READ);
	sweep_not_run(&sim->sweep, SWEEP_READ, &sim->now);
	peek(sim, 1);
	sim_settle(sim);
	check_log(
	    "neither", sim, "read MAILAAB\n* failed read, again in 1 s\n");
	sim_pass(sim, SEC);
	sim_settle(sim);
	check_log("both", sim, "read MAILAAB\nread MAILAAA\n");
	sim_close(sim);
}

static void
what_does_not_wait_is_left_out(void **state)
{
	struct sim *sim = waiting(6);

	(void)state;
	sim->rules = "a";
	sim_add_frozen(sim, "a");
	sim_add(sim, 0)->facts.vetoed = true;
	sim_add(sim, 5);
	sweep_want_walk(&sim->sweep);
	sim_run(sim, SEC);
	sim->log.used = 0;
	peek(sim, 9);
	sweep_departed(&sim->sweep, &sim->mail[1].id, &sim->now);
	sim_pass(sim, 5 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	check_log("one leaves", sim, "release MAILAAI\n");
	sim_settle(sim);
	check_log("those that wait", sim,
	    "read MAILAAA MAILAAC MAILAAD MAILAAE MAILAAF\n");
	for (size_t i = 2; i < 8; i++)
		sweep_departed(&sim->sweep, &sim->mail[i].id, &sim->now);
	peek(sim, 1);
	sim_expect(sim, SWEEP_READ);
	sim_end(sim, SWEEP_READ, false);
	check_bool("one failed", sim->sweep.peek_failed, true);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	sim->log.used = 0;
	peek(sim, 6);
	sim_settle(sim);
	check_log("none is left", sim, "");
	check_bool("so it is over", sweep_is_peeking(&sim->sweep), false);
	check_bool("and did not fail", sim->sweep.peek_failed, false);
	sim_close(sim);
}

static void
it_can_be_taken_back(void **state)
{
	struct sim *sim = waiting(3);

	(void)state;
	peek(sim, 3);
	sweep_peek(&sim->sweep, NULL, 0);
	sim_settle(sim);
	check_log("not started", sim, "");
	peek(sim, 3);
	peek(sim, 1);
	sim_settle(sim);
	check_log("the last that was said", sim, "read MAILAAA\n");
	sweep_stop(&sim->sweep);
	peek(sim, 3);
	sim_settle(sim);
	check_log("not while it stops", sim, "");
	sim_close(sim);
}

/* It is rescheduled or leaves while it is being looked at. */
static void
a_message_may_change_meanwhile(void **state)
{
	struct sim *sim = waiting(3);

	(void)state;
	peek(sim, 3);
	sim_expect(sim, SWEEP_READ);
	sweep_reschedule(&sim->sweep, &sim->mail[0].id);
	sweep_departed(&sim->sweep, &sim->mail[1].id, &sim->now);
	sim_end(sim, SWEEP_READ, true);
	sim->log.used = 0;
	check_int("it is to be read still", sim->sweep.unread.n, 1);
	sim_settle(sim);
	check_log("and is", sim, "read MAILAAA\n");
	check_int("two wait", sim->sweep.index.n_heap, 2);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mail_that_waits_is_read_once_more),
	    cmocka_unit_test(nothing_changes_by_it),
	    cmocka_unit_test(real_reads_come_first),
	    cmocka_unit_test(it_is_ended_for_what_waits_behind_it),
	    cmocka_unit_test(real_reads_take_their_time),
	    cmocka_unit_test(it_is_ended_among_many_commands),
	    cmocka_unit_test(it_waits_while_reads_wait),
	    cmocka_unit_test(what_does_not_wait_is_left_out),
	    cmocka_unit_test(it_can_be_taken_back),
	    cmocka_unit_test(a_message_may_change_meanwhile),
	};

	return cmocka_run_group_tests_name("sweep_peek", tests, NULL, NULL);
}
