/* SPDX-License-Identifier: ISC */
/*
 * Nobody waits for those that have more to ask.
 */
#if defined(__linux__) && !defined(OS_PORTABLE)
#include <sys/epoll.h>
#include <unistd.h>
#endif

#include "tests/unit/conn_support.h"

enum { MANY = 1000 /* requests */ };

static void
send_many(struct peer *p)
{
	struct buf requests;

	buf_init(&requests, MANY * strlen("one\n"));
	for (size_t i = 0; i < MANY; i++)
		assert_true(buf_append(&requests, span_str("one\n")));
	assert_int_equal(peer_send(p, buf_span(&requests)), buf_len(&requests));
	buf_free(&requests);
}

/* What a peer has got, in answers, when there is nothing else to be had. */
static size_t
answers(struct peer *p)
{
	peer_settle(p);
	return buf_len(&p->got) / strlen("re\n");
}

/* One turn of the loop. */
static void
turn(struct rig *rig)
{
	loop_arm(&rig->round, 0);
	assert_int_equal(loop_run(rig->loop), 0);
}

static void
a_turn_is_a_part_of_many_requests(void **state)
{
	struct teller teller;
	struct peer greedy, modest;
	struct rig rig;
	size_t before;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&greedy, &rig);
	peer_open_pair(&modest, &rig);
	send_many(&greedy);
	turn(&rig);
	before = teller.handled;
	assert_in_range(before, 1, MANY / 10);
	send_text(&modest, "one\n");
	turn(&rig);
	assert_in_range(teller.handled, before + 1, MANY / 5);
	check_int("answered meanwhile", (int64_t)answers(&modest), 1);
	check_int("all are answered", (int64_t)answers(&greedy), MANY);
	peer_close(&greedy);
	peer_close(&modest);
	close_rig(&rig, &teller);
}

static void
those_that_queue_up_take_turns(void **state)
{
	struct teller teller;
	struct peer first, second;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&first, &rig);
	peer_open_pair(&second, &rig);
	send_many(&first);
	send_many(&second);
	for (int i = 0; i < 20; i++)
		turn(&rig);
	check_bool("not all yet", teller.handled < MANY, true);
	for (const struct conn *c = rig.server->oldest; c != NULL; c = c->newer)
		assert_in_range(
		    buf_len(&c->in), 1, (MANY - 1) * strlen("one\n"));
	check_int("all of the first", (int64_t)answers(&first), MANY);
	check_int("all of the second", (int64_t)answers(&second), MANY);
	peer_close(&first);
	peer_close(&second);
	close_rig(&rig, &teller);
}

/* A turn of the loop reads one of those that send no whole requests. */
static void
who_trickles_queues_up(void **state)
{
	struct teller teller;
	struct peer slow[3], modest;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	for (size_t i = 0; i < COUNT_OF(slow); i++) {
		peer_open_pair(&slow[i], &rig);
		send_text(&slow[i], "o");
		peer_settle(&slow[i]);
	}
	peer_open_pair(&modest, &rig);
	send_text(&modest, "one\n");
	check_int("that knows how to ask", (int64_t)answers(&modest), 1);
	for (size_t i = 0; i < COUNT_OF(slow); i++)
		send_text(&slow[i], "ne\n");
	send_text(&modest, "one\n");
	turn(&rig);
	check_int("the modest one and another", (int64_t)teller.handled, 3);
	check_int("answered", (int64_t)answers(&modest), 2);
	check_int("then all", (int64_t)teller.handled, 5);
	for (size_t i = 0; i < COUNT_OF(slow); i++)
		check_int("answered, too", (int64_t)answers(&slow[i]), 1);
	for (size_t i = 0; i < COUNT_OF(slow); i++)
		send_text(&slow[i], "one\n");
	teller.handled = 0;
	turn(&rig);
	check_int("whole requests do not", (int64_t)teller.handled, 3);
	for (size_t i = 0; i < COUNT_OF(slow); i++)
		peer_close(&slow[i]);
	peer_close(&modest);
	close_rig(&rig, &teller);
}

static void
who_queues_up_and_leaves_is_forgotten(void **state)
{
	struct teller teller;
	struct peer first, second;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&first, &rig);
	peer_open_pair(&second, &rig);
	send_many(&first);
	send_many(&second);
	turn(&rig);
	turn(&rig);
	peer_close(&first);
	check_int("all of the other", (int64_t)answers(&second), MANY);
	check_int(
	    "the first is gone", (int64_t)conn_server_count(rig.server), 1);
	send_many(&second);
	turn(&rig);
	close_rig(&rig, &teller); /* with somebody in the queue */
	peer_close(&second);
}

/* To close takes its time, too. */
static void
those_that_end_are_closed_one_after_the_other(void **state)
{
	struct teller teller;
	struct peer p[3];
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	for (size_t i = 0; i < COUNT_OF(p); i++)
		peer_open_pair(&p[i], &rig);
	for (size_t i = 0; i < COUNT_OF(p); i++)
		peer_close(&p[i]);
	for (size_t left = COUNT_OF(p); left-- > 0;) {
		turn(&rig);
		check_int("one less", (int64_t)conn_server_count(rig.server),
		    (int64_t)left);
	}
	check_int("none is idle",
	    (int64_t)conn_server_counters(rig.server)->timed_out, 0);
	close_rig(&rig, &teller);
}

static void
who_ends_is_still_answered_in_turns(void **state)
{
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_many(&p);
	peer_end(&p);
	check_int("all", (int64_t)answers(&p), MANY);
	check_bool("and closed", p.eof, true);
	peer_close(&p);
	close_rig(&rig, &teller);
}

#if defined(__linux__) && !defined(OS_PORTABLE)

enum { CHAINS = 500 /* of two, below which epoll(7) lets a descriptor be */ };

/* From now on it cannot be added where those are that come last. */
static void
fill_chains(int fd, int epolls[CHAINS + 1])
{
	struct epoll_event event = {.events = EPOLLIN};

	epolls[0] = epoll_create1(EPOLL_CLOEXEC);
	assert_int_equal(epoll_ctl(epolls[0], EPOLL_CTL_ADD, fd, &event), 0);
	for (int i = 1; i <= CHAINS; i++) {
		epolls[i] = epoll_create1(EPOLL_CLOEXEC);
		assert_int_equal(
		    epoll_ctl(epolls[i], EPOLL_CTL_ADD, epolls[0], &event), 0);
	}
}

/* Where the system has no room for it there, it stays among the others. */
static void
who_cannot_be_put_behind_is_served(void **state)
{
	int epolls[CHAINS + 1];
	struct teller teller;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &teller, false, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "one\n");
	check_int("modest", (int64_t)answers(&p), 1);
	fill_chains(rig.server->newest->in_fd, epolls);
	send_text(&p, "one\none\n");
	check_int("not modest", (int64_t)answers(&p), 3);
	send_text(&p, "one\none\n");
	check_int("again", (int64_t)answers(&p), 5);
	send_text(&p, "one\n");
	check_int("modest again", (int64_t)answers(&p), 6);
	for (size_t i = 0; i < COUNT_OF(epolls); i++)
		close(epolls[i]);
	send_text(&p, "one\none\n");
	check_int("where there is room", (int64_t)answers(&p), 8);
	send_text(&p, "one\n");
	check_int("behind all", (int64_t)answers(&p), 9);
	peer_close(&p);
	rig_settle(&rig, NULL, 0);
	check_count("its end", &rig, 0);
	close_rig(&rig, &teller);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_is_a_part_of_many_requests),
		cmocka_unit_test(those_that_queue_up_take_turns),
		cmocka_unit_test(who_trickles_queues_up),
		cmocka_unit_test(who_queues_up_and_leaves_is_forgotten),
		cmocka_unit_test(those_that_end_are_closed_one_after_the_other),
		cmocka_unit_test(who_ends_is_still_answered_in_turns),
#if defined(__linux__) && !defined(OS_PORTABLE)
		cmocka_unit_test(who_cannot_be_put_behind_is_served),
#endif
	};

	return cmocka_run_group_tests_name("conn_turns", tests, NULL, NULL);
}
