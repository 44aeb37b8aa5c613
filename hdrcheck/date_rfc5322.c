/* SPDX-License-Identifier: ISC */
/*
 * RFC 5322, 3.3 and 4.3. Where it is no date, the reader says what it looks
 * like instead.
 */
#include "hdrcheck/date_private.h"

enum {
	YEAR_MIN = 1900, /* RFC 5322, 3.3 */
	YEAR_MAX_DIGITS = 9, /* keeps the arithmetic far from overflow */
};

static const char day_names[][4] = {
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static const char month_names[][4] = {"jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec"};

static const char *const relative_words[] = {
    "in", "now", "today", "tonight", "tomorrow", "next", "noon", "midnight"};

static int
find_name(const char (*names)[4], size_t n, struct span word)
{
	char lower[3];

	if (word.len != sizeof(lower))
		return -1;
	for (size_t i = 0; i < sizeof(lower); i++)
		lower[i] = ascii_lower(word.data[i]);
	for (size_t i = 0; i < n; i++)
		if (names[i][0] == lower[0] && names[i][1] == lower[1] &&
		    names[i][2] == lower[2])
			return (int)i;
	return -1;
}

static bool
is_relative_word(struct span word)
{
	size_t n = sizeof(relative_words) / sizeof(relative_words[0]);

	for (size_t i = 0; i < n; i++)
		if (span_equal_nocase(word, span_str(relative_words[i])))
			return true;
	return false;
}

static enum date_error
read_day_name(struct date_cursor *c, struct date_fields *f)
{
	struct span word = date_take_word(c);

	f->day_name = find_name(day_names, 7, word);
	if (f->day_name < 0) {
		if (is_relative_word(word))
			return DATE_RELATIVE;
		date_skip_blanks(c);
		return date_peek(c) == ',' ? DATE_UNKNOWN_DAY_NAME
					   : DATE_NOT_A_DATE;
	}
	if (!date_skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (!date_take_char(c, ','))
		return DATE_NOT_A_DATE;
	return date_skip_blanks(c) ? DATE_OK : DATE_OPEN_COMMENT;
}

static enum date_error
read_year(struct date_cursor *c, struct date_fields *f)
{
	struct span digits = date_take_number(c);
	uint64_t year;

	if (digits.len < 2)
		return DATE_NOT_A_DATE;
	if (digits.len > YEAR_MAX_DIGITS ||
	    !span_to_u64(digits, UINT64_MAX, &year))
		return DATE_NO_SUCH_DATE;
	if (digits.len == 2)
		year += year < 50 ? 2000 : 1900;
	else if (digits.len == 3)
		year += 1900;
	if (year < YEAR_MIN)
		return DATE_NO_SUCH_DATE;
	f->year = (int64_t)year;
	return DATE_OK;
}

/* A number that no month follows: say what it looks like. */
static enum date_error
judge_number(struct date_cursor *c)
{
	if (!date_skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (c->text.len == 0)
		return DATE_BARE_NUMBER;
	return DATE_NOT_A_DATE;
}

static bool
is_duration_unit(struct span word)
{
	static const char *const units[] = {"s", "m", "h", "d", "w", "sec",
	    "secs", "second", "seconds", "min", "mins", "minute", "minutes",
	    "hour", "hours", "day", "days", "week", "weeks", "month", "months",
	    "year", "years"};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (span_equal_nocase(word, span_str(units[i])))
			return true;
	return false;
}

static enum date_error
read_day_month(struct date_cursor *c, struct date_fields *f)
{
	struct span day = date_take_number(c);
	struct span month;
	uint64_t number;

	if (day.len == 0)
		return DATE_NOT_A_DATE;
	if (!date_skip_blanks(c))
		return DATE_OPEN_COMMENT;
	month = date_take_word(c);
	if (month.len == 0)
		return judge_number(c);
	f->month = find_name(month_names, 12, month) + 1;
	if (f->month == 0 && is_duration_unit(month))
		return DATE_RELATIVE;
	if (f->month == 0)
		return day.len > 2 ? DATE_NOT_A_DATE : DATE_UNKNOWN_MONTH;
	if (day.len > 2 || !span_to_u64(day, 99, &number))
		return DATE_NO_SUCH_DATE;
	f->day = (int)number;
	return date_skip_blanks(c) ? DATE_OK : DATE_OPEN_COMMENT;
}

/* hh:mm[:ss] with comments and blanks anywhere between (obs-time-of-day). */
static enum date_error
read_time(struct date_cursor *c, struct date_fields *f)
{
	if (!date_skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (c->text.len == 0)
		return DATE_NO_TIME;
	if (!date_take_digits(c, 2, &f->hour))
		return DATE_NOT_A_TIME;
	if (!date_skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (!date_take_char(c, ':'))
		return DATE_NOT_A_TIME;
	if (!date_skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (!date_take_digits(c, 2, &f->minute))
		return DATE_NOT_A_TIME;
	if (!date_skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (date_take_char(c, ':')) {
		if (!date_skip_blanks(c))
			return DATE_OPEN_COMMENT;
		if (!date_take_digits(c, 2, &f->second))
			return DATE_NOT_A_TIME;
	}
	return date_skip_blanks(c) ? DATE_OK : DATE_OPEN_COMMENT;
}

static enum date_error
read_zone(struct date_cursor *c, struct date_fields *f)
{
	struct span name;

	if (c->text.len == 0)
		return DATE_NO_ZONE;
	if (date_peek(c) == '+' || date_peek(c) == '-')
		return date_read_offset(c, false, &f->zone_s);
	name = date_take_word(c);
	if (name.len == 0)
		return DATE_UNKNOWN_ZONE;
	return date_read_zone_name(name, &f->zone_s);
}

/* Two digits; false when they are none. */
static inline bool
read_two(const char *digits, int *value)
{
	*value = (digits[0] - '0') * 10 + (digits[1] - '0');
	return ascii_is_digit(digits[0]) && ascii_is_digit(digits[1]);
}

/* "Fri, 25 Dec 2026 09:00:00": nothing else stands between its parts. */
static bool
read_usual_moment(const char *at, struct date_fields *f)
{
	int century, year;

	if (at[3] != ',' || at[4] != ' ' || at[7] != ' ' || at[11] != ' ' ||
	    at[16] != ' ' || at[19] != ':' || at[22] != ':')
		return false;
	if (!read_two(at + 5, &f->day) || !read_two(at + 12, &century) ||
	    !read_two(at + 14, &year) || !read_two(at + 17, &f->hour) ||
	    !read_two(at + 20, &f->minute) || !read_two(at + 23, &f->second))
		return false;
	f->year = century * 100 + year;
	f->day_name = find_name(day_names, 7, span_of(at, 3));
	f->month = find_name(month_names, 12, span_of(at + 8, 3)) + 1;
	return f->day_name >= 0 && f->month > 0 && f->year >= YEAR_MIN;
}

/*
 * Reads a date that is written as nearly all are, up to its zone, in one go.
 * False, and *f is not to be used, for what has to be read part by part.
 */
static bool
read_usual(struct date_cursor *c, struct date_fields *f)
{
	static const struct span form = SPAN("Fri, 25 Dec 2026 09:00:00 ");
	size_t n = form.len;

	if (c->text.len <= n || c->text.data[n - 1] != ' ' ||
	    (c->text.data[n] != '+' && c->text.data[n] != '-') ||
	    !read_usual_moment(c->text.data, f))
		return false;
	c->text = span_skip(c->text, n);
	return true;
}

enum date_error
date_read_rfc5322(struct date_cursor *c, struct date_fields *f)
{
	struct date_fields usual = *f;
	enum date_error error;

	if (read_usual(c, &usual)) {
		*f = usual;
		return date_read_offset(c, false, &f->zone_s);
	}
	if (ascii_is_alpha(date_peek(c)) &&
	    (error = read_day_name(c, f)) != DATE_OK)
		return error;
	if ((error = read_day_month(c, f)) != DATE_OK)
		return error;
	if ((error = read_year(c, f)) != DATE_OK)
		return error;
	if ((error = read_time(c, f)) != DATE_OK)
		return error;
	return read_zone(c, f);
}
