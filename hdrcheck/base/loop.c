/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* ppoll */

#include "hdrcheck/base/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* How long a wall clock timer may go without a look at the clock. */
#define LOOP_WALL_LOOK_NS CLOCK_NS_PER_S

enum { NO_SLOT = -1 };

struct watch {
	loop_ready_fn *fn;
	void *ctx;
};

struct loop {
	struct pollfd *fds; /* n slots; fd -1: removed, waits for compact() */
	struct watch *watches;
	int n;
	int cap;
	int holes;
	int *slot_of; /* by descriptor */
	int n_slot_of;
	struct loop_timer *timers;
	unsigned round;
	struct clock_now now; /* when the timers were last looked at */
	bool now_is_known; /* and nobody's function has run since */
	int64_t turn_ns; /* what loop_mono_ns() says in this turn; 0: not yet */
	bool running;
};

struct loop *
loop_new(void)
{
	return calloc(1, sizeof(struct loop));
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	free(loop->fds);
	free(loop->watches);
	free(loop->slot_of);
	free(loop);
}

static int
grow_slots(struct loop *loop)
{
	int cap = loop->cap > 0 ? loop->cap * 2 : 16;
	struct pollfd *fds;
	struct watch *watches;

	fds = realloc(loop->fds, (size_t)cap * sizeof(*fds));
	if (fds == NULL)
		return -1;
	loop->fds = fds;
	watches = realloc(loop->watches, (size_t)cap * sizeof(*watches));
	if (watches == NULL)
		return -1;
	loop->watches = watches;
	loop->cap = cap;
	return 0;
}

static int
grow_index(struct loop *loop, int fd)
{
	int n = fd + 32;
	int *slot_of = realloc(loop->slot_of, (size_t)n * sizeof(*slot_of));

	if (slot_of == NULL)
		return -1;
	for (int i = loop->n_slot_of; i < n; i++)
		slot_of[i] = NO_SLOT;
	loop->slot_of = slot_of;
	loop->n_slot_of = n;
	return 0;
}

int
loop_watch(
    struct loop *loop, int fd, short events, loop_ready_fn *fn, void *ctx)
{
	if (fd >= loop->n_slot_of && grow_index(loop, fd) < 0)
		return -1;
	if (loop->n == loop->cap && grow_slots(loop) < 0)
		return -1;
	assert(loop->slot_of[fd] == NO_SLOT);
	loop->fds[loop->n] = (struct pollfd){.fd = fd, .events = events};
	loop->watches[loop->n] = (struct watch){.fn = fn, .ctx = ctx};
	loop->slot_of[fd] = loop->n++;
	return 0;
}

static int
slot_of(const struct loop *loop, int fd)
{
	assert(fd >= 0 && fd < loop->n_slot_of);
	assert(loop->slot_of[fd] != NO_SLOT);
	return loop->slot_of[fd];
}

void
loop_change(struct loop *loop, int fd, short events)
{
	loop->fds[slot_of(loop, fd)].events = events;
}

void
loop_unwatch(struct loop *loop, int fd)
{
	int slot = slot_of(loop, fd);

	loop->fds[slot].fd = -1;
	loop->fds[slot].revents = 0;
	loop->slot_of[fd] = NO_SLOT;
	loop->holes++;
}

/* Slots keep their place while functions run; the holes close afterwards. */
static void
compact(struct loop *loop)
{
	int to = 0;

	if (loop->holes == 0)
		return;
	for (int from = 0; from < loop->n; from++) {
		if (loop->fds[from].fd < 0)
			continue;
		loop->fds[to] = loop->fds[from];
		loop->watches[to] = loop->watches[from];
		loop->slot_of[loop->fds[to].fd] = to;
		to++;
	}
	loop->n = to;
	loop->holes = 0;
}

void
loop_add_timer(struct loop *loop, struct loop_timer *timer,
    enum loop_clock clock, loop_timer_fn *fn, void *ctx)
{
	*timer = (struct loop_timer){.fn = fn,
	    .ctx = ctx,
	    .clock = clock,
	    .round = loop->round,
	    .next = loop->timers};
	loop->timers = timer;
}

void
loop_remove_timer(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **at = &loop->timers;

	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
}

void
loop_arm(struct loop_timer *timer, int64_t at_ns)
{
	timer->at_ns = at_ns;
	timer->armed = true;
}

void
loop_disarm(struct loop_timer *timer)
{
	timer->armed = false;
}

/*
 * Reads the clocks that the armed timers go by, if any: reading all takes as
 * long as a good part of answering a request. A clock that was not read says 0,
 * so that a timer of it which is armed meanwhile waits for the next reading.
 */
static void
read_clocks(struct loop *loop)
{
	bool mono = false, wall = false;

	for (const struct loop_timer *t = loop->timers; t != NULL;
	     t = t->next) {
		mono = mono || t->armed;
		wall = wall || (t->armed && t->clock == LOOP_WALL);
	}
	loop->now = (struct clock_now){.mono_ns = 0};
	if (wall)
		loop->now = clock_read();
	else if (mono)
		loop->now.mono_ns = clock_mono_ns();
	loop->now_is_known = true;
}

static int64_t
timer_left_ns(const struct loop_timer *timer, const struct clock_now *now)
{
	if (timer->clock == LOOP_MONO)
		return timer->at_ns - now->mono_ns;
	return timer->at_ns - now->reached_ns;
}

/*
 * Looks at the clock once a second at least. When only time(2) has not reached
 * the second yet, which takes it milliseconds, it is asked each millisecond.
 */
static int64_t
wall_sleep_ns(int64_t left)
{
	if (left > LOOP_WALL_LOOK_NS)
		return LOOP_WALL_LOOK_NS;
	return left > 0 && left < CLOCK_NS_PER_MS ? CLOCK_NS_PER_MS : left;
}

/* How long poll may sleep; -1: until something happens. */
static int64_t
sleep_ns(struct loop *loop)
{
	int64_t least = -1;

	if (!loop->now_is_known)
		read_clocks(loop);
	for (const struct loop_timer *t = loop->timers; t != NULL;
	     t = t->next) {
		int64_t left;

		if (!t->armed)
			continue;
		left = timer_left_ns(t, &loop->now);
		if (t->clock == LOOP_WALL)
			left = wall_sleep_ns(left);
		if (left < 0)
			left = 0;
		if (least < 0 || left < least)
			least = left;
	}
	return least;
}

/* A timer of the loop that is due and has not fired in this round. */
static struct loop_timer *
find_due(const struct loop *loop)
{
	struct loop_timer *t = loop->timers;

	while (t != NULL &&
	    (!t->armed || t->round == loop->round ||
		timer_left_ns(t, &loop->now) > 0))
		t = t->next;
	return t;
}

/*
 * A function may remove any timer, so the search starts anew after each; one
 * that arms its own for a moment that is over has to wait for the next round.
 */
static void
run_timers(struct loop *loop)
{
	struct loop_timer *t;

	read_clocks(loop);
	loop->round++;
	while ((t = find_due(loop)) != NULL) {
		loop->now_is_known = false;
		t->round = loop->round;
		t->armed = false;
		t->fn(t->ctx);
	}
}

static void
run_watches(struct loop *loop, int ready)
{
	int n = loop->n;

	for (int i = 0; i < n && ready > 0; i++) {
		short revents = loop->fds[i].revents;

		if (loop->fds[i].fd < 0 || revents == 0)
			continue;
		ready--;
		loop->fds[i].revents = 0;
		loop->watches[i].fn(loop->watches[i].ctx, revents);
	}
}

int
loop_run(struct loop *loop)
{
	loop->running = true;
	loop->now_is_known = false;
	while (loop->running) {
		int64_t ns = sleep_ns(loop);
		struct timespec ts = {
		    .tv_sec = (time_t)(ns / CLOCK_NS_PER_S),
		    .tv_nsec = (long)(ns % CLOCK_NS_PER_S),
		};
		int ready;

		compact(loop);
		ready = ppoll(
		    loop->fds, (nfds_t)loop->n, ns < 0 ? NULL : &ts, NULL);
		loop->turn_ns = 0;
		if (ready < 0 && errno != EINTR) {
			loop->running = false;
			return -1;
		}
		if (ready > 0)
			run_watches(loop, ready);
		run_timers(loop);
	}
	return 0;
}

void
loop_stop(struct loop *loop)
{
	loop->running = false;
}

int64_t
loop_mono_ns(struct loop *loop)
{
	if (!loop->running)
		return clock_mono_ns();
	if (loop->turn_ns == 0)
		loop->turn_ns = clock_mono_ns();
	return loop->turn_ns;
}
