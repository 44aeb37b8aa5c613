/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/remote.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/log.h"

enum { READ_SIZE = 16 * 1024 };

void
remote_open(struct remote *r, int fd)
{
	r->fd = fd;
	r->taken = 0;
	buf_init(&r->in, REMOTE_LINE_MAX);
}

void
remote_close(struct remote *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	buf_free(&r->in);
}

/* 1: it is ready; 0: not before the deadline; -1: errno. */
static int
await(int fd, short events, int64_t deadline_ns)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		int64_t left_ns = deadline_ns - clock_mono_ns();
		int ms = -1, n;

		if (deadline_ns != INT64_MAX)
			ms = left_ns <= 0
			    ? 0
			    : (int)((left_ns - 1) / CLOCK_NS_PER_MS + 1);
		n = poll(&p, 1, ms);
		if (n >= 0 || errno != EINTR)
			return n;
	}
}

static int64_t
deadline_in(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX
			      : clock_mono_ns() + timeout_ms * CLOCK_NS_PER_MS;
}

bool
remote_send(struct remote *r, struct span bytes, int timeout_ms)
{
	while (bytes.len > 0) {
		ssize_t n = send(
		    r->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			bytes = span_skip(bytes, (size_t)n);
			continue;
		}
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			return false;
		switch (await(r->fd, POLLOUT, deadline_in(timeout_ms))) {
		case 0:
			errno = ETIMEDOUT;
			return false;
		case -1:
			return false;
		}
	}
	return true;
}

static bool
take_line(struct remote *r, struct span *line)
{
	struct span rest;

	buf_consume(&r->in, r->taken);
	r->taken = 0;
	rest = buf_span(&r->in);
	if (rest.len == 0 || !span_cut(&rest, '\n', line))
		return false;
	r->taken = line->len + 1;
	return true;
}

/* Some more bytes, of which there have to be some now. */
static enum remote_news
take_bytes(struct remote *r)
{
	size_t room = buf_room(&r->in);
	ssize_t n;
	char *to;

	if (room > READ_SIZE)
		room = READ_SIZE;
	to = room > 0 ? buf_reserve(&r->in, room) : NULL;
	if (to == NULL) {
		errno = room > 0 ? ENOMEM : EMSGSIZE;
		return REMOTE_BROKEN;
	}
	n = recv(r->fd, to, room, MSG_DONTWAIT);
	if (n > 0)
		buf_commit(&r->in, (size_t)n);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return REMOTE_QUIET;
	return n == 0 || errno == ECONNRESET ? REMOTE_ENDED : REMOTE_BROKEN;
}

enum remote_news
remote_next(struct remote *r, int timeout_ms, struct span *line)
{
	int64_t deadline_ns = deadline_in(timeout_ms);

	while (!take_line(r, line)) {
		enum remote_news news;
		int ready = await(r->fd, POLLIN, deadline_ns);

		if (ready <= 0)
			return ready == 0 ? REMOTE_QUIET : REMOTE_BROKEN;
		news = take_bytes(r);
		if (news != REMOTE_QUIET)
			return news;
	}
	return REMOTE_LINE;
}

static void
say(char error[REMOTE_ERROR_SIZE], const char *what, const char *why)
{
	snprintf(error, REMOTE_ERROR_SIZE, "policyd %s%s%s", what,
	    why[0] != '\0' ? ": " : "", why);
}

static bool
read_answer(
    struct span line, struct span *answer, char error[REMOTE_ERROR_SIZE])
{
	struct span rest = line, word;
	char text[LOG_TEXT_MAX];

	if (span_next_word(&rest, &word) && span_equal_str(word, "error")) {
		say(error, "says", log_printable(span_trim(rest), text));
		return false;
	}
	*answer = span_equal_str(word, "ok") ? span_trim(rest) : line;
	return true;
}

/*
 * An engine that refuses a request may not have taken all of it: its answer
 * is there all the same.
 */
bool
remote_ask(struct remote *r, struct span request, int timeout_ms,
    struct span *answer, char error[REMOTE_ERROR_SIZE])
{
	struct span line;
	const char *but = timeout_ms == REMOTE_WRITE_MS
	    ? "what it was asked for may be done all the same"
	    : "";

	if (!remote_send(r, request, timeout_ms) && errno != EPIPE &&
	    errno != ECONNRESET) {
		say(error, "takes no request", strerror(errno));
		return false;
	}
	switch (remote_next(r, timeout_ms, &line)) {
	case REMOTE_LINE:
		return read_answer(line, answer, error);
	case REMOTE_QUIET:
		say(error, "does not answer", but);
		break;
	case REMOTE_ENDED:
		say(error, "ended before it answered", but);
		break;
	case REMOTE_BROKEN:
		say(error, "cannot be asked", strerror(errno));
		break;
	}
	return false;
}
