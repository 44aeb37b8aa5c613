/* SPDX-License-Identifier: ISC */
/*
 * daemon_support - a daemon that has not started yet
 */
#ifndef UNIT_DAEMON_SUPPORT_H
#define UNIT_DAEMON_SUPPORT_H

#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/daemon.h"

/* With these settings, as this user, and it logs to standard error. */
static inline struct daemon
new_daemon(const char *text)
{
	struct daemon d = {
	    .log = {.ident = "test", .to_stderr = true},
	    .notify = {.fd = -1},
	    .ids = {.user = {geteuid(), getegid()},
		.sockets = {geteuid(), getegid(), 0600}},
	};
	char error[CONF_ERROR_SIZE] = "";

	if (!settings_parse(&d.settings, span_str(text), "test", error))
		check_string(text, error, "");
	return d;
}

#endif
