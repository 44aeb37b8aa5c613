/* SPDX-License-Identifier: ISC */
/*
 * Each row works in a child: the environment is the child's, and so are the
 * descriptors, most of which are closed. It begins with the standard ones.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC */

#include "tests/unit/notify_support.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "hdrcheck/base/os.h"
#include "hdrcheck/base/priv.h"

#define NO_LISTENER                                                            \
	"LISTEN_FDS: an inherited descriptor is not a listening stream socket"
#define TOO_MANY  "LISTEN_FDS: too many sockets are inherited"
#define NO_NUMBER "LISTEN_FDS: not a number of sockets"

/* Sets a variable; NULL: there is none. OWN: the number of this process. */
#define OWN "own"
static void
set_env(const char *name, const char *value)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, strcmp(value, OWN) == 0 ? pid : value, 1);
}

static void
set_listen(const char *pid, const char *fds, const char *names)
{
	set_env("LISTEN_PID", pid);
	set_env("LISTEN_FDS", fds);
	set_env("LISTEN_FDNAMES", names);
}

static void
set_manager(const char *socket_name, const char *pid, const char *usec)
{
	set_env("NOTIFY_SOCKET", socket_name);
	set_env("WATCHDOG_PID", pid);
	set_env("WATCHDOG_USEC", usec);
}

/* Nothing is inherited, and nobody wants to know. */
static void
start_afresh(void)
{
	os_close_from(NOTIFY_FIRST_FD);
	set_listen(NULL, NULL, NULL);
	set_manager(NULL, NULL, NULL);
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

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
    {"none", OWN, "0", NO_NUMBER, 0},
    {"one", OWN, "1", NULL, 1},
    {"two", OWN, "2", NULL, 2},
    {"one less than the limit", OWN, "7", NULL, 7},
    {"the limit", OWN, "8", NULL, 8},
    {"one more than the limit", OWN, "9", TOO_MANY, 0},
    {"the most that an int holds", OWN, "2147483647", TOO_MANY, 0},
    {"more than an int holds", OWN, "2147483648", NO_NUMBER, 0},
    {"2^32 + 1", OWN, "4294967297", NO_NUMBER, 0},
    {"2^64 + 1", OWN, "18446744073709551617", NO_NUMBER, 0},
    {"no number of sockets", OWN, NULL, NO_NUMBER, 0},
    {"an empty number", OWN, "", NO_NUMBER, 0},
    {"less than none", OWN, "-1", NO_NUMBER, 0},
    {"a sign", OWN, "+1", NO_NUMBER, 0},
    {"a blank", OWN, " 1", NO_NUMBER, 0},
    {"a letter behind", OWN, "1x", NO_NUMBER, 0},
    {"hexadecimal", OWN, "0x1", NO_NUMBER, 0},
    {"a zero in front", OWN, "01", NULL, 1},
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
	set_listen(OWN, "2", "a:b");
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
	set_listen(OWN, "3", row->text);
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
	set_listen(OWN, "4", "one:two:two");
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

/* NOTIFY_SOCKET */

/*
 * A manager in the place of standard input, the only descriptors that a start
 * leaves open being the standard ones.
 */
enum { MANAGER = STDIN_FILENO };

static bool
seat_manager(const struct sockaddr_un *address, socklen_t len)
{
	int fd = manager_bind(address, len);

	return fd >= 0 && dup2(fd, MANAGER) == MANAGER && close(fd) == 0;
}

static bool
seat_manager_at(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(un.sun_path))
		return false;
	strcpy(un.sun_path, path);
	return seat_manager(&un, sizeof(un));
}

static const struct way {
	const char *row;
	const char *name;
	bool in_folder; /* where there are manager, listener and file */
	bool ok;
	const char *folder;
} ways[] = {
    {"none", NULL, false, false, NULL},
    {"an empty one", "", false, false, NULL},
    {"the root folder alone", "/", false, false, NULL},
    {"an at sign alone", "@", false, false, NULL},
    {"its path", "manager", true, true, NULL},
    {"a path of nobody", "nobody", true, false, NULL},
    {"a path that another kind of socket has", "listener", true, false, NULL},
    {"a file", "file", true, false, NULL},
    {"an abstract name of nobody", "@unit-nobody-has-this", false, false, NULL},
    {"a relative path", "manager", false, false, NULL},
    {"a path from here", "./manager", false, false, NULL},
    {"another family", "vsock:2:1234", false, false, NULL},
};

/* All that a name may lead to. The listener's descriptor is closed later. */
static bool
furnish(const char *folder)
{
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	struct sock_address address;
	char text[FOLDER_PATH_SIZE];
	int file;

	if (chdir(folder) < 0)
		return false;
	snprintf(text, sizeof(text), "unix:%s/listener", folder);
	if (sock_parse(span_str(text), &address) != NULL ||
	    sock_listen(&address, &owner) < 0)
		return false;
	file = open("file", O_CREAT | O_WRONLY, 0600);
	unlink("manager"); /* of the row before */
	return file >= 0 && seat_manager_at("manager");
}

static const char *
child_opens_way(void *ctx)
{
	const struct way *way = ctx;
	char name[FOLDER_PATH_SIZE];
	struct notify n;

	start_afresh();
	if (!furnish(way->folder))
		return "no folder with things in it";
	if (way->in_folder)
		snprintf(name, sizeof(name), "%s/%s", way->folder, way->name);
	set_manager(way->in_folder ? name : way->name, OWN, "1000000");
	if (notify_open(&n) != NULL)
		return "an error";
	if (n.fd >= 0 && fcntl(n.fd, F_GETFD) != FD_CLOEXEC)
		return "not close-on-exec";
	if ((n.fd >= 0) != way->ok)
		return way->ok ? "no way" : "a way";
	if (!way->ok && is_open(NOTIFY_FIRST_FD))
		return "a descriptor of no use is open";
	if ((n.watchdog_ns > 0) != way->ok)
		return "a watchdog without a way, or none";
	notify_ready(&n);
	notify_tell(&n, "WATCHDOG=1");
	notify_close(&n);
	notify_ready(&n);
	notify_tell(&n, "WATCHDOG=1");
	return n.fd == -1 ? NULL : "not closed";
}

static void
a_way_to_the_manager_is_a_path_or_abstract(void **state)
{
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct way way = ways[i];

		way.folder = *state;
		check_in_child(way.row, child_opens_way, &way);
	}
}

/* A manager whose name has so many bytes; what it is told. */
struct hearing {
	const char *folder; /* NULL: an abstract name */
	size_t len;
	bool ok;
};

static void
name_of(const struct hearing *h, char name[128])
{
	memset(name, 'x', h->len);
	name[h->len] = '\0';
	if (h->folder != NULL) {
		memcpy(name, h->folder, strlen(h->folder));
		name[strlen(h->folder)] = '/';
	} else {
		name[0] = '@';
		snprintf(name + 1, 24, "unit-%ld-", (long)getpid());
		name[strlen(name)] = 'x';
	}
}

static const char *
hear(int fd, const char *want)
{
	char text[64];
	ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);

	if (n < 0)
		return "nothing was heard";
	return span_equal_str(span_of(text, (size_t)n), want)
	    ? NULL
	    : "something else was heard";
}

/* Whoever is told may wait so long to be heard. */
static bool
is_patient(int fd)
{
	struct timeval wait;
	socklen_t len = sizeof(wait);

	return getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, &len) == 0 &&
	    wait.tv_sec == NOTIFY_WAIT_S && wait.tv_usec == 0;
}

static const char *
child_tells(void *ctx)
{
	const struct hearing *h = ctx;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char name[128];
	struct notify n;

	start_afresh();
	name_of(h, name);
	memcpy(un.sun_path, name, h->len);
	if (h->folder == NULL)
		un.sun_path[0] = '\0';
	if (!seat_manager(&un,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + h->len)))
		return "no manager";
	set_manager(name, NULL, NULL);
	if (notify_open(&n) != NULL)
		return "an error";
	if (!h->ok)
		return n.fd < 0 ? NULL : "a way";
	if (n.fd < 0 || !is_patient(n.fd))
		return "no way, or another patience";
	notify_ready(&n);
	notify_tell(&n, "STOPPING=1\nSTATUS=x");
	if (hear(MANAGER, "READY=1") != NULL)
		return "the first";
	if (hear(MANAGER, "STOPPING=1\nSTATUS=x") != NULL)
		return "the second";
	if (hear(MANAGER, "") == NULL)
		return "a third";
	close(MANAGER);
	notify_tell(&n, "WATCHDOG=1"); /* it is gone */
	notify_ready(&n);
	notify_close(&n);
	return NULL;
}

static void
what_is_told_is_heard(void **state)
{
	struct hearing path = {.folder = *state, .ok = true};
	char row[40];

	for (path.len = 106; path.len <= 108; path.len++) {
		path.ok = path.len < 108;
		snprintf(row, sizeof(row), "a path of %zu bytes", path.len);
		check_in_child(row, child_tells, &path);
	}
}

#ifdef __linux__

static void
what_is_told_to_an_abstract_name_is_heard(void **state)
{
	struct hearing name = {.folder = NULL, .ok = true};
	char row[40];

	(void)state;
	name.len = 40;
	check_in_child("an abstract name", child_tells, &name);
	for (name.len = 106; name.len <= 108; name.len++) {
		name.ok = name.len < 108;
		snprintf(row, sizeof(row), "a name of %zu bytes", name.len);
		check_in_child(row, child_tells, &name);
	}
}

#endif

/* A manager at that path, and a way to it. */
static const char *
open_way(const char *path, struct notify *n)
{
	start_afresh();
	if (!seat_manager_at(path))
		return "no manager";
	set_manager(path, NULL, NULL);
	return notify_open(n) == NULL && n->fd >= 0 ? NULL : "no way";
}

/* More than any queue holds; a child that waits is ended. */
static void
tell_too_much(const struct notify *n)
{
	alarm(MANAGER_GUARD_MS / 1000);
	for (int i = 0; i < 10000; i++)
		notify_tell(n, "WATCHDOG=1");
}

static const char *
child_tells_too_much(void *ctx)
{
	struct notify n;
	const char *error = open_way(ctx, &n);

	if (error != NULL)
		return error;
	tell_too_much(&n);
	return hear(MANAGER, "WATCHDOG=1");
}

static void
a_manager_that_does_not_listen_is_not_waited_for(void **state)
{
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "manager", path);
	check_in_child("a full queue", child_tells_too_much, path);
}

/* Listens again after a moment. Exits with 0 once it hears of a start. */
static _Noreturn void
be_late(void)
{
	struct pollfd p = {.fd = MANAGER, .events = POLLIN};
	char text[64];
	ssize_t len = 0;

	poll(NULL, 0, 50);
	while (
	    len >= 0 && !span_equal_str(span_of(text, (size_t)len), "READY=1"))
		len = poll(&p, 1, MANAGER_GUARD_MS) == 1
		    ? recv(MANAGER, text, sizeof(text), 0)
		    : -1;
	_exit(len >= 0 ? 0 : 1);
}

static const char *
child_is_ready(void *ctx)
{
	struct notify n;
	const char *error = open_way(ctx, &n);
	int status = -1;
	pid_t late;

	if (error != NULL)
		return error;
	tell_too_much(&n);
	late = fork();
	if (late == 0)
		be_late();
	notify_ready(&n);
	notify_close(&n);
	return waitpid(late, &status, 0) == late && status == 0
	    ? NULL
	    : "it was not heard";
}

static void
a_manager_that_is_busy_hears_of_the_start(void **state)
{
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "manager", path);
	check_in_child("a full queue", child_is_ready, path);
}

/* The way was found by root, and others may use it then. */
static const char *
child_tells_as_another(void *ctx)
{
	static const struct priv_ids other = {.uid = 65533, .gid = 65532};
	struct notify n;
	const char *error = open_way(ctx, &n);

	if (error != NULL)
		return error;
	if (chmod(ctx, 0600) < 0 || priv_become(&other) < 0)
		return "cannot become another";
	notify_ready(&n);
	notify_tell(&n, "WATCHDOG=1");
	return hear(MANAGER, "READY=1") == NULL &&
		hear(MANAGER, "WATCHDOG=1") == NULL
	    ? NULL
	    : "it was not heard";
}

static void
a_manager_that_hears_only_root_hears_us(void **state)
{
	char path[FOLDER_PATH_SIZE];

	if (geteuid() != 0) {
		print_message("only root can become somebody else\n");
		skip();
	}
	folder_join(state, "manager", path);
	check_in_child("another user", child_tells_as_another, path);
}

/* WATCHDOG_USEC and WATCHDOG_PID */

static const struct watchdog {
	const char *row;
	const char *pid;
	const char *usec;
	int64_t want_ns;
	const char *manager;
} watchdogs[] = {
    {"none", NULL, NULL, 0, NULL},
    {"one second", NULL, "1000000", INT64_C(1000000000), NULL},
    {"one second, for us", OWN, "1000000", INT64_C(1000000000), NULL},
    {"for another", "1", "1000000", 0, NULL},
    {"for process 0", "0", "1000000", 0, NULL},
    {"for an empty number", "", "1000000", 0, NULL},
    {"for no number", "me", "1000000", 0, NULL},
    {"the shortest", NULL, "1", 1000, NULL},
    {"no time", OWN, "0", 0, NULL},
    {"less than none", OWN, "-1", 0, NULL},
    {"an empty time", OWN, "", 0, NULL},
    {"no number", OWN, "1s", 0, NULL},
    {"the longest in nanoseconds", NULL, "9223372036854775",
	INT64_C(9223372036854775000), NULL},
    {"one more", NULL, "9223372036854776", 0, NULL},
    {"2^63 microseconds", NULL, "9223372036854775808", 0, NULL},
    {"infinity, as systemd has it", NULL, "18446744073709551615", 0, NULL},
    {"2^64 + 1000000", NULL, "18446744073710551616", 0, NULL},
};

static const char *
child_has_watchdog(void *ctx)
{
	const struct watchdog *w = ctx;
	static char wrong[64];
	struct notify n;

	start_afresh();
	if (!seat_manager_at(w->manager))
		return "no manager";
	set_manager(w->manager, w->pid, w->usec);
	if (notify_open(&n) != NULL)
		return "an error";
	if (n.fd < 0)
		return "no way";
	if (n.watchdog_ns == w->want_ns)
		return NULL;
	snprintf(wrong, sizeof(wrong), "%lld ns", (long long)n.watchdog_ns);
	return wrong;
}

static void
the_watchdog_is_read(void **state)
{
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "manager", path);
	for (size_t i = 0; i < COUNT_OF(watchdogs); i++) {
		struct watchdog w = watchdogs[i];

		w.manager = path;
		check_in_child(w.row, child_has_watchdog, &w);
		unlink(path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(listeners_are_counted),
	    cmocka_unit_test(only_listening_stream_sockets_will_do),
	    cmocka_unit_test(names_are_given_in_order),
	    IN_FOLDER(listeners_are_taken),
	    IN_FOLDER(a_way_to_the_manager_is_a_path_or_abstract),
	    IN_FOLDER(what_is_told_is_heard),
#ifdef __linux__
	    cmocka_unit_test(what_is_told_to_an_abstract_name_is_heard),
#endif
	    IN_FOLDER(a_manager_that_does_not_listen_is_not_waited_for),
	    IN_FOLDER(a_manager_that_is_busy_hears_of_the_start),
	    IN_FOLDER(a_manager_that_hears_only_root_hears_us),
	    IN_FOLDER(the_watchdog_is_read),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
