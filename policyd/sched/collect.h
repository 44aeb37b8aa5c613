/* SPDX-License-Identifier: ISC */
/*
 * collect - a command that is run to its end, and what it printed
 */
#ifndef SCHED_COLLECT_H
#define SCHED_COLLECT_H

#include "hdrcheck/base/buf.h"
#include "policyd/sched/command.h"

/*
 * Starts the command and waits for it, deadline_ms at most; then it is killed.
 * What it printed is appended to out and err as far as that fits; the rest
 * counts as read.
 *
 * Its exit code as command_exit_code() says it. -1 with errno: it could not be
 * started, or ETIMEDOUT.
 */
int collect_command(const struct command *command, int64_t deadline_ms,
    struct buf *out, struct buf *err);

/* A command on its way; it holds a process and two descriptors. */
struct collection {
	pid_t pid; /* -1: it could not be started */
	int error; /* why not */
	int out;
	int err;
	int64_t deadline_ns;
};

/*
 * The same in two steps, so that commands can run side by side. What is started
 * has to be ended, also when it could not be started: the end tells.
 */
void collect_start(
    struct collection *c, const struct command *command, int64_t deadline_ms);
int collect_end(const struct collection *c, struct buf *out, struct buf *err);

#endif
