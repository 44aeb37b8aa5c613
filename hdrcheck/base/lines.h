/* SPDX-License-Identifier: ISC */
/*
 * lines - a stream of lines, of which none is too long
 *
 * A pull reader over bytes that the caller holds; pure. A line longer than
 * LINES_MAX comes in pieces, so nobody has to hold it whole.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "hdrcheck/base/span.h"

enum { LINES_MAX = 64 * 1024 /* bytes of a line that comes in one piece */ };

enum lines_piece {
	LINES_MORE, /* no whole line yet: come back with more behind it */
	LINES_WHOLE, /* a line */
	LINES_HEAD, /* the first LINES_MAX bytes of a longer line */
	LINES_TAIL, /* some more of it */
	LINES_END, /* the last of it; may be empty */
};

/* Start with a zeroed state. */
struct lines {
	bool in_long_line;
};

/*
 * Takes the next piece off the front of in: *piece, without the line end,
 * borrows from in; *used is what to consume (0 for LINES_MORE). A caller that
 * holds more than LINES_MAX bytes is never told LINES_MORE.
 */
static inline enum lines_piece lines_next(
    struct lines *lines, struct span in, struct span *piece, size_t *used);

/* The same where there is no whole line at the front. */
enum lines_piece lines_next_rare(
    struct lines *lines, struct span in, struct span *piece, size_t *used);

static inline enum lines_piece
lines_next(
    struct lines *lines, struct span in, struct span *piece, size_t *used)
{
	const char *end = NULL;

	if (in.len > 0 && !lines->in_long_line)
		end = memchr(in.data, '\n', in.len);
	if (end == NULL || end - in.data > LINES_MAX)
		return lines_next_rare(lines, in, piece, used);
	*piece = span_head(in, (size_t)(end - in.data));
	*used = piece->len + 1;
	return LINES_WHOLE;
}

#endif
