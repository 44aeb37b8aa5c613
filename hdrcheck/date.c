/* SPDX-License-Identifier: ISC */
#include "hdrcheck/date.h"

#include "hdrcheck/base/clock.h"
#include "hdrcheck/date_private.h"

enum {
	SECONDS_PER_DAY = 86400,
	DAYS_PER_WEEK = 7,
	EPOCH_DAY = 4, /* 1970-01-01 was a Thursday */
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

static enum date_error
check_fields(const struct date_fields *f)
{
	if (f->month < 1 || f->month > 12 || f->day < 1 ||
	    f->day > clock_days_in_month(f->year, f->month))
		return DATE_NO_SUCH_DATE;
	if (f->hour > 23 || f->minute > 59 || f->second > 60)
		return DATE_NO_SUCH_TIME;
	return DATE_OK;
}

static enum date_error
fields_to_moment(const struct date_fields *f, int64_t *moment_s)
{
	int64_t days = clock_days_from_date(f->year, f->month, f->day);
	int64_t weekday = ((days + EPOCH_DAY) % DAYS_PER_WEEK + DAYS_PER_WEEK) %
	    DAYS_PER_WEEK;

	if (f->day_name != DATE_NO_DAY_NAME && f->day_name != weekday)
		return DATE_WRONG_DAY_NAME;
	*moment_s = days * SECONDS_PER_DAY + f->hour * SECONDS_PER_HOUR +
	    f->minute * SECONDS_PER_MINUTE + f->second - f->zone_s +
	    (f->fraction ? 1 : 0);
	return DATE_OK;
}

static enum date_error
read_moment(struct date_cursor *c, int64_t *moment_s)
{
	struct date_fields f = {.day_name = DATE_NO_DAY_NAME};
	enum date_error error;

	if (date_looks_like_rfc3339(c))
		error = date_read_rfc3339(c, &f);
	else
		error = date_read_rfc5322(c, &f);
	if (error == DATE_OK)
		error = check_fields(&f);
	if (error == DATE_OK)
		error = fields_to_moment(&f, moment_s);
	return error;
}

static bool
take_never(struct date_cursor *c)
{
	struct date_cursor ahead = *c;

	if (ascii_lower(date_peek(c)) != 'n' ||
	    !span_equal_nocase(date_take_word(&ahead), span_str("never")))
		return false;
	*c = ahead;
	return true;
}

/* "@1798189200": seconds since 1970, as some tools write them. */
static bool
is_at_number(struct date_cursor *c)
{
	struct date_cursor ahead = *c;

	return date_take_char(&ahead, '@') && date_take_number(&ahead).len > 0;
}

enum date_error
date_parse(struct span text, struct date *date)
{
	struct date_cursor c = {.text = text};
	struct date out = {0};
	enum date_error error = DATE_OK;

	if (!date_skip_blanks(&c))
		return DATE_OPEN_COMMENT;
	if (c.text.len == 0)
		return DATE_EMPTY;
	if (date_peek(&c) == '+' || date_peek(&c) == '-')
		return DATE_RELATIVE;
	if (is_at_number(&c))
		return DATE_BARE_NUMBER;
	if (take_never(&c))
		out.never = true;
	else
		error = read_moment(&c, &out.moment_s);
	if (error != DATE_OK)
		return error;
	if (!date_skip_blanks(&c))
		return DATE_OPEN_COMMENT;
	if (c.text.len > 0)
		return DATE_JUNK_BEHIND;
	out.rule = c.rule;
	if (out.never && out.rule.len == 0)
		return DATE_NEVER_ALONE;
	*date = out;
	return DATE_OK;
}
