/* SPDX-License-Identifier: ISC */
/*
 * One connection: reading, handling, writing, back-pressure.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hdrcheck/base/conn_private.h"

enum {
	READ_SIZE = 16 * 1024, /* bytes asked from a peer at once */
	TURN_REQUESTS = 32 /* at most, until others had their turn */
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
list_prepend(struct conn_server *s, struct conn *c)
{
	c->older = NULL;
	c->newer = s->oldest;
	*(s->oldest != NULL ? &s->oldest->older : &s->newest) = c;
	s->oldest = c;
}

static void
touch(struct conn *c)
{
	c->idle_since_ns = loop_mono_ns(c->server->loop);
	if (c->newer == NULL)
		return;
	list_remove(c->server, c);
	list_append(c->server, c);
}

/*
 * The queue. Who sent one request the last time, as those do that wait for the
 * answer, is served as soon as there is something to read. Who sent anything
 * else, or nothing yet, comes behind them, one in each turn of the loop, and so
 * do those that want to connect; who has more for us than a turn queues up for
 * the next one. So nobody waits for a thousand that flood or trickle.
 */

static void
queue_up(struct conn *c)
{
	struct conn_server *s = c->server;

	assert(!c->queued);
	c->queued = true;
	c->ahead = s->last;
	c->behind = NULL;
	*(s->last != NULL ? &s->last->behind : &s->first) = c;
	s->last = c;
	loop_arm(&s->queue_timer, 0);
}

static void
leave_queue(struct conn *c)
{
	struct conn_server *s = c->server;

	if (!c->queued)
		return;
	c->queued = false;
	*(c->ahead != NULL ? &c->ahead->behind : &s->first) = c->behind;
	*(c->behind != NULL ? &c->behind->ahead : &s->last) = c->ahead;
}

/*
 * A connection has buffers while there is something in them. The server keeps
 * one empty buffer of each kind for the next that needs it: they stay in the
 * processor's cache, and idle connections cost little memory.
 */

static void
borrow(struct buf *spare, struct buf *b)
{
	if (b->data != NULL || spare->data == NULL)
		return;
	buf_take_memory(b, spare);
}

static void
give_back(struct buf *spare, struct buf *b, size_t cap_max)
{
	if (buf_len(b) > 0 || b->data == NULL)
		return;
	if (spare->data != NULL || b->cap > cap_max) {
		buf_free(b);
		return;
	}
	buf_take_memory(spare, b);
}

static void
give_back_buffers(struct conn *c)
{
	give_back(&c->server->spare_in, &c->in, READ_SIZE);
	give_back(&c->server->spare_out, &c->out, CONN_OUT_HIGH);
}

static void
unwatch(struct conn *c)
{
	struct loop *loop = c->server->loop;

	if (c->in_watched)
		loop_unwatch(loop, c->in_fd);
	if (c->out_fd != c->in_fd)
		loop_unwatch(loop, c->out_fd);
	leave_queue(c);
}

/* All but its descriptors, which are not watched any more. */
static void
forget(struct conn *c)
{
	struct conn_server *s = c->server;

	if (!c->retired)
		unwatch(c);
	buf_free(&c->in);
	buf_free(&c->out);
	list_remove(s, c);
	s->n--;
	free(c);
}

void
conn_close(struct conn *c)
{
	int in_fd = c->in_fd, out_fd = c->out_fd;

	forget(c);
	close(in_fd);
	if (out_fd != in_fd)
		close(out_fd);
}

/*
 * It has ended. To close it takes longer than to answer, so that waits until
 * others were served: it is the one that has been idle longest.
 */
static void
retire(struct conn *c)
{
	struct conn_server *s = c->server;

	unwatch(c);
	c->retired = true;
	c->idle_since_ns = INT64_MIN;
	list_remove(s, c);
	list_prepend(s, c);
}

/* Its answers are written. */
static void
give_away(struct conn *c)
{
	const struct conn_protocol *p = &c->server->protocol;
	int fd = c->in_fd;

	assert(c->in_fd == c->out_fd && p->take != NULL);
	forget(c);
	p->take(p->ctx, fd);
}

/*
 * The input of a pair of descriptors is not watched at all while it is not
 * wanted: a pipe whose writer is gone would report that without end.
 */
static bool
watch_pair(struct conn *c, bool want_in)
{
	struct loop *loop = c->server->loop;

	if (want_in && !c->in_watched) {
		if (loop_watch(loop, c->in_fd, POLLIN, on_conn_ready, c) < 0)
			return false;
	} else if (!want_in && c->in_watched) {
		loop_unwatch(loop, c->in_fd);
	}
	c->in_watched = want_in;
	loop_change(loop, c->out_fd, buf_len(&c->out) > 0 ? POLLOUT : 0);
	return true;
}

/* What a connection waits for follows from its state alone. */
static bool
update_events(struct conn *c)
{
	bool room = c->closing
	    ? c->lingering
	    : buf_len(&c->out) < CONN_OUT_HIGH && buf_room(&c->in) > 0;
	bool want_in = !c->ended && !c->queued && room;
	short out = !c->queued && buf_len(&c->out) > 0 ? POLLOUT : 0;
	short last = c->modest ? 0 : LOOP_LAST;

	if (c->in_fd != c->out_fd)
		return watch_pair(c, want_in);
	loop_change(c->server->loop, c->in_fd,
	    (short)((want_in ? POLLIN : 0) | out | last));
	return true;
}

/* Whether there are bytes to look at, and room for answers. */
static bool
may_handle(const struct conn *c)
{
	return !c->closing && buf_len(&c->in) > 0 &&
	    buf_len(&c->out) < CONN_OUT_HIGH;
}

/*
 * Answers whole requests, *left of them at most, until one is incomplete or the
 * peer must read first. Returns whether there was one.
 */
static bool
handle_requests(struct conn *c, int *left)
{
	const struct conn_protocol *p = &c->server->protocol;
	bool any = false;

	while (*left > 0 && may_handle(c)) {
		size_t used = 0;
		enum conn_verdict verdict;

		verdict = p->handle(p->ctx, buf_span(&c->in), &c->out, &used);
		c->waits = verdict == CONN_LATER;
		if (c->waits || (verdict == CONN_MORE && buf_room(&c->in) > 0))
			break;
		--*left;
		buf_consume(&c->in, used);
		any = any || verdict == CONN_DONE || verdict == CONN_LAST;
		c->closing = verdict != CONN_DONE;
		c->taken = verdict == CONN_TAKE;
		if (verdict == CONN_CLOSE || verdict == CONN_MORE)
			c->server->counters.broken++;
	}
	if (any)
		touch(c);
	return any;
}

/* Of a socket by recv(2), and not by read(2), which takes longer. */
static ssize_t
receive(const struct conn *c, char *room, size_t size)
{
	if (c->in_fd == c->out_fd)
		return recv(c->in_fd, room, size, 0);
	return read(c->in_fd, room, size);
}

static ssize_t
send_out(const struct conn *c, struct span bytes)
{
	if (c->in_fd == c->out_fd)
		return send(c->out_fd, bytes.data, bytes.len, MSG_NOSIGNAL);
	return write(c->out_fd, bytes.data, bytes.len);
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
	borrow(&c->server->spare_in, &c->in);
	room = buf_reserve(&c->in, want);
	if (room == NULL)
		return false;
	n = receive(c, room, want);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		c->ended = true;
	buf_commit(&c->in, (size_t)n);
	return true;
}

/* Of a peer that was told that nothing follows. False: it has ended, too. */
static bool
drop_some(const struct conn *c)
{
	char dropped[READ_SIZE];
	ssize_t n = receive(c, dropped, sizeof(dropped));

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool
write_some(struct conn *c)
{
	struct span out = buf_span(&c->out);
	ssize_t n;

	if (out.len == 0)
		return true;
	n = send_out(c, out);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_consume(&c->out, (size_t)n);
	return true;
}

/*
 * Whether a connection that closes stays until its peer has read what is for
 * it: were it closed with something from the peer unread, that would take the
 * answers away.
 */
static bool
linger(struct conn *c)
{
	if (!c->server->protocol.lingers || c->ended)
		return false;
	if (buf_len(&c->out) > 0 || c->lingering)
		return true;
	buf_free(&c->in);
	touch(c);
	c->lingering = shutdown(c->out_fd, SHUT_WR) == 0;
	return c->lingering;
}

/*
 * Handles what is buffered and writes the answers, until a request is not
 * whole, the peer does not take them, or its turn is over. A peer that stopped
 * sending still gets what it asked for. Closes the connection when it is
 * finished.
 */
void
conn_advance(struct conn *c)
{
	int left = TURN_REQUESTS;
	bool more = true;

	while (more) {
		bool blocked = buf_len(&c->out) >= CONN_OUT_HIGH;
		bool handled;

		borrow(&c->server->spare_out, &c->out);
		handled = !c->closing && handle_requests(c, &left);
		if (!write_some(c) || (c->taken && buf_len(&c->out) > 0)) {
			retire(c);
			return;
		}
		if (c->taken) {
			give_away(c);
			return;
		}
		more = (handled || blocked) && left > 0 && may_handle(c) &&
		    buf_len(&c->out) == 0;
	}
	give_back_buffers(c);
	c->modest = left == TURN_REQUESTS - 1 && buf_len(&c->in) == 0;
	if (left == 0 && may_handle(c) && !c->queued)
		queue_up(c);
	if (c->closing && !linger(c))
		c->ended = true;
	if ((buf_len(&c->out) == 0 && c->ended && !c->waits && !c->queued) ||
	    !update_events(c))
		retire(c);
}

static void
conn_event(struct conn *c, short revents)
{
	struct conn_server *s = c->server;

	if ((revents & POLLIN) != 0 && !c->ended) {
		if (!(c->lingering ? drop_some(c) : read_some(c))) {
			retire(c);
			goto out;
		}
	} else if (revents & (POLLERR | POLLNVAL)) {
		retire(c);
		goto out;
	} else if ((revents & POLLHUP) != 0 && !c->ended) {
		/* Both directions are closed: nobody reads the answers. */
		c->ended = true;
	} else if ((revents & POLLHUP) != 0 && (revents & POLLOUT) == 0) {
		retire(c);
		goto out;
	}
	conn_advance(c);
out:
	conn_server_settle(s);
}

static void
on_conn_ready(void *ctx, short revents)
{
	conn_event(ctx, revents);
}

void
conn_serve_first(struct conn_server *s)
{
	struct conn *c = s->first;

	if (c == NULL)
		return;
	leave_queue(c);
	if (s->first != NULL)
		loop_arm(&s->queue_timer, 0);
	conn_advance(c);
	conn_server_settle(s);
}

static void
on_out_ready(void *ctx, short revents)
{
	conn_event(ctx, (short)(revents & ~POLLIN));
}

int
conn_add(struct conn_server *s, int in_fd, int out_fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -1;
	c->server = s;
	c->in_fd = in_fd;
	c->out_fd = out_fd;
	buf_init(&c->in, s->protocol.in_max);
	buf_init(&c->out, CONN_OUT_HIGH + s->protocol.reply_max);
	if (loop_watch(s->loop, in_fd, POLLIN | LOOP_LAST, on_conn_ready, c) <
	    0) {
		free(c);
		return -1;
	}
	c->in_watched = true;
	if (out_fd != in_fd &&
	    loop_watch(s->loop, out_fd, 0, on_out_ready, c) < 0) {
		loop_unwatch(s->loop, in_fd);
		free(c);
		return -1;
	}
	c->idle_since_ns = loop_mono_ns(s->loop);
	list_append(s, c);
	s->n++;
	s->counters.accepted++;
	conn_server_settle(s);
	return 0;
}
