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

#include "policyd/sched/qid.h"

#define INDEX_NONE UINT32_MAX

struct index_entry {
	struct qid id;
	int64_t due_s;
	uint64_t submitter; /* whose it is */
	uint32_t arrival_s; /* modulo 2^32; with size it tells messages apart */
	uint32_t created_s; /* modulo 2^32 */
	uint32_t size; /* modulo 2^32 */
	uint32_t link; /* place in the heap, or next in a list */
	uint32_t rule; /* hash of the name of the one it waits for */
	uint16_t flags; /* its owner's business from here on */
	uint8_t state;
	uint8_t seen;
	uint8_t attempts;
};

/* A first-in first-out list of slots, linked through the entries. */
struct index_list {
	uint32_t head;
	uint32_t tail;
	uint32_t n;
};

struct index {
	struct index_entry *pool;
	uint32_t n_pool; /* slots ever used */
	uint32_t cap_pool;
	uint32_t free_head;
	uint32_t *table; /* slot + 1, or 0 */
	uint32_t table_mask;
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
 * A new entry for an id that is not there; all but its id is zero, and its
 * state must be set to something but INDEX_FREE. INDEX_NONE: no memory.
 */
uint32_t index_add(struct index *ix, const struct qid *id);

/* Forgets the entry, which must be in no heap and no list. */
void index_remove(struct index *ix, uint32_t slot);

struct index_entry *index_at(const struct index *ix, uint32_t slot);

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

void index_list_init(struct index_list *list);
void index_list_append(
    struct index *ix, struct index_list *list, uint32_t slot);
void index_list_prepend(
    struct index *ix, struct index_list *list, uint32_t slot);

/* Takes the first one, or INDEX_NONE. */
uint32_t index_list_take(struct index *ix, struct index_list *list);

#endif
