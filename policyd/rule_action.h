/* SPDX-License-Identifier: ISC */
/*
 * rule_action - the second half of a rule: what it does
 *
 * For rule() alone. Pure, but for memory.
 */
#ifndef POLICYD_RULE_ACTION_H
#define POLICYD_RULE_ACTION_H

#include "policyd/rule.h"

enum { RULE_ACTION_ERROR_SIZE = WINDOW_ERROR_SIZE };

/*
 * Reads text, what stands behind the ":" of a rule, into the action of *rule,
 * and for a window the name of its zone, empty when none is named: both borrow
 * from text. Reply and reason have blanks inside as they are in text. *at is
 * where the action stands. False: error says why, *at where; *rule owns nothing
 * then.
 */
bool rule_action_parse(struct span text, const struct rules_context *context,
    struct rule *rule, struct span *zone_name, struct span *at,
    char error[RULE_ACTION_ERROR_SIZE]);

/* The name of an action, as it is written in the file. */
const char *rule_action_name(enum rule_action action);

#endif
