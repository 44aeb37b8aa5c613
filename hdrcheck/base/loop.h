/* SPDX-License-Identifier: ISC */
/*
 * loop - one loop a process: descriptors and timers with a function each
 *
 * A function is called with the context that was registered with it, and may
 * add, change and remove any watch and timer, its own included. Not
 * thread-safe; a child of fork(2) needs a loop of its own.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <poll.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/os_poll.h"

struct loop;

/*
 * To be added to the events of a descriptor that has its turn only behind all
 * others that are ready, and one such in a turn of the loop.
 */
enum { LOOP_LAST = OS_POLL_LAST };

/* revents as of poll(2). */
typedef void loop_ready_fn(void *ctx, short revents);
typedef void loop_timer_fn(void *ctx);

enum loop_clock { LOOP_MONO, LOOP_WALL };

/*
 * A timer, owned by its user. It fires once, when its clock has reached at_ns
 * and never before. LOOP_WALL is the clock of clock_now.reached_ns; such a
 * timer is looked at once a second at least, so that a clock that was set is
 * noticed.
 */
struct loop_timer {
	loop_timer_fn *fn;
	void *ctx;
	enum loop_clock clock;
	int64_t at_ns;
	bool armed;
	unsigned round; /* of run_timers() that it fired in last */
	struct loop_timer *next;
};

/* An empty loop, or NULL with errno. */
struct loop *loop_new(void);

/* Frees the loop; descriptors stay open. */
void loop_free(struct loop *loop);

/*
 * Calls fn when one of events (POLLIN, POLLOUT) or an error is there on fd.
 * A descriptor is watched at most once, and two files at most. 0 or -1 with
 * errno.
 */
int loop_watch(
    struct loop *loop, int fd, short events, loop_ready_fn *fn, void *ctx);

/* Waits for other events on a watched fd; 0: only for errors and its end. */
void loop_change(struct loop *loop, int fd, short events);

/* Forgets fd; call before closing it. */
void loop_unwatch(struct loop *loop, int fd);

/* Makes the timer known to the loop; it is not armed yet. */
void loop_add_timer(struct loop *loop, struct loop_timer *timer,
    enum loop_clock clock, loop_timer_fn *fn, void *ctx);

void loop_remove_timer(struct loop *loop, struct loop_timer *timer);

void loop_arm(struct loop_timer *timer, int64_t at_ns);
void loop_disarm(struct loop_timer *timer);

/*
 * CLOCK_MONOTONIC, read once in a turn of the loop, when it is first asked for
 * after having waited: for what may be wrong by the length of a turn.
 */
int64_t loop_mono_ns(struct loop *loop);

/* Runs until loop_stop(); 0, or -1 with errno when that cannot wait. */
int loop_run(struct loop *loop);

void loop_stop(struct loop *loop);

#endif
