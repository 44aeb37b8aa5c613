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
lines_next_rare(
    struct lines *lines, struct span in, struct span *piece, size_t *used)
{
	const char *end = in.len > 0 ? memchr(in.data, '\n', in.len) : NULL;
	size_t len = end != NULL ? (size_t)(end - in.data) : in.len;

	*used = 0;
	if (!lines->in_long_line)
		return len > LINES_MAX ? start_long_line(lines, in, piece, used)
				       : LINES_MORE;
	if (in.len == 0)
		return LINES_MORE;
	*piece = span_head(in, len);
	*used = end != NULL ? len + 1 : len;
	lines->in_long_line = end == NULL;
	return end != NULL ? LINES_END : LINES_TAIL;
}
