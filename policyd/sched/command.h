/* SPDX-License-Identifier: ISC */
/*
 * command - one child process, its pipes and its end
 */
#ifndef SCHED_COMMAND_H
#define SCHED_COMMAND_H

#include <sys/types.h>

#include "hdrcheck/base/priv.h"
#include "hdrcheck/base/span.h"

/* Where a command without a slash in its name is looked for. */
#define COMMAND_PATH "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin"

struct command {
	const char *path; /* absolute, or a name in COMMAND_PATH */
	char *const *argv;
	char *const *env;
	struct span input; /* its whole standard input; copied */
	const struct priv_ids *run_as; /* NULL: as we are */
};

/*
 * Starts it in a process group of its own, with no descriptors but its standard
 * ones and no new privileges. The group's leader is a process that waits for
 * it; if we end before, that kills the whole group (where systems allow that).
 *
 * Returns the leader's pid; *out and *err are the read ends of pipes from its
 * standard output and error, non-blocking, owned by the caller. -1 with errno.
 */
pid_t command_start(const struct command *command, int *out, int *err);

/* The exit code of a status of waitpid(2); 128 and the signal's number. */
int command_exit_code(int status);

#endif
