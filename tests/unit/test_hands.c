/* SPDX-License-Identifier: ISC */
#include "tests/unit/ctl_support.h"

#include <errno.h>
#include <poll.h>
#include <sys/un.h>

#include "policyd/sched/wire.h"

/* What a command is asked for, in the child. */
struct call {
	struct ctl *c;
	enum hands_verb verb;
	const struct qid *ids;
	size_t n;
	hands_take_fn *take; /* NULL: print */
};

static bool
print(void *ctx, struct buf *in)
{
	struct span s = buf_span(in);

	(void)ctx;
	fwrite(s.data, 1, s.len, stdout);
	buf_clear(in);
	return true;
}

/* Prints the command's output, its errors, and how it ended. */
static int
call(struct hands *h, void *ctx)
{
	const struct call *a = ctx;
	int code = hands_command(
	    h, a->verb, a->ids, a->n, a->take != NULL ? a->take : print, NULL);
	struct span errors = hands_errors(h);

	printf("[%.*s]\n", (int)errors.len, errors.data);
	printf("code %d %s\n", code, code < 0 ? strerror(errno) : "");
	return EX_OK;
}

static void
check_call(
    const char *row, struct ctl *c, const struct call *a, const char *want)
{
	struct call copy = *a;

	ctl_run(c, call, &copy);
	check_string(row, c->err, "");
	check_string(row, c->out, want);
	check_int(row, c->exit_code, EX_OK);
}

static void
fill_ids(struct qid *ids, size_t n, int width)
{
	char text[QID_SIZE];

	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%0*zu", width, i);
		ids[i] = qid_of(text);
	}
}

/* Verbs, as commands. */

static void
scripts(struct ctl *c, const char *content)
{
	static const char *const names[] = {
	    "postqueue", "postcat", "postsuper", "postkick", "postfix"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		ctl_script(c, names[i], content);
}

static void
test_each_verb_is_a_command(void **state)
{
	static const struct {
		const char *row;
		enum hands_verb verb;
		const char *program;
		bool owner; /* runs as mail_owner */
		const char *rest;
		size_t n;
	} rows[] = {
	    {"list", HANDS_LIST, "postqueue", false, "<-j>\n", 0},
	    {"read", HANDS_READ, "postcat", true,
		"<-qeh>\n<000000>\n<000001>\n", 2},
	    {"fail", HANDS_FAIL, "postsuper", false,
		"<-f>\n<->\n<hold>\n000000\n000001\n", 2},
	    {"drop", HANDS_DROP, "postsuper", false,
		"<-d>\n<->\n<hold>\n000000\n", 1},
	    {"kick", HANDS_KICK, "postkick", true, "<public>\n<qmgr>\n<D>\n",
		0},
	    {"runs", HANDS_RUNS, "postfix", false, "<status>\n", 0},
	};
	struct qid ids[2];
	struct priv_ids nobody;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	assert_int_equal(priv_find_user("nobody", &nobody), 0);
	fill_ids(ids, 2, 6);
	scripts(c, CTL_TELLING);
	c->options.may_remove = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct call a = {
		    .verb = rows[i].verb, .ids = ids, .n = rows[i].n};
		char want[512];

		snprintf(want, sizeof(want),
		    "%s %u LC_ALL=C TZ=%s\n<-c>\n<%s>\n%s[]\ncode 0 \n",
		    rows[i].program, rows[i].owner ? (unsigned)nobody.uid : 0,
		    rows[i].verb == HANDS_READ ? "UTC" : "", c->folder,
		    rows[i].rest);
		check_call(rows[i].row, c, &a, want);
	}
}

static void
test_ids_are_limited(void **state)
{
	static const struct {
		const char *row;
		enum hands_verb verb;
		size_t n;
		bool ok;
	} rows[] = {
	    {"a list takes none", HANDS_LIST, 1, false},
	    {"a kick takes none", HANDS_KICK, 1, false},
	    {"a read takes some", HANDS_READ, 0, false},
	    {"one less to read", HANDS_READ, HANDS_READ_MAX - 1, true},
	    {"as many to read", HANDS_READ, HANDS_READ_MAX, true},
	    {"one more to read", HANDS_READ, HANDS_READ_MAX + 1, false},
	    {"one less to drop", HANDS_DROP, HANDS_IDS_MAX - 1, true},
	    {"as many to drop", HANDS_DROP, HANDS_IDS_MAX, true},
	    {"one more to drop", HANDS_DROP, HANDS_IDS_MAX + 1, false},
	    {"as many to fail", HANDS_FAIL, HANDS_IDS_MAX, true},
	};
	static struct qid ids[HANDS_IDS_MAX + 1];
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	fill_ids(ids, HANDS_IDS_MAX + 1, QID_MAX);
	scripts(c,
	    "#!/bin/sh\nshift 2\ncase $1 in\n-qeh) echo $(($# - 1));;\n"
	    "*) wc -l;;\nesac\n");
	c->options.may_remove = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct call a = {
		    .verb = rows[i].verb, .ids = ids, .n = rows[i].n};
		char want[64];

		if (rows[i].ok)
			snprintf(want, sizeof(want), "%zu\n[]\ncode 0 \n",
			    rows[i].n);
		else
			snprintf(want, sizeof(want),
			    "[]\ncode -1 Invalid argument\n");
		check_call(rows[i].row, c, &a, want);
	}
}

static void
test_how_commands_end(void **state)
{
	static const struct {
		const char *row;
		const char *script; /* NULL: there is none */
		const char *want;
	} rows[] = {
	    {"well", "#!/bin/sh\necho yes\n", "yes\n[]\ncode 0 \n"},
	    {"with a code", "#!/bin/sh\necho no >&2\nexit 7\n",
		"[no]\ncode 7 \n"},
	    {"by a signal", "#!/bin/sh\nkill -TERM $$\n", "[]\ncode 143 \n"},
	    {"errors are trimmed", "#!/bin/sh\nprintf ' a\\n b\\n\\n' >&2\n",
		"[a\n b]\ncode 0 \n"},
	    {"standard output closed long before the end",
		"#!/bin/sh\nexec >&-\necho late >&2\nexit 3\n",
		"[late]\ncode 3 \n"},
	    {"standard error closed long before the end",
		"#!/bin/sh\nexec 2>&-\nsleep 0.2\necho late\nexit 3\n",
		"late\n[]\ncode 3 \n"},
	    {"not at all", NULL,
		"[FOLDER/postqueue cannot be run: errno 2]\ncode 127 \n"},
	};
	struct call a = {.verb = HANDS_LIST};
	char path[FOLDER_PATH_SIZE], want[512];
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].script != NULL)
			ctl_script(c, "postqueue", rows[i].script);
		else
			unlink(ctl_path(c, "postqueue", path));
		snprintf(want, sizeof(want), "%s", rows[i].want);
		if (strstr(want, "FOLDER") != NULL)
			snprintf(want, sizeof(want), "[%s%s", c->folder,
			    rows[i].want + strlen("[FOLDER"));
		check_call(rows[i].row, c, &a, want);
	}
}

static void
test_a_missing_owner_is_an_error(void **state)
{
	struct call a = {.verb = HANDS_LIST};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	snprintf(c->postconf.mail_owner, SETTINGS_NAME_SIZE, "no-such-user");
	check_call(
	    "no mail_owner", c, &a, "[]\ncode -1 No such file or directory\n");
}

/* What is kept of standard error is bounded; nobody waits for the other. */
static void
test_floods_on_both_outputs(void **state)
{
	struct call a = {.verb = HANDS_LIST};
	const char *bracket;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_script(c, "postqueue",
	    "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' e >&2\n"
	    "head -c 200000 /dev/zero | tr '\\0' o\n"
	    "head -c 200000 /dev/zero | tr '\\0' e >&2\n");
	ctl_run(c, call, &a);
	check_int("a flood", c->exit_code, EX_OK);
	bracket = strchr(c->out, '[');
	assert_non_null(bracket);
	check_int("all of the output", bracket - c->out, 200000);
	check_int("the front of the errors", strchr(bracket, ']') - bracket - 1,
	    HANDS_ERRORS_SIZE);
	check_part("its end", bracket, "]\ncode 0 \n");
}

static bool
take_line(void *ctx, struct buf *in)
{
	(void)ctx;
	if (memchr(buf_span(in).data, '\n', buf_len(in)) == NULL)
		return true;
	printf("enough\n");
	return false;
}

static bool
take_nothing(void *ctx, struct buf *in)
{
	(void)ctx;
	(void)in;
	return true;
}

static void
test_output_is_taken_or_not(void **state)
{
	struct call enough = {.verb = HANDS_LIST, .take = take_line};
	struct call nothing = {.verb = HANDS_LIST, .take = take_nothing};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_script(c, "postqueue", "#!/bin/sh\necho a\nexec sleep 1000\n");
	check_call("seen enough", c, &enough, "enough\n[]\ncode 137 \n");
	ctl_script(c, "postqueue", "#!/bin/sh\nexec yes\n");
	check_call("nothing is taken", c, &nothing,
	    "[]\ncode -1 No buffer space available\n");
	ctl_script(c, "postqueue",
	    "#!/bin/sh\nhead -c 19000000 /dev/zero\nexec sleep 1000\n");
	check_call("nothing is taken, and it stays", c, &nothing,
	    "[]\ncode -1 No buffer space available\n");
	ctl_script(c, "postqueue", "#!/bin/sh\nhead -c 17000000 /dev/zero\n");
	check_call("nothing is taken of little", c, &nothing, "[]\ncode 0 \n");
}

static int
throw_away(struct hands *h, void *ctx)
{
	(void)ctx;
	printf("%d ", hands_command(h, HANDS_LIST, NULL, 0, NULL, NULL));
	printf("%d\n", hands_command(h, HANDS_LIST, NULL, 0, print, NULL));
	return EX_OK;
}

/* What the first left, and said, is not the second's. */
static int
run_two(struct hands *h, void *ctx)
{
	(void)ctx;
	hands_command(h, HANDS_LIST, NULL, 0, take_nothing, NULL);
	printf("<%d>", (int)hands_errors(h).len);
	hands_command(h, HANDS_KICK, NULL, 0, print, NULL);
	printf("<%d>\n", (int)hands_errors(h).len);
	return EX_OK;
}

static void
test_one_command_after_the_other(void **state)
{
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_script(c, "postqueue", "#!/bin/sh\necho one; echo err >&2\n");
	ctl_script(c, "postkick", "#!/bin/sh\nprintf two\n");
	ctl_run(c, run_two, NULL);
	check_string("two", c->out, "<3>two<0>\n");
}

static void
test_output_is_thrown_away(void **state)
{
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_script(c, "postqueue",
	    "#!/bin/sh\nhead -c 20000000 /dev/zero | tr '\\0' x | tail -c 9\n"
	    "exit 4\n");
	ctl_run(c, throw_away, NULL);
	check_string("the second only", c->out, "4 xxxxxxxxx4\n");
}

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
	scripts(c, "#!/bin/sh\nsleep 0.1\n");
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
	scripts(c, "#!/bin/sh\nexit 0\n");
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
	scripts(c, "#!/bin/sh\nexit 0\n");
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
		if (poll(&p, 1, CTL_GUARD_S * 1000) != 1)
			return false;
		n = read(fifo, waste, sizeof(waste));
	} while (n > 0);
	return n == 0;
}

static int
stay(struct hands *h, void *ctx)
{
	(void)ctx;
	hands_command(h, HANDS_LIST, NULL, 0, take_nothing, NULL);
	return EX_OK;
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

static int
stay_idle(struct hands *h, void *ctx)
{
	(void)h;
	(void)ctx;
	printf("there");
	fflush(stdout);
	poll(NULL, 0, CTL_GUARD_S * 2000);
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
		assert_int_equal(poll(&p, 1, CTL_GUARD_S * 1000), 1);
		assert_int_equal(read(fifo, there, 6), 6);
		kill(pid, signals[i]);
		check_int("the parent", ctl_wait(pid), 128 + signals[i]);
		check_bool("the command", ends_soon(fifo), true);
		check_bool("the child", ends_soon(ends[0]), true);
		close(ends[0]);
		close(fifo);
	}
}

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

/* Descriptors. */

static int
use_descriptors(struct hands *h, void *ctx)
{
	char text[16] = "";
	int fd = hands_open_rules(h);

	(void)ctx;
	printf("rules %s", fd < 0 ? strerror(errno) : "");
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		printf("%s", text);
	fd = hands_connect(h);
	printf(", control %s", fd < 0 ? strerror(errno) : "");
	if (fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 &&
	    (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && write(fd, "hi", 2) == 2)
		printf("sent");
	return EX_OK;
}

static int
bind_control(struct ctl *c)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control",
	    c->folder);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod(address.sun_path, 0600), 0);
	return fd;
}

static void
test_what_root_opens(void **state)
{
	struct ctl *c;
	int fd;

	CTL_OR_SKIP(c, state);
	snprintf(
	    c->settings.rules_file, SETTINGS_PATH_SIZE, "%s/rules", c->folder);
	snprintf(c->settings.control_socket, SETTINGS_PATH_SIZE, "%s/control",
	    c->folder);
	ctl_run(c, use_descriptors, NULL);
	check_string("neither is there", c->out,
	    "rules No such file or directory, control No such file or "
	    "directory");
	ctl_write(c, "rules", span_str("for root"), 0600);
	fd = bind_control(c);
	ctl_run(c, use_descriptors, NULL);
	check_string("nobody listens", c->out,
	    "rules for root, control Connection refused");
	assert_int_equal(listen(fd, 5), 0);
	ctl_run(c, use_descriptors, NULL);
	check_string("both are there", c->out, "rules for root, control sent");
	close(fd);
	snprintf(c->settings.control_socket, SETTINGS_PATH_SIZE, "/%0150d", 0);
	ctl_run(c, use_descriptors, NULL);
	check_string("a path too long", c->out,
	    "rules for root, control File name too long");
}

/* Before it starts. */

struct opening {
	struct settings settings;
	bool as_nobody;
	int code;
	char text[CAPTURE_SIZE];
};

static const char *
try_to_open(void *ctx)
{
	struct opening *o = ctx;
	struct priv_ids nobody;
	struct postconf conf;
	struct capture capture;

	if (o->as_nobody &&
	    (priv_find_user("nobody", &nobody) < 0 || priv_become(&nobody) < 0))
		return "cannot become nobody";
	capture_start(&capture, STDERR_FILENO);
	o->code = hands_open(&o->settings, &conf);
	capture_stop(&capture, o->text);
	if (o->as_nobody)
		return o->code == EX_NOPERM &&
			strcmp(o->text, "policyctl: must be run as root\n") == 0
		    ? NULL
		    : "nobody may";
	return o->code == EX_UNAVAILABLE &&
		strstr(o->text, "policyctl: postconf: ") == o->text
	    ? NULL
	    : "there is a Postfix";
}

static void
test_what_is_needed(void **state)
{
	struct opening o = {.as_nobody = true};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	o.settings = c->settings;
	check_in_child("not root", try_to_open, &o);
	o.as_nobody = false;
	snprintf(o.settings.postfix_config_directory, SETTINGS_PATH_SIZE,
	    "%s/none", c->folder);
	check_in_child("no Postfix there", try_to_open, &o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CTL(test_each_verb_is_a_command),
	    CTL(test_ids_are_limited),
	    CTL(test_how_commands_end),
	    CTL(test_a_missing_owner_is_an_error),
	    CTL(test_floods_on_both_outputs),
	    CTL(test_output_is_taken_or_not),
	    CTL(test_one_command_after_the_other),
	    CTL(test_output_is_thrown_away),
	    CTL(test_forgeries_end_it),
	    CTL(test_nothing_is_removed_unasked),
	    CTL(test_a_child_that_does_not_listen),
	    CTL(test_forged_numbers_of_ids),
	    CTL(test_the_child_is_nobody),
	    CTL(test_a_child_that_dies),
	    CTL(test_the_command_ends_with_the_child),
	    CTL(test_an_idle_child_ends_with_the_parent),
	    CTL(test_all_end_with_the_parent),
	    CTL(test_failing_output),
	    CTL(test_little_output_fails_too),
	    CTL(test_what_root_opens),
	    CTL(test_what_is_needed),
	};

	return cmocka_run_group_tests_name("hands", tests, NULL, NULL);
}
