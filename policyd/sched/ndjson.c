/* SPDX-License-Identifier: ISC */
#include "policyd/sched/ndjson.h"

#include <string.h>

enum { DEPTH_MAX = 16 /* of a value; Postfix's listing needs 3 */ };

static void
skip_blanks(struct span *s)
{
	while (s->len > 0 && ascii_is_blank(s->data[0]))
		*s = span_skip(*s, 1);
}

static bool
take(struct span *s, char c)
{
	skip_blanks(s);
	if (s->len == 0 || s->data[0] != c)
		return false;
	*s = span_skip(*s, 1);
	return true;
}

size_t
ndjson_string_len(struct span s)
{
	size_t from = 1;

	while (from < s.len) {
		const char *quote = memchr(s.data + from, '"', s.len - from);
		size_t at, slashes = 0;

		if (quote == NULL)
			return 0;
		at = (size_t)(quote - s.data);
		while (at - slashes > 1 && s.data[at - slashes - 1] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			return at + 1;
		from = at + 1;
	}
	return 0;
}

/* Length of the array or object at the front; 0: it has no end. */
static size_t
nested_len(struct span s)
{
	size_t depth = 0;
	size_t i = 0;

	while (i < s.len) {
		char c = s.data[i];

		if (c == '"') {
			size_t n = ndjson_string_len(span_skip(s, i));

			if (n == 0)
				return 0;
			i += n;
			continue;
		}
		i++;
		if ((c == '{' || c == '[') && ++depth > DEPTH_MAX)
			return 0;
		if ((c == '}' || c == ']') && --depth == 0)
			return i;
	}
	return 0;
}

static bool
ends_plain(char c)
{
	return c == ',' || c == '}' || c == ']' || ascii_is_blank(c);
}

/* Numbers, true, false, null: whatever stands before the next delimiter. */
static size_t
plain_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && !ends_plain(s.data[n]))
		n++;
	return n < s.len ? n : 0;
}

static bool
take_value(struct span *s, struct span *value)
{
	size_t n;

	skip_blanks(s);
	if (s->len == 0)
		return false;
	if (s->data[0] == '"')
		n = ndjson_string_len(*s);
	else if (s->data[0] == '{' || s->data[0] == '[')
		n = nested_len(*s);
	else
		n = plain_len(*s);
	*value = span_head(*s, n);
	*s = span_skip(*s, n);
	return n > 0;
}

/* The opening bracket, or the comma before the next; or the closing one. */
static enum ndjson_step
step(struct span *rest, bool *first, char open, char closing)
{
	if (*first) {
		if (!take(rest, open))
			return NDJSON_BROKEN;
		*first = false;
		return take(rest, closing) ? NDJSON_CLOSED : NDJSON_MEMBER;
	}
	if (take(rest, closing))
		return NDJSON_CLOSED;
	return take(rest, ',') ? NDJSON_MEMBER : NDJSON_BROKEN;
}

enum ndjson_step
ndjson_next_member(
    struct span *rest, bool *first, struct span *name, struct span *value)
{
	enum ndjson_step result = step(rest, first, '{', '}');
	struct span quoted;

	if (result != NDJSON_MEMBER)
		return result;
	if (!take_value(rest, &quoted) || !ndjson_string(quoted, name) ||
	    !take(rest, ':') || !take_value(rest, value))
		return NDJSON_BROKEN;
	return NDJSON_MEMBER;
}

enum ndjson_step
ndjson_next_element(struct span *rest, bool *first, struct span *value)
{
	enum ndjson_step result = step(rest, first, '[', ']');

	if (result == NDJSON_MEMBER && !take_value(rest, value))
		return NDJSON_BROKEN;
	return result;
}

bool
ndjson_string(struct span value, struct span *inside)
{
	if (value.len < 2 || value.data[0] != '"')
		return false;
	*inside = span_of(value.data + 1, value.len - 2);
	return true;
}
