/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/snapshot_support.h"

#include "policyd/web/web.h"

enum {
	REPLY_SIZE = 256 * 1024,
};

/* The process, and a test in the place of engine and reader. */
struct stage {
	struct settings settings;
	struct sock_address address;
	pid_t pid;
	int pipe; /* the engine's end */
	int log_fd; /* what it logs */
	char reply[REPLY_SIZE];
};

static void
be_web(struct stage *s, int listener, int pipe_end, int log_end)
{
	struct log log = {.ident = "test", .to_stderr = true};
	struct web_options options = {
	    .log = &log,
	    .settings = &s->settings,
	    .listener = listener,
	    .snapshots = pipe_end,
	};

	signal(SIGPIPE, SIG_IGN);
	dup2(log_end, STDERR_FILENO);
	close(log_end);
	close(s->pipe);
	close(s->log_fd);
	exit(web_run(&options));
}

static struct stage *
stage_new(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	folder_address(state, "metrics", &s->address);
	return s;
}

static void
stage_start(struct stage *s)
{
	struct sock_owner owner = {
	    .uid = geteuid(), .gid = getegid(), .mode = 0600};
	int ends[2], log_ends[2], listener;

	listener = sock_listen(&s->address, &owner);
	assert_true(listener >= 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(log_ends), 0);
	s->pipe = ends[1];
	s->log_fd = log_ends[0];
	fflush(stdout);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		be_web(s, listener, ends[0], log_ends[1]);
	close(listener);
	close(ends[0]);
	close(log_ends[1]);
}

static struct stage *
stage_open(void **state)
{
	struct stage *s = stage_new(state);

	stage_start(s);
	return s;
}

/* All that comes until the end. */
static const char *
stage_read(struct stage *s, const char *row, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0) {
		check_int(row, poll(&p, 1, guard_ms()), 1);
		n = read(fd, s->reply + len, REPLY_SIZE - 1 - len);
		check_bool(row, n >= 0, true);
		len += (size_t)n;
	}
	s->reply[len] = '\0';
	close(fd);
	return s->reply;
}

/* The reply to a request. */
static const char *
stage_get(struct stage *s, const char *row, const char *path)
{
	char request[64];
	int fd = sock_connect(&s->address);
	int n =
	    snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n\r\n", path);

	check_bool(row, fd >= 0, true);
	check_int(row, write(fd, request, (size_t)n), n);
	return stage_read(s, row, fd);
}

/* Asks until the reply has that part. */
static void
stage_await(
    struct stage *s, const char *row, const char *path, const char *part)
{
	int64_t end_ns = clock_mono_ns() + guard_ms() * CLOCK_NS_PER_MS;

	while (strstr(stage_get(s, row, path), part) == NULL)
		if (clock_mono_ns() > end_ns)
			check_part(row, s->reply, part);
}

/* It ends with that code, and has logged that part. */
static void
stage_ends(struct stage *s, const char *row, int code, const char *part)
{
	int status;

	check_part(row, stage_read(s, row, s->log_fd), part);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	check_bool(row, WIFEXITED(status), true);
	check_int(row, WEXITSTATUS(status), code);
	if (s->pipe >= 0)
		close(s->pipe);
	unlink(sock_path(&s->address));
	free(s);
}

static void
stage_hang_up(struct stage *s)
{
	close(s->pipe);
	s->pipe = -1;
}

/* As the engine tells it; to be freed. */
static struct buf
snapshot_of(uint64_t walks)
{
	struct snapshot *snapshot = new_snapshot();
	struct buf bytes;

	snapshot->taken_s = snapshot->started_s = time(NULL);
	snapshot->walks = walks;
	buf_init(&bytes, SNAPSHOT_WIRE_MAX);
	assert_true(snapshot_put(snapshot, &bytes));
	free(snapshot);
	return bytes;
}

static void
stage_tell(struct stage *s, const struct buf *bytes, size_t from, size_t to)
{
	struct span rest = span_head(buf_span(bytes), to);

	rest = span_skip(rest, from);
	while (rest.len > 0) {
		ssize_t n = write(s->pipe, rest.data, rest.len);

		assert_true(n > 0);
		rest = span_skip(rest, (size_t)n);
	}
}

static void
it_ends_with_the_engine(void **state)
{
	struct stage *s = stage_open(state);

	stage_hang_up(s);
	stage_ends(s, "no snapshot came", EX_OK, "");
	s = stage_open(state);
	assert_int_equal(write(s->pipe, "", 1), 1);
	stage_hang_up(s);
	stage_ends(s, "half of one came", EX_OK, "");
	s = stage_open(state);
	assert_non_null(stage_get(s, "asked", "/healthz"));
	stage_hang_up(s);
	stage_ends(s, "it was asked", EX_OK, "");
}

static void
the_newest_snapshot_is_shown(void **state)
{
	struct stage *s = stage_open(state);
	struct buf first = snapshot_of(1111), second = snapshot_of(2222);
	size_t len = buf_len(&first);

	assert_int_equal(buf_len(&second), len);
	check_part("none", stage_get(s, "none", "/healthz"), "scheduler:");
	stage_tell(s, &first, 0, len - 1);
	check_part(
	    "most of it", stage_get(s, "most", "/healthz"), "scheduler:");
	stage_tell(s, &first, len - 1, len);
	stage_await(s, "the first", "/metrics", "{result=\"ok\"} 1111");
	assert_null(strstr(stage_get(s, "heard", "/healthz"), "scheduler:"));
	stage_tell(s, &second, 0, len / 2);
	stage_await(s, "still the first", "/metrics", "{result=\"ok\"} 1111");
	stage_tell(s, &second, len / 2, len);
	stage_await(s, "the second", "/metrics", "{result=\"ok\"} 2222");
	for (int i = 0; i < 10; i++)
		stage_tell(s, &second, 0, len);
	stage_tell(s, &first, 0, len);
	stage_await(s, "the last of many", "/metrics", "{result=\"ok\"} 1111");
	stage_hang_up(s);
	stage_ends(s, "the end", EX_OK, "");
	buf_free(&first);
	buf_free(&second);
}

/* With as many rules as there is room for. */
static void
a_large_page_is_whole(void **state)
{
	struct snapshot *snapshot = new_snapshot();
	struct stage *s = stage_open(state);
	struct buf bytes;

	while (snapshot->n_rules < SNAPSHOT_RULES_MAX) {
		char name[SNAPSHOT_RULE_SIZE];

		snprintf(name, sizeof(name), "rule-of-a-long-name-%d",
		    (int)snapshot->n_rules);
		add_rule(snapshot, name, "delay", 1, 0);
	}
	buf_init(&bytes, SNAPSHOT_WIRE_MAX);
	assert_true(snapshot_put(snapshot, &bytes));
	stage_tell(s, &bytes, 0, buf_len(&bytes));
	stage_await(s, "metrics", "/metrics", "rule-of-a-long-name-999");
	stage_await(s, "the page", "/", "</html>");
	check_bool("it is large", strlen(s->reply) > 100 * 1000, true);
	stage_hang_up(s);
	stage_ends(s, "the end", EX_OK, "");
	buf_free(&bytes);
	free(snapshot);
}

static void
what_is_no_snapshot_ends_it(void **state)
{
	struct stage *s = stage_open(state);
	struct buf bytes = snapshot_of(1);

	memset(bytes.data + bytes.start, 0xff, buf_len(&bytes));
	assert_true(write(s->pipe, bytes.data, buf_len(&bytes)) > 0);
	stage_ends(s, "garbage", EX_SOFTWARE,
	    "error: the engine cannot be understood\n");
	buf_free(&bytes);
}

/* Beyond WEB_CONNECTIONS_MAX the one that was idle longest gives way. */
static void
connections_are_bounded(void **state)
{
	struct stage *s = stage_open(state);
	struct pollfd first = {.events = POLLIN};
	int fds[WEB_CONNECTIONS_MAX];
	char byte;

	for (int i = 0; i < WEB_CONNECTIONS_MAX; i++) {
		fds[i] = sock_connect(&s->address);
		assert_true(fds[i] >= 0);
	}
	first.fd = fds[0];
	check_part("one more", stage_get(s, "one more", "/healthz"), "HTTP/1.");
	assert_int_equal(poll(&first, 1, guard_ms()), 1);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	first.fd = fds[1];
	assert_int_equal(poll(&first, 1, 0), 0);
	for (int i = 0; i < WEB_CONNECTIONS_MAX; i++)
		close(fds[i]);
	stage_hang_up(s);
	stage_ends(s, "the end", EX_OK, "status page: all 32 connections");
}

static void
nobody_is_asked_where_none_is_to_listen(void **state)
{
	struct stage *s = stage_open(state);

	check_part("none is set", stage_get(s, "none", "/status.json"),
	    "\"hdrcheck\":null");
	stage_hang_up(s);
	stage_ends(s, "the end", EX_OK, "");
}

/* The rest of it is in test_asker. */
static void
hdrcheck_is_asked(void **state)
{
	static const char answer[] = "13:OK lookups=77,";
	struct sock_owner owner = {
	    .uid = geteuid(), .gid = getegid(), .mode = 0600};
	struct stage *s = stage_new(state);
	struct pollfd p = {.events = POLLIN};
	char question[16];
	int fd;

	folder_address(state, "socketmap", &s->settings.socketmap_listen);
	p.fd = sock_listen(&s->settings.socketmap_listen, &owner);
	stage_start(s);
	assert_int_equal(poll(&p, 1, guard_ms()), 1);
	fd = accept(p.fd, NULL, NULL);
	assert_true(read(fd, question, sizeof(question)) > 0);
	assert_int_equal(
	    write(fd, answer, sizeof(answer) - 1), sizeof(answer) - 1);
	stage_await(s, "answered", "/status.json", "\"lookups\":77,");
	stage_hang_up(s);
	stage_ends(s, "the end", EX_OK, "");
	close(fd);
	close(p.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(it_ends_with_the_engine),
	    IN_FOLDER(the_newest_snapshot_is_shown),
	    IN_FOLDER(a_large_page_is_whole),
	    IN_FOLDER(what_is_no_snapshot_ends_it),
	    IN_FOLDER(connections_are_bounded),
	    IN_FOLDER(nobody_is_asked_where_none_is_to_listen),
	    IN_FOLDER(hdrcheck_is_asked),
	};

	/* A process that has given up is written to. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("web", tests, NULL, NULL);
}
