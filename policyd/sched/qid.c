/* SPDX-License-Identifier: ISC */
#include "policyd/sched/qid.h"

#include "policyd/sched/eight.h"

enum {
	BITS = 6, /* a character: 62 digits, and 0 behind the last one */
	WORD_BITS = 64,
	CASE_BIT = 0x20, /* of a letter */
};

static const char digits[] = "0123456789"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz";

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

/* Of eight bytes the six bits that count, without the gaps between them. */
static inline uint64_t
close_gaps(uint64_t v)
{
	v = (v & 0x003f003f003f003f) | (v & 0x3f003f003f003f00) >> 2;
	v = (v & 0x00000fff00000fff) | (v & 0x0fff00000fff0000) >> 4;
	return (v & 0xffffff) | v >> 32 << 24;
}

/*
 * The digits at the front of these, six bits each, and 0 behind the last one;
 * *n: how many. A byte that is no digit may spoil those behind it, which do not
 * count.
 */
static inline uint64_t
read_eight(uint64_t text, size_t *n)
{
	uint64_t ascii = text & ~EIGHT_MARKS;
	uint64_t letters = eight_between(ascii | EIGHT_OF(CASE_BIT), 'a', 'z');
	uint64_t lower = letters & ascii << 2; /* where CASE_BIT is set */
	uint64_t known = eight_between(ascii, '0', '9') | letters;
	uint64_t values = ascii - EIGHT_OF('0' - 1) -
	    (letters >> 7) * ('A' - '0' - 10) - (lower >> 7) * ('a' - 'A' - 26);

	*n = eight_before((~known | text) & EIGHT_MARKS);
	if (*n < EIGHT)
		values &= (UINT64_C(1) << 8 * *n) - 1;
	return close_gaps(values);
}

size_t
qid_read(struct span text, struct qid *id)
{
	uint64_t part[QID_MAX / EIGHT] = {0};
	size_t n = 0, got = EIGHT;

	for (size_t i = 0; i < QID_MAX / EIGHT && got == EIGHT; i++) {
		part[i] = read_eight(eight_load(span_skip(text, n)), &got);
		n += got;
	}
	if (n < QID_MIN)
		return 0;
	id->word[0] = part[0] | part[1] << 48;
	id->word[1] = part[1] >> 16 | part[2] << 32;
	id->word[2] = part[2] >> 32 | part[3] << 16;
	return n;
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
