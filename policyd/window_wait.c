/* SPDX-License-Identifier: ISC */
/*
 * How long mail may have to wait for a window: longest from a moment at which
 * a range closes.
 */
#include "policyd/window.h"

enum {
	MINUTES_PER_DAY = 1440,
	SECONDS_PER_MINUTE = 60,
	SECONDS_PER_DAY = 86400,
	AHEAD_DAYS = 400, /* more than a year: all changes of the clocks */
	DAYS_PER_WEEK = 7,
	CUT_DAYS = 2, /* what clocks may take off, at both ends */
};

/* The wait of what comes as the ranges of that day close. */
static int64_t
wait_of_day(const struct window *window, const struct zone *zone, int64_t day,
    int64_t now_s)
{
	int64_t longest_s = 0;

	for (size_t i = 0; i < window->n_ranges; i++) {
		const struct window_range *range = &window->ranges[i];
		int64_t end_min = range->end_min;
		int64_t close_s, wait_s;

		if (range->end_min <= range->start_min)
			end_min += MINUTES_PER_DAY;
		close_s = zone_to_utc(
		    zone, day * SECONDS_PER_DAY + end_min * SECONDS_PER_MINUTE);
		if (close_s < now_s)
			continue;
		wait_s = window_next(window, zone, close_s) - close_s;
		if (wait_s > longest_s)
			longest_s = wait_s;
	}
	return longest_s;
}

static void
look_at(const struct window *window, const struct zone *zone, int64_t first,
    int64_t days, int64_t now_s, int64_t *longest_s)
{
	for (int64_t day = first; day < first + days; day++) {
		int64_t wait_s = wait_of_day(window, zone, day, now_s);

		if (wait_s > *longest_s)
			*longest_s = wait_s;
	}
}

bool
window_opens_within(const struct window *window, const struct zone *zone,
    int64_t now_s, int64_t limit_s)
{
	int64_t today = (now_s + zone_offset_s(zone, now_s)) / SECONDS_PER_DAY;
	int64_t weeks = 1 + (int64_t)window->n_except;
	int64_t at_most_s =
	    (weeks * DAYS_PER_WEEK + CUT_DAYS) * SECONDS_PER_DAY;
	int64_t before = DAYS_PER_WEEK + CUT_DAYS;
	int64_t longest_s = window_next(window, zone, now_s) - now_s;

	if (at_most_s <= limit_s)
		return true;
	look_at(window, zone, today - 1, AHEAD_DAYS, now_s, &longest_s);
	for (size_t i = 0; i < window->n_except; i++)
		if (window->except[i] >= today + AHEAD_DAYS - 1)
			look_at(window, zone, window->except[i] - before,
			    before, now_s, &longest_s);
	return longest_s <= limit_s;
}
