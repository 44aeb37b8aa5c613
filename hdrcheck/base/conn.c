/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/conn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"

enum {
	READ_SIZE = 16 * 1024, /* bytes asked from a peer at once */
	ACCEPT_BATCH = 64, /* connections accepted in one go */
};

/* How long accepting pauses when descriptors or memory are short. */
#define ACCEPT_PAUSE_NS (CLOCK_NS_PER_S / 4)

struct conn {
	struct conn_server *server;
	int in_fd;
	int out_fd; /* in_fd, or of its own */
	struct buf in;
	struct buf out;
	bool ended; /* the peer sends no more, or we hear no more */
	bool closing;
	int64_t idle_since_ns; /* when it last completed a request */
	struct conn *older; /* order of idle_since_ns */
	struct conn *newer;
};

struct listener {
	struct conn_server *server;
	int fd;
};

struct conn_server {
	struct loop *loop;
	const struct log *log;
	struct conn_protocol protocol;
	struct conn_limits limits;
	struct conn_counters counters;
	struct listener listeners[CONN_LISTENERS_MAX];
	size_t n_listeners;
	struct conn *oldest;
	struct conn *newest;
	size_t n;
	struct loop_timer idle_timer;
	struct loop_timer accept_timer;
	struct loop_timer drain_timer;
	bool draining;
	loop_timer_fn *drained;
	void *drained_ctx;
};

static void on_conn_ready(void *ctx, short revents);
static void on_out_ready(void *ctx, short revents);

/* The list of connections, the one that was idle longest first. */

static void
list_remove(struct conn_server *s, struct conn *c)
{
	*(c->older != NULL ? &c->older->newer : &s->oldest) = c->newer;
	*(c->newer != NULL ? &c->newer->older : &s->newest) = c->older;
}

static void
list_append(struct conn_server *s, struct conn *c)
{
	c->older = s->newest;
	c->newer = NULL;
	*(s->newest != NULL ? &s->newest->newer : &s->oldest) = c;
	s->newest = c;
}

static void
arm_idle_timer(struct conn_server *s)
{
	if (s->oldest != NULL)
		loop_arm(&s->idle_timer,
		    s->oldest->idle_since_ns +
			s->limits.idle_ms * CLOCK_NS_PER_MS);
	else
		loop_disarm(&s->idle_timer);
}

static void
touch(struct conn *c)
{
	c->idle_since_ns = clock_read().mono_ns;
	list_remove(c->server, c);
	list_append(c->server, c);
}

static void
tell_drained(struct conn_server *s)
{
	loop_timer_fn *fn = s->drained;

	if (!s->draining || s->n > 0 || fn == NULL)
		return;
	s->drained = NULL;
	loop_disarm(&s->drain_timer);
	fn(s->drained_ctx);
}

static void
conn_close(struct conn *c)
{
	struct conn_server *s = c->server;

	loop_unwatch(s->loop, c->in_fd);
	if (c->out_fd != c->in_fd) {
		loop_unwatch(s->loop, c->out_fd);
		close(c->out_fd);
	}
	close(c->in_fd);
	buf_free(&c->in);
	buf_free(&c->out);
	list_remove(s, c);
	s->n--;
	free(c);
}

/* What a connection waits for follows from its state alone. */
static void
update_events(struct conn *c)
{
	bool want_in = !c->ended && buf_len(&c->out) < CONN_OUT_HIGH;
	short in = want_in ? POLLIN : 0;
	short out = buf_len(&c->out) > 0 ? POLLOUT : 0;

	if (c->in_fd == c->out_fd) {
		loop_change(c->server->loop, c->in_fd, (short)(in | out));
		return;
	}
	loop_change(c->server->loop, c->in_fd, in);
	loop_change(c->server->loop, c->out_fd, out);
}

/*
 * Answers whole requests until one is incomplete or the peer must read first.
 * Returns whether there was one. How much that can be at a time is bounded by
 * the input buffer.
 */
static bool
handle_requests(struct conn *c)
{
	const struct conn_protocol *p = &c->server->protocol;
	bool any = false;

	while (!c->closing && buf_len(&c->in) > 0 &&
	    buf_len(&c->out) < CONN_OUT_HIGH) {
		size_t used = 0;
		enum conn_verdict verdict;

		verdict = p->handle(p->ctx, buf_span(&c->in), &c->out, &used);
		if (verdict == CONN_MORE && buf_room(&c->in) > 0)
			break;
		buf_consume(&c->in, used);
		if (verdict == CONN_DONE)
			any = true;
		else
			c->closing = true;
	}
	if (c->closing)
		c->server->counters.broken++;
	if (buf_len(&c->in) == 0 && c->in.cap > READ_SIZE)
		buf_free(&c->in);
	if (any)
		touch(c);
	return any;
}

/* False when the connection is of no more use. */
static bool
read_some(struct conn *c)
{
	size_t want = buf_room(&c->in);
	char *room;
	ssize_t n;

	if (want > READ_SIZE)
		want = READ_SIZE;
	if (want == 0)
		return true;
	room = buf_reserve(&c->in, want);
	if (room == NULL)
		return false;
	n = read(c->in_fd, room, want);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		c->ended = true;
	buf_commit(&c->in, (size_t)n);
	return true;
}

static bool
write_some(struct conn *c)
{
	struct span out = buf_span(&c->out);
	ssize_t n;

	if (out.len == 0)
		return true;
	n = write(c->out_fd, out.data, out.len);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_consume(&c->out, (size_t)n);
	return true;
}

/*
 * Handles what is buffered and writes the answers. A peer that stopped sending
 * still gets what it asked for. Closes the connection when it is finished.
 */
static void
advance(struct conn *c)
{
	bool more = true;

	while (more) {
		more = !c->closing && handle_requests(c);
		if (!write_some(c)) {
			conn_close(c);
			return;
		}
		more = more && buf_len(&c->out) == 0;
	}
	if (c->closing)
		c->ended = true;
	if (buf_len(&c->out) == 0 && c->ended) {
		conn_close(c);
		return;
	}
	update_events(c);
}

static void
conn_event(struct conn *c, short revents)
{
	struct conn_server *s = c->server;

	if ((revents & POLLIN) != 0 && !c->ended) {
		if (!read_some(c)) {
			conn_close(c);
			goto out;
		}
	} else if (revents & (POLLERR | POLLNVAL)) {
		conn_close(c);
		goto out;
	} else if ((revents & POLLHUP) != 0 && !c->ended) {
		c->ended = true;
	} else if ((revents & POLLHUP) != 0 && (revents & POLLOUT) == 0) {
		conn_close(c);
		goto out;
	}
	advance(c);
out:
	arm_idle_timer(s);
	tell_drained(s);
}

static void
on_conn_ready(void *ctx, short revents)
{
	conn_event(ctx, revents);
}

static void
on_out_ready(void *ctx, short revents)
{
	conn_event(ctx, (short)(revents & ~POLLIN));
}

static int
conn_add(struct conn_server *s, int in_fd, int out_fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -1;
	c->server = s;
	c->in_fd = in_fd;
	c->out_fd = out_fd;
	buf_init(&c->in, s->protocol.in_max);
	buf_init(&c->out, CONN_OUT_HIGH + CONN_REPLY_MAX);
	if (loop_watch(s->loop, in_fd, POLLIN, on_conn_ready, c) < 0) {
		free(c);
		return -1;
	}
	if (out_fd != in_fd &&
	    loop_watch(s->loop, out_fd, 0, on_out_ready, c) < 0) {
		loop_unwatch(s->loop, in_fd);
		free(c);
		return -1;
	}
	c->idle_since_ns = clock_read().mono_ns;
	list_append(s, c);
	s->n++;
	s->counters.accepted++;
	arm_idle_timer(s);
	return 0;
}

static void
evict_oldest(struct conn_server *s)
{
	if (s->oldest == NULL)
		return;
	if (s->counters.evicted++ == 0)
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
		loop_change(s->loop, s->listeners[i].fd, 0);
	loop_arm(&s->accept_timer, clock_read().mono_ns + ACCEPT_PAUSE_NS);
}

static void
on_accept_timer(void *ctx)
{
	struct conn_server *s = ctx;

	for (size_t i = 0; i < s->n_listeners; i++)
		loop_change(s->loop, s->listeners[i].fd, POLLIN);
}

static void
on_listener_ready(void *ctx, short revents)
{
	struct listener *l = ctx;
	struct conn_server *s = l->server;

	(void)revents;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		int fd = os_accept(l->fd);

		if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
			continue;
		if (fd < 0) {
			if (errno == EAGAIN)
				return;
			evict_oldest(s);
			pause_accept(s);
			return;
		}
		if (s->n >= s->limits.connections)
			evict_oldest(s);
		if (conn_add(s, fd, fd) < 0) {
			close(fd);
			pause_accept(s);
			return;
		}
	}
}

static void
on_idle_timer(void *ctx)
{
	struct conn_server *s = ctx;
	int64_t limit_ns =
	    clock_read().mono_ns - s->limits.idle_ms * CLOCK_NS_PER_MS;

	while (s->oldest != NULL && s->oldest->idle_since_ns <= limit_ns) {
		s->counters.timed_out++;
		conn_close(s->oldest);
	}
	arm_idle_timer(s);
	tell_drained(s);
}

static void
on_drain_timer(void *ctx)
{
	struct conn_server *s = ctx;

	while (s->oldest != NULL)
		conn_close(s->oldest);
	tell_drained(s);
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
	s->limits = *limits;
	loop_add_timer(loop, &s->idle_timer, LOOP_MONO, on_idle_timer, s);
	loop_add_timer(loop, &s->accept_timer, LOOP_MONO, on_accept_timer, s);
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
	loop_remove_timer(s->loop, &s->drain_timer);
	free(s);
}

int
conn_server_listen(struct conn_server *s, int fd)
{
	struct listener *l;

	assert(s->n_listeners < CONN_LISTENERS_MAX);
	l = &s->listeners[s->n_listeners];
	*l = (struct listener){.server = s, .fd = fd};
	if (loop_watch(s->loop, fd, POLLIN, on_listener_ready, l) < 0)
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
conn_server_drain(
    struct conn_server *s, int64_t deadline_ns, loop_timer_fn *fn, void *ctx)
{
	struct conn *next;

	s->draining = true;
	s->drained = fn;
	s->drained_ctx = ctx;
	close_listeners(s);
	loop_arm(&s->drain_timer, deadline_ns);
	for (struct conn *c = s->oldest; c != NULL; c = next) {
		next = c->newer;
		c->ended = true;
	}
	for (struct conn *c = s->oldest; c != NULL; c = next) {
		next = c->newer;
		advance(c);
	}
	arm_idle_timer(s);
	tell_drained(s);
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
