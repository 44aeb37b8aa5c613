/* SPDX-License-Identifier: ISC */
/*
 * rule_zone - the time zones that rules name, each read once
 *
 * For rule() alone. Pure, but for memory.
 */
#ifndef POLICYD_RULE_ZONE_H
#define POLICYD_RULE_ZONE_H

#include "policyd/rule.h"

enum { RULE_ZONE_ERROR_SIZE = 256 };

/*
 * *place is that of the zone of this name (zone_is_name(), or empty: the
 * machine's) in rules; it is loaded when it is not there yet. False: error says
 * why, and rules is as before.
 */
bool rule_zone_find(struct rules *rules, const struct source *source,
    struct span name, size_t *place, char error[RULE_ZONE_ERROR_SIZE]);

#endif
