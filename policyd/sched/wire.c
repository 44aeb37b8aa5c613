/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC */

#include "policyd/sched/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REPORT_SIZE = 128,
	/* A release and a requeue, each of the longest, a read and the rest. */
	CHANNEL_BYTES = 3 * WIRE_MAX,
};

static const char *const asks[] = {
    [WIRE_COMMAND] = "", /* a verb's letter, and ids */
    [WIRE_END_READ] = "E",
    [WIRE_ALIVE] = "A",
    [WIRE_HAVE_READ] = "S",
    [WIRE_RELOAD] = "G",
};

static const char verb_letters[SWEEP_VERBS] = {
    [SWEEP_LIST] = 'L',
    [SWEEP_READ] = 'R',
    [SWEEP_RELEASE] = 'H',
    [SWEEP_REQUEUE] = 'Q',
    [SWEEP_KICK_QMGR] = 'q',
    [SWEEP_KICK_PICKUP] = 'p',
};

static bool
has_ids(enum sweep_verb verb)
{
	return verb == SWEEP_READ || verb == SWEEP_RELEASE ||
	    verb == SWEEP_REQUEUE;
}

static bool
verb_of(char letter, enum sweep_verb *verb)
{
	for (int i = 0; i < SWEEP_VERBS; i++) {
		if (verb_letters[i] == letter) {
			*verb = (enum sweep_verb)i;
			return true;
		}
	}
	return false;
}

bool
wire_put_request(struct buf *out, const struct sweep_command *command)
{
	char text[QID_SIZE];

	if (!buf_append(out, span_of(&verb_letters[command->verb], 1)))
		return false;
	for (size_t i = 0; i < command->n; i++) {
		size_t n = qid_format(&command->ids[i], text);

		text[n] = '\n';
		if (!buf_append(out, span_of(text, n + 1)))
			return false;
	}
	return true;
}

bool
wire_put_ask(struct buf *out, enum wire_ask ask)
{
	return buf_append(out, span_str(asks[ask]));
}

bool
wire_get_request(struct span message, struct wire_request *request)
{
	struct span rest, line;
	struct qid id;

	memset(request, 0, sizeof(*request));
	for (int i = WIRE_END_READ; i <= WIRE_RELOAD; i++) {
		if (span_equal_str(message, asks[i])) {
			request->ask = (enum wire_ask)i;
			return true;
		}
	}
	if (message.len == 0 || message.len > WIRE_MAX ||
	    !verb_of(message.data[0], &request->verb))
		return false;
	request->ids = rest = span_skip(message, 1);
	while (span_cut(&rest, '\n', &line)) {
		if (!qid_parse(line, &id))
			return false;
		request->n_ids++;
	}
	return rest.len == 0 &&
	    has_ids(request->verb) == (request->n_ids > 0) &&
	    request->n_ids <= sweep_ids_max(request->verb);
}

bool
wire_put_report(struct buf *out, const struct wire_report *r)
{
	char text[REPORT_SIZE];
	char letter = verb_letters[r->verb];
	int n = 0;

	switch (r->tell) {
	case WIRE_STARTED:
		n = snprintf(text, sizeof(text), "S%c", letter);
		break;
	case WIRE_ENDED:
		n = snprintf(text, sizeof(text), "X%c%d", letter, r->number);
		break;
	case WIRE_NOT_STARTED:
		n = snprintf(text, sizeof(text), "F%c%d", letter, r->number);
		break;
	case WIRE_POSTFIX:
		n = snprintf(text, sizeof(text), "P%lld %lld %d %d",
		    (long long)r->postfix.queue_lifetime_s,
		    (long long)r->postfix.bounce_lifetime_s,
		    r->postfix.requeue_safe, (int)r->postfix.active_limit);
		break;
	case WIRE_SETTINGS:
		n = snprintf(text, sizeof(text), "C%d", r->number);
		break;
	case WIRE_NOT_OPENED:
		n = snprintf(text, sizeof(text), "O%d %d", r->file, r->number);
		break;
	case WIRE_NEWS:
		n = snprintf(text, sizeof(text), "N");
		break;
	case WIRE_STOP:
		n = snprintf(text, sizeof(text), "T");
		break;
	}
	return buf_append(out, span_of(text, (size_t)n));
}

static bool
get_number(struct span text, int *number)
{
	uint64_t value;

	if (!span_to_u64(text, INT32_MAX, &value))
		return false;
	*number = (int)value;
	return true;
}

static bool
get_postfix(struct span text, struct plan_postfix *postfix)
{
	struct span word;
	uint64_t lifetime, bounce;
	int safe, active;

	if (!span_cut(&text, ' ', &word) ||
	    !span_to_u64(word, INT64_MAX, &lifetime) ||
	    !span_cut(&text, ' ', &word) ||
	    !span_to_u64(word, INT64_MAX, &bounce) ||
	    !span_cut(&text, ' ', &word) || !get_number(word, &safe) ||
	    safe > 1 || !get_number(text, &active))
		return false;
	postfix->queue_lifetime_s = (int64_t)lifetime;
	postfix->bounce_lifetime_s = (int64_t)bounce;
	postfix->requeue_safe = safe == 1;
	postfix->active_limit = (uint32_t)active;
	return true;
}

static bool
get_not_opened(struct span text, struct wire_report *r)
{
	struct span file;

	return span_cut(&text, ' ', &file) && get_number(file, &r->file) &&
	    (r->file == WIRE_HAS_SETTINGS || r->file == WIRE_HAS_RULES) &&
	    get_number(text, &r->number);
}

bool
wire_get_report(struct span m, struct wire_report *r)
{
	bool verb;

	memset(r, 0, sizeof(*r));
	if (m.len == 0)
		return false;
	verb = m.len > 1 && verb_of(m.data[1], &r->verb);
	switch (m.data[0]) {
	case 'S':
		r->tell = WIRE_STARTED;
		return verb && m.len == 2;
	case 'X':
		r->tell = WIRE_ENDED;
		return verb && get_number(span_skip(m, 2), &r->number);
	case 'F':
		r->tell = WIRE_NOT_STARTED;
		return verb && get_number(span_skip(m, 2), &r->number);
	case 'P':
		r->tell = WIRE_POSTFIX;
		return get_postfix(span_skip(m, 1), &r->postfix);
	case 'C':
		r->tell = WIRE_SETTINGS;
		return get_number(span_skip(m, 1), &r->number) &&
		    r->number <= (WIRE_HAS_SETTINGS | WIRE_HAS_RULES);
	case 'O':
		r->tell = WIRE_NOT_OPENED;
		return get_not_opened(span_skip(m, 1), r);
	case 'N':
		r->tell = WIRE_NEWS;
		return m.len == 1;
	case 'T':
		r->tell = WIRE_STOP;
		return m.len == 1;
	default:
		return false;
	}
}

int
wire_open(int ends[2])
{
	int size = CHANNEL_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	/* As it was will do, but for the longest. */
	for (int i = 0; i < 2; i++)
		(void)setsockopt(
		    ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

int
wire_send(int channel, struct span message, const int *fds, size_t n_fds)
{
	struct iovec iov = {
	    /* NOLINTNEXTLINE(performance-no-int-to-ptr): it has no const */
	    .iov_base = (void *)(uintptr_t)message.data,
	    .iov_len = message.len,
	};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union {
		char bytes[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;

	if (n_fds > 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		assert(c != NULL);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	return sendmsg(channel, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

static size_t
take_fds(struct msghdr *msg, int fds[WIRE_FDS_MAX])
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds + n, CMSG_DATA(c), count * sizeof(int));
		n += count;
	}
	return n;
}

static void
drop_fds(int fds[WIRE_FDS_MAX], size_t *n_fds)
{
	while (*n_fds > 0) {
		close(fds[--*n_fds]);
		fds[*n_fds] = -1;
	}
}

ssize_t
wire_receive(int channel, char *room, int fds[WIRE_FDS_MAX], size_t *n_fds)
{
	struct iovec iov = {.iov_base = room, .iov_len = WIRE_MAX};
	union {
		char bytes[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(channel, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	*n_fds = 0;
	if (n < 0)
		return -1;
	*n_fds = take_fds(&msg, fds);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		drop_fds(fds, n_fds);
	if (msg.msg_flags & MSG_TRUNC) {
		errno = EPROTO;
		return -1;
	}
	return n;
}
