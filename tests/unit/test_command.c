/* SPDX-License-Identifier: ISC */
/*
 * Real children: the shell and a few small programs.
 */
#include "tests/unit/sched_support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"
#include "policyd/sched/command.h"

#if defined(__linux__) && !defined(OS_PORTABLE)
#include <sys/prctl.h>
#define HAS_PRCTL 1
#else
#define HAS_PRCTL 0
#endif

enum {
	ARGS_MAX = 8,
	OUTPUT_MAX = 256 * 1024,
	PIPE_SIZE = 64 * 1024,
	GUARD_MS = 20 * 1000, /* a child that takes longer has failed */
};

struct child {
	const char *path;
	const char *args[ARGS_MAX]; /* without the first */
	struct span input;
	const struct priv_ids *run_as;
	pid_t pid;
	int fd[2]; /* of output and error */
	struct buf got[2];
};

static void
child_open(struct child *c)
{
	static char locale[] = "LC_ALL=C";
	char *argv[ARGS_MAX + 2] = {0};
	char *env[] = {locale, NULL};
	struct command command = {.path = c->path,
	    .argv = argv,
	    .env = env,
	    .input = c->input,
	    .run_as = c->run_as};

	argv[0] = strdup(c->path);
	for (size_t i = 0; i < ARGS_MAX && c->args[i] != NULL; i++)
		argv[i + 1] = strdup(c->args[i]);
	c->pid = command_start(&command, &c->fd[0], &c->fd[1]);
	assert_true(c->pid > 0);
	for (size_t i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	buf_init(&c->got[0], OUTPUT_MAX);
	buf_init(&c->got[1], OUTPUT_MAX);
}

/* Reads what there is; false at the end of that output. */
static bool
take_some(int fd, struct buf *got)
{
	char *room = buf_reserve(got, 4096);
	ssize_t n;

	assert_non_null(room);
	n = read(fd, room, 4096);
	if (n > 0)
		buf_commit(got, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Reads both outputs to their ends. */
static void
child_read(struct child *c)
{
	struct pollfd fds[2] = {{.fd = c->fd[0], .events = POLLIN},
	    {.fd = c->fd[1], .events = POLLIN}};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		assert_true(poll(fds, 2, GUARD_MS) > 0);
		for (int i = 0; i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents != 0 &&
			    !take_some(fds[i].fd, &c->got[i]))
				fds[i].fd = -1;
	}
}

/* Returns its exit code. */
static int
child_close(struct child *c)
{
	int status = 0;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	for (int i = 0; i < 2; i++) {
		close(c->fd[i]);
		buf_free(&c->got[i]);
	}
	return command_exit_code(status);
}

static const struct {
	const char *row;
	const char *path;
	const char *args[ARGS_MAX];
	const char *input;
	const char *out;
	const char *err;
	int code;
} runs[] = {
    {"input is given", "cat", {NULL}, "A\nB\n", "A\nB\n", "", 0},
    {"no input ends at once", "cat", {NULL}, "", "", "", 0},
    {"input that nobody reads", "true", {NULL}, "A\n", "", "", 0},
    {"an absolute path", "/bin/echo", {"x"}, "", "x\n", "", 0},
    {"arguments are not looked at", "printf",
	{"%s|", "a b", "", "$HOME", "*", "-c", "'\n\""}, "",
	"a b||$HOME|*|-c|'\n\"|", "", 0},
    {"the environment is what was given", "env", {NULL}, "", "LC_ALL=C\n", "",
	0},
    {"output and error are told apart", "sh",
	{"-c", "echo out; echo err >&2; echo more"}, "", "out\nmore\n", "err\n",
	0},
    {"an exit code", "sh", {"-c", "exit 75"}, "", "", "", 75},
    {"the largest one", "sh", {"-c", "exit 255"}, "", "", "", 255},
    {"killed", "sh", {"-c", "kill -KILL $$"}, "", "", "", 128 + SIGKILL},
    {"terminated", "sh", {"-c", "kill -TERM $$"}, "", "", "", 128 + SIGTERM},
};

static void
commands_are_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(runs); i++) {
		struct child c = {
		    .path = runs[i].path, .input = span_str(runs[i].input)};

		memcpy(c.args, runs[i].args, sizeof(c.args));
		child_open(&c);
		child_read(&c);
		check_span(
		    runs[i].row, buf_span(&c.got[0]), span_str(runs[i].out));
		check_span(
		    runs[i].row, buf_span(&c.got[1]), span_str(runs[i].err));
		check_int(runs[i].row, child_close(&c), runs[i].code);
	}
}

static const char *const missing[] = {
    "/nonexistent/postqueue", "no-such-program", "/etc", "/etc/passwd", ""};

static void
what_cannot_be_run_exits_with_127(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(missing); i++) {
		struct child c = {.path = missing[i]};

		child_open(&c);
		child_read(&c);
		check_bool(missing[i], buf_len(&c.got[1]) > 0, true);
		check_int(missing[i], child_close(&c), 127);
	}
}

/* The lowest descriptor that is free: unchanged when none was left open. */
static int
next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static const struct {
	const char *row;
	size_t size;
} inputs[] = {
    {"a byte less than a pipe holds", PIPE_SIZE - 1},
    {"as much as a pipe holds", PIPE_SIZE},
    {"a byte more", PIPE_SIZE + 1},
    {"three times as much", PIPE_SIZE * 3},
};

static void
input_may_be_longer_than_a_pipe(void **state)
{
	static char bytes[PIPE_SIZE * 3];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < COUNT_OF(inputs); i++) {
		struct child c = {
		    .path = "cat", .input = span_of(bytes, inputs[i].size)};
		int before = next_fd();

		child_open(&c);
		child_read(&c);
		check_int(inputs[i].row, (int64_t)buf_len(&c.got[0]),
		    (int64_t)inputs[i].size);
		check_int(inputs[i].row, child_close(&c), 0);
		check_int(inputs[i].row, next_fd(), before);
	}
}

/* Nobody waits for a command to read what it is not interested in. */
static void
long_input_that_nobody_reads_does_no_harm(void **state)
{
	static char bytes[PIPE_SIZE * 3];
	struct child c = {.path = "sh",
	    .args = {"-c", "exit 3"},
	    .input = span_of(bytes, sizeof(bytes))};

	(void)state;
	child_open(&c);
	child_read(&c);
	check_int("its own exit code", child_close(&c), 3);
}

static void
our_ends_neither_wait_nor_pass_on(void **state)
{
	struct child c = {.path = "true"};

	(void)state;
	child_open(&c);
	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(c.fd[i], F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(c.fd[i], F_GETFD) & FD_CLOEXEC);
	}
	child_close(&c);
}

/* All of its group dies, or the ends of the outputs would not come. */
static void
a_command_is_killed_with_its_children(void **state)
{
	struct child c = {.path = "sh",
	    .args = {"-c", "sleep 100 & echo there; sleep 100; exit 0"}};
	struct pollfd p = {.events = POLLIN};

	(void)state;
	child_open(&c);
	assert_int_equal(getpgid(c.pid), c.pid);
	assert_int_not_equal(getpgid(c.pid), getpgid(0));
	p.fd = c.fd[0];
	assert_int_equal(poll(&p, 1, GUARD_MS), 1);
	assert_int_equal(kill(-c.pid, SIGKILL), 0);
	child_read(&c);
	check_int("killed", child_close(&c), 128 + SIGKILL);
}

static const struct {
	const char *row;
	int signo;
} signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT}, {"HUP", SIGHUP}};

/* The leader waits for what the command makes of it, and tells its end. */
static void
signals_are_for_the_command_to_act_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		struct child c = {.path = "sh",
		    .args = {"-c",
			"trap 'echo got; exit 7' TERM INT HUP; echo there; "
			"while :; do sleep 0.02; done"}};
		struct pollfd p = {.events = POLLIN};

		child_open(&c);
		p.fd = c.fd[0];
		check_int(signals[i].row, poll(&p, 1, GUARD_MS), 1);
		kill(c.pid, signals[i].signo); /* the leader alone */
		kill(-c.pid, signals[i].signo);
		child_read(&c);
		check_span(signals[i].row, buf_span(&c.got[0]),
		    span_str("there\ngot\n"));
		check_int(signals[i].row, child_close(&c), 7);
	}
}

static void
a_command_runs_as_another_user(void **state)
{
	struct priv_ids nobody;
	struct child c = {.path = "sh",
	    .args = {"-c", "id -ru; id -u; id -rg; id -g; id -G"},
	    .run_as = &nobody};
	char want[128];

	(void)state;
	if (geteuid() != 0 || priv_find_user("nobody", &nobody) < 0)
		skip();
	snprintf(want, sizeof(want), "%ld\n%ld\n%ld\n%ld\n%ld\n",
	    (long)nobody.uid, (long)nobody.uid, (long)nobody.gid,
	    (long)nobody.gid, (long)nobody.gid);
	child_open(&c);
	child_read(&c);
	check_span("ids", buf_span(&c.got[0]), span_str(want));
	check_int("code", child_close(&c), 0);
}

/* Whatever is open here, also what somebody before us left open. */
static void
a_command_has_no_descriptors_but_three(void **state)
{
	struct child c = {.path = "sh",
	    .args = {"-c",
		"i=3; while [ $i -lt 80 ]; do "
		"[ -e /proc/$$/fd/$i ] && echo $i; i=$((i + 1)); done; :"}};
	int near_fd = open("/dev/null", O_RDONLY);
	int far_fd = fcntl(near_fd, F_DUPFD, 50);

	(void)state;
	if (access("/proc/self/fd", R_OK) < 0)
		skip();
	assert_true(near_fd >= 0 && far_fd >= 50);
	child_open(&c);
	child_read(&c);
	check_span("open", buf_span(&c.got[0]), span_str(""));
	check_int("code", child_close(&c), 0);
	close(near_fd);
	close(far_fd);
}

/* A line of /proc/self/status of a command, as a number in hexadecimal. */
static unsigned long long
status_line(const char *name)
{
	struct child c = {.path = "grep", .args = {name, "/proc/self/status"}};
	unsigned long long value;
	char text[64];

	child_open(&c);
	child_read(&c);
	assert_true(span_to_string(buf_span(&c.got[0]), text, sizeof(text)));
	child_close(&c);
	check_part(name, text, name);
	value = strtoull(text + strlen(name), NULL, 16);
	return value;
}

#define BIT(signo) (1ULL << ((signo)-1))

static void
a_command_has_fresh_signals(void **state)
{
	sigset_t some, before;
	unsigned long long ignored;

	(void)state;
	if (access("/proc/self/status", R_OK) < 0)
		skip();
	sigemptyset(&some);
	sigaddset(&some, SIGCHLD);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGHUP);
	sigprocmask(SIG_BLOCK, &some, &before);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	check_int("blocked", (int64_t)status_line("SigBlk:\t"), 0);
	ignored = status_line("SigIgn:\t");
	check_int("ignored",
	    (int64_t)(ignored & (BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGHUP))), 0);
	check_bool("but SIGPIPE is", (ignored & BIT(SIGPIPE)) != 0, true);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

#if HAS_PRCTL

static void
a_command_gains_no_privileges(void **state)
{
	(void)state;
	check_int("flag", (int64_t)status_line("NoNewPrivs:\t"), 1);
	check_int(
	    "ours is as before", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

/* A parent that starts a command, tells its pid and is gone. */
static void
start_and_die(int fd)
{
	struct child c = {
	    .path = "sh", .args = {"-c", "sleep 20 & echo there; sleep 20"}};
	struct pollfd p = {.events = POLLIN};

	child_open(&c);
	p.fd = c.fd[0];
	poll(&p, 1, GUARD_MS);
	if (write(fd, &c.pid, sizeof(c.pid)) != (ssize_t)sizeof(c.pid))
		_exit(1);
	_exit(0);
}

/*
 * Its leader, the command, and what that started: all become our children.
 * There are four, or three when the command did not get far.
 */
static void
a_command_dies_with_its_parent(void **state)
{
	int ends[2], status = 0, n = 0;
	pid_t parent, command = 0;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(pipe(ends), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0)
		start_and_die(ends[1]);
	assert_int_equal(
	    read(ends[0], &command, sizeof(command)), sizeof(command));
	assert_int_equal(waitpid(parent, &status, 0), parent);
	check_int("the parent", command_exit_code(status), 0);
	assert_int_equal(waitpid(command, &status, 0), command);
	check_int("the leader", command_exit_code(status), 128 + SIGKILL);
	for (; waitpid(-1, &status, 0) > 0; n++)
		check_int(
		    "the others", command_exit_code(status), 128 + SIGKILL);
	assert_int_equal(errno, ECHILD);
	assert_true(n >= 2);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	close(ends[0]);
	close(ends[1]);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_run),
		cmocka_unit_test(what_cannot_be_run_exits_with_127),
		cmocka_unit_test(input_may_be_longer_than_a_pipe),
		cmocka_unit_test(long_input_that_nobody_reads_does_no_harm),
		cmocka_unit_test(our_ends_neither_wait_nor_pass_on),
		cmocka_unit_test(a_command_is_killed_with_its_children),
		cmocka_unit_test(signals_are_for_the_command_to_act_on),
		cmocka_unit_test(a_command_runs_as_another_user),
		cmocka_unit_test(a_command_has_no_descriptors_but_three),
		cmocka_unit_test(a_command_has_fresh_signals),
#if HAS_PRCTL
		cmocka_unit_test(a_command_gains_no_privileges),
		cmocka_unit_test(a_command_dies_with_its_parent),
#endif
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
