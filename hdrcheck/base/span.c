/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/span.h"

#include <string.h>

enum { U64_SAFE_DIGITS = 19 /* any number of so many fits */ };

bool
span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
			return false;
	return true;
}

struct span
span_trim(struct span s)
{
	while (s.len > 0 && ascii_is_blank(s.data[0]))
		s = span_skip(s, 1);
	while (s.len > 0 && ascii_is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

bool
span_cut(struct span *rest, char sep, struct span *head)
{
	const char *at;

	if (rest->len == 0)
		return false;
	at = memchr(rest->data, sep, rest->len);
	if (at == NULL)
		return false;
	*head = span_head(*rest, (size_t)(at - rest->data));
	*rest = span_skip(*rest, head->len + 1);
	return true;
}

static bool
is_list_gap(char c)
{
	return c == ',' || ascii_is_blank(c);
}

static bool
next_between(struct span *rest, struct span *item, bool (*is_gap)(char c))
{
	size_t n = 0;

	while (rest->len > 0 && is_gap(rest->data[0]))
		*rest = span_skip(*rest, 1);
	while (n < rest->len && !is_gap(rest->data[n]))
		n++;
	*item = span_head(*rest, n);
	*rest = span_skip(*rest, n);
	return n > 0;
}

bool
span_next_item(struct span *rest, struct span *item)
{
	return next_between(rest, item, is_list_gap);
}

bool
span_next_word(struct span *rest, struct span *word)
{
	return next_between(rest, word, ascii_is_blank);
}

bool
span_to_u64(struct span s, uint64_t max, uint64_t *value)
{
	bool fits = s.len <= U64_SAFE_DIGITS;
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (uint64_t)(unsigned char)s.data[i] - '0';

		if (digit > 9 || (!fits && v > (UINT64_MAX - digit) / 10))
			return false;
		v = v * 10 + digit;
	}
	if (s.len == 0 || v > max)
		return false;
	*value = v;
	return true;
}

bool
span_to_string(struct span s, char *out, size_t size)
{
	out[0] = '\0';
	if (s.len >= size || (s.len > 0 && memchr(s.data, '\0', s.len) != NULL))
		return false;
	if (s.len > 0)
		memcpy(out, s.data, s.len);
	out[s.len] = '\0';
	return true;
}
