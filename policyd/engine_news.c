/* SPDX-License-Identifier: ISC */
/*
 * News of the hold queue: names that come and go, told by inotify; and those
 * that leave active, where release_rate = auto.
 */
#include <errno.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"
#include "policyd/engine_private.h"

#define READ_NAP_NS (100 * CLOCK_NS_PER_MS)

static void
take_news(struct engine *g, enum os_news kind, struct span name)
{
	struct clock_now now = clock_read();
	struct qid id;

	if (kind == OS_NEWS_LOST) {
		log_info(g->o.log, "news of the hold queue were lost");
		sweep_want_walk(&g->sweep);
	} else if (qid_parse(name, &id)) {
		if (kind == OS_NEWS_COMPLETE)
			sweep_arrived(&g->sweep, &id);
		else if (kind == OS_NEWS_DEPARTED)
			sweep_departed(&g->sweep, &id, &now);
		else if (kind == OS_NEWS_LEFT)
			sweep_left_active(&g->sweep, &id, &now);
	}
}

/*
 * What a command lets go is told of by portions. And to start a read takes as
 * long as to read a hundred messages: what streams in is read together.
 */
static int64_t
nap_ns(const struct engine *g)
{
	const struct sweep_verb_state *verb = g->sweep.verb;

	if (verb[SWEEP_RELEASE].running || verb[SWEEP_REQUEUE].running)
		return JOBS_NAP_NS;
	return verb[SWEEP_READ].running && !verb[SWEEP_LIST].running
	    ? READ_NAP_NS
	    : 0;
}

static void
nap(struct engine *g)
{
	int64_t ns = nap_ns(g);

	/* What was done since they were read may have found their end. */
	if (ns == 0 || g->o.news < 0)
		return;
	loop_change(g->loop, g->o.news, 0);
	loop_arm(&g->news_nap, clock_mono_ns() + ns);
}

void
engine_wake_news(struct engine *g)
{
	if (g->o.news >= 0)
		loop_change(g->loop, g->o.news, POLLIN);
}

static void
on_nap_end(void *ctx)
{
	engine_wake_news(ctx);
}

/* Returns how many bytes of news there were. */
static size_t
hear(struct engine *g)
{
	ssize_t n = read(g->o.news, g->room, sizeof(g->room));
	struct span bytes, name;
	enum os_news kind;

	if (n > 0) {
		bytes = span_of(g->room, (size_t)n);
		while (os_news_next(&bytes, &kind, &name))
			take_news(g, kind, name);
		return (size_t)n;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		log_warn(g->o.log, "no more news of the hold queue");
		loop_unwatch(g->loop, g->o.news);
		close(g->o.news);
		g->o.news = -1;
	}
	return 0;
}

void
engine_hear_news(struct engine *g)
{
	while (g->o.news >= 0 && hear(g) > 0)
		;
}

static void
on_news(void *ctx, short revents)
{
	struct engine *g = ctx;
	size_t n = hear(g);

	(void)revents;
	engine_pump(g);
	if (n > 0 && n < sizeof(g->room) / 2)
		nap(g);
}

void
engine_start_news(struct engine *g, int fd)
{
	if (g->o.news >= 0 || loop_watch(g->loop, fd, POLLIN, on_news, g) < 0) {
		close(fd);
		return;
	}
	g->o.news = fd;
	log_info(g->o.log, "the hold queue is watched now");
}

int
engine_watch_news(struct engine *g)
{
	loop_add_timer(g->loop, &g->news_nap, LOOP_MONO, on_nap_end, g);
	return g->o.news < 0
	    ? 0
	    : loop_watch(g->loop, g->o.news, POLLIN, on_news, g);
}
