/* SPDX-License-Identifier: ISC */
/*
 * check_private - one run of policyctl check; for check*.c only
 *
 * Root looks at configuration, folders and sockets; a child that is not root
 * reads what Postfix's commands and the daemons say, and diagnoses.
 */
#ifndef CTL_CHECK_PRIVATE_H
#define CTL_CHECK_PRIVATE_H

#include "policyd/ctl/check_files.h"
#include "policyd/ctl/check_lookups.h"
#include "policyd/ctl/postconf_load.h"

enum { CHECK_VERSION_SIZE = 32 /* bytes of Postfix's */ };

/* Where a daemon is asked. */
struct check_target {
	struct sock_address address; /* len 0: nowhere */
	struct file_facts files; /* of a unix socket */
	int fd; /* -1: nobody answers */
	bool elsewhere; /* nobody answers there, but where settings say */
};

struct check_run {
	bool json;
	const struct settings *settings;
	struct check_site site;
	struct findings findings;
	struct postconf_text text; /* of Postfix's configuration */
	struct postconf postconf;
	char version[CHECK_VERSION_SIZE];
	struct entries entries;
	struct check_lookups lookups;
	struct hands_lookup ask[LOOKUPS_MAX]; /* the same, for the hands */
	struct files_context files;
	struct check_target hdrcheck;
	struct check_target policy;
	struct check_target control;
	struct file_facts state_folder;
	bool rules; /* a rules file is set */
	bool policy_asked; /* by Postfix */
	int64_t now_s;
	/* What the child finds out. */
	bool policyd_runs;
	bool hdrcheck_runs;
	bool policy_answers;
};

/*
 * Root's part. False: Postfix's configuration cannot be read, which is a
 * finding, and all there is.
 */
bool check_gather(struct check_run *run);
void check_gather_end(struct check_run *run);

/* The child's part: a hands_fn; ctx is the run. */
int check_diagnose(struct hands *hands, void *ctx);

/* Prints what was found; an exit code. */
int check_print(const struct check_run *run);

#endif
