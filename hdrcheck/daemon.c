/* SPDX-License-Identifier: ISC */
#include "hdrcheck/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"

enum { LISTENERS_MAX = 2 /* of a daemon */ };

int
daemon_find_ids(const struct log *log, const struct settings *settings,
    struct daemon_ids *ids)
{
	ids->user.uid = geteuid();
	ids->user.gid = getegid();
	ids->sockets.uid = ids->user.uid;
	ids->sockets.gid = ids->user.gid;
	ids->sockets.mode = settings->socket_mode;
	if (geteuid() != 0)
		return 0;
	if (priv_find_user(settings->user, &ids->user) < 0) {
		log_error(log,
		    "user %s: %s; make it with: useradd --system "
		    "--no-create-home --shell /usr/sbin/nologin %s",
		    settings->user,
		    errno == ENOENT ? "no such user" : strerror(errno),
		    settings->user);
		return EX_NOUSER;
	}
	if (ids->user.uid == 0) {
		log_error(log, "user %s is root; set user to another one",
		    settings->user);
		return EX_CONFIG;
	}
	ids->sockets.uid = ids->user.uid;
	if (priv_find_group(settings->socket_group, &ids->sockets.gid) < 0) {
		log_error(log, "socket_group %s: %s", settings->socket_group,
		    errno == ENOENT ? "no such group" : strerror(errno));
		return EX_CONFIG;
	}
	return 0;
}

static void
explain_missing_folder(const struct log *log,
    const struct sock_address *address, const struct settings *settings)
{
	const char *path = sock_path(address);
	const char *slash = strrchr(path, '/');

	log_error(log,
	    "%s: its folder cannot be used: %s; make it with: install -d -o "
	    "%s -g %s -m 0710 %.*s",
	    path, strerror(errno), settings->user, settings->socket_group,
	    slash > path ? (int)(slash - path) : 1, path);
}

int
daemon_listen(const struct log *log, const struct sock_address *address,
    const struct settings *settings, const struct daemon_ids *ids,
    int *exit_code)
{
	int fd = sock_listen(address, &ids->sockets);

	if (fd >= 0)
		return fd;
	*exit_code = EX_CANTCREAT;
	if (errno == EADDRINUSE) {
		*exit_code = EX_TEMPFAIL;
		log_error(
		    log, "%s: somebody listens there already", address->text);
	} else if (errno == ENOTSOCK) {
		log_error(log, "%s: exists and is not a socket", address->text);
	} else if (sock_path(address) != NULL &&
	    (errno == ENOENT || errno == EACCES)) {
		explain_missing_folder(log, address, settings);
	} else {
		log_error(log, "%s: %s", address->text, strerror(errno));
	}
	return -1;
}

int
daemon_clean_up(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM, 0};
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return -1;
	} while (fd <= STDERR_FILENO);
	os_close_from(STDERR_FILENO + 1);
	os_signal_hold(signals);
	return 0;
}

void
daemon_prepare(const struct log *log, const struct settings *settings)
{
	unsigned long n =
	    (unsigned long)settings->max_connections * LISTENERS_MAX +
	    DAEMON_DESCRIPTORS;

	signal(SIGPIPE, SIG_IGN);
	if (priv_want_descriptors(n) < 0)
		log_warn(log,
		    "max_connections = %lld needs %lu descriptors, and the "
		    "limit cannot be raised",
		    (long long)settings->max_connections, n);
}

struct conn_limits
daemon_limits(const struct settings *settings)
{
	struct conn_limits limits = {
	    .connections = (size_t)settings->max_connections,
	    .idle_ms = settings->idle_timeout_s * 1000,
	};

	return limits;
}

void
daemon_print_version(const char *name)
{
	printf("%s (deliver-at) %s\n", name, DELIVER_AT_VERSION);
}
