/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* SOCK_CLOEXEC */

#include "hdrcheck/base/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"

#define NS_PER_US       INT64_C(1000)
#define WATCHDOG_MAX_US (INT64_MAX / NS_PER_US)

/* The number in an environment variable; 0 when there is none. */
static uint64_t
env_number(const char *name, uint64_t max)
{
	const char *text = getenv(name);
	uint64_t number;

	if (text == NULL || !span_to_u64(span_str(text), max, &number))
		return 0;
	return number;
}

/* Environments are inherited too: what names another process is not for us. */
static bool
is_for_us(const char *name)
{
	return env_number(name, INT32_MAX) == (uint64_t)getpid();
}

static bool
adopt(int fd)
{
	int type = 0, listening = 0;
	socklen_t len = sizeof(int);
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0)
		return false;
	return type == SOCK_STREAM && listening != 0 &&
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static const char *
open_listeners(struct notify *n)
{
	const char *text = getenv("LISTEN_FDNAMES");
	struct span names = span_str(text != NULL ? text : "");
	uint64_t count = env_number("LISTEN_FDS", INT32_MAX);

	if (!is_for_us("LISTEN_PID"))
		return NULL;
	if (count == 0)
		return "LISTEN_FDS: not a number of sockets";
	if (count > NOTIFY_LISTENERS_MAX)
		return "LISTEN_FDS: too many sockets are inherited";
	for (; n->n_listeners < count; n->n_listeners++) {
		size_t i = n->n_listeners;
		struct span name;

		n->listener[i].fd = NOTIFY_FIRST_FD + (int)i;
		if (!adopt(n->listener[i].fd))
			return "LISTEN_FDS: an inherited descriptor is not a "
			       "listening stream socket";
		if (!span_cut(&names, ':', &name)) {
			name = names;
			names = span_of("", 0);
		}
		if (!span_to_string(
			name, n->listener[i].name, NOTIFY_NAME_SIZE))
			n->listener[i].name[0] = '\0';
	}
	return NULL;
}

/*
 * A path, or behind an at sign a name of Linux's abstract space. Connected
 * while we may still be root: others may not be let in there.
 */
static int
open_socket(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path != NULL ? strlen(path) : 0;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = NOTIFY_WAIT_S};
	int fd;

	if (len < 2 || (path[0] != '/' && path[0] != '@') ||
	    len >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	len += offsetof(struct sockaddr_un, sun_path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, (socklen_t)len) == 0)
		return fd;
	close(fd);
	return -1;
}

const char *
notify_open(struct notify *n)
{
	const char *error;

	memset(n, 0, sizeof(*n));
	n->fd = -1;
	error = open_listeners(n);
	os_close_from(NOTIFY_FIRST_FD + (int)n->n_listeners);
	n->fd = open_socket();
	if (n->fd >= 0 &&
	    (getenv("WATCHDOG_PID") == NULL || is_for_us("WATCHDOG_PID")))
		n->watchdog_ns = NS_PER_US *
		    (int64_t)env_number("WATCHDOG_USEC", WATCHDOG_MAX_US);
	return error;
}

static int
take(struct notify *n, size_t i)
{
	int fd = n->listener[i].fd;

	n->listener[i].fd = -1;
	return fd;
}

int
notify_take_name(struct notify *n, const char *name)
{
	for (size_t i = 0; i < n->n_listeners; i++)
		if (n->listener[i].fd >= 0 &&
		    strcmp(n->listener[i].name, name) == 0)
			return take(n, i);
	return -1;
}

int
notify_take_address(struct notify *n, const struct sock_address *address)
{
	for (size_t i = 0; i < n->n_listeners; i++)
		if (n->listener[i].fd >= 0 &&
		    sock_is_bound_to(n->listener[i].fd, address))
			return take(n, i);
	return -1;
}

int
notify_take_any(struct notify *n)
{
	for (size_t i = 0; i < n->n_listeners; i++)
		if (n->listener[i].fd >= 0)
			return take(n, i);
	return -1;
}

static void
tell(const struct notify *n, const char *state, int flags)
{
	if (n->fd < 0)
		return;
	if (send(n->fd, state, strlen(state), MSG_NOSIGNAL | flags) < 0) {
		/* It went away, or is busy: it does without then. */
	}
}

void
notify_ready(const struct notify *n)
{
	tell(n, "READY=1", 0);
}

void
notify_tell(const struct notify *n, const char *state)
{
	tell(n, state, MSG_DONTWAIT);
}

void
notify_close(struct notify *n)
{
	for (size_t i = 0; i < n->n_listeners; i++)
		if (n->listener[i].fd >= 0)
			close(take(n, i));
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}
