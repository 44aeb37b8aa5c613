/* SPDX-License-Identifier: ISC */
/*
 * list - "policyctl list" and "policyctl count"
 */
#ifndef CTL_LIST_H
#define CTL_LIST_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb list_verb;
extern const struct ctl_verb count_verb;

#endif
