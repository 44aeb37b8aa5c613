/* SPDX-License-Identifier: ISC */
/*
 * Being told that no connection is left.
 */
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/sock.h"

enum { FOREVER_MS = 3600 * 1000 };

/* Says every byte again; 'q' is the last one. */
static enum conn_verdict
handle_byte(void *ctx, struct span in, struct buf *out, size_t *used)
{
	(void)ctx;
	*used = 1;
	assert_true(buf_append(out, span_head(in, 1)));
	return in.data[0] == 'q' ? CONN_CLOSE : CONN_DONE;
}

static void
open_rig(struct rig *rig, size_t connections, int64_t idle_ms)
{
	struct conn_protocol protocol = {
	    .name = "byte", .handle = handle_byte, .in_max = 16};

	rig_open(rig, &protocol, connections, idle_ms);
}

static void
count(void *ctx)
{
	int *told = ctx;

	(*told)++;
}

static void
an_empty_server_tells_at_once(void **state)
{
	struct rig rig;
	int told = 0;

	(void)state;
	open_rig(&rig, 10, FOREVER_MS);
	conn_server_when_empty(rig.server, count, &told);
	assert_int_equal(told, 1);
	rig_settle(&rig, NULL, 0);
	assert_int_equal(told, 1);
	rig_close(&rig);
	assert_int_equal(told, 1);
}

enum end { HANGS_UP, ENDS, QUITS, READS_NO_MORE, N_ENDS };

static const char *const end_rows[N_ENDS] = {
    [HANGS_UP] = "the client hangs up",
    [ENDS] = "the client sends no more",
    [QUITS] = "its request is the last one",
    [READS_NO_MORE] = "the client reads no more",
};

/* p is closed. */
static void
end_peer(struct peer *p, enum end how)
{
	struct rig *rig = p->rig;

	switch (how) {
	case HANGS_UP:
		peer_close(p);
		rig_settle(rig, NULL, 0);
		return;
	case ENDS:
		peer_end(p);
		break;
	case QUITS:
		peer_send(p, span_str("q"));
		break;
	case READS_NO_MORE:
		close(p->in_fd);
		p->in_fd = dup(p->out_fd);
		rig_settle(rig, NULL, 0);
		peer_close(p);
		return;
	case N_ENDS:
		break;
	}
	peer_settle(p);
	peer_close(p);
}

static void
the_last_connection_is_told_once(void **state)
{
	(void)state;
	for (int how = 0; how < N_ENDS; how++) {
		const char *row = end_rows[how];
		struct peer a, b;
		struct rig rig;
		int told = 0;

		open_rig(&rig, 10, FOREVER_MS);
		peer_open_pipes(&a, &rig);
		peer_open_pipes(&b, &rig);
		conn_server_when_empty(rig.server, count, &told);
		peer_send(&a, span_str("x"));
		peer_settle(&a);
		check_got(row, &a, "x");
		check_int(row, told, 0);
		end_peer(&a, (enum end)how);
		check_int(row, told, 0);
		end_peer(&b, (enum end)how);
		check_int(row, told, 1);
		check_int(row, (int64_t)conn_server_count(rig.server), 0);
		peer_open_pipes(&a, &rig);
		end_peer(&a, HANGS_UP);
		check_int(row, told, 1);
		rig_close(&rig);
	}
}

/* One request with its end, before the loop has turned at all. */
static void
what_was_asked_is_answered_before(void **state)
{
	struct peer p;
	struct rig rig;
	int told = 0;

	(void)state;
	open_rig(&rig, 10, FOREVER_MS);
	peer_open_pipes(&p, &rig);
	conn_server_when_empty(rig.server, count, &told);
	peer_send(&p, span_str("abc"));
	peer_end(&p);
	peer_settle(&p);
	check_got("all of it", &p, "abc");
	assert_true(p.eof);
	assert_int_equal(told, 1);
	peer_close(&p);
	rig_close(&rig);
}

static void
an_idle_connection_that_is_closed_is_told(void **state)
{
	struct peer p;
	struct rig rig;
	int told = 0;

	(void)state;
	open_rig(&rig, 10, 30);
	peer_open_pair(&p, &rig);
	conn_server_when_empty(rig.server, count, &told);
	assert_int_equal(told, 0);
	peer_await(&p, 1);
	assert_true(p.eof);
	assert_int_equal(told, 1);
	peer_close(&p);
	rig_close(&rig);
}

/* While one takes the place of another, there is no moment without. */
static void
a_connection_that_gives_way_is_not_told(void **state)
{
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	struct sock_address address;
	char log[CAPTURE_SIZE];
	struct capture c;
	struct peer a, b;
	struct rig rig;
	int told = 0, listener;

	folder_address(state, "s", &address);
	listener = sock_listen(&address, &owner);
	assert_true(listener >= 0);
	open_rig(&rig, 1, FOREVER_MS);
	assert_int_equal(conn_server_listen(rig.server, listener), 0);
	peer_connect(
	    &a, &rig, (const struct sockaddr *)&address.storage, address.len);
	peer_settle(&a);
	conn_server_when_empty(rig.server, count, &told);
	peer_connect(
	    &b, &rig, (const struct sockaddr *)&address.storage, address.len);
	capture_start(&c, STDERR_FILENO);
	peer_settle(&b);
	capture_stop(&c, log);
	check_part("log", log, "gives way");
	peer_settle(&a);
	assert_true(a.eof);
	assert_int_equal(conn_server_counters(rig.server)->evicted, 1);
	assert_int_equal(told, 0);
	end_peer(&b, HANGS_UP);
	assert_int_equal(told, 1);
	peer_close(&a);
	rig_close(&rig);
}

static void
whoever_asks_last_is_told(void **state)
{
	int64_t end_ns = clock_read().mono_ns + 3600 * CLOCK_NS_PER_S;
	int first = 0, second = 0, third = 0;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	conn_server_when_empty(rig.server, count, &first);
	conn_server_when_empty(rig.server, count, &second);
	conn_server_drain(rig.server, end_ns, count, &third);
	rig_settle(&rig, NULL, 0);
	assert_int_equal(first, 0);
	assert_int_equal(second, 0);
	assert_int_equal(third, 1);
	peer_close(&p);
	rig_close(&rig);
}

/* A server that is freed has nobody left, and tells nobody. */
static void
the_end_of_the_server_is_not_told(void **state)
{
	struct peer p;
	struct rig rig;
	int told = 0;

	(void)state;
	open_rig(&rig, 10, FOREVER_MS);
	peer_open_pair(&p, &rig);
	conn_server_when_empty(rig.server, count, &told);
	rig_close(&rig);
	assert_int_equal(told, 0);
	peer_close(&p);
}

/* Whoever is told may ask again, or serve another one. */
struct again {
	struct rig *rig;
	struct peer *peer;
	int told;
};

static void
serve_another(void *ctx)
{
	struct again *a = ctx;

	a->told++;
	if (a->told > 2)
		return;
	peer_open_pair(a->peer, a->rig);
	conn_server_when_empty(a->rig->server, serve_another, a);
}

static void
whoever_is_told_may_go_on(void **state)
{
	struct rig rig;
	struct peer p;
	struct again a = {.rig = &rig, .peer = &p};

	(void)state;
	open_rig(&rig, 10, FOREVER_MS);
	conn_server_when_empty(rig.server, serve_another, &a);
	assert_int_equal(a.told, 1);
	for (int i = 2; i <= 3; i++) {
		struct peer old = p;

		peer_send(&old, span_str("x"));
		peer_settle(&old);
		check_got("served", &old, "x");
		end_peer(&old, HANGS_UP);
		assert_int_equal(a.told, i);
	}
	assert_int_equal(conn_server_count(rig.server), 0);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_server_tells_at_once),
	    cmocka_unit_test(the_last_connection_is_told_once),
	    cmocka_unit_test(what_was_asked_is_answered_before),
	    cmocka_unit_test(an_idle_connection_that_is_closed_is_told),
	    IN_FOLDER(a_connection_that_gives_way_is_not_told),
	    cmocka_unit_test(whoever_asks_last_is_told),
	    cmocka_unit_test(the_end_of_the_server_is_not_told),
	    cmocka_unit_test(whoever_is_told_may_go_on),
	};

	return cmocka_run_group_tests_name("conn_empty", tests, NULL, NULL);
}
