/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <stdio.h>

#include "hdrcheck/base/json.h"

enum { ROOM = 4096 };

static const struct {
	const char *row;
	struct span in;
	const char *want; /* between the quotes */
} strings[] = {
    {"nothing", SPAN(""), ""},
    {"nothing at all", {NULL, 0}, ""},
    {"letters", SPAN("abc"), "abc"},
    {"quotes and backslashes", SPAN("\"a\\\""), "\\\"a\\\\\\\""},
    {"a slash needs no escape", SPAN("a/b"), "a/b"},
    {"the ends of a line", SPAN("a\r\n\tb"), "a\\r\\n\\tb"},
    {"a NUL", SPAN("a\0b"), "a\\u0000b"},
    {"an escape sequence", SPAN("\033[2J"), "\\u001b[2J"},
    {"the last control character, and a blank", SPAN("\x1f "), "\\u001f "},
    {"a tilde and a DEL", SPAN("~\x7f"), "~\\u007f"},
    {"a control character above them", SPAN("\xc2\x9b"), "\\u009b"},
    {"the first and the last of those", SPAN("\xc2\x80\xc2\x9f"),
	"\\u0080\\u009f"},
    {"the character behind them", SPAN("\xc2\xa0"), "\xc2\xa0"},
    {"what turns the direction of writing",
	SPAN("\xd8\x9c\xe2\x80\x8e\xe2\x80\xae\xe2\x81\xa6"),
	"\\u061c\\u200e\\u202e\\u2066"},
    {"two bytes", SPAN("\xc3\xa4\xdf\xbf"), "\xc3\xa4\xdf\xbf"},
    {"three bytes, the least and the greatest",
	SPAN("\xe0\xa0\x80\xef\xbf\xbf"), "\xe0\xa0\x80\xef\xbf\xbf"},
    {"those around the surrogates", SPAN("\xed\x9f\xbf\xee\x80\x80"),
	"\xed\x9f\xbf\xee\x80\x80"},
    {"four bytes, the least and the greatest",
	SPAN("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
    {"a tail alone", SPAN("\x80z"), "\xef\xbf\xbdz"},
    {"Latin-1", SPAN("M\xfcller"), "M\xef\xbf\xbdller"},
    {"two bytes that one would do for", SPAN("\xc1\xbf"),
	"\xef\xbf\xbd\xef\xbf\xbd"},
    {"three that two would do for", SPAN("\xe0\x9f\xbf"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"four that three would do for", SPAN("\xf0\x8f\xbf\xbf"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"a surrogate", SPAN("\xed\xa0\x80"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"past the last character", SPAN("\xf4\x90\x80\x80"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"a lead byte that was never one", SPAN("\xf5\xff"),
	"\xef\xbf\xbd\xef\xbf\xbd"},
    {"one behind the last lead byte", SPAN("\xf5\x80\x80\x80"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"two bytes cut off", SPAN("a\xc3"), "a\xef\xbf\xbd"},
    {"three bytes cut off", SPAN("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd"},
    {"four bytes cut off", SPAN("\xf0\x9f\x98"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"no tail behind two", SPAN("\xc3\x28"), "\xef\xbf\xbd("},
    {"no tail behind three", SPAN("\xe2\x82\x28"), "\xef\xbf\xbd\xef\xbf\xbd("},
    {"no tail behind four", SPAN("\xf0\x9f\x98\x28"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd("},
};

static void
strings_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		struct span in = exact_copy(strings[i].in);
		struct json j;
		struct buf out;
		char want[256];

		buf_init(&out, ROOM);
		json_open(&j, &out);
		json_string(&j, "a", in);
		check_bool(strings[i].row, json_close(&j), true);
		snprintf(want, sizeof(want), "{\"a\":\"%s\"}", strings[i].want);
		check_span(strings[i].row, buf_span(&out), span_str(want));
		buf_free(&out);
		exact_free(in);
	}
}

/* Behind what the buffer has already, as a line of others. */
static void
write_all(struct json *j, struct buf *out)
{
	json_open(j, out);
	json_string(j, "s", span_str("x"));
	json_int(j, "i", -7);
	json_bool(j, "t", true);
	json_bool(j, "f", false);
	json_null(j, "n");
	json_utc(j, "u", 0);
	json_seconds(j, "d", 12345678);
	json_string_or_null(j, "e", span_str(""));
	json_string_or_null(j, "o", span_str("y"));
	json_begin_array(j, "a");
	json_element(j, span_str("p"));
	json_element(j, span_str("q"));
	json_end_array(j);
	json_begin_array(j, "b");
	json_end_array(j);
	json_begin_object(j, "c");
	json_begin_object(j, "g");
	json_int(j, "h", 1);
	json_end_object(j);
	json_int(j, "k", 2);
	json_end_object(j);
	json_int(j, "l", 3);
}

static const char all[] =
    "{\"s\":\"x\",\"i\":-7,\"t\":true,\"f\":false,\"n\":null,"
    "\"u\":\"1970-01-01T00:00:00Z\",\"d\":0.012,\"e\":null,\"o\":\"y\","
    "\"a\":[\"p\",\"q\"],\"b\":[],\"c\":{\"g\":{\"h\":1},\"k\":2},\"l\":3}";

static void
members_have_commas_between_them(void **state)
{
	struct json j;
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	buf_append(&out, span_str("before "));
	write_all(&j, &out);
	assert_true(json_close(&j));
	check_span("all kinds", span_skip(buf_span(&out), 7), span_str(all));
	buf_clear(&out);
	json_open(&j, &out);
	assert_true(json_close(&j));
	check_span("no member", buf_span(&out), span_str("{}"));
	buf_free(&out);
}

/* In less room than it needs an object is cut, which is told. */
static void
what_does_not_fit_is_told(void **state)
{
	size_t len = sizeof(all) - 1;

	(void)state;
	for (size_t max = 0; max <= len + 1; max++) {
		struct json j;
		struct buf out;

		buf_init(&out, max);
		write_all(&j, &out);
		assert_int_equal(json_close(&j), max >= len);
		assert_true(buf_len(&out) <= max);
		assert_memory_equal(buf_span(&out).data, all, buf_len(&out));
		buf_free(&out);
	}
}

static const struct {
	const char *row;
	int64_t ns;
	const char *want;
} seconds[] = {
    {"none", 0, "0.000"},
    {"less than a thousandth", 999999, "0.000"},
    {"a thousandth", 1000000, "0.001"},
    {"nearly one", 999999999, "0.999"},
    {"one", 1000000000, "1.000"},
    {"many", INT64_C(86400123456789), "86400.123"},
    {"less than none", -1500000000, "-1.500"},
    {"a little less than none", -1000000, "-0.001"},
    {"too little to be less than none", -999999, "0.000"},
    {"the most", INT64_MAX, "9223372036.854"},
    {"the least", INT64_MIN, "-9223372036.854"},
};

static void
seconds_have_three_digits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(seconds); i++) {
		char want[64];
		struct json j;
		struct buf out;

		buf_init(&out, ROOM);
		json_open(&j, &out);
		json_seconds(&j, "s", seconds[i].ns);
		json_close(&j);
		snprintf(want, sizeof(want), "{\"s\":%s}", seconds[i].want);
		check_span(seconds[i].row, buf_span(&out), span_str(want));
		buf_free(&out);
	}
}

static void
integers_may_be_of_any_size(void **state)
{
	struct json j;
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	json_open(&j, &out);
	json_int(&j, "a", INT64_MIN);
	json_int(&j, "b", INT64_MAX);
	json_close(&j);
	check_span("both ends", buf_span(&out),
	    span_str("{\"a\":-9223372036854775808,\"b\":9223372036854775807}"));
	buf_free(&out);
}

static const struct {
	const char *row;
	struct span in;
	struct span want; /* NULL: no JSON */
} escapes[] = {
    {"nothing", SPAN(""), SPAN("")},
    {"nothing at all", {NULL, 0}, SPAN("")},
    {"no escape", SPAN("abc"), SPAN("abc")},
    {"UTF-8", SPAN("\xc3\xa4"), SPAN("\xc3\xa4")},
    {"what is no UTF-8", SPAN("\xff\x80"), SPAN("\xff\x80")},
    {"a control character", SPAN("a\tb\0c"), SPAN("a\tb\0c")},
    {"those of one letter", SPAN("\\\"\\\\\\/\\b\\f\\n\\r\\t"),
	SPAN("\"\\/\b\f\n\r\t")},
    {"one byte", SPAN("\\u0041\\u007f"), SPAN("A\x7f")},
    {"a NUL", SPAN("\\u0000"), SPAN("\0")},
    {"two bytes", SPAN("\\u0080\\u07ff"), SPAN("\xc2\x80\xdf\xbf")},
    {"three bytes", SPAN("\\u0800\\uffff"), SPAN("\xe0\xa0\x80\xef\xbf\xbf")},
    {"digits in both cases", SPAN("\\u00eF"), SPAN("\xc3\xaf")},
    {"a pair", SPAN("\\ud83d\\ude00"), SPAN("\xf0\x9f\x98\x80")},
    {"the first and the last pair", SPAN("\\ud800\\udc00\\udbff\\udfff"),
	SPAN("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
    {"the first half alone", SPAN("\\ud83dx"), SPAN("\xef\xbf\xbdx")},
    {"the second half alone", SPAN("\\ude00"), SPAN("\xef\xbf\xbd")},
    {"the first and the last half alone", SPAN("\\udfff\\ud800"),
	SPAN("\xef\xbf\xbd\xef\xbf\xbd")},
    {"two first halves", SPAN("\\ud800\\ud83d\\ude00"),
	SPAN("\xef\xbf\xbd\xf0\x9f\x98\x80")},
    {"two second halves", SPAN("\\udc00\\udc00"),
	SPAN("\xef\xbf\xbd\xef\xbf\xbd")},
    {"a first half before another escape", SPAN("\\ud83d\\n"),
	SPAN("\xef\xbf\xbd\n")},
    {"a first half before another character", SPAN("\\ud83d\\u0041"),
	SPAN("\xef\xbf\xbd\x41")},
    {"those around the halves", SPAN("\\ud7ff\\ue000"),
	SPAN("\xed\x9f\xbf\xee\x80\x80")},
    {"a backslash alone", SPAN("a\\"), {NULL, 0}},
    {"an unknown letter", SPAN("\\x41"), {NULL, 0}},
    {"a capital letter", SPAN("\\N"), {NULL, 0}},
    {"a capital U", SPAN("\\U0041"), {NULL, 0}},
    {"a NUL as the letter", SPAN("\\\0"), {NULL, 0}},
    {"no digit", SPAN("\\u"), {NULL, 0}},
    {"three digits", SPAN("\\u004"), {NULL, 0}},
    {"three digits and something else", SPAN("\\u004g"), {NULL, 0}},
    {"a minus", SPAN("\\u-041"), {NULL, 0}},
    {"half a pair, and an escape of another letter", SPAN("\\ud83d\\xde00"),
	{NULL, 0}},
    {"a broken escape behind half a pair", SPAN("\\ud83d\\u12"), {NULL, 0}},
};

static void
escapes_are_undone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(escapes); i++) {
		struct span in = exact_copy(escapes[i].in);
		bool fine = escapes[i].want.data != NULL;
		struct buf out;

		buf_init(&out, ROOM);
		assert_true(buf_append(&out, span_str(">")));
		check_bool(escapes[i].row, json_unescape(in, &out), fine);
		check_span(escapes[i].row, span_skip(buf_span(&out), 1),
		    fine ? escapes[i].want : span_str(""));
		buf_free(&out);
		exact_free(in);
	}
}

static void
what_has_no_room_is_not_unescaped(void **state)
{
	struct span in = SPAN("ab\\u00e4\\n");

	(void)state;
	for (size_t max = 1; max <= 7; max++) {
		struct buf out;

		buf_init(&out, max);
		buf_append(&out, span_str(">"));
		assert_int_equal(json_unescape(in, &out), max >= 6);
		assert_int_equal(buf_len(&out), max >= 6 ? 6 : 1);
		buf_free(&out);
	}
}

/* Whatever the bytes: what was written is read back, but for what is no text.
 */
static void
every_character_comes_back(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char bytes[] = {'<', (char)c, '>'};
		struct span in = span_of(bytes, sizeof(bytes));
		struct json j;
		struct buf text, back;

		buf_init(&text, ROOM);
		buf_init(&back, ROOM);
		json_open(&j, &text);
		json_string(&j, "a", in);
		assert_true(json_close(&j));
		assert_true(json_unescape(
		    span_of(buf_span(&text).data + 6, buf_len(&text) - 8),
		    &back));
		check_span("a byte", buf_span(&back),
		    c < 0x80 ? in : span_str("<\xef\xbf\xbd>"));
		buf_free(&text);
		buf_free(&back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strings_are_escaped),
	    cmocka_unit_test(members_have_commas_between_them),
	    cmocka_unit_test(what_does_not_fit_is_told),
	    cmocka_unit_test(seconds_have_three_digits),
	    cmocka_unit_test(integers_may_be_of_any_size),
	    cmocka_unit_test(escapes_are_undone),
	    cmocka_unit_test(what_has_no_room_is_not_unescaped),
	    cmocka_unit_test(every_character_comes_back),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
