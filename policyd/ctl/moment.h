/* SPDX-License-Identifier: ISC */
/*
 * moment - a time that an administrator types
 *
 * Pure.
 */
#ifndef CTL_MOMENT_H
#define CTL_MOMENT_H

#include "policyd/zone.h"

/*
 * Reads RFC 3339, "2026-12-24T23:00:00+01:00", where the seconds and the zone
 * may be missing; without one it is local time of that zone. Seconds since
 * 1970. False for anything else.
 */
bool moment_parse(
    struct span text, const struct zone *local, int64_t *moment_s);

/* What moment_read() takes, for messages. */
#define MOMENT_FORMS                                                           \
	"+2h30m, 17:30, \"tomorrow 09:00\", 2026-12-24T23:00 (local time, or " \
	"with a zone), a date as in a header, or never"

struct moment_base {
	int64_t now_s;
	const struct zone *local;
};

/*
 * Reads what may be said to "policyctl reschedule":
 *
 *   +2h30m           from now, as clock_parse_duration()
 *   17:30, 9:00:30   today in local time, and still ahead
 *   today 17:30      the same
 *   tomorrow 09:00   of the next day
 *   2026-12-24T23:00 as moment_parse(), also with a blank for the T
 *   a date of date.h, but no never of a rule
 *   never            OVERRIDE_NEVER
 *
 * The moment may be in the past, but for times of today. NULL, or what is
 * wrong (a constant).
 */
const char *moment_read(
    struct span text, const struct moment_base *base, int64_t *moment_s);

#endif
