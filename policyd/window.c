/* SPDX-License-Identifier: ISC */
#include "policyd/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hdrcheck/base/clock.h"

enum {
	MINUTES_PER_DAY = 1440,
	SECONDS_PER_MINUTE = 60,
	SECONDS_PER_DAY = 86400,
	DAYS_PER_WEEK = 7,
	EPOCH_DAY = 4, /* 1970-01-01 was a Thursday */
	EVERY_DAY = 0x7f,
	WORD_SHOWN_MAX = 60, /* bytes of it in an error */
};

struct parser {
	struct window *window;
	uint8_t days; /* for the times behind */
	struct span unused; /* the last days, until times follow */
	struct span *zone_name;
	bool in_tail; /* behind tz= or except= */
	bool has_zone, has_except;
	bool in_except; /* a date goes on with it */
	struct span *at;
	char *error;
};

static bool
fail(struct parser *p, struct span word, const char *what)
{
	size_t n = word.len < WORD_SHOWN_MAX ? word.len : WORD_SHOWN_MAX;

	*p->at = word;
	snprintf(p->error, WINDOW_ERROR_SIZE, "%.*s%s%s", (int)n, word.data,
	    n > 0 ? ": " : "", what);
	return false;
}

/* Exactly that many digits at the front of text, and then behind. */
static bool
take_digits(struct span *text, size_t digits, char behind, int *value)
{
	uint64_t number;
	size_t whole = digits + (behind != '\0');

	if (text->len < whole ||
	    !span_to_u64(span_head(*text, digits), UINT16_MAX, &number) ||
	    (behind != '\0' && text->data[digits] != behind))
		return false;
	*value = (int)number;
	*text = span_skip(*text, whole);
	return true;
}

/* "Mon", as 1. */
static bool
take_day(struct span *text, unsigned *day)
{
	static const char *const names[DAYS_PER_WEEK] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

	if (text->len < 3)
		return false;
	for (unsigned i = 0; i < DAYS_PER_WEEK; i++)
		if (span_equal_nocase(
			span_head(*text, 3), span_str(names[i]))) {
			*text = span_skip(*text, 3);
			*day = i;
			return true;
		}
	return false;
}

/* "Mon", "Mon-Fri", "Fri-Mon". */
static bool
read_days(struct span word, uint8_t *days)
{
	unsigned first, last, bits;

	if (!take_day(&word, &first))
		return false;
	last = first;
	if (word.len > 0 && word.data[0] == '-') {
		word = span_skip(word, 1);
		if (!take_day(&word, &last))
			return false;
	}
	bits = 1u << last;
	for (unsigned day = first; day != last; day = (day + 1) % DAYS_PER_WEEK)
		bits |= 1u << day;
	*days = (uint8_t)bits;
	return word.len == 0;
}

static bool
add_days(struct parser *p, struct span word)
{
	uint8_t days;

	if (!read_days(word, &days))
		return fail(p, word,
		    "neither days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, "
		    "nor except=");
	if (p->unused.len == 0)
		p->days = 0;
	p->days |= days;
	p->unused = word;
	return true;
}

/* "08:00-20:00" as minutes; which of them may be is not looked at. */
static bool
read_times(struct span word, int *start, int *end)
{
	int hours[2], minutes[2];

	if (!take_digits(&word, 2, ':', &hours[0]) ||
	    !take_digits(&word, 2, '-', &minutes[0]) ||
	    !take_digits(&word, 2, ':', &hours[1]) ||
	    !take_digits(&word, 2, '\0', &minutes[1]) || word.len > 0 ||
	    minutes[0] > 59 || minutes[1] > 59)
		return false;
	*start = hours[0] * 60 + minutes[0];
	*end = hours[1] * 60 + minutes[1];
	return *start <= MINUTES_PER_DAY && *end <= MINUTES_PER_DAY;
}

static bool
add_times(struct parser *p, struct span word)
{
	struct window *w = p->window;
	struct window_range *more;
	int start, end;

	if (!read_times(word, &start, &end))
		return fail(p, word, "not times as in 08:00-20:00");
	if (start == MINUTES_PER_DAY)
		return fail(p, word, "24:00 can only be an end");
	if (start == end)
		return fail(p, word,
		    "ends where it starts; a whole day is 00:00-24:00");
	if (w->n_ranges == WINDOW_RANGES_MAX)
		return fail(p, word, "more than 64 ranges");
	more = realloc(w->ranges, (w->n_ranges + 1) * sizeof(*more));
	if (more == NULL)
		return fail(p, word, "out of memory");
	w->ranges = more;
	w->ranges[w->n_ranges++] =
	    (struct window_range){p->days, (uint16_t)start, (uint16_t)end};
	w->days |= p->days;
	p->unused.len = 0;
	return true;
}

static bool
set_zone(struct parser *p, struct span word, struct span name)
{
	if (p->has_zone)
		return fail(p, word, "a second tz=");
	if (!zone_is_name(name))
		return fail(p, word, "not the name of a time zone");
	*p->zone_name = name;
	p->has_zone = true;
	return true;
}

static bool
read_date(struct span word, int32_t *days)
{
	int year, month, day;

	if (!take_digits(&word, 4, '-', &year) ||
	    !take_digits(&word, 2, '-', &month) ||
	    !take_digits(&word, 2, '\0', &day) || word.len > 0 || month < 1 ||
	    month > 12 || day < 1 || day > clock_days_in_month(year, month))
		return false;
	*days = (int32_t)clock_days_from_date(year, month, day);
	return true;
}

/* How many days of except= lie before day. */
static size_t
count_except_before(const struct window *w, int64_t day)
{
	size_t low = 0, high = w->n_except;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->except[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
add_except(struct parser *p, struct span word, struct span date)
{
	struct window *w = p->window;
	int32_t *more, day;
	size_t at;

	if (!read_date(date, &day))
		return fail(p, word, "no date of the calendar (YYYY-MM-DD)");
	at = count_except_before(w, day);
	if (at < w->n_except && w->except[at] == day)
		return true;
	if (w->n_except == WINDOW_EXCEPT_MAX)
		return fail(p, word, "more than 1000 days in except=");
	more = realloc(w->except, (w->n_except + 1) * sizeof(*more));
	if (more == NULL)
		return fail(p, word, "out of memory");
	w->except = more;
	memmove(more + at + 1, more + at, (w->n_except - at) * sizeof(*more));
	more[at] = day;
	w->n_except++;
	return true;
}

static bool
start_except(struct parser *p, struct span word, struct span date)
{
	if (p->has_except)
		return fail(p, word, "a second except=");
	p->has_except = true;
	p->in_except = true;
	return add_except(p, word, date);
}

static bool
looks_like_date(struct span word)
{
	return ascii_is_digit(word.data[0]) &&
	    memchr(word.data, ':', word.len) == NULL;
}

static bool
read_word(struct parser *p, struct span word)
{
	struct span value = word, name = {"", 0};
	bool has_value = span_cut(&value, '=', &name);

	if (p->in_except && looks_like_date(word))
		return add_except(p, word, word);
	p->in_except = false;
	if (has_value && span_equal_str(name, "tz")) {
		p->in_tail = true;
		return set_zone(p, word, value);
	}
	if (has_value && span_equal_str(name, "except")) {
		p->in_tail = true;
		return start_except(p, word, value);
	}
	if (p->in_tail)
		return fail(
		    p, word, "days and times stand before tz= and except=");
	if (ascii_is_digit(word.data[0]))
		return add_times(p, word);
	return add_days(p, word);
}

bool
window_parse(struct span text, struct window *window, struct span *zone_name,
    struct span *at, char error[WINDOW_ERROR_SIZE])
{
	struct parser p = {.window = window,
	    .days = EVERY_DAY,
	    .zone_name = zone_name,
	    .at = at,
	    .error = error};
	struct span word;
	bool good = true;

	*window = (struct window){0};
	*zone_name = span_of("", 0);
	while (good && span_next_item(&text, &word))
		good = read_word(&p, word);
	if (good && p.unused.len > 0)
		good = fail(&p, p.unused, "no times behind these days");
	if (good && window->n_ranges == 0)
		good = fail(&p, word, "no times: a window that never opens");
	if (!good) {
		window_free(window);
		*zone_name = span_of("", 0);
	}
	return good;
}

void
window_free(struct window *window)
{
	free(window->ranges);
	free(window->except);
	*window = (struct window){0};
}

static int64_t
day_of(int64_t shown_s)
{
	return shown_s / SECONDS_PER_DAY - (shown_s % SECONDS_PER_DAY < 0);
}

/* The bit of a day in struct window_range. */
static unsigned
bit_of(int64_t day)
{
	return 1u << ((day % DAYS_PER_WEEK + DAYS_PER_WEEK + EPOCH_DAY) %
		   DAYS_PER_WEEK);
}

/* The same, but none for a day of except=. */
static unsigned
open_bit_of(const struct window *w, int64_t day)
{
	size_t at = count_except_before(w, day);

	return at < w->n_except && w->except[at] == day ? 0 : bit_of(day);
}

static bool
is_open(const struct window *w, int64_t shown_s)
{
	int64_t day = day_of(shown_s);
	int64_t minute = (shown_s - day * SECONDS_PER_DAY) / SECONDS_PER_MINUTE;
	unsigned today = open_bit_of(w, day);
	unsigned yesterday = open_bit_of(w, day - 1);

	for (size_t i = 0; i < w->n_ranges; i++) {
		const struct window_range *r = &w->ranges[i];
		bool overnight = r->end_min <= r->start_min;

		if ((r->days & today) != 0 && minute >= r->start_min &&
		    (overnight || minute < r->end_min))
			return true;
		if ((r->days & yesterday) != 0 && overnight &&
		    minute < r->end_min)
			return true;
	}
	return false;
}

/* The first start of a day that is behind shown_s, or INT64_MAX. */
static int64_t
next_start_on(const struct window *w, int64_t day, int64_t shown_s)
{
	unsigned bit = bit_of(day);
	int64_t next_s = INT64_MAX;

	for (size_t i = 0; i < w->n_ranges; i++) {
		int64_t start_s = day * SECONDS_PER_DAY +
		    w->ranges[i].start_min * SECONDS_PER_MINUTE;

		if ((w->ranges[i].days & bit) != 0 && start_s > shown_s &&
		    start_s < next_s)
			next_s = start_s;
	}
	return next_s;
}

/*
 * The first start behind shown_s. There is one: some day of the week has
 * ranges, and except= has but so many days.
 */
static int64_t
next_start(const struct window *w, int64_t shown_s)
{
	int64_t day = day_of(shown_s);
	size_t at = count_except_before(w, day);

	for (;; day++) {
		int64_t next_s = INT64_MAX;

		if (at < w->n_except && w->except[at] == day)
			at++;
		else if ((w->days & bit_of(day)) != 0)
			next_s = next_start_on(w, day, shown_s);
		if (next_s != INT64_MAX)
			return next_s;
	}
}

/*
 * All is told in what clocks have shown, for that never goes back: a range is
 * open from when its start has been shown until its end has. A start of the
 * last minute counts in any case, in case the clocks jumped over its range.
 */
int64_t
window_next(const struct window *window, const struct zone *zone, int64_t now_s)
{
	int64_t shown_s = zone_shown_s(zone, now_s);
	int64_t before_s = zone_shown_s(zone, now_s - SECONDS_PER_MINUTE);
	int64_t next_s = next_start(window, before_s);

	if (next_s <= shown_s || is_open(window, shown_s))
		return now_s;
	return zone_to_utc(zone, next_s);
}
