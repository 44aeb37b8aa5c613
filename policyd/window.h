/* SPDX-License-Identifier: ISC */
/*
 * window - when mail may leave: "Mon-Fri 08:00-20:00, Sat 10:00-14:00"
 *
 * Ranges of local time. Days hold for all times behind them until others are
 * named; times before which no day is named are of every day. A range that
 * ends before it starts goes over midnight, and belongs to the day it starts
 * on. On days in except= no range starts. Pure, but for memory.
 *
 * A range opens when the clocks first show its start or, where they jump over
 * it, at the jump; it closes when they first show its end. So each opening
 * exists, if only for a minute.
 */
#ifndef POLICYD_WINDOW_H
#define POLICYD_WINDOW_H

#include "policyd/zone.h"

enum {
	WINDOW_ERROR_SIZE = 512,
	WINDOW_RANGES_MAX = 64,
	WINDOW_EXCEPT_MAX = 1000, /* days */
};

struct window_range {
	uint8_t days; /* bit 0: Sunday ... bit 6: Saturday */
	uint16_t start_min; /* 0-1439 */
	uint16_t end_min; /* 0-1440; < start: on the next day */
};

struct window {
	struct window_range *ranges;
	size_t n_ranges;
	uint8_t days; /* of all of them */
	int32_t *except; /* days since 1970, ascending */
	size_t n_except;
};

/*
 * Reads text, whose words are parted by blanks and commas: days (Mon, Mon-Fri,
 * Fri-Mon; any case), times (HH:MM-HH:MM, 24:00 as an end only), and behind
 * them tz=NAME and except=YYYY-MM-DD,YYYY-MM-DD, each once at most. *zone_name
 * is borrowed, empty when there is none. False: error says why, with the word,
 * which *at is, in text (empty, at its end, when something is missing there);
 * *window owns nothing then.
 */
bool window_parse(struct span text, struct window *window,
    struct span *zone_name, struct span *at, char error[WINDOW_ERROR_SIZE]);

void window_free(struct window *window);

/*
 * now_s itself when it is inside, else the moment of the next opening. Both
 * in seconds since 1970, of the years 1 to 9999.
 */
int64_t window_next(
    const struct window *window, const struct zone *zone, int64_t now_s);

/*
 * Whether whatever comes at now_s or later finds it open within limit_s. Clocks
 * are taken to change next year as they do this year.
 */
bool window_opens_within(const struct window *window, const struct zone *zone,
    int64_t now_s, int64_t limit_s);

#endif
