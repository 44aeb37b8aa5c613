/* SPDX-License-Identifier: ISC */
/*
 * paths - the hot paths of the programs, each run so often over the real code
 *
 * For callgrind, which counts only inside of a function named measure_*: what
 * is made ready around it costs nothing. Such a function is never inlined. What
 * goes another way than it should ends the program with exit 1.
 */
#ifndef BENCH_PATHS_H
#define BENCH_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "hdrcheck/settings.h"

#define PATHS_MEASURED __attribute__((noinline))

enum {
	PATHS_NOW_S = 1795300000, /* 2026-11-21T22:26:40Z */
	PATHS_COUNT_MAX = 100 * 1000,
};

/* Ends the program if not. */
void paths_need(bool ok, const char *what);

/* Settings from lines of a configuration file. */
void paths_settings(struct settings *settings, const char *text);

/* Requests of Postfix: paths_requests.c. */
void path_lookup_socketmap(size_t count);
void path_lookup_tcp_table(size_t count);
void path_policy_10_rules(size_t count);
void path_policy_1000_rules(size_t count);

/* The scheduler, a message each: paths_sched.c. */
void path_listed_line(size_t count); /* of a walk without news */
void path_arrival(size_t count); /* told by inotify */
void path_read_message(size_t count); /* new, until it waits */
void path_release(size_t count); /* due, until it has left */

#endif
