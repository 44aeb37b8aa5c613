/* SPDX-License-Identifier: ISC */
/*
 * zone - a time zone, read from a file of the system's zone database
 *
 * TZif of version 2 and later (RFC 8536): its 64-bit transitions, and the rule
 * of its footer (POSIX TZ, with the hours -167 to 167 of RFC 8536, 3.3.1) for
 * all times behind them. Pure: no tzset(3), no state of the process.
 */
#ifndef POLICYD_ZONE_H
#define POLICYD_ZONE_H

#include "hdrcheck/base/span.h"

enum {
	ZONE_FILE_MAX = 256 * 1024, /* bytes */
	ZONE_NAME_SIZE = 64, /* with the NUL */
};

/* A day of a year and a time of that day: when a rule changes the clocks. */
struct zone_change {
	enum {
		ZONE_MONTH_WEEK_DAY, /* Mm.w.d */
		ZONE_JULIAN, /* Jn: 1-365, no 29 February */
		ZONE_DAY, /* n: 0-365 */
	} kind;
	int month; /* 1-12 */
	int week; /* 1-5; 5 is the last */
	int day; /* 0-6 from Sunday, or the number of the day */
	int32_t time_s; /* local, from midnight; may be negative */
};

struct zone_rule {
	int32_t standard_s; /* east of Greenwich */
	int32_t summer_s;
	bool has_summer;
	struct zone_change start, end; /* of the summer */
};

struct zone {
	int64_t *at_s; /* transitions, ascending */
	int32_t *offset_s; /* from that transition on */
	size_t n;
	int32_t first_offset_s; /* before all transitions */
	bool has_rule;
	struct zone_rule rule; /* behind all transitions */
};

/* True for what may be the name of a zone: "Europe/Amsterdam", no "..". */
bool zone_is_name(struct span name);

/*
 * Reads a zone file. NULL, or what is wrong with it (a constant); *zone owns
 * nothing then.
 */
const char *zone_parse(struct span file, struct zone *zone);

void zone_free(struct zone *zone);

/*
 * How far local time is ahead of UTC at utc_s. This and the following take
 * moments of the years 1 to 9999, in seconds since 1970; local_s counts them
 * as if local time were UTC.
 */
int32_t zone_offset_s(const struct zone *zone, int64_t utc_s);

/*
 * The first moment at which local clocks show local_s or more: of a time that
 * exists twice the first, of one that does not exist the moment the clocks
 * jump over it.
 */
int64_t zone_to_utc(const struct zone *zone, int64_t local_s);

/*
 * The latest local time that clocks have shown up to utc_s: what they show, or
 * more when they have been set back. It never goes back, and it is local_s or
 * more from zone_to_utc(local_s) on.
 */
int64_t zone_shown_s(const struct zone *zone, int64_t utc_s);

#endif
