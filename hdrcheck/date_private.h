/* SPDX-License-Identifier: ISC */
/*
 * date_private - what the readers of the two dialects share; for date() only
 */
#ifndef HDRCHECK_DATE_PRIVATE_H
#define HDRCHECK_DATE_PRIVATE_H

#include "hdrcheck/date.h"

enum { SECONDS_PER_MINUTE = 60, SECONDS_PER_HOUR = 3600 };

/* Where the reader is; text shrinks from the front. */
struct date_cursor {
	struct span text;
	struct span rule;
};

struct date_fields {
	int64_t year;
	int month;
	int day;
	int day_name; /* 0 Sunday ... 6 Saturday, or DATE_NO_DAY_NAME */
	int hour;
	int minute;
	int second;
	bool fraction; /* more than the second */
	int zone_s; /* east of UTC */
};

enum { DATE_NO_DAY_NAME = -1 };

static inline char
date_peek(const struct date_cursor *c)
{
	return c->text.len > 0 ? c->text.data[0] : '\0';
}

/* Blanks, line ends and comments. False when a comment does not end. */
bool date_skip_cfws(struct date_cursor *c);

/* The same; mostly there is at most one blank. */
static inline bool
date_skip_blanks(struct date_cursor *c)
{
	if (c->text.len > 0 && c->text.data[0] == ' ')
		c->text = span_skip(c->text, 1);
	if (c->text.len > 0 && c->text.data[0] > '(')
		return true;
	return date_skip_cfws(c);
}

/* The next n bytes. */
static inline struct span
date_take(struct date_cursor *c, size_t n)
{
	struct span taken = span_head(c->text, n);

	c->text = span_skip(c->text, n);
	return taken;
}

/* The letters, or the digits, at the front; perhaps none. */
static inline struct span
date_take_word(struct date_cursor *c)
{
	size_t n = 0;

	while (n < c->text.len && ascii_is_alpha(c->text.data[n]))
		n++;
	return date_take(c, n);
}

static inline struct span
date_take_number(struct date_cursor *c)
{
	size_t n = 0;

	while (n < c->text.len && ascii_is_digit(c->text.data[n]))
		n++;
	return date_take(c, n);
}

static inline bool
date_take_char(struct date_cursor *c, char wanted)
{
	if (c->text.len == 0 || c->text.data[0] != wanted)
		return false;
	c->text = span_skip(c->text, 1);
	return true;
}

/* A number of exactly n digits; nothing is taken when it is not. */
static inline bool
date_take_digits(struct date_cursor *c, size_t n, int *value)
{
	const char *digits = c->text.data;
	int number = 0;

	if (c->text.len < n || (c->text.len > n && ascii_is_digit(digits[n])))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!ascii_is_digit(digits[i]))
			return false;
		number = number * 10 + (digits[i] - '0');
	}
	*value = number;
	c->text = span_skip(c->text, n);
	return true;
}

/* +hhmm, or with colon +hh:mm. */
enum date_error date_read_offset(
    struct date_cursor *c, bool colon, int *zone_s);

/* A name, or a single letter. */
enum date_error date_read_zone_name(struct span name, int *zone_s);

/* [day-name ","] day month year hh:mm[:ss] zone */
enum date_error date_read_rfc5322(struct date_cursor *c, struct date_fields *f);

bool date_looks_like_rfc3339(const struct date_cursor *c);

/* yyyy-mm-ddThh:mm:ss[.fraction](Z|+hh:mm) */
enum date_error date_read_rfc3339(struct date_cursor *c, struct date_fields *f);

#endif
