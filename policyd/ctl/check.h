/* SPDX-License-Identifier: ISC */
/*
 * check - the verb "policyctl check": what is wrong here, and what mends it
 */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb check_verb;

#endif
