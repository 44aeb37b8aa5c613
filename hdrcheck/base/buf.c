/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST_CAP = 512 /* bytes */ };

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_free(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

static void
move_to_front(struct buf *b)
{
	size_t len = buf_len(b);

	if (b->start == 0)
		return;
	if (len > 0)
		memmove(b->data, b->data + b->start, len);
	b->start = 0;
	b->end = len;
}

static bool
grow(struct buf *b, size_t need)
{
	size_t cap = b->cap > 0 ? b->cap : BUF_FIRST_CAP;
	char *data;

	while (cap < need)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap > b->max)
		cap = b->max;
	data = realloc(b->data, cap);
	if (data == NULL)
		return false;
	b->data = data;
	b->cap = cap;
	return true;
}

char *
buf_make_room(struct buf *b, size_t n)
{
	if (n > buf_room(b))
		return NULL;
	move_to_front(b);
	if ((b->cap < b->end + n || b->data == NULL) && !grow(b, b->end + n))
		return NULL;
	return b->data + b->end;
}

bool
buf_append(struct buf *b, struct span s)
{
	char *room;

	if (s.len == 0)
		return true;
	room = buf_reserve(b, s.len);
	if (room == NULL)
		return false;
	memcpy(room, s.data, s.len);
	buf_commit(b, s.len);
	return true;
}
