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
struct span buf_span(const struct buf *b);

size_t buf_len(const struct buf *b);

/* How many more bytes fit before the maximum. */
size_t buf_room(const struct buf *b);

/*
 * Room for n bytes at the end, to be filled and then told with buf_commit().
 * NULL when the maximum forbids it or memory is short; b is unchanged then.
 */
char *buf_reserve(struct buf *b, size_t n);

/* n bytes of what was reserved are filled. */
void buf_commit(struct buf *b, size_t n);

/* False, and b is unchanged, when s does not fit (see buf_reserve). */
bool buf_append(struct buf *b, struct span s);

/* Drops n bytes from the front; n <= buf_len(b). */
void buf_consume(struct buf *b, size_t n);

/* Drops all bytes, keeps the memory. */
void buf_clear(struct buf *b);

#endif
