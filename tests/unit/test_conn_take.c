/* SPDX-License-Identifier: ISC */
/*
 * Connections that leave the server for somebody else.
 */
#include <string.h>
#include <unistd.h>

#include "tests/unit/support.h"

enum {
	FOREVER_MS = 3600 * 1000,
	IN_MAX = 4096,
	GIVEN_MAX = 4,
};

struct keeper {
	int fd[GIVEN_MAX];
	size_t n;
	size_t handled;
};

/* A request is a line: "take" leaves, "big" has a long answer. */
static enum conn_verdict
handle_line(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct keeper *keeper = ctx;
	struct span rest = in, line;
	char big[CONN_REPLY_MAX];

	if (!span_cut(&rest, '\n', &line))
		return CONN_MORE;
	*used = line.len + 1;
	keeper->handled++;
	if (span_equal_str(line, "take"))
		return CONN_TAKE;
	memset(big, 'b', sizeof(big));
	if (span_equal_str(line, "big"))
		assert_true(buf_append(out, span_of(big, sizeof(big))));
	else
		assert_true(buf_append(out, span_str("re\n")));
	return CONN_DONE;
}

static void
keep(void *ctx, int fd)
{
	struct keeper *keeper = ctx;

	assert_true(keeper->n < GIVEN_MAX);
	keeper->fd[keeper->n++] = fd;
}

static void
open_rig(struct rig *rig, struct keeper *keeper, int64_t idle_ms)
{
	struct conn_protocol protocol = {.name = "taken",
	    .handle = handle_line,
	    .ctx = keeper,
	    .in_max = IN_MAX,
	    .take = keep};

	memset(keeper, 0, sizeof(*keeper));
	rig_open(rig, &protocol, 10, idle_ms);
}

static void
send_text(struct peer *p, const char *text)
{
	assert_int_equal(peer_send(p, span_str(text)), strlen(text));
}

/* The peer hears what is said on the descriptor from now on. */
static void
check_alive(const char *row, const struct keeper *keeper, struct peer *p)
{
	check_int(row, write(keeper->fd[0], "mine", 4), 4);
	peer_settle(p);
	check_bool(row, p->eof, false);
}

static void
a_taken_connection_stays_open(void **state)
{
	struct keeper keeper;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &keeper, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "take\n");
	peer_settle(&p);
	check_int("one is given away", (int64_t)keeper.n, 1);
	check_int(
	    "the server has none", (int64_t)conn_server_count(rig.server), 0);
	check_int("nobody broke it",
	    (int64_t)conn_server_counters(rig.server)->broken, 0);
	check_alive("it is open", &keeper, &p);
	check_got("what its new owner said", &p, "mine");
	send_text(&p, "more\n");
	peer_settle(&p);
	check_int("the server does not hear it", (int64_t)keeper.handled, 1);
	rig_close(&rig);
	check_int("nor does its end close it", write(keeper.fd[0], "x", 1), 1);
	close(keeper.fd[0]);
	peer_close(&p);
}

static void
answers_before_it_are_sent_and_requests_behind_it_dropped(void **state)
{
	struct keeper keeper;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &keeper, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "a\nb\ntake\nc\nd\n");
	peer_settle(&p);
	check_int("three were handled", (int64_t)keeper.handled, 3);
	check_alive("it is open", &keeper, &p);
	check_got("in this order", &p, "re\nre\nmine");
	close(keeper.fd[0]);
	peer_close(&p);
	rig_close(&rig);
}

static void
every_split_of_the_request_is_the_same(void **state)
{
	struct span whole = span_str("a\ntake\n");

	(void)state;
	for (size_t i = 1; i < whole.len; i++) {
		struct keeper keeper;
		struct peer p;
		struct rig rig;

		open_rig(&rig, &keeper, FOREVER_MS);
		peer_open_pair(&p, &rig);
		peer_send(&p, span_head(whole, i));
		peer_settle(&p);
		check_int("not yet", (int64_t)keeper.n, 0);
		peer_send(&p, span_skip(whole, i));
		peer_settle(&p);
		check_int("now", (int64_t)keeper.n, 1);
		check_alive("it is open", &keeper, &p);
		check_got("answered", &p, "re\nmine");
		close(keeper.fd[0]);
		peer_close(&p);
		rig_close(&rig);
	}
}

/* Fills a socket until it takes no more; how much that was. */
static size_t
fill_socket(int fd)
{
	char filler[4096] = {0};
	size_t sent = 0;
	ssize_t n;

	while ((n = write(fd, filler, sizeof(filler))) > 0 ||
	    (n = write(fd, filler, 1)) > 0)
		sent += (size_t)n;
	return sent;
}

static void
one_that_does_not_read_its_answers_is_closed(void **state)
{
	struct keeper keeper;
	char bytes[4096];
	size_t sent, got = 0;
	struct rig rig;
	int ends[2];
	ssize_t n;

	(void)state;
	open_rig(&rig, &keeper, FOREVER_MS);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(conn_server_serve(rig.server, ends[1], ends[1]), 0);
	sent = fill_socket(ends[1]);
	assert_int_equal(write(ends[0], "a\ntake\n", 7), 7);
	rig_settle(&rig, NULL, 0);
	check_int("both were handled", (int64_t)keeper.handled, 2);
	check_int("nobody got it", (int64_t)keeper.n, 0);
	check_int("it is gone", (int64_t)conn_server_count(rig.server), 0);
	while ((n = read(ends[0], bytes, sizeof(bytes))) > 0)
		got += (size_t)n;
	check_int("closed", n, 0);
	check_int("no part of an answer", (int64_t)got, (int64_t)sent);
	close(ends[0]);
	rig_close(&rig);
}

static void
one_that_sent_its_last_is_taken_too(void **state)
{
	struct keeper keeper;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &keeper, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "take\n");
	peer_end(&p);
	peer_settle(&p);
	check_int("taken", (int64_t)keeper.n, 1);
	check_alive("it is open", &keeper, &p);
	check_got("and reads", &p, "mine");
	close(keeper.fd[0]);
	peer_close(&p);
	rig_close(&rig);
}

static void
count(void *ctx)
{
	int *told = ctx;

	(*told)++;
}

static void
a_server_whose_last_one_is_taken_is_empty(void **state)
{
	struct keeper keeper;
	struct peer p;
	struct rig rig;
	int told = 0;

	(void)state;
	open_rig(&rig, &keeper, FOREVER_MS);
	peer_open_pair(&p, &rig);
	conn_server_when_empty(rig.server, count, &told);
	send_text(&p, "take\n");
	peer_settle(&p);
	check_int("told", told, 1);
	check_alive("it is open", &keeper, &p);
	close(keeper.fd[0]);
	peer_close(&p);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_taken_connection_stays_open),
	    cmocka_unit_test(
		answers_before_it_are_sent_and_requests_behind_it_dropped),
	    cmocka_unit_test(every_split_of_the_request_is_the_same),
	    cmocka_unit_test(one_that_does_not_read_its_answers_is_closed),
	    cmocka_unit_test(one_that_sent_its_last_is_taken_too),
	    cmocka_unit_test(a_server_whose_last_one_is_taken_is_empty),
	};

	return cmocka_run_group_tests_name("conn_take", tests, NULL, NULL);
}
