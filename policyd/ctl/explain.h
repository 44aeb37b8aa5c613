/* SPDX-License-Identifier: ISC */
/*
 * explain - "policyctl explain": what the rules would answer, and why
 *
 * Words are NAME=VALUE of a policy request, and now=TIME. Prints what each rule
 * says and, as the last line, policyd's reply.
 */
#ifndef CTL_EXPLAIN_H
#define CTL_EXPLAIN_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb explain_verb;

#endif
