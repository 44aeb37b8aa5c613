/* SPDX-License-Identifier: ISC */
/*
 * daemon - what the mains of both daemons share: options and start-up
 */
#ifndef HDRCHECK_DAEMON_H
#define HDRCHECK_DAEMON_H

#include "hdrcheck/base/conn.h"
#include "hdrcheck/base/log.h"
#include "hdrcheck/base/priv.h"
#include "hdrcheck/settings.h"

#define DELIVER_AT_VERSION "0.1.0"

enum {
	/* Descriptors beside those of connections. */
	DAEMON_DESCRIPTORS = 64,
};

/* Who a daemon runs as and who its sockets belong to. */
struct daemon_ids {
	struct priv_ids user;
	struct sock_owner sockets;
};

/*
 * Looks the setting user and socket_group up; a process that is not root
 * stays who it is. 0, or an exit code (logged).
 */
int daemon_find_ids(const struct log *log, const struct settings *settings,
    struct daemon_ids *ids);

/*
 * A listening socket as settings and ids ask for it, or -1, logged, with
 * *exit_code set: EX_TEMPFAIL (75) when somebody listens there already.
 */
int daemon_listen(const struct log *log, const struct sock_address *address,
    const struct settings *settings, const struct daemon_ids *ids,
    int *exit_code);

/*
 * To be called first in a daemon: standard descriptors that are closed become
 * /dev/null, all others that were inherited are closed, and the signals that
 * daemons take wait until somebody reads them. 0 or -1: errno.
 */
int daemon_clean_up(void);

/* Ignores SIGPIPE, raises the limit of descriptors as settings need it. */
void daemon_prepare(const struct log *log, const struct settings *settings);

/* What settings allow the peers of a listener. */
struct conn_limits daemon_limits(const struct settings *settings);

/* Prints "NAME (deliver-at) VERSION". */
void daemon_print_version(const char *name);

#endif
