/* SPDX-License-Identifier: ISC */
/*
 * events_verb - "policyctl events": what the engine did, and does
 */
#ifndef CTL_EVENTS_VERB_H
#define CTL_EVENTS_VERB_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb events_verb;

#endif
