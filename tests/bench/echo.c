/* SPDX-License-Identifier: ISC */
/*
 * echo ADDRESS [ANSWER] - the floor under hdrcheck and policyd
 *
 * Says again what it hears. With ANSWER it says that instead, whenever what it
 * heard ends in an empty line, as a request of Postfix's policy delegation
 * does. It runs on the same loop and the same kind of socket, and does nothing
 * else: no protocol, no limits, no back-pressure, one request at a time. A peer
 * that does not take its bytes at once is closed. Ends by a signal.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/loop.h"
#include "hdrcheck/base/os.h"
#include "hdrcheck/base/sock.h"

enum {
	READ_SIZE = 16 * 1024, /* bytes, as hdrcheck reads */
	SOCKET_MODE = 0600,
};

struct server {
	struct loop *loop;
	int listener;
	struct span answer; /* empty: what was heard */
};

struct peer {
	struct server *server;
	int fd;
	char last; /* byte of what was heard before */
};

/* Notes the last byte heard. */
static bool
is_end_of_request(struct peer *p, struct span heard)
{
	char before = heard.len > 1 ? heard.data[heard.len - 2] : p->last;

	p->last = heard.data[heard.len - 1];
	return before == '\n' && p->last == '\n';
}

static bool
say(struct peer *p, struct span heard)
{
	struct span answer = p->server->answer;

	if (answer.len == 0)
		answer = heard;
	else if (!is_end_of_request(p, heard))
		return true;
	return write(p->fd, answer.data, answer.len) == (ssize_t)answer.len;
}

static void
on_peer_ready(void *ctx, short revents)
{
	struct peer *p = ctx;
	char bytes[READ_SIZE];
	ssize_t n = read(p->fd, bytes, sizeof(bytes));

	(void)revents;
	if (n > 0 && say(p, span_of(bytes, (size_t)n)))
		return;
	loop_unwatch(p->server->loop, p->fd);
	close(p->fd);
	free(p);
}

static void
on_listener_ready(void *ctx, short revents)
{
	struct server *s = ctx;
	int fd = os_accept(s->listener);
	struct peer *p;

	(void)revents;
	if (fd < 0)
		return;
	p = malloc(sizeof(*p));
	if (p != NULL) {
		*p = (struct peer){.server = s, .fd = fd};
		if (loop_watch(s->loop, fd, POLLIN, on_peer_ready, p) == 0)
			return;
	}
	free(p);
	close(fd);
}

static int
serve(const struct sock_address *address, struct span answer)
{
	struct sock_owner owner = {
	    .uid = geteuid(), .gid = getegid(), .mode = SOCKET_MODE};
	struct server s = {.loop = loop_new(), .answer = answer};

	if (s.loop == NULL)
		return -1;
	s.listener = sock_listen(address, &owner);
	if (s.listener < 0 ||
	    loop_watch(s.loop, s.listener, POLLIN, on_listener_ready, &s) < 0)
		return -1;
	return loop_run(s.loop);
}

int
main(int argc, char **argv)
{
	struct sock_address address;
	const char *why;

	if (argc != 2 && argc != 3) {
		fputs("usage: echo ADDRESS [ANSWER]\n", stderr);
		return EX_USAGE;
	}
	why = sock_parse(span_str(argv[1]), &address);
	if (why != NULL) {
		fprintf(stderr, "echo: %s: %s\n", argv[1], why);
		return EX_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	if (serve(&address, span_str(argc == 3 ? argv[2] : "")) < 0)
		fprintf(stderr, "echo: %s: %s\n", argv[1], strerror(errno));
	return EX_OSERR;
}
