/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "tests/unit/support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SHOWN_MAX = 300, /* bytes of a span in a message */
	QUIET_ROUNDS = 12, /* without progress before the loop is settled */
	PEER_READ = 64 * 1024,
	REPORT_SIZE = 256, /* of what a child says was wrong */
};

/* A test that waits longer for an event has failed. */
#define AWAIT_NS (20 * CLOCK_NS_PER_S)

/* Turns of the loop while waiting for time to pass. */
#define TURN_NS (5 * CLOCK_NS_PER_MS)

void
check_bool(const char *row, bool got, bool want)
{
	if (got == want)
		return;
	print_error("row: %s\ngot: %s, want: %s\n", row, got ? "true" : "false",
	    want ? "true" : "false");
	fail();
}

void
check_int(const char *row, int64_t got, int64_t want)
{
	if (got == want)
		return;
	print_error(
	    "row: %s\ngot: %" PRId64 ", want: %" PRId64 "\n", row, got, want);
	fail();
}

void
check_string(const char *row, const char *got, const char *want)
{
	if (got == want ||
	    (got != NULL && want != NULL && strcmp(got, want) == 0))
		return;
	print_error("row: %s\ngot:  %s\nwant: %s\n", row,
	    got != NULL ? got : "(null)", want != NULL ? want : "(null)");
	fail();
}

static void
print_span(const char *label, struct span s)
{
	char text[SHOWN_MAX * 4 + 1];
	size_t n = s.len < SHOWN_MAX ? s.len : SHOWN_MAX;
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s.data[i];

		if (c >= ' ' && c <= '~')
			text[used++] = c;
		else
			used += (size_t)snprintf(text + used, 5, "\\x%02x",
			    (unsigned)(unsigned char)c);
	}
	text[used] = '\0';
	print_error("%s (%zu bytes) %s\n", label, s.len, text);
}

void
check_span(const char *row, struct span got, struct span want)
{
	if (span_equal(got, want))
		return;
	print_error("row: %s\n", row);
	print_span("got: ", got);
	print_span("want:", want);
	fail();
}

void
check_part(const char *row, const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		return;
	print_error("row: %s\ngot:  %s\nwant: ...%s...\n", row, text, part);
	fail();
}

int
guard_ms(void)
{
	return getenv("MALLOC_FAIL") != NULL ? 2 * 1000 : 20 * 1000;
}

struct span
exact_copy(struct span s)
{
	char *copy = malloc(s.len);

	assert_true(copy != NULL || s.len == 0);
	if (s.len > 0)
		memcpy(copy, s.data, s.len);
	return span_of(copy, s.len);
}

void
exact_free(struct span s)
{
	char *block;

	memcpy(&block, &s.data, sizeof(block));
	free(block);
}

void
fill_pattern(char *to, size_t n, const char *pattern)
{
	size_t done = strlen(pattern);

	memcpy(to, pattern, done < n ? done : n);
	while (done < n) {
		size_t more = done < n - done ? done : n - done;

		memcpy(to + done, to, more);
		done += more;
	}
}

char *
folder_make(void)
{
	const char *below = getenv("UNIT_TMP");
	char path[FOLDER_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/unit-XXXXXX",
	    below != NULL ? below : "/tmp");
	return mkdtemp(path) != NULL ? strdup(path) : NULL;
}

int
folder_setup(void **state)
{
	*state = folder_make();
	return *state != NULL ? 0 : -1;
}

int
folder_teardown(void **state)
{
	char *path = *state;
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char name[FOLDER_PATH_SIZE];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (unlink(folder_join(state, entry->d_name, name)) < 0)
			rmdir(name);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
	free(path);
	return 0;
}

const char *
folder_join(void **state, const char *name, char out[FOLDER_PATH_SIZE])
{
	const char *path = *state;
	int n = snprintf(out, FOLDER_PATH_SIZE, "%s/%s", path, name);

	assert_true(n > 0 && n < FOLDER_PATH_SIZE);
	return out;
}

void
folder_address(void **state, const char *name, struct sock_address *address)
{
	char path[FOLDER_PATH_SIZE], text[FOLDER_PATH_SIZE + 8];

	snprintf(text, sizeof(text), "unix:%s", folder_join(state, name, path));
	assert_null(sock_parse(span_str(text), address));
}

void
write_file(const char *path, struct span content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.data, content.len), content.len);
	close(fd);
}

void
capture_start(struct capture *c, int fd)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	c->fd = fd;
	c->saved = dup(fd);
	c->read_end = ends[0];
	assert_true(c->saved >= 0 && dup2(ends[1], fd) == fd);
	close(ends[1]);
}

const char *
capture_stop(struct capture *c, char out[CAPTURE_SIZE])
{
	size_t used = 0;
	ssize_t n = 1;

	fflush(stdout);
	dup2(c->saved, c->fd);
	close(c->saved);
	while (n > 0 && used < CAPTURE_SIZE - 1) {
		n = read(c->read_end, out + used, CAPTURE_SIZE - 1 - used);
		if (n > 0)
			used += (size_t)n;
	}
	close(c->read_end);
	out[used] = '\0';
	return out;
}

/* The child tells by shared memory: it may close what descriptors it likes. */
void
check_in_child(const char *row, child_fn *fn, void *ctx)
{
	char *report = mmap(NULL, REPORT_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char wrong[REPORT_SIZE];
	int status = 0;
	pid_t pid;

	assert_true(report != MAP_FAILED);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const char *text = fn(ctx);

		if (text != NULL)
			snprintf(report, REPORT_SIZE, "%s", text);
		_exit(text != NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	memcpy(wrong, report, REPORT_SIZE);
	munmap(report, REPORT_SIZE);
	check_string(row, wrong, "");
	check_int(row, status, 0);
}

static void
on_round(void *ctx)
{
	struct rig *rig = ctx;

	loop_stop(rig->loop);
}

void
rig_open(struct rig *rig, const struct conn_protocol *protocol,
    size_t connections, int64_t idle_ms)
{
	struct conn_limits limits = {
	    .connections = connections, .idle_ms = idle_ms};

	memset(rig, 0, sizeof(*rig));
	signal(SIGPIPE, SIG_IGN);
	rig->log = (struct log){.ident = "test", .to_stderr = true};
	rig->loop = loop_new();
	assert_non_null(rig->loop);
	rig->server = conn_server_new(rig->loop, &rig->log, protocol, &limits);
	assert_non_null(rig->server);
	loop_add_timer(rig->loop, &rig->round, LOOP_MONO, on_round, rig);
}

void
rig_close(struct rig *rig)
{
	conn_server_free(rig->server);
	loop_remove_timer(rig->loop, &rig->round);
	loop_free(rig->loop);
}

static void
set_nonblocking(int fd)
{
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

static void
peer_init(struct peer *p, struct rig *rig, int in_fd, int out_fd)
{
	*p = (struct peer){.rig = rig, .in_fd = in_fd, .out_fd = out_fd};
	buf_init(&p->got, 64 * 1024 * 1024);
	set_nonblocking(in_fd);
	set_nonblocking(out_fd);
}

void
peer_open_pair(struct peer *p, struct rig *rig)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	peer_init(p, rig, ends[0], ends[0]);
	assert_int_equal(conn_server_serve(rig->server, ends[1], ends[1]), 0);
}

void
peer_open_pipes(struct peer *p, struct rig *rig)
{
	int to_server[2], from_server[2];

	assert_int_equal(pipe(to_server), 0);
	assert_int_equal(pipe(from_server), 0);
	peer_init(p, rig, from_server[0], to_server[1]);
	assert_int_equal(
	    conn_server_serve(rig->server, to_server[0], from_server[1]), 0);
}

void
peer_connect(
    struct peer *p, struct rig *rig, const struct sockaddr *to, socklen_t len)
{
	int fd = socket(to->sa_family, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, to, len), 0);
	peer_init(p, rig, fd, fd);
}

void
peer_close(struct peer *p)
{
	close(p->in_fd);
	if (p->out_fd >= 0 && p->out_fd != p->in_fd)
		close(p->out_fd);
	buf_free(&p->got);
}

size_t
peer_send(struct peer *p, struct span s)
{
	size_t sent = 0;
	ssize_t n = 1;

	while (n > 0 && sent < s.len) {
		n = write(p->out_fd, s.data + sent, s.len - sent);
		if (n > 0)
			sent += (size_t)n;
	}
	return sent;
}

void
peer_end(struct peer *p)
{
	if (p->out_fd == p->in_fd) {
		shutdown(p->out_fd, SHUT_WR);
	} else {
		close(p->out_fd);
		p->out_fd = -1;
	}
}

/* Returns whether there was anything to read. */
static bool
peer_read(struct peer *p)
{
	char *room;
	ssize_t n;

	if (p->deaf || p->eof)
		return false;
	room = buf_reserve(&p->got, PEER_READ);
	assert_non_null(room);
	n = read(p->in_fd, room, PEER_READ);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n > 0)
		buf_commit(&p->got, (size_t)n);
	else
		p->eof = true;
	return true;
}

/* One turn of the loop, which waits until at_ns at the longest. */
static void
rig_turn(struct rig *rig, int64_t at_ns)
{
	loop_arm(&rig->round, at_ns);
	assert_int_equal(loop_run(rig->loop), 0);
}

void
rig_settle(struct rig *rig, struct peer *const *peers, size_t n)
{
	int quiet = 0;

	while (quiet < QUIET_ROUNDS) {
		rig_turn(rig, 0);
		quiet++;
		for (size_t i = 0; i < n; i++)
			if (peer_read(peers[i]))
				quiet = 0;
	}
}

void
peer_settle(struct peer *p)
{
	rig_settle(p->rig, &p, 1);
}

void
peer_await(struct peer *p, size_t n)
{
	int64_t end_ns = clock_read().mono_ns + AWAIT_NS;

	while (!p->eof && buf_len(&p->got) < n) {
		int64_t now_ns = clock_read().mono_ns;

		assert_true(now_ns < end_ns);
		rig_turn(p->rig, now_ns + TURN_NS);
		while (peer_read(p))
			continue;
	}
}

void
check_got(const char *row, const struct peer *p, const char *want)
{
	check_span(row, buf_span(&p->got), span_str(want));
}
