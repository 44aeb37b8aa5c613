/* SPDX-License-Identifier: ISC */
/*
 * Large answers.
 */
#include "tests/unit/conn_support.h"

/* The longest there can be, behind as much as may wait before it. */
static void
the_largest_answer_is_sent_whole(void **state)
{
	struct teller teller;
	struct peer p;
	struct rig rig;
	struct span got;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&p, &rig);
	p.deaf = true;
	send_text(&p, "most\nlarge\nlarge\n");
	peer_settle(&p);
	check_int("the last one waits", (int64_t)teller.handled, 2);
	p.deaf = false;
	peer_settle(&p);
	check_int("all are answered", (int64_t)teller.handled, 3);
	got = buf_span(&p.got);
	assert_int_equal(got.len, CONN_OUT_HIGH - 1 + 2 * REPLY_MAX);
	check_span("the first", span_head(got, CONN_OUT_HIGH - 1),
	    span_of(teller.large, CONN_OUT_HIGH - 1));
	got = span_skip(got, CONN_OUT_HIGH - 1);
	check_span("the second", span_head(got, REPLY_MAX),
	    span_of(teller.large, REPLY_MAX));
	check_span("the third", span_skip(got, REPLY_MAX),
	    span_of(teller.large, REPLY_MAX));
	check_bool("and it is open", p.eof, false);
	peer_close(&p);
	close_rig(&rig, &teller);
}

static void
a_deaf_peer_costs_one_large_answer(void **state)
{
	struct teller teller;
	struct conn *c;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&p, &rig);
	p.deaf = true;
	for (int i = 0; i < 100; i++)
		send_text(&p, "large\n");
	peer_settle(&p);
	c = rig.server->oldest;
	check_int("one was made", (int64_t)teller.handled, 1);
	check_bool("and no more memory used",
	    c->out.cap <= CONN_OUT_HIGH + REPLY_MAX, true);
	p.deaf = false;
	peer_settle(&p);
	check_int("the others are", (int64_t)teller.handled, 100);
	check_int("memory is given back", (int64_t)c->out.cap, 0);
	send_text(&p, "small\n");
	peer_settle(&p);
	check_int("also that of a small one", (int64_t)c->out.cap, 0);
	check_bool(
	    "the server keeps that", rig.server->spare_out.cap > 0, true);
	check_bool(
	    "which is small", rig.server->spare_out.cap <= CONN_OUT_HIGH, true);
	check_int("all of it was sent", (int64_t)buf_len(&p.got),
	    INT64_C(100) * REPLY_MAX + 3);
	peer_close(&p);
	close_rig(&rig, &teller);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_largest_answer_is_sent_whole),
	    cmocka_unit_test(a_deaf_peer_costs_one_large_answer),
	};

	return cmocka_run_group_tests_name("conn_large", tests, NULL, NULL);
}
