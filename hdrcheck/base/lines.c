/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/lines.h"

#include <string.h>

static enum lines_piece
start_long_line(
    struct lines *lines, struct span in, struct span *piece, size_t *used)
{
	*piece = span_head(in, LINES_MAX);
	*used = LINES_MAX;
	lines->in_long_line = true;
	return LINES_HEAD;
}

enum lines_piece
lines_next(
    struct lines *lines, struct span in, struct span *piece, size_t *used)
{
	const char *end = in.len > 0 ? memchr(in.data, '\n', in.len) : NULL;
	size_t len = end != NULL ? (size_t)(end - in.data) : in.len;
	bool was_long = lines->in_long_line;

	*used = 0;
	if (!was_long && len > LINES_MAX)
		return start_long_line(lines, in, piece, used);
	if (end == NULL && (!was_long || len == 0))
		return LINES_MORE;
	*piece = span_head(in, len);
	if (end == NULL) {
		*used = len;
		return LINES_TAIL;
	}
	*used = len + 1;
	lines->in_long_line = false;
	return was_long ? LINES_END : LINES_WHOLE;
}
