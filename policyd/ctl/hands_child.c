/* SPDX-License-Identifier: ISC */
/*
 * The child's side: asks for commands and reads what they print.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "policyd/ctl/hands_private.h"
#include "policyd/sched/command.h"
#include "policyd/sched/wire.h"

enum { READ_SIZE = 256 * 1024 };

struct hands {
	int channel;
	struct buf in; /* of the command's output */
	char errors[HANDS_ERRORS_SIZE];
	size_t n_errors;
	char room[WIRE_MAX];
};

struct reply {
	char letter;
	int number;
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
};

struct hands *
hands_new(int channel)
{
	struct hands *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->channel = channel;
	buf_init(&h->in, HANDS_OUTPUT_MAX);
	return h;
}

void
hands_free(struct hands *h)
{
	close(h->channel);
	buf_free(&h->in);
	free(h);
}

/* The hands are part of us: when they do not answer, this is over. */
static _Noreturn void
give_up(void)
{
	_exit(EXIT_FAILURE);
}

static void
await(struct hands *h, struct reply *reply)
{
	struct pollfd p = {.fd = h->channel, .events = POLLIN};
	uint64_t number;
	ssize_t n;

	do {
		poll(&p, 1, -1);
		n = wire_receive(
		    h->channel, h->room, reply->fds, &reply->n_fds);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n < 2 ||
	    !span_to_u64(
		span_of(h->room + 1, (size_t)n - 1), INT32_MAX, &number))
		give_up();
	reply->letter = h->room[0];
	reply->number = (int)number;
}

static void
ask(struct hands *h, struct span message)
{
	if (wire_send(h->channel, message, NULL, 0) < 0)
		give_up();
}

static void
ask_letter(struct hands *h, char letter)
{
	ask(h, span_of(&letter, 1));
}

static int
await_fd(struct hands *h, char letter)
{
	struct reply reply;

	ask_letter(h, letter);
	await(h, &reply);
	if (reply.letter == HANDS_ERRNO) {
		errno = reply.number;
		return -1;
	}
	if (reply.letter != HANDS_DONE || reply.n_fds != 1)
		give_up();
	return reply.fds[0];
}

int
hands_connect(struct hands *h)
{
	return await_fd(h, HANDS_CONNECT);
}

int
hands_open_rules(struct hands *h)
{
	return await_fd(h, HANDS_RULES);
}

struct span
hands_errors(const struct hands *h)
{
	return span_trim(span_of(h->errors, h->n_errors));
}

/* The request of a command: how many bytes of room it takes. */
static size_t
put_command(
    struct hands *h, enum hands_verb verb, const struct qid *ids, size_t n)
{
	size_t used = 0;

	h->room[used++] = hands_letters[verb];
	for (size_t i = 0; i < n; i++) {
		used += qid_format(&ids[i], h->room + used);
		h->room[used++] = '\n';
	}
	return used;
}

/* False at the end. What does not fit is lost. */
static bool
read_errors(struct hands *h, int fd)
{
	char waste[1024];
	size_t room = sizeof(h->errors) - h->n_errors;
	ssize_t n = read(fd, room > 0 ? h->errors + h->n_errors : waste,
	    room > 0 ? room : sizeof(waste));

	if (n > 0 && room > 0)
		h->n_errors += (size_t)n;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* What came of a piece of output. */
enum piece { PIECE_TAKEN, PIECE_END, PIECE_ENOUGH, PIECE_TOO_MUCH };

static enum piece
read_output(struct hands *h, int fd, hands_take_fn *take, void *ctx)
{
	char *room = buf_reserve(&h->in, READ_SIZE);
	ssize_t n;

	if (room == NULL)
		return PIECE_TOO_MUCH;
	n = read(fd, room, READ_SIZE);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? PIECE_TAKEN
							 : PIECE_END;
	if (n == 0)
		return PIECE_END;
	buf_commit(&h->in, (size_t)n);
	if (take == NULL)
		buf_clear(&h->in);
	else if (!take(ctx, &h->in))
		return PIECE_ENOUGH;
	return PIECE_TAKEN;
}

/* Reads both to their ends. */
static enum piece
read_all(struct hands *h, const int fds[2], hands_take_fn *take, void *ctx)
{
	struct pollfd p[2] = {
	    {.fd = fds[0], .events = POLLIN},
	    {.fd = fds[1], .events = POLLIN},
	};
	enum piece piece = PIECE_TAKEN;

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].fd >= 0 && p[1].revents != 0 &&
		    !read_errors(h, fds[1]))
			p[1].fd = -1;
		if (p[0].fd >= 0 && p[0].revents != 0)
			piece = read_output(h, fds[0], take, ctx);
		if (piece == PIECE_END)
			p[0].fd = -1;
		else if (piece != PIECE_TAKEN)
			break;
	}
	return piece;
}

/* Asks for the command in room, and sees it to its end. */
static int
run_command(struct hands *h, size_t used, hands_take_fn *take, void *ctx)
{
	struct reply reply;
	enum piece piece;

	buf_clear(&h->in);
	h->n_errors = 0;
	ask(h, span_of(h->room, used));
	await(h, &reply);
	if (reply.letter == HANDS_ERRNO) {
		errno = reply.number;
		return -1;
	}
	if (reply.letter != HANDS_STARTED || reply.n_fds != 2)
		give_up();
	piece = read_all(h, reply.fds, take, ctx);
	if (piece == PIECE_ENOUGH || piece == PIECE_TOO_MUCH)
		ask_letter(h, HANDS_END);
	close(reply.fds[0]);
	close(reply.fds[1]);
	await(h, &reply);
	if (reply.letter != HANDS_EXITED)
		give_up();
	errno = ENOBUFS;
	return piece == PIECE_TOO_MUCH ? -1 : reply.number;
}

int
hands_command(struct hands *h, enum hands_verb verb, const struct qid *ids,
    size_t n, hands_take_fn *take, void *ctx)
{
	if (n > hands_ids_max(verb) || hands_takes_ids(verb) != (n > 0)) {
		errno = EINVAL;
		return -1;
	}
	return run_command(h, put_command(h, verb, ids, n), take, ctx);
}

int
hands_look_up(struct hands *h, size_t lookup, hands_take_fn *take, void *ctx)
{
	int n = snprintf(h->room, sizeof(h->room), "%c%zu",
	    hands_letters[HANDS_LOOKUP], lookup);

	return run_command(h, (size_t)n, take, ctx);
}
