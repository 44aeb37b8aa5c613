/* SPDX-License-Identifier: ISC */
#include "policyd/keyset.h"

#include <stdlib.h>
#include <string.h>

enum {
	PLACES_FIRST = 8,
	BYTES_FIRST = 32,
};

/* Offsets have 32 bits, so that a place has 16 bytes. */
struct keyset_place {
	uint64_t hash;
	uint32_t end; /* of the text in bytes, plus 1; 0: the place is free */
	uint32_t len;
};

void
keyset_init(struct keyset *set)
{
	*set = (struct keyset){0};
}

void
keyset_free(struct keyset *set)
{
	free(set->table);
	free(set->bytes);
	keyset_init(set);
}

static bool
holds(const struct keyset *set, const struct keyset_place *place, uint64_t hash,
    struct span text)
{
	return place->hash == hash && place->len == text.len &&
	    (text.len == 0 ||
		memcmp(set->bytes + place->end - 1 - text.len, text.data,
		    text.len) == 0);
}

/* The place of the text, or the free one where it would go. */
static struct keyset_place *
find(const struct keyset *set, uint64_t hash, struct span text)
{
	size_t i = (size_t)hash & set->mask;

	while (
	    set->table[i].end != 0 && !holds(set, &set->table[i], hash, text))
		i = (i + 1) & set->mask;
	return &set->table[i];
}

static void
refill(struct keyset *set, const struct keyset_place *old, size_t n_old)
{
	for (size_t j = 0; j < n_old; j++) {
		const struct keyset_place *p = &old[j];
		size_t i = (size_t)p->hash & set->mask;

		if (p->end == 0)
			continue;
		while (set->table[i].end != 0)
			i = (i + 1) & set->mask;
		set->table[i] = *p;
	}
}

/* One place in two stays free: a search ends soon, and ends. */
static bool
make_place(struct keyset *set)
{
	struct keyset_place *old = set->table;
	size_t n_old = old != NULL ? set->mask + 1 : 0;
	size_t n = n_old > 0 ? n_old * 2 : PLACES_FIRST;
	struct keyset_place *table;

	if ((set->n + 1) * 2 <= n_old)
		return true;
	table = calloc(n, sizeof(*table));
	if (table == NULL)
		return false;
	set->table = table;
	set->mask = n - 1;
	refill(set, old, n_old);
	free(old);
	return true;
}

static bool
make_room(struct keyset *set, size_t len)
{
	size_t cap = set->cap_bytes > 0 ? set->cap_bytes : BYTES_FIRST;
	char *bytes;

	if (len >= UINT32_MAX - set->n_bytes)
		return false;
	if (set->n_bytes + len <= set->cap_bytes)
		return true;
	while (cap < set->n_bytes + len)
		cap *= 2;
	bytes = realloc(set->bytes, cap);
	if (bytes == NULL)
		return false;
	set->bytes = bytes;
	set->cap_bytes = cap;
	return true;
}

bool
keyset_add(struct keyset *set, uint64_t hash, struct span text)
{
	struct keyset_place *place;

	if (keyset_has(set, hash, text))
		return true;
	if (!make_place(set) || !make_room(set, text.len))
		return false;
	place = find(set, hash, text);
	if (text.len > 0)
		memcpy(set->bytes + set->n_bytes, text.data, text.len);
	set->n_bytes += text.len;
	set->n++;
	set->marks |= keyset_mark(text);
	place->hash = hash;
	place->end = (uint32_t)set->n_bytes + 1;
	place->len = (uint32_t)text.len;
	return true;
}

bool
keyset_find(const struct keyset *set, uint64_t hash, struct span text)
{
	return find(set, hash, text)->end != 0;
}
