/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* How long a wall clock timer may go without a look at the clock. */
#define LOOP_WALL_LOOK_NS CLOCK_NS_PER_S

enum { READY_MAX = 64 + 1 /* descriptors that are looked at in a turn */ };

struct watch {
	loop_ready_fn *fn; /* NULL: nobody watches this descriptor */
	void *ctx;
	short events;
	uint32_t serial; /* tells it from others of the same descriptor */
};

struct loop {
	struct os_poll *poll;
	struct watch *watches; /* by descriptor */
	int n_watches;
	uint32_t serial;
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
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->poll = os_poll_new();
	if (loop->poll != NULL)
		return loop;
	free(loop);
	return NULL;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	os_poll_free(loop->poll);
	free(loop->watches);
	free(loop);
}

static int
grow(struct loop *loop, int fd)
{
	int n = fd + 32;
	struct watch *watches =
	    realloc(loop->watches, (size_t)n * sizeof(*watches));

	if (watches == NULL)
		return -1;
	for (int i = loop->n_watches; i < n; i++)
		watches[i] = (struct watch){.fn = NULL};
	loop->watches = watches;
	loop->n_watches = n;
	return 0;
}

/* What the system is to say when that watch is ready. */
static uint64_t
tag_of(int fd, const struct watch *watch)
{
	return (uint64_t)watch->serial << 32 | (uint32_t)fd;
}

/* Whose tag that is; NULL: it is watched no more. */
static struct watch *
watch_of(struct loop *loop, uint64_t tag)
{
	struct watch *watch = &loop->watches[(uint32_t)tag];

	return watch->fn != NULL && watch->serial == tag >> 32 ? watch : NULL;
}

int
loop_watch(
    struct loop *loop, int fd, short events, loop_ready_fn *fn, void *ctx)
{
	struct watch *watch;

	if (fd >= loop->n_watches && grow(loop, fd) < 0)
		return -1;
	watch = &loop->watches[fd];
	assert(watch->fn == NULL);
	*watch = (struct watch){
	    .ctx = ctx, .events = events, .serial = loop->serial++};
	if (os_poll_add(loop->poll, fd, events, tag_of(fd, watch)) < 0)
		return -1;
	watch->fn = fn;
	return 0;
}

static struct watch *
watched(struct loop *loop, int fd)
{
	assert(fd >= 0 && fd < loop->n_watches);
	assert(loop->watches[fd].fn != NULL);
	return &loop->watches[fd];
}

void
loop_change(struct loop *loop, int fd, short events)
{
	struct watch *watch = watched(loop, fd);
	short was = watch->events;

	if (was == events)
		return;
	watch->events = events;
	if (!os_poll_change(loop->poll, fd, was, events, tag_of(fd, watch)))
		watch->events ^= LOOP_LAST;
}

void
loop_unwatch(struct loop *loop, int fd)
{
	struct watch *watch = watched(loop, fd);

	watch->fn = NULL;
	os_poll_remove(loop->poll, fd, watch->events);
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

/* How long the loop may sleep; -1: until something happens. */
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

/* One function may change or end what others watch that were ready, too. */
static void
run_watches(struct loop *loop, const struct os_ready *ready, int n)
{
	const short always = POLLERR | POLLHUP | POLLNVAL;

	for (int i = 0; i < n; i++) {
		const struct watch *watch = watch_of(loop, ready[i].tag);
		int revents;

		if (watch == NULL)
			continue;
		revents = ready[i].revents & (watch->events | always);
		if (revents != 0)
			watch->fn(watch->ctx, (short)revents);
	}
}

int
loop_run(struct loop *loop)
{
	loop->running = true;
	loop->now_is_known = false;
	while (loop->running) {
		struct os_ready ready[READY_MAX];
		int n =
		    os_poll_wait(loop->poll, ready, READY_MAX, sleep_ns(loop));

		loop->turn_ns = 0;
		if (n < 0 && errno != EINTR) {
			loop->running = false;
			return -1;
		}
		run_watches(loop, ready, n);
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
