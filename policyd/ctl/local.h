/* SPDX-License-Identifier: ISC */
/*
 * local - the local time of this machine, for its administrator
 *
 * The zone is that of the machine (/etc/localtime), as in rules and in
 * "explain"; TZ does not count. Formatting is pure.
 */
#ifndef CTL_LOCAL_H
#define CTL_LOCAL_H

#include "policyd/zone.h"

enum { LOCAL_TEXT_SIZE = 48 };

enum local_form {
	LOCAL_SHORT, /* "25 Dec 09:00" */
	LOCAL_LONG, /* "2026-12-25 09:00" */
	LOCAL_SECONDS, /* "2026-12-25 09:00:00" */
	LOCAL_WHOLE, /* "Fri 2026-12-25 09:00:00 +0100" */
	LOCAL_DAY, /* "Fri 2026-12-25" */
};

/* UTC where the system has no zone. False: it cannot be read. */
bool local_load(struct zone *zone);

/* Writes seconds since 1970; moments no calendar holds as "?". Returns out. */
const char *local_format(const struct zone *zone, int64_t s,
    enum local_form form, char out[LOCAL_TEXT_SIZE]);

/*
 * Whether a local time without its year would be misread: it lies more than
 * some ten months from now.
 */
bool local_needs_year(int64_t s, int64_t now_s);

#endif
