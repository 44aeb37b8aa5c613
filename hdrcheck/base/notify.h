/* SPDX-License-Identifier: ISC */
/*
 * notify - what a service manager hands over, and what it is told
 *
 * The protocols of sd_listen_fds(3) and sd_notify(3), which other service
 * managers speak too: listening sockets that are inherited (LISTEN_PID,
 * LISTEN_FDS, LISTEN_FDNAMES), readiness and a watchdog (NOTIFY_SOCKET,
 * WATCHDOG_USEC, WATCHDOG_PID). Whatever is missing means: nobody asks for it.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include "hdrcheck/base/sock.h"

enum {
	NOTIFY_LISTENERS_MAX = 8, /* sockets that may be inherited */
	NOTIFY_NAME_SIZE = 64, /* of a listener's name, with the NUL */
	NOTIFY_WAIT_S = 5, /* how long notify_ready() may take */
	NOTIFY_FIRST_FD = 3, /* where inherited descriptors begin */
};

struct notify {
	int fd; /* to tell by; -1: nobody wants to know */
	int64_t watchdog_ns; /* to be alive in each such time; 0: none */
	size_t n_listeners; /* inherited, the taken ones included */
	struct {
		int fd; /* -1: taken */
		char name[NOTIFY_NAME_SIZE]; /* may be empty */
	} listener[NOTIFY_LISTENERS_MAX];
};

/*
 * Reads the environment. Inherited listeners become non-blocking and
 * close-on-exec; every other descriptor behind standard error is closed. NULL,
 * or what is wrong (a constant): no listening stream sockets, or too many.
 */
const char *notify_open(struct notify *n);

/*
 * Takes the inherited listener that has that name, or that address: its
 * descriptor, owned by the caller, or -1.
 */
int notify_take_name(struct notify *n, const char *name);
int notify_take_address(struct notify *n, const struct sock_address *address);

/* Takes the first inherited listener that is left, or -1. */
int notify_take_any(struct notify *n);

/* Tells the service manager "READY=1"; waits up to NOTIFY_WAIT_S for it. */
void notify_ready(const struct notify *n);

/* Tells it something else, for example "WATCHDOG=1", if it hears us now. */
void notify_tell(const struct notify *n, const char *state);

/* Closes what nobody took, and the way to the service manager. */
void notify_close(struct notify *n);

#endif
