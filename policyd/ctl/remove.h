/* SPDX-License-Identifier: ISC */
/*
 * remove - "policyctl fail" and "policyctl drop": by Postfix's own commands,
 * without policyd
 */
#ifndef CTL_REMOVE_H
#define CTL_REMOVE_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb fail_verb;
extern const struct ctl_verb drop_verb;

#endif
