/* SPDX-License-Identifier: ISC */
/*
 * setup - "policyctl setup": puts deliver-at into Postfix, and takes it out
 *
 * Prints each change as the command that makes it. Exit codes: 64 wrong use; 69
 * Postfix does not reload; 71 or 73 something cannot be changed; 75 another one
 * is at work; 77 not root; 78 the configuration of Postfix does not allow it.
 */
#ifndef CTL_SETUP_H
#define CTL_SETUP_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb setup_verb;

#endif
