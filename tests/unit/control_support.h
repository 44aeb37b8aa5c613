/* SPDX-License-Identifier: ISC */
/*
 * control_support - an engine with a control socket, and clients of it
 */
#ifndef UNIT_CONTROL_SUPPORT_H
#define UNIT_CONTROL_SUPPORT_H

#include "tests/unit/engine_support.h"

#include "policyd/control.h"
#include "policyd/state.h"

static inline void
control_address(struct host *h, struct sockaddr_un *address)
{
	char path[FOLDER_PATH_SIZE];

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	folder_join(&h->folder, "control", path);
	assert_true(strlen(path) < sizeof(address->sun_path));
	memcpy(address->sun_path, path, strlen(path) + 1);
}

/* An engine that an administrator can talk to. */
static inline void
control_open(struct host *h)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	control_address(h, &address);
	unlink(address.sun_path);
	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	h->options.control = fd;
	host_open(h);
	host_close(&h->options.control);
}

/* It ends as when it is stopped. */
static inline void
control_close(struct host *h)
{
	int64_t end_ns = clock_mono_ns() + guard_ms() * CLOCK_NS_PER_MS;

	host_send(h, "T", NULL, 0);
	while (waitpid(h->engine, NULL, WNOHANG) == 0) {
		struct pollfd p = {.fd = h->channel, .events = POLLIN};
		int fds[WIRE_FDS_MAX];
		size_t n_fds;

		check_bool("it stops", clock_mono_ns() < end_ns, true);
		/* Kicks are served yet, and all else is not asked for. */
		if (poll(&p, 1, 10) == 1 &&
		    wire_receive(h->channel, h->request, fds, &n_fds) == 1 &&
		    (h->request[0] == 'q' || h->request[0] == 'p'))
			host_serve(h, h->request[0], "", "");
	}
	h->engine = 0;
	host_close(&h->channel);
	host_close(&h->log_fd);
	h->log_used = 0;
	h->log_text[0] = '\0';
}

static inline int
control_client(struct host *h)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	control_address(h, &address);
	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* The answer to a request: a line, or what came until the end. */
static inline const char *
control_line(const char *row, int fd)
{
	static char text[HOST_TEXT_MAX];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t used = 0;

	while (used + 1 < sizeof(text)) {
		check_int(row, poll(&p, 1, guard_ms()), 1);
		if (read(fd, text + used, 1) != 1)
			break;
		if (text[used++] == '\n')
			break;
	}
	text[used] = '\0';
	return text;
}

static inline void
control_says(const char *row, int fd, const char *request, const char *want)
{
	host_print(fd, span_str(request));
	check_string(row, control_line(row, fd), want);
}

/* A request and its answer, over a connection of its own. */
static inline void
control_ask(
    struct host *h, const char *row, const char *request, const char *want)
{
	int fd = control_client(h);

	control_says(row, fd, request, want);
	close(fd);
}

/* "reschedule DUE N" with this body. */
static inline const char *
control_reschedule(const char *due, const char *body)
{
	static char text[HOST_TEXT_MAX];

	snprintf(text, sizeof(text), "reschedule %s %zu\n%s", due, strlen(body),
	    body);
	return text;
}

static inline const char *
control_read_file(struct host *h, const char *name)
{
	static char text[4096];
	char path[FOLDER_PATH_SIZE];
	int fd = open(folder_join(&h->folder, name, path), O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? "(none)" : text;
}

static inline int
control_teardown(void **state)
{
	static const char *const names[] = {
	    "control", "paused", "overrides", "paused.new", "overrides.new"};
	struct host *h = *state;
	char path[FOLDER_PATH_SIZE];

	for (size_t i = 0; i < COUNT_OF(names); i++)
		remove(folder_join(&h->folder, names[i], path));
	return host_teardown(state);
}

#define CONTROLLED(name)                                                       \
	cmocka_unit_test_setup_teardown(name, host_setup, control_teardown)

#endif
