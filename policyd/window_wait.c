/* SPDX-License-Identifier: ISC */
/*
 * How long mail may have to wait for a window: longest from a moment at which
 * a range closes.
 */
#include "policyd/window.h"

enum {
	SECONDS_PER_MINUTE = 60,
	SECONDS_PER_DAY = 86400,
	AHEAD_DAYS = 400, /* more than a year: all changes of the clocks */
	DAYS_PER_WEEK = 7,
	CUT_DAYS = 2, /* what clocks may take off, at both ends */
};

/* Whether what comes as a range of one of these days closes waits so long. */
static bool
waits_longer(const struct window *window, const struct zone *zone,
    int64_t first_day, int64_t days, int64_t now_s, int64_t limit_s)
{
	for (int64_t day = first_day; day < first_day + days; day++) {
		for (size_t i = 0; i < window->n_ranges; i++) {
			const struct window_range *range = &window->ranges[i];
			int64_t local_s = day * SECONDS_PER_DAY +
			    range->end_min * SECONDS_PER_MINUTE;
			int64_t close_s;

			if (range->end_min <= range->start_min)
				local_s += SECONDS_PER_DAY;
			close_s = zone_to_utc(zone, local_s);
			if (close_s >= now_s &&
			    window_next(window, zone, close_s) - close_s >
				limit_s)
				return true;
		}
	}
	return false;
}

bool
window_opens_within(const struct window *window, const struct zone *zone,
    int64_t now_s, int64_t limit_s)
{
	int64_t today = (now_s + zone_offset_s(zone, now_s)) / SECONDS_PER_DAY;
	int64_t weeks = 1 + (int64_t)window->n_except;
	int64_t before = DAYS_PER_WEEK + CUT_DAYS;

	if ((weeks * DAYS_PER_WEEK + CUT_DAYS) * SECONDS_PER_DAY <= limit_s)
		return true;
	if (window_next(window, zone, now_s) - now_s > limit_s ||
	    waits_longer(window, zone, today - 1, AHEAD_DAYS, now_s, limit_s))
		return false;
	for (size_t i = 0; i < window->n_except; i++)
		if (window->except[i] >= today + AHEAD_DAYS - 1 &&
		    waits_longer(window, zone, window->except[i] - before,
			before, now_s, limit_s))
			return false;
	return true;
}
