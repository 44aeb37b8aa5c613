/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/queue_text.h"

#include <stddef.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 256 * 1024 };

struct chunk {
	struct chunk *former;
	size_t size;
	max_align_t room[];
};

struct queue_text {
	struct chunk *chunk; /* the newest; NULL: none yet */
	size_t used; /* bytes of it */
};

struct queue_text *
queue_text_new(void)
{
	return calloc(1, sizeof(struct queue_text));
}

static void
drop_chunk(struct queue_text *t)
{
	struct chunk *former = t->chunk->former;

	free(t->chunk);
	t->chunk = former;
}

void
queue_text_free(struct queue_text *t)
{
	if (t == NULL)
		return;
	while (t->chunk != NULL)
		drop_chunk(t);
	free(t);
}

static bool
add_chunk(struct queue_text *t, size_t size)
{
	struct chunk *chunk;

	if (size < CHUNK_SIZE)
		size = CHUNK_SIZE;
	if (size > SIZE_MAX - sizeof(*chunk))
		return false;
	chunk = malloc(sizeof(*chunk) + size);
	if (chunk == NULL)
		return false;
	chunk->former = t->chunk;
	chunk->size = size;
	t->chunk = chunk;
	t->used = 0;
	return true;
}

static void *
take(struct queue_text *t, size_t size)
{
	char *room;

	if ((t->chunk == NULL || size > t->chunk->size - t->used) &&
	    !add_chunk(t, size))
		return NULL;
	room = (char *)t->chunk->room + t->used;
	t->used += size;
	return room;
}

void *
queue_text_room(struct queue_text *t, size_t size)
{
	size_t over = t->used % sizeof(max_align_t);

	if (over != 0 && t->chunk != NULL &&
	    t->chunk->size - t->used >= sizeof(max_align_t) - over)
		t->used += sizeof(max_align_t) - over;
	else if (over != 0 && !add_chunk(t, size))
		return NULL;
	return take(t, size);
}

bool
queue_text_copy(
    struct queue_text *t, struct span text, size_t max, struct span *copy)
{
	char *room;

	text.len = text.len < max ? text.len : max;
	*copy = span_of("", 0);
	if (text.len == 0)
		return true;
	room = take(t, text.len);
	if (room == NULL)
		return false;
	memcpy(room, text.data, text.len);
	*copy = span_of(room, text.len);
	return true;
}

struct queue_text_mark
queue_text_mark(const struct queue_text *t)
{
	return (struct queue_text_mark){t->chunk, t->used};
}

void
queue_text_reset(struct queue_text *t, struct queue_text_mark mark)
{
	while (t->chunk != mark.chunk)
		drop_chunk(t);
	t->used = mark.used;
}
