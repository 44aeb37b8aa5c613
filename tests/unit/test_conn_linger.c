/* SPDX-License-Identifier: ISC */
/*
 * Connections that linger behind their last answer.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "tests/unit/conn_support.h"

enum { SHORT_MS = 60 };

static void
the_last_one_ends_the_connection(void **state)
{
	static const struct {
		const char *text, *answers;
		uint64_t broken;
	} rows[] = {
	    {"a\nlast\nb\n", "re\nre\n", 0},
	    {"a\nwrong\nb\n", "re\nno\n", 1},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		bool lingers = i % 2 == 1;
		struct teller teller;
		struct peer p;
		struct rig rig;

		open_rig(&rig, &teller, lingers, FOREVER_MS);
		peer_open_pair(&p, &rig);
		send_text(&p, rows[i / 2].text);
		peer_settle(&p);
		check_got(rows[i / 2].text, &p, rows[i / 2].answers);
		check_bool("its end", p.eof, true);
		check_int(
		    "what follows is not handled", (int64_t)teller.handled, 2);
		check_int("broken", (int64_t)counters(&rig)->broken,
		    (int64_t)rows[i / 2].broken);
		check_count("it lingers or not", &rig, lingers);
		peer_close(&p);
		rig_settle(&rig, NULL, 0);
		check_count("gone at last", &rig, 0);
		close_rig(&rig, &teller);
	}
}

static void
what_follows_is_dropped_until_the_peer_ends(void **state)
{
	static char more[64 * 1024];
	struct teller teller;
	struct peer p;
	struct rig rig;
	size_t sent = 0;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "last\n");
	memset(more, '\n', sizeof(more));
	for (int i = 0; i < 50; i++) {
		sent += peer_send(&p, span_of(more, sizeof(more)));
		peer_settle(&p);
		check_int("none of it is kept",
		    (int64_t)rig.server->oldest->in.cap, 0);
	}
	check_bool("all of it was read", sent == 50 * sizeof(more), true);
	check_got("nothing is answered", &p, "re\n");
	check_int("nor handled", (int64_t)teller.handled, 1);
	check_count("it lingers", &rig, 1);
	peer_end(&p);
	peer_settle(&p);
	check_count("until its end", &rig, 0);
	check_int("not by time", (int64_t)counters(&rig)->timed_out, 0);
	peer_close(&p);
	close_rig(&rig, &teller);
}

/* Until then nothing is read; the peer has as much time as any other. */
static void
the_last_answer_is_sent_whole_before_it_lingers(void **state)
{
	struct teller teller;
	const struct conn *c;
	int64_t asked_ns;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	peer_open_pair(&p, &rig);
	p.deaf = true;
	asked_ns = clock_mono_ns();
	send_text(&p, "large and last\n");
	peer_settle(&p);
	send_text(&p, "more");
	peer_settle(&p);
	check_count("it is there", &rig, 1);
	c = rig.server->oldest;
	check_bool("its time begins anew", c->idle_since_ns >= asked_ns, true);
	check_int("what follows is not read", (int64_t)buf_len(&c->in), 0);
	p.deaf = false;
	peer_settle(&p);
	check_span(
	    "all of it", buf_span(&p.got), span_of(teller.large, REPLY_MAX));
	check_bool("its end", p.eof, true);
	check_count("it lingers", &rig, 1);
	peer_close(&p);
	close_rig(&rig, &teller);
}

static void
listen_on_tcp(struct rig *rig, struct sockaddr_in *in)
{
	socklen_t len = sizeof(*in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*in = (struct sockaddr_in){.sin_family = AF_INET};
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)in, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)in, &len), 0);
	assert_int_equal(conn_server_listen(rig->server, fd), 0);
}

/* Over TCP a close with something unread resets the connection. */
static void
an_answer_reaches_a_peer_that_had_more_to_say(void **state)
{
	static char more[256 * 1024];
	struct sockaddr_in in;
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	listen_on_tcp(&rig, &in);
	peer_connect(&p, &rig, (struct sockaddr *)&in, sizeof(in));
	p.deaf = true;
	send_text(&p, "large and last\n");
	peer_send(&p, span_of(more, sizeof(more)));
	peer_settle(&p);
	p.deaf = false;
	peer_await(&p, SIZE_MAX);
	check_span(
	    "all of it", buf_span(&p.got), span_of(teller.large, REPLY_MAX));
	check_count("it lingers", &rig, 1);
	peer_close(&p);
	while (conn_server_count(rig.server) > 0)
		rig_settle(&rig, NULL, 0);
	close_rig(&rig, &teller);
}

/* Its time begins with the end of the answers, whatever is sent then. */
static void
the_time_to_linger_begins_once(void **state)
{
	int64_t before_ns, since_ns;
	struct teller teller;
	const struct conn *c;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	peer_open_pair(&p, &rig);
	before_ns = clock_mono_ns();
	send_text(&p, "wrong\n");
	peer_settle(&p);
	check_got("answered", &p, "no\n");
	c = rig.server->oldest;
	since_ns = c->idle_since_ns;
	check_bool("with the answer", since_ns >= before_ns, true);
	send_text(&p, "more");
	peer_settle(&p);
	check_bool("and not anew", c->idle_since_ns == since_ns, true);
	peer_close(&p);
	close_rig(&rig, &teller);
}

static void
it_lingers_no_longer_than_it_may_be_idle(void **state)
{
	int64_t start_ns = clock_mono_ns();
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, SHORT_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "wrong\n");
	while (conn_server_count(rig.server) > 0) {
		peer_send(&p, span_str("more"));
		peer_settle(&p);
	}
	check_bool("not before its time",
	    clock_mono_ns() - start_ns >= SHORT_MS * CLOCK_NS_PER_MS, true);
	check_count("gone", &rig, 0);
	check_got("answered", &p, "no\n");
	peer_close(&p);
	close_rig(&rig, &teller);
}

static void
one_that_lingers_gives_way_like_any_other(void **state)
{
	struct peer p[3], *all[] = {&p[0], &p[1], &p[2]};
	char out[CAPTURE_SIZE];
	struct sockaddr_in in;
	struct teller teller;
	struct capture c;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	listen_on_tcp(&rig, &in);
	capture_start(&c, STDERR_FILENO);
	for (size_t i = 0; i < COUNT_OF(p); i++) {
		peer_connect(&p[i], &rig, (struct sockaddr *)&in, sizeof(in));
		send_text(&p[i], i == 0 ? "last\n" : "a\n");
		peer_await(&p[i], strlen("re\n"));
		rig_settle(&rig, all, i + 1);
	}
	capture_stop(&c, out);
	check_count("as many as may be", &rig, 2);
	check_int("one gave way", (int64_t)counters(&rig)->evicted, 1);
	check_bool("not the second", p[1].eof, false);
	check_bool("nor the third", p[2].eof, false);
	for (size_t i = 0; i < COUNT_OF(p); i++)
		peer_close(&p[i]);
	close_rig(&rig, &teller);
}

static void
a_peer_that_has_ended_is_not_waited_for(void **state)
{
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "a\nlast\n");
	peer_end(&p);
	peer_settle(&p);
	check_got("both are answered", &p, "re\nre\n");
	check_count("gone", &rig, 0);
	peer_close(&p);
	close_rig(&rig, &teller);
}

static void
a_pair_of_pipes_does_not_linger(void **state)
{
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	peer_open_pipes(&p, &rig);
	send_text(&p, "a\nlast\nb\n");
	peer_settle(&p);
	check_got("both are answered", &p, "re\nre\n");
	check_bool("its end", p.eof, true);
	check_count("gone", &rig, 0);
	peer_close(&p);
	close_rig(&rig, &teller);
}

static void
one_that_lingers_does_not_hold_up_a_drain(void **state)
{
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "last\n");
	peer_settle(&p);
	check_count("it lingers", &rig, 1);
	conn_server_drain(
	    rig.server, clock_mono_ns() + INT64_MAX / 4, NULL, NULL);
	check_count("gone at once", &rig, 0);
	peer_close(&p);
	close_rig(&rig, &teller);
}

/* Until all is written nothing is read; the peer may vanish meanwhile. */
static void
a_peer_that_vanishes_behind_its_last_costs_only_itself(void **state)
{
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, true, FOREVER_MS);
	peer_open_pair(&p, &rig);
	p.deaf = true;
	send_text(&p, "large and last\nmore");
	peer_settle(&p);
	check_count("it does not read", &rig, 1);
	peer_close(&p);
	rig_settle(&rig, NULL, 0);
	check_count("gone", &rig, 0);
	close_rig(&rig, &teller);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_one_ends_the_connection),
	    cmocka_unit_test(what_follows_is_dropped_until_the_peer_ends),
	    cmocka_unit_test(the_last_answer_is_sent_whole_before_it_lingers),
	    cmocka_unit_test(an_answer_reaches_a_peer_that_had_more_to_say),
	    cmocka_unit_test(the_time_to_linger_begins_once),
	    cmocka_unit_test(it_lingers_no_longer_than_it_may_be_idle),
	    cmocka_unit_test(one_that_lingers_gives_way_like_any_other),
	    cmocka_unit_test(a_peer_that_has_ended_is_not_waited_for),
	    cmocka_unit_test(a_pair_of_pipes_does_not_linger),
	    cmocka_unit_test(one_that_lingers_does_not_hold_up_a_drain),
	    cmocka_unit_test(
		a_peer_that_vanishes_behind_its_last_costs_only_itself),
	};

	return cmocka_run_group_tests_name("conn_linger", tests, NULL, NULL);
}
