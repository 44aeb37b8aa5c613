/* SPDX-License-Identifier: ISC */
/*
 * rule_gate - by what most rules are passed over
 *
 * For rule() alone. Pure, but for memory.
 */
#ifndef POLICYD_RULE_GATE_H
#define POLICYD_RULE_GATE_H

#include "policyd/rule.h"

/* Fills in the gates of rules that are read. False: no memory. */
bool rule_gate_make_all(struct rules *rules);

#endif
