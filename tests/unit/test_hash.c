/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <stdio.h>

#include "hdrcheck/base/hash.h"

/* The key of the official vectors: the bytes 00 to 0f. */
static const struct hash_key counting = {
    {0x0706050403020100, 0x0f0e0d0c0b0a0908}};

/* Of the official vectors: texts are the bytes 00, 01, 02, ... */
static const struct {
	size_t len;
	uint64_t want;
} vectors[] = {
    {0, 0x726fdb47dd0e0e31},
    {1, 0x74f839c593dc67fd},
    {2, 0x0d6c8009d9a94f5a},
    {3, 0x85676696d7fb7e2d},
    {4, 0xcf2794e0277187b7},
    {5, 0x18765564cd99a68d},
    {6, 0xcbc9466e58fee3ce},
    {7, 0xab0200f58b01d137},
    {8, 0x93f5f5799a932462},
    {9, 0x9e0082df0ba9e4b0},
    {15, 0xa129ca6149be45e5}, /* the one of the paper */
    {16, 0x3f2acc7f57c29bdb},
    {17, 0x699ae9f52cbe4794},
    {63, 0x958a324ceb064572},
};

static void
the_official_vectors_come_out(void **state)
{
	char bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct span text = exact_copy(span_of(bytes, vectors[i].len));
		char row[32];

		snprintf(row, sizeof(row), "%zu bytes", vectors[i].len);
		check_bool(
		    row, hash_bytes(&counting, text) == vectors[i].want, true);
		exact_free(text);
	}
}

static void
nothing_has_a_hash(void **state)
{
	(void)state;
	assert_true(hash_bytes(&counting, span_of(NULL, 0)) == vectors[0].want);
}

static void
each_half_of_the_key_counts(void **state)
{
	struct span text = span_str("ann@example.org");
	uint64_t want = hash_bytes(&counting, text);

	(void)state;
	for (unsigned bit = 0; bit < 128; bit++) {
		struct hash_key other = counting;

		other.k[bit / 64] ^= (uint64_t)1 << bit % 64;
		assert_true(hash_bytes(&other, text) != want);
	}
}

static void
bytes_above_127_count_as_they_are(void **state)
{
	(void)state;
	assert_true(hash_bytes(&counting, span_str("\xff")) !=
	    hash_bytes(&counting, span_str("\x7f")));
	assert_true(hash_bytes(&counting, span_str("\x80zzzzzzz")) !=
	    hash_bytes(&counting, span_str("\x80ZZZZZZZ")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_official_vectors_come_out),
	    cmocka_unit_test(nothing_has_a_hash),
	    cmocka_unit_test(each_half_of_the_key_counts),
	    cmocka_unit_test(bytes_above_127_count_as_they_are),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
