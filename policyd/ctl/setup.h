/* SPDX-License-Identifier: ISC */
/*
 * setup - "policyctl setup": puts deliver-at into Postfix, and takes it out
 */
#ifndef CTL_SETUP_H
#define CTL_SETUP_H

#include "hdrcheck/settings.h"

/*
 * words: --everywhere, --dry-run, --reload, --undo. Prints each change as the
 * command that makes it. An exit code: 64 wrong use; 69 Postfix does not
 * reload; 71 or 73 something cannot be changed; 75 another one is at work; 77
 * not root; 78 the configuration of Postfix does not allow it.
 */
int setup_run(const struct settings *settings, char *const *words, int n);

#endif
