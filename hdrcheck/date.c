/* SPDX-License-Identifier: ISC */
#include "hdrcheck/date.h"

#include "hdrcheck/base/clock.h"

enum {
	YEAR_MIN = 1900, /* RFC 5322, 3.3 */
	YEAR_MAX_DIGITS = 9, /* keeps the arithmetic far from overflow */
	SECONDS_PER_MINUTE = 60,
	SECONDS_PER_HOUR = 3600,
	SECONDS_PER_DAY = 86400,
	DAYS_PER_WEEK = 7,
	EPOCH_DAY = 4, /* 1970-01-01 was a Thursday */
};

/* Where the reader is; text shrinks from the front. */
struct cursor {
	struct span text;
	struct span rule;
};

struct fields {
	int64_t year;
	int month;
	int day;
	int day_name; /* 0 Sunday ... 6 Saturday, or NO_DAY_NAME */
	int hour;
	int minute;
	int second;
	bool fraction; /* more than the second */
	int zone_s; /* east of UTC */
};

enum { NO_DAY_NAME = -1 };

static const char day_names[][4] = {
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static const char month_names[][4] = {"jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec"};

static const char *const relative_words[] = {
    "in", "now", "today", "tonight", "tomorrow", "next", "noon", "midnight"};

static const struct {
	const char *name;
	int hours;
} zones[] = {
    {"ut", 0},
    {"utc", 0},
    {"gmt", 0},
    {"z", 0},
    {"est", -5},
    {"edt", -4},
    {"cst", -6},
    {"cdt", -5},
    {"mst", -7},
    {"mdt", -6},
    {"pst", -8},
    {"pdt", -7},
};

static const char *const reasons[DATE_ERRORS] = {
    [DATE_OK] = "a date",
    [DATE_EMPTY] = "empty",
    [DATE_NOT_A_DATE] = "not a date",
    [DATE_NO_ZONE] = "no time zone",
    [DATE_UNKNOWN_ZONE] = "unknown time zone, use +hhmm (RFC 3339: +hh:mm)",
    [DATE_MILITARY_ZONE] = "single-letter time zone, use +hhmm",
    [DATE_NO_SUCH_ZONE] = "no such time zone offset",
    [DATE_UNKNOWN_DAY_NAME] = "unknown day name",
    [DATE_WRONG_DAY_NAME] = "day name contradicts the date",
    [DATE_UNKNOWN_MONTH] = "unknown month",
    [DATE_NO_SUCH_DATE] = "no such date",
    [DATE_NO_TIME] = "no time of day",
    [DATE_NOT_A_TIME] = "time of day is not hh:mm or hh:mm:ss",
    [DATE_NO_SUCH_TIME] = "no such time of day",
    [DATE_NO_SECONDS] = "RFC 3339 date without seconds",
    [DATE_BLANK_FOR_T] = "RFC 3339 date without T before the time",
    [DATE_JUNK_BEHIND] = "something behind the date",
    [DATE_BARE_NUMBER] = "a bare number is no date",
    [DATE_RELATIVE] = "relative times are not accepted",
    [DATE_OPEN_COMMENT] = "comment does not end",
    [DATE_NEVER_ALONE] = "never is for rules only",
};

const char *
date_reason(enum date_error error)
{
	return reasons[error];
}

bool
date_is_rule_name(struct span name)
{
	if (name.len == 0 || name.len > DATE_RULE_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!ascii_is_alnum(c) && c != '_' && c != '.' && c != '-')
			return false;
	}
	return true;
}

static char
peek(const struct cursor *c)
{
	return c->text.len > 0 ? c->text.data[0] : '\0';
}

static void
advance(struct cursor *c, size_t n)
{
	c->text = span_skip(c->text, n);
}

/* Comments nest and have quoted pairs: RFC 5322, 3.2.2. */
static bool
skip_comment(struct cursor *c)
{
	size_t depth = 0;

	for (size_t i = 0; i < c->text.len; i++) {
		char at = c->text.data[i];

		if (at == '\\') {
			i++;
		} else if (at == '(') {
			depth++;
		} else if (at == ')' && --depth == 0) {
			advance(c, i + 1);
			return true;
		}
	}
	return false;
}

static void
note_rule(struct cursor *c, struct span comment)
{
	static const char opening[] = "(rule ";
	struct span name;

	if (c->rule.len > 0 || !span_starts_with(comment, opening))
		return;
	name = span_skip(comment, sizeof(opening) - 1);
	name.len--;
	if (date_is_rule_name(name))
		c->rule = name;
}

/* Blanks, line ends and comments. False when a comment does not end. */
static bool
skip_blanks(struct cursor *c)
{
	while (c->text.len > 0) {
		struct span before = c->text;

		if (peek(c) == '(') {
			if (!skip_comment(c))
				return false;
			note_rule(
			    c, span_head(before, before.len - c->text.len));
		} else if (ascii_is_blank(peek(c))) {
			advance(c, 1);
		} else {
			break;
		}
	}
	return true;
}

static struct span
take_while(struct cursor *c, bool (*is)(char))
{
	size_t n = 0;
	struct span taken;

	while (n < c->text.len && is(c->text.data[n]))
		n++;
	taken = span_head(c->text, n);
	advance(c, n);
	return taken;
}

static bool
take_char(struct cursor *c, char wanted)
{
	if (c->text.len == 0 || peek(c) != wanted)
		return false;
	advance(c, 1);
	return true;
}

/* A number of exactly n digits. */
static bool
take_digits(struct cursor *c, size_t n, int *value)
{
	struct span digits = take_while(c, ascii_is_digit);
	uint64_t number;

	if (digits.len != n || !span_to_u64(digits, 9999, &number))
		return false;
	*value = (int)number;
	return true;
}

static int
find_name(const char (*names)[4], size_t n, struct span word)
{
	for (size_t i = 0; i < n; i++)
		if (span_equal_nocase(word, span_str(names[i])))
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

/* +hhmm or +hh:mm, behind the sign. */
static enum date_error
read_offset(struct cursor *c, bool colon, int *zone_s)
{
	int sign = peek(c) == '-' ? -1 : 1;
	int hour, minute, both;

	advance(c, 1);
	if (colon) {
		if (!take_digits(c, 2, &hour) || !take_char(c, ':') ||
		    !take_digits(c, 2, &minute))
			return DATE_UNKNOWN_ZONE;
	} else {
		if (!take_digits(c, 4, &both))
			return DATE_UNKNOWN_ZONE;
		hour = both / 100;
		minute = both % 100;
	}
	if (hour > 23 || minute > 59)
		return DATE_NO_SUCH_ZONE;
	*zone_s =
	    sign * (hour * SECONDS_PER_HOUR + minute * SECONDS_PER_MINUTE);
	return DATE_OK;
}

static enum date_error
read_zone_name(struct span name, int *zone_s)
{
	size_t n = sizeof(zones) / sizeof(zones[0]);

	for (size_t i = 0; i < n; i++) {
		if (span_equal_nocase(name, span_str(zones[i].name))) {
			*zone_s = zones[i].hours * SECONDS_PER_HOUR;
			return DATE_OK;
		}
	}
	return name.len == 1 ? DATE_MILITARY_ZONE : DATE_UNKNOWN_ZONE;
}

static enum date_error
check_fields(const struct fields *f)
{
	if (f->month < 1 || f->month > 12 || f->day < 1 ||
	    f->day > clock_days_in_month(f->year, f->month))
		return DATE_NO_SUCH_DATE;
	if (f->hour > 23 || f->minute > 59 || f->second > 60)
		return DATE_NO_SUCH_TIME;
	return DATE_OK;
}

static enum date_error
fields_to_moment(const struct fields *f, int64_t *moment_s)
{
	int64_t days = clock_days_from_date(f->year, f->month, f->day);
	int64_t weekday = ((days + EPOCH_DAY) % DAYS_PER_WEEK + DAYS_PER_WEEK) %
	    DAYS_PER_WEEK;

	if (f->day_name != NO_DAY_NAME && f->day_name != weekday)
		return DATE_WRONG_DAY_NAME;
	*moment_s = days * SECONDS_PER_DAY + f->hour * SECONDS_PER_HOUR +
	    f->minute * SECONDS_PER_MINUTE + f->second - f->zone_s +
	    (f->fraction ? 1 : 0);
	return DATE_OK;
}

/* RFC 5322: [day-name ","] day month year hh:mm[:ss] zone */

static enum date_error
read_day_name(struct cursor *c, struct fields *f)
{
	struct span word = take_while(c, ascii_is_alpha);

	f->day_name = find_name(day_names, 7, word);
	if (f->day_name < 0) {
		if (is_relative_word(word))
			return DATE_RELATIVE;
		skip_blanks(c);
		return peek(c) == ',' ? DATE_UNKNOWN_DAY_NAME : DATE_NOT_A_DATE;
	}
	if (!skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (!take_char(c, ','))
		return DATE_NOT_A_DATE;
	return skip_blanks(c) ? DATE_OK : DATE_OPEN_COMMENT;
}

static enum date_error
read_year(struct cursor *c, struct fields *f)
{
	struct span digits = take_while(c, ascii_is_digit);
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
judge_number(struct cursor *c)
{
	if (!skip_blanks(c))
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
read_day_month(struct cursor *c, struct fields *f)
{
	struct span day = take_while(c, ascii_is_digit);
	struct span month;
	uint64_t number;

	if (day.len == 0)
		return DATE_NOT_A_DATE;
	if (!skip_blanks(c))
		return DATE_OPEN_COMMENT;
	month = take_while(c, ascii_is_alpha);
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
	return skip_blanks(c) ? DATE_OK : DATE_OPEN_COMMENT;
}

/* hh:mm[:ss] with comments and blanks anywhere between (obs-time-of-day). */
static enum date_error
read_time(struct cursor *c, struct fields *f)
{
	if (!skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (c->text.len == 0)
		return DATE_NO_TIME;
	if (!take_digits(c, 2, &f->hour))
		return DATE_NOT_A_TIME;
	if (!skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (!take_char(c, ':'))
		return DATE_NOT_A_TIME;
	if (!skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (!take_digits(c, 2, &f->minute))
		return DATE_NOT_A_TIME;
	if (!skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (take_char(c, ':')) {
		if (!skip_blanks(c))
			return DATE_OPEN_COMMENT;
		if (!take_digits(c, 2, &f->second))
			return DATE_NOT_A_TIME;
	}
	return skip_blanks(c) ? DATE_OK : DATE_OPEN_COMMENT;
}

static enum date_error
read_zone(struct cursor *c, struct fields *f)
{
	struct span name;

	if (c->text.len == 0)
		return DATE_NO_ZONE;
	if (peek(c) == '+' || peek(c) == '-')
		return read_offset(c, false, &f->zone_s);
	name = take_while(c, ascii_is_alpha);
	if (name.len == 0)
		return DATE_UNKNOWN_ZONE;
	return read_zone_name(name, &f->zone_s);
}

static enum date_error
read_rfc5322(struct cursor *c, struct fields *f)
{
	enum date_error error;

	if (ascii_is_alpha(peek(c)) && (error = read_day_name(c, f)) != DATE_OK)
		return error;
	if ((error = read_day_month(c, f)) != DATE_OK)
		return error;
	if ((error = read_year(c, f)) != DATE_OK)
		return error;
	if ((error = read_time(c, f)) != DATE_OK)
		return error;
	return read_zone(c, f);
}

/* RFC 3339: yyyy-mm-ddThh:mm:ss[.fraction](Z|+hh:mm), nothing in between */

static bool
looks_like_rfc3339(const struct cursor *c)
{
	size_t n = 0;

	while (n < c->text.len && ascii_is_digit(c->text.data[n]))
		n++;
	return n > 2 && n < c->text.len && c->text.data[n] == '-';
}

static enum date_error
read_iso_date(struct cursor *c, struct fields *f)
{
	int year;

	if (!take_digits(c, 4, &year) || !take_char(c, '-') ||
	    !take_digits(c, 2, &f->month) || !take_char(c, '-') ||
	    !take_digits(c, 2, &f->day))
		return DATE_NOT_A_DATE;
	f->year = year;
	if (take_char(c, 'T') || take_char(c, 't'))
		return DATE_OK;
	if (!skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (c->text.len == 0)
		return DATE_NO_TIME;
	return ascii_is_digit(peek(c)) ? DATE_BLANK_FOR_T : DATE_JUNK_BEHIND;
}

static enum date_error
read_iso_time(struct cursor *c, struct fields *f)
{
	if (!take_digits(c, 2, &f->hour) || !take_char(c, ':') ||
	    !take_digits(c, 2, &f->minute))
		return DATE_NOT_A_TIME;
	if (!take_char(c, ':'))
		return DATE_NO_SECONDS;
	if (!take_digits(c, 2, &f->second))
		return DATE_NOT_A_TIME;
	if (take_char(c, '.')) {
		struct span digits = take_while(c, ascii_is_digit);

		if (digits.len == 0)
			return DATE_NOT_A_TIME;
		for (size_t i = 0; i < digits.len; i++)
			f->fraction = f->fraction || digits.data[i] != '0';
	}
	return DATE_OK;
}

static enum date_error
read_iso_zone(struct cursor *c, struct fields *f)
{
	struct span name;

	if (peek(c) == '+' || peek(c) == '-')
		return read_offset(c, true, &f->zone_s);
	name = take_while(c, ascii_is_alpha);
	if (name.len == 0)
		return DATE_NO_ZONE;
	if (name.len == 1)
		return read_zone_name(name, &f->zone_s);
	return DATE_UNKNOWN_ZONE;
}

static enum date_error
read_rfc3339(struct cursor *c, struct fields *f)
{
	enum date_error error;

	if ((error = read_iso_date(c, f)) != DATE_OK)
		return error;
	if ((error = read_iso_time(c, f)) != DATE_OK)
		return error;
	return read_iso_zone(c, f);
}

static enum date_error
read_moment(struct cursor *c, int64_t *moment_s)
{
	struct fields f = {.day_name = NO_DAY_NAME};
	enum date_error error;

	if (looks_like_rfc3339(c))
		error = read_rfc3339(c, &f);
	else
		error = read_rfc5322(c, &f);
	if (error == DATE_OK)
		error = check_fields(&f);
	if (error == DATE_OK)
		error = fields_to_moment(&f, moment_s);
	return error;
}

static bool
take_never(struct cursor *c)
{
	struct cursor ahead = *c;

	if (!span_equal_nocase(
		take_while(&ahead, ascii_is_alpha), span_str("never")))
		return false;
	*c = ahead;
	return true;
}

/* "@1798189200": seconds since 1970, as some tools write them. */
static bool
is_at_number(struct cursor *c)
{
	struct cursor ahead = *c;

	return take_char(&ahead, '@') &&
	    take_while(&ahead, ascii_is_digit).len > 0;
}

enum date_error
date_parse(struct span text, struct date *date)
{
	struct cursor c = {.text = text};
	struct date out = {0};
	enum date_error error = DATE_OK;

	if (!skip_blanks(&c))
		return DATE_OPEN_COMMENT;
	if (c.text.len == 0)
		return DATE_EMPTY;
	if (peek(&c) == '+' || peek(&c) == '-')
		return DATE_RELATIVE;
	if (is_at_number(&c))
		return DATE_BARE_NUMBER;
	if (take_never(&c))
		out.never = true;
	else
		error = read_moment(&c, &out.moment_s);
	if (error != DATE_OK)
		return error;
	if (!skip_blanks(&c))
		return DATE_OPEN_COMMENT;
	if (c.text.len > 0)
		return DATE_JUNK_BEHIND;
	out.rule = c.rule;
	if (out.never && out.rule.len == 0)
		return DATE_NEVER_ALONE;
	*date = out;
	return DATE_OK;
}
