/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/hash.h"

enum {
	WORD_BYTES = 8,
	ROUNDS = 2, /* for each word of the text */
	FINAL_ROUNDS = 4,
};

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
stir(struct state *s, int rounds)
{
	for (; rounds > 0; rounds--) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

static inline void
take_word(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	stir(s, ROUNDS);
	s->v0 ^= word;
}

static inline uint64_t
byte_at(const char *bytes, unsigned i)
{
	return (uint64_t)(unsigned char)bytes[i] << (8 * i);
}

/* The lowest byte first; written so that compilers make it one load. */
static inline uint64_t
whole_word(const char *b)
{
	return byte_at(b, 0) | byte_at(b, 1) | byte_at(b, 2) | byte_at(b, 3) |
	    byte_at(b, 4) | byte_at(b, 5) | byte_at(b, 6) | byte_at(b, 7);
}

/* What is left, less than a word, and the length in the highest byte. */
static inline uint64_t
last_word(struct span rest, uint64_t len)
{
	uint64_t word = len << 56;

	for (unsigned i = 0; i < rest.len; i++)
		word |= byte_at(rest.data, i);
	return word;
}

uint64_t
hash_bytes(const struct hash_key *key, struct span bytes)
{
	struct state s = {
	    key->k[0] ^ 0x736f6d6570736575,
	    key->k[1] ^ 0x646f72616e646f6d,
	    key->k[0] ^ 0x6c7967656e657261,
	    key->k[1] ^ 0x7465646279746573,
	};
	uint64_t len = bytes.len;

	while (bytes.len >= WORD_BYTES) {
		take_word(&s, whole_word(bytes.data));
		bytes = span_skip(bytes, WORD_BYTES);
	}
	take_word(&s, last_word(bytes, len));
	s.v2 ^= 0xff;
	stir(&s, FINAL_ROUNDS);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
