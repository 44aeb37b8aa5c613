/* SPDX-License-Identifier: ISC */
/*
 * span - a piece of somebody else's bytes
 *
 * A span borrows: it is valid as long as the bytes it points at. Bytes may be
 * anything, NUL included. All functions are pure and do not depend on the
 * locale.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *data;
	size_t len;
};

/* A span over a string literal, usable in static tables. */
#define SPAN(literal)                                                          \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

static inline struct span
span_of(const void *data, size_t len)
{
	struct span s = {data, len};

	return s;
}

/* Span over a NUL-terminated string, without the NUL. */
static inline struct span
span_str(const char *text)
{
	return span_of(text, strlen(text));
}

static inline bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool
span_equal_str(struct span a, const char *b)
{
	return span_equal(a, span_str(b));
}

/* Equal when ASCII letters are compared without regard to case. */
bool span_equal_nocase(struct span a, struct span b);

static inline bool
span_starts_with(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.data, prefix, n) == 0;
}

/* s without its first n bytes; n <= s.len. */
static inline struct span
span_skip(struct span s, size_t n)
{
	return span_of(s.data + n, s.len - n);
}

/* The first n bytes of s; n <= s.len. */
static inline struct span
span_head(struct span s, size_t n)
{
	return span_of(s.data, n);
}

/* s without blanks (space, tab, CR, LF) at both ends. */
struct span span_trim(struct span s);

/*
 * Cuts *rest at the first sep: *head gets what stands before it, *rest what
 * stands behind it. False, and nothing is changed, when there is no sep.
 */
bool span_cut(struct span *rest, char sep, struct span *head);

/*
 * Takes the next item of a list whose items are parted by commas and blanks.
 * False at the end of the list.
 */
bool span_next_item(struct span *rest, struct span *item);

/*
 * Takes the next word; words are parted by blanks. False, with an empty word,
 * at the end.
 */
bool span_next_word(struct span *rest, struct span *word);

/*
 * Reads s, which must be decimal digits and nothing else, as a number of at
 * most max. False when it is anything else or larger.
 */
bool span_to_u64(struct span s, uint64_t max, uint64_t *value);

/*
 * Copies s and a NUL to out. False, and out is the empty string, when s does
 * not fit into size bytes with its NUL or has a NUL inside. size > 0.
 */
bool span_to_string(struct span s, char *out, size_t size);

static inline bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool
ascii_is_alpha(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static inline bool
ascii_is_alnum(char c)
{
	return ascii_is_digit(c) || ascii_is_alpha(c);
}

static inline bool
ascii_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

#endif
