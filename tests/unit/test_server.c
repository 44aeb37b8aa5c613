/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/unit/daemon_support.h"
#include "tests/unit/notify_support.h"

#include "hdrcheck/base/os.h"
#include "hdrcheck/server.h"

#define ASK_DUE  "45:deliver-at X-Deliver-At: 2000-01-01T00:00:00Z,"
#define DUE      "8:OK DUNNO,"
#define GET_DUE  "get X-Deliver-At:%202000-01-01T00:00:00Z\n"
#define BAD      "33:PERM not a netstring, or too long,"
#define GUARD_MS (20 * 1000) /* what takes longer has failed */

static const struct {
	const char *row;
	const char *protocol;
	bool want;
} protocols[] = {
    {"socketmap", "socketmap", true},
    {"tcp_table", "tcp_table", true},
    {"nothing", "", false},
    {"another one", "policy", false},
    {"another case", "SOCKETMAP", false},
    {"a part", "socket", false},
    {"more", "socketmap ", false},
};

static void
protocols_have_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(protocols); i++)
		check_bool(protocols[i].row,
		    server_knows(protocols[i].protocol), protocols[i].want);
}

/* One client on standard input and output, which are the child's own. */

struct serving {
	const char *protocol;
	struct daemon d;
	int in;
	int out;
	int in_flags; /* before, and to be found behind */
	int out_flags;
	int signo; /* that waits already, or 0 */
};

static const char *
child_serves(void *ctx)
{
	struct serving *s = ctx;
	const int signals[] = {SIGHUP, SIGINT, SIGTERM, 0};

	if (dup2(s->in, STDIN_FILENO) < 0 || dup2(s->out, STDOUT_FILENO) < 0)
		return "no descriptors";
	close(s->in);
	if (s->out != s->in)
		close(s->out);
	fcntl(STDIN_FILENO, F_SETFL, s->in_flags);
	fcntl(STDOUT_FILENO, F_SETFL, s->out_flags);
	s->in_flags = fcntl(STDIN_FILENO, F_GETFL);
	s->out_flags = fcntl(STDOUT_FILENO, F_GETFL);
	os_signal_hold(signals);
	if (s->signo != 0)
		raise(s->signo);
	if (server_run_one(&s->d, NULL, s->protocol) != EX_OK)
		return "another exit code";
	if (fcntl(STDIN_FILENO, F_GETFL) != s->in_flags)
		return "other flags of standard input";
	if (fcntl(STDOUT_FILENO, F_GETFL) != s->out_flags)
		return "other flags of standard output";
	return geteuid() == 0 ? "it is root yet" : NULL;
}

static void
serve(const char *row, struct serving *s)
{
	s->d = new_daemon("user = nobody\n");
	check_in_child(row, child_serves, s);
}

/* A pipe that has this text, and perhaps its end. */
static int
pipe_with(struct span text, int *writer)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text.data, text.len), text.len);
	if (writer != NULL)
		*writer = ends[1];
	else
		close(ends[1]);
	return ends[0];
}

static void
check_answers(const char *row, int fd, const char *want)
{
	char got[1024];
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	n = read(fd, got, sizeof(got));
	if (n < 0)
		check_int(row, errno, EAGAIN);
	check_span(row, span_of(got, n > 0 ? (size_t)n : 0), span_str(want));
}

static const struct {
	const char *row;
	const char *protocol;
	struct span requests;
	const char *answers;
} talks[] = {
    {"nothing", "socketmap", SPAN(""), ""},
    {"a request", "socketmap", SPAN(ASK_DUE), DUE},
    {"three requests", "socketmap", SPAN(ASK_DUE "15:deliver-at A: b," ASK_DUE),
	DUE "9:NOTFOUND ," DUE},
    {"a request and a half", "socketmap", SPAN(ASK_DUE "45:deliver-at X-D"),
	DUE},
    {"a map that is not there", "socketmap", SPAN("3:x y,"),
	"16:PERM no such map,"},
    {"no netstring", "socketmap", SPAN("get x\n" ASK_DUE), BAD},
    {"no netstring behind a request", "socketmap", SPAN(ASK_DUE "\0" ASK_DUE),
	DUE BAD},
    {"no line", "tcp_table", SPAN(""), ""},
    {"a line", "tcp_table", SPAN(GET_DUE), "200 DUNNO\n"},
    {"lines", "tcp_table", SPAN("get A:%20b\n" GET_DUE "put x\n" GET_DUE),
	"500 not%20found\n200 DUNNO\n400 not%20a%20get%20request\n"
	"200 DUNNO\n"},
    {"a line and a half", "tcp_table", SPAN(GET_DUE "get X-Deliver"),
	"200 DUNNO\n"},
};

static void
a_client_is_served_to_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(talks); i++) {
		struct serving s = {.protocol = talks[i].protocol};
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		s.in = pipe_with(talks[i].requests, NULL);
		s.out = ends[1];
		serve(talks[i].row, &s);
		check_answers(talks[i].row, ends[0], talks[i].answers);
		close(s.in);
		close(ends[0]);
		close(ends[1]);
	}
}

static const struct {
	const char *row;
	int in_flags;
	int out_flags;
} flags[] = {
    {"both block", 0, 0},
    {"neither blocks", O_NONBLOCK, O_NONBLOCK},
    {"only the output blocks", O_NONBLOCK, 0},
    {"only the input blocks", 0, O_NONBLOCK},
};

static void
descriptors_are_left_as_they_were(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		struct serving s = {.protocol = "socketmap",
		    .in_flags = flags[i].in_flags,
		    .out_flags = flags[i].out_flags};
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		s.in = pipe_with(span_str(ASK_DUE), NULL);
		s.out = ends[1];
		serve(flags[i].row, &s);
		check_bool(flags[i].row,
		    (fcntl(s.in, F_GETFL) & O_NONBLOCK) != 0,
		    flags[i].in_flags != 0);
		check_bool(flags[i].row,
		    (fcntl(s.out, F_GETFL) & O_NONBLOCK) != 0,
		    flags[i].out_flags != 0);
		check_answers(flags[i].row, ends[0], DUE);
		close(s.in);
		close(ends[0]);
		close(ends[1]);
	}
}

/* As inetd and spawn(8) do it. */
static void
one_socket_may_be_both(void **state)
{
	struct serving s = {.protocol = "socketmap"};
	struct span ask = span_str(ASK_DUE ASK_DUE);
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[0], ask.data, ask.len), ask.len);
	shutdown(ends[0], SHUT_WR);
	s.in = s.out = ends[1];
	serve("a socket", &s);
	check_answers("a socket", ends[0], DUE DUE);
	close(ends[0]);
	close(ends[1]);
}

static void
a_file_may_ask(void **state)
{
	struct serving s = {.protocol = "tcp_table"};
	char path[FOLDER_PATH_SIZE], got[64] = "";
	int answers;

	write_file(folder_join(state, "ask", path), span_str(GET_DUE));
	s.in = open(path, O_RDONLY);
	answers = open(folder_join(state, "answers", path),
	    O_RDWR | O_CREAT | O_APPEND, 0600);
	s.out = answers;
	s.out_flags = O_APPEND;
	assert_true(s.in >= 0 && s.out >= 0);
	serve("files", &s);
	assert_true(pread(answers, got, sizeof(got) - 1, 0) > 0);
	assert_string_equal(got, "200 DUNNO\n");
	close(s.in);
	close(answers);
}

/* Nothing can be said to whoever reads no more; SIGPIPE ends nobody. */
static void
a_client_that_reads_no_more_is_the_end(void **state)
{
	struct serving s = {.protocol = "socketmap"};
	int ends[2], writer;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	s.in = pipe_with(span_str(ASK_DUE), &writer);
	s.out = ends[1];
	serve("no reader", &s);
	close(writer);
	close(s.in);
	close(ends[1]);
}

static const int stops[] = {SIGTERM, SIGINT};

static void
a_signal_ends_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(stops); i++) {
		struct serving s = {.protocol = "socketmap", .signo = stops[i]};
		int ends[2], writer;

		assert_int_equal(pipe(ends), 0);
		s.in = pipe_with(span_str(""), &writer);
		s.out = ends[1];
		serve("a signal", &s);
		check_answers("a signal", ends[0], "");
		close(writer);
		close(s.in);
		close(ends[0]);
		close(ends[1]);
	}
}

/* The daemon, with a socket and a manager from the test. */

struct service {
	void *folder;
	struct daemon d;
	struct sock_address address;
	char conf[FOLDER_PATH_SIZE];
	int manager;
	int log_fd;
	pid_t pid; /* 0: it has ended */
};

static int
service_setup(void **state)
{
	struct service *s = calloc(1, sizeof(*s));

	if (s == NULL || folder_setup(&s->folder) < 0)
		return -1;
	s->d = new_daemon("user = nobody\nsocket_group = root\n");
	s->manager = s->log_fd = -1;
	*state = s;
	/* Whoever it becomes reads its settings there. */
	return chmod(s->folder, 0755);
}

static int
service_teardown(void **state)
{
	struct service *s = *state;

	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	notify_close(&s->d.notify);
	if (s->manager >= 0)
		close(s->manager);
	if (s->log_fd >= 0)
		close(s->log_fd);
	folder_teardown(&s->folder);
	free(s);
	return 0;
}

#define SERVICE(name)                                                          \
	cmocka_unit_test_setup_teardown(name, service_setup, service_teardown)

static void
write_settings(struct service *s, const char *text)
{
	write_file(s->conf, span_str(text));
	assert_int_equal(chmod(s->conf, 0644), 0);
}

static void
start(struct service *s, int64_t watchdog_ns)
{
	struct notify *notify = &s->d.notify;
	int ends[2];

	folder_join(&s->folder, "conf", s->conf);
	folder_address(&s->folder, "s", &s->address);
	s->manager = manager_open(&s->folder, notify);
	notify->watchdog_ns = watchdog_ns;
	notify->n_listeners = 1;
	notify->listener[0].fd = sock_listen(&s->address, &s->d.ids.sockets);
	assert_true(notify->listener[0].fd >= 0);
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		_exit(server_run(&s->d, s->conf));
	}
	close(ends[1]);
	notify_close(notify);
	s->log_fd = ends[0];
}

static void
check_end(const char *row, struct service *s, int want)
{
	int status = 0;

	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	s->pid = 0;
	check_int(row, WIFEXITED(status) ? WEXITSTATUS(status) : -1, want);
}

/* Waits until the log says that. */
static void
await_log(struct service *s, const char *part)
{
	struct pollfd p = {.fd = s->log_fd, .events = POLLIN};
	char text[4096] = "";
	size_t used = 0;

	while (strstr(text, part) == NULL) {
		ssize_t n;

		check_int(part, poll(&p, 1, GUARD_MS), 1);
		n = read(s->log_fd, text + used, sizeof(text) - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
		text[used] = '\0';
	}
	check_part(part, text, part);
}

static void
check_talk(struct service *s, const char *ask, const char *want)
{
	struct pollfd p = {.events = POLLIN};
	char got[256];
	ssize_t n;

	p.fd = sock_connect(&s->address);
	assert_true(p.fd >= 0);
	assert_int_equal(write(p.fd, ask, strlen(ask)), strlen(ask));
	check_int(ask, poll(&p, 1, GUARD_MS), 1);
	n = read(p.fd, got, sizeof(got));
	check_span(ask, span_of(got, n > 0 ? (size_t)n : 0), span_str(want));
	close(p.fd);
}

static void
a_daemon_tells_its_manager(void **state)
{
	struct service *s = *state;

	start(s, 0);
	manager_expect("started", s->manager, "READY=1");
	await_log(s, "socketmap on an inherited socket\n");
	check_talk(s, ASK_DUE, DUE);
	manager_heard_all("no watchdog", s->manager);
	kill(s->pid, SIGTERM);
	manager_expect("stopped", s->manager, "STOPPING=1");
	await_log(s, "stopped\n");
	manager_heard_all("stopped", s->manager);
	check_end("stopped", s, EX_OK);
}

static void
a_daemon_gives_signs_of_life(void **state)
{
	const int64_t watchdog_ns = 40 * CLOCK_NS_PER_MS;
	int64_t start_ns = clock_read().mono_ns;
	struct service *s = *state;

	start(s, watchdog_ns);
	manager_expect("started", s->manager, "READY=1");
	for (int i = 0; i < 5; i++) {
		manager_expect("alive", s->manager, "WATCHDOG=1");
		assert_true(
		    clock_read().mono_ns - start_ns >= i * watchdog_ns / 2);
	}
	check_talk(s, ASK_DUE, DUE);
	kill(s->pid, SIGINT);
	manager_expect_news("stopped", s->manager, "STOPPING=1");
	check_end("stopped", s, EX_OK);
}

static void
a_daemon_reads_its_settings_again(void **state)
{
	struct service *s = *state;

	start(s, 0);
	manager_expect("started", s->manager, "READY=1");
	check_talk(s, ASK_DUE, DUE);
	write_settings(s, "header_names = X-Later\n");
	kill(s->pid, SIGHUP);
	await_log(s, "configuration read again\n");
	check_talk(s, ASK_DUE, "9:NOTFOUND ,");
	write_settings(s, "header_names = X-Deliver-At\nnonsense\n");
	kill(s->pid, SIGHUP);
	await_log(s, "the old configuration stays\n");
	check_talk(s, ASK_DUE, "9:NOTFOUND ,");
	manager_heard_all("nothing of that", s->manager);
	kill(s->pid, SIGTERM);
	check_end("stopped", s, EX_OK);
}

static const char *
child_has_nothing_to_do(void *ctx)
{
	struct daemon *d = ctx;
	char told[CAPTURE_SIZE];
	struct capture c;
	int code;

	capture_start(&c, STDERR_FILENO);
	code = server_run(d, NULL);
	capture_stop(&c, told);
	if (code != EX_CONFIG)
		return "another exit code";
	return strstr(told, "all listeners are off: nothing to do\n") != NULL
	    ? NULL
	    : "not told so";
}

static void
a_daemon_without_listeners_ends(void **state)
{
	struct daemon d = new_daemon(
	    "user = nobody\nsocket_group = root\nsocketmap_listen = (off)\n");

	(void)state;
	check_in_child("off", child_has_nothing_to_do, &d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(protocols_have_a_name),
	    cmocka_unit_test(a_client_is_served_to_its_end),
	    cmocka_unit_test(descriptors_are_left_as_they_were),
	    cmocka_unit_test(one_socket_may_be_both),
	    IN_FOLDER(a_file_may_ask),
	    cmocka_unit_test(a_client_that_reads_no_more_is_the_end),
	    cmocka_unit_test(a_signal_ends_it),
	    SERVICE(a_daemon_tells_its_manager),
	    SERVICE(a_daemon_gives_signs_of_life),
	    SERVICE(a_daemon_reads_its_settings_again),
	    cmocka_unit_test(a_daemon_without_listeners_ends),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
