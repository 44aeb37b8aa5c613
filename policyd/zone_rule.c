/* SPDX-License-Identifier: ISC */
/*
 * POSIX TZ strings: "CET-1CEST,M3.5.0,M10.5.0/3", "<-03>3".
 */
#include "policyd/zone_private.h"

#include "hdrcheck/base/clock.h"

enum {
	SECONDS_PER_HOUR = 3600,
	SECONDS_PER_DAY = 86400,
	NAME_MIN = 3, /* letters of an abbreviation */
	OFFSET_HOURS_MAX = 24,
	CHANGE_HOURS_MAX = 167,
	CHANGE_DEFAULT_S = 2 * SECONDS_PER_HOUR,
	DAYS_PER_WEEK = 7,
	EPOCH_DAY = 4, /* 1970-01-01 was a Thursday */
	LAST_WEEK = 5,
	/* More than CHANGE_HOURS_MAX and an offset. */
	SLACK_S = 10 * SECONDS_PER_DAY,
};

static bool
take_char(struct span *text, char wanted)
{
	if (text->len == 0 || text->data[0] != wanted)
		return false;
	*text = span_skip(*text, 1);
	return true;
}

/* A number of at most that many digits. */
static bool
take_number(struct span *text, size_t digits, int min, int max, int *value)
{
	uint64_t number;
	size_t n = 0;

	while (n < text->len && ascii_is_digit(text->data[n]))
		n++;
	if (n > digits ||
	    !span_to_u64(span_head(*text, n), (uint64_t)max, &number) ||
	    (int)number < min)
		return false;
	*value = (int)number;
	*text = span_skip(*text, n);
	return true;
}

/* ":mm", or nothing. */
static bool
take_sixty(struct span *text, int *value)
{
	size_t before;

	*value = 0;
	if (!take_char(text, ':'))
		return true;
	before = text->len;
	return take_number(text, 2, 0, 59, value) && before - text->len == 2;
}

/* [+-]h[:mm[:ss]] */
static bool
take_time(struct span *text, int max_hours, int32_t *time_s)
{
	bool negative = take_char(text, '-');
	int hours, minutes, seconds;

	if (!negative)
		take_char(text, '+');
	if (!take_number(text, max_hours > 99 ? 3 : 2, 0, max_hours, &hours) ||
	    !take_sixty(text, &minutes) || !take_sixty(text, &seconds))
		return false;
	*time_s = hours * SECONDS_PER_HOUR + minutes * 60 + seconds;
	if (negative)
		*time_s = -*time_s;
	return true;
}

static bool
take_name(struct span *text)
{
	bool quoted = take_char(text, '<');
	size_t n = 0;

	while (n < text->len &&
	    (ascii_is_alpha(text->data[n]) ||
		(quoted &&
		    (ascii_is_digit(text->data[n]) || text->data[n] == '+' ||
			text->data[n] == '-'))))
		n++;
	*text = span_skip(*text, n);
	return n >= NAME_MIN && (!quoted || take_char(text, '>'));
}

static bool
take_day(struct span *text, struct zone_change *change)
{
	*change = (struct zone_change){.kind = ZONE_DAY};
	if (take_char(text, 'J')) {
		change->kind = ZONE_JULIAN;
		return take_number(text, 3, 1, 365, &change->day);
	}
	if (!take_char(text, 'M'))
		return take_number(text, 3, 0, 365, &change->day);
	change->kind = ZONE_MONTH_WEEK_DAY;
	return take_number(text, 2, 1, 12, &change->month) &&
	    take_char(text, '.') &&
	    take_number(text, 1, 1, LAST_WEEK, &change->week) &&
	    take_char(text, '.') && take_number(text, 1, 0, 6, &change->day);
}

static bool
take_change(struct span *text, struct zone_change *change)
{
	if (!take_char(text, ',') || !take_day(text, change))
		return false;
	change->time_s = CHANGE_DEFAULT_S;
	return !take_char(text, '/') ||
	    take_time(text, CHANGE_HOURS_MAX, &change->time_s);
}

/* TZ strings count west of Greenwich. */
static bool
take_offset(struct span *text, int32_t *offset_s)
{
	if (!take_time(text, OFFSET_HOURS_MAX, offset_s))
		return false;
	*offset_s = -*offset_s;
	return true;
}

bool
zone_read_rule(struct span text, struct zone_rule *rule)
{
	*rule = (struct zone_rule){0};
	if (!take_name(&text) || !take_offset(&text, &rule->standard_s))
		return false;
	if (text.len == 0)
		return true;
	rule->has_summer = true;
	if (!take_name(&text))
		return false;
	rule->summer_s = rule->standard_s + SECONDS_PER_HOUR;
	if (text.len > 0 && text.data[0] != ',' &&
	    !take_offset(&text, &rule->summer_s))
		return false;
	return take_change(&text, &rule->start) &&
	    take_change(&text, &rule->end) && text.len == 0;
}

static int64_t
new_year_s(int64_t year)
{
	return clock_days_from_date(year, 1, 1) * SECONDS_PER_DAY;
}

/*
 * The year that it is SLACK_S later: no change of those behind it can be up to
 * utc_s. 400 years are 146097 days, no year starts a whole day earlier than
 * that has it, and the day is rounded down: so two days more are enough. (Up,
 * before 1970: a later year does no harm.)
 */
static int64_t
last_year_for(int64_t utc_s)
{
	int64_t day = (utc_s + SLACK_S) / SECONDS_PER_DAY + 2;

	return 1970 + day * 400 / 146097;
}

static int64_t
day_of_week(int64_t first, int month_days, const struct zone_change *change)
{
	int64_t weekday =
	    (first % DAYS_PER_WEEK + DAYS_PER_WEEK + EPOCH_DAY) % DAYS_PER_WEEK;
	int64_t n = (change->day - weekday + DAYS_PER_WEEK) % DAYS_PER_WEEK +
	    (change->week - 1) * DAYS_PER_WEEK;

	/* The fifth may be the fourth. */
	return first + (n < month_days ? n : n - DAYS_PER_WEEK);
}

/* When the clocks change, which are offset_s ahead until then. */
static int64_t
change_at(const struct zone_change *change, int64_t year, int32_t offset_s)
{
	int month = change->kind == ZONE_MONTH_WEEK_DAY ? change->month : 1;
	int64_t day = clock_days_from_date(year, month, 1);

	switch (change->kind) {
	case ZONE_MONTH_WEEK_DAY:
		day =
		    day_of_week(day, clock_days_in_month(year, month), change);
		break;
	case ZONE_JULIAN:
		day += change->day - 1;
		if (change->day >= 60 && clock_days_in_month(year, 2) == 29)
			day++;
		break;
	case ZONE_DAY:
		day += change->day;
		break;
	}
	return day * SECONDS_PER_DAY + change->time_s - offset_s;
}

struct search {
	int64_t utc_s;
	int64_t last_s; /* the last change up to utc_s */
	int64_t next_s; /* the first behind */
	bool summer; /* since last_s */
};

/* Summer all year is written with each start at the moment of an end. */
static void
note_change(struct search *search, int64_t at_s, bool summer)
{
	if (at_s > search->utc_s) {
		if (at_s < search->next_s)
			search->next_s = at_s;
	} else if (at_s > search->last_s ||
	    (at_s == search->last_s && summer)) {
		search->last_s = at_s;
		search->summer = summer;
	}
}

/*
 * Changes may lie outside their year, but less than SLACK_S. So a period is
 * said to end before those of the year behind the last may come; and those of
 * earlier years are looked at only until none of them can be the last change.
 */
struct zone_period
zone_rule_period(const struct zone_rule *rule, int64_t utc_s)
{
	struct search search = {.utc_s = utc_s, .last_s = INT64_MIN};
	int64_t year;

	if (!rule->has_summer)
		return (struct zone_period){rule->standard_s, INT64_MAX};
	year = last_year_for(utc_s);
	search.next_s = new_year_s(year + 1) - SLACK_S;
	do {
		note_change(&search,
		    change_at(&rule->start, year, rule->standard_s), true);
		note_change(&search,
		    change_at(&rule->end, year, rule->summer_s), false);
	} while (search.last_s < new_year_s(year--) + SLACK_S);
	return (struct zone_period){
	    search.summer ? rule->summer_s : rule->standard_s, search.next_s};
}
