/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/probe.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/lookup.h"
#include "hdrcheck/netstring.h"

static const char *
await_reply(int fd, struct probe *probe)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t end_ns = clock_mono_ns() + PROBE_MS * CLOCK_NS_PER_MS;
	char room[COUNTS_REPLY_MAX];
	enum counts_result result = COUNTS_MORE;
	size_t n = 0, used;

	while (result == COUNTS_MORE && n < sizeof(room)) {
		int64_t left_ns = end_ns - clock_mono_ns();
		ssize_t got;

		if (left_ns <= 0 ||
		    poll(&p, 1, (int)(left_ns / CLOCK_NS_PER_MS) + 1) == 0)
			return "does not answer";
		got = recv(fd, room + n, sizeof(room) - n, MSG_DONTWAIT);
		if (got == 0)
			return "hangs up";
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return strerror(errno);
		n += got > 0 ? (size_t)got : 0;
		result = counts_read(span_of(room, n), &probe->counts, &used);
	}
	probe->has_counts = result == COUNTS_DONE;
	return probe->has_counts ? NULL : "gives no such answer";
}

static const char *
ask_socketmap(int fd, struct probe *probe)
{
	struct buf request;
	struct span bytes;
	const char *wrong = NULL;

	buf_init(&request, COUNTS_REPLY_MAX);
	netstring_append(&request, span_str(LOOKUP_STATUS_MAP " "));
	bytes = buf_span(&request);
	if (send(fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    (ssize_t)bytes.len)
		wrong = "takes no request";
	buf_free(&request);
	return wrong != NULL ? wrong : await_reply(fd, probe);
}

void
probe_hdrcheck(const struct settings *settings, struct probe *probe)
{
	bool socketmap = settings->socketmap_listen.len > 0;
	int fd;

	*probe =
	    (struct probe){.address = socketmap ? &settings->socketmap_listen
						: &settings->tcp_table_listen};
	if (probe->address->len == 0) {
		probe->address = NULL;
		probe->wrong = "no listener is set";
		return;
	}
	fd = sock_connect(probe->address);
	if (fd < 0) {
		probe->wrong = strerror(errno);
		return;
	}
	if (socketmap)
		probe->wrong = ask_socketmap(fd, probe);
	probe->runs = probe->wrong == NULL;
	close(fd);
}
