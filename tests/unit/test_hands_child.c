/* SPDX-License-Identifier: ISC */
/*
 * What the child must not ask for, who it is, and how it ends.
 */
#include "tests/unit/ctl_support.h"

#include <errno.h>
#include <poll.h>

#include "policyd/sched/wire.h"

/* What the child must not ask for. */

/* Its end of the channel: the one descriptor that is such a socket. */
static int
find_channel(void)
{
	for (int fd = 3; fd < 64; fd++) {
		int type = 0;
		socklen_t len = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
		    type == SOCK_SEQPACKET)
			return fd;
	}
	return -1;
}

struct forgery {
	const char *messages[2];
	bool descriptor; /* comes along with the first */
};

/* Ends by itself, unless the parent ends it. */
static int
forge(struct hands *h, void *ctx)
{
	const struct forgery *f = ctx;
	int channel = find_channel();
	struct pollfd p = {.fd = channel, .events = 0};
	char room[64];

	(void)h;
	for (size_t i = 0; i < 2 && f->messages[i] != NULL; i++) {
		struct span m = span_str(f->messages[i]);
		int fd = STDIN_FILENO;

		if (wire_send(channel, m, &fd, f->descriptor ? 1 : 0) < 0)
			return EX_IOERR;
	}
	poll(&p, 1, 300);
	while (recv(channel, room, sizeof(room), MSG_DONTWAIT) > 0)
		continue;
	return EX_OK;
}

static void
test_forgeries_end_it(void **state)
{
	static const struct {
		const char *row;
		struct forgery forgery;
		bool may_remove;
		bool ok;
	} rows[] = {
	    {"a list", {{"L"}, false}, false, true},
	    {"the end of nothing", {{"K"}, false}, false, true},
	    {"a read", {{"RABCDEF\n"}, false}, false, true},
	    {"policyd", {{"C"}, false}, false, false},
	    {"a drop where that is allowed", {{"DABCDEF\n"}, false}, true,
		true},
	    {"a drop where it is not", {{"DABCDEF\n"}, false}, false, false},
	    {"a fail where it is not", {{"FABCDEF\n"}, false}, false, false},
	    {"no such verb", {{"Z"}, false}, true, false},
	    {"the NUL behind the letters", {{""}, false}, true, true},
	    {"ids for a list", {{"LABCDEF\n"}, false}, true, false},
	    {"ids for an end", {{"KABCDEF\n"}, false}, true, false},
	    {"a path for the rules", {{"O/etc/shadow"}, false}, true, false},
	    {"a path for the socket", {{"C/run/x"}, false}, true, false},
	    {"no ids to read", {{"R"}, false}, true, false},
	    {"no ids to drop", {{"D"}, false}, true, false},
	    {"ALL", {{"DALL\n"}, false}, true, false},
	    {"an option", {{"R-v\n"}, false}, true, false},
	    {"a path", {{"R../../etc\n"}, false}, true, false},
	    {"an id without its line end", {{"RABCDEF"}, false}, true, false},
	    {"a second id without it", {{"RABCDEF\nABCDEF"}, false}, true,
		false},
	    {"an empty line", {{"DABCDEF\n\n"}, false}, true, false},
	    {"a blank", {{"DABCDEF \n"}, false}, true, false},
	    {"two commands at once", {{"L", "k"}, false}, true, false},
	    {"a descriptor comes along", {{"L"}, true}, true, false},
	};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_scripts(c, "#!/bin/sh\nsleep 0.1\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct forgery f = rows[i].forgery;

		c->options.may_remove = rows[i].may_remove;
		ctl_run(c, forge, &f);
		check_int(rows[i].row, c->exit_code,
		    rows[i].ok ? EX_OK : EX_SOFTWARE);
		check_string(rows[i].row, c->err,
		    rows[i].ok ? ""
			       : "policyctl: the part that reads mail: it "
				 "asked for what it must not have\n");
	}
}

static void
test_nothing_is_removed_unasked(void **state)
{
	struct forgery f = {{"DABCDEF\n"}, false};
	char path[FOLDER_PATH_SIZE], script[FOLDER_PATH_SIZE + 64];
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_path(c, "ran", path);
	snprintf(script, sizeof(script), "#!/bin/sh\n>%s\n", path);
	ctl_script(c, "postsuper", script);
	ctl_run(c, forge, &f);
	check_int("not allowed", access(path, F_OK), -1);
	c->options.may_remove = true;
	ctl_run(c, forge, &f);
	check_int("allowed", access(path, F_OK), 0);
}

/* It hangs up before it has read what it was told, and stays for a while. */
static int
hang_up(struct hands *h, void *ctx)
{
	int channel = find_channel();
	struct pollfd p = {.fd = channel, .events = POLLIN};

	(void)h;
	(void)ctx;
	wire_send(channel, span_str("k"), NULL, 0);
	poll(&p, 1, 2000);
	close(channel);
	poll(NULL, 0, 300);
	return 6;
}

static void
test_a_child_that_does_not_listen(void **state)
{
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_scripts(c, "#!/bin/sh\nexit 0\n");
	ctl_run(c, hang_up, NULL);
	check_string("it is left alone", c->err, "");
	check_int("its code", c->exit_code, 6);
}

/* More ids than a command may have, and a message that is too long. */
static int
forge_many(struct hands *h, void *ctx)
{
	const size_t *n = ctx;
	int channel = find_channel();
	struct pollfd p = {.fd = channel, .events = POLLIN};
	static char room[WIRE_MAX];
	size_t used = 0;

	(void)h;
	room[used++] = 'R';
	for (size_t i = 0; i < *n; i++)
		used += (size_t)snprintf(
		    room + used, sizeof(room) - used, "%06zu\n", i);
	if (wire_send(channel, span_of(room, used), NULL, 0) < 0)
		return EX_IOERR;
	poll(&p, 1, 2000);
	recv(channel, room, sizeof(room), 0);
	poll(&p, 1, 2000);
	return EX_OK;
}

static void
test_forged_numbers_of_ids(void **state)
{
	size_t most = HANDS_READ_MAX, more = HANDS_READ_MAX + 1;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_scripts(c, "#!/bin/sh\nexit 0\n");
	ctl_run(c, forge_many, &most);
	check_string("as many as it may", c->err, "");
	check_int("as many as it may", c->exit_code, EX_OK);
	ctl_run(c, forge_many, &more);
	check_int("one more", c->exit_code, EX_SOFTWARE);
}

/* Who the child is, and how it ends. */

static int
tell_who(struct hands *h, void *ctx)
{
	int tty = open("/dev/tty", O_RDWR);

	(void)h;
	(void)ctx;
	printf("root %d session %d terminal %d\n", getuid() == 0,
	    getsid(0) == getpid(), tty >= 0);
	printf("shadow %d\n", access("/etc/shadow", R_OK) == 0);
	return 3;
}

static void
test_the_child_is_nobody(void **state)
{
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_run(c, tell_who, NULL);
	check_string("who", c->out, "root 0 session 1 terminal 0\nshadow 0\n");
	check_int("its code", c->exit_code, 3);
}

static int
die(struct hands *h, void *ctx)
{
	(void)h;
	signal(*(int *)ctx, SIG_DFL); /* cmocka catches some */
	kill(getpid(), *(int *)ctx);
	return EX_OK;
}

static void
test_a_child_that_dies(void **state)
{
	int signals[] = {SIGKILL, SIGSEGV, SIGTERM};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		ctl_run(c, die, &signals[i]);
		check_int("died", c->exit_code, EX_SOFTWARE);
		check_string("died", c->err,
		    "policyctl: the part that reads mail: it has died\n");
	}
}

/* Whether anything has the folder's fifo open for writing: a command. */
static bool
ends_soon(int fifo)
{
	struct pollfd p = {.fd = fifo, .events = POLLIN};
	char waste[64];
	ssize_t n;

	do {
		if (poll(&p, 1, guard_ms()) != 1)
			return false;
		n = read(fifo, waste, sizeof(waste));
	} while (n > 0);
	return n == 0;
}

static bool
die_when_it_runs(void *ctx, struct buf *in)
{
	(void)ctx;
	(void)in;
	kill(getpid(), SIGKILL);
	return true;
}

static int
stay_and_die(struct hands *h, void *ctx)
{
	(void)ctx;
	hands_command(h, HANDS_LIST, NULL, 0, die_when_it_runs, NULL);
	return EX_OK;
}

/* The command and its own child hold a fifo open; its end is theirs. */
static int
open_fifo(struct ctl *c)
{
	char path[FOLDER_PATH_SIZE], script[2 * FOLDER_PATH_SIZE];
	int fifo;

	ctl_path(c, "fifo", path);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	fifo = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fifo >= 0);
	snprintf(script, sizeof(script),
	    "#!/bin/sh\nexec 7>%s\necho there >&7\necho there\nsleep 1000 &\n"
	    "sleep 1000\n",
	    path);
	ctl_script(c, "postqueue", script);
	return fifo;
}

static void
test_the_command_ends_with_the_child(void **state)
{
	struct ctl *c;
	int fifo;

	CTL_OR_SKIP(c, state);
	fifo = open_fifo(c);
	ctl_run(c, stay_and_die, NULL);
	check_int("the child died", c->exit_code, EX_SOFTWARE);
	check_bool("the command is gone", ends_soon(fifo), true);
	close(fifo);
}

/* Elsewhere nobody tells them of their parent's end. */
#if defined(__linux__) && !defined(OS_PORTABLE)

static int
stay_idle(struct hands *h, void *ctx)
{
	(void)h;
	(void)ctx;
	printf("there");
	fflush(stdout);
	poll(NULL, 0, 10 * guard_ms());
	return EX_OK;
}

static void
test_an_idle_child_ends_with_the_parent(void **state)
{
	char there[16];
	struct ctl *c;
	int ends[2];
	pid_t pid;

	CTL_OR_SKIP(c, state);
	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	pid = ctl_start(c, stay_idle, NULL, ends[1]);
	assert_int_equal(read(ends[0], there, 5), 5);
	kill(pid, SIGINT);
	check_int("the parent", ctl_wait(pid), 128 + SIGINT);
	check_bool("the child", ends_soon(ends[0]), true);
	close(ends[0]);
}

static bool
take_nothing(void *ctx, struct buf *in)
{
	(void)ctx;
	(void)in;
	return true;
}

static int
stay(struct hands *h, void *ctx)
{
	(void)ctx;
	hands_command(h, HANDS_LIST, NULL, 0, take_nothing, NULL);
	return EX_OK;
}

static void
test_all_end_with_the_parent(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGKILL};
	struct ctl *c;
	int fifo, ends[2];
	char there[16];

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		struct pollfd p = {.fd = open_fifo(c), .events = POLLIN};
		pid_t pid;

		fifo = p.fd;
		assert_int_equal(pipe(ends), 0);
		fcntl(ends[0], F_SETFD, FD_CLOEXEC);
		pid = ctl_start(c, stay, NULL, ends[1]);
		assert_int_equal(poll(&p, 1, guard_ms()), 1);
		assert_int_equal(read(fifo, there, 6), 6);
		kill(pid, signals[i]);
		check_int("the parent", ctl_wait(pid), 128 + signals[i]);
		check_bool("the command", ends_soon(fifo), true);
		check_bool("the child", ends_soon(ends[0]), true);
		close(ends[0]);
		close(fifo);
	}
}

#endif

/* Standard output. */

static int
print_much(struct hands *h, void *ctx)
{
	(void)h;
	(void)ctx;
	for (int i = 0; i < 100000; i++)
		printf("a line\n");
	return 5;
}

static void
test_failing_output(void **state)
{
	struct ctl *c;
	int ends[2];

	CTL_OR_SKIP(c, state);
	c->exit_code =
	    ctl_wait(ctl_start(c, print_much, NULL, open("/dev/full", O_RDWR)));
	ctl_read(c, "err", c->err);
	check_int("a full disk", c->exit_code, EX_IOERR);
	check_string("a full disk", c->err,
	    "policyctl: standard output: No space left on device\n");
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	c->exit_code = ctl_wait(ctl_start(c, print_much, NULL, ends[1]));
	ctl_read(c, "err", c->err);
	check_int("nobody reads", c->exit_code, 5);
	check_string("nobody reads", c->err, "");
}

static int
print_and_flush(struct hands *h, void *ctx)
{
	(void)h;
	(void)ctx;
	printf("a line\n");
	fflush(stdout);
	return 5;
}

static int
print_little(struct hands *h, void *ctx)
{
	(void)h;
	(void)ctx;
	printf("a line\n");
	return 5;
}

static void
test_little_output_fails_too(void **state)
{
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	c->exit_code = ctl_wait(
	    ctl_start(c, print_little, NULL, open("/dev/full", O_RDWR)));
	ctl_read(c, "err", c->err);
	check_int("a full disk", c->exit_code, EX_IOERR);
	c->exit_code = ctl_wait(
	    ctl_start(c, print_and_flush, NULL, open("/dev/full", O_RDWR)));
	ctl_read(c, "err", c->err);
	check_int("that was noticed before", c->exit_code, EX_IOERR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CTL(test_forgeries_end_it),
		CTL(test_nothing_is_removed_unasked),
		CTL(test_a_child_that_does_not_listen),
		CTL(test_forged_numbers_of_ids),
		CTL(test_the_child_is_nobody),
		CTL(test_a_child_that_dies),
		CTL(test_the_command_ends_with_the_child),
#if defined(__linux__) && !defined(OS_PORTABLE)
		CTL(test_an_idle_child_ends_with_the_parent),
		CTL(test_all_end_with_the_parent),
#endif
		CTL(test_failing_output),
		CTL(test_little_output_fails_too),
	};

	return cmocka_run_group_tests_name("hands_child", tests, NULL, NULL);
}
