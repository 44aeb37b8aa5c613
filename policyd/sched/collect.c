/* SPDX-License-Identifier: ISC */
#include "policyd/sched/collect.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"

enum { READ_SIZE = 4096 };

/* Empties a pipe; what does not fit is dropped. True when more may come. */
static bool
read_more(struct pollfd *p, struct buf *b)
{
	char dropped[READ_SIZE];
	char *room;
	ssize_t n;

	if (p->fd < 0 || p->revents == 0)
		return p->fd >= 0;
	room = buf_reserve(b, READ_SIZE);
	n = read(p->fd, room != NULL ? room : dropped, READ_SIZE);
	if (n > 0 && room != NULL)
		buf_commit(b, (size_t)n);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		p->fd = -1;
	return p->fd >= 0;
}

/* Reads both outputs to their ends, or until the deadline. */
static bool
read_both(int out, int err, int64_t deadline_ns, struct buf *output,
    struct buf *errors)
{
	struct pollfd fds[2] = {
	    {.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
	bool more = true;

	while (more) {
		int64_t left_ns = deadline_ns - clock_mono_ns();
		bool more_out, more_err;

		if (left_ns <= 0)
			return false;
		poll(fds, 2, (int)(left_ns / CLOCK_NS_PER_MS) + 1);
		more_out = read_more(&fds[0], output);
		more_err = read_more(&fds[1], errors);
		more = more_out || more_err;
	}
	return true;
}

void
collect_start(
    struct collection *c, const struct command *command, int64_t deadline_ms)
{
	*c = (struct collection){
	    .deadline_ns = clock_mono_ns() + deadline_ms * CLOCK_NS_PER_MS};
	c->pid = command_start(command, &c->out, &c->err);
	if (c->pid < 0)
		c->error = errno;
}

int
collect_end(const struct collection *c, struct buf *out, struct buf *err)
{
	int status = 0;
	bool whole;

	if (c->pid < 0) {
		errno = c->error;
		return -1;
	}
	whole = read_both(c->out, c->err, c->deadline_ns, out, err);
	close(c->out);
	close(c->err);
	if (!whole)
		kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (whole)
		return command_exit_code(status);
	errno = ETIMEDOUT;
	return -1;
}

int
collect_command(const struct command *command, int64_t deadline_ms,
    struct buf *out, struct buf *err)
{
	struct collection c;

	collect_start(&c, command, deadline_ms);
	return collect_end(&c, out, err);
}
