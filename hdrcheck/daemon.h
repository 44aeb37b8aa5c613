/* SPDX-License-Identifier: ISC */
/*
 * daemon - what the mains of both daemons share: options and start-up
 */
#ifndef HDRCHECK_DAEMON_H
#define HDRCHECK_DAEMON_H

#include "hdrcheck/base/conn.h"
#include "hdrcheck/base/log.h"
#include "hdrcheck/base/notify.h"
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

/* What a daemon's start goes by. */
struct daemon {
	struct log log;
	struct notify notify;
	struct settings settings;
	struct daemon_ids ids;
};

/* One of a daemon's services and where it listens. */
struct daemon_listener {
	const char *name; /* also of an inherited socket */
	const struct sock_address *address; /* len 0: off */
	/*
	 * NULL: that of ids. Else its socket is for nobody else, and its folder
	 * is made (0755, as who we are) where only that one is missing.
	 */
	const struct sock_owner *owner;
	int fd; /* -1: does not listen */
	bool inherited;
};

/*
 * To be called first in a daemon: standard descriptors that are closed become
 * /dev/null, all others are closed but what a service manager hands over, the
 * signals that daemons take wait until somebody reads them, and the log is
 * opened. NULL, or what is wrong (a constant, not logged yet).
 */
const char *daemon_clean_up(struct daemon *d, const char *ident, bool debug);

/*
 * Looks the setting user and socket_group up; a process that is not root
 * stays who it is. 0, or an exit code (logged).
 */
int daemon_find_ids(struct daemon *d);

/*
 * Opens what settings and ids ask for. An inherited socket is used for the
 * service of its name, else of its address, else the first one, whose address
 * is not looked at then. 0, or an exit code (logged): EX_TEMPFAIL (75) when
 * somebody listens there already.
 */
int daemon_open_listeners(
    struct daemon *d, struct daemon_listener *listeners, size_t n);

/* Where it listens, for the log. */
const char *daemon_listener_text(const struct daemon_listener *listener);

/*
 * For a process that serves one peer: root becomes the setting user, or nobody
 * where there is no such user. 0, or an exit code (logged).
 */
int daemon_stop_being_root(const struct daemon *d);

/*
 * Ignores SIGPIPE, has large buffers go back to the system when they are freed,
 * raises the limit of descriptors as settings need it.
 */
void daemon_prepare(const struct daemon *d);

/* What settings allow the peers of a listener. */
struct conn_limits daemon_limits(const struct settings *settings);

/* Prints "NAME (deliver-at) VERSION". */
void daemon_print_version(const char *name);

#endif
