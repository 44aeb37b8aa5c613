/* SPDX-License-Identifier: ISC */
/*
 * web - the process that serves the status page and metrics
 *
 * A child of policyd, unprivileged. It knows what the engine tells it through a
 * pipe and what hdrcheck answers; it can open no file and start no process, and
 * nothing can be changed through it.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "hdrcheck/base/log.h"
#include "hdrcheck/settings.h"

enum {
	WEB_CONNECTIONS_MAX = 32,
	WEB_IDLE_MS = 10 * 1000, /* also for reading a reply */
};

struct web_options {
	const struct log *log;
	const struct settings *settings;
	int listener;
	int snapshots; /* the read end of the pipe from the engine */
};

/*
 * Runs, having given up all privileges before, until the engine is gone. Owns
 * the descriptors. An exit code.
 */
int web_run(const struct web_options *options);

#endif
