/* SPDX-License-Identifier: ISC */
/*
 * The heap of due times; each entry knows its place. Four stand right below
 * one: looking at them is waiting for memory, which four can do at once.
 */
#include "policyd/sched/index.h"

#include <assert.h>

enum { BELOW = 4 };

static uint32_t
above(uint32_t place)
{
	return (place - 1) / BELOW;
}

static uint32_t
first_below(uint32_t place)
{
	return place * BELOW + 1;
}

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

	while (place > 0 && due_at(ix, above(place)) > due_s) {
		heap_set(ix, place, ix->heap[above(place)]);
		place = above(place);
	}
	heap_set(ix, place, slot);
}

/* The place right below this one that is due first; n_heap: there is none. */
static uint32_t
least_below(const struct index *ix, uint32_t place, int64_t *due_s)
{
	uint32_t least = ix->n_heap;
	uint32_t first = first_below(place);

	for (uint32_t at = first; at < first + BELOW && at < ix->n_heap; at++) {
		int64_t at_s = due_at(ix, at);

		if (least == ix->n_heap || at_s < *due_s) {
			least = at;
			*due_s = at_s;
		}
	}
	return least;
}

static void
heap_down(struct index *ix, uint32_t place)
{
	uint32_t slot = ix->heap[place];
	int64_t due_s = index_due_s(&ix->pool[slot]);

	for (;;) {
		int64_t least_s = 0;
		uint32_t least = least_below(ix, place, &least_s);

		if (least == ix->n_heap || least_s >= due_s)
			break;
		heap_set(ix, place, ix->heap[least]);
		place = least;
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
	uint32_t place[INDEX_FIRST_MAX * BELOW + 1];
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
		for (uint32_t i = 0; i < BELOW; i++)
			front_add(ix, &front, first_below(place) + i);
	}
	return n;
}
