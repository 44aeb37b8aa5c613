/* SPDX-License-Identifier: ISC */
/*
 * release_rate = auto: how much is on its way to its first try at a time; and
 * how often qmgr is kicked.
 */
#include "tests/unit/sweep_support.h"

#define A_LEAVES "release MAILAAA\n* released MAILAAA\nkick\n"

enum { ACTIVE_LIMIT = 20, OURS = ACTIVE_LIMIT / 2, MAILS = 25 };

/* So many are due, one a second, and known. */
static struct sim *
open_wave(const char *config, int mails)
{
	struct sim *sim = sim_open(config);

	sim->sweep.o.postfix.active_limit = ACTIVE_LIMIT;
	for (int n = 0; n < mails; n++)
		sim_add(sim, 10 + n);
	sim_learn(sim);
	sim_pass(sim, 100 * SEC);
	sim_settle(sim);
	return sim;
}

/* The first of what was released was tried, and is deferred or gone. */
static void
leave_active(struct sim *sim, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		sweep_left_active(&sim->sweep, &sim->mail[i].id, &sim->now);
}

static void
half_of_active_is_released(void **state)
{
	struct sim *sim =
	    open_wave("release_rate = auto\nsweep_interval = 1h", MAILS);

	(void)state;
	check_int("at once", sim->released, OURS);
	sim_run(sim, 3 * SEC);
	check_int("no more", sim->released, OURS);
	leave_active(sim, 0, 4);
	sim_run(sim, SEC);
	check_int("as many as have left", sim->released, OURS + 4);
	leave_active(sim, 0, 4);
	sim_run(sim, SEC);
	check_int("each leaves once", sim->released, OURS + 4);
	leave_active(sim, 4, OURS);
	sim_run(sim, SEC);
	check_int("all the others", sim->released, 2 * OURS + 4);
	leave_active(sim, 14, OURS);
	sim_run(sim, SEC);
	check_int("the last", sim->released, MAILS);
	leave_active(sim, 24, 1);
	check_int("nothing is on its way", sim->sweep.flow.on_way, 0);
	sim_close(sim);
}

static void
another_rate_lets_all_go(void **state)
{
	struct sim *sim =
	    open_wave("release_rate = 0\nsweep_interval = 1h", MAILS);

	(void)state;
	check_int("all", sim->released, MAILS);
	sim_close(sim);
}

/* Nobody tells what leaves active; mail that was tried shows it. */
static void
walks_show_what_was_tried(void **state)
{
	struct sim *sim =
	    open_wave("release_rate = auto\nsweep_interval = 1h", MAILS);

	(void)state;
	check_int("at once", sim->released, OURS);
	for (int i = 0; i < 3; i++)
		sim->mail[i].tried = true;
	sim->log.used = 0;
	sim_run(sim, 60 * SEC);
	check_int("three were tried", sim->released, OURS + 3);
	check_bool(
	    "it looked often enough", sim->commands[SWEEP_LIST] > 5, true);
	sim_close(sim);
}

/* Delivered mail is in no listing. */
static void
walks_show_what_is_gone(void **state)
{
	struct sim *sim =
	    open_wave("release_rate = auto\nsweep_interval = 1h", MAILS);

	(void)state;
	for (int i = 0; i < OURS; i++)
		sim->mail[i].queue = SIM_GONE;
	sim_run(sim, 15 * SEC);
	check_int("others take their place", sim->released, 2 * OURS);
	sim_close(sim);
}

/* However slow the disk: walks keep to their share of the time. */
static void
walks_rest_while_nothing_may_leave(void **state)
{
	struct sim *sim =
	    open_wave("release_rate = auto\nsweep_interval = 1h", MAILS);
	unsigned before = sim->commands[SWEEP_LIST];

	(void)state;
	sim->sweep.walk_cost_ns = 2 * SEC;
	sim_run(sim, 17 * SEC);
	check_int("not yet", sim->commands[SWEEP_LIST], before);
	sim_close(sim);
}

static void
what_does_not_leave_hold_takes_no_room(void **state)
{
	struct sim *sim = sim_open("release_rate = auto\nsweep_interval = 1h");

	(void)state;
	sim->sweep.o.postfix.active_limit = ACTIVE_LIMIT;
	for (int n = 0; n < MAILS; n++)
		sim_add(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	check_int("half of active", sim->sweep.flow.on_way, OURS);
	sim_end(sim, SWEEP_RELEASE, false);
	check_int("none left", sim->released, 0);
	check_int("none is on its way", sim->sweep.flow.on_way, 0);
	sim_run(sim, 60 * SEC);
	check_int("then half of active", sim->released, OURS);
	sim_close(sim);
}

/* Its own new queue id is not known: its place is free once it is gone. */
static void
requeued_mail_takes_room_until_it_is_gone(void **state)
{
	struct sim *sim = open_wave("release_method = requeue\n"
				    "release_rate = auto\nsweep_interval = 1h",
	    MAILS);

	(void)state;
	check_int("at once", sim->released, OURS);
	sim_run(sim, 30 * SEC);
	check_int("all in the end", sim->released, MAILS);
	sim_close(sim);
}

/* The walk that came with the wave may have begun before they left. */
static void
the_first_walk_without_them_makes_room(void **state)
{
	struct sim *sim = open_wave("release_method = requeue\n"
				    "release_rate = auto\nsweep_interval = 1h",
	    MAILS);
	unsigned before = sim->commands[SWEEP_LIST];

	(void)state;
	while (sim->released == OURS)
		sim_run(sim, SEC / 2);
	check_int("walks", sim->commands[SWEEP_LIST] - before, 1);
	check_int("all at once", sim->released, 2 * OURS);
	sim_close(sim);
}

/* Events that come late, or for mail that is none of ours. */
static void
others_that_leave_active_are_none_of_ours(void **state)
{
	struct sim *sim = sim_open("release_rate = auto\nsweep_interval = 1h");
	struct qid stranger = qid_of("4F1C2A3B5D");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sweep_left_active(&sim->sweep, &stranger, &sim->now);
	sweep_left_active(&sim->sweep, &sim->mail[0].id, &sim->now);
	check_int("nothing is on its way", sim->sweep.flow.on_way, 0);
	sim_pass(sim, 10 * SEC);
	sim_settle(sim);
	check_log("it waited for its moment all the same", sim,
	    "release MAILAAA\n* released MAILAAA\nkick\n");
	sim_close(sim);
}

/* It was delivered before the engine heard that it had left hold. */
static void
news_of_active_confirm_a_release(void **state)
{
	struct sim *sim = sim_open("release_rate = auto\nsweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_learn(sim);
	sim->deaf = true;
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	leave_active(sim, 0, 1);
	check_int("released", sim->released, 1);
	check_int("and tried", sim->sweep.flow.on_way, 0);
	sim_end(sim, SWEEP_RELEASE, true);
	sweep_departed(&sim->sweep, &sim->mail[0].id, &sim->now);
	check_int("once", sim->released, 1);
	sim_close(sim);
}

/* An administrator's doing: as long as that lasts it is not on its way. */
static void
what_is_held_again_takes_no_room(void **state)
{
	struct sim *sim =
	    open_wave("release_rate = auto\nsweep_interval = 1h", MAILS);

	(void)state;
	check_int("at once", sim->released, OURS);
	for (int i = 0; i < 3; i++)
		sim->mail[i].queue = SIM_HOLD;
	sim_run(sim, 15 * SEC);
	check_int("others leave", sim->released, OURS + 3);
	check_bool("they do not", sim->mail[0].queue == SIM_HOLD, true);
	sim_close(sim);
}

/* Commands say that they let it go, and do not: others have their turn. */
static void
what_stays_on_hold_takes_no_room_for_long(void **state)
{
	struct sim *sim = sim_open("release_rate = auto\nsweep_interval = 1h");

	(void)state;
	sim->sweep.o.postfix.active_limit = ACTIVE_LIMIT;
	for (int n = 0; n < MAILS; n++)
		sim_add(sim, 10 + n)->stays = n < OURS;
	sim_learn(sim);
	sim_pass(sim, 100 * SEC);
	sim_settle(sim);
	check_int("as many as there is room for", sim->sweep.flow.on_way, OURS);
	check_int("stay", sim->released, 0);
	sim_run(sim, 600 * SEC);
	check_int("others leave", sim->released, OURS);
	sim_close(sim);
}

/* The gap that many deferred messages ask for is longer than a stop. */
static void
a_stop_does_not_wait_for_the_gap_between_kicks(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	sim_add(sim, 10);
	sim_add(sim, 11);
	sim_learn(sim);
	sim->sweep.deferred = 1000000;
	sim_run(sim, 10 * SEC);
	check_log("the first", sim, A_LEAVES);
	sim_run(sim, SEC);
	check_log("the second, of which qmgr is to hear later", sim,
	    "release MAILAAB\n* released MAILAAB\n");
	check_bool("not yet", sweep_stop(&sim->sweep), false);
	sim_run(sim, 200 * MSEC);
	check_log("the kick", sim, "kick\n");
	check_bool("the end", sweep_stop(&sim->sweep), true);
	sim_close(sim);
}

/* A qmgr that starts anew puts all that was active back to incoming. */
static void
what_a_restart_of_qmgr_puts_back_is_on_its_way_again(void **state)
{
	struct sim *sim =
	    open_wave("release_rate = auto\nsweep_interval = 10s", 5);
	struct qmsg msg = {.queue_name = span_str("incoming"),
	    .id = sim->mail[0].id,
	    .arrival_s = sim->mail[0].facts.arrival_s,
	    .size = sim->mail[0].facts.size};

	(void)state;
	leave_active(sim, 0, 5);
	check_int("as if it were tried", sim->sweep.flow.on_way, 0);
	sweep_listed(&sim->sweep, &msg, &sim->now);
	sweep_listed(&sim->sweep, &msg, &sim->now);
	check_int("it is not", sim->sweep.flow.on_way, 1);
	sim_close(sim);
}

/* Room for one at a time would be a command for each message. */
static void
little_room_is_waited_with(void **state)
{
	struct sim *sim = sim_open("release_rate = auto\nsweep_interval = 1h");
	unsigned before;

	(void)state;
	sim->sweep.o.postfix.active_limit = 160;
	for (int n = 0; n < 200; n++)
		sim_add(sim, 10 + n);
	sim_learn(sim);
	sim_pass(sim, 300 * SEC);
	sim_settle(sim);
	before = sim->commands[SWEEP_RELEASE];
	check_int("half of it", sim->released, 80);
	for (size_t i = 0; i < 9; i++) {
		leave_active(sim, i, 1);
		sim_pass(sim, 10 * MSEC);
		sim_settle(sim);
	}
	check_int("not one by one", sim->commands[SWEEP_RELEASE], before);
	sim_pass(sim, 10 * MSEC);
	sim_settle(sim);
	check_int(
	    "ten times a second", sim->commands[SWEEP_RELEASE], before + 1);
	check_int("nine at once", sim->released, 89);
	sim_close(sim);
}

/* A message more than so many commands take, all due at once. */
static struct sim *
open_flood(int commands)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	for (int n = 0; n < commands * SWEEP_IDS_MAX + 1; n++)
		sim_add(sim, 10);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	return sim;
}

static void
a_kick_waits_for_the_end_of_a_wave(void **state)
{
	struct sim *sim = open_flood(1);
	struct sweep_command c;

	(void)state;
	sim_pass(sim, 100 * MSEC);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_RELEASE);
	sim_pass(sim, 899 * MSEC);
	check_bool("the rest leaves", sim_begin(sim, &c), false);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_close(sim);
}

/* What is due besides turns out to be old, and is requeued. */
static void
a_wave_ends_where_only_requeues_are_left(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct sim_mail *old;

	(void)state;
	sim_add(sim, 9);
	old = sim_add(sim, 10);
	old->facts.arrival_s -= 2 * 86400;
	old->facts.created_s -= 2 * 86400;
	sim_learn(sim);
	sim_pass(sim, 9 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	sim_pass(sim, 600 * MSEC);
	sim->sweep.verb[SWEEP_REQUEUE].not_before_ns = INT64_MAX;
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_close(sim);
}

static void
a_long_wave_is_kicked_for_each_second(void **state)
{
	struct sim *sim = open_flood(1);
	struct sweep_command c;

	(void)state;
	sim_pass(sim, 100 * MSEC);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_RELEASE);
	sim_pass(sim, 899 * MSEC);
	check_bool("not yet", sim_begin(sim, &c), false);
	check_int("an alarm", sim_wait_ns(sim), MSEC);
	sim_pass(sim, MSEC);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_close(sim);
}

/* Each command is full: there is more than qmgr can see to in that time. */
static void
a_flood_is_kicked_for_after_five_seconds(void **state)
{
	struct sim *sim = open_flood(2);
	struct sweep_command c;

	(void)state;
	sim_pass(sim, 2 * SEC);
	check_bool("not yet", sim_begin(sim, &c), false);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_RELEASE);
	sim_pass(sim, 2999 * MSEC);
	check_bool("nor yet", sim_begin(sim, &c), false);
	sim_pass(sim, MSEC);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_close(sim);
}

static void
the_end_of_a_flood_is_kicked_for(void **state)
{
	struct sim *sim = open_flood(1);

	(void)state;
	sim_pass(sim, 2 * SEC);
	sim_end(sim, SWEEP_RELEASE, true);
	sim_expect(sim, SWEEP_RELEASE);
	sim_expect(sim, SWEEP_KICK_QMGR);
	sim_close(sim);
}

/* How long the next kick waits for one that has just ended. */
static const struct {
	const char *row;
	uint32_t deferred;
	int64_t gap_ns;
} gaps[] = {
    {"nothing is deferred", 0, 200 * MSEC},
    {"little", 7407, 200 * MSEC},
    {"a message more than little", 7408, 7408 * INT64_C(27000)},
    {"a hundred thousand", 100000, 2700 * MSEC},
    {"as many as five seconds are for", 185185, 185185 * INT64_C(27000)},
    {"a message more than that", 185186, 5 * SEC},
    {"more than there can be", UINT32_MAX, 5 * SEC},
};

static void
kicks_take_a_tenth_of_the_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(gaps); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct sweep_command c;

		sim_add(sim, 10);
		sim_add(sim, 10);
		sim_learn(sim);
		sim->sweep.deferred = gaps[i].deferred;
		sim->sweep.kick_wanted[SWEEP_KICK_QMGR] = true;
		sim_expect(sim, SWEEP_KICK_QMGR);
		sim_end(sim, SWEEP_KICK_QMGR, true);
		sim->sweep.kick_wanted[SWEEP_KICK_QMGR] = true;
		sim_pass(sim, gaps[i].gap_ns - 1);
		check_bool(gaps[i].row, sim_begin(sim, &c), false);
		sim_pass(sim, 1);
		sim_expect(sim, SWEEP_KICK_QMGR);
		sim_close(sim);
	}
}

/* All that a walk shows off hold is what a kick makes qmgr look at. */
static void
walks_count_what_is_deferred(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");

	(void)state;
	for (int n = 0; n < 5; n++)
		sim_add(sim, 3600)->queue = n < 3 ? SIM_DEFERRED : SIM_HOLD;
	sim_learn(sim);
	check_int("three", sim->sweep.deferred, 3);
	sim->mail[0].queue = SIM_GONE;
	sim_run(sim, 11 * SEC);
	check_int("two", sim->sweep.deferred, 2);
	sim->failing[SWEEP_LIST] = 1;
	sim_run(sim, 10 * SEC);
	check_int("a walk that failed says nothing", sim->sweep.deferred, 2);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(half_of_active_is_released),
	    cmocka_unit_test(another_rate_lets_all_go),
	    cmocka_unit_test(walks_show_what_was_tried),
	    cmocka_unit_test(walks_show_what_is_gone),
	    cmocka_unit_test(walks_rest_while_nothing_may_leave),
	    cmocka_unit_test(what_does_not_leave_hold_takes_no_room),
	    cmocka_unit_test(requeued_mail_takes_room_until_it_is_gone),
	    cmocka_unit_test(the_first_walk_without_them_makes_room),
	    cmocka_unit_test(others_that_leave_active_are_none_of_ours),
	    cmocka_unit_test(news_of_active_confirm_a_release),
	    cmocka_unit_test(what_is_held_again_takes_no_room),
	    cmocka_unit_test(what_stays_on_hold_takes_no_room_for_long),
	    cmocka_unit_test(
		what_a_restart_of_qmgr_puts_back_is_on_its_way_again),
	    cmocka_unit_test(little_room_is_waited_with),
	    cmocka_unit_test(a_kick_waits_for_the_end_of_a_wave),
	    cmocka_unit_test(a_wave_ends_where_only_requeues_are_left),
	    cmocka_unit_test(a_long_wave_is_kicked_for_each_second),
	    cmocka_unit_test(a_flood_is_kicked_for_after_five_seconds),
	    cmocka_unit_test(the_end_of_a_flood_is_kicked_for),
	    cmocka_unit_test(a_stop_does_not_wait_for_the_gap_between_kicks),
	    cmocka_unit_test(kicks_take_a_tenth_of_the_time),
	    cmocka_unit_test(walks_count_what_is_deferred),
	};

	return cmocka_run_group_tests_name("sweep_flow", tests, NULL, NULL);
}
