/* SPDX-License-Identifier: ISC */
/*
 * keyset - a set of texts that is asked, not walked
 *
 * A hash table that copies what it holds. No I/O.
 */
#ifndef POLICYD_KEYSET_H
#define POLICYD_KEYSET_H

#include "hdrcheck/base/hash.h"

struct keyset_place;

struct keyset {
	struct keyset_place *table; /* NULL while the set is empty */
	size_t mask; /* places of the table, a power of two, less one */
	size_t n;
	uint64_t marks; /* keyset_mark() of all texts */
	char *bytes; /* of all texts */
	size_t n_bytes;
	size_t cap_bytes;
};

void keyset_init(struct keyset *set);

/* Gives the memory back; the set is empty and usable afterwards. */
void keyset_free(struct keyset *set);

/*
 * Adds a text; one that is there already is not added again. hash is its
 * hash_bytes(), under the same key for all calls. False: no memory, or the set
 * would pass 4 GiB; it is unchanged then.
 */
bool keyset_add(struct keyset *set, uint64_t hash, struct span text);

/* For keyset_has(): the same, of a set that is not empty. */
bool keyset_find(const struct keyset *set, uint64_t hash, struct span text);

/*
 * One bit, by which most texts are told apart at a glance: of the length and of
 * two bytes. Two texts that differ in the case of ASCII letters have the same.
 */
static inline uint64_t
keyset_mark(struct span text)
{
	size_t place = text.len * 11;

	if (text.len > 0)
		place += (size_t)(text.data[0] | 0x20) * 5 +
		    (size_t)(text.data[text.len / 2] | 0x20);
	return (uint64_t)1 << (place % 64);
}

/* Most sets are small, and most texts are not in them: that costs nothing. */
static inline bool
keyset_has(const struct keyset *set, uint64_t hash, struct span text)
{
	return (set->marks & keyset_mark(text)) != 0 &&
	    keyset_find(set, hash, text);
}

#endif
