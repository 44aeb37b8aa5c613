/* SPDX-License-Identifier: ISC */
/*
 * The heap of due times: binary, each entry knows its place.
 */
#include "policyd/sched/index.h"

#include <assert.h>

static int64_t
due_at(const struct index *ix, uint32_t place)
{
	return index_due_s(&ix->pool[ix->heap[place]]);
}

static void
heap_set(struct index *ix, uint32_t place, uint32_t slot)
{
	ix->heap[place] = slot;
	ix->pool[slot].link = place;
}

static void
heap_up(struct index *ix, uint32_t place)
{
	uint32_t slot = ix->heap[place];
	int64_t due_s = index_due_s(&ix->pool[slot]);

	while (place > 0 && due_at(ix, (place - 1) / 2) > due_s) {
		heap_set(ix, place, ix->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	heap_set(ix, place, slot);
}

static void
heap_down(struct index *ix, uint32_t place)
{
	uint32_t slot = ix->heap[place];
	int64_t due_s = index_due_s(&ix->pool[slot]);

	for (;;) {
		uint32_t child = place * 2 + 1;

		if (child >= ix->n_heap)
			break;
		if (child + 1 < ix->n_heap &&
		    due_at(ix, child + 1) < due_at(ix, child))
			child++;
		if (due_at(ix, child) >= due_s)
			break;
		heap_set(ix, place, ix->heap[child]);
		place = child;
	}
	heap_set(ix, place, slot);
}

bool
index_heap_push(struct index *ix, uint32_t slot)
{
	if (ix->n_heap == ix->cap_heap) {
		uint32_t *grown =
		    index_grow(ix->heap, &ix->cap_heap, sizeof(*grown));

		if (grown == NULL)
			return false;
		ix->heap = grown;
	}
	ix->heap[ix->n_heap++] = slot;
	heap_up(ix, ix->n_heap - 1);
	return true;
}

void
index_heap_remove(struct index *ix, uint32_t slot)
{
	uint32_t place = ix->pool[slot].link;
	uint32_t last;

	assert(place < ix->n_heap && ix->heap[place] == slot);
	last = ix->heap[--ix->n_heap];
	if (last == slot)
		return;
	heap_set(ix, place, last);
	heap_up(ix, place);
	heap_down(ix, ix->pool[last].link);
}

uint32_t
index_heap_top(const struct index *ix)
{
	return ix->n_heap > 0 ? ix->heap[0] : INDEX_NONE;
}

/* Places of the heap by due time, the last one first to go. */
struct front {
	uint32_t place[INDEX_FIRST_MAX + 2];
	uint32_t n;
};

static void
front_add(const struct index *ix, struct front *front, uint32_t place)
{
	uint32_t at = front->n;

	if (place >= ix->n_heap)
		return;
	while (at > 0 && due_at(ix, front->place[at - 1]) < due_at(ix, place)) {
		front->place[at] = front->place[at - 1];
		at--;
	}
	front->place[at] = place;
	front->n++;
}

uint32_t
index_heap_first(const struct index *ix, uint32_t slots[], uint32_t max)
{
	struct front front = {.n = 0};
	uint32_t n = 0;

	assert(max <= INDEX_FIRST_MAX);
	front_add(ix, &front, 0);
	while (n < max && front.n > 0) {
		uint32_t place = front.place[--front.n];

		slots[n++] = ix->heap[place];
		/* Only what stood right below it can be next. */
		front_add(ix, &front, 2 * place + 1);
		front_add(ix, &front, 2 * place + 2);
	}
	return n;
}
