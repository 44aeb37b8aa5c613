/* SPDX-License-Identifier: ISC */
#include "policyd/sched/override.h"

#include <stdlib.h>
#include <string.h>

enum {
	TABLE_FIRST = 64, /* places; a power of two */
	MISSED_MAX = 2, /* walks in a row */
};

void
overrides_init(struct overrides *o)
{
	memset(o, 0, sizeof(*o));
}

void
overrides_free(struct overrides *o)
{
	free(o->table);
	overrides_init(o);
}

/* No queue id is all zeros. */
static bool
is_free(const struct override *place)
{
	return place->id.word[0] == 0;
}

static uint32_t
places(const struct overrides *o)
{
	return o->table == NULL ? 0 : o->mask + 1;
}

bool
overrides_copy(struct overrides *to, const struct overrides *from)
{
	uint32_t size = places(from);
	struct override *table = NULL;

	if (size > 0) {
		table = malloc(size * sizeof(*table));
		if (table == NULL)
			return false;
		memcpy(table, from->table, size * sizeof(*table));
	}
	free(to->table);
	*to = *from;
	to->table = table;
	return true;
}

/* The place of the id, or the free one that it would have. */
static struct override *
seek(const struct overrides *o, const struct qid *id)
{
	uint32_t at = qid_hash(id) & o->mask;

	while (!is_free(&o->table[at]) && !qid_equal(&o->table[at].id, id))
		at = (at + 1) & o->mask;
	return &o->table[at];
}

static bool
grow(struct overrides *o)
{
	uint32_t n_old = places(o);
	uint32_t size = n_old == 0 ? TABLE_FIRST : n_old * 2;
	struct override *old = o->table;
	struct override *table = calloc(size, sizeof(*table));

	if (table == NULL)
		return false;
	o->table = table;
	o->mask = size - 1;
	for (uint32_t i = 0; i < n_old; i++)
		if (!is_free(&old[i]))
			*seek(o, &old[i].id) = old[i];
	free(old);
	return true;
}

/* At most two thirds of the table are in use. */
static bool
has_room(const struct overrides *o)
{
	return o->n < places(o) / 3 * 2;
}

bool
overrides_set(struct overrides *o, const struct override *override)
{
	struct override *place = NULL;

	if (o->table != NULL)
		place = seek(o, &override->id);
	if (place == NULL || is_free(place)) {
		if (o->n == OVERRIDES_MAX || (!has_room(o) && !grow(o)))
			return false;
		place = seek(o, &override->id);
		o->n++;
	}
	*place = *override;
	place->seen = true;
	place->missed = 0;
	if (place->due_s < 0)
		place->due_s = 0;
	return true;
}

struct override *
overrides_find(
    const struct overrides *o, const struct qid *id, int64_t arrival_s)
{
	struct override *place;

	if (o->table == NULL)
		return NULL;
	place = seek(o, id);
	if (is_free(place) || place->arrival_s != arrival_s)
		return NULL;
	return place;
}

/* Frees a place; what stands behind it moves up where it may. */
static void
clear_place(struct overrides *o, uint32_t hole)
{
	uint32_t at = hole;

	o->n--;
	for (;;) {
		uint32_t home;

		memset(&o->table[hole], 0, sizeof(o->table[hole]));
		do {
			at = (at + 1) & o->mask;
			if (is_free(&o->table[at]))
				return;
			home = qid_hash(&o->table[at].id) & o->mask;
		} while (((at - home) & o->mask) < ((at - hole) & o->mask));
		o->table[hole] = o->table[at];
		hole = at;
	}
}

bool
overrides_follow(struct overrides *o, const struct qid *former,
    int64_t arrival_s, const struct qid *id)
{
	struct override *old = overrides_find(o, former, arrival_s);
	struct override moved;

	if (old == NULL)
		return false;
	moved = *old;
	moved.id = *id;
	clear_place(o, (uint32_t)(old - o->table));
	overrides_set(o, &moved); /* into the room that it had */
	o->changed = true;
	return true;
}

void
overrides_listed(struct overrides *o, const struct qid *id, int64_t arrival_s)
{
	struct override *place = overrides_find(o, id, arrival_s);

	if (place != NULL)
		place->seen = true;
}

static void
count_walk(struct override *place)
{
	place->missed = place->seen ? 0 : (uint8_t)(place->missed + 1);
	place->seen = false;
}

/* Of many that are gone, no walk and no copy need look at the places. */
static void
drop_empty_table(struct overrides *o)
{
	if (o->n > 0)
		return;
	free(o->table);
	o->table = NULL;
	o->mask = 0;
}

/* What moves into a place that was cleared is looked at, too. */
void
overrides_end_walk(struct overrides *o)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < places(o); i++)
		if (!is_free(&o->table[i]))
			count_walk(&o->table[i]);
	while (at < places(o)) {
		if (o->table[at].missed < MISSED_MAX) {
			at++;
			continue;
		}
		clear_place(o, at);
		o->changed = true;
	}
	drop_empty_table(o);
}
