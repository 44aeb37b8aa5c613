/* SPDX-License-Identifier: ISC */
#include "policyd/sched/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_CAP = 64,
	TABLE_FIRST = 128, /* a power of two */
};

void
index_init(struct index *ix)
{
	memset(ix, 0, sizeof(*ix));
	ix->free_head = INDEX_NONE;
}

void
index_free(struct index *ix)
{
	free(ix->pool);
	free(ix->table);
	free(ix->heap);
	index_init(ix);
}

uint32_t
index_count(const struct index *ix)
{
	return ix->n;
}

uint32_t
index_slots(const struct index *ix)
{
	return ix->n_pool;
}

struct index_entry *
index_at(const struct index *ix, uint32_t slot)
{
	assert(slot < ix->n_pool);
	return &ix->pool[slot];
}

/* The hash table: linear probing, and removal without tombstones. */

static uint32_t
home_of(const struct index *ix, uint32_t slot)
{
	return qid_hash(&ix->pool[slot].id) & ix->table_mask;
}

static void
table_put(struct index *ix, uint32_t slot)
{
	uint32_t at = home_of(ix, slot);

	while (ix->table[at] != 0)
		at = (at + 1) & ix->table_mask;
	ix->table[at] = slot + 1;
}

static bool
table_grow(struct index *ix)
{
	uint32_t size =
	    ix->table == NULL ? TABLE_FIRST : (ix->table_mask + 1) * 2;
	uint32_t *table = calloc(size, sizeof(*table));
	uint32_t *old = ix->table;
	uint32_t n_old = old == NULL ? 0 : ix->table_mask + 1;

	if (table == NULL)
		return false;
	ix->table = table;
	ix->table_mask = size - 1;
	for (uint32_t i = 0; i < n_old; i++)
		if (old[i] != 0)
			table_put(ix, old[i] - 1);
	free(old);
	return true;
}

/* Where the table names the slot of id, or the free place it would have. */
static uint32_t
table_seek(const struct index *ix, const struct qid *id)
{
	uint32_t at = qid_hash(id) & ix->table_mask;

	while (ix->table[at] != 0 &&
	    !qid_equal(&ix->pool[ix->table[at] - 1].id, id))
		at = (at + 1) & ix->table_mask;
	return at;
}

static void
table_remove(struct index *ix, const struct qid *id)
{
	uint32_t hole = table_seek(ix, id);
	uint32_t at = hole;

	assert(ix->table[hole] != 0);
	ix->table[hole] = 0;
	for (;;) {
		uint32_t home;

		at = (at + 1) & ix->table_mask;
		if (ix->table[at] == 0)
			return;
		home = home_of(ix, ix->table[at] - 1);
		/* May it move back to the hole without passing its home? */
		if (((at - home) & ix->table_mask) >=
		    ((at - hole) & ix->table_mask)) {
			ix->table[hole] = ix->table[at];
			ix->table[at] = 0;
			hole = at;
		}
	}
}

uint32_t
index_find(const struct index *ix, const struct qid *id)
{
	if (ix->table == NULL)
		return INDEX_NONE;
	return ix->table[table_seek(ix, id)] - 1;
}

static bool
pool_grow(struct index *ix)
{
	uint32_t cap = ix->cap_pool == 0 ? FIRST_CAP : ix->cap_pool * 2;
	struct index_entry *pool;

	if (cap <= ix->cap_pool)
		return false;
	pool = realloc(ix->pool, (size_t)cap * sizeof(*pool));
	if (pool == NULL)
		return false;
	ix->pool = pool;
	ix->cap_pool = cap;
	return true;
}

static uint32_t
take_slot(struct index *ix)
{
	uint32_t slot = ix->free_head;

	if (slot != INDEX_NONE) {
		ix->free_head = ix->pool[slot].link;
		return slot;
	}
	if (ix->n_pool == ix->cap_pool && !pool_grow(ix))
		return INDEX_NONE;
	return ix->n_pool++;
}

uint32_t
index_add(struct index *ix, const struct qid *id)
{
	uint32_t slot;

	/* At most two thirds of the table are in use. */
	if ((ix->table == NULL || ix->n >= (ix->table_mask + 1) / 3 * 2) &&
	    !table_grow(ix))
		return INDEX_NONE;
	slot = take_slot(ix);
	if (slot == INDEX_NONE)
		return INDEX_NONE;
	memset(&ix->pool[slot], 0, sizeof(ix->pool[slot]));
	ix->pool[slot].id = *id;
	table_put(ix, slot);
	ix->n++;
	return slot;
}

void
index_remove(struct index *ix, uint32_t slot)
{
	struct index_entry *e = index_at(ix, slot);

	table_remove(ix, &e->id);
	e->state = INDEX_FREE;
	e->link = ix->free_head;
	ix->free_head = slot;
	ix->n--;
}

/* The heap: binary, each entry knows its place. */

static int64_t
due_at(const struct index *ix, uint32_t place)
{
	return ix->pool[ix->heap[place]].due_s;
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
	int64_t due_s = ix->pool[slot].due_s;

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
	int64_t due_s = ix->pool[slot].due_s;

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
		uint32_t cap = ix->cap_heap == 0 ? FIRST_CAP : ix->cap_heap * 2;
		uint32_t *heap = realloc(ix->heap, (size_t)cap * sizeof(*heap));

		if (heap == NULL)
			return false;
		ix->heap = heap;
		ix->cap_heap = cap;
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

void
index_list_init(struct index_list *list)
{
	*list = (struct index_list){.head = INDEX_NONE, .tail = INDEX_NONE};
}

void
index_list_append(struct index *ix, struct index_list *list, uint32_t slot)
{
	index_at(ix, slot)->link = INDEX_NONE;
	if (list->tail == INDEX_NONE)
		list->head = slot;
	else
		index_at(ix, list->tail)->link = slot;
	list->tail = slot;
	list->n++;
}

void
index_list_prepend(struct index *ix, struct index_list *list, uint32_t slot)
{
	index_at(ix, slot)->link = list->head;
	list->head = slot;
	if (list->tail == INDEX_NONE)
		list->tail = slot;
	list->n++;
}

uint32_t
index_list_take(struct index *ix, struct index_list *list)
{
	uint32_t slot = list->head;

	if (slot == INDEX_NONE)
		return INDEX_NONE;
	list->head = index_at(ix, slot)->link;
	if (list->head == INDEX_NONE)
		list->tail = INDEX_NONE;
	list->n--;
	return slot;
}
