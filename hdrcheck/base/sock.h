/* SPDX-License-Identifier: ISC */
/*
 * sock - addresses to listen on, and listening sockets made from them
 */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "hdrcheck/base/span.h"

enum {
	SOCK_TEXT_SIZE = 128, /* "unix:" and a path, or "inet:[...]:65535" */
	SOCK_BACKLOG = 511, /* connections waiting to be accepted */
};

struct sock_address {
	char text[SOCK_TEXT_SIZE]; /* as configured; empty: none */
	struct sockaddr_storage storage;
	socklen_t len;
};

/* Who a unix socket belongs to, and its mode. */
struct sock_owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/*
 * Reads "unix:/path", "inet:127.0.0.1:10044" or "inet:[::1]:10044". Returns
 * NULL, or what is wrong (a constant).
 */
const char *sock_parse(struct span text, struct sock_address *address);

/* The path of a unix address, else NULL. */
const char *sock_path(const struct sock_address *address);

/*
 * A listening, non-blocking, close-on-exec socket. A unix socket is made with
 * the effective ids and the umask that owner asks for (as far as this process
 * may change them), so no chown or chmod ever acts on a path. A stale socket
 * file is removed only if it is a socket and nobody answers on it.
 *
 * -1: errno, EADDRINUSE when somebody listens there already.
 */
int sock_listen(
    const struct sock_address *address, const struct sock_owner *owner);

/* Whether a socket is bound to that address. */
bool sock_is_bound_to(int fd, const struct sock_address *address);

/* Whether only this machine can connect to it: by a loopback address. */
bool sock_is_loopback(int fd);

/* A connected, blocking, close-on-exec socket; -1: errno. */
int sock_connect(const struct sock_address *address);

/*
 * A non-blocking, close-on-exec socket that is connected or on its way: once it
 * can be written to, sock_error() tells which. Never waits: -1 and EAGAIN where
 * too many wait at a unix socket already; -1: another errno.
 */
int sock_connect_later(const struct sock_address *address);

/* Why connecting failed, as errno; 0: it has not. */
int sock_error(int fd);

#endif
