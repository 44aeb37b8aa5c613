/* SPDX-License-Identifier: ISC */
#include "policyd/web/asker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hdrcheck/lookup.h"
#include "hdrcheck/netstring.h"

enum {
	REPLY_SIZE = COUNTS_REPLY_MAX + 16, /* bytes, as a netstring */
	REQUEST_SIZE = 64,
	ANSWERS_MAX = 5, /* over one connection: so that it is noticed soon
			    when others cannot connect any more */
};

enum stage {
	ASKER_RESTS, /* until the next question; perhaps connected */
	ASKER_CONNECTS,
	ASKER_WAITS, /* for an answer */
};

const struct asker_pace asker_pace = {.interval_ms = 2000, .wait_ms = 5000};

struct asker {
	struct loop *loop;
	struct asker_pace pace;
	const struct sock_address *address; /* borrowed; len 0: nowhere */
	bool has_counts; /* it is a socketmap */
	enum stage stage;
	struct loop_timer timer; /* the next question, or the end of patience */
	int fd; /* -1: not connected */
	unsigned answered; /* how often over this connection */
	struct buf in;
	bool answers;
	int64_t heard_ns; /* the last answer, or the first question */
	struct lookup_counts counts;
	bool knows_counts;
	const char *wrong;
};

static void start(struct asker *a);

static void
hang_up(struct asker *a)
{
	if (a->fd < 0)
		return;
	loop_unwatch(a->loop, a->fd);
	close(a->fd);
	a->fd = -1;
	a->answered = 0;
	buf_clear(&a->in);
}

static void
rest(struct asker *a)
{
	a->stage = ASKER_RESTS;
	loop_arm(
	    &a->timer, clock_mono_ns() + a->pace.interval_ms * CLOCK_NS_PER_MS);
}

static void
give_up(struct asker *a, const char *why)
{
	hang_up(a);
	a->answers = false;
	a->wrong = why;
	rest(a);
}

/*
 * A connection that was kept may have ended by itself, with nothing wrong: then
 * a new one tells. It has not answered yet, so there is one such try.
 */
static void
fail(struct asker *a, const char *why)
{
	if (a->answered == 0 || a->stage != ASKER_WAITS ||
	    buf_len(&a->in) > 0) {
		give_up(a, why);
		return;
	}
	hang_up(a);
	start(a);
}

static void
succeed(struct asker *a)
{
	a->answers = true;
	a->wrong = NULL;
	a->heard_ns = clock_mono_ns();
	rest(a);
}

static void
ask(struct asker *a)
{
	struct buf request;
	struct span bytes;
	ssize_t n;

	buf_init(&request, REQUEST_SIZE);
	netstring_append(&request, span_str(LOOKUP_STATUS_MAP " "));
	bytes = buf_span(&request);
	a->stage = ASKER_WAITS;
	n = send(a->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
	buf_free(&request);
	if (n != (ssize_t)bytes.len)
		fail(a, n < 0 ? strerror(errno) : "takes no request");
}

static void
take_answer(struct asker *a)
{
	struct lookup_counts counts;
	size_t used;

	switch (counts_read(buf_span(&a->in), &counts, &used)) {
	case COUNTS_MORE:
		return;
	case COUNTS_WRONG:
		break;
	case COUNTS_DONE:
		buf_consume(&a->in, used);
		if (a->stage != ASKER_WAITS || buf_len(&a->in) > 0)
			break;
		a->counts = counts;
		a->knows_counts = true;
		a->answered++;
		succeed(a);
		return;
	}
	fail(a, "gives no such answer");
}

/* There is room: a reply that fills it is whole, or wrong. */
static void
read_some(struct asker *a)
{
	size_t want = buf_room(&a->in);
	char *room = buf_reserve(&a->in, want);
	ssize_t n;

	if (room == NULL) {
		fail(a, strerror(ENOMEM));
		return;
	}
	n = recv(a->fd, room, want, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		buf_commit(&a->in, (size_t)n);
		take_answer(a);
	} else if (a->stage == ASKER_RESTS) {
		hang_up(a);
	} else {
		fail(a, n == 0 ? "hangs up" : strerror(errno));
	}
}

static void
end_connecting(struct asker *a)
{
	int error = sock_error(a->fd);

	if (error != 0) {
		fail(a, strerror(error));
	} else if (a->has_counts) {
		loop_change(a->loop, a->fd, POLLIN);
		ask(a);
	} else {
		hang_up(a);
		succeed(a);
	}
}

static void
on_ready(void *ctx, short revents)
{
	struct asker *a = ctx;

	(void)revents;
	if (a->stage == ASKER_CONNECTS)
		end_connecting(a);
	else
		read_some(a);
}

/* Asks, over a connection that it makes where there is none. */
static void
start(struct asker *a)
{
	loop_arm(
	    &a->timer, clock_mono_ns() + a->pace.wait_ms * CLOCK_NS_PER_MS);
	if (a->answered == ANSWERS_MAX)
		hang_up(a);
	if (a->fd >= 0) {
		ask(a);
		return;
	}
	a->stage = ASKER_CONNECTS;
	a->fd = sock_connect_later(a->address);
	if (a->fd < 0) {
		fail(a,
		    errno == EAGAIN ? "takes no connection" : strerror(errno));
	} else if (loop_watch(a->loop, a->fd, POLLOUT, on_ready, a) < 0) {
		close(a->fd);
		a->fd = -1;
		fail(a, strerror(ENOMEM));
	}
}

static void
on_timer(void *ctx)
{
	struct asker *a = ctx;

	if (a->stage == ASKER_RESTS)
		start(a);
	else
		give_up(a, "does not answer");
}

struct asker *
asker_new(struct loop *loop, const struct settings *settings,
    const struct asker_pace *pace)
{
	struct asker *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->loop = loop;
	a->pace = *pace;
	a->has_counts = settings->socketmap_listen.len > 0;
	a->address = a->has_counts ? &settings->socketmap_listen
				   : &settings->tcp_table_listen;
	a->fd = -1;
	a->heard_ns = clock_mono_ns();
	a->wrong = "is not asked yet";
	buf_init(&a->in, REPLY_SIZE);
	loop_add_timer(loop, &a->timer, LOOP_MONO, on_timer, a);
	if (a->address->len > 0)
		loop_arm(&a->timer, a->heard_ns);
	else
		a->wrong = "no listener is set";
	return a;
}

void
asker_free(struct asker *a)
{
	if (a == NULL)
		return;
	hang_up(a);
	loop_remove_timer(a->loop, &a->timer);
	buf_free(&a->in);
	free(a);
}

void
asker_look(const struct asker *a, int64_t mono_ns, struct view_hdrcheck *view)
{
	*view = (struct view_hdrcheck){
	    .listens = a->address->text,
	    .answers = a->answers,
	    .silent_ns = mono_ns - a->heard_ns,
	    .counts = a->counts,
	    .has_counts = a->knows_counts,
	    .wrong = a->wrong,
	};
}
