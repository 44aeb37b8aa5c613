/* SPDX-License-Identifier: ISC */
/*
 * postconf - what we need to know of Postfix's configuration
 */
#ifndef SCHED_POSTCONF_H
#define SCHED_POSTCONF_H

#include "hdrcheck/settings.h"
#include "policyd/sched/plan.h"
#include "policyd/sched/postconf_view.h"

enum { POSTCONF_ERROR_SIZE = 256 };

struct postconf {
	char command_directory[SETTINGS_PATH_SIZE];
	char queue_directory[SETTINGS_PATH_SIZE];
	char mail_owner[SETTINGS_NAME_SIZE];
	bool hold_is_hashed; /* hash_queue_names lists hold */
	bool active_is_hashed;
	bool sets_zone; /* import_environment sets TZ to other than UTC */
	struct plan_postfix facts;
};

/*
 * Reads what is needed of all and overrides of a view; its explicit may be
 * empty, and services. Pure. False when a value is missing or cannot be read.
 */
bool postconf_parse(const struct postconf_view *view, struct postconf *conf);

/*
 * Runs postconf(1) on a configuration directory, and
 * waits for it, POSTCONF_DEADLINE_MS at most. False with the reason in error.
 */
bool postconf_read(const char *config_directory, struct postconf *conf,
    char error[POSTCONF_ERROR_SIZE]);

/*
 * The same of main.cf alone, which takes half as long where processors are few.
 * What needs master.cf too stays as it is safe: nothing is to be requeued.
 */
bool postconf_read_main(const char *config_directory, struct postconf *conf,
    char error[POSTCONF_ERROR_SIZE]);

enum { POSTCONF_DEADLINE_MS = 10000 };

#endif
