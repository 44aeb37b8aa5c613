/* SPDX-License-Identifier: ISC */
#include "policyd/sched/qid.h"

enum {
	BITS = 6, /* a character: 62 digits, and 0 behind the last one */
	WORD_BITS = 64,
};

static const char digits[] = "0123456789"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz";

/* 1 to 62, or 0 for what is no digit of an id. */
static uint64_t
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (uint64_t)(c - '0') + 1;
	if (c >= 'A' && c <= 'Z')
		return (uint64_t)(c - 'A') + 11;
	if (c >= 'a' && c <= 'z')
		return (uint64_t)(c - 'a') + 37;
	return 0;
}

/* The six bits of character i lie in one word, or across two. */

static void
put(struct qid *id, size_t i, uint64_t value)
{
	size_t word = i * BITS / WORD_BITS;
	size_t shift = i * BITS % WORD_BITS;

	id->word[word] |= value << shift;
	if (shift > WORD_BITS - BITS)
		id->word[word + 1] |= value >> (WORD_BITS - shift);
}

static uint64_t
get(const struct qid *id, size_t i)
{
	size_t word = i * BITS / WORD_BITS;
	size_t shift = i * BITS % WORD_BITS;
	uint64_t value = id->word[word] >> shift;

	if (shift > WORD_BITS - BITS)
		value |= id->word[word + 1] << (WORD_BITS - shift);
	return value & ((1u << BITS) - 1);
}

bool
qid_parse(struct span text, struct qid *id)
{
	struct qid out = {{0}};

	if (text.len < QID_MIN || text.len > QID_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint64_t value = digit_value(text.data[i]);

		if (value == 0)
			return false;
		put(&out, i, value);
	}
	*id = out;
	return true;
}

size_t
qid_format(const struct qid *id, char out[QID_SIZE])
{
	size_t n = 0;
	uint64_t value;

	while (n < QID_MAX && (value = get(id, n)) != 0)
		out[n++] = digits[value - 1];
	out[n] = '\0';
	return n;
}

bool
qid_equal(const struct qid *a, const struct qid *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] &&
	    a->word[2] == b->word[2];
}

uint32_t
qid_hash(const struct qid *id)
{
	uint64_t h = 0;

	for (size_t i = 0; i < QID_WORDS; i++) {
		h = (h ^ id->word[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return (uint32_t)h;
}
