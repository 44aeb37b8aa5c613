/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/conn.h"
#include "hdrcheck/base/sock.h"

enum {
	IN_MAX = 4096,
	FOREVER_MS = 3600 * 1000,
};

/*
 * The protocol of these tests: a request is a line. "quit" is the last one,
 * "big" has the longest answer there can be, others are said again.
 */
struct echo {
	size_t handled;
};

static void
answer(struct span line, struct buf *out)
{
	char big[CONN_REPLY_MAX];

	if (span_equal_str(line, "big")) {
		memset(big, 'b', sizeof(big));
		big[sizeof(big) - 1] = '\n';
		assert_true(buf_append(out, span_of(big, sizeof(big))));
		return;
	}
	assert_true(buf_append(out, span_str("re:")));
	assert_true(buf_append(out, line));
	assert_true(buf_append(out, span_str("\n")));
}

static enum conn_verdict
handle_line(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct echo *echo = ctx;
	struct span rest = in;
	struct span line;

	if (!span_cut(&rest, '\n', &line))
		return CONN_MORE;
	*used = line.len + 1;
	echo->handled++;
	if (span_equal_str(line, "quit")) {
		assert_true(buf_append(out, span_str("bye\n")));
		return CONN_CLOSE;
	}
	answer(line, out);
	return CONN_DONE;
}

static void
open_rig(
    struct rig *rig, struct echo *echo, size_t connections, int64_t idle_ms)
{
	struct conn_protocol protocol = {
	    .name = "echo",
	    .handle = handle_line,
	    .ctx = echo,
	    .in_max = IN_MAX,
	};

	echo->handled = 0;
	rig_open(rig, &protocol, connections, idle_ms);
}

static void
send_text(struct peer *p, const char *text)
{
	assert_int_equal(peer_send(p, span_str(text)), strlen(text));
}

static const struct conn_counters *
counters(const struct rig *rig)
{
	return conn_server_counters(rig->server);
}

static void
a_request_is_answered(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	peer_settle(&p);
	check_got("nothing asked", &p, "");
	send_text(&p, "hello\n");
	peer_settle(&p);
	check_got("one request", &p, "re:hello\n");
	assert_false(p.eof);
	assert_int_equal(conn_server_count(rig.server), 1);
	assert_int_equal(counters(&rig)->accepted, 1);
	assert_int_equal(counters(&rig)->broken, 0);
	peer_close(&p);
	rig_settle(&rig, NULL, 0);
	assert_int_equal(conn_server_count(rig.server), 0);
	rig_close(&rig);
}

static const char stream[] = "a\nbc\n\nd e\nlonger line\nquit\nignored\n";
static const char answers[] = "re:a\nre:bc\nre:\nre:d e\nre:longer line\nbye\n";

static void
every_split_gets_the_same_answers(void **state)
{
	struct span whole = span_str(stream);
	struct echo echo;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	for (size_t n = 0; n <= whole.len; n++) {
		struct peer p;
		char row[40];

		snprintf(row, sizeof(row), "split after %zu bytes", n);
		peer_open_pair(&p, &rig);
		peer_send(&p, span_head(whole, n));
		peer_settle(&p);
		peer_send(&p, span_skip(whole, n));
		peer_settle(&p);
		check_got(row, &p, answers);
		check_bool(row, p.eof, true);
		peer_close(&p);
	}
	assert_int_equal(counters(&rig)->broken, whole.len + 1);
	rig_close(&rig);
}

static void
many_peers_do_not_mix(void **state)
{
	enum { PEERS = 20 };
	struct peer *all[PEERS], peers[PEERS];
	struct echo echo;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, PEERS, FOREVER_MS);
	for (size_t i = 0; i < PEERS; i++) {
		all[i] = &peers[i];
		peer_open_pair(all[i], &rig);
	}
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < PEERS; i++) {
			char text[4] = {(char)('a' + i), (char)('0' + k), '\n'};

			send_text(all[i], text);
		}
		rig_settle(&rig, all, PEERS);
	}
	for (size_t i = 0; i < PEERS; i++) {
		char want[40], c = (char)('a' + i);

		snprintf(
		    want, sizeof(want), "re:%c0\nre:%c1\nre:%c2\n", c, c, c);
		check_got("one of many", all[i], want);
		peer_close(all[i]);
	}
	rig_close(&rig);
}

static const struct {
	const char *row;
	size_t len; /* of the request with its line end */
	bool answered;
} lengths[] = {
    {"one byte less than the limit", IN_MAX - 1, true},
    {"the limit", IN_MAX, true},
    {"one byte more than the limit", IN_MAX + 1, false},
    {"far more than the limit", 3 * IN_MAX, false},
};

static void
a_request_too_long_closes_the_connection(void **state)
{
	struct echo echo;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		char bytes[3 * IN_MAX];
		bool want = lengths[i].answered;
		struct peer p;

		memset(bytes, 'x', sizeof(bytes));
		bytes[lengths[i].len - 1] = '\n';
		peer_open_pair(&p, &rig);
		peer_send(&p, span_of(bytes, lengths[i].len));
		peer_settle(&p);
		check_int(lengths[i].row, (int64_t)buf_len(&p.got),
		    want ? (int64_t)lengths[i].len + 3 : 0);
		check_bool(lengths[i].row, p.eof, !want);
		peer_close(&p);
	}
	assert_int_equal(counters(&rig)->broken, 2);
	rig_close(&rig);
}

/* Without a line end the limit alone is too much: no end could follow. */
static void
a_full_buffer_without_a_request_closes_the_connection(void **state)
{
	char bytes[IN_MAX];
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	peer_send(&p, span_of(bytes, IN_MAX - 1));
	peer_settle(&p);
	assert_false(p.eof);
	peer_send(&p, span_of(bytes, 1));
	peer_settle(&p);
	assert_true(p.eof);
	peer_close(&p);
	rig_close(&rig);
}

static void
a_peer_that_stops_sending_gets_its_answers(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "a\nb\nc\nhalf");
	peer_end(&p);
	peer_settle(&p);
	check_got("three requests and a half", &p, "re:a\nre:b\nre:c\n");
	assert_true(p.eof);
	assert_int_equal(conn_server_count(rig.server), 0);
	peer_close(&p);
	rig_close(&rig);
}

enum { BIGS = 60 /* requests whose answers no socket holds at once */ };

/* Asks for more than the socket holds, so that the server must wait. */
static void
ask_for_too_much(struct peer *p)
{
	p->deaf = true;
	for (int i = 0; i < BIGS - 1; i++)
		send_text(p, "big\n");
	peer_settle(p);
	send_text(p, "big\n");
	peer_settle(p);
}

static void
check_all_bigs(const char *row, struct peer *p)
{
	p->deaf = false;
	peer_settle(p);
	check_int(row, (int64_t)buf_len(&p->got), BIGS * CONN_REPLY_MAX);
}

static void
a_peer_that_reads_late_gets_its_answers(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	ask_for_too_much(&p);
	check_all_bigs("bytes of answers", &p);
	send_text(&p, "more\n");
	peer_settle(&p);
	assert_int_equal(
	    buf_len(&p.got), BIGS * CONN_REPLY_MAX + strlen("re:more\n"));
	assert_false(p.eof);
	peer_close(&p);
	rig_close(&rig);
}

static void
a_peer_that_stops_sending_may_read_late(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	ask_for_too_much(&p);
	peer_end(&p);
	peer_settle(&p);
	check_all_bigs("bytes of answers", &p);
	assert_true(p.eof);
	peer_close(&p);
	rig_close(&rig);
}

enum {
	OFFERED = 16 * 1024 * 1024,
	/* Answers and requests that wait in buffers, ours and the kernel's. */
	ACCEPTED_MAX = 2 * 1024 * 1024,
};

/* Offers requests until no more are taken. Returns how many bytes were. */
static size_t
offer(struct peer *p, const char *request, size_t max)
{
	size_t len = strlen(request);
	size_t sent = 0;
	size_t n = 1;

	while (n > 0 && sent < max) {
		struct span rest = span_skip(span_str(request), sent % len);

		n = peer_send(p, rest);
		sent += n;
		if (n < rest.len) {
			peer_settle(p);
			n = peer_send(p, span_skip(rest, n));
			sent += n;
		}
	}
	return sent;
}

static void
a_peer_that_never_reads_is_no_longer_read(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;
	size_t sent, handled;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	p.deaf = true;
	sent = offer(&p, "0123456789012345678901234567890123456789\n", OFFERED);
	assert_in_range(sent, 1, ACCEPTED_MAX);
	handled = echo.handled;
	peer_settle(&p);
	assert_int_equal(echo.handled, handled);
	assert_int_equal(conn_server_count(rig.server), 1);
	p.deaf = false;
	peer_settle(&p);
	assert_int_equal(echo.handled, sent / 41);
	assert_int_equal(buf_len(&p.got), sent / 41 * 44);
	peer_close(&p);
	rig_close(&rig);
}

static void
big_answers_to_a_deaf_peer_are_bounded(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	p.deaf = true;
	assert_in_range(offer(&p, "big\n", OFFERED), 1, ACCEPTED_MAX);
	assert_in_range(echo.handled, 1, ACCEPTED_MAX / CONN_REPLY_MAX);
	peer_close(&p);
	rig_settle(&rig, NULL, 0);
	assert_int_equal(conn_server_count(rig.server), 0);
	rig_close(&rig);
}

static void
a_deaf_peer_does_not_keep_others_waiting(void **state)
{
	struct echo echo;
	struct peer deaf, p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&deaf, &rig);
	peer_open_pair(&p, &rig);
	ask_for_too_much(&deaf);
	send_text(&p, "hello\n");
	peer_settle(&p);
	check_got("the other", &p, "re:hello\n");
	peer_close(&deaf);
	peer_settle(&p);
	assert_int_equal(conn_server_count(rig.server), 1);
	peer_close(&p);
	rig_close(&rig);
}

/* Standard input and output of a filter: the input's end is not the end. */

static void
a_pair_of_pipes_is_served(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pipes(&p, &rig);
	send_text(&p, "a\n");
	peer_settle(&p);
	check_got("one request", &p, "re:a\n");
	send_text(&p, "b\nhalf");
	peer_end(&p);
	peer_settle(&p);
	check_got("all", &p, "re:a\nre:b\n");
	assert_true(p.eof);
	peer_close(&p);
	rig_close(&rig);
}

static void
a_closed_pipe_still_gets_its_answers(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pipes(&p, &rig);
	ask_for_too_much(&p);
	peer_end(&p);
	peer_settle(&p);
	check_all_bigs("bytes of answers", &p);
	assert_true(p.eof);
	peer_close(&p);
	rig_close(&rig);
}

/* More than the input buffer holds is still in the pipe when it is closed. */
static void
a_closed_pipe_is_read_to_its_end(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;
	size_t sent;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pipes(&p, &rig);
	p.deaf = true;
	sent = offer(&p, "0123456789012345678901234567890123456789\n", OFFERED);
	assert_in_range(sent, 1, ACCEPTED_MAX);
	peer_end(&p);
	peer_settle(&p);
	p.deaf = false;
	peer_settle(&p);
	check_int("bytes of answers", (int64_t)buf_len(&p.got),
	    (int64_t)(sent / 41 * 44));
	assert_true(p.eof);
	peer_close(&p);
	rig_close(&rig);
}

static void
a_pipe_nobody_reads_ends_the_connection(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pipes(&p, &rig);
	p.deaf = true;
	close(p.in_fd);
	rig_settle(&rig, NULL, 0);
	assert_int_equal(conn_server_count(rig.server), 0);
	close(p.out_fd);
	rig_close(&rig);
}

/* Listeners. */

static int
listen_on(void **state, struct rig *rig, struct sock_address *address)
{
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	char path[FOLDER_PATH_SIZE], text[FOLDER_PATH_SIZE + 8];
	int fd;

	snprintf(text, sizeof(text), "unix:%s", folder_join(state, "s", path));
	assert_null(sock_parse(span_str(text), address));
	fd = sock_listen(address, &owner);
	assert_true(fd >= 0);
	assert_int_equal(conn_server_listen(rig->server, fd), 0);
	return fd;
}

static void
connect_to(struct peer *p, struct rig *rig, const struct sock_address *address)
{
	peer_connect(
	    p, rig, (const struct sockaddr *)&address->storage, address->len);
}

static void
a_listener_accepts(void **state)
{
	struct sock_address address;
	struct peer a, b, *both[] = {&a, &b};
	struct echo echo;
	struct rig rig;

	open_rig(&rig, &echo, 10, FOREVER_MS);
	listen_on(state, &rig, &address);
	connect_to(&a, &rig, &address);
	connect_to(&b, &rig, &address);
	send_text(&a, "a\n");
	send_text(&b, "b\nb2\n");
	rig_settle(&rig, both, 2);
	check_got("the first", &a, "re:a\n");
	check_got("the second", &b, "re:b\nre:b2\n");
	assert_int_equal(counters(&rig)->accepted, 2);
	peer_close(&a);
	peer_close(&b);
	rig_close(&rig);
}

static void
tcp_is_served_alike(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, len) < 0 ||
	    listen(fd, 5) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) < 0) {
		print_message("no IPv4 here\n");
		skip();
	}
	open_rig(&rig, &echo, 10, FOREVER_MS);
	assert_int_equal(conn_server_listen(rig.server, fd), 0);
	peer_connect(&p, &rig, (struct sockaddr *)&in, len);
	send_text(&p, "a\nb\nc");
	peer_await(&p, strlen("re:a\nre:b\n"));
	send_text(&p, "d\n");
	peer_end(&p);
	peer_await(&p, SIZE_MAX);
	check_got("three requests", &p, "re:a\nre:b\nre:cd\n");
	peer_close(&p);
	rig_close(&rig);
}

static void
the_longest_idle_one_gives_way(void **state)
{
	struct peer p[6], *all[] = {&p[0], &p[1], &p[2], &p[3], &p[4], &p[5]};
	struct sock_address address;
	char out[CAPTURE_SIZE];
	struct capture c;
	struct echo echo;
	struct rig rig;

	open_rig(&rig, &echo, 3, FOREVER_MS);
	listen_on(state, &rig, &address);
	for (size_t i = 0; i < 3; i++)
		connect_to(all[i], &rig, &address);
	rig_settle(&rig, all, 3);
	assert_int_equal(conn_server_count(rig.server), 3);
	assert_int_equal(counters(&rig)->evicted, 0);
	send_text(all[0], "a\n"); /* so the second is idle longest */
	rig_settle(&rig, all, 3);
	send_text(all[1], "half"); /* which is no whole request */
	rig_settle(&rig, all, 3);
	capture_start(&c, STDERR_FILENO);
	for (size_t i = 3; i < 6; i++) {
		connect_to(all[i], &rig, &address);
		send_text(all[i], "new\n");
		rig_settle(&rig, all, i + 1);
	}
	capture_stop(&c, out);
	check_part("log", out, "warning: echo: all 3 connections are taken");
	check_string("logged once", strchr(out, '\n'), "\n");
	for (size_t i = 0; i < 6; i++) {
		check_bool("the three first are gone", p[i].eof, i < 3);
		peer_close(all[i]);
	}
	check_got("the last", &p[5], "");
	rig_close(&rig);
}

static void
places_that_are_given_back_are_used(void **state)
{
	struct sock_address address;
	struct echo echo;
	struct rig rig;

	open_rig(&rig, &echo, 1, FOREVER_MS);
	listen_on(state, &rig, &address);
	for (int i = 0; i < 100; i++) {
		struct peer p;

		connect_to(&p, &rig, &address);
		send_text(&p, "a\n");
		peer_settle(&p);
		check_got("one after the other", &p, "re:a\n");
		peer_close(&p);
		rig_settle(&rig, NULL, 0);
	}
	assert_int_equal(counters(&rig)->evicted, 0);
	assert_int_equal(counters(&rig)->accepted, 100);
	rig_close(&rig);
}

enum { SHORT_MS = 20 };

static void
an_idle_connection_ends_not_before_its_time(void **state)
{
	int64_t start_ns = clock_read().mono_ns;
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, SHORT_MS);
	peer_open_pair(&p, &rig);
	peer_await(&p, SIZE_MAX);
	assert_true(
	    clock_read().mono_ns - start_ns >= SHORT_MS * CLOCK_NS_PER_MS);
	assert_int_equal(counters(&rig)->timed_out, 1);
	assert_int_equal(conn_server_count(rig.server), 0);
	peer_close(&p);
	rig_close(&rig);
}

/* Bytes that never become a request do not keep a connection. */
static void
half_a_request_does_not_keep_a_connection(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, SHORT_MS);
	peer_open_pair(&p, &rig);
	for (int i = 0; !p.eof; i++) {
		if (i < IN_MAX / 2)
			peer_send(&p, span_str("x"));
		peer_settle(&p);
	}
	assert_int_equal(echo.handled, 0);
	assert_int_equal(counters(&rig)->timed_out, 1);
	assert_int_equal(counters(&rig)->broken, 0);
	peer_close(&p);
	rig_close(&rig);
}

static void
a_request_starts_the_idle_time_anew(void **state)
{
	int64_t start_ns;
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, SHORT_MS);
	peer_open_pair(&p, &rig);
	start_ns = clock_read().mono_ns;
	send_text(&p, "a\n");
	peer_await(&p, SIZE_MAX);
	check_got("answered before it ended", &p, "re:a\n");
	assert_true(
	    clock_read().mono_ns - start_ns >= SHORT_MS * CLOCK_NS_PER_MS);
	peer_close(&p);
	rig_close(&rig);
}

/* Before those that have not ended, though they are not closed yet. */
static void
those_that_have_ended_give_way(void **state)
{
	struct peer p[6], *all[] = {&p[0], &p[1], &p[2], &p[3], &p[4], &p[5]};
	struct sock_address address;
	struct echo echo;
	struct rig rig;

	open_rig(&rig, &echo, 4, FOREVER_MS);
	listen_on(state, &rig, &address);
	for (size_t i = 0; i < 4; i++)
		connect_to(all[i], &rig, &address);
	rig_settle(&rig, all, 4);
	for (size_t i = 1; i < 4; i++)
		peer_close(all[i]);
	connect_to(all[4], &rig, &address);
	connect_to(all[5], &rig, &address);
	send_text(all[0], "a\n");
	send_text(all[4], "b\n");
	send_text(all[5], "c\n");
	rig_settle(&rig, (struct peer *[]){all[0], all[4], all[5]}, 3);
	check_got("idle longest", all[0], "re:a\n");
	check_got("new", all[4], "re:b\n");
	check_got("new, too", all[5], "re:c\n");
	assert_int_equal(counters(&rig)->evicted, 0);
	peer_close(all[0]);
	peer_close(all[4]);
	peer_close(all[5]);
	rig_close(&rig);
}

static void
new_limits_hold_for_old_connections(void **state)
{
	struct conn_limits limits = {.connections = 1, .idle_ms = SHORT_MS};
	struct echo echo;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	peer_settle(&p);
	conn_server_limit(rig.server, &limits);
	peer_await(&p, SIZE_MAX);
	assert_int_equal(counters(&rig)->timed_out, 1);
	peer_close(&p);
	rig_close(&rig);
}

/* Drain. */

static void
on_drained(void *ctx)
{
	int *n = ctx;

	(*n)++;
}

static int64_t
in_ns(int64_t ms)
{
	return clock_read().mono_ns + ms * CLOCK_NS_PER_MS;
}

static void
a_server_without_peers_is_drained_at_once(void **state)
{
	struct sock_address address;
	struct echo echo;
	struct rig rig;
	int n = 0;

	open_rig(&rig, &echo, 10, FOREVER_MS);
	listen_on(state, &rig, &address);
	conn_server_drain(rig.server, in_ns(FOREVER_MS), on_drained, &n);
	assert_int_equal(n, 1);
	assert_int_equal(sock_connect(&address), -1);
	assert_int_equal(errno, ECONNREFUSED);
	rig_settle(&rig, NULL, 0);
	assert_int_equal(n, 1);
	rig_close(&rig);
}

static void
idle_peers_are_closed_by_a_drain(void **state)
{
	struct peer idle, half, *both[] = {&idle, &half};
	struct echo echo;
	struct rig rig;
	int n = 0;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&idle, &rig);
	peer_open_pair(&half, &rig);
	send_text(&half, "half");
	rig_settle(&rig, both, 2);
	conn_server_drain(rig.server, in_ns(FOREVER_MS), on_drained, &n);
	rig_settle(&rig, both, 2);
	assert_int_equal(n, 1);
	assert_true(idle.eof);
	assert_true(half.eof);
	check_got("half a request", &half, "");
	peer_close(&idle);
	peer_close(&half);
	rig_close(&rig);
}

static void
what_was_read_is_answered_by_a_drain(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;
	int n = 0;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	ask_for_too_much(&p);
	conn_server_drain(rig.server, in_ns(FOREVER_MS), on_drained, &n);
	peer_settle(&p);
	assert_int_equal(n, 0);
	check_all_bigs("bytes of answers", &p);
	assert_true(p.eof);
	assert_int_equal(n, 1);
	peer_close(&p);
	rig_close(&rig);
}

static void
a_drain_ends_at_its_deadline(void **state)
{
	int64_t end_ns;
	struct echo echo;
	struct peer p;
	struct rig rig;
	int n = 0;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	ask_for_too_much(&p);
	end_ns = in_ns(SHORT_MS);
	conn_server_drain(rig.server, end_ns, on_drained, &n);
	while (n == 0)
		peer_settle(&p);
	assert_true(clock_read().mono_ns >= end_ns);
	assert_int_equal(conn_server_count(rig.server), 0);
	peer_settle(&p);
	assert_int_equal(n, 1);
	peer_close(&p);
	rig_close(&rig);
}

/* hdrcheck stops its loop there; others may free the server. */
struct freed {
	struct rig *rig;
	int n;
};

static void
on_drained_free(void *ctx)
{
	struct freed *freed = ctx;

	conn_server_free(freed->rig->server);
	freed->rig->server = NULL;
	freed->n++;
}

static void
a_drained_server_may_be_freed_at_once(void **state)
{
	struct echo echo;
	struct peer p;
	struct rig rig;
	struct freed freed = {.rig = &rig};

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	ask_for_too_much(&p);
	conn_server_drain(rig.server, in_ns(0), on_drained_free, &freed);
	peer_settle(&p);
	assert_int_equal(freed.n, 1);
	peer_close(&p);
	rig_close(&rig);
}

/* What goes wrong elsewhere. */

static void
a_peer_that_vanishes_costs_only_itself(void **state)
{
	struct peer gone, stays;
	struct echo echo;
	struct rig rig;

	(void)state;
	open_rig(&rig, &echo, 10, FOREVER_MS);
	peer_open_pair(&gone, &rig);
	peer_open_pair(&stays, &rig);
	ask_for_too_much(&gone);
	send_text(&gone, "unread");
	peer_close(&gone);
	send_text(&stays, "a\n");
	peer_settle(&stays);
	check_got("the other", &stays, "re:a\n");
	assert_int_equal(conn_server_count(rig.server), 1);
	peer_close(&stays);
	rig_close(&rig);
}

static void
freeing_the_server_ends_its_connections(void **state)
{
	struct sock_address address;
	struct echo echo;
	struct peer p;
	struct rig rig;

	open_rig(&rig, &echo, 10, FOREVER_MS);
	listen_on(state, &rig, &address);
	connect_to(&p, &rig, &address);
	peer_settle(&p);
	conn_server_free(rig.server);
	rig.server = NULL;
	peer_settle(&p);
	assert_true(p.eof);
	assert_int_equal(sock_connect(&address), -1);
	peer_close(&p);
	rig_close(&rig);
	conn_server_free(NULL);
}

/* Lets no descriptor be opened any more. Returns the old limit. */
static rlim_t
use_up_descriptors(void)
{
	struct rlimit limit;
	rlim_t saved;
	int fd = dup(STDERR_FILENO);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	saved = limit.rlim_cur;
	limit.rlim_cur = (rlim_t)fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return saved;
}

static void
give_back_descriptors(rlim_t saved)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = saved;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* It accepts and closes what is beyond the limit: not what a kernel does. */
static void
skip_under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload == NULL || strstr(preload, "vgpreload") == NULL)
		return;
	print_message("valgrind handles this limit by itself\n");
	skip();
}

static void
out_of_descriptors_the_longest_idle_one_gives_way(void **state)
{
	struct peer p[3], *all[] = {&p[0], &p[1], &p[2]};
	struct sock_address address;
	char out[CAPTURE_SIZE];
	struct capture c;
	struct echo echo;
	struct rig rig;
	rlim_t saved;

	skip_under_valgrind();
	open_rig(&rig, &echo, 100, FOREVER_MS);
	listen_on(state, &rig, &address);
	connect_to(&p[0], &rig, &address);
	connect_to(&p[1], &rig, &address);
	rig_settle(&rig, all, 2);
	assert_int_equal(conn_server_count(rig.server), 2);
	connect_to(&p[2], &rig, &address);
	send_text(&p[2], "new\n");
	capture_start(&c, STDERR_FILENO);
	saved = use_up_descriptors();
	rig_settle(&rig, all, 3);
	peer_await(&p[2], strlen("re:new\n"));
	give_back_descriptors(saved);
	capture_stop(&c, out);
	check_got("the new one", &p[2], "re:new\n");
	assert_true(p[0].eof);
	assert_false(p[1].eof);
	assert_int_equal(counters(&rig)->evicted, 1);
	for (size_t i = 0; i < 3; i++)
		peer_close(&p[i]);
	rig_close(&rig);
}

static void
out_of_descriptors_without_a_peer_the_server_waits(void **state)
{
	struct sock_address address;
	struct echo echo;
	struct peer p;
	struct rig rig;
	rlim_t saved;

	skip_under_valgrind();
	open_rig(&rig, &echo, 100, FOREVER_MS);
	listen_on(state, &rig, &address);
	connect_to(&p, &rig, &address);
	send_text(&p, "a\n");
	saved = use_up_descriptors();
	peer_settle(&p);
	give_back_descriptors(saved);
	assert_int_equal(conn_server_count(rig.server), 0);
	peer_await(&p, strlen("re:a\n"));
	check_got("answered later", &p, "re:a\n");
	peer_close(&p);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_is_answered),
	    cmocka_unit_test(every_split_gets_the_same_answers),
	    cmocka_unit_test(many_peers_do_not_mix),
	    cmocka_unit_test(a_request_too_long_closes_the_connection),
	    cmocka_unit_test(
		a_full_buffer_without_a_request_closes_the_connection),
	    cmocka_unit_test(a_peer_that_stops_sending_gets_its_answers),
	    cmocka_unit_test(a_peer_that_reads_late_gets_its_answers),
	    cmocka_unit_test(a_peer_that_stops_sending_may_read_late),
	    cmocka_unit_test(a_peer_that_never_reads_is_no_longer_read),
	    cmocka_unit_test(big_answers_to_a_deaf_peer_are_bounded),
	    cmocka_unit_test(a_deaf_peer_does_not_keep_others_waiting),
	    cmocka_unit_test(a_pair_of_pipes_is_served),
	    cmocka_unit_test(a_closed_pipe_still_gets_its_answers),
	    cmocka_unit_test(a_closed_pipe_is_read_to_its_end),
	    cmocka_unit_test(a_pipe_nobody_reads_ends_the_connection),
	    IN_FOLDER(a_listener_accepts),
	    cmocka_unit_test(tcp_is_served_alike),
	    IN_FOLDER(the_longest_idle_one_gives_way),
	    IN_FOLDER(places_that_are_given_back_are_used),
	    cmocka_unit_test(an_idle_connection_ends_not_before_its_time),
	    cmocka_unit_test(half_a_request_does_not_keep_a_connection),
	    cmocka_unit_test(a_request_starts_the_idle_time_anew),
	    IN_FOLDER(those_that_have_ended_give_way),
	    cmocka_unit_test(new_limits_hold_for_old_connections),
	    IN_FOLDER(a_server_without_peers_is_drained_at_once),
	    cmocka_unit_test(idle_peers_are_closed_by_a_drain),
	    cmocka_unit_test(what_was_read_is_answered_by_a_drain),
	    cmocka_unit_test(a_drain_ends_at_its_deadline),
	    cmocka_unit_test(a_drained_server_may_be_freed_at_once),
	    cmocka_unit_test(a_peer_that_vanishes_costs_only_itself),
	    IN_FOLDER(freeing_the_server_ends_its_connections),
	    IN_FOLDER(out_of_descriptors_the_longest_idle_one_gives_way),
	    IN_FOLDER(out_of_descriptors_without_a_peer_the_server_waits),
	};

	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
