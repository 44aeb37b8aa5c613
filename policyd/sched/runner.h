/* SPDX-License-Identifier: ISC */
/*
 * runner - the privileged half of policyd: five verbs, and nothing else
 *
 * It starts Postfix's commands on the engine's demand and hands their output
 * to the engine as descriptors; it reads no byte of it. It ends when the
 * engine ends, and takes everything it started along, the process of the status
 * page included.
 */
#ifndef SCHED_RUNNER_H
#define SCHED_RUNNER_H

#include "hdrcheck/base/log.h"
#include "hdrcheck/base/notify.h"
#include "hdrcheck/base/priv.h"
#include "hdrcheck/settings.h"
#include "policyd/sched/postconf.h"

struct runner_options {
	const struct log *log;
	const struct notify *notify; /* who is told that we are ready */
	const struct settings *settings;
	const char *settings_file; /* NULL: the default file */
	const struct postconf *postconf;
	struct priv_ids mail_owner;
	int channel; /* to the engine; see wire.h */
	pid_t engine; /* its process */
	pid_t page; /* that of the status page, or 0; we can do without */
	bool looks; /* the engine ends by itself, with our exit code */
	bool has_news; /* the engine got a watch on hold already */
};

/*
 * A watch on the hold queue, and with release_rate = auto on active, too; or
 * -1: not on this system, not while hold is hashed, not before Postfix made the
 * folder. Then runner_run() tries again before each list.
 */
int runner_open_news(
    const struct postconf *postconf, const struct settings *settings);

/* Runs until engine or administrator end it; an exit code. */
int runner_run(const struct runner_options *options);

#endif
