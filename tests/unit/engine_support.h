/* SPDX-License-Identifier: ISC */
/*
 * engine_support - a real engine with a test in the place of its runner
 *
 * The engine works in a child of the test. Pipes that the test fills are the
 * output of commands. Kicks are served by the way, and counted.
 */
#ifndef UNIT_ENGINE_SUPPORT_H
#define UNIT_ENGINE_SUPPORT_H

#include "tests/unit/sched_support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "policyd/engine.h"
#include "policyd/sched/command.h"
#include "policyd/sched/wire.h"

enum {
	HOST_TEXT_MAX = 64 * 1024,
	HOST_OWNER_UID = 102,
};

/* A day of 2020: all of it is past. */
#define PAST_S INT64_C(1605992637)

/* The one file in a folder that stands for the hold queue. */
#define HOST_HELD "hold/ABCDEF12345"

struct host {
	void *folder;
	struct settings settings;
	struct postconf postconf;
	struct engine_options options;
	struct log log;
	int channel; /* the runner's end */
	int snapshots; /* read end of the pipe that gets them */
	pid_t engine;
	int log_fd;
	char log_text[HOST_TEXT_MAX];
	size_t log_used;
	char request[WIRE_MAX + 1];
	int out; /* write ends of the command that was started last */
	int err;
	unsigned kicks;
	unsigned signs_of_life;
	unsigned reads_done; /* of files, told to the runner */
};

static inline int
host_setup(void **state)
{
	struct host *h = calloc(1, sizeof(*h));

	if (h == NULL || folder_setup(&h->folder) < 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	h->log = (struct log){.ident = "test", .to_stderr = true};
	h->channel = h->snapshots = h->log_fd = h->out = h->err = -1;
	load_settings(&h->settings, "release_method = release");
	h->postconf.facts = (struct plan_postfix){
	    .queue_lifetime_s = 432000, .bounce_lifetime_s = 432000};
	h->options = (struct engine_options){.log = &h->log,
	    .settings = &h->settings,
	    .settings_file = "test.conf",
	    .postconf = &h->postconf,
	    .mail_owner_uid = HOST_OWNER_UID,
	    .listener = -1,
	    .control = -1,
	    .rules = -1,
	    .news = -1,
	    .snapshots = -1};
	snprintf(h->settings.state_directory,
	    sizeof(h->settings.state_directory), "%s", (char *)h->folder);
	*state = h;
	return 0;
}

static inline void
host_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline int
host_teardown(void **state)
{
	struct host *h = *state;
	char held[FOLDER_PATH_SIZE];

	host_close(&h->channel);
	host_close(&h->snapshots);
	if (h->engine > 0)
		waitpid(h->engine, NULL, 0);
	host_close(&h->log_fd);
	host_close(&h->out);
	host_close(&h->err);
	unlink(folder_join(&h->folder, HOST_HELD, held));
	folder_teardown(&h->folder);
	free(h);
	return 0;
}

static inline void
host_open(struct host *h)
{
	int ends[2], log_ends[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pipe(log_ends), 0);
	fflush(stdout);
	h->engine = fork();
	assert_true(h->engine >= 0);
	if (h->engine == 0) {
		close(ends[0]);
		close(log_ends[0]);
		host_close(&h->snapshots);
		dup2(log_ends[1], STDERR_FILENO);
		h->options.channel = ends[1];
		exit(engine_run(&h->options)); /* leaks are told there */
	}
	close(ends[1]);
	close(log_ends[1]);
	host_close(&h->options.listener);
	host_close(&h->options.rules);
	host_close(&h->options.news);
	host_close(&h->options.snapshots);
	h->channel = ends[0];
	h->log_fd = log_ends[0];
}

static inline void
host_send(struct host *h, const char *message, const int *fds, size_t n_fds)
{
	assert_int_equal(
	    wire_send(h->channel, span_str(message), fds, n_fds), 0);
}

/* A command of that verb "started", with pipes of ours as its output. */
static inline void
host_start(struct host *h, char verb)
{
	char message[] = {'S', verb, '\0'};
	int out[2], err[2], fds[2];

	host_close(&h->out);
	host_close(&h->err);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	fds[0] = out[0];
	fds[1] = err[0];
	host_send(h, message, fds, 2);
	close(out[0]);
	close(err[0]);
	h->out = out[1];
	h->err = err[1];
}

static inline void
host_print(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		assert_true(n > 0);
		bytes = span_skip(bytes, (size_t)n);
	}
}

static inline void
host_end(struct host *h, char verb, int code)
{
	char message[32];

	snprintf(message, sizeof(message), "X%c%d", verb, code);
	host_close(&h->out);
	host_close(&h->err);
	host_send(h, message, NULL, 0);
}

/* Starts, prints and ends. */
static inline void
host_serve(struct host *h, char verb, const char *out, const char *err)
{
	host_start(h, verb);
	host_print(h->out, span_str(out));
	host_print(h->err, span_str(err));
	host_end(h, verb, 0);
}

/* Until something comes from the engine, or its end. */
static inline void
host_wait(struct host *h, const char *row)
{
	struct pollfd p = {.fd = h->channel, .events = POLLIN};

	check_int(row, poll(&p, 1, guard_ms()), 1);
}

/* The next message to the runner; its length. */
static inline size_t
host_receive(struct host *h, const char *row)
{
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
	ssize_t n;

	host_wait(h, row);
	n = wire_receive(h->channel, h->request, fds, &n_fds);
	check_bool(row, n > 0 && n_fds == 0, true);
	h->request[n] = '\0';
	return (size_t)n;
}

/* The next that is no kick, no sign of life and no "files read"; its length. */
static inline size_t
host_next(struct host *h, const char *row)
{
	int64_t end_ns = clock_mono_ns() + guard_ms() * CLOCK_NS_PER_MS;
	size_t n;

	while ((n = host_receive(h, row)) == 1) {
		check_bool(row, clock_mono_ns() < end_ns, true);
		if (h->request[0] == 'A') {
			h->signs_of_life++;
			continue;
		}
		if (h->request[0] == 'S') {
			h->reads_done++;
			continue;
		}
		if (h->request[0] != 'q' && h->request[0] != 'p')
			break;
		h->kicks++;
		host_serve(h, h->request[0], "", "");
	}
	return n;
}

static inline void
host_expect(struct host *h, const char *row, const char *want)
{
	size_t n = host_next(h, row);

	check_span(row, span_of(h->request, n), span_str(want));
}

/* The log has, or will have, this part. */
static inline void
host_logged(struct host *h, const char *row, const char *part)
{
	struct pollfd p = {.fd = h->log_fd, .events = POLLIN};

	while (strstr(h->log_text, part) == NULL) {
		ssize_t n;

		if (poll(&p, 1, guard_ms()) != 1)
			break;
		n = read(h->log_fd, h->log_text + h->log_used,
		    HOST_TEXT_MAX - 1 - h->log_used);
		if (n <= 0)
			break;
		h->log_used += (size_t)n;
		h->log_text[h->log_used] = '\0';
	}
	check_part(row, h->log_text, part);
}

/* It ends by itself with that code. */
static inline void
host_ends(struct host *h, const char *row, int code)
{
	int status = 0;

	assert_int_equal(waitpid(h->engine, &status, 0), h->engine);
	h->engine = 0;
	check_int(row, command_exit_code(status), code);
	host_close(&h->channel);
}

/* Files of the engine. */

/* Content in a file without a name; NULL: no file. */
static inline int
host_file(struct host *h, const char *content)
{
	char path[FOLDER_PATH_SIZE];
	int fd;

	if (content == NULL)
		return -1;
	write_file(folder_join(&h->folder, "file", path), span_str(content));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

/* Both are to be read again; NULL: that file is none. */
static inline void
host_reload(struct host *h, const char *settings, const char *rules)
{
	char message[3] = {'C', '0', '\0'};
	int fds[WIRE_FDS_MAX];
	size_t n = 0;

	if (settings != NULL) {
		message[1] = (char)(message[1] + WIRE_HAS_SETTINGS);
		fds[n++] = host_file(h, settings);
	}
	if (rules != NULL) {
		message[1] = (char)(message[1] + WIRE_HAS_RULES);
		fds[n++] = host_file(h, rules);
	}
	host_send(h, message, fds, n);
	while (n > 0)
		close(fds[--n]);
}

/* Its policy service. */

static inline void
host_policy_address(struct host *h, struct sockaddr_un *address)
{
	char path[FOLDER_PATH_SIZE];

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	folder_join(&h->folder, "policy", path);
	assert_true(strlen(path) < sizeof(address->sun_path));
	memcpy(address->sun_path, path, strlen(path) + 1);
}

/* An engine that listens, after its first walk. */
static inline void
host_listen(struct host *h)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	host_policy_address(h, &address);
	unlink(address.sun_path);
	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	h->options.listener = fd;
	host_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', "", "");
}

static inline int
host_client(struct host *h)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	host_policy_address(h, &address);
	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* What comes until there are n bytes or the end. */
static inline const char *
host_answer(const char *row, int fd, size_t n)
{
	static char text[HOST_TEXT_MAX];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t used = 0;
	ssize_t got = 1;

	while (got > 0 && used < n) {
		check_int(row, poll(&p, 1, guard_ms()), 1);
		got = read(fd, text + used, sizeof(text) - 1 - used);
		used += got > 0 ? (size_t)got : 0;
	}
	text[used] = '\0';
	return text;
}

/* What postqueue and postcat say of a message. */

/* arrival_s: when it arrived; due_s: what its header asks for. */
static inline const char *
listing_of(const char *id, int64_t arrival_s)
{
	static char text[512];

	snprintf(text, sizeof(text),
	    "{\"queue_name\": \"hold\", \"queue_id\": \"%s\", "
	    "\"arrival_time\": %lld, \"message_size\": 359, "
	    "\"forced_expire\": false, \"sender\": \"ann@sender.test\", "
	    "\"recipients\": [{\"address\": \"ben@sink.test\"}]}\n",
	    id, (long long)arrival_s);
	return text;
}

/* top: headers above the topmost Received; below: those below it. */
static inline const char *
headed_file_of(
    const char *id, int64_t arrival_s, const char *top, const char *below)
{
	static char text[2048];
	char arrival[64];
	time_t t = (time_t)arrival_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(arrival, sizeof(arrival), "%a %b %e %H:%M:%S %Y", &tm);
	snprintf(text, sizeof(text),
	    "*** ENVELOPE RECORDS hold/%s ***\n"
	    "message_size:  359  647  1  0  359  0\n"
	    "message_arrival_time: %s\ncreate_time: %s\n"
	    "sender: ann@sender.test\n"
	    "named_attribute: client_address=192.0.2.7\n"
	    "*** MESSAGE CONTENTS hold/%s ***\n"
	    "%sReceived: from client.test\n%s"
	    "*** HEADER EXTRACTED hold/%s ***\n"
	    "*** MESSAGE FILE END hold/%s ***\n",
	    id, arrival, arrival, id, top, below, id, id);
	return text;
}

static inline const char *
file_of(const char *id, int64_t arrival_s, int64_t due_s)
{
	char due[CLOCK_UTC_SIZE], header[64];

	clock_format_utc(due_s, due);
	snprintf(header, sizeof(header), "X-Deliver-At: %s\n", due);
	return headed_file_of(id, arrival_s, "", header);
}

/* A rule holds it. */
static inline const char *
frozen_file_of(const char *id, int64_t arrival_s, const char *rule)
{
	char header[128];

	snprintf(
	    header, sizeof(header), "X-Deliver-At: never (rule %s)\n", rule);
	return headed_file_of(id, arrival_s, header, "");
}

#define HOST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

#endif
