/* SPDX-License-Identifier: ISC */
/*
 * engine - the unprivileged half of policyd: policy service and scheduler
 */
#ifndef POLICYD_ENGINE_H
#define POLICYD_ENGINE_H

#include "hdrcheck/base/log.h"
#include "hdrcheck/settings.h"
#include "policyd/sched/postconf.h"

struct engine_options {
	struct log *log;
	const struct settings *settings;
	const char *settings_file; /* its name, for messages */
	const struct postconf *postconf;
	uint64_t mail_owner_uid;
	int channel; /* to the runner; see wire.h */
	int listener; /* of the policy service; -1: none */
	const char *listens_on; /* the same in words */
	int control; /* listener of the administrator; -1: none */
	int rules; /* settings->rules_file, or -1 */
	bool looks; /* only at what is on hold, and tells on standard output */
	int news; /* inotify on hold, or -1 */
	int snapshots; /* for the status page, a pipe; -1: there is none */
	int64_t snapshots_ns; /* one in each such time at most; 0: a second */
	int64_t watchdog_ns; /* a sign of life in each such time; 0: none */
};

/*
 * Runs, having given up all privileges before, until the runner says so or is
 * gone. Owns the descriptors. An exit code.
 */
int engine_run(const struct engine_options *options);

#endif
