/* SPDX-License-Identifier: ISC */
/*
 * hash - of bytes that strangers may choose: SipHash-2-4
 *
 * Whoever does not know the key cannot make two texts share a hash. Pure.
 * Source: Aumasson and Bernstein, SipHash: a fast short-input PRF (2012).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "hdrcheck/base/span.h"

struct hash_key {
	uint64_t k[2]; /* os_random() makes a good one */
};

uint64_t hash_bytes(const struct hash_key *key, struct span bytes);

#endif
