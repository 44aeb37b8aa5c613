/* SPDX-License-Identifier: ISC */
/*
 * verb - what the runner may do, as commands of Postfix
 *
 * For the runner alone: the one place that turns a verb into a program and its
 * arguments.
 */
#ifndef SCHED_VERB_H
#define SCHED_VERB_H

#include "hdrcheck/base/priv.h"
#include "policyd/sched/sweep.h"

/* Where the commands are, which Postfix they are for, and who owns it. */
struct verb_place {
	const char *command_directory;
	const char *config_directory;
	const struct priv_ids *mail_owner;
};

/* The command's name, for the log. */
const char *verb_program(enum sweep_verb verb);

/* How long it may run. */
int64_t verb_deadline_s(enum sweep_verb verb);

/*
 * Starts the command; see command_start(). ids: n bytes, checked ids, each
 * followed by a line end, which are overwritten.
 */
pid_t verb_start(const struct verb_place *place, enum sweep_verb verb,
    char *ids, size_t n, int fds[2]);

#endif
