/* SPDX-License-Identifier: ISC */
/*
 * parts - the processes that policyd is made of, each with what it needs
 *
 * The runner stays root; the engine, and the status page where somebody is to
 * see it, become the setting "user" before they read a byte. Each closes what
 * is not its own.
 */
#ifndef POLICYD_PARTS_H
#define POLICYD_PARTS_H

#include "hdrcheck/daemon.h"
#include "policyd/sched/postconf.h"

enum parts_listener {
	PARTS_POLICY, /* the engine's */
	PARTS_CONTROL, /* likewise */
	PARTS_METRICS, /* of the status page */
	PARTS_LISTENERS,
};

struct parts {
	struct daemon *daemon;
	const char *settings_file; /* NULL: the default one */
	const struct postconf *postconf;
	struct priv_ids mail_owner;
	struct daemon_listener listener[PARTS_LISTENERS];
	bool looks; /* at what is on hold, for -n, and no more */
	int rules; /* the rules file, or -1 */
	int hold; /* the folder, locked by the runner as long as it lives */
	int news; /* of the engine, or -1 */
	/* The rest is for the functions below. */
	int channel[2];
	int snapshots[2]; /* a pipe, or -1 */
	pid_t page; /* 0: there is none */
	bool is_engine;
};

/* No descriptor yet. */
void parts_init(struct parts *parts, struct daemon *daemon);

/*
 * Makes what runner and engine talk by. To be called before anything else that
 * stays open, but for the rules: so the engine's end has a low number, and none
 * below those that it keeps is free, should somebody lower the limit to all
 * that are in use. 0, or an exit code (logged).
 */
int parts_open_channel(struct parts *parts);

/*
 * Parts, and returns in runner and engine, at the end of each: its exit code.
 * Owns the descriptors.
 */
int parts_run(struct parts *parts);

#endif
