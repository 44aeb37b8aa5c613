/* SPDX-License-Identifier: ISC */
/*
 * release - "policyctl release" and "policyctl reschedule": moments that the
 * engine keeps
 */
#ifndef CTL_RELEASE_H
#define CTL_RELEASE_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb release_verb;
extern const struct ctl_verb reschedule_verb;

#endif
