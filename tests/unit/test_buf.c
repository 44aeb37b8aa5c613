/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "tests/unit/support.h"

/* So large that a buffer must grow several times to reach it. */
enum { MAX = 5000 };

static const char bytes[MAX + 1];

static void
a_new_buffer_is_empty_and_owns_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, MAX);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(buf_room(&b), MAX);
	assert_int_equal(buf_span(&b).len, 0);
	assert_non_null(buf_span(&b).data);
	assert_null(b.data);
}

static const struct {
	const char *row;
	size_t max;
	size_t n;
	bool ok;
} appends[] = {
    {"one byte less than the maximum", MAX, MAX - 1, true},
    {"the maximum", MAX, MAX, true},
    {"one byte more than the maximum", MAX, MAX + 1, false},
    {"nothing", MAX, 0, true},
    {"nothing into no room at all", 0, 0, true},
    {"one byte into no room at all", 0, 1, false},
    {"one byte into room for one", 1, 1, true},
    {"two bytes into room for one", 1, 2, false},
    {"just the first piece of memory", MAX, 512, true},
    {"one byte more than the first piece", MAX, 513, true},
    {"a maximum smaller than the first piece", 511, 511, true},
    {"one byte more than a small maximum", 511, 512, false},
};

static void
append_stops_at_the_maximum(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(appends); i++) {
		struct span s = exact_copy(span_of(bytes, appends[i].n));
		size_t want = appends[i].ok ? appends[i].n : 0;
		struct buf b;

		buf_init(&b, appends[i].max);
		check_bool(appends[i].row, buf_append(&b, s), appends[i].ok);
		check_int(appends[i].row, (int64_t)buf_len(&b), (int64_t)want);
		check_int(appends[i].row, (int64_t)buf_room(&b),
		    (int64_t)(appends[i].max - want));
		check_bool(appends[i].row, b.cap <= appends[i].max, true);
		buf_free(&b);
		exact_free(s);
	}
}

static void
a_refused_append_changes_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_true(buf_append(&b, span_str("abc")));
	assert_false(buf_append(&b, span_str("de")));
	assert_null(buf_reserve(&b, 2));
	assert_null(buf_reserve(&b, SIZE_MAX));
	check_span("what was there", buf_span(&b), span_str("abc"));
	assert_true(buf_append(&b, span_str("d")));
	check_span("one more byte", buf_span(&b), span_str("abcd"));
	buf_free(&b);
}

static void
bytes_leave_in_the_order_they_came(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_true(buf_append(&b, span_str("abcdef")));
	buf_consume(&b, 0);
	buf_consume(&b, 4);
	check_span("the rest", buf_span(&b), span_str("ef"));
	assert_int_equal(buf_room(&b), 6);
	assert_true(buf_append(&b, span_str("ghijkl")));
	check_span(
	    "room came back at the front", buf_span(&b), span_str("efghijkl"));
	assert_int_equal(buf_room(&b), 0);
	buf_consume(&b, 8);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(buf_room(&b), 8);
	buf_free(&b);
}

/* A queue whose content is checked against a counter. */
static void
any_mix_of_steps_keeps_the_order(void **state)
{
	unsigned char in = 0, out = 0;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t step = 0; step < 5000; step++) {
		size_t n = step * 37 % 91;
		size_t take = step * 53 % 89;
		unsigned char *room = (unsigned char *)buf_reserve(&b, n);
		struct span s;

		assert_int_equal(room != NULL, n <= 1000 - buf_len(&b));
		for (size_t i = 0; room != NULL && i < n; i++)
			room[i] = in++;
		buf_commit(&b, room != NULL ? n : 0);
		s = buf_span(&b);
		take = take < s.len ? take : s.len;
		for (size_t i = 0; i < take; i++)
			assert_int_equal((unsigned char)s.data[i], out++);
		buf_consume(&b, take);
		assert_true(b.cap <= 1000);
	}
	buf_free(&b);
}

static void
less_may_be_committed_than_reserved(void **state)
{
	struct buf b;
	char *room;

	(void)state;
	buf_init(&b, 10);
	room = buf_reserve(&b, 10);
	assert_non_null(room);
	memcpy(room, "abc", 3);
	buf_commit(&b, 3);
	check_span("committed", buf_span(&b), span_str("abc"));
	assert_non_null(buf_reserve(&b, 7));
	assert_null(buf_reserve(&b, 8));
	check_span("not committed", buf_span(&b), span_str("abc"));
	buf_free(&b);
}

static void
reserving_nothing_works_at_the_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	assert_true(buf_append(&b, span_str("abc")));
	assert_non_null(buf_reserve(&b, 0));
	buf_free(&b);
}

static void
clear_keeps_the_memory_and_free_gives_it_back(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_true(buf_append(&b, span_str("abc")));
	buf_clear(&b);
	assert_int_equal(buf_len(&b), 0);
	assert_non_null(b.data);
	buf_free(&b);
	assert_null(b.data);
	assert_int_equal(buf_room(&b), 100);
	assert_true(buf_append(&b, span_str("d")));
	check_span("usable after free", buf_span(&b), span_str("d"));
	buf_free(&b);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_buffer_is_empty_and_owns_nothing),
	    cmocka_unit_test(append_stops_at_the_maximum),
	    cmocka_unit_test(a_refused_append_changes_nothing),
	    cmocka_unit_test(bytes_leave_in_the_order_they_came),
	    cmocka_unit_test(any_mix_of_steps_keeps_the_order),
	    cmocka_unit_test(less_may_be_committed_than_reserved),
	    cmocka_unit_test(reserving_nothing_works_at_the_maximum),
	    cmocka_unit_test(clear_keeps_the_memory_and_free_gives_it_back),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
