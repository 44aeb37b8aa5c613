/* SPDX-License-Identifier: ISC */
/*
 * Where a socket is bound.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/sock.h"

/* A socket bound to the first len bytes of an address, or not at all. */
static int
bind_socket(const struct sockaddr *address, socklen_t len)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	if (len > 0 && bind(fd, address, len) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
check_bound(const char *text, int fd, bool want)
{
	struct sock_address address;

	check_string(text, sock_parse(span_str(text), &address), NULL);
	check_bool(text, sock_is_bound_to(fd, &address), want);
}

static void
a_socket_is_bound_to_its_path(void **state)
{
	char text[FOLDER_PATH_SIZE + 16];
	struct sock_address address, off = {.len = 0};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t n;
	int fd;

	folder_address(state, "sock", &address);
	fd = bind_socket((struct sockaddr *)&address.storage, address.len);
	n = strlen(address.text);
	snprintf(text, sizeof(text), "%s", address.text);
	check_bound(text, fd, true);
	assert_false(sock_is_bound_to(fd, &off));
	strcpy(text + n, "x");
	check_bound(text, fd, false);
	text[n - 1] = '\0';
	check_bound(text, fd, false);
	text[n - 1] = 'K';
	text[n] = '\0';
	check_bound(text, fd, false);
	check_bound("inet:127.0.0.1:25", fd, false);
	close(fd);

	snprintf(text, sizeof(text), "unix:%s", (const char *)*state);
	fd = bind_socket((struct sockaddr *)&un, 0);
	check_bound(text, fd, false); /* it is bound to nothing */
	assert_false(sock_is_bound_to(fd, &off));
	close(fd);
}

/* 108 bytes are a name that no setting can have; there is no NUL then. */
static void
a_path_without_nul_is_bound_to_no_setting(void **state)
{
	struct sockaddr_storage room = {.ss_family = AF_UNIX};
	struct sockaddr_un *un = (struct sockaddr_un *)&room;
	char text[SOCK_TEXT_SIZE] = "unix:", path[SOCK_TEXT_SIZE] = "";
	int n = snprintf(path, sizeof(path), "%s/", (const char *)*state), fd;

	memset(path + n, 'x', sizeof(un->sun_path) - (size_t)n);
	memcpy(un->sun_path, path, sizeof(un->sun_path));
	fd = bind_socket((struct sockaddr *)&room, sizeof(*un));
	if (fd < 0) {
		print_message("no such paths here\n");
		skip();
	}
	memcpy(text + 5, path, sizeof(un->sun_path) - 1);
	check_bound(text, fd, false);
	close(fd);
	assert_int_equal(unlink(path), 0);
}

#ifdef __linux__

static void
an_abstract_name_is_no_path(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char name[FOLDER_PATH_SIZE], text[FOLDER_PATH_SIZE + 8];
	int fd;

	folder_join(state, "s", name);
	memcpy(un.sun_path + 1, name, strlen(name));
	fd = bind_socket((struct sockaddr *)&un, sizeof(un));
	assert_true(fd >= 0);
	snprintf(text, sizeof(text), "unix:%s", name);
	check_bound(text, fd, false);
	close(fd);
}

#endif

/* What stands behind a port of the system's choice. */
static int
bind_to_any_port(int family, const char *host)
{
	struct sock_address address;
	char text[SOCK_TEXT_SIZE];
	int port;

	snprintf(text, sizeof(text), "inet:%s:1", host);
	check_string(text, sock_parse(span_str(text), &address), NULL);
	port = (int)offsetof(struct sockaddr_in, sin_port);
	if (family == AF_INET6)
		port = (int)offsetof(struct sockaddr_in6, sin6_port);
	memset((char *)&address.storage + port, 0, 2);
	return bind_socket((struct sockaddr *)&address.storage, address.len);
}

/* Both kinds have it at the same place. */
static int
port_of(int fd)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	struct sockaddr_in in;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &len), 0);
	memcpy(&in, &bound, sizeof(in));
	return ntohs(in.sin_port);
}

static const struct {
	const char *row;
	int family;
	const char *host; /* bound to */
	const char *asked;
	int port; /* added to that of the socket */
	bool want;
} bindings[] = {
    {"IPv4", AF_INET, "127.0.0.1", "127.0.0.1", 0, true},
    {"another port", AF_INET, "127.0.0.1", "127.0.0.1", -1, false},
    {"another address", AF_INET, "127.0.0.1", "127.0.0.2", 0, false},
    {"any address", AF_INET, "0.0.0.0", "0.0.0.0", 0, true},
    {"any address is not each", AF_INET, "0.0.0.0", "127.0.0.1", 0, false},
    {"IPv6 for IPv4", AF_INET, "127.0.0.1", "[::ffff:127.0.0.1]", 0, false},
    {"IPv6", AF_INET6, "[::1]", "[::1]", 0, true},
    {"IPv6, written otherwise", AF_INET6, "[::1]", "[0:0:0::0001]", 0, true},
    {"IPv6, another port", AF_INET6, "[::1]", "[::1]", -1, false},
    {"IPv6, another address", AF_INET6, "[::1]", "[::2]", 0, false},
    {"any IPv6 address is not IPv4", AF_INET6, "[::]", "0.0.0.0", 0, false},
};

static void
a_socket_is_bound_to_its_address(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bindings); i++) {
		struct sock_address address;
		char text[SOCK_TEXT_SIZE];
		int fd = bind_to_any_port(bindings[i].family, bindings[i].host);

		if (fd < 0) {
			print_message("%s: cannot be had\n", bindings[i].row);
			continue;
		}
		snprintf(text, sizeof(text), "inet:%s:%d", bindings[i].asked,
		    port_of(fd) + bindings[i].port);
		assert_null(sock_parse(span_str(text), &address));
		check_bool(bindings[i].row, sock_is_bound_to(fd, &address),
		    bindings[i].want);
		close(fd);
	}
}

static void
what_is_no_socket_is_bound_to_nothing(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	check_bound("unix:/x", ends[0], false);
	close(ends[0]);
	close(ends[1]);
	check_bound("unix:/x", -1, false);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_bound("unix:/x", ends[0], false);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(a_socket_is_bound_to_its_path),
	    IN_FOLDER(a_path_without_nul_is_bound_to_no_setting),
#ifdef __linux__
	    IN_FOLDER(an_abstract_name_is_no_path),
#endif
	    cmocka_unit_test(a_socket_is_bound_to_its_address),
	    cmocka_unit_test(what_is_no_socket_is_bound_to_nothing),
	};

	return cmocka_run_group_tests_name("sock_bound", tests, NULL, NULL);
}
