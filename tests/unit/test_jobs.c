/* SPDX-License-Identifier: ISC */
/* How what commands print is read from their pipes. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "tests/unit/sweep_support.h"

#include "hdrcheck/base/os.h"
#include "policyd/jobs.h"

enum { LINES = 200 };

/* As long as a rest is at least, and half of what a wide pipe holds. */
#define REST_MIN_NS (5 * CLOCK_NS_PER_MS)
#define HALF        (512 * 1024)

/* A listing that has taken so long already is a slow one. */
#define LONG_NS (10 * CLOCK_NS_PER_S)
#define LINE                                                                   \
	"{\"queue_name\": \"%s\", \"queue_id\": \"MAIL%03d\", "                \
	"\"arrival_time\": 1795299900, \"message_size\": 300}\n"

/* The reading ends are the engine's. */
struct printing {
	struct sim *sim;
	struct loop *loop;
	struct jobs jobs;
	struct loop_timer turn;
	int out;
	int err;
	int told; /* times that something was read */
};

static void
on_told(void *ctx)
{
	struct printing *p = ctx;

	p->told++;
}

static void
on_turn(void *ctx)
{
	loop_stop(ctx);
}

/* The loop goes round once, without a wait. */
static void
turn(struct printing *p)
{
	loop_arm(&p->turn, 0);
	assert_int_equal(loop_run(p->loop), 0);
}

/* Where nobody knows how much a pipe holds, it is read as it comes. */
static void
need_rests(const struct printing *p)
{
	if (os_pipe_size(p->out) == 0)
		skip();
}

/* A command of that verb runs, and has printed nothing. */
static void
printing_open(struct printing *p, enum sweep_verb verb, bool wide)
{
	int out[2], err[2];

	*p = (struct printing){.sim = sim_open(""), .loop = loop_new()};
	sim_expect(p->sim, SWEEP_LIST);
	jobs_init(&p->jobs, p->loop, &p->sim->sweep, on_told, p);
	loop_add_timer(p->loop, &p->turn, LOOP_MONO, on_turn, p->loop);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	assert_int_equal(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(err[0], F_SETFL, O_NONBLOCK), 0);
	if (wide)
		os_pipe_widen(out[0]);
	assert_int_equal(
	    jobs_started(&p->jobs, verb, (int[2]){out[0], err[0]}), 0);
	p->out = out[1];
	p->err = err[1];
}

static void
print_line(struct printing *p, int number)
{
	assert_true(dprintf(p->out, LINE, "hold", number) > 0);
}

/* Of a message that is not to be read. */
static void
print_foreign_line(struct printing *p, int number)
{
	assert_true(dprintf(p->out, LINE, "deferred", number) > 0);
}

/* The command ends, and has all that it printed been understood? */
static void
printing_close(struct printing *p, uint32_t known)
{
	close(p->out);
	close(p->err);
	jobs_ended(&p->jobs, SWEEP_LIST, 0);
	check_int("known", index_count(&p->sim->sweep.index), known);
	assert_true(p->sim->sweep.walk_ok);
	jobs_free(&p->jobs);
	loop_free(p->loop);
	sim_close(p->sim);
}

/* Lines come one by one, but are read many at a time. */
static void
a_listing_gathers_in_its_pipe(void **state)
{
	struct printing p;
	int64_t began_ns, rests;

	(void)state;
	printing_open(&p, SWEEP_LIST, true);
	need_rests(&p);
	began_ns = clock_mono_ns();
	for (int i = 0; i < LINES; i++) {
		print_line(&p, i);
		turn(&p);
	}
	rests = (clock_mono_ns() - began_ns) / REST_MIN_NS;
	assert_true(p.told >= 1 && p.told <= 2 + rests);
	printing_close(&p, LINES);
}

static void
what_gathered_is_read_after_the_rest(void **state)
{
	struct printing p;

	(void)state;
	printing_open(&p, SWEEP_LIST, true);
	print_line(&p, 0);
	turn(&p);
	assert_int_equal(p.told, 1);
	print_line(&p, 1);
	while (p.told == 1)
		turn(&p);
	check_int("known", index_count(&p.sim->sweep.index), 2);
	printing_close(&p, 2);
}

static void
the_end_of_a_listing_is_no_time_to_rest(void **state)
{
	struct printing p;

	(void)state;
	printing_open(&p, SWEEP_LIST, true);
	need_rests(&p);
	print_line(&p, 0);
	turn(&p);
	loop_disarm(&p.jobs.job[SWEEP_LIST].out.rest);
	print_line(&p, 1);
	turn(&p);
	check_int("known", index_count(&p.sim->sweep.index), 1);
	close(p.out);
	for (int i = 0; i < 3; i++)
		turn(&p);
	check_int("known", index_count(&p.sim->sweep.index), 2);
	assert_int_equal(p.jobs.job[SWEEP_LIST].out.fd, -1);
	p.out = open("/dev/null", O_WRONLY);
	printing_close(&p, 2);
}

/* It may fill before the rest is over: nobody knows how much it holds. */
static void
a_pipe_of_unknown_size_is_read_as_it_comes(void **state)
{
	struct printing p;

	(void)state;
	printing_open(&p, SWEEP_LIST, false);
	p.jobs.job[SWEEP_LIST].out.size = 0;
	for (int i = 0; i < LINES; i++) {
		print_line(&p, i);
		turn(&p);
		check_int("told", p.told, i + 1);
	}
	printing_close(&p, LINES);
}

static const struct {
	const char *row;
	int64_t ms; /* for so long it has printed */
	uint64_t printed; /* so much, but for the line that comes */
	size_t pipe_size;
	int64_t want_ms; /* of rest, of a clock that has gone on; 0: none */
} rests[] = {
    {"nothing but a line", 1, 0, 2 * HALF, 64},
    {"hardly anything", 6400, 1000, 2 * HALF, 64},
    {"just half of a pipe in the longest rest", 6400, 99 * HALF, 2 * HALF, 64},
    {"twice as much: half as long", 6400, 200 * HALF, 2 * HALF, 32},
    {"what is hardly worth it", 6400, 1200 * HALF, 2 * HALF, 5},
    {"what is not", 6400, 1300 * HALF, 2 * HALF, 0},
    {"a narrow pipe", 1600, 1000, 64 * 1024, 0},
    {"a pipe of unknown size", 1600, 1000, 0, 0},
};

/* A writer that is quick must not wait for us; and a slow one not wake us. */
static void
a_rest_is_as_long_as_half_of_the_pipe_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rests); i++) {
		struct printing p;
		struct job *job = &p.jobs.job[SWEEP_LIST];
		int64_t left_ns, now_ns;

		printing_open(&p, SWEEP_LIST, false);
		print_foreign_line(&p, 0);
		job->out.size = rests[i].pipe_size;
		job->out.printed = rests[i].printed;
		now_ns = clock_mono_ns();
		job->started_ns = now_ns - rests[i].ms * CLOCK_NS_PER_MS;
		turn(&p);
		check_bool(
		    rests[i].row, job->out.rest.armed, rests[i].want_ms > 0);
		left_ns = job->out.rest.at_ns - now_ns;
		if (rests[i].want_ms > 0)
			check_bool(rests[i].row,
			    left_ns > (rests[i].want_ms - 1) * CLOCK_NS_PER_MS,
			    true);
		printing_close(&p, 0);
	}
}

/* Of a walk that finds what is to be read: postcat could run meanwhile. */
static void
a_listing_rests_shortly_while_there_is_too_little_to_read(void **state)
{
	struct printing p;
	const struct loop_timer *rest = &p.jobs.job[SWEEP_LIST].out.rest;

	(void)state;
	printing_open(&p, SWEEP_LIST, true);
	need_rests(&p);
	print_line(&p, 0);
	turn(&p);
	assert_true(rest->armed);
	assert_true(rest->at_ns <= clock_mono_ns() + JOBS_NAP_NS);
	sim_expect(p.sim, SWEEP_READ);
	print_foreign_line(&p, 1);
	while (p.told == 1)
		turn(&p);
	assert_true(rest->armed);
	assert_true(rest->at_ns <= clock_mono_ns() + JOBS_NAP_NS);
	printing_close(&p, 1);
}

static void
a_listing_rests_long_while_there_is_enough_to_read(void **state)
{
	struct printing p;
	const struct loop_timer *rest = &p.jobs.job[SWEEP_LIST].out.rest;
	int64_t began_ns;

	(void)state;
	printing_open(&p, SWEEP_LIST, true);
	need_rests(&p);
	need_rests(&p);
	for (int i = 0; i < SWEEP_READ_MAX; i++)
		print_line(&p, i);
	began_ns = clock_mono_ns();
	p.jobs.job[SWEEP_LIST].started_ns = began_ns - LONG_NS;
	while (
	    index_count(&p.sim->sweep.index) < SWEEP_READ_MAX || !rest->armed)
		turn(&p);
	assert_true(rest->at_ns > began_ns + 2 * JOBS_NAP_NS);
	printing_close(&p, SWEEP_READ_MAX);
}

/* What postcat tells gathers, too, but the next second's mail may be in it. */
static void
a_read_rests_shortly(void **state)
{
	struct printing p;
	const struct loop_timer *rest = &p.jobs.job[SWEEP_READ].out.rest;

	(void)state;
	printing_open(&p, SWEEP_READ, true);
	need_rests(&p);
	assert_true(write(p.out, "***", 3) == 3);
	turn(&p);
	assert_true(rest->armed);
	assert_true(rest->at_ns <= clock_mono_ns() + JOBS_NAP_NS);
	close(p.out);
	close(p.err);
	jobs_ended(&p.jobs, SWEEP_READ, 0);
	assert_int_equal(p.jobs.job[SWEEP_READ].out.fd, -1);
	jobs_free(&p.jobs);
	loop_free(p.loop);
	sim_close(p.sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_listing_gathers_in_its_pipe),
	    cmocka_unit_test(what_gathered_is_read_after_the_rest),
	    cmocka_unit_test(the_end_of_a_listing_is_no_time_to_rest),
	    cmocka_unit_test(a_pipe_of_unknown_size_is_read_as_it_comes),
	    cmocka_unit_test(a_rest_is_as_long_as_half_of_the_pipe_takes),
	    cmocka_unit_test(
		a_listing_rests_shortly_while_there_is_too_little_to_read),
	    cmocka_unit_test(
		a_listing_rests_long_while_there_is_enough_to_read),
	    cmocka_unit_test(a_read_rests_shortly),
	};

	/* Pipes that are given up where memory is short are written to. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
