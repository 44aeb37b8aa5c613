/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "policyd/ctl/queue_text.h"

enum { CHUNK = 256 * 1024, MANY = 5000 };

static void
test_copies_stay(void **state)
{
	static struct span copies[MANY];
	struct queue_text *t = queue_text_new();
	char text[64];

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		memset(text, 'a' + (int)(i % 26), sizeof(text));
		assert_true(queue_text_copy(
		    t, span_of(text, i % sizeof(text)), SIZE_MAX, &copies[i]));
	}
	for (size_t i = 0; i < MANY; i++) {
		check_int("length", (int64_t)copies[i].len, i % sizeof(text));
		for (size_t n = 0; n < copies[i].len; n++)
			assert_int_equal(copies[i].data[n], 'a' + i % 26);
	}
	queue_text_free(t);
}

static void
test_copies_are_cut(void **state)
{
	struct queue_text *t = queue_text_new();
	struct span copy;

	(void)state;
	assert_true(queue_text_copy(t, span_str("tea"), 4, &copy));
	check_span("less than it may", copy, span_str("tea"));
	assert_true(queue_text_copy(t, span_str("tea"), 3, &copy));
	check_span("as much as it may", copy, span_str("tea"));
	assert_true(queue_text_copy(t, span_str("tea"), 2, &copy));
	check_span("more than it may", copy, span_str("te"));
	assert_true(queue_text_copy(t, span_of(NULL, 0), 2, &copy));
	check_span("nothing", copy, span_str(""));
	assert_non_null(copy.data);
	queue_text_free(t);
}

/* Of the size of a chunk, and around it; each byte of them is there. */
static void
test_large_rooms(void **state)
{
	static const size_t sizes[] = {
	    0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 1};
	struct queue_text *t = queue_text_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char *room = queue_text_room(t, sizes[i]);
		struct span copy;

		assert_non_null(room);
		assert_int_equal((uintptr_t)room % _Alignof(max_align_t), 0);
		memset(room, 'x', sizes[i]);
		assert_true(queue_text_copy(t, span_str("odd"), 3, &copy));
		check_span("behind it", copy, span_str("odd"));
	}
	assert_null(queue_text_room(t, SIZE_MAX));
	assert_null(queue_text_room(t, SIZE_MAX - 8));
	queue_text_free(t);
}

/* Taken back, also across chunks, and used again. */
static void
test_what_was_taken_last_is_given_back(void **state)
{
	struct queue_text *t = queue_text_new();
	struct queue_text_mark empty = queue_text_mark(t), some;
	struct span first, copy;
	char *room, *again;

	(void)state;
	assert_true(queue_text_copy(t, span_str("first"), 5, &first));
	some = queue_text_mark(t);
	room = queue_text_room(t, 100);
	for (int i = 0; i < 3; i++)
		assert_non_null(queue_text_room(t, CHUNK - 1));
	queue_text_reset(t, some);
	again = queue_text_room(t, 100);
	assert_ptr_equal(room, again);
	check_span("what was there before", first, span_str("first"));
	queue_text_reset(t, empty);
	assert_true(queue_text_copy(t, span_str("new"), 3, &copy));
	check_span("all anew", copy, span_str("new"));
	queue_text_free(t);
	queue_text_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_copies_stay),
	    cmocka_unit_test(test_copies_are_cut),
	    cmocka_unit_test(test_large_rooms),
	    cmocka_unit_test(test_what_was_taken_last_is_given_back),
	};

	return cmocka_run_group_tests_name("queue_text", tests, NULL, NULL);
}
