/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/sched/submitter.h"

static const struct hash_key key = {{0x0123456789abcdef, 42}};

static uint64_t
of_login(struct span text)
{
	struct span exact = exact_copy(text);
	uint64_t hash = submitter_of_login(&key, exact);

	exact_free(exact);
	return hash;
}

static uint64_t
of_sender(struct span text)
{
	struct span exact = exact_copy(text);
	uint64_t hash = submitter_of_sender(&key, exact);

	exact_free(exact);
	return hash;
}

static const struct {
	const char *row;
	struct span a;
	struct span b;
	bool same_login;
	bool same_sender;
} pairs[] = {
    {"the same", SPAN("ann@a.test"), SPAN("ann@a.test"), true, true},
    {"another case", SPAN("Ann@A.TEST"), SPAN("ann@a.test"), false, true},
    {"all letters", SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
	SPAN("abcdefghijklmnopqrstuvwxyz"), false, true},
    {"what stands beside the letters", SPAN("@[`{"), SPAN("`{@["), false,
	false},
    {"letters beyond ASCII", SPAN("\xc3\x84"), SPAN("\xc3\xa4"), false, false},
    {"another text", SPAN("ann@a.test"), SPAN("ann@b.test"), false, false},
    {"longer", SPAN("ann"), SPAN("anna"), false, false},
    {"a NUL behind it", SPAN("ann"), SPAN("ann\0"), false, false},
    {"behind a NUL", SPAN("ann\0a"), SPAN("ann\0b"), false, false},
    {"a blank in front", SPAN("ann"), SPAN(" ann"), false, false},
    {"empty", {"", 0}, {NULL, 0}, true, true},
    {"empty and a NUL", {"", 0}, SPAN("\0"), false, false},
};

static void
who_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		check_bool(pairs[i].row,
		    of_login(pairs[i].a) == of_login(pairs[i].b),
		    pairs[i].same_login);
		check_bool(pairs[i].row,
		    of_sender(pairs[i].a) == of_sender(pairs[i].b),
		    pairs[i].same_sender);
	}
}

static void
a_login_is_no_sender(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		check_bool(pairs[i].row,
		    of_login(pairs[i].a) == of_sender(pairs[i].a), false);
}

static void
a_key_makes_others_of_all(void **state)
{
	static const struct hash_key other = {{0x0123456789abcdef, 43}};
	struct span ann = span_str("ann");

	(void)state;
	assert_true(of_login(ann) != submitter_of_login(&other, ann));
	assert_true(of_sender(ann) != submitter_of_sender(&other, ann));
}

enum { LENGTHS = 1200 };

/* However long: each byte counts, and so does how many there are. */
static void
every_byte_counts(void **state)
{
	static uint64_t seen[2 * LENGTHS];
	char text[LENGTHS];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t n = 0; n < LENGTHS; n++) {
		seen[n] = of_sender(span_of(text, n));
		text[n] = 'b';
		seen[LENGTHS + n] = of_sender(span_of(text, LENGTHS));
		text[n] = 'a';
	}
	for (size_t i = 0; i < COUNT_OF(seen); i++)
		for (size_t j = 0; j < i; j++)
			assert_true(seen[i] != seen[j]);
}

static void
long_senders_are_in_lower_case(void **state)
{
	char upper[LENGTHS], lower[LENGTHS];

	(void)state;
	memset(upper, 'A', sizeof(upper));
	memset(lower, 'a', sizeof(lower));
	for (size_t n = 0; n < LENGTHS; n++)
		assert_true(of_sender(span_of(upper, n)) ==
		    of_sender(span_of(lower, n)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_is_the_same),
	    cmocka_unit_test(a_login_is_no_sender),
	    cmocka_unit_test(a_key_makes_others_of_all),
	    cmocka_unit_test(every_byte_counts),
	    cmocka_unit_test(long_senders_are_in_lower_case),
	};

	return cmocka_run_group_tests_name("submitter", tests, NULL, NULL);
}
