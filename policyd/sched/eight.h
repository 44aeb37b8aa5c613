/* SPDX-License-Identifier: ISC */
/*
 * eight - eight characters in a word, looked at all at once
 *
 * Whoever looks at them one by one has to guess where the last one is, and the
 * processor with him. The first character is in the lowest byte. What is said
 * of a byte is its mark, the highest bit of it. Pure.
 */
#ifndef SCHED_EIGHT_H
#define SCHED_EIGHT_H

#include "hdrcheck/base/span.h"

enum { EIGHT = 8 };

/* A word of eight such bytes. */
#define EIGHT_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

#define EIGHT_MARKS EIGHT_OF(0x80)

static inline uint64_t
eight_byte(const char *text, unsigned i)
{
	return (uint64_t)(unsigned char)text[i] << (8 * i);
}

/* Of at least eight characters; written so that compilers make it one load. */
static inline uint64_t
eight_load_whole(const char *t)
{
	return eight_byte(t, 0) | eight_byte(t, 1) | eight_byte(t, 2) |
	    eight_byte(t, 3) | eight_byte(t, 4) | eight_byte(t, 5) |
	    eight_byte(t, 6) | eight_byte(t, 7);
}

/* The first eight of text; NUL for what it is too short for. */
static inline uint64_t
eight_load(struct span text)
{
	uint64_t word = 0;

	if (text.len >= EIGHT)
		return eight_load_whole(text.data);
	for (unsigned i = 0; i < text.len; i++)
		word |= eight_byte(text.data, i);
	return word;
}

/* Marks those between first and last; no byte of word has a mark of its own. */
static inline uint64_t
eight_between(uint64_t word, unsigned char first, unsigned char last)
{
	return (word + EIGHT_OF(0x80 - first)) &
	    ~(word + EIGHT_OF(0x7f - last)) & EIGHT_MARKS;
}

/* How many stand before the first mark. */
static inline size_t
eight_before(uint64_t marks)
{
	return marks == 0 ? EIGHT : (size_t)__builtin_ctzll(marks) / 8;
}

#endif
