/* SPDX-License-Identifier: ISC */
/*
 * notify_support - a service manager that hears what it is told
 */
#ifndef UNIT_NOTIFY_SUPPORT_H
#define UNIT_NOTIFY_SUPPORT_H

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/notify.h"
#include "hdrcheck/base/os.h"

enum { MANAGER_GUARD_MS = 20 * 1000 /* what takes longer has failed */ };

#define OWN_PID "own"

/* Sets a variable; NULL: there is none. OWN_PID: this process. */
static inline void
set_env(const char *name, const char *value)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, strcmp(value, OWN_PID) == 0 ? pid : value, 1);
}

static inline void
set_listen(const char *pid, const char *fds, const char *names)
{
	set_env("LISTEN_PID", pid);
	set_env("LISTEN_FDS", fds);
	set_env("LISTEN_FDNAMES", names);
}

static inline void
set_manager(const char *socket_name, const char *pid, const char *usec)
{
	set_env("NOTIFY_SOCKET", socket_name);
	set_env("WATCHDOG_PID", pid);
	set_env("WATCHDOG_USEC", usec);
}

/* Nothing is inherited, and nobody wants to know. */
static inline void
start_afresh(void)
{
	os_close_from(NOTIFY_FIRST_FD);
	set_listen(NULL, NULL, NULL);
	set_manager(NULL, NULL, NULL);
}

static inline bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* A datagram socket of that name, or -1. */
static inline int
manager_bind(const struct sockaddr_un *address, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)address, len) < 0)
		return -1;
	return fd;
}

/* Makes n a way to a manager in the folder, whose socket is returned. */
static inline int
manager_open(void **folder, struct notify *n)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[FOLDER_PATH_SIZE];
	int fd;

	memset(n, 0, sizeof(*n));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    folder_join(folder, "manager", path));
	fd = manager_bind(&address, sizeof(address));
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(n->fd >= 0 && fd >= 0);
	assert_int_equal(
	    connect(n->fd, (const struct sockaddr *)&address, sizeof(address)),
	    0);
	return fd;
}

/* The next thing that it is told, borrowed until the next call. */
static inline struct span
manager_hear(const char *row, int fd)
{
	static char text[256];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	check_int(row, poll(&p, 1, MANAGER_GUARD_MS), 1);
	n = recv(fd, text, sizeof(text), 0);
	check_bool(row, n >= 0, true);
	return span_of(text, (size_t)n);
}

static inline void
manager_expect(const char *row, int fd, const char *want)
{
	check_span(row, manager_hear(row, fd), span_str(want));
}

/* The next thing that is no sign of life. */
static inline void
manager_expect_news(const char *row, int fd, const char *want)
{
	struct span heard;

	do
		heard = manager_hear(row, fd);
	while (span_equal_str(heard, "WATCHDOG=1"));
	check_span(row, heard, span_str(want));
}

/* It was told no more. */
static inline void
manager_heard_all(const char *row, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	check_int(row, poll(&p, 1, 0), 0);
}

#endif
