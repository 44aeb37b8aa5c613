/* SPDX-License-Identifier: ISC */
/*
 * How a daemon begins: descriptors, signals, inherited sockets, who it is.
 */
#define _GNU_SOURCE /* getresuid */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/unit/daemon_support.h"

#include "hdrcheck/base/os.h"

/* Inherited sockets. Each of a row listens on a path of its own. */

enum {
	SOCKETS = 3,
	SERVICES = 2,
	OWN = -1, /* listens by itself */
	NONE = -2, /* does not listen */
};

static const struct {
	const char *row;
	size_t n; /* inherited */
	const char *name[SOCKETS];
	const char *path[SOCKETS];
	bool off[SERVICES]; /* by the settings */
	int want[SERVICES]; /* which one is used; OWN, NONE */
	bool extra; /* one is too many */
} inheritances[] = {
    {"nothing", 0, {NULL}, {NULL}, {false, false}, {OWN, OWN}, false},
    {"nothing, and all off", 0, {NULL}, {NULL}, {true, true}, {NONE, NONE},
	false},
    {"both by name", 2, {"tcp_table", "socketmap"}, {"x", "y"}, {false, false},
	{1, 0}, false},
    {"both by address", 2, {"", ""}, {"second", "first"}, {false, false},
	{1, 0}, false},
    {"one by name, one by address", 2, {"", "socketmap"}, {"second", "x"},
	{false, false}, {1, 0}, false},
    {"the name comes before the address", 2, {"tcp_table", "socketmap"},
	{"second", "x"}, {false, false}, {1, 0}, false},
    {"the name comes before the address of another", 2, {"tcp_table", ""},
	{"first", "x"}, {false, false}, {1, 0}, false},
    {"a name of a service that is off", 1, {"tcp_table"}, {"x"}, {false, true},
	{OWN, 0}, false},
    {"a name of the only service", 1, {"socketmap"}, {"x"}, {true, true},
	{0, NONE}, false},
    {"the address of the second", 1, {"hdrcheck.socket"}, {"second"},
	{false, false}, {OWN, 0}, false},
    {"neither name nor address", 1, {"hdrcheck.socket"}, {"x"}, {false, false},
	{0, OWN}, false},
    {"neither, and the first is off", 1, {""}, {"x"}, {true, true}, {0, NONE},
	false},
    {"neither, beside the name of the second", 2, {"", "tcp_table"}, {"x", "y"},
	{false, true}, {0, 1}, false},
    {"a name in another case is none", 1, {"TCP_TABLE"}, {"x"}, {false, false},
	{0, OWN}, false},
    {"two of neither", 2, {"", ""}, {"x", "y"}, {false, false}, {0, OWN}, true},
    {"two of one name", 2, {"socketmap", "socketmap"}, {"x", "y"},
	{false, false}, {0, OWN}, true},
    {"one too many", 3, {"socketmap", "tcp_table", "policy"}, {"x", "y", "z"},
	{false, false}, {0, 1}, true},
};

static int
listen_in(void **state, const char *name)
{
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	struct sock_address address;
	int fd;

	folder_address(state, name, &address);
	fd = sock_listen(&address, &owner);
	assert_true(fd >= 0);
	return fd;
}

/* Opens the services of a row; fds are the inherited sockets. */
static int
open_services(void **state, size_t row, int fds[SOCKETS],
    struct daemon_listener listeners[SERVICES], char told[CAPTURE_SIZE])
{
	static struct sock_address address[SERVICES];
	struct daemon d = new_daemon("");
	struct capture c;
	int exit_code;

	d.notify.n_listeners = inheritances[row].n;
	for (size_t i = 0; i < inheritances[row].n; i++) {
		fds[i] = listen_in(state, inheritances[row].path[i]);
		d.notify.listener[i].fd = fds[i];
		strcpy(d.notify.listener[i].name, inheritances[row].name[i]);
	}
	folder_address(state, "first", &address[0]);
	folder_address(state, "second", &address[1]);
	listeners[0] = (struct daemon_listener){.name = "socketmap"};
	listeners[1] = (struct daemon_listener){.name = "tcp_table"};
	for (int i = 0; i < SERVICES; i++) {
		if (inheritances[row].off[i])
			memset(&address[i], 0, sizeof(address[i]));
		listeners[i].address = &address[i];
	}
	capture_start(&c, STDERR_FILENO);
	exit_code = daemon_open_listeners(&d, listeners, SERVICES);
	capture_stop(&c, told);
	return exit_code;
}

static void
check_listener(size_t row, const struct daemon_listener *l, int want,
    const int fds[SOCKETS])
{
	const char *sentence = inheritances[row].row;

	check_bool(sentence, l->inherited, want >= 0);
	if (want >= 0) {
		check_int(sentence, l->fd, fds[want]);
		check_string(
		    sentence, daemon_listener_text(l), "an inherited socket");
	} else if (want == OWN) {
		check_bool(sentence, l->fd >= 0, true);
		check_bool(sentence, sock_is_bound_to(l->fd, l->address), true);
		check_string(
		    sentence, daemon_listener_text(l), l->address->text);
	} else {
		check_int(sentence, l->fd, -1);
		check_string(sentence, daemon_listener_text(l), "no socket");
	}
}

static void
remove_sockets(void **state)
{
	static const char *const names[] = {"first", "second", "x", "y", "z"};
	char path[FOLDER_PATH_SIZE];

	for (size_t i = 0; i < COUNT_OF(names); i++)
		unlink(folder_join(state, names[i], path));
}

static void
inherited_sockets_find_their_services(void **state)
{
	for (size_t i = 0; i < COUNT_OF(inheritances); i++) {
		const char *row = inheritances[i].row;
		struct daemon_listener listeners[SERVICES];
		char told[CAPTURE_SIZE];
		int fds[SOCKETS];
		int code = open_services(state, i, fds, listeners, told);

		check_int(row, code, inheritances[i].extra ? EX_CONFIG : 0);
		check_part(row, told,
		    inheritances[i].extra
			? " is one too many: name each after its service\n"
			: "");
		check_bool(row, told[0] != '\0', inheritances[i].extra);
		for (int k = 0; k < SERVICES && code == 0; k++)
			check_listener(
			    i, &listeners[k], inheritances[i].want[k], fds);
		for (size_t k = 0; k < inheritances[i].n; k++)
			close(fds[k]);
		for (int k = 0; k < SERVICES; k++)
			if (listeners[k].fd >= 0 && !listeners[k].inherited)
				close(listeners[k].fd);
		remove_sockets(state);
	}
}

/* daemon_clean_up() */

enum { LOW = NOTIFY_FIRST_FD };

static void
forget_manager(void)
{
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	unsetenv("NOTIFY_SOCKET");
}

static bool
is_dev_null(int fd)
{
	struct stat st, null;

	return fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 &&
	    S_ISCHR(st.st_mode) && st.st_rdev == null.st_rdev;
}

/* Which of the standard descriptors are closed: a bit each. */
static const char *
child_cleans_up(void *ctx)
{
	const unsigned *closed = ctx;
	struct daemon d;

	forget_manager();
	memset(&d, 0, sizeof(d));
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		int source = open("/", O_RDONLY);

		dup2(source, fd);
		if (source > STDERR_FILENO)
			close(source);
	}
	dup2(STDERR_FILENO, 200);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (*closed >> fd & 1)
			close(fd);
	if (daemon_clean_up(&d, "test", true) != NULL)
		return "failed";
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (is_dev_null(fd) != (*closed >> fd & 1))
			return "what was open is changed, or what was closed "
			       "is not /dev/null";
	for (int fd = LOW; fd < 210; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return "another descriptor is open";
	return NULL;
}

static void
only_the_standard_descriptors_are_open(void **state)
{
	(void)state;
	for (unsigned closed = 0; closed < 8; closed++) {
		char row[40];

		snprintf(row, sizeof(row), "closed at the start: %u", closed);
		check_in_child(row, child_cleans_up, &closed);
	}
}

/* Those that daemons take wait; they would end this child. */
static const char *
child_holds_signals(void *ctx)
{
	static const int held[] = {SIGHUP, SIGINT, SIGTERM};
	struct daemon d;
	sigset_t set;

	(void)ctx;
	forget_manager();
	memset(&d, 0, sizeof(d));
	signal(SIGCHLD, SIG_IGN); /* as our parent may have left it */
	if (daemon_clean_up(&d, "test", true) != NULL)
		return "failed";
	if (signal(SIGCHLD, SIG_DFL) != SIG_DFL)
		return "ends of children are not told";
	for (size_t i = 0; i < COUNT_OF(held); i++)
		raise(held[i]);
	if (sigpending(&set) < 0)
		return "cannot tell";
	for (size_t i = 0; i < COUNT_OF(held); i++)
		if (!sigismember(&set, held[i]))
			return "a signal got lost";
	sigprocmask(SIG_SETMASK, NULL, &set);
	if (sigismember(&set, SIGCHLD) || sigismember(&set, SIGPIPE))
		return "another signal is held";
	return NULL;
}

static void
signals_wait(void **state)
{
	(void)state;
	check_in_child("signals", child_holds_signals, NULL);
}

static const char *
child_opens_its_log(void *ctx)
{
	struct daemon d;

	(void)ctx;
	forget_manager();
	memset(&d, 0, sizeof(d));
	if (daemon_clean_up(&d, "name", true) != NULL)
		return "failed";
	if (!d.log.to_stderr || !d.log.starting ||
	    strcmp(d.log.ident, "name") != 0)
		return "another log";
	return d.notify.fd == -1 && d.notify.n_listeners == 0
	    ? NULL
	    : "a manager from nowhere";
}

static void
the_log_is_open(void **state)
{
	(void)state;
	check_in_child("-d", child_opens_its_log, NULL);
}

/* What a manager hands over is what it is, or the start ends. */
static const struct handed {
	const char *row;
	bool listens;
	const char *count;
	const char *want; /* what is wrong, or NULL */
} handed[] = {
    {"a listener", true, "1", NULL},
    {"nothing where one should be", false, "1",
	"LISTEN_FDS: an inherited descriptor is not a listening stream socket"},
    {"a listener and nothing", true, "2",
	"LISTEN_FDS: an inherited descriptor is not a listening stream socket"},
    {"too many", true, "9", "LISTEN_FDS: too many sockets are inherited"},
    {"none, that are for us", true, "0", "LISTEN_FDS: not a number of sockets"},
    {"no number", true, "one", "LISTEN_FDS: not a number of sockets"},
};

struct handing {
	const struct handed *row;
	struct sock_address address;
};

/* Standard error is a file here: a pipe's other end would be closed. */
static const char *
child_is_handed(void *ctx)
{
	const struct handing *h = ctx;
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	FILE *file = tmpfile();
	const char *error, *want = h->row->want;
	struct daemon d;
	char pid[24];

	memset(&d, 0, sizeof(d));
	if (file == NULL || dup2(fileno(file), STDERR_FILENO) < 0)
		return "no file";
	os_close_from(LOW);
	if (h->row->listens && sock_listen(&h->address, &owner) != LOW)
		return "no socket";
	forget_manager();
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", h->row->count, 1);
	error = daemon_clean_up(&d, "test", true);
	if (strcmp(error != NULL ? error : "", want != NULL ? want : "") != 0)
		return error != NULL ? error : "no error";
	if (!d.log.to_stderr || strcmp(d.log.ident, "test") != 0)
		return "no log to tell it";
	if (want == NULL && notify_take_any(&d.notify) != LOW)
		return "another socket";
	return lseek(STDERR_FILENO, 0, SEEK_END) == 0 ? NULL : "told already";
}

static void
what_is_handed_over_must_listen(void **state)
{
	struct handing h;

	folder_address(state, "s", &h.address);
	for (size_t i = 0; i < COUNT_OF(handed); i++) {
		h.row = &handed[i];
		check_in_child(handed[i].row, child_is_handed, &h);
	}
}

/* daemon_stop_being_root() */

static const struct {
	const char *row;
	const char *config;
	const char *becomes;
} users[] = {
    {"the user of the settings", "user = daemon\n", "daemon"},
    {"nobody, where there is no such user", "user = no-such-user\n", "nobody"},
    {"nobody, where that is root", "user = root\n", "nobody"},
};

struct becoming {
	struct daemon d;
	struct priv_ids want;
};

static const char *
child_stops_being_root(void *ctx)
{
	const struct becoming *b = ctx;
	bool was_root = geteuid() == 0;
	uid_t uids[3];
	gid_t gids[3];

	if (daemon_stop_being_root(&b->d) != 0)
		return "failed";
	if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
	    getresgid(&gids[0], &gids[1], &gids[2]) < 0)
		return "cannot tell";
	for (int i = 0; i < 3; i++)
		if (uids[i] != b->want.uid || gids[i] != b->want.gid)
			return "somebody else";
	if (was_root && getgroups(0, NULL) != 0)
		return "supplementary groups stayed";
	return b->want.uid == 0 || setuid(0) < 0 ? NULL : "there is a way back";
}

static void
root_becomes_somebody_else(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("only root can become somebody else\n");
		skip();
	}
	for (size_t i = 0; i < COUNT_OF(users); i++) {
		struct becoming b = {.d = new_daemon(users[i].config)};

		if (priv_find_user(users[i].becomes, &b.want) < 0) {
			print_message("no user %s here\n", users[i].becomes);
			continue;
		}
		check_in_child(users[i].row, child_stops_being_root, &b);
	}
}

/* Ids of nobody in particular. */
static const struct priv_ids other = {.uid = 65533, .gid = 65532};

static const char *
child_is_not_root(void *ctx)
{
	struct becoming *b = ctx;

	if (geteuid() == 0 && priv_become(&other) < 0)
		return "cannot become another";
	b->want = (struct priv_ids){geteuid(), getegid()};
	return child_stops_being_root(b);
}

static void
others_stay_who_they_are(void **state)
{
	struct becoming b = {.d = new_daemon("user = no-such-user\n")};

	(void)state;
	check_in_child("not root", child_is_not_root, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(inherited_sockets_find_their_services),
	    cmocka_unit_test(only_the_standard_descriptors_are_open),
	    cmocka_unit_test(signals_wait),
	    cmocka_unit_test(the_log_is_open),
	    IN_FOLDER(what_is_handed_over_must_listen),
	    cmocka_unit_test(root_becomes_somebody_else),
	    cmocka_unit_test(others_stay_who_they_are),
	};

	return cmocka_run_group_tests_name("daemon_start", tests, NULL, NULL);
}
