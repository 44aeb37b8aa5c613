/* SPDX-License-Identifier: ISC */
/*
 * value - the attributes of one request, as conditions want to see them
 *
 * Each attribute that rules name has a place. What a kind of condition needs
 * (an address in lower case with the hashes of its domains, a number, ...) is
 * made when the first one asks, and kept for the others. Pure.
 */
#ifndef POLICYD_VALUE_H
#define POLICYD_VALUE_H

#include "hdrcheck/base/cidr.h"
#include "hdrcheck/base/hash.h"
#include "policyd/attr.h"

enum {
	VALUES_MAX = 64, /* different attributes that rules may name */
	VALUE_LABELS_MAX = 32, /* of a domain in a pattern */
	VALUE_DOMAIN_MAX = 255, /* bytes of a domain in a pattern */
	VALUE_KEYS_MAX = VALUE_LABELS_MAX + 2,
	VALUE_NUMBER_SIZE = 24, /* bytes of a number of our own */
};

/* A text under which a set of addresses may know this one. */
struct value_key {
	uint64_t hash;
	struct span text;
};

struct value {
	struct span text; /* borrowed from the request */
	unsigned made; /* which of the following are */
	struct value_key key[VALUE_KEYS_MAX];
	size_t n_keys;
	const char *string; /* with a NUL */
	uint64_t hash; /* of the text */
	bool is_number;
	uint64_t number;
	bool is_address;
	struct cidr address; /* of a host: all bits */
};

struct values {
	const struct hash_key *hash_key; /* borrowed */
	struct value value[VALUES_MAX];
	size_t used; /* bytes of room */
	char number[VALUES_MAX][VALUE_NUMBER_SIZE];
	char room[ATTR_REQUEST_MAX + VALUES_MAX]; /* copies */
};

/* A new request; what was there is forgotten. */
void values_begin(struct values *values, const struct hash_key *hash_key);

/* Empty is the same as absent. All texts together: ATTR_REQUEST_MAX bytes. */
void values_set(struct values *values, unsigned place, struct span text);

/* A number of our own, as a text; once for each place at most. */
void values_set_number(
    struct values *values, unsigned place, uint64_t number);

struct span values_text(const struct values *values, unsigned place);

/*
 * Of a mail address "ann@mail.example.org": itself, "@mail.example.org",
 * "@.mail.example.org", "@.example.org" and "@.org", all in lower case: the
 * shorter ones first cut off where a domain has more labels or bytes than a
 * pattern may have. *n of them, at most VALUE_KEYS_MAX.
 */
const struct value_key *values_keys(
    struct values *values, unsigned place, size_t *n);

/* The text with a NUL behind it, and its hash. */
const char *values_string(struct values *values, unsigned place);
uint64_t values_hash(struct values *values, unsigned place);

/* False when the text is no decimal number. */
bool values_number(struct values *values, unsigned place, uint64_t *number);

/* NULL when the text is no IP address. */
const struct cidr *values_address(struct values *values, unsigned place);

#endif
