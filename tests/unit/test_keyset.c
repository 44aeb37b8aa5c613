/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policyd/keyset.h"

static const struct hash_key key = {{17, 42}};

/* Each text in an exact block that is gone right after the call. */
static bool
add(struct keyset *set, struct span given)
{
	struct span text = exact_copy(given);
	bool added = keyset_add(set, hash_bytes(&key, text), text);

	exact_free(text);
	return added;
}

static bool
has(const struct keyset *set, struct span given)
{
	struct span text = exact_copy(given);
	bool found = keyset_has(set, hash_bytes(&key, text), text);

	exact_free(text);
	return found;
}

static const struct {
	const char *row;
	struct span text;
	bool want;
} asked[] = {
    {"the first", SPAN("ann@example.org"), true},
    {"one in the middle", SPAN("@example.org"), true},
    {"any bytes", SPAN("\xff\0\x01"), true},
    {"the last", SPAN("zoe"), true},
    {"nothing, which was added", SPAN(""), true},
    {"nothing at all", {NULL, 0}, true},
    {"a byte less", SPAN("ann@example.or"), false},
    {"a byte more", SPAN("ann@example.org\0"), false},
    {"another case", SPAN("Ann@example.org"), false},
    {"two that were added, as one", SPAN("zoe@example.org"), false},
};

static void
a_set_has_what_was_added(void **state)
{
	struct keyset set;

	(void)state;
	keyset_init(&set);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		check_bool(asked[i].row, has(&set, asked[i].text), false);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		if (asked[i].want)
			assert_true(add(&set, asked[i].text));
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		check_bool(
		    asked[i].row, has(&set, asked[i].text), asked[i].want);
	keyset_free(&set);
	assert_false(has(&set, asked[0].text));
	assert_true(add(&set, asked[0].text));
	assert_true(has(&set, asked[0].text));
	keyset_free(&set);
}

static void
what_is_there_is_not_added_again(void **state)
{
	struct keyset set;
	size_t n_bytes;

	(void)state;
	keyset_init(&set);
	assert_true(add(&set, span_str("ann")));
	assert_true(add(&set, span_str("")));
	n_bytes = set.n_bytes;
	for (int i = 0; i < 1000; i++) {
		assert_true(add(&set, span_str("ann")));
		assert_true(add(&set, span_str("")));
	}
	assert_int_equal(set.n, 2);
	assert_int_equal(set.n_bytes, n_bytes);
	keyset_free(&set);
}

static void
texts_of_one_hash_are_told_apart(void **state)
{
	static const char *const texts[] = {"a", "b", "cc", "dd", "", "f"};
	struct keyset set;

	(void)state;
	keyset_init(&set);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		for (size_t k = 0; k < COUNT_OF(texts); k++)
			check_bool(texts[k],
			    keyset_has(&set, 7, span_str(texts[k])), k < i);
		assert_true(keyset_add(&set, 7, span_str(texts[i])));
	}
	assert_int_equal(set.n, COUNT_OF(texts));
	keyset_free(&set);
}

/* Hashes that meet at the end of the table go on at its start. */
static void
a_search_goes_round_the_end(void **state)
{
	struct keyset set;

	(void)state;
	keyset_init(&set);
	assert_true(keyset_add(&set, UINT64_MAX, span_str("a")));
	assert_true(keyset_add(&set, UINT64_MAX - 8, span_str("b")));
	assert_true(keyset_add(&set, UINT64_MAX - 16, span_str("c")));
	assert_true(keyset_add(&set, 0, span_str("d")));
	assert_true(keyset_has(&set, UINT64_MAX, span_str("a")));
	assert_true(keyset_has(&set, UINT64_MAX - 8, span_str("b")));
	assert_true(keyset_has(&set, UINT64_MAX - 16, span_str("c")));
	assert_true(keyset_has(&set, 0, span_str("d")));
	assert_false(keyset_has(&set, UINT64_MAX - 24, span_str("a")));
	keyset_free(&set);
}

enum { MANY = 100 * 1000 };

static struct span
nth(size_t i, char text[32])
{
	snprintf(text, 32, "user%zu@example.org", i);
	return span_str(text);
}

static void
a_set_grows(void **state)
{
	struct keyset set;
	char text[32];

	(void)state;
	keyset_init(&set);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(add(&set, nth(i, text)));
		assert_true(set.n * 2 <= set.mask + 1);
		if ((i & (i - 1)) == 0)
			for (size_t k = 0; k <= 2 * i; k++)
				assert_int_equal(
				    has(&set, nth(k, text)), k <= i);
	}
	assert_int_equal(set.n, MANY);
	for (size_t i = 0; i < 2 * MANY; i++)
		assert_int_equal(has(&set, nth(i, text)), i < MANY);
	keyset_free(&set);
}

static void
a_text_longer_than_the_room_fits(void **state)
{
	struct keyset set;
	char long_text[5000];

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	for (size_t len = 1; len < sizeof(long_text); len += len / 3 + 1) {
		keyset_init(&set);
		assert_true(add(&set, span_str("ann")));
		assert_true(add(&set, span_of(long_text, len)));
		assert_true(has(&set, span_of(long_text, len)));
		assert_false(has(&set, span_of(long_text, len + 1)));
		assert_true(has(&set, span_str("ann")));
		keyset_free(&set);
	}
}

/* The bytes that are counted are never there: no 4 GiB are needed. */
static void
a_set_does_not_pass_four_gib(void **state)
{
	struct keyset set;
	char *bytes;
	size_t n_bytes;

	(void)state;
	keyset_init(&set);
	assert_true(add(&set, span_str("ann")));
	bytes = set.bytes;
	n_bytes = set.n_bytes;
	set.n_bytes = UINT32_MAX - 3;
	assert_false(add(&set, span_str("ben")));
	set.n_bytes = n_bytes;
	assert_ptr_equal(set.bytes, bytes);
	assert_int_equal(set.n, 1);
	assert_true(has(&set, span_str("ann")));
	assert_false(has(&set, span_str("ben")));
	assert_true(add(&set, span_str("ben")));
	assert_true(has(&set, span_str("ben")));
	keyset_free(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_set_has_what_was_added),
	    cmocka_unit_test(what_is_there_is_not_added_again),
	    cmocka_unit_test(texts_of_one_hash_are_told_apart),
	    cmocka_unit_test(a_search_goes_round_the_end),
	    cmocka_unit_test(a_set_grows),
	    cmocka_unit_test(a_text_longer_than_the_room_fits),
	    cmocka_unit_test(a_set_does_not_pass_four_gib),
	};

	return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
