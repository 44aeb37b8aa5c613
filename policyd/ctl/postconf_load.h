/* SPDX-License-Identifier: ISC */
/*
 * postconf_load - runs postconf(1) and keeps what it prints
 */
#ifndef CTL_POSTCONF_LOAD_H
#define CTL_POSTCONF_LOAD_H

#include "policyd/sched/postconf.h"
#include "policyd/sched/postconf_view.h"

enum { POSTCONF_TEXT_MAX = 4 * 1024 * 1024 }; /* bytes of one output */

struct postconf_text {
	struct buf explicit;
	struct buf all;
	struct buf services;
	struct buf overrides;
	struct postconf_view view; /* borrows from the others */
};

/*
 * Reads the configuration in that folder. Parameters of main.cf that nothing
 * refers to are not there, as postconf leaves them out.
 *
 * True, and text is to be given to postconf_text_free(). False with the reason
 * in error; text owns nothing then.
 */
bool postconf_load(const char *config_directory, struct postconf_text *text,
    char error[POSTCONF_ERROR_SIZE]);

void postconf_text_free(struct postconf_text *text);

#endif
