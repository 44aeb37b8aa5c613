/* SPDX-License-Identifier: ISC */
/* How what commands print is read from their pipes. */
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/sweep_support.h"

#include "hdrcheck/base/os.h"
#include "policyd/jobs.h"

enum { LINES = 200 };

#define LINE                                                                   \
	"{\"queue_name\": \"hold\", \"queue_id\": \"MAIL%03d\", "              \
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
	assert_true(dprintf(p->out, LINE, number) > 0);
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
	int64_t began_ns, rest_ns, turns;

	(void)state;
	printing_open(&p, SWEEP_LIST, true);
	rest_ns = p.jobs.job[SWEEP_LIST].rest_ns;
	began_ns = clock_mono_ns();
	for (int i = 0; i < LINES; i++) {
		print_line(&p, i);
		turn(&p);
	}
	turns = (clock_mono_ns() - began_ns) / rest_ns;
	assert_true(p.told >= 1 && p.told <= 2 + turns);
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
	p.jobs.job[SWEEP_LIST].rest_ns = 3600 * CLOCK_NS_PER_S;
	print_line(&p, 0);
	turn(&p);
	print_line(&p, 1);
	turn(&p);
	check_int("known", index_count(&p.sim->sweep.index), 1);
	close(p.out);
	for (int i = 0; i < 3; i++)
		turn(&p);
	check_int("known", index_count(&p.sim->sweep.index), 2);
	assert_int_equal(p.jobs.job[SWEEP_LIST].out, -1);
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
	p.jobs.job[SWEEP_LIST].rest_ns = 0;
	for (int i = 0; i < LINES; i++) {
		print_line(&p, i);
		turn(&p);
		check_int("told", p.told, i + 1);
	}
	printing_close(&p, LINES);
}

static const struct {
	const char *row;
	size_t gathered; /* of 64 kB that the pipe holds */
	int64_t rest_ms;
	int64_t want_ms; /* the one after the next */
} rests[] = {
    {"little came: longer", 209, 2, 4},
    {"three quarters came: longer", 48 * 1024, 2, 4},
    {"more than three quarters: shorter", 48 * 1024 + 1, 2, 1},
    {"the longest stays", 209, 8, 8},
    {"the longest gets shorter", 64 * 1024 - 1, 8, 4},
};

/* A writer that is quick must not wait for us; and a slow one not wake us. */
static void
a_rest_is_as_long_as_the_pipe_takes_to_fill(void **state)
{
	static char ends[64 * 1024];

	(void)state;
	memset(ends, '\n', sizeof(ends));
	for (size_t i = 0; i < COUNT_OF(rests); i++) {
		struct printing p;
		struct job *job = &p.jobs.job[SWEEP_LIST];

		printing_open(&p, SWEEP_LIST, false);
		job->pipe_size = sizeof(ends);
		job->rest_max_ns = 8 * CLOCK_NS_PER_MS;
		job->rest_ns = rests[i].rest_ms * CLOCK_NS_PER_MS;
		assert_int_equal(write(p.out, ends, rests[i].gathered),
		    (ssize_t)rests[i].gathered);
		turn(&p);
		check_int(rests[i].row, job->rest_ns,
		    rests[i].want_ms * CLOCK_NS_PER_MS);
		stream_listing_reset(&p.jobs.listing);
		printing_close(&p, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#if defined(__linux__) && !defined(OS_PORTABLE)
		cmocka_unit_test(a_listing_gathers_in_its_pipe),
#endif
		cmocka_unit_test(what_gathered_is_read_after_the_rest),
		cmocka_unit_test(the_end_of_a_listing_is_no_time_to_rest),
		cmocka_unit_test(a_pipe_of_unknown_size_is_read_as_it_comes),
		cmocka_unit_test(a_rest_is_as_long_as_the_pipe_takes_to_fill),
	};

	return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
