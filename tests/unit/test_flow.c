/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "policyd/sched/flow.h"

/* How much may be on its way, by qmgr_message_active_limit. */
static const struct {
	const char *row;
	uint32_t active_limit;
	size_t most;
} limits[] = {
    {"at least one, whatever it says", 0, 1},
    {"at least one of one", 1, 1},
    {"half of two", 2, 1},
    {"less than half of three", 3, 1},
    {"half of four", 4, 2},
    {"half of what is usual", FLOW_ACTIVE_LIMIT, 10000},
    {"half of the most there is", UINT32_MAX, INT32_MAX},
};

static void
half_of_active_is_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		struct flow f = {0};
		uint32_t limit = limits[i].active_limit;

		check_int(limits[i].row, (int64_t)flow_room(&f, limit),
		    (int64_t)limits[i].most);
		f.on_way = (uint32_t)limits[i].most - 1;
		check_int(limits[i].row, (int64_t)flow_room(&f, limit), 1);
		f.on_way++;
		check_int(limits[i].row, (int64_t)flow_room(&f, limit), 0);
		f.on_way++;
		check_int(limits[i].row, (int64_t)flow_room(&f, limit), 0);
	}
}

static void
what_enters_takes_room_until_it_leaves(void **state)
{
	struct flow f = {0};

	(void)state;
	flow_enter(&f);
	flow_enter(&f);
	check_int("two entered", (int64_t)flow_room(&f, 20), 8);
	flow_leave(&f);
	check_int("one left", (int64_t)flow_room(&f, 20), 9);
	flow_leave(&f);
	check_int("all left", (int64_t)flow_room(&f, 20), 10);
}

/* Postfix's settings may change while mail is on its way. */
static void
a_limit_that_shrinks_waits_for_what_is_on_its_way(void **state)
{
	struct flow f = {.on_way = 10};

	(void)state;
	check_int("shrunk", (int64_t)flow_room(&f, 10), 0);
	f.on_way = 5;
	check_int("at the new one", (int64_t)flow_room(&f, 10), 0);
	f.on_way = 4;
	check_int("below it", (int64_t)flow_room(&f, 10), 1);
}

static const struct {
	const char *row;
	uint32_t active_limit;
	uint32_t on_way;
	bool tight;
} tights[] = {
    {"nothing on its way", 160, 0, false},
    {"an eighth is left", 160, 70, false},
    {"less than an eighth", 160, 71, true},
    {"nothing is left", 160, 80, true},
    {"so few that each one counts", 14, 6, false},
    {"none of so few", 14, 7, false},
};

static void
little_room_is_tight(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tights); i++) {
		struct flow f = {.on_way = tights[i].on_way};

		check_bool(tights[i].row,
		    flow_is_tight(&f, tights[i].active_limit), tights[i].tight);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(half_of_active_is_ours),
	    cmocka_unit_test(what_enters_takes_room_until_it_leaves),
	    cmocka_unit_test(a_limit_that_shrinks_waits_for_what_is_on_its_way),
	    cmocka_unit_test(little_room_is_tight),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
