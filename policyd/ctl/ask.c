/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { ENDING_MS = 200 /* an engine that ends may still be connected to */ };

int
ask_connect_quietly(struct hands *hands, struct remote *r)
{
	int fd = hands_connect(hands);

	if (fd < 0)
		return -1;
	remote_open(r, fd);
	return 0;
}

int
ask_connect(
    struct hands *hands, const struct settings *settings, struct remote *r)
{
	if (ask_connect_quietly(hands, r) == 0)
		return EX_OK;
	if (errno == ENOENT || errno == ECONNREFUSED)
		fprintf(stderr,
		    "policyctl: policyd is not running (nobody listens on "
		    "%s); start it: systemctl start deliver-at-policyd\n",
		    settings->control_socket);
	else
		fprintf(stderr, "policyctl: control_socket %s: %s\n",
		    settings->control_socket, strerror(errno));
	return EX_UNAVAILABLE;
}

bool
ask_is_alive(struct hands *hands)
{
	struct remote r;

	poll(NULL, 0, ENDING_MS);
	if (ask_connect_quietly(hands, &r) < 0)
		return false;
	remote_close(&r);
	return true;
}

int
ask_send(struct remote *r, enum control_verb verb)
{
	struct buf request;
	bool ok;

	buf_init(&request, CONTROL_LINE_MAX);
	ok = control_put(&request, verb) &&
	    remote_send(r, buf_span(&request), REMOTE_ANSWER_MS);
	buf_free(&request);
	if (ok)
		return EX_OK;
	fprintf(stderr, "policyctl: policyd takes no request: %s\n",
	    strerror(errno));
	return EX_UNAVAILABLE;
}

int
ask_wait(
    struct remote *r, struct span request, int timeout_ms, struct span *answer)
{
	char error[REMOTE_ERROR_SIZE];

	if (remote_ask(r, request, timeout_ms, answer, error))
		return EX_OK;
	fprintf(stderr, "policyctl: %s\n", error);
	return EX_UNAVAILABLE;
}
