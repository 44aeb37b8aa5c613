/* SPDX-License-Identifier: ISC */
/*
 * stamp - whether Postfix's configuration files are still as they were
 */
#ifndef SCHED_STAMP_H
#define SCHED_STAMP_H

#include <stdbool.h>
#include <sys/stat.h>

struct stamp {
	struct stat file[2]; /* main.cf and master.cf; zero: not there */
};

/* How the files in that folder are now. */
void stamp_take(struct stamp *stamp, const char *config_directory);

/* Whether a stamp of now would be another one. */
bool stamp_changed(const struct stamp *stamp, const char *config_directory);

#endif
