/* SPDX-License-Identifier: ISC */
/*
 * html - a writer of HTML into a buffer
 *
 * Markup is ours and goes through html_put(); what anybody else wrote goes
 * through html_text() or html_bdi(), and nothing else. When the buffer is full
 * the rest is left out, and full says so.
 *
 * Pure.
 */
#ifndef WEB_HTML_H
#define WEB_HTML_H

#include "hdrcheck/base/buf.h"

enum {
	HTML_PUT_MAX = 1000, /* bytes of one html_put() */
	HTML_TEXT_GROWTH = 5, /* bytes that a byte of a text becomes at most */
	HTML_WORDS_SIZE = 64, /* of a number or a length of time, with a NUL */
};

struct html {
	struct buf *out; /* borrowed */
	bool full; /* something did not fit */
};

/* Appends as printf(3) does: words and markup of ours, HTML_PUT_MAX bytes. */
void html_put(struct html *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same without a format, and as long as it may be. */
void html_raw(struct html *h, const char *markup);

/*
 * Appends a text of anybody's, for an element or a quoted attribute: what
 * markup begins with is escaped, blanks become spaces, and U+FFFD stands for
 * control characters, what turns the direction of writing, and what is no
 * UTF-8.
 */
void html_text(struct html *h, struct span text);

/* The same in an element of its own, whose direction is its own affair. */
void html_bdi(struct html *h, const char *text);

/* "1,234,567". Returns out. */
const char *html_count(uint64_t n, char out[HTML_WORDS_SIZE]);

/* In five characters at most: "1234", "12k", "2.5M". Returns out. */
const char *html_short_count(uint64_t n, char out[HTML_WORDS_SIZE]);

/* "512 bytes", "12.3 MiB". Returns out. */
const char *html_size(uint64_t bytes, char out[HTML_WORDS_SIZE]);

/* "45 s", "3 h 12 min": two units at most, rounded down. Returns out. */
const char *html_duration(uint64_t seconds, char out[HTML_WORDS_SIZE]);

/* From one moment to another: "in 3 h 12 min", "now", "5 s ago". */
const char *html_distance(
    int64_t from_s, int64_t to_s, char out[HTML_WORDS_SIZE]);

/* "less than 1 ms", "5 ms", "1.25 s", "2 min"; ns >= 0. Returns out. */
const char *html_lateness(int64_t ns, char out[HTML_WORDS_SIZE]);

/* An element <time>: "2026-12-25 09:00:00", which is UTC. */
void html_time(struct html *h, int64_t s);

/* The number, and an element <data> with an id that tells it without commas. */
void html_data(struct html *h, const char *id, uint64_t n);

#endif
