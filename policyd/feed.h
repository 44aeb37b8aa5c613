/* SPDX-License-Identifier: ISC */
/*
 * feed - lines that several peers read as they come
 *
 * The last FEED_RING_MAX bytes of lines are kept for those who come later. A
 * peer that does not read loses its connection when FEED_BEHIND_MAX bytes wait
 * for it; nobody waits for it.
 */
#ifndef POLICYD_FEED_H
#define POLICYD_FEED_H

#include "hdrcheck/base/buf.h"
#include "hdrcheck/base/loop.h"

enum {
	FEED_RING_MAX = 256 * 1024,
	FEED_BEHIND_MAX = 2 * 1024 * 1024,
	FEED_READERS_MAX = 16, /* more are turned away */
	FEED_LINE_MAX = 4096, /* bytes of a line, with its end */
};

struct feed;

/* NULL: no memory. loop is borrowed. */
struct feed *feed_new(struct loop *loop);
void feed_free(struct feed *f);

/* A line, with its line end. */
void feed_put(struct feed *f, struct span line);

enum feed_part {
	FEED_LAST, /* what is kept, and the end */
	FEED_LAST_AND_NEXT, /* and then what comes */
	FEED_NEXT, /* only what comes */
};

/*
 * Takes a connected, non-blocking socket over, which it owns from then on,
 * also when it turns it away: then a line "error WHAT" comes before the end.
 */
void feed_add(struct feed *f, int fd, enum feed_part part);

size_t feed_readers(const struct feed *f);

#endif
