/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

/* The module itself, so that its memory can be made to run out. */
static bool no_memory;

static void *
scarce_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : calloc(n, size);
}

#define calloc scarce_calloc
#include "policyd/sched/tally.c"
#undef calloc

static void
an_empty_tally_counts_nothing(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t);
	assert_int_equal(tally_count(&t, 0), 0);
	assert_int_equal(tally_count(&t, 7), 0);
	assert_int_equal(tally_total(&t), 0);
	tally_free(&t);
	tally_free(&t);
}

static void
numbers_come_and_go(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t);
	assert_true(tally_add(&t, 7));
	assert_true(tally_add(&t, 0));
	assert_true(tally_add(&t, 7));
	assert_int_equal(tally_count(&t, 7), 2);
	assert_int_equal(tally_count(&t, 0), 1);
	assert_int_equal(tally_count(&t, 7 + (UINT64_C(1) << 32)), 0);
	assert_int_equal(tally_total(&t), 3);
	tally_drop(&t, 7);
	assert_int_equal(tally_count(&t, 7), 1);
	tally_drop(&t, 7);
	tally_drop(&t, 0);
	assert_int_equal(tally_count(&t, 7), 0);
	assert_int_equal(tally_count(&t, 0), 0);
	assert_int_equal(tally_total(&t), 0);
	tally_free(&t);
}

/* Numbers of few places, so that they get in each other's way. */
enum { NUMBERS = 600, MODEL_STEPS = 100000 };

static uint64_t
number_of(unsigned i)
{
	return UINT64_C(0x9e3779b97f4a7c15) * (i / 3) + (i % 3) * 0x100000000;
}

static void
check_model(const struct tally *t, const unsigned n[NUMBERS])
{
	uint64_t total = 0;

	for (unsigned i = 0; i < NUMBERS; i++) {
		assert_int_equal(tally_count(t, number_of(i)), n[i]);
		total += n[i];
	}
	assert_int_equal(tally_total(t), total);
}

/* More and more of them, and then less and less. */
static void
random_operations_agree_with_a_naive_model(void **state)
{
	static unsigned n[NUMBERS];
	struct dice d = {.state = 20261225};
	struct tally t;

	(void)state;
	tally_init(&t);
	for (unsigned step = 0; step < MODEL_STEPS; step++) {
		unsigned i = dice_below(&d, NUMBERS);
		bool more = dice_percent(&d, step < MODEL_STEPS / 2 ? 60 : 30);

		no_memory = dice_percent(&d, 50);
		if (more && tally_add(&t, number_of(i))) {
			n[i]++;
		} else if (!more && n[i] > 0) {
			tally_drop(&t, number_of(i));
			n[i]--;
		}
		if (step % 997 == 0)
			check_model(&t, n);
	}
	no_memory = false;
	check_model(&t, n);
	assert_int_equal(t.mask + 1, 1024);
	tally_free(&t);
}

static void
without_memory_nothing_is_counted_and_nothing_lost(void **state)
{
	struct tally t;
	unsigned n = 0;

	(void)state;
	tally_init(&t);
	no_memory = true;
	assert_false(tally_add(&t, 1));
	assert_int_equal(tally_count(&t, 1), 0);
	no_memory = false;
	assert_true(tally_add(&t, 0));
	no_memory = true;
	while (tally_add(&t, n + 1))
		n++;
	no_memory = false;
	assert_int_equal(n + 1, (t.mask + 1) / 3 * 2);
	assert_int_equal(tally_total(&t), n + 1);
	for (unsigned i = 0; i <= n; i++)
		assert_int_equal(tally_count(&t, i), 1);
	assert_int_equal(tally_count(&t, n + 1), 0);
	assert_true(tally_add(&t, n + 1));
	for (unsigned i = 0; i <= n + 1; i++)
		tally_drop(&t, i);
	assert_int_equal(tally_total(&t), 0);
	tally_free(&t);
}

static void
what_was_dropped_takes_no_room(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t);
	for (uint64_t i = 0; i < 100000; i++) {
		assert_true(tally_add(&t, i * UINT64_C(0x9e3779b97f4a7c15)));
		tally_drop(&t, i * UINT64_C(0x9e3779b97f4a7c15));
	}
	assert_int_equal(t.mask + 1, TABLE_FIRST);
	tally_free(&t);
}

/* All of them want the last place of the first table. */
static void
colliding_numbers_can_be_dropped_in_any_order(void **state)
{
	enum { N = 20 };
	static const unsigned strides[] = {1, N - 1, 7};
	struct tally t;

	(void)state;
	for (size_t s = 0; s < COUNT_OF(strides); s++) {
		tally_init(&t);
		for (uint64_t i = 0; i < N; i++)
			assert_true(tally_add(&t, i * TABLE_FIRST - 1));
		for (uint64_t k = 0; k < N; k++) {
			uint64_t gone = k * strides[s] % N;

			tally_drop(&t, gone * TABLE_FIRST - 1);
			assert_int_equal(
			    tally_count(&t, gone * TABLE_FIRST - 1), 0);
			for (uint64_t j = k + 1; j < N; j++)
				assert_int_equal(
				    tally_count(&t,
					j * strides[s] % N * TABLE_FIRST - 1),
				    1);
		}
		tally_free(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_tally_counts_nothing),
	    cmocka_unit_test(numbers_come_and_go),
	    cmocka_unit_test(random_operations_agree_with_a_naive_model),
	    cmocka_unit_test(
		without_memory_nothing_is_counted_and_nothing_lost),
	    cmocka_unit_test(what_was_dropped_takes_no_room),
	    cmocka_unit_test(colliding_numbers_can_be_dropped_in_any_order),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
