/* SPDX-License-Identifier: ISC */
/*
 * The server: listeners, limits, idle connections, the end.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "hdrcheck/base/conn_private.h"
#include "hdrcheck/base/os.h"

/* How long accepting pauses when descriptors or memory are short. */
#define ACCEPT_PAUSE_NS (CLOCK_NS_PER_S / 4)

static void
arm_idle_timer(struct conn_server *s)
{
	if (s->oldest == NULL)
		loop_disarm(&s->idle_timer);
	else if (s->oldest->retired)
		loop_arm(&s->idle_timer, 0);
	else
		loop_arm(&s->idle_timer,
		    s->oldest->idle_since_ns +
			s->limits.idle_ms * CLOCK_NS_PER_MS);
}

static void
tell_emptied(struct conn_server *s)
{
	loop_timer_fn *fn = s->emptied;

	if (s->n > 0 || fn == NULL)
		return;
	s->emptied = NULL;
	loop_disarm(&s->drain_timer);
	fn(s->emptied_ctx);
}

void
conn_server_settle(struct conn_server *s)
{
	arm_idle_timer(s);
	tell_emptied(s);
}

static void
evict_oldest(struct conn_server *s)
{
	if (s->oldest == NULL)
		return;
	if (!s->oldest->retired && s->counters.evicted++ == 0)
		log_warnx(s->log,
		    "%s: all %zu connections are taken, the longest idle one "
		    "gives way (logged once)",
		    s->protocol.name, s->n);
	conn_close(s->oldest);
}

static void
pause_accept(struct conn_server *s)
{
	for (size_t i = 0; i < s->n_listeners; i++)
		loop_change(s->loop, s->listeners[i].fd, LOOP_LAST);
	loop_arm(&s->accept_timer, clock_mono_ns() + ACCEPT_PAUSE_NS);
}

static void
on_accept_timer(void *ctx)
{
	struct conn_server *s = ctx;

	for (size_t i = 0; i < s->n_listeners; i++)
		loop_change(s->loop, s->listeners[i].fd, POLLIN | LOOP_LAST);
}

/*
 * One at a time: then others are served, and idle ones are closed. Who has come
 * and gone already is noticed before somebody has to give way.
 */
static void
on_listener_ready(void *ctx, short revents)
{
	struct listener *l = ctx;
	struct conn_server *s = l->server;
	int fd = os_accept(l->fd);

	(void)revents;
	if (fd < 0) {
		if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
			return;
		evict_oldest(s);
		pause_accept(s);
		conn_server_settle(s);
		return;
	}
	while (s->n >= s->limits.connections)
		evict_oldest(s);
	if (conn_add(s, fd, fd) < 0) {
		close(fd);
		pause_accept(s);
	}
}

/* One at a time, as in accepting. */
static void
on_idle_timer(void *ctx)
{
	struct conn_server *s = ctx;
	int64_t limit_ns =
	    loop_mono_ns(s->loop) - s->limits.idle_ms * CLOCK_NS_PER_MS;

	if (s->oldest != NULL && s->oldest->idle_since_ns <= limit_ns) {
		s->counters.timed_out += !s->oldest->retired;
		conn_close(s->oldest);
	}
	conn_server_settle(s);
}

static void
on_queue_timer(void *ctx)
{
	conn_serve_first(ctx);
}

static void
on_drain_timer(void *ctx)
{
	struct conn_server *s = ctx;

	while (s->oldest != NULL)
		conn_close(s->oldest);
	tell_emptied(s);
}

struct conn_server *
conn_server_new(struct loop *loop, const struct log *log,
    const struct conn_protocol *protocol, const struct conn_limits *limits)
{
	struct conn_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->loop = loop;
	s->log = log;
	s->protocol = *protocol;
	if (protocol->reply_max == 0)
		s->protocol.reply_max = CONN_REPLY_MAX;
	s->limits = *limits;
	buf_init(&s->spare_in, s->protocol.in_max);
	buf_init(&s->spare_out, CONN_OUT_HIGH + s->protocol.reply_max);
	loop_add_timer(loop, &s->idle_timer, LOOP_MONO, on_idle_timer, s);
	loop_add_timer(loop, &s->accept_timer, LOOP_MONO, on_accept_timer, s);
	loop_add_timer(loop, &s->queue_timer, LOOP_MONO, on_queue_timer, s);
	loop_add_timer(loop, &s->drain_timer, LOOP_MONO, on_drain_timer, s);
	return s;
}

static void
close_listeners(struct conn_server *s)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		loop_unwatch(s->loop, s->listeners[i].fd);
		close(s->listeners[i].fd);
	}
	s->n_listeners = 0;
	loop_disarm(&s->accept_timer);
}

void
conn_server_free(struct conn_server *s)
{
	if (s == NULL)
		return;
	close_listeners(s);
	while (s->oldest != NULL)
		conn_close(s->oldest);
	loop_remove_timer(s->loop, &s->idle_timer);
	loop_remove_timer(s->loop, &s->accept_timer);
	loop_remove_timer(s->loop, &s->queue_timer);
	loop_remove_timer(s->loop, &s->drain_timer);
	buf_free(&s->spare_in);
	buf_free(&s->spare_out);
	free(s);
}

int
conn_server_listen(struct conn_server *s, int fd)
{
	struct listener *l;

	assert(s->n_listeners < CONN_LISTENERS_MAX);
	l = &s->listeners[s->n_listeners];
	*l = (struct listener){.server = s, .fd = fd};
	if (loop_watch(s->loop, fd, POLLIN | LOOP_LAST, on_listener_ready, l) <
	    0)
		return -1;
	s->n_listeners++;
	return 0;
}

static int
set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int
conn_server_serve(struct conn_server *s, int in_fd, int out_fd)
{
	if (set_nonblocking(in_fd) < 0 || set_nonblocking(out_fd) < 0)
		return -1;
	return conn_add(s, in_fd, out_fd);
}

void
conn_server_limit(struct conn_server *s, const struct conn_limits *limits)
{
	s->limits = *limits;
	arm_idle_timer(s);
}

void
conn_server_resume(struct conn_server *s)
{
	struct conn *next;

	for (struct conn *c = s->oldest; c != NULL; c = next) {
		next = c->newer;
		if (c->waits && !c->retired)
			conn_advance(c);
	}
	conn_server_settle(s);
}

void
conn_server_drain(
    struct conn_server *s, int64_t deadline_ns, loop_timer_fn *fn, void *ctx)
{
	struct conn *next;

	s->emptied = fn;
	s->emptied_ctx = ctx;
	close_listeners(s);
	loop_arm(&s->drain_timer, deadline_ns);
	for (struct conn *c = s->oldest; c != NULL; c = next) {
		next = c->newer;
		c->ended = true;
	}
	for (struct conn *c = s->oldest; c != NULL; c = next) {
		next = c->newer;
		if (!c->retired)
			conn_advance(c);
	}
	while (s->oldest != NULL && s->oldest->retired)
		conn_close(s->oldest);
	conn_server_settle(s);
}

void
conn_server_when_empty(struct conn_server *s, loop_timer_fn *fn, void *ctx)
{
	s->emptied = fn;
	s->emptied_ctx = ctx;
	tell_emptied(s);
}

size_t
conn_server_count(const struct conn_server *s)
{
	return s->n;
}

const struct conn_counters *
conn_server_counters(const struct conn_server *s)
{
	return &s->counters;
}
