/* SPDX-License-Identifier: ISC */
/*
 * queue_text - memory for many small things that go together
 *
 * Nothing is given back alone, but what was taken last can be.
 */
#ifndef CTL_QUEUE_TEXT_H
#define CTL_QUEUE_TEXT_H

#include "hdrcheck/base/span.h"

struct queue_text;

/* NULL: no memory. */
struct queue_text *queue_text_new(void);
void queue_text_free(struct queue_text *t);

/* Room for size bytes, aligned for anything. NULL: no memory. */
void *queue_text_room(struct queue_text *t, size_t size);

/* Copies the first max bytes of text at most. False: no memory. */
bool queue_text_copy(
    struct queue_text *t, struct span text, size_t max, struct span *copy);

/* Where we are; and back to there: what was taken since is gone. */
struct queue_text_mark {
	void *chunk;
	size_t used;
};

struct queue_text_mark queue_text_mark(const struct queue_text *t);
void queue_text_reset(struct queue_text *t, struct queue_text_mark mark);

#endif
