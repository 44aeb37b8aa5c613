/* SPDX-License-Identifier: ISC */
#include "policyd/engine_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policyd/engine_private.h"
#include "policyd/web/health.h"

/*
 * A snapshot a second, but no more than a hundredth of the time. A long one
 * may have cost the machine's time and not ours, and without news for
 * HEALTH_SILENT_S we count as stuck.
 */
#define INTERVAL_NS     CLOCK_NS_PER_S
#define INTERVAL_MAX_NS (HEALTH_SILENT_S / 2 * CLOCK_NS_PER_S)
enum { COST_PARTS = 100 };

enum { SLICE = 4096 /* entries that are looked at in one go */ };

/* The other end is gone, or this one is of no use. */
static void
give_up(struct engine *g, const char *why)
{
	log_warnx(g->o.log, "the status page gets no more news: %s", why);
	engine_snapshot_close(g);
}

int64_t
engine_snapshot_interval_ns(int64_t cost_ns, int64_t set_ns)
{
	int64_t least_ns = set_ns > 0 ? set_ns : INTERVAL_NS;

	if (cost_ns > INTERVAL_MAX_NS / COST_PARTS)
		return INTERVAL_MAX_NS;
	return cost_ns * COST_PARTS > least_ns ? cost_ns * COST_PARTS
					       : least_ns;
}

/* Writes what the pipe takes now. False: it is no more. */
static bool
write_some(struct engine *g)
{
	struct engine_snapshot *s = g->snapshot;
	struct span out = buf_span(&s->out);
	int64_t began_ns = clock_mono_ns();
	ssize_t n = write(g->o.snapshots, out.data, out.len);

	s->cost_ns += clock_mono_ns() - began_ns;
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		give_up(g, strerror(errno));
		return false;
	}
	if (n > 0)
		buf_consume(&s->out, (size_t)n);
	return true;
}

/* The next one begins when it is time to, and this one has left. */
static void
push(struct engine *g)
{
	struct engine_snapshot *s = g->snapshot;

	if (!write_some(g))
		return;
	if (buf_len(&s->out) > 0) {
		loop_change(g->loop, g->o.snapshots, POLLOUT);
		return;
	}
	loop_change(g->loop, g->o.snapshots, 0);
	loop_arm(&s->timer,
	    s->began_ns +
		engine_snapshot_interval_ns(s->cost_ns, g->o.snapshots_ns));
}

static void
on_writable(void *ctx, short revents)
{
	struct engine *g = ctx;

	if ((revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		give_up(g, strerror(EPIPE));
	else
		push(g);
}

/* A part of the survey. False: that was the last one. */
static bool
gather(struct engine *g, int64_t now_ns)
{
	struct engine_snapshot *s = g->snapshot;

	if (!s->gathering) {
		s->gathering = true;
		s->began_ns = now_ns;
		s->cost_ns = 0;
		survey_begin(&s->survey, clock_floor_s(clock_wall_ns()));
	}
	s->gathering = !survey_step(&s->survey, &g->sweep, SLICE);
	return s->gathering;
}

static void
on_timer(void *ctx)
{
	struct engine *g = ctx;
	struct engine_snapshot *s = g->snapshot;
	int64_t now_ns = clock_mono_ns();
	bool more = gather(g, now_ns), peeks = false;

	if (!more) {
		engine_snapshot_fill(g);
		peeks = engine_snapshot_peek(g);
		snapshot_put(&s->snapshot, &s->out);
	}
	s->cost_ns += clock_mono_ns() - now_ns;
	if (more)
		loop_arm(&s->timer, now_ns);
	else
		push(g);
	if (peeks)
		engine_pump(g);
}

static int
set_non_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int
engine_snapshot_open(struct engine *g)
{
	struct engine_snapshot *s;

	if (g->o.snapshots < 0)
		return 0;
	s = calloc(1, sizeof(*s));
	if (s == NULL || set_non_blocking(g->o.snapshots) < 0 ||
	    loop_watch(g->loop, g->o.snapshots, 0, on_writable, g) < 0) {
		free(s);
		return -1;
	}
	g->snapshot = s;
	buf_init(&s->out, SNAPSHOT_WIRE_MAX);
	loop_add_timer(g->loop, &s->timer, LOOP_MONO, on_timer, g);
	g->jobs.texts = &s->texts;
	s->ask_max = SWEEP_PEEK_MAX;
	engine_snapshot_take_orders(g);
	loop_arm(&s->timer, clock_mono_ns());
	return 0;
}

void
engine_snapshot_close(struct engine *g)
{
	struct engine_snapshot *s = g->snapshot;

	if (s == NULL)
		return;
	loop_remove_timer(g->loop, &s->timer);
	loop_unwatch(g->loop, g->o.snapshots);
	close(g->o.snapshots);
	g->o.snapshots = -1;
	g->jobs.texts = g->jobs.headers.texts = NULL;
	sweep_peek(&g->sweep, NULL, 0);
	g->snapshot = NULL;
	buf_free(&s->out);
	free(s);
}
