/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/header.h"

static const struct {
	const char *row;
	struct span line;
	bool ok;
	struct span name;
	struct span body;
} lines[] = {
    {"a header", SPAN("Subject: hello"), true, SPAN("Subject"), SPAN(" hello")},
    {"no blank behind the colon", SPAN("Subject:hello"), true, SPAN("Subject"),
	SPAN("hello")},
    {"an empty body", SPAN("Subject:"), true, SPAN("Subject"), SPAN("")},
    {"blanks before the colon", SPAN("Subject \t: hello"), true,
	SPAN("Subject"), SPAN(" hello")},
    {"the first colon parts", SPAN("A: b: c"), true, SPAN("A"), SPAN(" b: c")},
    {"a folded body stays as it is", SPAN("A: b\r\n\tc\n d "), true, SPAN("A"),
	SPAN(" b\r\n\tc\n d ")},
    {"a body of any bytes", SPAN("A:\0\xff\r"), true, SPAN("A"),
	SPAN("\0\xff\r")},
    {"all signs that a name may have", SPAN("!#$%&'*+-.^_`|~09()<>@,;\\\"/:x"),
	true, SPAN("!#$%&'*+-.^_`|~09()<>@,;\\\"/"), SPAN("x")},
    {"no colon", SPAN("Subject"), false, SPAN(""), SPAN("")},
    {"nothing", SPAN(""), false, SPAN(""), SPAN("")},
    {"no name", SPAN(": body"), false, SPAN(""), SPAN("")},
    {"a name of blanks", SPAN(" \t: body"), false, SPAN(""), SPAN("")},
    {"a blank in front", SPAN(" A: b"), false, SPAN(""), SPAN("")},
    {"a blank inside the name", SPAN("A B: c"), false, SPAN(""), SPAN("")},
    {"a line end before the colon", SPAN("A\n : b"), false, SPAN(""), SPAN("")},
    {"a bare CR before the colon", SPAN("A\r: b"), false, SPAN(""), SPAN("")},
    {"a NUL inside the name", SPAN("A\0B: c"), false, SPAN(""), SPAN("")},
    {"DEL inside the name", SPAN("A\x7f: c"), false, SPAN(""), SPAN("")},
    {"0xff inside the name", SPAN("A\xff: c"), false, SPAN(""), SPAN("")},
    {"0x80 inside the name", SPAN("\x80: c"), false, SPAN(""), SPAN("")},
};

static void
lines_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct span line = exact_copy(lines[i].line);
		struct span name, body;
		bool ok = header_split(line, &name, &body);

		check_bool(lines[i].row, ok, lines[i].ok);
		if (ok) {
			check_span(lines[i].row, name, lines[i].name);
			check_span(lines[i].row, body, lines[i].body);
		}
		exact_free(line);
	}
}

static void
a_line_cut_short_has_no_name_before_its_colon(void **state)
{
	struct span line = span_str("X-Deliver-At : Fri, 25 Dec");
	struct span name, body;

	(void)state;
	for (size_t n = 0; n <= line.len; n++) {
		struct span part = exact_copy(span_head(line, n));

		assert_int_equal(header_split(part, &name, &body),
		    n >= strlen("X-Deliver-At :"));
		exact_free(part);
	}
}

static void
names_are_printable_ascii_without_colon(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		char c = (char)i;

		assert_int_equal(header_is_name(span_of(&c, 1)),
		    i > ' ' && i < 0x7f && i != ':');
	}
	assert_false(header_is_name(span_str("")));
	assert_false(header_is_name(span_str("A ")));
	assert_true(header_is_name(span_str("A")));
}

static const struct header_names names = {
    .name = {"X-Deliver-At", "Deliver-After", "x"}, .n = 3};

static const struct {
	const char *row;
	struct span name;
	int want;
} searches[] = {
    {"the first", SPAN("X-Deliver-At"), 0},
    {"the second, in another case", SPAN("deliver-AFTER"), 1},
    {"the last", SPAN("X"), 2},
    {"one byte short", SPAN("X-Deliver-A"), -1},
    {"one byte more", SPAN("X-Deliver-Att"), -1},
    {"a NUL behind", SPAN("x\0"), -1},
    {"nothing, though places behind the list are empty", SPAN(""), -1},
};

static void
names_are_found_in_any_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(searches); i++) {
		struct span name = exact_copy(searches[i].name);

		check_int(searches[i].row, header_find(&names, name),
		    searches[i].want);
		exact_free(name);
	}
}

static void
a_full_list_is_searched_to_its_end(void **state)
{
	struct header_names full = {.n = HEADER_NAMES_MAX};

	(void)state;
	for (size_t i = 0; i < full.n; i++) {
		memset(full.name[i], 'a' + (int)i, HEADER_NAME_SIZE - 1);
		full.name[i][HEADER_NAME_SIZE - 1] = '\0';
	}
	for (size_t i = 0; i < full.n; i++)
		assert_int_equal(header_find(&full, span_str(full.name[i])), i);
	assert_int_equal(header_find(&full, span_str("b")), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_split),
	    cmocka_unit_test(a_line_cut_short_has_no_name_before_its_colon),
	    cmocka_unit_test(names_are_printable_ascii_without_colon),
	    cmocka_unit_test(names_are_found_in_any_case),
	    cmocka_unit_test(a_full_list_is_searched_to_its_end),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
