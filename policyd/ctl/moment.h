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

#endif
