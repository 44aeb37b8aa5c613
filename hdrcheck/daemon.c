/* SPDX-License-Identifier: ISC */
#include "hdrcheck/daemon.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"

enum {
	LISTENERS_MAX = 2, /* of a daemon */
	LISTEN_TRIES = 20, /* where somebody listens already */
	LISTEN_WAIT_MS = 25, /* after each */
	OWN_PAGES = 16 * 1024, /* bytes: what conn.c reads at once, and more */
};

int
daemon_find_ids(struct daemon *d)
{
	const struct settings *settings = &d->settings;
	struct daemon_ids *ids = &d->ids;

	ids->user.uid = geteuid();
	ids->user.gid = getegid();
	ids->sockets.uid = ids->user.uid;
	ids->sockets.gid = ids->user.gid;
	ids->sockets.mode = settings->socket_mode;
	if (geteuid() != 0)
		return 0;
	if (priv_find_user(settings->user, &ids->user) < 0) {
		log_error(&d->log,
		    "user %s: %s; make it with: useradd --system "
		    "--no-create-home --shell /usr/sbin/nologin %s",
		    settings->user,
		    errno == ENOENT ? "no such user" : strerror(errno),
		    settings->user);
		return EX_NOUSER;
	}
	if (ids->user.uid == 0) {
		log_error(&d->log, "user %s is root; set user to another one",
		    settings->user);
		return EX_CONFIG;
	}
	ids->sockets.uid = ids->user.uid;
	if (priv_find_group(settings->socket_group, &ids->sockets.gid) < 0) {
		log_error(&d->log, "socket_group %s: %s",
		    settings->socket_group,
		    errno == ENOENT ? "no such group" : strerror(errno));
		return EX_CONFIG;
	}
	return 0;
}

/* Of a path: how many bytes of it are its folder. */
static int
folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash > path ? (int)(slash - path) : 1;
}

static void
explain_missing_folder(
    const struct daemon *d, const struct daemon_listener *listener)
{
	const char *path = sock_path(listener->address);

	if (listener->owner != NULL)
		log_error(&d->log,
		    "%s: its folder cannot be used: %s; make it with: install "
		    "-d -m 0755 %.*s, or policyctl setup",
		    path, strerror(errno), folder_len(path), path);
	else
		log_error(&d->log,
		    "%s: its folder cannot be used: %s; make it with: install "
		    "-d -o %s -g %s -m 0710 %.*s",
		    path, strerror(errno), d->settings.user,
		    d->settings.socket_group, folder_len(path), path);
}

/* One that is there, or cannot be made, is for sock_listen() to see. */
static void
make_folder(const char *path)
{
	char folder[SOCK_TEXT_SIZE];
	mode_t saved_mask = umask(022);

	snprintf(folder, sizeof(folder), "%.*s", folder_len(path), path);
	(void)mkdir(folder, 0755);
	umask(saved_mask);
}

static int
make_listener(const struct daemon *d, struct daemon_listener *listener)
{
	const struct sock_address *address = listener->address;
	const struct sock_owner *owner =
	    listener->owner != NULL ? listener->owner : &d->ids.sockets;

	if (listener->owner != NULL && sock_path(address) != NULL)
		make_folder(sock_path(address));
	/* One of us that was killed may take a moment to be gone. */
	for (int i = 0; i < LISTEN_TRIES; i++) {
		listener->fd = sock_listen(address, owner);
		if (listener->fd >= 0 || errno != EADDRINUSE)
			break;
		poll(NULL, 0, LISTEN_WAIT_MS);
	}
	if (listener->fd >= 0)
		return 0;
	if (errno == EADDRINUSE) {
		log_error(&d->log, "%s: somebody listens there already",
		    address->text);
		return EX_TEMPFAIL;
	}
	if (errno == ENOTSOCK)
		log_error(
		    &d->log, "%s: exists and is not a socket", address->text);
	else if (sock_path(address) != NULL &&
	    (errno == ENOENT || errno == EACCES))
		explain_missing_folder(d, listener);
	else
		log_error(&d->log, "%s: %s", address->text, strerror(errno));
	return EX_CANTCREAT;
}

int
daemon_open_listeners(
    struct daemon *d, struct daemon_listener *listeners, size_t n)
{
	int exit_code = 0, extra;

	for (size_t i = 0; i < n; i++)
		listeners[i].fd =
		    notify_take_name(&d->notify, listeners[i].name);
	for (size_t i = 0; i < n; i++)
		if (listeners[i].fd < 0)
			listeners[i].fd = notify_take_address(
			    &d->notify, listeners[i].address);
	if (listeners[0].fd < 0)
		listeners[0].fd = notify_take_any(&d->notify);
	for (size_t i = 0; i < n; i++)
		listeners[i].inherited = listeners[i].fd >= 0;
	extra = notify_take_any(&d->notify);
	if (extra >= 0) {
		log_error(&d->log,
		    "the inherited socket %d is one too many: name each after "
		    "its service",
		    extra);
		return EX_CONFIG;
	}
	for (size_t i = 0; i < n && exit_code == 0; i++)
		if (listeners[i].fd < 0 && listeners[i].address->len > 0)
			exit_code = make_listener(d, &listeners[i]);
	return exit_code;
}

const char *
daemon_listener_text(const struct daemon_listener *listener)
{
	if (listener->fd < 0)
		return "no socket";
	if (listener->inherited)
		return "an inherited socket";
	return listener->address->text;
}

const char *
daemon_clean_up(struct daemon *d, const char *ident, bool debug)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM, 0};
	const char *error;
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return "/dev/null cannot be opened";
	} while (fd <= STDERR_FILENO);
	signal(SIGCHLD, SIG_DFL); /* ignored, ends of children are not told */
	os_signal_hold(signals);
	error = notify_open(&d->notify);
	log_open(&d->log, ident, debug);
	return error;
}

int
daemon_stop_being_root(const struct daemon *d)
{
	struct priv_ids ids = {.uid = geteuid(), .gid = getegid()};

	if (geteuid() == 0 &&
	    (priv_find_user(d->settings.user, &ids) < 0 || ids.uid == 0) &&
	    priv_find_user("nobody", &ids) < 0) {
		log_error(&d->log, "there is neither a user %s nor nobody",
		    d->settings.user);
		return EX_NOUSER;
	}
	if (priv_drop(&ids) < 0) {
		log_error(
		    &d->log, "cannot give up being root: %s", strerror(errno));
		return EX_OSERR;
	}
	return 0;
}

/*
 * Buffers of connections are pages of their own, and go back to the system with
 * them: else what one crowd leaves on the heap stays, as far up as the last
 * byte that is in use.
 */
static void
return_memory(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
#endif
}

void
daemon_prepare(const struct daemon *d)
{
	const struct settings *settings = &d->settings;
	unsigned long n =
	    (unsigned long)settings->max_connections * LISTENERS_MAX +
	    DAEMON_DESCRIPTORS;

	signal(SIGPIPE, SIG_IGN);
	return_memory();
	if (priv_want_descriptors(n) < 0)
		log_warn(&d->log,
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
