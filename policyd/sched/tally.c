/* SPDX-License-Identifier: ISC */
#include "policyd/sched/tally.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_FIRST = 64 /* a power of two */ };

void
tally_init(struct tally *t)
{
	memset(t, 0, sizeof(*t));
}

void
tally_free(struct tally *t)
{
	free(t->table);
	tally_init(t);
}

/* The place of the number, or the free one that it would have. */
static struct tally_place *
seek(const struct tally *t, uint64_t number)
{
	uint32_t at = (uint32_t)number & t->mask;

	while (t->table[at].n != 0 && t->table[at].number != number)
		at = (at + 1) & t->mask;
	return &t->table[at];
}

static bool
grow(struct tally *t)
{
	uint32_t n_old = t->table == NULL ? 0 : t->mask + 1;
	uint32_t size = n_old == 0 ? TABLE_FIRST : n_old * 2;
	struct tally_place *old = t->table;
	struct tally_place *table;

	if (size <= n_old)
		return false;
	table = calloc(size, sizeof(*table));
	if (table == NULL)
		return false;
	t->table = table;
	t->mask = size - 1;
	for (uint32_t i = 0; i < n_old; i++)
		if (old[i].n != 0)
			*seek(t, old[i].number) = old[i];
	free(old);
	return true;
}

/* At most two thirds of the table are in use. */
static bool
has_room(const struct tally *t)
{
	return t->table != NULL && t->used < (t->mask + 1) / 3 * 2;
}

bool
tally_add(struct tally *t, uint64_t number)
{
	struct tally_place *place;

	if (!has_room(t) && !grow(t))
		return false;
	place = seek(t, number);
	if (place->n == 0)
		t->used++;
	place->number = number;
	place->n++;
	t->total++;
	return true;
}

/* Frees a place; what stands behind it moves up where it may. */
static void
clear_place(struct tally *t, uint32_t hole)
{
	uint32_t at = hole;

	t->table[hole].n = 0;
	for (;;) {
		uint32_t home;

		at = (at + 1) & t->mask;
		if (t->table[at].n == 0)
			return;
		home = (uint32_t)t->table[at].number & t->mask;
		if (((at - home) & t->mask) < ((at - hole) & t->mask))
			continue;
		t->table[hole] = t->table[at];
		t->table[at].n = 0;
		hole = at;
	}
}

void
tally_drop(struct tally *t, uint64_t number)
{
	struct tally_place *place;

	assert(t->table != NULL);
	place = seek(t, number);
	assert(place->n > 0);
	t->total--;
	if (--place->n > 0)
		return;
	t->used--;
	clear_place(t, (uint32_t)(place - t->table));
}

uint64_t
tally_count(const struct tally *t, uint64_t number)
{
	return t->table == NULL ? 0 : seek(t, number)->n;
}

uint64_t
tally_total(const struct tally *t)
{
	return t->total;
}
