/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "hdrcheck/base/clock.h"
#include "policyd/sched/lateness.h"

#define MS CLOCK_NS_PER_MS
#define S  CLOCK_NS_PER_S

static void
bounds_ascend_from_5_ms_to_an_hour(void **state)
{
	(void)state;
	assert_int_equal(lateness_bound_ns[0], 5 * MS);
	assert_int_equal(lateness_bound_ns[LATENESS_BUCKETS - 2], 3600 * S);
	for (int i = 1; i < LATENESS_BUCKETS - 1; i++)
		assert_true(lateness_bound_ns[i - 1] < lateness_bound_ns[i]);
}

static void
each_release_counts_in_one_bucket(void **state)
{
	(void)state;
	for (int i = 0; i < LATENESS_BUCKETS - 1; i++) {
		int64_t bound_ns = lateness_bound_ns[i];
		struct lateness l = {0};

		lateness_add(&l, bound_ns - 1);
		lateness_add(&l, bound_ns);
		assert_int_equal(l.in[i], 2);
		lateness_add(&l, bound_ns + 1);
		assert_int_equal(l.in[i], 2);
		assert_int_equal(l.in[i + 1], 1);
		assert_int_equal(l.n, 3);
		assert_int_equal(l.sum_ns, 3 * bound_ns);
		assert_int_equal(l.most_ns, bound_ns + 1);
	}
}

static void
odd_numbers_do_no_harm(void **state)
{
	struct lateness l = {0};

	(void)state;
	lateness_add(&l, -1);
	lateness_add(&l, INT64_MIN);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.in[0], 2);
	assert_int_equal(l.sum_ns, 0);
	assert_int_equal(l.most_ns, 0);
	lateness_add(&l, 7);
	lateness_add(&l, INT64_MAX - 7);
	assert_int_equal(l.sum_ns, INT64_MAX);
	lateness_add(&l, 1);
	assert_int_equal(l.sum_ns, INT64_MAX);
	lateness_add(&l, INT64_MAX);
	assert_int_equal(l.sum_ns, INT64_MAX);
	assert_int_equal(l.most_ns, INT64_MAX);
	assert_int_equal(l.in[LATENESS_BUCKETS - 1], 2);
}

static const struct {
	const char *row;
	struct {
		unsigned times;
		int64_t late_ns;
	} adds[3];
	unsigned thousandths;
	int64_t want_ns;
} parts[] = {
    {"none", {{0, 0}}, 500, 0},
    {"none, all of it", {{0, 0}}, 1000, 0},
    {"one", {{1, 7 * MS}}, 500, 7 * MS},
    {"one, nothing of it", {{1, 7 * MS}}, 0, 7 * MS},
    {"one, too much of it", {{1, 7 * MS}}, 1001, 7 * MS},
    {"two: half", {{1, MS}, {1, 40 * MS}}, 500, 5 * MS},
    {"two: a little more than half", {{1, MS}, {1, 40 * MS}}, 501, 40 * MS},
    {"a hundred: 99 in a hundred", {{99, 15 * MS}, {1, 3 * S}}, 990, 20 * MS},
    {"a hundred: a little more", {{99, 15 * MS}, {1, 3 * S}}, 991, 3 * S},
    {"99: 99 in a hundred is all", {{98, 15 * MS}, {1, 3 * S}}, 990, 3 * S},
    {"the bound, where others were later",
	{{9, 3 * S}, {1, 4 * S}, {1, 100 * S}}, 500, 5 * S},
    {"the latest, where that is less than the bound", {{10, 3 * S}}, 500,
	3 * S},
    {"behind the last bound", {{1, 0}, {2, 5000 * S}}, 500, 5000 * S},
    {"a bucket in between is empty", {{1, 0}, {1, 5000 * S}}, 500, 5 * MS},
};

static void
parts_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		struct lateness l = {0};

		for (size_t k = 0; k < COUNT_OF(parts[i].adds); k++)
			for (unsigned n = 0; n < parts[i].adds[k].times; n++)
				lateness_add(&l, parts[i].adds[k].late_ns);
		check_int(parts[i].row,
		    lateness_part_ns(&l, parts[i].thousandths),
		    parts[i].want_ns);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bounds_ascend_from_5_ms_to_an_hour),
	    cmocka_unit_test(each_release_counts_in_one_bucket),
	    cmocka_unit_test(odd_numbers_do_no_harm),
	    cmocka_unit_test(parts_are_found),
	};

	return cmocka_run_group_tests_name("lateness", tests, NULL, NULL);
}
