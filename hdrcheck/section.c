/* SPDX-License-Identifier: ISC */
#include "hdrcheck/section.h"

#include <assert.h>
#include <string.h>

#include "hdrcheck/header.h"

enum shape { SHAPE_OPEN, SHAPE_HEADER, SHAPE_OTHER };

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* What a line is that begins like that; OPEN: its next bytes decide. */
static enum shape
shape_of(struct span line)
{
	size_t i = 0, name;

	while (i < line.len && i <= SECTION_NAME_MAX &&
	    header_is_name_char(line.data[i]))
		i++;
	name = i;
	while (i < line.len && i <= SECTION_NAME_MAX && is_space(line.data[i]))
		i++;
	if (i > SECTION_NAME_MAX)
		return SHAPE_OTHER;
	if (i == line.len)
		return SHAPE_OPEN;
	return name > 0 && line.data[i] == ':' ? SHAPE_HEADER : SHAPE_OTHER;
}

/* The line at hand, with its line end if that is known already. */
static struct span
line_at_hand(struct section *s, struct span message, bool *ended)
{
	struct span rest = span_skip(message, s->line);
	size_t known = s->seen - s->line;
	const char *end = NULL;

	assert(s->line <= s->seen && s->seen <= message.len);
	if (known < rest.len)
		end = memchr(rest.data + known, '\n', rest.len - known);
	*ended = end != NULL;
	if (end == NULL) {
		s->seen = message.len;
		return rest;
	}
	return span_head(rest, (size_t)(end - rest.data) + 1);
}

/* The header that ends before the line at hand. */
static struct span
close_header(struct section *s, struct span message)
{
	struct span header = span_of(message.data + s->at, s->line - s->at);

	if (header.len > 0 && header.data[header.len - 1] == '\n')
		header.len--;
	if (header.len > 0 && header.data[header.len - 1] == '\r')
		header.len--;
	s->at = s->line;
	s->open = false;
	return header;
}

enum section_result
section_next(
    struct section *s, struct span message, bool whole, struct span *header)
{
	for (;;) {
		bool ended, partial, is_from;
		struct span line = line_at_hand(s, message, &ended);
		enum shape shape = s->open ? SHAPE_HEADER : shape_of(line);

		if (line.len == 0 && !whole)
			return SECTION_MORE;
		if (s->open && (line.len == 0 || !is_space(line.data[0]))) {
			*header = close_header(s, message);
			return SECTION_HEADER;
		}
		partial = !ended && !whole;
		if (shape == SHAPE_OPEN && !partial)
			shape = SHAPE_OTHER;
		is_from = s->line == 0 && shape == SHAPE_OTHER &&
		    span_starts_with(line, "From ");
		if (shape == SHAPE_OTHER && !is_from)
			return SECTION_END;
		if (partial)
			return SECTION_MORE;
		s->line += line.len;
		s->seen = s->line;
		s->open = !is_from;
		if (is_from)
			s->at = s->line;
	}
}
