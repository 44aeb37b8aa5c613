/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "policyd/ctl/probe.h"

#define COUNTS "OK lookups=12 hold=3 dunno=4 reject=5 notfound=0 malformed=1"

/* hdrcheck, for one connection; its reply comes in two pieces. */
static void
serve(int listener, const char *reply)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};
	size_t half = strlen(reply) / 2;
	char got[64] = "";
	int fd;

	poll(&p, 1, -1);
	fd = accept(listener, NULL, NULL);
	if (read(fd, got, sizeof(got) - 1) < 0 ||
	    strcmp(got, "7:status ,") != 0)
		_exit(1);
	if (write(fd, reply, half) < 0)
		_exit(1);
	poll(NULL, 0, 20);
	_exit(write(fd, reply + half, strlen(reply) - half) < 0);
}

static void
probe_server(void **state, const char *reply, struct probe *probe)
{
	struct sock_owner owner = {
	    .uid = geteuid(), .gid = getegid(), .mode = 0600};
	struct settings settings = {.user = ""};
	int listener;
	pid_t pid;

	folder_address(state, "socketmap", &settings.socketmap_listen);
	listener = sock_listen(&settings.socketmap_listen, &owner);
	assert_true(listener >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		serve(listener, reply);
	close(listener);
	probe_hdrcheck(&settings, probe);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	unlink(sock_path(&settings.socketmap_listen));
}

static void
a_server_is_asked(void **state)
{
	char too_long[4097] = "4095:";
	struct probe probe;

	memset(too_long + 5, 'x', sizeof(too_long) - 6);
	too_long[sizeof(too_long) - 1] = '\0';
	probe_server(state, "60:" COUNTS ",", &probe);
	check_bool("it answers", probe.runs, true);
	check_bool("with counts", probe.has_counts, true);
	check_int("lookups", (int64_t)probe.counts.n[COUNT_LOOKUPS], 12);
	assert_null(probe.wrong);
	probe_server(state, "", &probe);
	check_bool("it hangs up", probe.runs, false);
	check_string("it hangs up", probe.wrong, "hangs up");
	probe_server(state, too_long, &probe);
	check_string("too long", probe.wrong, "gives no such answer");
	probe_server(state, "5:wrong,", &probe);
	check_bool("something else", probe.runs, false);
	check_string("something else", probe.wrong, "gives no such answer");
}

static void
nobody_is_there(void **state)
{
	struct settings settings = {.user = ""};
	struct probe probe;

	probe_hdrcheck(&settings, &probe);
	check_bool("no listener is set", probe.runs, false);
	assert_null(probe.address);
	check_string("no listener is set", probe.wrong, "no listener is set");
	folder_address(state, "nobody", &settings.socketmap_listen);
	probe_hdrcheck(&settings, &probe);
	check_bool("nobody listens", probe.runs, false);
	check_string("nobody listens", probe.wrong, strerror(ENOENT));
}

/* Of a tcp_table only the connection tells. */
static void
a_tcp_table_is_tried(void **state)
{
	struct settings settings = {.user = ""};
	struct sock_owner owner = {
	    .uid = geteuid(), .gid = getegid(), .mode = 0600};
	struct probe probe;
	int listener;

	folder_address(state, "tcp_table", &settings.tcp_table_listen);
	listener = sock_listen(&settings.tcp_table_listen, &owner);
	assert_true(listener >= 0);
	probe_hdrcheck(&settings, &probe);
	check_bool("somebody listens", probe.runs, true);
	check_bool("without counts", probe.has_counts, false);
	close(listener);
	probe_hdrcheck(&settings, &probe);
	check_bool("nobody listens", probe.runs, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(a_server_is_asked),
	    IN_FOLDER(nobody_is_there),
	    IN_FOLDER(a_tcp_table_is_tried),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
