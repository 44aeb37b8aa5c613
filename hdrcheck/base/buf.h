/* SPDX-License-Identifier: ISC */
/*
 * buf - a byte queue with a hard maximum
 *
 * Bytes are appended at the end and consumed from the front. The buffer grows
 * as needed up to its maximum and never beyond; nothing it holds can make it
 * do so (I7). Spans taken from it are valid until the next call that is not
 * buf_span().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <assert.h>

#include "hdrcheck/base/span.h"

struct buf {
	char *data;
	size_t start; /* first byte that was not consumed */
	size_t end; /* one behind the last byte */
	size_t cap;
	size_t max;
};

/* An empty buffer that will hold at most max bytes; owns nothing yet. */
void buf_init(struct buf *b, size_t max);

/* Gives the memory back; the buffer is empty and usable afterwards. */
void buf_free(struct buf *b);

/* The bytes waiting in b, borrowed. */
static inline struct span
buf_span(const struct buf *b)
{
	if (b->data == NULL)
		return span_of("", 0);
	return span_of(b->data + b->start, b->end - b->start);
}

static inline size_t
buf_len(const struct buf *b)
{
	return b->end - b->start;
}

/* How many more bytes fit before the maximum. */
static inline size_t
buf_room(const struct buf *b)
{
	return b->max - buf_len(b);
}

/* For buf_reserve(): the same, where there is no such room yet. */
char *buf_make_room(struct buf *b, size_t n);

/*
 * Room for n bytes at the end, to be filled and then told with buf_commit().
 * NULL when the maximum forbids it or memory is short; b is unchanged then.
 */
static inline char *
buf_reserve(struct buf *b, size_t n)
{
	if (b->data != NULL && n <= b->cap - b->end)
		return b->data + b->end;
	return buf_make_room(b, n);
}

/* n bytes of what was reserved are filled. */
static inline void
buf_commit(struct buf *b, size_t n)
{
	assert(n <= b->cap - b->end);
	b->end += n;
}

/* False, and b is unchanged, when s does not fit (see buf_reserve). */
bool buf_append(struct buf *b, struct span s);

/* Drops n bytes from the front; n <= buf_len(b). */
static inline void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= buf_len(b));
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}

/*
 * The memory of from, which is empty, goes to b, which has none; their maxima
 * are the same.
 */
static inline void
buf_take_memory(struct buf *b, struct buf *from)
{
	assert(b->data == NULL && buf_len(from) == 0 && b->max == from->max);
	b->data = from->data;
	b->cap = from->cap;
	from->data = NULL;
	from->cap = 0;
}

/* Drops all bytes, keeps the memory. */
static inline void
buf_clear(struct buf *b)
{
	b->start = b->end = 0;
}

#endif
