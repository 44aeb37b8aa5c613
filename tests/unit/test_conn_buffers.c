/* SPDX-License-Identifier: ISC */
/*
 * Whose the buffers are.
 */
#include "tests/unit/conn_support.h"

static void
an_idle_connection_has_no_buffers(void **state)
{
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&p, &rig);
	check_int("none at first", (int64_t)rig.server->spare_in.cap, 0);
	send_text(&p, "one\n");
	peer_settle(&p);
	check_int("none to read", (int64_t)rig.server->oldest->in.cap, 0);
	check_int("none to write", (int64_t)rig.server->oldest->out.cap, 0);
	check_bool("the server has them", rig.server->spare_in.cap > 0, true);
	check_bool("both", rig.server->spare_out.cap > 0, true);
	send_text(&p, "two\n");
	peer_settle(&p);
	check_span("used again", buf_span(&p.got), span_str("re\nre\n"));
	peer_close(&p);
	close_rig(&rig, &teller);
}

static void
halves_of_requests_are_kept_apart(void **state)
{
	struct teller teller;
	struct peer p, q;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&p, &rig);
	peer_open_pair(&q, &rig);
	send_text(&p, "one\n");
	peer_settle(&p);
	send_text(&p, "wro");
	peer_settle(&p);
	check_int("lent", (int64_t)rig.server->spare_in.cap, 0);
	send_text(&q, "t");
	peer_settle(&q);
	check_bool(
	    "the first has its own", rig.server->oldest->in.cap > 0, true);
	check_bool("the second, too", rig.server->newest->in.cap > 0, true);
	send_text(&q, "wo\n");
	peer_settle(&q);
	send_text(&p, "ng\n");
	peer_settle(&p);
	check_span("the first", buf_span(&p.got), span_str("re\nno\n"));
	check_span("the second", buf_span(&q.got), span_str("re\n"));
	peer_close(&p);
	peer_close(&q);
	close_rig(&rig, &teller);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_idle_connection_has_no_buffers),
	    cmocka_unit_test(halves_of_requests_are_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
