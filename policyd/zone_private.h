/* SPDX-License-Identifier: ISC */
/*
 * zone_private - the rule behind the transitions; for zone() only
 */
#ifndef POLICYD_ZONE_PRIVATE_H
#define POLICYD_ZONE_PRIVATE_H

#include "policyd/zone.h"

/* A time without a change of the clocks. */
struct zone_period {
	int32_t offset_s;
	int64_t end_s; /* the first moment behind it */
};

/* Reads a POSIX TZ string. False when it is none. */
bool zone_read_rule(struct span text, struct zone_rule *rule);

/* The period that utc_s is in; it may end before the clocks do change. */
struct zone_period zone_rule_period(
    const struct zone_rule *rule, int64_t utc_s);

#endif
