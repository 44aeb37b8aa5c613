/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* setitimer */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/loop.h"

/* A timer or a watch that notes its calls in a common list of letters. */
struct caller {
	struct loop *loop;
	struct loop_timer timer;
	struct buf *calls;
	char letter;
	int fd;
	short revents;
	struct caller *other;
};

struct bench {
	struct loop *loop;
	struct buf calls;
	struct caller stop; /* ends the loop, letter '.' */
	struct caller a, b, c;
};

static void
note(struct caller *c)
{
	assert_true(buf_append(c->calls, span_of(&c->letter, 1)));
}

static void
on_stop(void *ctx)
{
	struct caller *c = ctx;

	note(c);
	loop_stop(c->loop);
}

static void
on_timer(void *ctx)
{
	note(ctx);
}

static void
caller_init(struct bench *bench, struct caller *c, char letter)
{
	*c = (struct caller){.loop = bench->loop,
	    .calls = &bench->calls,
	    .letter = letter,
	    .fd = -1};
}

static void
bench_open(struct bench *bench)
{
	bench->loop = loop_new();
	assert_non_null(bench->loop);
	buf_init(&bench->calls, 100000);
	caller_init(bench, &bench->a, 'a');
	caller_init(bench, &bench->b, 'b');
	caller_init(bench, &bench->c, 'c');
	caller_init(bench, &bench->stop, '.');
	loop_add_timer(
	    bench->loop, &bench->stop.timer, LOOP_MONO, on_stop, &bench->stop);
}

static void
bench_close(struct bench *bench)
{
	loop_remove_timer(bench->loop, &bench->stop.timer);
	loop_free(bench->loop);
	buf_free(&bench->calls);
}

static void
add(struct bench *bench, struct caller *c, enum loop_clock clock,
    loop_timer_fn *fn)
{
	loop_add_timer(bench->loop, &c->timer, clock, fn, c);
}

/* Runs until in_ms milliseconds from now; checks who was called. */
static void
run(struct bench *bench, int64_t in_ms, const char *row, const char *want)
{
	int64_t at_ns = clock_read().mono_ns + in_ms * CLOCK_NS_PER_MS;

	buf_clear(&bench->calls);
	loop_arm(&bench->stop.timer, at_ns);
	assert_int_equal(loop_run(bench->loop), 0);
	check_span(row, buf_span(&bench->calls), span_str(want));
	assert_true(clock_read().mono_ns >= at_ns);
}

/* Runs until a function stops the loop. */
static void
run_until_stopped(struct bench *bench, const char *row, const char *want)
{
	buf_clear(&bench->calls);
	assert_int_equal(loop_run(bench->loop), 0);
	check_span(row, buf_span(&bench->calls), span_str(want));
}

static void
a_timer_fires_once_and_not_before_its_time(void **state)
{
	int64_t at_ns = clock_read().mono_ns + 3 * CLOCK_NS_PER_MS;
	struct bench bench;

	(void)state;
	bench_open(&bench);
	add(&bench, &bench.a, LOOP_MONO, on_stop);
	run(&bench, 0, "not armed", ".");
	loop_arm(&bench.a.timer, at_ns);
	run_until_stopped(&bench, "armed", "a");
	assert_true(clock_read().mono_ns >= at_ns);
	run(&bench, 0, "fired already", ".");
	loop_remove_timer(bench.loop, &bench.a.timer);
	bench_close(&bench);
}

static void
a_wall_clock_timer_goes_by_the_wall_clock(void **state)
{
	int64_t at_ns = clock_read().reached_ns + 3 * CLOCK_NS_PER_MS;
	struct bench bench;

	(void)state;
	bench_open(&bench);
	add(&bench, &bench.a, LOOP_WALL, on_stop);
	loop_arm(&bench.a.timer, at_ns);
	run_until_stopped(&bench, "its time came", "a");
	assert_true(clock_read().reached_ns >= at_ns);
	loop_arm(&bench.a.timer, at_ns + 3600 * CLOCK_NS_PER_S);
	run(&bench, 0, "an hour away", ".");
	loop_arm(&bench.a.timer, INT64_MAX);
	run(&bench, 0, "for ever", ".");
	loop_remove_timer(bench.loop, &bench.a.timer);
	bench_close(&bench);
}

static void
timers_of_the_past_fire_at_once(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	add(&bench, &bench.a, LOOP_MONO, on_timer);
	add(&bench, &bench.b, LOOP_WALL, on_timer);
	loop_arm(&bench.a.timer, 0);
	loop_arm(&bench.b.timer, 0);
	run(&bench, 0, "both", "ba.");
	loop_arm(&bench.a.timer, 0);
	loop_disarm(&bench.a.timer);
	run(&bench, 0, "disarmed", ".");
	loop_arm(&bench.a.timer, INT64_MAX);
	loop_arm(&bench.a.timer, 0);
	run(&bench, 0, "armed again: the last time counts", "a.");
	loop_remove_timer(bench.loop, &bench.a.timer);
	loop_remove_timer(bench.loop, &bench.b.timer);
	bench_close(&bench);
}

static void
on_rearm(void *ctx)
{
	struct caller *c = ctx;

	note(c);
	if (buf_len(c->calls) < 5)
		loop_arm(&c->timer, 0);
	else
		loop_stop(c->loop);
}

static void
a_timer_may_arm_itself_again(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	add(&bench, &bench.a, LOOP_MONO, on_rearm);
	loop_arm(&bench.a.timer, 0);
	run_until_stopped(&bench, "five times", "aaaaa");
	loop_remove_timer(bench.loop, &bench.a.timer);
	bench_close(&bench);
}

static void
on_disarm_other(void *ctx)
{
	struct caller *c = ctx;

	note(c);
	loop_disarm(&c->other->timer);
}

static void
a_timer_may_disarm_another_that_is_due(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	bench.a.other = &bench.b;
	bench.b.other = &bench.a;
	add(&bench, &bench.a, LOOP_MONO, on_disarm_other);
	add(&bench, &bench.b, LOOP_MONO, on_disarm_other);
	loop_arm(&bench.a.timer, 0);
	loop_arm(&bench.b.timer, 0);
	run(&bench, 0, "only one of them", "b.");
	loop_remove_timer(bench.loop, &bench.a.timer);
	loop_remove_timer(bench.loop, &bench.b.timer);
	bench_close(&bench);
}

static void
on_remove_both(void *ctx)
{
	struct caller *c = ctx;

	note(c);
	loop_remove_timer(c->loop, &c->timer);
	loop_remove_timer(c->loop, &c->other->timer);
}

/* In whichever order they are kept, the other must not fire. */
static void
a_timer_may_remove_itself_and_another_that_is_due(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	bench.a.other = &bench.b;
	bench.b.other = &bench.a;
	add(&bench, &bench.a, LOOP_MONO, on_remove_both);
	add(&bench, &bench.b, LOOP_MONO, on_remove_both);
	loop_arm(&bench.a.timer, 0);
	loop_arm(&bench.b.timer, 0);
	run(&bench, 0, "only one of them", "b.");
	bench_close(&bench);
}

static void
on_remove_and_free(void *ctx)
{
	struct caller *c = ctx;

	note(c);
	loop_remove_timer(c->loop, &c->timer);
	free(c);
}

/* A timer is its user's: removed, it is the loop's no more. */
static void
a_timer_may_remove_and_free_itself(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	for (int i = 0; i < 3; i++) {
		struct caller *c = malloc(sizeof(*c));

		assert_non_null(c);
		caller_init(&bench, c, 'x');
		add(&bench, c, LOOP_MONO, on_remove_and_free);
		loop_arm(&c->timer, 0);
	}
	run(&bench, 0, "three of them", "xxx.");
	bench_close(&bench);
}

/* A pipe watched at its read end. */
struct watched {
	struct caller caller;
	int write_end;
};

static void
on_ready(void *ctx, short revents)
{
	struct caller *c = ctx;

	note(c);
	c->revents = revents;
}

static void
on_ready_stop(void *ctx, short revents)
{
	struct caller *c = ctx;

	on_ready(ctx, revents);
	loop_stop(c->loop);
}

static void
on_ready_read(void *ctx, short revents)
{
	struct caller *c = ctx;
	char byte;

	on_ready(ctx, revents);
	assert_int_equal(read(c->fd, &byte, 1), 1);
}

static void
watch_pipe(
    struct bench *bench, struct watched *w, char letter, loop_ready_fn *fn)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	caller_init(bench, &w->caller, letter);
	w->caller.fd = ends[0];
	w->write_end = ends[1];
	assert_int_equal(
	    loop_watch(bench->loop, ends[0], POLLIN, fn, &w->caller), 0);
}

static void
send_byte(struct watched *w)
{
	assert_int_equal(write(w->write_end, "x", 1), 1);
}

static void
close_pipe(struct watched *w)
{
	close(w->caller.fd);
	close(w->write_end);
}

static void
a_watch_is_called_for_its_events(void **state)
{
	struct bench bench;
	struct watched w;

	(void)state;
	bench_open(&bench);
	watch_pipe(&bench, &w, 'w', on_ready_read);
	run(&bench, 0, "nothing there", ".");
	send_byte(&w);
	run(&bench, 0, "one byte", "w.");
	assert_int_equal(w.caller.revents, POLLIN);
	run(&bench, 0, "it was read", ".");
	loop_change(bench.loop, w.caller.fd, 0);
	send_byte(&w);
	run(&bench, 0, "not interested", ".");
	loop_change(bench.loop, w.caller.fd, POLLIN);
	run(&bench, 0, "interested again", "w.");
	loop_unwatch(bench.loop, w.caller.fd);
	send_byte(&w);
	run(&bench, 0, "not watched", ".");
	close_pipe(&w);
	bench_close(&bench);
}

static void
on_ready_unwatch(void *ctx, short revents)
{
	struct caller *c = ctx;

	on_ready(ctx, revents);
	loop_unwatch(c->loop, c->fd);
}

static void
the_end_and_errors_are_told_without_asking(void **state)
{
	struct bench bench;
	struct watched w;

	(void)state;
	bench_open(&bench);
	watch_pipe(&bench, &w, 'w', on_ready_unwatch);
	loop_change(bench.loop, w.caller.fd, 0);
	close(w.write_end);
	run(&bench, 0, "its end", "w.");
	assert_true((w.caller.revents & POLLHUP) != 0);
	close(w.caller.fd);
	assert_int_equal(loop_watch(bench.loop, w.caller.fd, POLLIN,
			     on_ready_unwatch, &w.caller),
	    -1);
	assert_int_equal(errno, EBADF);
	bench_close(&bench);
}

static void
on_ready_unwatch_both(void *ctx, short revents)
{
	struct caller *c = ctx;

	on_ready(ctx, revents);
	loop_unwatch(c->loop, c->fd);
	loop_unwatch(c->loop, c->other->fd);
}

static void
a_watch_may_unwatch_another_that_is_ready(void **state)
{
	struct bench bench;
	struct watched a, b;

	(void)state;
	bench_open(&bench);
	watch_pipe(&bench, &a, 'a', on_ready_unwatch_both);
	watch_pipe(&bench, &b, 'b', on_ready_unwatch_both);
	a.caller.other = &b.caller;
	b.caller.other = &a.caller;
	send_byte(&a);
	send_byte(&b);
	run(&bench, 0, "only one of them", "a.");
	close_pipe(&a);
	close_pipe(&b);
	bench_close(&bench);
}

/* Closes the other descriptor and watches a new one with its number. */
static void
on_ready_replace_other(void *ctx, short revents)
{
	struct caller *c = ctx;
	struct caller *other = c->other;
	int ends[2];

	on_ready_read(ctx, revents);
	loop_unwatch(c->loop, other->fd);
	close(other->fd);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(ends[0], other->fd);
	other->letter = 'n';
	assert_int_equal(
	    loop_watch(c->loop, ends[0], POLLIN, on_ready, other), 0);
	other->timer.at_ns = ends[1]; /* kept for the test to close */
}

static void
a_new_watch_does_not_inherit_what_was_ready(void **state)
{
	struct bench bench;
	struct watched a, b;

	(void)state;
	bench_open(&bench);
	watch_pipe(&bench, &a, 'a', on_ready_replace_other);
	watch_pipe(&bench, &b, 'b', on_ready);
	a.caller.other = &b.caller;
	send_byte(&a);
	send_byte(&b);
	run(&bench, 0, "neither the old nor the new one", "a.");
	close((int)b.caller.timer.at_ns);
	close_pipe(&a);
	close_pipe(&b);
	bench_close(&bench);
}

static void
on_ready_watch_other(void *ctx, short revents)
{
	struct caller *c = ctx;

	on_ready_unwatch(ctx, revents);
	assert_int_equal(
	    loop_watch(c->loop, c->other->fd, POLLIN, on_ready_stop, c->other),
	    0);
}

static void
a_watch_may_add_another(void **state)
{
	struct bench bench;
	struct watched a, b;

	(void)state;
	bench_open(&bench);
	watch_pipe(&bench, &a, 'a', on_ready_watch_other);
	watch_pipe(&bench, &b, 'b', on_ready);
	loop_unwatch(bench.loop, b.caller.fd);
	a.caller.other = &b.caller;
	send_byte(&a);
	send_byte(&b);
	run_until_stopped(&bench, "one after the other", "ab");
	close_pipe(&a);
	close_pipe(&b);
	bench_close(&bench);
}

enum { MANY = 200 };

/* A turn of the loop; how many watches were called in it. */
static size_t
turn(struct bench *bench)
{
	buf_clear(&bench->calls);
	loop_arm(&bench->stop.timer, 0);
	assert_int_equal(loop_run(bench->loop), 0);
	return buf_len(&bench->calls) - 1;
}

static void
many_descriptors_come_and_go(void **state)
{
	static struct watched many[MANY];
	struct bench bench;
	size_t calls = 0, before;

	(void)state;
	bench_open(&bench);
	for (size_t i = 0; i < MANY; i++)
		watch_pipe(&bench, &many[i], 'w', on_ready_read);
	for (size_t i = 0; i < MANY; i += 2)
		loop_unwatch(bench.loop, many[i].caller.fd);
	for (size_t i = 0; i < MANY; i++)
		send_byte(&many[i]);
	do {
		before = calls;
		calls += turn(&bench);
	} while (calls > before);
	assert_int_equal(calls, MANY / 2);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(many[i].caller.revents, i % 2 * POLLIN);
		if (i % 2 == 1)
			loop_unwatch(bench.loop, many[i].caller.fd);
		close_pipe(&many[i]);
	}
	run(&bench, 0, "none", ".");
	bench_close(&bench);
}

/* A turn takes some of them, and the next turn others. */
static void
many_that_are_always_ready_take_turns(void **state)
{
	static struct watched many[MANY];
	struct bench bench;

	(void)state;
	bench_open(&bench);
	for (size_t i = 0; i < MANY; i++) {
		watch_pipe(&bench, &many[i], 'w', on_ready);
		send_byte(&many[i]);
	}
	for (size_t calls = 0; calls < MANY;)
		calls += turn(&bench);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(many[i].caller.revents, POLLIN);
		loop_unwatch(bench.loop, many[i].caller.fd);
		close_pipe(&many[i]);
	}
	bench_close(&bench);
}

/* Of those that come last a turn has one, behind all others. */
static void
those_that_come_last_take_turns(void **state)
{
	struct bench bench;
	struct watched a, b, c;

	(void)state;
	bench_open(&bench);
	watch_pipe(&bench, &a, 'a', on_ready);
	watch_pipe(&bench, &b, 'b', on_ready);
	watch_pipe(&bench, &c, 'c', on_ready);
	loop_change(bench.loop, a.caller.fd, POLLIN | LOOP_LAST);
	loop_change(bench.loop, b.caller.fd, POLLIN | LOOP_LAST);
	send_byte(&a);
	send_byte(&b);
	run(&bench, 0, "one of them", "a.");
	assert_int_equal(a.caller.revents, POLLIN);
	run(&bench, 0, "the other one", "b.");
	send_byte(&c);
	run(&bench, 0, "behind those that do not", "ca.");
	loop_unwatch(bench.loop, c.caller.fd);
	loop_change(bench.loop, a.caller.fd, POLLIN);
	run(&bench, 0, "no longer last", "ab.");
	loop_change(bench.loop, b.caller.fd, LOOP_LAST);
	run(&bench, 0, "not interested", "a.");
	loop_unwatch(bench.loop, a.caller.fd);
	loop_unwatch(bench.loop, b.caller.fd);
	run(&bench, 0, "not watched", ".");
	close_pipe(&a);
	close_pipe(&b);
	close_pipe(&c);
	bench_close(&bench);
}

/* As where standard input is a file. */
static void
files_are_always_ready(void **state)
{
	FILE *file = tmpfile();
	struct bench bench;
	struct caller *c = &bench.a;

	(void)state;
	assert_non_null(file);
	bench_open(&bench);
	c->fd = fileno(file);
	assert_int_equal(loop_watch(bench.loop, c->fd, POLLIN, on_ready, c), 0);
	run(&bench, 0, "ready", "a.");
	assert_int_equal(c->revents, POLLIN);
	run(&bench, 0, "still ready", "a.");
	loop_change(bench.loop, c->fd, 0);
	run(&bench, 0, "not interested", ".");
	loop_change(bench.loop, c->fd, POLLIN | POLLOUT);
	run(&bench, 0, "interested in both", "a.");
	assert_int_equal(c->revents, POLLIN | POLLOUT);
	loop_unwatch(bench.loop, c->fd);
	run(&bench, 0, "not watched", ".");
	fclose(file);
	bench_close(&bench);
}

static void
on_alarm(int signo)
{
	(void)signo;
}

static void
a_signal_does_not_end_the_loop(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm}, saved;
	struct itimerval soon = {.it_value = {.tv_usec = 1000}};
	struct bench bench;

	(void)state;
	bench_open(&bench);
	sigemptyset(&action.sa_mask);
	assert_int_equal(sigaction(SIGALRM, &action, &saved), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	run(&bench, 20, "interrupted on the way", ".");
	sigaction(SIGALRM, &saved, NULL);
	bench_close(&bench);
}

/* What a function in the loop hears of the clock. */
struct listener {
	struct loop *loop;
	struct loop_timer timer;
	int64_t heard_ns[2];
};

static void
wait_for_clock(int64_t at_ns)
{
	while (clock_mono_ns() < at_ns)
		;
}

static void
on_timer_listen(void *ctx)
{
	struct listener *l = ctx;

	l->heard_ns[0] = loop_mono_ns(l->loop);
	wait_for_clock(l->heard_ns[0] + CLOCK_NS_PER_MS);
	l->heard_ns[1] = loop_mono_ns(l->loop);
}

static void
the_clock_of_a_turn_stands_still_while_it_lasts(void **state)
{
	int64_t before_ns = clock_mono_ns();
	struct bench bench;
	struct listener l;

	(void)state;
	bench_open(&bench);
	l = (struct listener){.loop = bench.loop};
	loop_add_timer(bench.loop, &l.timer, LOOP_MONO, on_timer_listen, &l);
	for (int turn = 0; turn < 2; turn++) {
		loop_arm(&l.timer, 0);
		run(&bench, 2, "a turn", ".");
		check_bool(
		    "read in this turn", l.heard_ns[0] > before_ns, true);
		check_bool("once", l.heard_ns[1] == l.heard_ns[0], true);
		before_ns = l.heard_ns[1];
		wait_for_clock(before_ns + CLOCK_NS_PER_MS);
	}
	before_ns = clock_mono_ns();
	check_bool(
	    "outside of any", loop_mono_ns(bench.loop) >= before_ns, true);
	wait_for_clock(before_ns + CLOCK_NS_PER_MS);
	check_bool("anew each time",
	    loop_mono_ns(bench.loop) >= before_ns + CLOCK_NS_PER_MS, true);
	loop_remove_timer(bench.loop, &l.timer);
	bench_close(&bench);
}

static void
on_timer_arm_other(void *ctx)
{
	struct caller *c = ctx;

	note(c);
	loop_arm(&c->other->timer, clock_read().reached_ns - 1);
}

/* The other clock was of no interest before. */
static void
a_timer_may_arm_one_of_the_other_clock(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	add(&bench, &bench.a, LOOP_MONO, on_timer_arm_other);
	add(&bench, &bench.b, LOOP_WALL, on_stop);
	bench.a.other = &bench.b;
	loop_arm(&bench.a.timer, 0);
	run_until_stopped(&bench, "by the second", "ab");
	loop_remove_timer(bench.loop, &bench.a.timer);
	loop_remove_timer(bench.loop, &bench.b.timer);
	bench_close(&bench);
}

static void
a_loop_can_be_freed_when_there_is_none(void **state)
{
	(void)state;
	loop_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_timer_fires_once_and_not_before_its_time),
	    cmocka_unit_test(a_wall_clock_timer_goes_by_the_wall_clock),
	    cmocka_unit_test(timers_of_the_past_fire_at_once),
	    cmocka_unit_test(a_timer_may_arm_itself_again),
	    cmocka_unit_test(a_timer_may_disarm_another_that_is_due),
	    cmocka_unit_test(a_timer_may_remove_itself_and_another_that_is_due),
	    cmocka_unit_test(a_timer_may_remove_and_free_itself),
	    cmocka_unit_test(the_clock_of_a_turn_stands_still_while_it_lasts),
	    cmocka_unit_test(a_timer_may_arm_one_of_the_other_clock),
	    cmocka_unit_test(a_watch_is_called_for_its_events),
	    cmocka_unit_test(the_end_and_errors_are_told_without_asking),
	    cmocka_unit_test(a_watch_may_unwatch_another_that_is_ready),
	    cmocka_unit_test(a_new_watch_does_not_inherit_what_was_ready),
	    cmocka_unit_test(a_watch_may_add_another),
	    cmocka_unit_test(many_descriptors_come_and_go),
	    cmocka_unit_test(many_that_are_always_ready_take_turns),
	    cmocka_unit_test(those_that_come_last_take_turns),
	    cmocka_unit_test(files_are_always_ready),
	    cmocka_unit_test(a_signal_does_not_end_the_loop),
	    cmocka_unit_test(a_loop_can_be_freed_when_there_is_none),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
