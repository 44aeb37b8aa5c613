/* SPDX-License-Identifier: ISC */
/*
 * What is inherited.
 *
 * Each row works in a child: the environment is the child's, and so are the
 * descriptors, most of which are closed. It begins with the standard ones.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC */

#include "tests/unit/notify_support.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#define NO_LISTENER                                                            \
	"LISTEN_FDS: an inherited descriptor is not a listening stream socket"
#define TOO_MANY  "LISTEN_FDS: too many sockets are inherited"
#define NO_NUMBER "LISTEN_FDS: not a number of sockets"

/* A socket that listens where the system chooses. */
static int
listen_inet(int family, int type)
{
	struct sockaddr_storage any = {.ss_family = (sa_family_t)family};
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6);
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&any;
	int fd = socket(family, type, 0);

	if (family == AF_INET6)
		in6->sin6_addr = in6addr_loopback;
	else
		((struct sockaddr_in *)&any)->sin_addr.s_addr =
		    htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, len) < 0)
		return -1;
	if (type == SOCK_STREAM && listen(fd, 5) < 0)
		return -1;
	return fd;
}

/* So many listeners, from NOTIFY_FIRST_FD on. */
static bool
inherit(int n)
{
	for (int i = 0; i < n; i++)
		if (listen_inet(AF_INET, SOCK_STREAM) != NOTIFY_FIRST_FD + i)
			return false;
	return true;
}

/* What LISTEN_PID and LISTEN_FDS say. */

static const struct count {
	const char *row;
	const char *pid;
	const char *fds;
	const char *error;
	int want; /* listeners */
} counts[] = {
    {"nothing is said", NULL, NULL, NULL, 0},
    {"none", OWN_PID, "0", NO_NUMBER, 0},
    {"one", OWN_PID, "1", NULL, 1},
    {"two", OWN_PID, "2", NULL, 2},
    {"one less than the limit", OWN_PID, "7", NULL, 7},
    {"the limit", OWN_PID, "8", NULL, 8},
    {"one more than the limit", OWN_PID, "9", TOO_MANY, 0},
    {"the most that an int holds", OWN_PID, "2147483647", TOO_MANY, 0},
    {"more than an int holds", OWN_PID, "2147483648", NO_NUMBER, 0},
    {"2^32 + 1", OWN_PID, "4294967297", NO_NUMBER, 0},
    {"2^64 + 1", OWN_PID, "18446744073709551617", NO_NUMBER, 0},
    {"no number of sockets", OWN_PID, NULL, NO_NUMBER, 0},
    {"an empty number", OWN_PID, "", NO_NUMBER, 0},
    {"less than none", OWN_PID, "-1", NO_NUMBER, 0},
    {"a sign", OWN_PID, "+1", NO_NUMBER, 0},
    {"a blank", OWN_PID, " 1", NO_NUMBER, 0},
    {"a letter behind", OWN_PID, "1x", NO_NUMBER, 0},
    {"hexadecimal", OWN_PID, "0x1", NO_NUMBER, 0},
    {"a zero in front", OWN_PID, "01", NULL, 1},
    {"they are another's", "1", "2", NULL, 0},
    {"they are too many, but another's", "1", "9", NULL, 0},
    {"they are nobody's", NULL, "2", NULL, 0},
    {"they are of process 0", "0", "2", NULL, 0},
    {"an empty process", "", "2", NULL, 0},
    {"a process that is no number", "me", "2", NULL, 0},
    {"a process of another universe", "18446744073709551617", "2", NULL, 0},
};

static const char *
child_counts(void *ctx)
{
	const struct count *c = ctx;
	struct notify n;
	const char *error;

	start_afresh();
	if (!inherit(NOTIFY_LISTENERS_MAX + 1))
		return "no sockets";
	if (dup2(STDERR_FILENO, 200) != 200)
		return "no other descriptor";
	set_listen(c->pid, c->fds, NULL);
	error = notify_open(&n);
	if (error != c->error && (error == NULL || c->error == NULL))
		return error != NULL ? error : "no error";
	if (error != NULL && strcmp(error, c->error) != 0)
		return error;
	if (n.n_listeners != (size_t)c->want)
		return "another number";
	for (int i = 0; i <= NOTIFY_LISTENERS_MAX; i++)
		if (is_open(NOTIFY_FIRST_FD + i) != (i < c->want))
			return "not those are open that were inherited";
	for (int i = 0; i < c->want; i++)
		if (n.listener[i].fd != NOTIFY_FIRST_FD + i ||
		    n.listener[i].name[0] != '\0')
			return "another listener";
	if (is_open(200))
		return "another descriptor is open";
	return is_open(STDERR_FILENO) ? NULL : "standard error is closed";
}

static void
listeners_are_counted(void **state)
{
	(void)state;
	assert_int_equal(NOTIFY_LISTENERS_MAX, 8);
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		struct count c = counts[i];

		check_in_child(c.row, child_counts, &c);
	}
}

/* What is inherited. */

enum kind {
	LISTENING,
	NONBLOCKING,
	UNIX,
	NOT_BOUND,
	NOT_LISTENING,
	DATAGRAM,
	SEQPACKET,
	CONNECTED,
	NO_SOCKET,
	CLOSED
};

static const struct inherited {
	const char *row;
	enum kind kind;
	bool ok;
} kinds[] = {
    {"a listener", LISTENING, true},
    {"a listener that does not block", NONBLOCKING, true},
    {"a unix listener", UNIX, true},
    {"not bound", NOT_BOUND, false},
    {"bound, not listening", NOT_LISTENING, false},
    {"datagrams", DATAGRAM, false},
    {"a listener for packets", SEQPACKET, false},
    {"a connection", CONNECTED, false},
    {"no socket", NO_SOCKET, false},
    {"closed", CLOSED, false},
};

/* Abstract, where there is such a thing: it leaves no file. */
static int
listen_unix(int type, int backlog)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&un, sizeof(un.sun_family)) < 0 ||
	    (backlog > 0 && listen(fd, backlog) < 0))
		return -1;
	return fd;
}

static int
make(enum kind kind)
{
	int fd = -1, ends[2];

	switch (kind) {
	case LISTENING:
		return listen_inet(AF_INET, SOCK_STREAM);
	case NONBLOCKING:
		fd = listen_inet(AF_INET, SOCK_STREAM);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		return fd;
	case UNIX:
		return listen_unix(SOCK_STREAM, 5);
	case NOT_BOUND:
		return socket(AF_UNIX, SOCK_STREAM, 0);
	case NOT_LISTENING:
		return listen_unix(SOCK_STREAM, 0);
	case DATAGRAM:
		return listen_inet(AF_INET, SOCK_DGRAM);
	case SEQPACKET:
		return listen_unix(SOCK_SEQPACKET, 5);
	case CONNECTED:
		return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ? -1
								     : ends[0];
	case NO_SOCKET:
		return open("/dev/null", O_RDWR);
	case CLOSED:
		break;
	}
	return fd;
}

/* Behind a good one, so that there is something to close. */
static const char *
child_inherits(void *ctx)
{
	const struct inherited *in = ctx;
	const int fd = NOTIFY_FIRST_FD + 1;
	struct notify n;
	const char *error;

	start_afresh();
	if (!inherit(1) || make(in->kind) != (in->kind == CLOSED ? -1 : fd))
		return "cannot be made";
	set_listen(OWN_PID, "2", "a:b");
	error = notify_open(&n);
	if (!in->ok) {
		if (error == NULL || strcmp(error, NO_LISTENER) != 0)
			return "no error";
		if (is_open(fd))
			return "what is of no use is open";
		notify_close(&n);
		return is_open(NOTIFY_FIRST_FD) ? "the first is open" : NULL;
	}
	if (error != NULL)
		return error;
	for (int i = NOTIFY_FIRST_FD; i <= fd; i++) {
		if ((fcntl(i, F_GETFD) & FD_CLOEXEC) == 0)
			return "not close-on-exec";
		if ((fcntl(i, F_GETFL) & O_NONBLOCK) == 0)
			return "blocking";
	}
	if (accept(fd, NULL, NULL) >= 0 || errno != EAGAIN)
		return "accept() is not what it should be";
	return NULL;
}

static void
only_listening_stream_sockets_will_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct inherited in = kinds[i];

		check_in_child(in.row, child_inherits, &in);
	}
}

/* LISTEN_FDNAMES */

#define NAME_62 "12345678901234567890123456789012345678901234567890123456789012"

static const struct names {
	const char *row;
	const char *text;
	const char *want[3];
} names[] = {
    {"three names", "socketmap:tcp_table:policy",
	{"socketmap", "tcp_table", "policy"}},
    {"no names", NULL, {"", "", ""}},
    {"an empty text", "", {"", "", ""}},
    {"one", "a", {"a", "", ""}},
    {"two", "a:b", {"a", "b", ""}},
    {"two and an empty one", "a:b:", {"a", "b", ""}},
    {"one is empty", "a::c", {"a", "", "c"}},
    {"all are empty", "::", {"", "", ""}},
    {"more than there are sockets", "a:b:c:d", {"a", "b", "c"}},
    {"blanks belong to a name", " a:b ", {" a", "b ", ""}},
    {"one byte less than the limit", NAME_62, {NAME_62, "", ""}},
    {"the limit", NAME_62 "3", {NAME_62 "3", "", ""}},
    {"a longer name is none", NAME_62 "34:b", {"", "b", ""}},
    {"a longer name at the end", "a:b:" NAME_62 NAME_62, {"a", "b", ""}},
};

static const char *
child_names(void *ctx)
{
	const struct names *row = ctx;
	struct notify n;
	const char *error;

	start_afresh();
	if (!inherit(3))
		return "no sockets";
	set_listen(OWN_PID, "3", row->text);
	error = notify_open(&n);
	if (error != NULL)
		return error;
	for (int i = 0; i < 3; i++)
		if (strcmp(n.listener[i].name, row->want[i]) != 0)
			return row->want[i][0] != '\0' ? row->want[i]
						       : "a name";
	return NULL;
}

static void
names_are_given_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct names row = names[i];

		check_in_child(row.row, child_names, &row);
	}
}

/* Taking. */

/* Where a socket listens, as a setting says it. */
static const char *
setting_of(int fd, struct sock_address *address)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	const struct sockaddr_in6 *in6 = (const void *)&bound;
	const struct sockaddr_in *in = (const void *)&bound;
	const struct sockaddr_un *un = (const void *)&bound;
	char text[SOCK_TEXT_SIZE + 8] = "";

	memset(&bound, 0, sizeof(bound));
	if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
		return "no name";
	if (bound.ss_family == AF_INET)
		snprintf(text, sizeof(text), "inet:127.0.0.1:%d",
		    ntohs(in->sin_port));
	else if (bound.ss_family == AF_INET6)
		snprintf(
		    text, sizeof(text), "inet:[::1]:%d", ntohs(in6->sin6_port));
	else
		snprintf(text, sizeof(text), "unix:%s", un->sun_path);
	return sock_parse(span_str(text), address);
}

/* The third and the fourth have an address that no other has. */
static const char *
open_four(const char *path, struct notify *n, struct sock_address address[4])
{
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	char text[FOLDER_PATH_SIZE + 8];
	const char *error = NULL;

	start_afresh();
	snprintf(text, sizeof(text), "unix:%s", path);
	if (!inherit(2) || sock_parse(span_str(text), &address[2]) != NULL ||
	    sock_listen(&address[2], &owner) != NOTIFY_FIRST_FD + 2)
		return "no sockets";
	if (listen_inet(AF_INET6, SOCK_STREAM) < 0 &&
	    dup2(NOTIFY_FIRST_FD, NOTIFY_FIRST_FD + 3) < 0)
		return "no fourth socket";
	set_listen(OWN_PID, "4", "one:two:two");
	for (int i = 0; i < 4 && error == NULL; i++)
		error = setting_of(NOTIFY_FIRST_FD + i, &address[i]);
	return error != NULL ? error : notify_open(n);
}

static const char *
child_takes(void *ctx)
{
	const int first = NOTIFY_FIRST_FD;
	struct sock_address address[4], off = {.len = 0};
	struct notify n;
	const char *error = open_four(ctx, &n, address);

	if (error != NULL)
		return error;
	if (notify_take_name(&n, "none") >= 0 ||
	    notify_take_address(&n, &off) >= 0)
		return "neither name nor address, and yet it is taken";
	if (notify_take_name(&n, "two") != first + 1)
		return "not by name";
	if (notify_take_name(&n, "two") != first + 2)
		return "the second of that name";
	if (notify_take_name(&n, "two") >= 0 ||
	    notify_take_address(&n, &address[2]) >= 0)
		return "taken twice";
	if (notify_take_address(&n, &address[3]) < 0)
		return "not by IPv6 address";
	if (notify_take_address(&n, &address[0]) >= 0 &&
	    notify_take_name(&n, "one") >= 0)
		return "one socket under two names";
	if (notify_take_any(&n) >= 0)
		return "there is another one";
	notify_close(&n);
	for (int i = 0; i < 4; i++)
		if (!is_open(first + i))
			return "what was taken is closed";
	return NULL;
}

static const char *
child_takes_by_address(void *ctx)
{
	const int first = NOTIFY_FIRST_FD;
	struct sock_address address[4];
	struct notify n;
	const char *error = open_four(ctx, &n, address);

	if (error != NULL)
		return error;
	if (notify_take_address(&n, &address[2]) != first + 2)
		return "not by path";
	if (notify_take_address(&n, &address[1]) != first + 1)
		return "not by IPv4 address";
	if (notify_take_any(&n) != first)
		return "not the first that is left";
	notify_close(&n);
	for (int i = 0; i < 3; i++)
		if (!is_open(first + i))
			return "what was taken is closed";
	if (is_open(first + 3))
		return "what nobody took is open";
	notify_close(&n);
	return notify_take_any(&n) < 0 ? NULL : "one that is closed";
}

static void
listeners_are_taken(void **state)
{
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "s", path);
	check_in_child("by name", child_takes, path);
	unlink(path);
	check_in_child("by address", child_takes_by_address, path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(listeners_are_counted),
	    cmocka_unit_test(only_listening_stream_sockets_will_do),
	    cmocka_unit_test(names_are_given_in_order),
	    IN_FOLDER(listeners_are_taken),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
