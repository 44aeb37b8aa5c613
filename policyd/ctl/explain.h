/* SPDX-License-Identifier: ISC */
/*
 * explain - "policyctl explain": what the rules would answer, and why
 */
#ifndef CTL_EXPLAIN_H
#define CTL_EXPLAIN_H

#include "hdrcheck/settings.h"

/*
 * words: NAME=VALUE of a policy request, and now=TIME. Prints what each rule
 * says and, as the last line, policyd's reply. An exit code.
 */
int explain_run(const struct settings *settings, char *const *words, int n);

#endif
