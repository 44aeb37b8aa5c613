/* SPDX-License-Identifier: ISC */
#include "policyd/feed.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	IDLE_CAP_MAX = 16 * 1024, /* bytes of memory of a reader that waits */
	ERROR_SIZE = 128,
};

struct feed_reader {
	struct feed *feed;
	int fd; /* -1: this place is free */
	bool last; /* it gets no more than what waits */
	bool silent; /* it has sent its last */
	struct buf out;
};

struct feed {
	struct loop *loop;
	struct buf ring; /* whole lines */
	struct feed_reader reader[FEED_READERS_MAX];
	size_t n;
	char waste[4096]; /* what readers say */
};

struct feed *
feed_new(struct loop *loop)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->loop = loop;
	/* Twice the room, so that not every line moves all others. */
	buf_init(&f->ring, 2 * FEED_RING_MAX);
	for (size_t i = 0; i < FEED_READERS_MAX; i++) {
		f->reader[i].feed = f;
		f->reader[i].fd = -1;
		buf_init(&f->reader[i].out, FEED_BEHIND_MAX);
	}
	if (buf_reserve(&f->ring, 2 * FEED_RING_MAX) != NULL)
		return f;
	free(f);
	return NULL;
}

static void
end_reader(struct feed_reader *r)
{
	loop_unwatch(r->feed->loop, r->fd);
	close(r->fd);
	r->fd = -1;
	buf_free(&r->out);
	r->feed->n--;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < FEED_READERS_MAX; i++)
		if (f->reader[i].fd >= 0)
			end_reader(&f->reader[i]);
	buf_free(&f->ring);
	free(f);
}

size_t
feed_readers(const struct feed *f)
{
	return f->n;
}

/* False: it is of no more use. */
static bool
write_some(struct feed_reader *r)
{
	struct span out = buf_span(&r->out);
	ssize_t n;

	if (out.len == 0)
		return true;
	n = write(r->fd, out.data, out.len);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_consume(&r->out, (size_t)n);
	if (buf_len(&r->out) == 0 && r->out.cap > IDLE_CAP_MAX)
		buf_free(&r->out);
	return true;
}

/* What it says is of no interest. False: it is of no more use. */
static bool
hear(struct feed_reader *r)
{
	ssize_t n = read(r->fd, r->feed->waste, sizeof(r->feed->waste));

	if (n == 0)
		r->silent = true;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* Writes what it takes now, and waits for what is next. */
static void
advance(struct feed_reader *r)
{
	size_t left;

	if (!write_some(r)) {
		end_reader(r);
		return;
	}
	left = buf_len(&r->out);
	if (left == 0 && r->last) {
		/* What is left unread of it would be an error to it. */
		hear(r);
		end_reader(r);
		return;
	}
	loop_change(r->feed->loop, r->fd,
	    (short)((left > 0 ? POLLOUT : 0) | (r->silent ? 0 : POLLIN)));
}

static void
on_ready(void *ctx, short revents)
{
	struct feed_reader *r = ctx;

	if ((revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 ||
	    ((revents & POLLIN) != 0 && !hear(r)))
		end_reader(r);
	else
		advance(r);
}

static void
keep(struct buf *ring, struct span line)
{
	while (buf_len(ring) + line.len > FEED_RING_MAX) {
		struct span rest = buf_span(ring), first;

		if (span_cut(&rest, '\n', &first))
			buf_consume(ring, first.len + 1);
	}
	buf_append(ring, line);
}

void
feed_put(struct feed *f, struct span line)
{
	assert(line.len > 0 && line.len <= FEED_LINE_MAX);
	assert(line.data[line.len - 1] == '\n');
	keep(&f->ring, line);
	for (size_t i = 0; i < FEED_READERS_MAX; i++) {
		struct feed_reader *r = &f->reader[i];
		bool behind = buf_len(&r->out) > 0;

		if (r->fd < 0 || r->last)
			continue;
		if (!buf_append(&r->out, line))
			end_reader(r);
		else if (!behind)
			advance(r);
	}
}

static struct feed_reader *
find_place(struct feed *f)
{
	for (size_t i = 0; i < FEED_READERS_MAX; i++)
		if (f->reader[i].fd < 0)
			return &f->reader[i];
	return NULL;
}

/* It has not got anything yet, so that there is room for a line. */
static void
turn_away(int fd, const char *why)
{
	char line[ERROR_SIZE];
	int n = snprintf(line, sizeof(line), "error %s\n", why);

	/* One that is gone needs no word. */
	(void)!write(fd, line, (size_t)n);
	close(fd);
}

void
feed_add(struct feed *f, int fd, enum feed_part part)
{
	struct feed_reader *r = find_place(f);

	if (r == NULL) {
		turn_away(fd, "too many read events already");
		return;
	}
	if ((part != FEED_NEXT && !buf_append(&r->out, buf_span(&f->ring))) ||
	    loop_watch(f->loop, fd, 0, on_ready, r) < 0) {
		buf_free(&r->out);
		turn_away(fd, strerror(ENOMEM));
		return;
	}
	f->n++;
	r->fd = fd;
	r->silent = false;
	r->last = part == FEED_LAST;
	advance(r);
}
