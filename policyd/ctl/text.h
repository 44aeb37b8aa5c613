/* SPDX-License-Identifier: ISC */
/*
 * text - strangers' text for a terminal
 *
 * What goes to the terminal is printable and takes as many columns as we think:
 * control characters, what is no UTF-8, and what would turn the direction of
 * writing are shown as \xNN or \u{NNNN}. Widths are those of wcwidth(3).
 */
#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include "hdrcheck/base/buf.h"

/* To be called once by a main: strings are UTF-8, or ASCII, from here on. */
void text_begin(void);

/* The columns of a terminal that is standard output; 0: it is none. */
int text_terminal_width(void);

/*
 * Appends s, cut to width columns (with "..." or, where the terminal knows it,
 * U+2026 as its last) and, with pad, filled up to them with blanks. A width of
 * 0: all of it. False: no room.
 */
bool text_put(struct buf *out, struct span s, int width, bool pad);

/* How many columns text_put() would need for all of it. */
int text_width(struct span s);

/*
 * Appends what a header body says: line ends of folding are taken out, encoded
 * words (RFC 2047) of UTF-8, US-ASCII and ISO-8859-1 decoded; others stay as
 * they are. The result is still a stranger's. False: no room. Pure.
 */
bool text_decode_header(struct buf *out, struct span body);

/* "in 3h 12m", "3d 4h ago": two units at most; from is now. */
enum { TEXT_DISTANCE_SIZE = 32 };
const char *text_distance(
    int64_t from_s, int64_t to_s, char out[TEXT_DISTANCE_SIZE]);

#endif
