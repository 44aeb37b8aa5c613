/* SPDX-License-Identifier: ISC */
/*
 * text - strangers' text for a terminal
 *
 * What goes to the terminal is printable and takes as many columns as we think.
 * Widths are those of wcwidth(3). Shown as \xNN or \u{NNNN} are control
 * characters, what is no UTF-8, what cannot be seen or turns the direction of
 * writing, and marks that stand on nothing or are too many; where strings are
 * ASCII, all that is not. A tab is a blank. What only chooses between the looks
 * of its neighbours, as joiners do, is left out: terminals do not agree on how
 * wide it makes them.
 *
 * A backslash stays one: this is for people. Programs take JSON.
 */
#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include "hdrcheck/base/buf.h"

enum {
	TEXT_MARKS_MAX = 4, /* combining marks on one character */
	TEXT_CHARSET_MAX = 40, /* bytes of the name of one */
	TEXT_COMPLAINT_MAX = 1000, /* bytes */
};

/*
 * To be called once by a main: strings are UTF-8, or ASCII, from here on, as
 * the environment says (LC_ALL, LC_CTYPE, LANG).
 */
void text_begin(void);

/* The columns of a terminal that is standard output; 0: it is none. */
int text_terminal_width(void);

/*
 * Appends s, cut to width columns (with "..." or, where the terminal knows it,
 * U+2026 as its last) and, with pad, filled up to them with blanks. A width of
 * 0: all of it. False: no room.
 */
bool text_put(struct buf *out, struct span s, int width, bool pad);

/*
 * Says on standard error, behind "policyctl: ", what is wrong: a line of
 * TEXT_COMPLAINT_MAX bytes at most, shown as text_put() does. Line ends in it
 * are blanks.
 */
void text_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* How many columns text_put() would need for all of it. */
int text_width(struct span s);

/*
 * Appends what a header body says: line ends of folding and blanks at its ends
 * are taken out, encoded words (RFC 2047) of UTF-8, US-ASCII and ISO-8859-1
 * decoded, also inside of other text; others stay as they are. The result is
 * still a stranger's. False: no room. Pure.
 */
bool text_decode_header(struct buf *out, struct span body);

/*
 * "3h 12m", "4d", "59s": two units at most, rounded down; seconds >= 0. Pure,
 * like text_distance(): "in 3h 12m", "3d 4h ago", "now"; from is now.
 */
enum { TEXT_DISTANCE_SIZE = 32 };
const char *text_duration(int64_t seconds, char out[TEXT_DISTANCE_SIZE]);
const char *text_distance(
    int64_t from_s, int64_t to_s, char out[TEXT_DISTANCE_SIZE]);

#endif
