/* SPDX-License-Identifier: ISC */
/*
 * window, each minute of some years: beside the C library's clocks, and a
 * door that is opened and closed as they go on.
 */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

#include "policyd/window.h"

enum {
	MINUTE_S = 60,
	DAY_MINUTES = 1440,
	BEFORE = 3 * DAY_MINUTES, /* until it is known whether it is open */
	YEAR = 366 * DAY_MINUTES,
	BEHIND = 16 * DAY_MINUTES, /* until there is a next opening */
	MINUTES = BEFORE + YEAR + BEHIND,
	RANGES = 4,
	DAYS_OFF = 6,
	TEXT_SIZE = 256,
};

/* Each twice: as it is written, and for the door. */
static const struct hours {
	const char *text;
	struct range {
		const char *days; /* 0 Sunday ... 6 Saturday */
		int start, end; /* minutes, end > start */
	} ranges[RANGES];
	int off[DAYS_OFF]; /* month * 100 + day */
} all_hours[] = {
    /* Office hours. */
    {"Mon-Fri 08:00-20:00, Sat 10:00-14:00",
	{{"12345", 480, 1200}, {"6", 600, 840}}, {1225, 1226}},
    /* Over midnight, not from or on the days when the clocks change. */
    {"22:00-06:00", {{"0123456", 1320, 1800}},
	{327, 329, 403, 405, 1024, 1029}},
    /* In what is skipped or comes twice, in Amsterdam and on Lord Howe. */
    {"02:10-02:20, Sat,Sun 01:45-02:15, Sun 02:00-03:00 02:30-02:31",
	{{"0123456", 130, 140}, {"06", 105, 135}, {"0", 120, 180},
	    {"0", 150, 151}},
	{1030}},
    /* The same in Santiago, where it is midnight. */
    {"Sat-Sun 00:30-02:30, 23:45-00:15, Sun 00:10-00:50, Mon-Sat 12:00-12:01",
	{{"06", 30, 150}, {"06", 1425, 1455}, {"0", 10, 50},
	    {"123456", 720, 721}},
	{904}},
    /* Whole days, and a day less a minute. */
    {"Sun-Mon 00:00-24:00 Sat 03:00-02:59", {{"01", 0, 1440}, {"6", 180, 1619}},
	{329, 406, 1003}},
};

static const struct {
	const char *zone;
	int year;
	int step; /* minutes; but each where the clocks change */
} years[] = {
    {"Europe/Amsterdam", 2026, 1},
    {"America/Santiago", 2026, 1},
    {"Australia/Lord_Howe", 2026, 1},
    /* A leap year, behind the transitions that any file lists. */
    {"Europe/Amsterdam", 2044, 7},
    {"America/Santiago", 2044, 7},
    {"Australia/Lord_Howe", 2044, 7},
};

/* What the clocks show each minute, in minutes since 1970. */
struct clocks {
	int64_t first_s;
	int64_t shown[MINUTES];
};

static void
watch(struct clocks *clocks, const char *zone, int year)
{
	char text[MOMENT_SIZE];

	judge_set(zone);
	snprintf(text, sizeof(text), "%d-01-01 00:00", year);
	clocks->first_s = moment(text) - BEFORE * MINUTE_S;
	for (int i = 0; i < MINUTES; i++)
		clocks->shown[i] =
		    judge_local_s(clocks->first_s + i * MINUTE_S) / MINUTE_S;
}

/* Within two days of a change. */
static bool
change_is_near(const struct clocks *clocks, int32_t i)
{
	const int32_t by = 2 * DAY_MINUTES;

	return clocks->shown[i + by] - clocks->shown[i - by] != 2 * by;
}

struct door {
	const struct hours *hours;
	int64_t shown; /* by the clocks so far */
	int64_t end[RANGES]; /* the door is open until the clocks show it */
};

static bool
starts_at(const struct hours *hours, const struct range *range, int64_t minute)
{
	time_t t = (time_t)(minute * MINUTE_S);
	struct tm tm;

	if (range->days == NULL || minute % DAY_MINUTES != range->start)
		return false;
	assert_non_null(gmtime_r(&t, &tm));
	for (size_t i = 0; i < DAYS_OFF; i++)
		if (hours->off[i] == (tm.tm_mon + 1) * 100 + tm.tm_mday)
			return false;
	return strchr(range->days, '0' + tm.tm_wday) != NULL;
}

/* The clocks go on, perhaps by more than a minute. Returns if it is open. */
static bool
door_go_on(struct door *door, int64_t shown)
{
	bool open = false;

	for (; door->shown < shown; door->shown++)
		for (size_t i = 0; i < RANGES; i++) {
			const struct range *range = &door->hours->ranges[i];
			int64_t minute = door->shown + 1;

			if (!starts_at(door->hours, range, minute))
				continue;
			door->end[i] = minute + range->end - range->start;
			open = true;
		}
	for (size_t i = 0; i < RANGES; i++)
		open = open || door->shown < door->end[i];
	return open;
}

/* For each minute the first one, from it on, at which the door is open. */
static void
find_openings(const struct clocks *clocks, const struct hours *hours,
    int32_t openings[MINUTES])
{
	struct door door = {.hours = hours, .shown = clocks->shown[0] - 1};
	int32_t next = -1;

	for (int32_t i = 0; i < MINUTES; i++)
		openings[i] = door_go_on(&door, clocks->shown[i]) ? i : -1;
	for (int32_t i = MINUTES - 1; i >= 0; i--) {
		if (openings[i] < 0)
			openings[i] = next;
		next = openings[i];
	}
}

static void
parse_hours(const struct hours *hours, int year, struct window *w)
{
	char text[TEXT_SIZE], error[WINDOW_ERROR_SIZE] = "";
	struct span zone_name, at;
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", hours->text);

	for (size_t i = 0; i < DAYS_OFF && hours->off[i] > 0; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%04d-%02d-%02d", i == 0 ? " except=" : ",", year,
		    hours->off[i] / 100, hours->off[i] % 100);
	window_parse(span_str(text), w, &zone_name, &at, error);
	check_string(text, error, "");
}

/* Any second of a minute will do: within one nothing changes. */
static void
check_minute(
    const char row[TEXT_SIZE], int64_t now_s, int64_t next_s, int64_t opening_s)
{
	int64_t want_s = opening_s > now_s ? opening_s : now_s;
	char at[2 * TEXT_SIZE], written[MOMENT_SIZE];

	if (next_s == want_s)
		return;
	snprintf(
	    at, sizeof(at), "%s, at %s", row, write_moment(now_s, written));
	check_moment(at, next_s, want_s);
}

static void
check_year(const struct clocks *clocks, size_t year, size_t hours,
    const struct zone *zone)
{
	static int32_t openings[MINUTES];
	struct window w;
	char row[TEXT_SIZE];

	snprintf(row, sizeof(row), "%s, %s", years[year].zone,
	    all_hours[hours].text);
	parse_hours(&all_hours[hours], years[year].year, &w);
	find_openings(clocks, &all_hours[hours], openings);
	for (int32_t i = BEFORE; i < BEFORE + YEAR; i++) {
		int64_t now_s = clocks->first_s + i * MINUTE_S + i % 60;

		if (i % years[year].step != 0 && !change_is_near(clocks, i))
			continue;
		check_minute(row, now_s, window_next(&w, zone, now_s),
		    clocks->first_s + openings[i] * MINUTE_S);
	}
	window_free(&w);
}

static void
each_minute_is_as_the_clocks_say(void **state)
{
	static struct clocks clocks;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(years); i++) {
		struct zone zone;

		system_zone(years[i].zone, &zone);
		watch(&clocks, years[i].zone, years[i].year);
		for (size_t j = 0; j < COUNT_OF(all_hours); j++)
			check_year(&clocks, i, j, &zone);
		zone_free(&zone);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_minute_is_as_the_clocks_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
