/* SPDX-License-Identifier: ISC */
/*
 * check - whether the rules are right, for policyd -n
 */
#ifndef POLICYD_CHECK_H
#define POLICYD_CHECK_H

#include "hdrcheck/daemon.h"

/*
 * Reads the rules file that the settings name, if they do; root leaves that to
 * a child that is not root. 0, or an exit code: what is wrong is told on
 * standard error.
 */
int check_rules(const struct daemon *d);

#endif
