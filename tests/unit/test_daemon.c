/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/unit/daemon_support.h"

/* Ids of nobody in particular. */
static const struct priv_ids other = {.uid = 65533, .gid = 65532};

static const struct {
	const char *row;
	const char *config;
	int want; /* exit code */
	const char *log; /* a part of it */
} users[] = {
    {"a user and a group", "user = nobody\nsocket_group = root\n", 0, ""},
    {"no such user", "user = no-such-user\n", EX_NOUSER,
	"error: user no-such-user: no such user; make it with: useradd"},
    {"root", "user = root\n", EX_CONFIG,
	"error: user root is root; set user to another one"},
    {"no such group", "user = nobody\nsocket_group = no-such-group\n",
	EX_CONFIG, "error: socket_group no-such-group: no such group"},
};

static void
root_looks_user_and_group_up(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("only root looks user and group up\n");
		skip();
	}
	for (size_t i = 0; i < COUNT_OF(users); i++) {
		char out[CAPTURE_SIZE];
		struct daemon d = new_daemon(users[i].config);
		struct capture c;
		int code;

		capture_start(&c, STDERR_FILENO);
		code = daemon_find_ids(&d);
		capture_stop(&c, out);
		check_int(users[i].row, code, users[i].want);
		check_part(users[i].row, out, users[i].log);
		check_bool(users[i].row, out[0] == '\0', code == 0);
	}
}

static void
ids_are_those_of_the_settings(void **state)
{
	struct daemon d = new_daemon(
	    "user = nobody\nsocket_group = root\nsocket_mode = 0640\n");
	struct priv_ids nobody;

	(void)state;
	if (geteuid() != 0 || priv_find_user("nobody", &nobody) < 0) {
		print_message("needs root and a user nobody\n");
		skip();
	}
	assert_int_equal(daemon_find_ids(&d), 0);
	assert_int_equal(d.ids.user.uid, nobody.uid);
	assert_int_equal(d.ids.user.gid, nobody.gid);
	assert_int_equal(d.ids.sockets.uid, nobody.uid);
	assert_int_equal(d.ids.sockets.gid, 0);
	assert_int_equal(d.ids.sockets.mode, 0640);
}

/* Somebody who is not root stays who it is, whatever the settings say. */
static const char *
child_finds_its_own_ids(void *ctx)
{
	struct daemon *d = ctx;

	if (geteuid() == 0 && priv_become(&other) < 0)
		return "cannot become another";
	if (daemon_find_ids(d) != 0)
		return "failed";
	if (d->ids.user.uid != geteuid() || d->ids.user.gid != getegid())
		return "not its own ids";
	if (d->ids.sockets.uid != geteuid() || d->ids.sockets.gid != getegid())
		return "sockets not of its own ids";
	return d->ids.sockets.mode == 0600 ? NULL : "another mode";
}

static void
others_stay_who_they_are(void **state)
{
	struct daemon d =
	    new_daemon("user = no-such-user\nsocket_mode = 0600\n");

	(void)state;
	check_in_child("not root", child_finds_its_own_ids, &d);
}

/* Opens one listener with the ids of this process; what it logs in out. */
static int
try_listen(
    const struct sock_address *address, int *exit_code, char out[CAPTURE_SIZE])
{
	struct daemon d = new_daemon("");
	struct daemon_listener listener = {.name = "x", .address = address};
	struct capture c;

	d.ids.user = (struct priv_ids){geteuid(), getegid()};
	d.ids.sockets = (struct sock_owner){geteuid(), getegid(), 0660};
	capture_start(&c, STDERR_FILENO);
	*exit_code = daemon_open_listeners(&d, &listener, 1);
	capture_stop(&c, out);
	return listener.fd;
}

static void
a_second_start_exits_75(void **state)
{
	char out[CAPTURE_SIZE];
	struct sock_address address;
	int first, exit_code;

	folder_address(state, "s", &address);
	first = try_listen(&address, &exit_code, out);
	assert_true(first >= 0);
	assert_string_equal(out, "");
	assert_int_equal(try_listen(&address, &exit_code, out), -1);
	assert_int_equal(exit_code, EX_TEMPFAIL);
	check_part("log", out, address.text);
	check_part("log", out, ": somebody listens there already\n");
	close(first);
}

/* A daemon that is asked once, and is gone then. Its exit code. */
static int
be_asked(int listener)
{
	return accept(listener, NULL, NULL) >= 0 ? 0 : 1;
}

static void
a_second_start_takes_what_is_given_up_meanwhile(void **state)
{
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	char out[CAPTURE_SIZE];
	struct sock_address address;
	int first, second, exit_code, status = -1;
	pid_t pid;

	folder_address(state, "s", &address);
	first = sock_listen(&address, &owner);
	assert_true(first >= 0);
	fcntl(first, F_SETFL, 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(be_asked(first));
	close(first);
	second = try_listen(&address, &exit_code, out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	check_int("it was busy", status, 0);
	assert_int_equal(exit_code, 0);
	assert_true(second >= 0);
	assert_string_equal(out, "");
	assert_true(sock_is_bound_to(second, &address));
	close(second);
}

/* The same for a listener that has an owner of its own. */
static int
try_own(
    const struct sock_address *address, int *exit_code, char out[CAPTURE_SIZE])
{
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	struct daemon d = new_daemon("");
	struct daemon_listener listener = {
	    .name = "x", .address = address, .owner = &owner};
	struct capture c;

	d.ids.sockets = (struct sock_owner){geteuid(), getegid(), 0666};
	capture_start(&c, STDERR_FILENO);
	*exit_code = daemon_open_listeners(&d, &listener, 1);
	capture_stop(&c, out);
	return listener.fd;
}

static void
a_socket_of_its_own_gets_a_folder(void **state)
{
	char out[CAPTURE_SIZE], folder[FOLDER_PATH_SIZE];
	mode_t saved_mask = umask(0077);
	struct sock_address address;
	int fd, exit_code;
	struct stat st;

	folder_join(state, "run", folder);
	folder_address(state, "run/s", &address);
	for (int i = 0; i < 2; i++) {
		fd = try_own(&address, &exit_code, out);
		assert_string_equal(out, "");
		assert_int_equal(exit_code, 0);
		assert_true(fd >= 0);
		assert_int_equal(stat(sock_path(&address), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(stat(folder, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0755);
		close(fd);
	}
	assert_int_equal(umask(saved_mask), 0077);
	unlink(sock_path(&address));
	rmdir(folder);
}

static void
no_more_than_one_folder_is_made(void **state)
{
	char out[CAPTURE_SIZE], folder[FOLDER_PATH_SIZE];
	struct sock_address address;
	int exit_code;

	folder_address(state, "a/b/s", &address);
	assert_int_equal(try_own(&address, &exit_code, out), -1);
	assert_int_equal(exit_code, EX_CANTCREAT);
	check_part("why", out, "/a/b/s: its folder cannot be used: No such");
	check_part("what helps", out, "make it with: install -d -m 0755 /tmp/");
	check_part("what helps", out, "/a/b, or policyctl setup\n");
	assert_int_equal(access(folder_join(state, "a", folder), F_OK), -1);
}

static void
others_get_none(void **state)
{
	char out[CAPTURE_SIZE], folder[FOLDER_PATH_SIZE];
	struct sock_address address;
	int exit_code;

	folder_address(state, "a/s", &address);
	assert_int_equal(try_listen(&address, &exit_code, out), -1);
	assert_int_equal(exit_code, EX_CANTCREAT);
	assert_int_equal(access(folder_join(state, "a", folder), F_OK), -1);
}

static void
a_file_in_the_way_is_told(void **state)
{
	char out[CAPTURE_SIZE], path[FOLDER_PATH_SIZE];
	struct sock_address address;
	int exit_code;

	write_file(folder_join(state, "s", path), span_str("precious"));
	folder_address(state, "s", &address);
	assert_int_equal(try_listen(&address, &exit_code, out), -1);
	assert_int_equal(exit_code, EX_CANTCREAT);
	check_part("log", out, ": exists and is not a socket\n");
}

static void
a_missing_folder_is_told_with_the_command(void **state)
{
	char out[CAPTURE_SIZE], want[CAPTURE_SIZE];
	struct sock_address address;
	int exit_code;

	folder_address(state, "missing/s", &address);
	assert_int_equal(try_listen(&address, &exit_code, out), -1);
	assert_int_equal(exit_code, EX_CANTCREAT);
	snprintf(want, sizeof(want),
	    "make it with: install -d -o deliver-at -g postfix -m 0710 "
	    "%s/missing\n",
	    (const char *)*state);
	check_part("log", out, want);
	check_part("log", out, strerror(ENOENT));
}

static void
a_folder_of_the_root_folder_is_named(void **state)
{
	char out[CAPTURE_SIZE];
	struct sock_address address;
	int exit_code;

	(void)state;
	assert_null(
	    sock_parse(span_str("unix:/no-such-folder-here/s"), &address));
	assert_int_equal(try_listen(&address, &exit_code, out), -1);
	assert_int_equal(exit_code, EX_CANTCREAT);
	check_part("log", out, " /no-such-folder-here\n");
}

static void
another_error_is_told_with_its_text(void **state)
{
	char out[CAPTURE_SIZE];
	struct sock_address address;
	int exit_code;

	(void)state;
	/* An address of a documentation network is nobody's. */
	assert_null(sock_parse(span_str("inet:192.0.2.1:10044"), &address));
	assert_int_equal(try_listen(&address, &exit_code, out), -1);
	assert_int_equal(exit_code, EX_CANTCREAT);
	check_part("log", out, "error: inet:192.0.2.1:10044: ");
}

/* SIGPIPE would end this child if it were not ignored. */
static const char *
child_prepares(void *ctx)
{
	const struct daemon *d = ctx;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return "cannot read the limits";
	limit.rlim_cur = 64;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return "cannot set the soft limit";
	daemon_prepare(d);
	raise(SIGPIPE);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return "cannot read the limits";
	/* Two listeners may have so many each. */
	return limit.rlim_cur == 2 * 200 + DAEMON_DESCRIPTORS ? NULL
							      : "another limit";
}

/* Valgrind lets nobody set a hard limit: then there is nothing to see. */
static const char *
child_cannot_prepare(void *ctx)
{
	const struct daemon *d = ctx;
	struct rlimit limit = {.rlim_cur = 64, .rlim_max = 128};
	char out[CAPTURE_SIZE];
	struct capture c;

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return NULL;
	if (geteuid() == 0 && priv_become(&other) < 0)
		return "cannot become another";
	capture_start(&c, STDERR_FILENO);
	daemon_prepare(d);
	capture_stop(&c, out);
	return strstr(out,
		   "warning: max_connections = 200 needs 464 descriptors, "
		   "and the limit cannot be raised: ") != NULL
	    ? NULL
	    : "not told";
}

static void
descriptors_and_signals_are_prepared(void **state)
{
	struct daemon d = new_daemon("max_connections = 200\n");

	(void)state;
	check_in_child("prepared", child_prepares, &d);
	check_in_child("not possible", child_cannot_prepare, &d);
}

static void
limits_are_those_of_the_settings(void **state)
{
	struct daemon d =
	    new_daemon("max_connections = 100000\nidle_timeout = 1d\n");
	struct conn_limits limits = daemon_limits(&d.settings);

	(void)state;
	assert_int_equal(limits.connections, 100000);
	assert_int_equal(limits.idle_ms, 86400000);
}

static void
the_version_is_printed(void **state)
{
	char out[CAPTURE_SIZE];
	struct capture c;

	(void)state;
	capture_start(&c, STDOUT_FILENO);
	daemon_print_version("hdrcheck");
	check_string("version", capture_stop(&c, out),
	    "hdrcheck (deliver-at) " DELIVER_AT_VERSION "\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(root_looks_user_and_group_up),
	    cmocka_unit_test(ids_are_those_of_the_settings),
	    cmocka_unit_test(others_stay_who_they_are),
	    IN_FOLDER(a_second_start_exits_75),
	    IN_FOLDER(a_socket_of_its_own_gets_a_folder),
	    IN_FOLDER(no_more_than_one_folder_is_made),
	    IN_FOLDER(others_get_none),
	    IN_FOLDER(a_second_start_takes_what_is_given_up_meanwhile),
	    IN_FOLDER(a_file_in_the_way_is_told),
	    IN_FOLDER(a_missing_folder_is_told_with_the_command),
	    cmocka_unit_test(a_folder_of_the_root_folder_is_named),
	    cmocka_unit_test(another_error_is_told_with_its_text),
	    cmocka_unit_test(descriptors_and_signals_are_prepared),
	    cmocka_unit_test(limits_are_those_of_the_settings),
	    cmocka_unit_test(the_version_is_printed),
	};

	return cmocka_run_group_tests_name("daemon", tests, NULL, NULL);
}
