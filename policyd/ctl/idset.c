/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/idset.h"

#include <stdlib.h>

enum { PLACES_MIN = 64 };

void
idset_init(struct idset *s)
{
	memset(s, 0, sizeof(*s));
}

void
idset_free(struct idset *s)
{
	free(s->entry);
	free(s->table);
	idset_init(s);
}

/* The place of the id in the table, or the free one where it belongs. */
static size_t
find_place(const struct idset *s, const struct qid *id)
{
	size_t place = qid_hash(id) & s->mask;

	while (s->table[place] != 0 &&
	    !qid_equal(&s->entry[s->table[place] - 1].id, id))
		place = (place + 1) & s->mask;
	return place;
}

/* Half of the places stay free. */
static bool
grow(struct idset *s)
{
	size_t places = s->mask > 0 ? (s->mask + 1) * 2 : PLACES_MIN;
	struct idset_entry *entry =
	    realloc(s->entry, places / 2 * sizeof(*entry));
	uint32_t *table = calloc(places, sizeof(*table));

	if (entry != NULL)
		s->entry = entry;
	if (entry == NULL || table == NULL) {
		free(table);
		return false;
	}
	free(s->table);
	s->table = table;
	s->mask = places - 1;
	for (size_t i = 0; i < s->n; i++)
		table[find_place(s, &s->entry[i].id)] = (uint32_t)i + 1;
	return true;
}

bool
idset_add(struct idset *s, const struct qid *id, size_t max)
{
	size_t place;

	if ((s->mask == 0 || s->n == (s->mask + 1) / 2) && !grow(s))
		return false;
	place = find_place(s, id);
	if (s->table[place] != 0)
		return true;
	if (s->n == max)
		return false;
	s->entry[s->n] = (struct idset_entry){.id = *id};
	s->table[place] = (uint32_t)++s->n;
	return true;
}

bool
idset_meet(struct idset *s, const struct qid *id)
{
	size_t place;

	if (s->n == 0)
		return false;
	place = find_place(s, id);
	if (s->table[place] == 0)
		return false;
	s->entry[s->table[place] - 1].met = true;
	return true;
}

bool
idset_next_unmet(const struct idset *s, size_t *i, struct qid *id)
{
	while (*i < s->n) {
		const struct idset_entry *e = &s->entry[(*i)++];

		if (e->met)
			continue;
		*id = e->id;
		return true;
	}
	return false;
}
