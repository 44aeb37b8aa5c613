/* SPDX-License-Identifier: ISC */
/*
 * reread - the files that the engine is to read again
 *
 * Root opens them, which the engine perhaps cannot, and reads nothing.
 */
#ifndef SCHED_REREAD_H
#define SCHED_REREAD_H

#include "hdrcheck/base/log.h"
#include "policyd/sched/wire.h"

struct reread {
	int has; /* of WIRE_HAS_..., in their order */
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
	int missing; /* of WIRE_HAS_...: the one that cannot be opened */
	int error; /* and its errno */
};

/*
 * Opens those that are set: settings_file NULL is the default file, which need
 * not be there; rules_file may be empty. False, logged: one cannot be opened.
 * To be closed in any case.
 */
bool reread_open(struct reread *files, const struct log *log,
    const char *settings_file, const char *rules_file);

void reread_close(struct reread *files);

#endif
