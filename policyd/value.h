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
	VALUE_NUMBER_SIZE = 24, /* bytes of a number of our own */
	/* bytes: each text may be copied as an address and as a string */
	VALUES_ROOM = 2 * ATTR_REQUEST_MAX + VALUES_MAX,
};

/* A text under which a set may know the value. */
struct value_key {
	uint64_t hash;
	struct span text;
};

/*
 * Of a mail address, folded, the domains that a pattern may have: of
 * "ann@mail.example.org" they are "org", "example.org" and, all of it,
 * "mail.example.org". The domain is what stands behind the last "@".
 */
struct value_domains {
	struct value_key key[VALUE_LABELS_MAX]; /* the shortest first */
	size_t n;
	bool all; /* key[n - 1] is the whole domain */
};

struct value {
	struct span folded; /* as a mail address */
	struct value_key whole; /* of folded */
	struct value_domains domains;
	const char *string; /* with a NUL */
	uint64_t hash; /* of the text */
	bool is_number;
	uint64_t number;
	bool is_address;
	struct cidr address;
};

struct values {
	const struct hash_key *hash_key; /* borrowed */
	size_t n; /* places */
	struct span text[VALUES_MAX]; /* borrowed from the request */
	unsigned char made[VALUES_MAX]; /* what of value is */
	struct value value[VALUES_MAX];
	size_t used; /* bytes of room */
	char number[VALUES_MAX][VALUE_NUMBER_SIZE];
	char room[VALUES_ROOM]; /* copies */
};

/* A new request of n places; what was there is forgotten. */
void values_begin(
    struct values *values, const struct hash_key *hash_key, size_t n);

/*
 * Empty is the same as absent. All texts of a request together: at most
 * ATTR_REQUEST_MAX bytes, without a NUL.
 */
void values_set(struct values *values, unsigned place, struct span text);

/* A number of our own, as a text; once for each place at most. */
void values_set_number(struct values *values, unsigned place, uint64_t number);

static inline struct span
values_text(const struct values *values, unsigned place)
{
	return values->text[place];
}

/* As a mail address: all of it, and its domains. */
const struct value_key *values_whole(struct values *values, unsigned place);
const struct value_domains *values_domains(
    struct values *values, unsigned place);

/* The text with a NUL behind it, and its hash. */
const char *values_string(struct values *values, unsigned place);
uint64_t values_hash(struct values *values, unsigned place);

/* False when the text is no decimal number, or one above 2^64 - 1. */
bool values_number(struct values *values, unsigned place, uint64_t *number);

/* NULL when the text is no IP address. */
const struct cidr *values_address(struct values *values, unsigned place);

/*
 * Copies a mail address, or what stands behind its "@", to out, which has room
 * for as many bytes, in the form that is compared: in lower case, without a
 * dot at the end, as Postfix takes it off, unless a dot or "@" is before that.
 */
struct span value_fold(struct span address, char *out);

/* How long it is then. */
size_t value_folded_len(struct span address);

#endif
