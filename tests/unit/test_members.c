/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "tests/unit/support.h"

#include "policyd/ctl/members.h"

static const struct {
	const char *row;
	struct span line;
	bool want;
} lines[] = {
    {"an object", SPAN("{\"a\": 1}"), true},
    {"an empty one", SPAN("{}"), true},
    {"blanks behind", SPAN("{} "), true},
    {"UTF-8", SPAN("{\"a\":\"caf\xC3\xA9\"}"), true},
    {"U+00A0", SPAN("{\"a\":\"\xC2\xA0\"}"), true},
    {"C2 as the last byte", SPAN("{}\xC2"), false},
    {"nothing", {"", 0}, false},
    {"half an object", SPAN("{\"a\": 1"), false},
    {"no object", SPAN("[1]"), false},
    {"something behind", SPAN("{} {}"), false},
    {"an escape character", SPAN("{\"a\":\"\x1B[2J\"}"), false},
    {"a NUL", SPAN("{\"a\":\"\0\"}"), false},
    {"a line end", SPAN("{\"a\":\n1}"), false},
    {"DEL", SPAN("{\"a\":\"\x7F\"}"), false},
    {"CSI of ISO 6429", SPAN("{\"a\":\"\xC2\x9B\"}"), false},
};

static void
lines_are_objects(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct span copy = exact_copy(lines[i].line);
		struct members m;

		check_bool(
		    lines[i].row, members_parse(copy, &m), lines[i].want);
		exact_free(copy);
	}
}

static void
parse(struct span line, struct members *m)
{
	assert_true(members_parse(line, m));
}

static void
values_have_kinds(void **state)
{
	struct members m;
	struct buf room;
	struct span s;
	uint64_t n = 7;
	int64_t at = 7;
	bool yes = false;

	(void)state;
	buf_init(&room, 64);
	parse(span_str("{\"s\":\"a\\u0041\\n\",\"n\":12,\"t\":true,\"f\":false,"
		       "\"z\":null,\"o\":{\"n\":3},\"m\":-1}"),
	    &m);
	assert_true(members_string(&m, "s", &room, &s));
	check_span("a string without its escapes", s, span_str("aA\n"));
	assert_true(members_string(&m, "s", &room, &s));
	check_span("a string again", s, span_str("aA\n"));
	check_bool(
	    "a number is no string", members_string(&m, "n", &room, &s), false);
	check_bool("nor is null", members_string(&m, "z", &room, &s), false);
	check_bool(
	    "nor what is not there", members_string(&m, "y", &room, &s), false);
	check_bool("a number", members_number(&m, "n", &n), true);
	check_int("a number", (int64_t)n, 12);
	check_bool("one below 0", members_number(&m, "m", &n), false);
	check_bool("a string is no number", members_number(&m, "s", &n), false);
	check_bool("true", members_bool(&m, "t", &yes) && yes, true);
	check_bool("false", members_bool(&m, "f", &yes) && !yes, true);
	check_bool("a number is no bool", members_bool(&m, "n", &yes), false);
	check_bool(
	    "null is found as nothing", members_find(&m, "z", &s), false);
	check_bool("there is no such member", members_find(&m, "y", &s), false);
	check_bool("nor such a bool", members_bool(&m, "y", &yes), false);
	check_bool("nor such a number", members_number(&m, "y", &n), false);
	check_bool("nor such a time", members_time(&m, "y", &at), false);
	check_bool("a number is no time", members_time(&m, "n", &at), false);
	assert_true(members_find(&m, "o", &s));
	check_span("an object is raw", s, span_str("{\"n\":3}"));
	buf_free(&room);
}

static const struct {
	const char *row;
	const char *line;
	int64_t want; /* -1: none */
} times[] = {
    {"to the second", "{\"t\":\"1970-01-02T00:00:01Z\"}", 86401},
    {"with milliseconds, not rounded", "{\"t\":\"1970-01-02T00:00:01.999Z\"}",
	86401},
    {"never", "{\"t\":\"never\"}", -1},
    {"no zone", "{\"t\":\"1970-01-02T00:00:01\"}", -1},
    {"another zone", "{\"t\":\"1970-01-02T00:00:01+01:00\"}", -1},
    {"no such day", "{\"t\":\"1970-02-30T00:00:01Z\"}", -1},
    {"a never of a rule", "{\"t\":\"never (rule abcdefgh) Z\"}", -1},
    {"empty", "{\"t\":\"\"}", -1},
    {"a number", "{\"t\":86401}", -1},
};

static void
times_are_of_utc(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		struct members m;
		int64_t got = -1;

		parse(span_str(times[i].line), &m);
		check_bool(times[i].row, members_time(&m, "t", &got),
		    times[i].want >= 0);
		check_int(times[i].row, got, times[i].want);
	}
}

static void
members_are_bounded(void **state)
{
	char line[MEMBERS_MAX * 16] = "{";
	struct members m;

	(void)state;
	for (int i = 0; i <= MEMBERS_MAX; i++) {
		size_t n = strlen(line);

		snprintf(line + n, sizeof(line) - n, "\"m%d\":0}", i);
		check_bool("members up to the most",
		    members_parse(span_str(line), &m), i < MEMBERS_MAX);
		line[strlen(line) - 1] = ',';
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_objects),
	    cmocka_unit_test(values_have_kinds),
	    cmocka_unit_test(times_are_of_utc),
	    cmocka_unit_test(members_are_bounded),
	};

	return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}
