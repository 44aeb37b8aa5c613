/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/sock.h"

static const char no_kind[] = "a listener is unix:/path or inet:ADDRESS:PORT";
static const char no_path[] = "a unix socket needs an absolute path";
static const char long_path[] = "the path of a unix socket ends at 107 bytes";
static const char no_pair[] = "inet needs ADDRESS:PORT or [ADDRESS]:PORT";
static const char no_port[] = "a port is a number from 1 to 65535";
static const char no_ip[] = "not an IP address (host names are not looked up)";
static const char too_long[] = "too long for a socket address";

#define PATH_50  "/2345678901234567890123456789012345678901234567890"
#define PATH_100 PATH_50 PATH_50

static const struct {
	const char *row;
	struct span text;
	const char *want; /* NULL: accepted */
} addresses[] = {
    {"a path", SPAN("unix:/x"), NULL},
    {"a path of 106 bytes", SPAN("unix:" PATH_100 "/23456"), NULL},
    {"a path of 107 bytes", SPAN("unix:" PATH_100 "/234567"), NULL},
    {"a path of 108 bytes", SPAN("unix:" PATH_100 "/2345678"), long_path},
    {"a text of 127 bytes", SPAN("unix:" PATH_100 "/234567890123456789012"),
	long_path},
    {"a text of 128 bytes", SPAN("unix:" PATH_100 "/2345678901234567890123"),
	too_long},
    {"a relative path", SPAN("unix:x"), no_path},
    {"no path", SPAN("unix:"), no_path},
    {"an abstract name", SPAN("unix:@x"), no_path},
    {"IPv4 and a port", SPAN("inet:127.0.0.1:10044"), NULL},
    {"IPv6 and a port", SPAN("inet:[::1]:10044"), NULL},
    {"any address", SPAN("inet:0.0.0.0:25"), NULL},
    {"any IPv6 address", SPAN("inet:[::]:25"), NULL},
    {"the longest IPv6 address",
	SPAN("inet:[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535"),
	NULL},
    {"one byte longer than that",
	SPAN("inet:[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555]:65535"),
	"not an IP address"},
    {"port 0", SPAN("inet:127.0.0.1:0"), no_port},
    {"port 1", SPAN("inet:127.0.0.1:1"), NULL},
    {"port 65534", SPAN("inet:127.0.0.1:65534"), NULL},
    {"port 65535", SPAN("inet:127.0.0.1:65535"), NULL},
    {"port 65536", SPAN("inet:127.0.0.1:65536"), no_port},
    {"port 2^32 + 1", SPAN("inet:127.0.0.1:4294967297"), no_port},
    {"port 2^64 + 1", SPAN("inet:127.0.0.1:18446744073709551617"), no_port},
    {"an empty port", SPAN("inet:127.0.0.1:"), no_port},
    {"a port by name", SPAN("inet:127.0.0.1:smtp"), no_port},
    {"a negative port", SPAN("inet:127.0.0.1:-1"), no_port},
    {"a blank before the port", SPAN("inet:127.0.0.1: 25"), no_port},
    {"something behind the port", SPAN("inet:127.0.0.1:25:x"), no_port},
    {"no port", SPAN("inet:127.0.0.1"), no_pair},
    {"nothing behind inet", SPAN("inet:"), no_pair},
    {"a port alone", SPAN("inet:10044"), no_pair},
    {"an open bracket", SPAN("inet:[::1:10044"), no_pair},
    {"nothing behind the bracket", SPAN("inet:[::1]"), no_pair},
    {"no colon behind the bracket", SPAN("inet:[::1]10044"), no_pair},
    {"no port behind the bracket", SPAN("inet:[::1]:"), no_port},
    {"IPv6 without brackets", SPAN("inet:::1:10044"), no_port},
    {"no address", SPAN("inet::10044"), no_ip},
    {"an empty bracket", SPAN("inet:[]:10044"), no_ip},
    {"a host name", SPAN("inet:localhost:10044"), no_ip},
    {"three numbers", SPAN("inet:127.0.1:10044"), no_ip},
    {"a number above 255", SPAN("inet:127.0.0.256:10044"), no_ip},
    {"a zone index", SPAN("inet:[fe80::1%lo]:10044"), no_ip},
    {"nothing", SPAN(""), no_kind},
    {"a bare path", SPAN("/x"), no_kind},
    {"another kind", SPAN("tcp:127.0.0.1:25"), no_kind},
    {"case counts", SPAN("UNIX:/x"), no_kind},
    {"a blank in front", SPAN(" unix:/x"), no_kind},
    {"0xff", SPAN("\xff"), no_kind},
};

static void
addresses_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct span text = exact_copy(addresses[i].text);
		struct sock_address address;
		const char *wrong;

		memset(&address, 0xff, sizeof(address));
		wrong = sock_parse(text, &address);
		check_string(addresses[i].row, wrong, addresses[i].want);
		check_bool(addresses[i].row, address.len != 0, wrong == NULL);
		if (wrong == NULL)
			check_span(
			    addresses[i].row, span_str(address.text), text);
		exact_free(text);
	}
}

static void
a_nul_is_in_no_address(void **state)
{
	struct sock_address address;

	(void)state;
	assert_non_null(sock_parse(span_of("unix:/a\0b", 9), &address));
	assert_non_null(
	    sock_parse(span_of("inet:127.0.0.1\0:25", 18), &address));
}

static void
addresses_are_what_they_say(void **state)
{
	struct sock_address a;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	(void)state;
	assert_null(sock_parse(span_str("inet:192.0.2.7:10044"), &a));
	assert_int_equal(a.len, sizeof(in));
	memcpy(&in, &a.storage, sizeof(in));
	assert_int_equal(in.sin_family, AF_INET);
	assert_int_equal(ntohs(in.sin_port), 10044);
	assert_int_equal(ntohl(in.sin_addr.s_addr), 0xc0000207);
	assert_null(sock_path(&a));

	assert_null(sock_parse(span_str("inet:[::1]:65535"), &a));
	assert_int_equal(a.len, sizeof(in6));
	memcpy(&in6, &a.storage, sizeof(in6));
	assert_int_equal(in6.sin6_family, AF_INET6);
	assert_int_equal(ntohs(in6.sin6_port), 65535);
	assert_memory_equal(&in6.sin6_addr, &in6addr_loopback, 16);
	assert_null(sock_path(&a));

	assert_null(sock_parse(span_str("unix:/run/x"), &a));
	assert_string_equal(sock_path(&a), "/run/x");
}

static const struct sock_owner *
own_ids(struct sock_owner *owner)
{
	*owner = (struct sock_owner){
	    .uid = geteuid(), .gid = getegid(), .mode = 0600};
	return owner;
}

static void
a_listener_can_be_connected_to(void **state)
{
	struct sock_address address;
	struct sock_owner owner;
	int listener, client, server;

	folder_address(state, "s", &address);
	listener = sock_listen(&address, own_ids(&owner));
	assert_true(listener >= 0);
	assert_int_equal(accept(listener, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	client = sock_connect(&address);
	assert_true(client >= 0);
	server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	assert_int_equal(write(server, "x", 1), 1);
	assert_true((fcntl(listener, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true((fcntl(listener, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(client, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true((fcntl(client, F_GETFL) & O_NONBLOCK) == 0);
	close(server);
	close(client);
	close(listener);
}

static void
a_stale_socket_is_removed(void **state)
{
	struct sock_address address;
	struct sock_owner owner;
	struct stat before, after;
	int fd;

	folder_address(state, "s", &address);
	fd = sock_listen(&address, own_ids(&owner));
	assert_true(fd >= 0);
	assert_int_equal(lstat(sock_path(&address), &before), 0);
	close(fd);
	assert_int_equal(sock_connect(&address), -1);
	assert_int_equal(errno, ECONNREFUSED);
	fd = sock_listen(&address, &owner);
	assert_true(fd >= 0);
	assert_int_equal(lstat(sock_path(&address), &after), 0);
	assert_true(S_ISSOCK(after.st_mode));
	close(fd);
}

static void
a_live_socket_is_left_alone(void **state)
{
	struct sock_address address;
	struct sock_owner owner;
	int first, client;

	folder_address(state, "s", &address);
	first = sock_listen(&address, own_ids(&owner));
	assert_true(first >= 0);
	assert_int_equal(sock_listen(&address, &owner), -1);
	assert_int_equal(errno, EADDRINUSE);
	client = sock_connect(&address);
	assert_true(client >= 0);
	close(client);
	close(first);
}

/* A server too busy to accept is alive, too. */
static void
a_socket_with_a_full_backlog_is_left_alone(void **state)
{
	struct sock_address address;
	struct sock_owner owner;
	int fd, client;

	folder_address(state, "s", &address);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&address.storage, address.len),
	    0);
	assert_int_equal(listen(fd, 0), 0);
	client = sock_connect(&address);
	assert_true(client >= 0);
	assert_int_equal(sock_listen(&address, own_ids(&owner)), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(access(sock_path(&address), F_OK), 0);
	close(client);
	close(fd);
}

/* Whether it can be written to now. */
static bool
is_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) == 1;
}

static void
who_connects_later_does_not_wait(void **state)
{
	struct sock_address address;
	struct sock_owner owner;
	int fd, client;

	folder_address(state, "s", &address);
	fd = sock_listen(&address, own_ids(&owner));
	client = sock_connect_later(&address);
	assert_true(client >= 0);
	assert_true(is_writable(client));
	assert_int_equal(sock_error(client), 0);
	assert_true((fcntl(client, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(client, F_GETFD) & FD_CLOEXEC) != 0);
	close(client);
	close(accept(fd, NULL, NULL));
	assert_int_equal(listen(fd, 0), 0);
	client = sock_connect_later(&address);
	assert_true(client >= 0);
	assert_int_equal(sock_connect_later(&address), -1);
	assert_int_equal(errno, EAGAIN);
	close(client);
	close(fd);
	assert_int_equal(sock_connect_later(&address), -1);
	assert_int_equal(errno, ECONNREFUSED);
	folder_address(state, "missing", &address);
	assert_int_equal(sock_connect_later(&address), -1);
	assert_int_equal(errno, ENOENT);
}

/* On a port the answer may come later, and is told then. */
static void
who_connects_later_is_told_why_not(void **state)
{
	struct sockaddr_in bound = {.sin_family = AF_INET};
	struct pollfd p = {.events = POLLOUT};
	socklen_t len = sizeof(bound);
	struct sock_address address = {.len = sizeof(bound)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&bound, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &len), 0);
	memcpy(&address.storage, &bound, sizeof(bound));
	p.fd = sock_connect_later(&address);
	if (p.fd < 0) {
		assert_int_equal(errno, ECONNREFUSED);
	} else {
		assert_int_equal(poll(&p, 1, 20000), 1);
		assert_int_equal(sock_error(p.fd), ECONNREFUSED);
		close(p.fd);
	}
	assert_int_equal(listen(fd, 1), 0);
	p.fd = sock_connect_later(&address);
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(sock_error(p.fd), 0);
	close(p.fd);
	close(fd);
	assert_int_equal(sock_error(-1), EBADF);
}

static void
what_is_no_socket_is_left_alone(void **state)
{
	char path[FOLDER_PATH_SIZE], link_path[FOLDER_PATH_SIZE];
	struct sock_address address;
	struct sock_owner owner;

	write_file(folder_join(state, "file", path), span_str("precious"));
	folder_address(state, "file", &address);
	assert_int_equal(sock_listen(&address, own_ids(&owner)), -1);
	assert_int_equal(errno, ENOTSOCK);
	assert_int_equal(access(path, F_OK), 0);

	assert_int_equal(
	    symlink("nowhere", folder_join(state, "link", link_path)), 0);
	folder_address(state, "link", &address);
	assert_int_equal(sock_listen(&address, &owner), -1);
	assert_int_equal(errno, ENOTSOCK);

	assert_int_equal(mkdir(folder_join(state, "dir", path), 0700), 0);
	folder_address(state, "dir", &address);
	assert_int_equal(sock_listen(&address, &owner), -1);
	assert_int_equal(errno, ENOTSOCK);
}

/* Not even a link to a stale socket is followed. */
static void
a_link_to_a_socket_is_left_alone(void **state)
{
	char link_path[FOLDER_PATH_SIZE];
	struct sock_address address;
	struct sock_owner owner;

	folder_address(state, "s", &address);
	close(sock_listen(&address, own_ids(&owner)));
	assert_int_equal(
	    symlink("s", folder_join(state, "link", link_path)), 0);
	folder_address(state, "link", &address);
	assert_int_equal(sock_listen(&address, &owner), -1);
	assert_int_equal(errno, ENOTSOCK);
	folder_address(state, "s", &address);
	assert_int_equal(access(sock_path(&address), F_OK), 0);
}

static void
a_missing_folder_is_an_error(void **state)
{
	struct sock_address address;
	struct sock_owner owner;

	folder_address(state, "missing/s", &address);
	assert_int_equal(sock_listen(&address, own_ids(&owner)), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(sock_connect(&address), -1);
	assert_int_equal(errno, ENOENT);
}

static const mode_t modes[] = {0600, 0660, 0666, 0777, 0640, 0000};

static void
a_socket_has_its_mode_whatever_the_umask(void **state)
{
	mode_t saved = umask(0027);

	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		struct sock_address address;
		struct sock_owner owner;
		struct stat st;
		char row[20];
		int fd;

		snprintf(row, sizeof(row), "mode%04o", (unsigned)modes[i]);
		folder_address(state, row, &address);
		own_ids(&owner);
		owner.mode = modes[i];
		fd = sock_listen(&address, &owner);
		check_bool(row, fd >= 0, true);
		assert_int_equal(lstat(sock_path(&address), &st), 0);
		check_int(row, st.st_mode & 07777, modes[i]);
		close(fd);
	}
	assert_int_equal(umask(saved), 0027);
}

/* Ids of nobody in particular. */
enum { OTHER_UID = 65533, OTHER_GID = 65532 };

static void
root_makes_a_socket_for_its_owner(void **state)
{
	struct sock_owner owner = {OTHER_UID, OTHER_GID, 0660};
	struct sock_address address;
	struct stat st;
	int fd;

	if (geteuid() != 0) {
		print_message("only root can make a socket of others\n");
		skip();
	}
	assert_int_equal(chown(*state, OTHER_UID, (gid_t)-1), 0);
	folder_address(state, "s", &address);
	fd = sock_listen(&address, &owner);
	assert_true(fd >= 0);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), 0);
	assert_int_equal(lstat(sock_path(&address), &st), 0);
	assert_int_equal(st.st_uid, OTHER_UID);
	assert_int_equal(st.st_gid, OTHER_GID);
	assert_int_equal(st.st_mode & 07777, 0660);
	close(fd);
	fd = sock_listen(&address, &owner); /* the stale one is its own */
	assert_true(fd >= 0);
	close(fd);
}

/* The owner's rights count, not root's. */
static void
root_does_not_make_a_socket_where_its_owner_may_not(void **state)
{
	struct sock_owner owner = {OTHER_UID, OTHER_GID, 0660};
	struct sock_address address;

	if (geteuid() != 0) {
		print_message("only root can make a socket of others\n");
		skip();
	}
	folder_address(state, "s", &address);
	assert_int_equal(sock_listen(&address, &owner), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), 0);
}

static void
the_longest_path_can_be_used(void **state)
{
	char name[FOLDER_PATH_SIZE] = "", text[3 * FOLDER_PATH_SIZE];
	struct sock_address address;
	struct sock_owner owner;
	size_t len = 107 - strlen(*state) - 1;
	int fd, client;

	memset(name, 'x', len);
	folder_address(state, name, &address);
	assert_int_equal(strlen(sock_path(&address)), 107);
	fd = sock_listen(&address, own_ids(&owner));
	assert_true(fd >= 0);
	assert_int_equal(access(sock_path(&address), F_OK), 0);
	client = sock_connect(&address);
	assert_true(client >= 0);
	close(client);
	close(fd);
	snprintf(text, sizeof(text), "unix:%s/%sx", (const char *)*state, name);
	check_string(
	    "108 bytes", sock_parse(span_str(text), &address), long_path);
}

/* A port that is free now: the system's choice, given back. */
static int
free_port(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) < 0)
		in.sin_port = 0;
	close(fd);
	return ntohs(in.sin_port);
}

static void
a_port_can_be_listened_on_once(void **state)
{
	struct sock_address address;
	struct sock_owner owner;
	int port = free_port();
	int fd, client;
	char text[40];

	(void)state;
	snprintf(text, sizeof(text), "inet:127.0.0.1:%d", port);
	if (port == 0 || sock_parse(span_str(text), &address) != NULL) {
		print_message("no IPv4 here\n");
		skip();
	}
	fd = sock_listen(&address, own_ids(&owner));
	assert_true(fd >= 0);
	assert_int_equal(sock_listen(&address, &owner), -1);
	assert_int_equal(errno, EADDRINUSE);
	client = sock_connect(&address);
	assert_true(client >= 0);
	close(client);
	close(fd);
	assert_int_equal(sock_connect(&address), -1);
	assert_int_equal(errno, ECONNREFUSED);
}

static void
only_loopback_addresses_are_for_this_machine(void **state)
{
	static const struct {
		const char *address;
		bool loopback;
	} rows[] = {
	    {"inet:127.0.0.1:1", true},
	    {"inet:127.1.2.3:1", true},
	    {"inet:0.0.0.0:1", false},
	    {"inet:[::1]:1", true},
	    {"inet:[::]:1", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sock_address address;
		int fd;

		assert_null(sock_parse(span_str(rows[i].address), &address));
		/* Any port; it is at the same place for IPv6. */
		((struct sockaddr_in *)&address.storage)->sin_port = 0;
		fd = sock_listen(&address, NULL);
		if (fd < 0 && errno == EADDRNOTAVAIL)
			continue; /* no IPv6 here */
		assert_true(fd >= 0);
		check_bool(
		    rows[i].address, sock_is_loopback(fd), rows[i].loopback);
		close(fd);
	}
	check_bool("no socket", sock_is_loopback(-1), false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_loopback_addresses_are_for_this_machine),
	    cmocka_unit_test(addresses_are_read),
	    cmocka_unit_test(a_nul_is_in_no_address),
	    cmocka_unit_test(addresses_are_what_they_say),
	    IN_FOLDER(a_listener_can_be_connected_to),
	    IN_FOLDER(a_stale_socket_is_removed),
	    IN_FOLDER(a_live_socket_is_left_alone),
	    IN_FOLDER(a_socket_with_a_full_backlog_is_left_alone),
	    IN_FOLDER(who_connects_later_does_not_wait),
	    cmocka_unit_test(who_connects_later_is_told_why_not),
	    IN_FOLDER(what_is_no_socket_is_left_alone),
	    IN_FOLDER(a_link_to_a_socket_is_left_alone),
	    IN_FOLDER(a_missing_folder_is_an_error),
	    IN_FOLDER(a_socket_has_its_mode_whatever_the_umask),
	    IN_FOLDER(root_makes_a_socket_for_its_owner),
	    IN_FOLDER(root_does_not_make_a_socket_where_its_owner_may_not),
	    IN_FOLDER(the_longest_path_can_be_used),
	    cmocka_unit_test(a_port_can_be_listened_on_once),
	};

	return cmocka_run_group_tests_name("sock", tests, NULL, NULL);
}
