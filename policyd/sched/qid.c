/* SPDX-License-Identifier: ISC */
#include "policyd/sched/qid.h"

#include <limits.h>

enum {
	BITS = 6, /* a character: 62 digits, and 0 behind the last one */
	WORD_BITS = 64,
};

static const char digits[] = "0123456789"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz";

/*
 * 1 to 62, or 0 for what is no digit of an id; by a table, as nobody can guess
 * which kind of digit comes next, the processor neither.
 */
/* clang-format off */
static const unsigned char values[UCHAR_MAX + 1] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['A'] = 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
	24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
	['a'] = 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
	50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
};
/* clang-format on */

/* The six bits of character i lie in one word, or across two. */
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

size_t
qid_read(struct span text, struct qid *id)
{
	const unsigned char *from = (const unsigned char *)text.data;
	const unsigned char *at = from;
	const unsigned char *end =
	    at + (text.len < QID_MAX ? text.len : QID_MAX);
	struct qid out = {{0}};
	size_t words = 0;
	uint64_t word = 0, value;
	unsigned used = 0; /* bits of it; the last word is full at the end */

	while (at < end && (value = values[*at]) != 0) {
		at++;
		word |= value << used;
		used += BITS;
		if (used > WORD_BITS) {
			used -= WORD_BITS;
			out.word[words++] = word;
			word = value >> (BITS - used);
		}
	}
	if (at - from < QID_MIN)
		return 0;
	out.word[words] = word;
	*id = out;
	return (size_t)(at - from);
}

bool
qid_parse(struct span text, struct qid *id)
{
	struct qid out;

	if (text.len < QID_MIN || qid_read(text, &out) != text.len)
		return false;
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
