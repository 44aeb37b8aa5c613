/* SPDX-License-Identifier: ISC */
/*
 * load ADDRESS CONNECTIONS MILLISECONDS REQUEST REPLY - many impatient clients
 *
 * Keeps one request outstanding on each connection for that long, and prints
 * requests a second, and of the time from a request to its reply the 99th
 * percentile and the longest in microseconds. REQUEST and REPLY are the bytes
 * on the wire; the first run of "#" in REQUEST becomes a number that counts up
 * from the time in microseconds, so that a server which knows a request again
 * has not seen it before. A reply that is another, or late by REPLY_TIMEOUT_S,
 * ends it with exit 1 and no figures.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/sock.h"

enum {
	CONNECTIONS_MAX = 1000,
	DURATION_MAX_MS = 600 * 1000,
	REPLY_MAX = 4096, /* bytes */
	REPLY_TIMEOUT_S = 5,
	SAMPLES_PER_MS = 2000, /* more requests than a machine answers */
	NS_PER_US = 1000,
};

/* One connection: its outstanding request. */
struct client {
	int64_t sent_ns;
	size_t got; /* bytes of the reply */
};

struct load {
	struct sock_address address;
	char *request;
	size_t request_len;
	char *number; /* within request; NULL: all are the same */
	size_t n_digits;
	struct span reply;
	int64_t duration_ms;
	int64_t end_ns; /* CLOCK_MONOTONIC; no request is sent after it */
	size_t n;
	size_t n_open; /* connections that wait for a reply */
	struct pollfd *fds; /* n; fd -1: has its last reply */
	struct client *clients; /* n */
	uint32_t *latency_ns;
	size_t n_latency;
	size_t max_latency;
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * CLOCK_NS_PER_S + ts.tv_nsec;
}

static bool
complain(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	return false;
}

static bool
complain_errno(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	return false;
}

/* One more; after the highest number comes the lowest again. */
static void
count_up(struct load *l)
{
	size_t i = l->n_digits;

	while (i > 0 && l->number[i - 1] == '9')
		l->number[--i] = '0';
	if (i > 0)
		l->number[i - 1]++;
}

static bool
send_request(struct load *l, size_t i)
{
	ssize_t n = write(l->fds[i].fd, l->request, l->request_len);

	if (n < 0)
		return complain_errno("write");
	if ((size_t)n != l->request_len)
		return complain("a request was written in part");
	count_up(l);
	return true;
}

/* Notes how long the reply took; sends the next request while there is time. */
static bool
finish_request(struct load *l, size_t i)
{
	struct client *c = &l->clients[i];
	int64_t now = now_ns();

	if (l->n_latency == l->max_latency)
		return complain("more replies than there is room for");
	l->latency_ns[l->n_latency++] = (uint32_t)(now - c->sent_ns);
	if (now >= l->end_ns) {
		close(l->fds[i].fd);
		l->fds[i].fd = -1;
		l->n_open--;
		return true;
	}
	c->got = 0;
	c->sent_ns = now;
	return send_request(l, i);
}

static bool
read_reply(struct load *l, size_t i)
{
	struct client *c = &l->clients[i];
	char bytes[REPLY_MAX];
	ssize_t n = read(l->fds[i].fd, bytes, sizeof(bytes));

	if (n < 0)
		return complain_errno("read");
	if (n == 0)
		return complain("the server has closed a connection");
	if ((size_t)n > l->reply.len - c->got ||
	    memcmp(bytes, l->reply.data + c->got, (size_t)n) != 0) {
		fprintf(stderr, "load: wrong reply: %.*s\n", (int)n, bytes);
		return false;
	}
	c->got += (size_t)n;
	return c->got < l->reply.len || finish_request(l, i);
}

/*
 * As Postfix does, with one connection too: Linux wakes who waits in read(2)
 * also when the server has taken the request, for nothing.
 */
static bool
wait_for_replies(struct load *l)
{
	int ready = poll(l->fds, (nfds_t)l->n, REPLY_TIMEOUT_S * 1000);

	if (ready < 0)
		return complain_errno("poll");
	return ready > 0 || complain("a reply is missing");
}

static bool
exchange(struct load *l)
{
	l->n_open = l->n;
	for (size_t i = 0; i < l->n; i++) {
		l->clients[i].sent_ns = now_ns();
		if (!send_request(l, i))
			return false;
	}
	while (l->n_open > 0) {
		if (!wait_for_replies(l))
			return false;
		for (size_t i = 0; i < l->n; i++)
			if (l->fds[i].revents != 0 && !read_reply(l, i))
				return false;
	}
	return true;
}

static bool
open_connections(struct load *l)
{
	for (size_t i = 0; i < l->n; i++) {
		int fd = sock_connect(&l->address);

		if (fd < 0)
			return complain_errno(l->address.text);
		l->fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	return true;
}

static bool
allocate(struct load *l)
{
	l->max_latency = (size_t)l->duration_ms * SAMPLES_PER_MS + l->n;
	l->fds = calloc(l->n, sizeof(*l->fds));
	l->clients = calloc(l->n, sizeof(*l->clients));
	l->latency_ns = malloc(l->max_latency * sizeof(*l->latency_ns));
	return (l->fds != NULL && l->clients != NULL &&
		   l->latency_ns != NULL) ||
	    complain("out of memory");
}

static int
compare_latency(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
print_figures(struct load *l, int64_t took_ns)
{
	double per_s =
	    (double)l->n_latency * (double)CLOCK_NS_PER_S / (double)took_ns;

	qsort(l->latency_ns, l->n_latency, sizeof(*l->latency_ns),
	    compare_latency);
	printf("%.0f %.3f %.3f\n", per_s,
	    (double)l->latency_ns[l->n_latency * 99 / 100] / NS_PER_US,
	    (double)l->latency_ns[l->n_latency - 1] / NS_PER_US);
}

static bool
run(struct load *l)
{
	int64_t began_ns;

	if (!allocate(l) || !open_connections(l))
		return false;
	began_ns = now_ns();
	l->end_ns = began_ns + l->duration_ms * CLOCK_NS_PER_MS;
	if (!exchange(l))
		return false;
	print_figures(l, now_ns() - began_ns);
	return true;
}

/* The last n digits of value, which is not negative. */
static void
put_number(char *number, size_t n, int64_t value)
{
	for (; n > 0; value /= 10)
		number[--n] = (char)('0' + value % 10);
}

static void
take_request(char *request, struct load *l)
{
	l->request = request;
	l->request_len = strlen(request);
	l->number = strchr(request, '#');
	if (l->number != NULL) {
		l->n_digits = strspn(l->number, "#");
		put_number(l->number, l->n_digits, now_ns() / NS_PER_US);
	}
}

static bool
parse_arguments(char **argv, struct load *l)
{
	uint64_t n, ms;

	if (sock_parse(span_str(argv[1]), &l->address) != NULL ||
	    !span_to_u64(span_str(argv[2]), CONNECTIONS_MAX, &n) || n == 0 ||
	    !span_to_u64(span_str(argv[3]), DURATION_MAX_MS, &ms))
		return false;
	l->n = (size_t)n;
	l->duration_ms = (int64_t)ms;
	take_request(argv[4], l);
	l->reply = span_str(argv[5]);
	return l->request_len > 0 && l->reply.len > 0;
}

int
main(int argc, char **argv)
{
	struct load l = {.n = 0};
	bool ok;

	if (argc != 6 || !parse_arguments(argv, &l)) {
		fputs("usage: load ADDRESS CONNECTIONS MILLISECONDS REQUEST "
		      "REPLY\n",
		    stderr);
		return EX_USAGE;
	}
	ok = run(&l);
	free(l.fds);
	free(l.clients);
	free(l.latency_ns);
	return ok ? EX_OK : EXIT_FAILURE;
}
