/* SPDX-License-Identifier: ISC */
/*
 * clock - what time it is, and how times are written
 *
 * Decisions take the time as a parameter; only the mains and the loop read
 * the clock, so tests can drive it.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "hdrcheck/base/span.h"

#define CLOCK_NS_PER_S  INT64_C(1000000000)
#define CLOCK_NS_PER_MS INT64_C(1000000)

enum {
	CLOCK_UTC_SIZE = 32, /* "2026-12-25T09:00:00Z" and a long year */
	CLOCK_UTC_MS_SIZE = CLOCK_UTC_SIZE + 4,
	CLOCK_SECONDS_SIZE = 24, /* "-9223372036.854" */
	CLOCK_RFC5322_SIZE = 48, /* "Fri, 25 Dec 2026 09:00:00 +0000" */
	CLOCK_DURATION_SIZE = 32, /* "36500d23h59m59s" */
};

/*
 * One reading of the clocks.
 *
 * time(2), which stamps Postfix's log and Received headers, lags behind
 * CLOCK_REALTIME by up to a tick of the kernel (4 ms, as a rule). What must
 * not happen before a second waits for reached_ns, which enters a second only
 * when time(2) has: then no clock of the machine says that it is early.
 */
struct clock_now {
	int64_t wall_ns; /* since 1970, CLOCK_REALTIME: to measure with */
	int64_t reached_ns; /* the same, but in the second of time(2): to act */
	int64_t mono_ns; /* CLOCK_MONOTONIC: for waiting and deadlines */
};

struct clock_now clock_read(void);

/* One of the clocks, where the others are of no use. */
int64_t clock_wall_ns(void);
int64_t clock_mono_ns(void);

/* The whole second that a wall clock reading is in (rounds down). */
int64_t clock_floor_s(int64_t ns);

/*
 * Days from 1970-01-01 to a date of the Gregorian calendar (also before its
 * time). month 1-12, day 1-31, both within the month.
 */
int64_t clock_days_from_date(int64_t year, int month, int day);

/* How many days a month has; month 1-12. */
int clock_days_in_month(int64_t year, int month);

/* Writes seconds since 1970 as RFC 3339 in UTC. Returns out. */
const char *clock_format_utc(int64_t s, char out[CLOCK_UTC_SIZE]);

/* The same of nanoseconds, with three digits behind the second. */
const char *clock_format_utc_ms(int64_t ns, char out[CLOCK_UTC_MS_SIZE]);

/*
 * Writes how many seconds these are, with three digits behind the point, cut
 * off towards zero: a minus only where a digit is not 0. Returns out.
 */
const char *clock_format_seconds(int64_t ns, char out[CLOCK_SECONDS_SIZE]);

/*
 * The same as RFC 5322 writes it in a header; empty for what no calendar holds.
 * Returns out.
 */
const char *clock_format_rfc5322(int64_t s, char out[CLOCK_RFC5322_SIZE]);

/* Reads "90", "90s", "1d2h30m" (s m h d, largest first) as seconds. */
bool clock_parse_duration(struct span text, int64_t *seconds);

/* Writes seconds >= 0 the way clock_parse_duration() reads them. */
const char *clock_format_duration(
    int64_t seconds, char out[CLOCK_DURATION_SIZE]);

#endif
