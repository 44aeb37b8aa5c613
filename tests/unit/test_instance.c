/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <string.h>

#include "policyd/decide.h"
#include "policyd/instance.h"

/* When the tests begin, and another recipient each time. */
#define NOW (1000 * CLOCK_NS_PER_S)

static struct instances table;

static int
empty_table(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	return 0;
}

/* Hashes that share a set, as many as are asked for. */
static uint64_t
neighbour(uint64_t n)
{
	return 5 + n * INSTANCE_SETS;
}

/* One message, its recipients in order. */
static void
only_what_is_later_is_raised(void **state)
{
	static const struct {
		const char *row;
		uint64_t recipient;
		int64_t due_s;
		bool want;
	} recipients[] = {
	    {"the first", 1, 100, true},
	    {"as late", 2, 100, false},
	    {"earlier", 3, 99, false},
	    {"later by a second", 4, 101, true},
	    {"the first moment again", 5, 100, false},
	    {"much later", 6, INT64_C(253402300799), true},
	    {"never", 7, DECIDE_NEVER, true},
	    {"never, once more", 8, DECIDE_NEVER, false},
	    {"a moment after never", 9, INT64_C(253402300799), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(recipients); i++)
		check_bool(recipients[i].row,
		    instance_raise(&table, 7, recipients[i].recipient,
			recipients[i].due_s, NOW + (int64_t)i),
		    recipients[i].want);
}

/* An answer that did not reach Postfix is asked for again. */
static void
who_raised_it_is_told_again(void **state)
{
	(void)state;
	assert_true(instance_raise(&table, 7, 1, 100, NOW));
	assert_true(instance_raise(&table, 7, 1, 100, NOW + 1));
	assert_false(instance_raise(&table, 7, 2, 100, NOW + 2));
	assert_true(instance_raise(&table, 7, 1, 100, NOW + 3));
	assert_false(instance_raise(&table, 7, 1, 99, NOW + 4));
	assert_true(instance_raise(&table, 7, 2, 101, NOW + 5));
	assert_true(instance_raise(&table, 7, 2, 101, NOW + 6));
	assert_false(instance_raise(&table, 7, 1, 101, NOW + 7));
	assert_false(instance_raise(&table, 7, 1, 100, NOW + 8));
}

/* So that a client that repeats a recipient does not fill the header. */
static void
nobody_is_told_for_ever(void **state)
{
	(void)state;
	for (int i = 0; i < INSTANCE_TIMES; i++)
		assert_true(instance_raise(&table, 7, 1, 100, NOW + i));
	assert_false(instance_raise(&table, 7, 1, 100, NOW + 10));
	for (int i = 0; i < INSTANCE_TIMES; i++)
		assert_true(instance_raise(&table, 7, 1, 101, NOW + 20 + i));
	assert_false(instance_raise(&table, 7, 1, 101, NOW + 30));
	assert_true(instance_raise(&table, 7, 2, 102, NOW + 40));
	assert_false(instance_raise(&table, 7, 1, 102, NOW + 41));
}

static void
messages_are_kept_apart(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < 4; n++)
		for (uint64_t hash = n; hash < 64; hash += 4)
			assert_true(instance_raise(
			    &table, hash, 1, 100 - (int64_t)hash, NOW));
	for (uint64_t hash = 0; hash < 64; hash++)
		assert_false(
		    instance_raise(&table, hash, 2, 100 - (int64_t)hash, NOW));
}

/* 0 is a hash like any other, also in an empty table. */
static void
hash_0_is_new_at_first(void **state)
{
	(void)state;
	assert_true(instance_raise(&table, 0, 1, 0, NOW));
	assert_false(instance_raise(&table, 0, 2, 0, NOW));
	assert_true(instance_raise(&table, INSTANCE_SETS, 0, -1, NOW));
}

static const struct {
	const char *row;
	int64_t after_ns;
	bool want;
} hours[] = {
    {"at once", 0, false},
    {"an hour less a nanosecond", INSTANCE_MEMORY_NS - 1, false},
    {"an hour", INSTANCE_MEMORY_NS, false},
    {"an hour and a nanosecond", INSTANCE_MEMORY_NS + 1, true},
};

static void
an_hour_is_remembered(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(hours); i++) {
		empty_table(NULL);
		assert_true(instance_raise(&table, 7, 1, 100, NOW));
		check_bool(hours[i].row,
		    instance_raise(&table, 7, 2, 100, NOW + hours[i].after_ns),
		    hours[i].want);
	}
}

/* The hour counts from when it was last raised, not from the last question. */
static void
the_hour_starts_anew_when_raised(void **state)
{
	(void)state;
	assert_true(instance_raise(&table, 7, 1, 100, NOW));
	assert_true(
	    instance_raise(&table, 7, 2, 101, NOW + INSTANCE_MEMORY_NS));
	assert_false(
	    instance_raise(&table, 7, 3, 101, NOW + 2 * INSTANCE_MEMORY_NS));
	assert_true(instance_raise(
	    &table, 7, 4, 101, NOW + 2 * INSTANCE_MEMORY_NS + 1));
}

/* What is forgotten and said again is remembered by the new moment. */
static void
what_was_forgotten_begins_anew(void **state)
{
	const int64_t later = NOW + INSTANCE_MEMORY_NS + 1;

	(void)state;
	assert_true(instance_raise(&table, neighbour(1), 1, 500, NOW));
	assert_true(instance_raise(&table, neighbour(2), 1, 500, NOW + 1));
	assert_true(instance_raise(&table, neighbour(2), 1, 100, later + 1));
	assert_false(instance_raise(&table, neighbour(2), 2, 100, later + 2));
	assert_true(instance_raise(&table, neighbour(2), 2, 200, later + 3));
}

/* Each of a set is raised in its own place. */
static void
raising_one_leaves_its_neighbours(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < INSTANCE_WAYS; n++)
		assert_true(instance_raise(&table, neighbour(n), 1, 100, NOW));
	for (uint64_t n = 0; n < INSTANCE_WAYS; n++) {
		assert_true(
		    instance_raise(&table, neighbour(n), 1, 200, NOW + 1));
		for (uint64_t m = 0; m < INSTANCE_WAYS; m++)
			assert_false(instance_raise(&table, neighbour(m), 2,
			    m <= n ? 200 : 100, NOW + 2));
	}
}

static void
a_full_set_forgets_the_oldest(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < INSTANCE_WAYS; n++)
		assert_true(instance_raise(
		    &table, neighbour(n), 1, 100, NOW + (int64_t)n));
	for (uint64_t n = 0; n < INSTANCE_WAYS; n++)
		assert_false(
		    instance_raise(&table, neighbour(n), 2, 100, NOW + 50));
	/* The first is raised, so the second is the oldest now. */
	assert_true(instance_raise(&table, neighbour(0), 1, 101, NOW + 100));
	assert_true(instance_raise(
	    &table, neighbour(INSTANCE_WAYS), 1, 100, NOW + 101));
	assert_false(instance_raise(&table, neighbour(0), 2, 101, NOW + 102));
	for (uint64_t n = 2; n <= INSTANCE_WAYS; n++)
		assert_false(
		    instance_raise(&table, neighbour(n), 2, 100, NOW + 103));
	assert_true(instance_raise(&table, neighbour(1), 2, 100, NOW + 104));
	assert_true(instance_raise(&table, neighbour(2), 2, 100, NOW + 105));
}

/* Sets do not get into each other's way: all of the table can be used. */
static void
the_whole_table_is_used(void **state)
{
	const uint64_t all = (uint64_t)INSTANCE_SETS * INSTANCE_WAYS;

	(void)state;
	for (uint64_t hash = 0; hash < all; hash++)
		assert_true(
		    instance_raise(&table, hash, 1, 100, NOW + (int64_t)hash));
	for (uint64_t hash = 0; hash < all; hash++)
		assert_false(
		    instance_raise(&table, hash, 2, 100, NOW + (int64_t)all));
	assert_true(
	    instance_raise(&table, all, 1, 100, NOW + (int64_t)all + 1));
	assert_false(instance_raise(&table, 1, 2, 100, NOW + (int64_t)all + 2));
	assert_true(instance_raise(&table, 0, 2, 100, NOW + (int64_t)all + 3));
}

/* A set with forgotten messages: they go first, and in order of age. */
static void
the_forgotten_make_room(void **state)
{
	const int64_t later = NOW + INSTANCE_MEMORY_NS + 1;

	(void)state;
	assert_true(instance_raise(&table, neighbour(0), 1, 100, NOW));
	for (uint64_t n = 1; n < INSTANCE_WAYS; n++)
		assert_true(
		    instance_raise(&table, neighbour(n), 1, 100, later));
	assert_true(
	    instance_raise(&table, neighbour(INSTANCE_WAYS), 1, 100, later));
	for (uint64_t n = 1; n <= INSTANCE_WAYS; n++)
		assert_false(
		    instance_raise(&table, neighbour(n), 2, 100, later));
}

#define TEST(test) cmocka_unit_test_setup(test, empty_table)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(only_what_is_later_is_raised),
	    TEST(who_raised_it_is_told_again),
	    TEST(nobody_is_told_for_ever),
	    TEST(messages_are_kept_apart),
	    TEST(hash_0_is_new_at_first),
	    TEST(an_hour_is_remembered),
	    TEST(the_hour_starts_anew_when_raised),
	    TEST(what_was_forgotten_begins_anew),
	    TEST(raising_one_leaves_its_neighbours),
	    TEST(a_full_set_forgets_the_oldest),
	    TEST(the_whole_table_is_used),
	    TEST(the_forgotten_make_room),
	};

	return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
