/* SPDX-License-Identifier: ISC */
#include "policyd/sched/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_CAP = 64,
	TABLE_FIRST = 16, /* places of a shard; a power of two */
	SHARD_SHIFT = 24, /* the hash's other bits are for the place */
	WORD_BITS = 32,
	LAST_BITS = 24, /* of a short id's second word, behind the first 32 */
	FORESEE_PROBES = 2, /* nearly always it is one of the first so many */
};

void
index_init(struct index *ix)
{
	memset(ix, 0, sizeof(*ix));
	ix->free_head = INDEX_NONE;
	ix->longs.free = INDEX_NONE;
}

void
index_free(struct index *ix)
{
	free(ix->pool);
	free(ix->longs.id);
	for (int i = 0; i < INDEX_SHARDS; i++)
		free(ix->shard[i].table);
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

void *
index_grow(void *array, uint32_t *cap, size_t size)
{
	uint32_t twice = *cap == 0 ? FIRST_CAP : *cap * 2;
	void *grown = twice > *cap ? realloc(array, twice * size) : NULL;

	if (grown != NULL)
		*cap = twice;
	return grown;
}

/*
 * Queue ids. A short one is there itself, of 120 bits; of a long one its place
 * in longs, behind a 0, with which no id begins.
 */

static bool
is_short(const struct qid *id)
{
	return id->word[1] >> (WORD_BITS + LAST_BITS) == 0 && id->word[2] == 0;
}

static bool
has_long_id(const struct index_entry *e)
{
	return e->id[0] == 0;
}

static bool
put_long_id(struct index *ix, struct index_entry *e, const struct qid *id)
{
	struct index_long *longs = &ix->longs;
	uint32_t place = longs->free;

	if (place != INDEX_NONE) {
		longs->free = (uint32_t)longs->id[place].word[0];
	} else {
		if (longs->n == longs->cap) {
			struct qid *grown =
			    index_grow(longs->id, &longs->cap, sizeof(*grown));

			if (grown == NULL)
				return false;
			longs->id = grown;
		}
		place = longs->n++;
	}
	longs->id[place] = *id;
	e->id[1] = place;
	return true;
}

/* The entry is all zero. False: no memory. */
static bool
put_id(struct index *ix, struct index_entry *e, const struct qid *id)
{
	if (!is_short(id))
		return put_long_id(ix, e, id);
	e->id[0] = (uint32_t)id->word[0];
	e->id[1] = (uint32_t)(id->word[0] >> WORD_BITS);
	e->id[2] = (uint32_t)id->word[1];
	e->id_last =
	    (uint32_t)(id->word[1] >> WORD_BITS) & ((1u << LAST_BITS) - 1);
	return true;
}

static void
drop_id(struct index *ix, const struct index_entry *e)
{
	struct index_long *longs = &ix->longs;

	if (!has_long_id(e))
		return;
	longs->id[e->id[1]].word[0] = longs->free;
	longs->free = e->id[1];
}

struct qid
index_id(const struct index *ix, const struct index_entry *e)
{
	if (has_long_id(e))
		return ix->longs.id[e->id[1]];
	return (struct qid){{(uint64_t)e->id[1] << WORD_BITS | e->id[0],
	    (uint64_t)e->id_last << WORD_BITS | e->id[2], 0}};
}

/* index_id() of it is that one. */
static bool
has_id(
    const struct index *ix, const struct index_entry *e, const struct qid *id)
{
	if (has_long_id(e))
		return qid_equal(&ix->longs.id[e->id[1]], id);
	return id->word[0] == ((uint64_t)e->id[1] << WORD_BITS | e->id[0]) &&
	    id->word[1] == ((uint64_t)e->id_last << WORD_BITS | e->id[2]) &&
	    id->word[2] == 0;
}

/* The hash table: linear probing, and removal without tombstones. */

static uint32_t
hash_of(const struct index *ix, uint32_t slot)
{
	struct qid id = index_id(ix, &ix->pool[slot]);

	return qid_hash(&id);
}

static struct index_shard *
shard_of(struct index *ix, uint32_t hash)
{
	return &ix->shard[hash >> SHARD_SHIFT];
}

static void
table_put(struct index_shard *s, uint32_t hash, uint32_t slot)
{
	uint32_t at = hash & s->mask;

	while (s->table[at] != 0)
		at = (at + 1) & s->mask;
	s->table[at] = slot + 1;
}

static bool
table_grow(const struct index *ix, struct index_shard *s)
{
	uint32_t *old = s->table;
	uint32_t n_old = old == NULL ? 0 : s->mask + 1;
	uint32_t size = old == NULL ? TABLE_FIRST : n_old * 2;
	uint32_t *table = calloc(size, sizeof(*table));

	if (table == NULL)
		return false;
	s->table = table;
	s->mask = size - 1;
	for (uint32_t i = 0; i < n_old; i++)
		if (old[i] != 0)
			table_put(s, hash_of(ix, old[i] - 1), old[i] - 1);
	free(old);
	return true;
}

/*
 * Between a half and two thirds of the table are in use at most: each shard
 * has a limit of its own, so that they do not grow all at the same time.
 */
static bool
has_room(const struct index *ix, const struct index_shard *s)
{
	uint32_t number = (uint32_t)(s - ix->shard);
	uint32_t size = s->mask + 1;

	return s->table != NULL &&
	    s->n < size / 2 + size / 6 * number / INDEX_SHARDS;
}

static void
table_remove(struct index *ix, uint32_t slot)
{
	uint32_t hash = hash_of(ix, slot);
	struct index_shard *s = shard_of(ix, hash);
	uint32_t hole = hash & s->mask;
	uint32_t at;

	while (s->table[hole] != slot + 1) {
		assert(s->table[hole] != 0);
		hole = (hole + 1) & s->mask;
	}
	s->table[hole] = 0;
	s->n--;
	at = hole;
	for (;;) {
		uint32_t home;

		at = (at + 1) & s->mask;
		if (s->table[at] == 0)
			return;
		home = hash_of(ix, s->table[at] - 1) & s->mask;
		/* May it move back to the hole without passing its home? */
		if (((at - home) & s->mask) >= ((at - hole) & s->mask)) {
			s->table[hole] = s->table[at];
			s->table[at] = 0;
			hole = at;
		}
	}
}

static inline void
fetch(const void *place)
{
	__builtin_prefetch(place);
}

void
index_foresee_place(const struct index *ix, const struct qid *id)
{
	uint32_t hash = qid_hash(id);
	const struct index_shard *s = &ix->shard[hash >> SHARD_SHIFT];

	if (s->table != NULL)
		fetch(&s->table[hash & s->mask]);
}

/* An entry may lie across two lines of the cache. */
static void
fetch_entry(const struct index *ix, uint32_t slot)
{
	const struct index_entry *e = &ix->pool[slot];

	fetch(e);
	fetch((const char *)(e + 1) - 1);
}

void
index_foresee_entry(const struct index *ix, const struct qid *id)
{
	uint32_t hash = qid_hash(id);
	const struct index_shard *s = &ix->shard[hash >> SHARD_SHIFT];
	uint32_t at = hash & s->mask;

	if (s->table == NULL)
		return;
	for (int i = 0; i < FORESEE_PROBES && s->table[at] != 0; i++) {
		fetch_entry(ix, s->table[at] - 1);
		at = (at + 1) & s->mask;
	}
}

uint32_t
index_find(const struct index *ix, const struct qid *id)
{
	uint32_t hash = qid_hash(id);
	const struct index_shard *s = &ix->shard[hash >> SHARD_SHIFT];
	uint32_t at = hash & s->mask;

	if (s->table == NULL)
		return INDEX_NONE;
	for (; s->table[at] != 0; at = (at + 1) & s->mask) {
		uint32_t slot = s->table[at] - 1;

		if (has_id(ix, &ix->pool[slot], id))
			return slot;
	}
	return INDEX_NONE;
}

/* The slot of a new entry, all zero. */
static uint32_t
take_slot(struct index *ix)
{
	uint32_t slot = ix->free_head;

	if (slot != INDEX_NONE) {
		ix->free_head = ix->pool[slot].link;
	} else {
		if (ix->n_pool == ix->cap_pool) {
			struct index_entry *grown =
			    index_grow(ix->pool, &ix->cap_pool, sizeof(*grown));

			if (grown == NULL)
				return INDEX_NONE;
			ix->pool = grown;
		}
		slot = ix->n_pool++;
	}
	memset(&ix->pool[slot], 0, sizeof(ix->pool[slot]));
	return slot;
}

static void
give_back(struct index *ix, uint32_t slot)
{
	ix->pool[slot].state = INDEX_FREE;
	ix->pool[slot].link = ix->free_head;
	ix->free_head = slot;
}

uint32_t
index_add(struct index *ix, const struct qid *id)
{
	uint32_t hash = qid_hash(id);
	struct index_shard *s = shard_of(ix, hash);
	uint32_t slot;

	if (!has_room(ix, s) && !table_grow(ix, s))
		return INDEX_NONE;
	slot = take_slot(ix);
	if (slot == INDEX_NONE)
		return INDEX_NONE;
	if (!put_id(ix, &ix->pool[slot], id)) {
		give_back(ix, slot);
		return INDEX_NONE;
	}
	table_put(s, hash, slot);
	s->n++;
	ix->n++;
	return slot;
}

void
index_remove(struct index *ix, uint32_t slot)
{
	table_remove(ix, slot);
	drop_id(ix, index_at(ix, slot));
	give_back(ix, slot);
	ix->n--;
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
