/* SPDX-License-Identifier: ISC */
/*
 * settings - deliver-at.conf, the one file of both daemons
 *
 * The settings are one flat struct without pointers: a copy is a copy, and a
 * reload is one assignment.
 */
#ifndef HDRCHECK_SETTINGS_H
#define HDRCHECK_SETTINGS_H

#include <sys/types.h>

#include "hdrcheck/base/conf.h"
#include "hdrcheck/base/sock.h"
#include "hdrcheck/header.h"
#include "hdrcheck/permit.h"

#ifndef SYSCONFDIR /* make's */
#define SYSCONFDIR "/etc"
#endif

#define SETTINGS_DEFAULT_FILE SYSCONFDIR "/deliver-at/deliver-at.conf"

enum {
	SETTINGS_PATH_SIZE = 256,
	SETTINGS_NAME_SIZE = 64, /* of a user or group */
};

enum settings_method { METHOD_AUTO, METHOD_RELEASE, METHOD_REQUEUE };

/*
 * requeue_after = auto: a quarter of the queue life. release_rate = auto: what
 * was released and not tried yet is at most half of what qmgr takes.
 */
#define SETTINGS_AUTO INT64_C(-1)

struct settings {
	char file[SETTINGS_PATH_SIZE]; /* of settings_load(), perhaps cut */
	struct header_names header_names;
	int64_t max_postpone_s;
	struct permit permit_postpone;
	bool release_unpermitted;
	struct header_names veto_headers;
	struct sock_address socketmap_listen;
	struct sock_address tcp_table_listen;
	struct sock_address policy_listen;
	struct sock_address metrics_listen;
	bool page_addresses; /* the status page shows those, and subjects */
	mode_t socket_mode;
	char socket_group[SETTINGS_NAME_SIZE];
	char user[SETTINGS_NAME_SIZE];
	char control_socket[SETTINGS_PATH_SIZE];
	char postfix_config_directory[SETTINGS_PATH_SIZE];
	char rules_file[SETTINGS_PATH_SIZE];
	int64_t sweep_interval_s;
	enum settings_method release_method;
	int64_t requeue_after_s; /* or SETTINGS_AUTO */
	int64_t release_rate; /* a second; 0: no limit; or SETTINGS_AUTO */
	char state_directory[SETTINGS_PATH_SIZE];
	int64_t max_connections;
	int64_t idle_timeout_s;
};

/*
 * Reads text (the file's content) into settings, over the presets. False with
 * "FILE:LINE: what" in error; settings are not to be used then.
 */
bool settings_parse(struct settings *settings, struct span text,
    const char *file, char error[CONF_ERROR_SIZE]);

/* settings_parse() of what can be read from fd. */
bool settings_read(struct settings *settings, int fd, const char *file,
    char error[CONF_ERROR_SIZE]);

/*
 * Opens and reads file, or with NULL the default file, whose absence means
 * presets. Same result as settings_parse().
 */
bool settings_load(
    struct settings *settings, const char *file, char error[CONF_ERROR_SIZE]);

/* The name of the first setting that needs a restart to change, or NULL. */
const char *settings_needs_restart(
    const struct settings *old, const struct settings *new);

#endif
