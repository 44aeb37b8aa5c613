/* SPDX-License-Identifier: ISC */
/*
 * status_verb - "policyctl status": how deliver-at is
 */
#ifndef CTL_STATUS_VERB_H
#define CTL_STATUS_VERB_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb status_verb;

#endif
