/* SPDX-License-Identifier: ISC */
/*
 * index - the messages we know, by queue id and by due time
 *
 * A hash table of queue ids and a heap of due times over one pool of entries.
 * Entries are named by slot; a pointer is valid until the next index_add().
 * No I/O, no clock.
 */
#ifndef SCHED_INDEX_H
#define SCHED_INDEX_H

#include <assert.h>

#include "policyd/sched/qid.h"

#define INDEX_NONE UINT32_MAX

/*
 * 48 bytes, since there may be a million. Of the times and the size the low 32
 * bits are enough to tell messages apart, and to tell their age.
 */
struct index_entry {
	uint32_t id[3]; /* see index_id() */
	unsigned id_last : 24;
	unsigned seen : 8;
	uint32_t arrival_s;
	uint32_t created_s;
	uint32_t size;
	uint32_t link; /* place in the heap, or next in a list */
	uint32_t rule; /* hash of the name of the one it waits for */
	uint32_t submitter; /* hash of whose it is */
	uint32_t due_low_s; /* see index_due_s() */
	unsigned due_high_s : 8;
	unsigned flags : 16; /* its owner's business, as the next two */
	unsigned state : 4;
	unsigned attempts : 4;
};

#define INDEX_DUE_MAX ((INT64_C(1) << 40) - 1)

/* When it is due; what is set is brought into 0 .. INDEX_DUE_MAX. */

static inline int64_t
index_due_s(const struct index_entry *e)
{
	return (int64_t)e->due_high_s << 32 | e->due_low_s;
}

static inline void
index_set_due_s(struct index_entry *e, int64_t due_s)
{
	if (due_s < 0)
		due_s = 0;
	if (due_s > INDEX_DUE_MAX)
		due_s = INDEX_DUE_MAX;
	e->due_low_s = (uint32_t)due_s;
	e->due_high_s = (uint8_t)(due_s >> 32);
}

/* A first-in first-out list of slots, linked through the entries. */
struct index_list {
	uint32_t head;
	uint32_t tail;
	uint32_t n;
};

/*
 * The hash table is one of many small ones, of which each grows by itself:
 * that takes no time worth mention, however many entries there are.
 */
enum { INDEX_SHARDS = 256 };

struct index_shard {
	uint32_t *table; /* slot + 1, or 0 */
	uint32_t mask;
	uint32_t n;
};

/* Queue ids that have no room in an entry, of more than 20 characters. */
struct index_long {
	struct qid *id;
	uint32_t n; /* places ever used */
	uint32_t cap;
	uint32_t free; /* the first of a list, linked through the ids */
};

struct index {
	struct index_entry *pool;
	uint32_t n_pool; /* slots ever used */
	uint32_t cap_pool;
	uint32_t free_head;
	struct index_long longs;
	struct index_shard shard[INDEX_SHARDS];
	uint32_t n;
	uint32_t *heap; /* slots; the least due_s on top */
	uint32_t n_heap;
	uint32_t cap_heap;
};

/* A state that no live entry has: the slot is free. */
enum { INDEX_FREE = 0 };

void index_init(struct index *ix);
void index_free(struct index *ix);

/* How many entries there are. */
uint32_t index_count(const struct index *ix);

/* The slot of id, or INDEX_NONE. */
uint32_t index_find(const struct index *ix, const struct qid *id);

/*
 * index_find() is going to be asked for it: has the processor fetch the one
 * place in memory that takes, and later the other, so that it waits for those
 * of many ids at the same time. Nothing is changed, and none of it is needed.
 */
void index_foresee_place(const struct index *ix, const struct qid *id);
void index_foresee_entry(const struct index *ix, const struct qid *id);

/*
 * A new entry for an id that is not there; all but its id is zero, and its
 * state must be set to something but INDEX_FREE. INDEX_NONE: no memory.
 */
uint32_t index_add(struct index *ix, const struct qid *id);

/* Forgets the entry, which must be in no heap and no list. */
void index_remove(struct index *ix, uint32_t slot);

static inline struct index_entry *
index_at(const struct index *ix, uint32_t slot)
{
	assert(slot < ix->n_pool);
	return &ix->pool[slot];
}

struct qid index_id(const struct index *ix, const struct index_entry *e);

/* All slots ever used are 0 .. index_slots() - 1; some may be free. */
uint32_t index_slots(const struct index *ix);

/* Puts the entry into the heap by its due_s. False: no memory. */
bool index_heap_push(struct index *ix, uint32_t slot);

/* Takes the entry out of the heap, wherever it is in it. */
void index_heap_remove(struct index *ix, uint32_t slot);

/* The entry that is due first, or INDEX_NONE. */
uint32_t index_heap_top(const struct index *ix);

/*
 * The entries that are due first, in order, at most max of them; how many. The
 * heap stays as it is.
 */
enum { INDEX_FIRST_MAX = 64 };
uint32_t index_heap_first(
    const struct index *ix, uint32_t slots[], uint32_t max);

/*
 * An array of twice the places, at least some; *cap is how many. NULL, and the
 * old one stays: no memory. For the files of index.
 */
void *index_grow(void *array, uint32_t *cap, size_t size);

void index_list_init(struct index_list *list);
void index_list_append(
    struct index *ix, struct index_list *list, uint32_t slot);
void index_list_prepend(
    struct index *ix, struct index_list *list, uint32_t slot);

/* Takes the first one, or INDEX_NONE. */
uint32_t index_list_take(struct index *ix, struct index_list *list);

#endif
