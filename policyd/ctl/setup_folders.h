/* SPDX-License-Identifier: ISC */
/*
 * setup_folders - the user and the folders that the daemons need
 */
#ifndef CTL_SETUP_FOLDERS_H
#define CTL_SETUP_FOLDERS_H

#include <stdio.h>

#include "hdrcheck/settings.h"

/*
 * Makes what is missing, and prints each as the command that does it; with
 * dry_run it only prints. What is there with another owner or mode stays, and
 * the command that mends it is printed. No chown or chmod acts on a path.
 *
 * How many were missing; -1: what is wrong was printed.
 */
int setup_folders_make(const struct settings *settings, bool dry_run);

/* Prints text as a word for a shell, in quotes where it needs them. */
void setup_show_word(FILE *out, const char *text);

#endif
