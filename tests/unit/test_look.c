/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <stdio.h>
#include <unistd.h>

#include "policyd/look.h"

#define NAME_64                                                                \
	"a23456789012345678901234567890123456789012345678901234567890123z"

static const struct {
	const char *rule;
	uint64_t messages;
	const char *want;
} lines[] = {
    {"freeze", 1, "rule freeze gone: 1 message will be released"},
    {"freeze", 0, "rule freeze gone: 0 messages will be released"},
    {"freeze", 2, "rule freeze gone: 2 messages will be released"},
    {"a", UINT64_MAX,
	"rule a gone: 18446744073709551615 messages will be released"},
    {NAME_64, UINT64_MAX,
	"rule " NAME_64
	" gone: 18446744073709551615 messages will be released"},
};

static void
a_line_tells_how_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct span rule = exact_copy(span_str(lines[i].rule));
		char out[LOOK_LINE_SIZE];

		check_string(lines[i].want,
		    look_format(rule, lines[i].messages, out), lines[i].want);
		exact_free(rule);
	}
}

static const char *
printed(const struct look *look, char out[CAPTURE_SIZE])
{
	struct capture capture;

	capture_start(&capture, STDOUT_FILENO);
	look_print(look);
	return capture_stop(&capture, out);
}

static void
rules_are_told_as_they_came(void **state)
{
	static const char *const came[] = {
	    "b", "a", "b", NAME_64, "ab", "b", "a", NAME_64};
	struct look look = {.n = 0};
	char out[CAPTURE_SIZE];

	(void)state;
	check_string("none", printed(&look, out), "");
	for (size_t i = 0; i < COUNT_OF(came); i++) {
		struct span rule = exact_copy(span_str(came[i]));

		look_count(&look, rule);
		exact_free(rule);
	}
	for (int i = 0; i < 2; i++)
		check_string("all", printed(&look, out),
		    "rule b gone: 3 messages will be released\n"
		    "rule a gone: 2 messages will be released\n"
		    "rule " NAME_64 " gone: 2 messages will be released\n"
		    "rule ab gone: 1 message will be released\n");
	look_free(&look);
	check_string("none again", printed(&look, out), "");
	look_count(&look, span_str("c"));
	check_string("from the start", printed(&look, out),
	    "rule c gone: 1 message will be released\n");
	look_free(&look);
	look_free(&look);
}

static void
count_numbered(struct look *look, int number)
{
	char name[16];

	snprintf(name, sizeof(name), "r%d", number);
	look_count(look, span_str(name));
}

static void
rules_beyond_a_number_are_not_told_of(void **state)
{
	struct look look = {.n = 0};

	(void)state;
	for (int i = 1; i < LOOK_RULES_MAX; i++)
		count_numbered(&look, i);
	assert_int_equal(look.n, LOOK_RULES_MAX - 1);
	count_numbered(&look, LOOK_RULES_MAX);
	assert_int_equal(look.n, LOOK_RULES_MAX);
	count_numbered(&look, LOOK_RULES_MAX + 1);
	assert_int_equal(look.n, LOOK_RULES_MAX);
	count_numbered(&look, 1);
	count_numbered(&look, LOOK_RULES_MAX);
	assert_int_equal(look.rule[0].messages, 2);
	assert_int_equal(look.rule[1].messages, 1);
	assert_int_equal(look.rule[LOOK_RULES_MAX - 1].messages, 2);
	look_free(&look);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_tells_how_many),
	    cmocka_unit_test(rules_are_told_as_they_came),
	    cmocka_unit_test(rules_beyond_a_number_are_not_told_of),
	};

	return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
