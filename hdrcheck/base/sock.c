/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* SOCK_CLOEXEC, seteuid, setegid */

#include "hdrcheck/base/sock.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOCK_TRIES = 100, /* of a folder that somebody else has locked */
	LOCK_WAIT_MS = 10, /* between two */
};

static const char *
parse_unix(struct span path, struct sock_address *address)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&address->storage;

	if (path.len == 0 || path.data[0] != '/')
		return "a unix socket needs an absolute path";
	if (!span_to_string(path, un->sun_path, sizeof(un->sun_path)))
		return "the path of a unix socket ends at 107 bytes";
	un->sun_family = AF_UNIX;
	address->len = sizeof(*un);
	return NULL;
}

static bool
split_host_port(struct span text, struct span *host, struct span *port)
{
	*port = text;
	if (text.len > 0 && text.data[0] == '[') {
		*port = span_skip(text, 1);
		return span_cut(port, ']', host) && port->len > 0 &&
		    port->data[0] == ':' && (*port = span_skip(*port, 1), true);
	}
	return span_cut(port, ':', host);
}

static const char *
parse_inet(struct span text, struct sock_address *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&address->storage;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->storage;
	struct span host, port;
	char name[INET6_ADDRSTRLEN];
	uint64_t number;

	if (!split_host_port(text, &host, &port))
		return "inet needs ADDRESS:PORT or [ADDRESS]:PORT";
	if (!span_to_u64(port, 65535, &number) || number == 0)
		return "a port is a number from 1 to 65535";
	if (!span_to_string(host, name, sizeof(name)))
		return "not an IP address";
	if (inet_pton(AF_INET, name, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)number);
		address->len = sizeof(*in);
		return NULL;
	}
	if (inet_pton(AF_INET6, name, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)number);
		address->len = sizeof(*in6);
		return NULL;
	}
	return "not an IP address (host names are not looked up)";
}

const char *
sock_parse(struct span text, struct sock_address *address)
{
	memset(address, 0, sizeof(*address));
	if (!span_to_string(text, address->text, sizeof(address->text)))
		return "too long for a socket address";
	if (span_starts_with(text, "unix:"))
		return parse_unix(span_skip(text, 5), address);
	if (span_starts_with(text, "inet:"))
		return parse_inet(span_skip(text, 5), address);
	return "a listener is unix:/path or inet:ADDRESS:PORT";
}

const char *
sock_path(const struct sock_address *address)
{
	if (address->storage.ss_family != AF_UNIX)
		return NULL;
	return ((const struct sockaddr_un *)&address->storage)->sun_path;
}

static int
new_socket(const struct sock_address *address, int flags)
{
	return socket(
	    address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

static int
close_failed(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

int
sock_connect(const struct sock_address *address)
{
	int fd = new_socket(address, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address->storage,
		address->len) < 0)
		return close_failed(fd);
	return fd;
}

int
sock_connect_later(const struct sock_address *address)
{
	int fd = new_socket(address, SOCK_NONBLOCK);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address->storage,
		address->len) < 0 &&
	    errno != EINPROGRESS)
		return close_failed(fd);
	return fd;
}

int
sock_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return errno;
	return error;
}

/* Only a refused connection shows that nobody is behind a socket file. */
static int
remove_stale(const struct sock_address *address)
{
	const char *path = sock_path(address);
	struct stat st;
	int fd;

	assert(path != NULL);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = ENOTSOCK;
		return -1;
	}
	fd = new_socket(address, SOCK_NONBLOCK);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address->storage,
		address->len) == 0 ||
	    errno != ECONNREFUSED) {
		close(fd);
		errno = EADDRINUSE;
		return -1;
	}
	close(fd);
	return unlink(path);
}

/*
 * Two that start at once must not take each other's new socket for a stale
 * one, so the folder is locked meanwhile. Whoever may read the folder can lock
 * it as well: that costs us a second, not the start. -1: it cannot be opened.
 */
static int
lock_folder(const char *path)
{
	char folder[SOCK_TEXT_SIZE];
	const char *slash = strrchr(path, '/');
	int fd;

	snprintf(folder, sizeof(folder), "%.*s",
	    slash > path ? (int)(slash - path) : 1, path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			break;
		poll(NULL, 0, LOCK_WAIT_MS);
	}
	return fd;
}

static int
listen_unix(int fd, const struct sock_address *address, mode_t mode)
{
	const struct sockaddr *to = (const struct sockaddr *)&address->storage;
	int rc = remove_stale(address);
	mode_t saved_mask;

	if (rc == 0) {
		saved_mask = umask(0777 & ~mode);
		rc = bind(fd, to, address->len);
		umask(saved_mask);
	}
	return rc == 0 ? listen(fd, SOCK_BACKLOG) : rc;
}

/* Root takes the owner's ids for the moment of the bind, and no longer. */
static int
listen_as(
    int fd, const struct sock_address *address, const struct sock_owner *owner)
{
	gid_t gid = getegid();
	uid_t uid = geteuid();
	int rc = -1;

	if (uid != 0)
		return listen_unix(fd, address, owner->mode);
	if (setegid(owner->gid) == 0 && seteuid(owner->uid) == 0)
		rc = listen_unix(fd, address, owner->mode);
	if (seteuid(uid) < 0 || setegid(gid) < 0)
		return -1;
	return rc;
}

static int
listen_inet(int fd, const struct sock_address *address)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address->storage, address->len) <
	    0)
		return -1;
	return listen(fd, SOCK_BACKLOG);
}

int
sock_listen(const struct sock_address *address, const struct sock_owner *owner)
{
	int fd = new_socket(address, SOCK_NONBLOCK);
	int lock = -1, rc, saved;

	if (fd < 0)
		return -1;
	if (sock_path(address) != NULL) {
		lock = lock_folder(sock_path(address));
		rc = listen_as(fd, address, owner);
	} else {
		rc = listen_inet(fd, address);
	}
	saved = errno;
	if (lock >= 0)
		close(lock);
	errno = saved;
	return rc < 0 ? close_failed(fd) : fd;
}

bool
sock_is_loopback(int fd)
{
	struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
	const struct sockaddr_in *in = (const void *)&bound;
	const struct sockaddr_in6 *in6 = (const void *)&bound;
	socklen_t len = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
		return false;
	if (bound.ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> IN_CLASSA_NSHIFT ==
		    IN_LOOPBACKNET;
	return bound.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

bool
sock_is_bound_to(int fd, const struct sock_address *address)
{
	struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
	const struct sockaddr_in *in = (const void *)&address->storage;
	const struct sockaddr_in *bound_in = (const void *)&bound;
	const struct sockaddr_in6 *in6 = (const void *)&address->storage;
	const struct sockaddr_in6 *bound_in6 = (const void *)&bound;
	socklen_t len = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0 ||
	    bound.ss_family != address->storage.ss_family)
		return false;
	switch (bound.ss_family) {
	case AF_UNIX:
		return strcmp(((const struct sockaddr_un *)&bound)->sun_path,
			   sock_path(address)) == 0;
	case AF_INET:
		return in->sin_port == bound_in->sin_port &&
		    in->sin_addr.s_addr == bound_in->sin_addr.s_addr;
	case AF_INET6:
		return in6->sin6_port == bound_in6->sin6_port &&
		    memcmp(&in6->sin6_addr, &bound_in6->sin6_addr,
			sizeof(in6->sin6_addr)) == 0;
	default:
		return false;
	}
}
