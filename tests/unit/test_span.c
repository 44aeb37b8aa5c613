/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "tests/unit/support.h"

static const struct {
	const char *row;
	struct span a;
	struct span b;
	bool equal;
	bool equal_nocase;
} equals[] = {
    {"two empty spans", SPAN(""), SPAN(""), true, true},
    {"no bytes at all and an empty span", {NULL, 0}, SPAN(""), true, true},
    {"the same bytes", SPAN("abc"), SPAN("abc"), true, true},
    {"another case", SPAN("aBc"), SPAN("AbC"), false, true},
    {"the ends of the alphabet", SPAN("AZaz"), SPAN("azAZ"), false, true},
    {"neighbours of the letters", SPAN("@["), SPAN("`{"), false, false},
    {"one byte longer", SPAN("abc"), SPAN("abcd"), false, false},
    {"a NUL inside", SPAN("a\0b"), SPAN("a\0b"), true, true},
    {"a difference behind a NUL", SPAN("a\0b"), SPAN("a\0c"), false, false},
    {"bytes with the high bit", SPAN("\xe4"), SPAN("\xc4"), false, false},
};

static void
equal_compares_all_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(equals); i++) {
		struct span a = exact_copy(equals[i].a);
		struct span b = exact_copy(equals[i].b);

		check_bool(equals[i].row, span_equal(a, b), equals[i].equal);
		check_bool(equals[i].row, span_equal_nocase(a, b),
		    equals[i].equal_nocase);
		exact_free(a);
		exact_free(b);
	}
}

static void
equal_str_leaves_the_nul_out(void **state)
{
	(void)state;
	assert_true(span_equal_str(span_str("abc"), "abc"));
	assert_false(span_equal_str(span_of("abc", 4), "abc"));
	assert_false(span_equal_str(span_of("abc", 2), "abc"));
	assert_true(span_equal_str(span_of(NULL, 0), ""));
}

static const struct {
	const char *row;
	struct span s;
	const char *prefix;
	bool want;
} prefixes[] = {
    {"anything starts with nothing", SPAN("abc"), "", true},
    {"itself", SPAN("abc"), "abc", true},
    {"a shorter one", SPAN("abc"), "ab", true},
    {"a longer one", SPAN("abc"), "abcd", false},
    {"case counts", SPAN("abc"), "AB", false},
    {"the empty span starts with nothing", SPAN(""), "", true},
    {"the empty span starts with no letter", SPAN(""), "a", false},
};

static void
starts_with_looks_at_the_front(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		struct span s = exact_copy(prefixes[i].s);

		check_bool(prefixes[i].row,
		    span_starts_with(s, prefixes[i].prefix), prefixes[i].want);
		exact_free(s);
	}
}

static void
head_and_skip_part_a_span(void **state)
{
	struct span s = span_str("abcdef");

	(void)state;
	for (size_t n = 0; n <= s.len; n++) {
		assert_int_equal(span_head(s, n).len, n);
		assert_ptr_equal(span_head(s, n).data, s.data);
		assert_int_equal(span_skip(s, n).len, s.len - n);
		assert_ptr_equal(span_skip(s, n).data, s.data + n);
	}
}

static const struct {
	const char *row;
	struct span s;
	struct span want;
} trims[] = {
    {"nothing to trim", SPAN("abc"), SPAN("abc")},
    {"blanks at both ends", SPAN(" \t\r\nabc\n\r\t "), SPAN("abc")},
    {"blanks inside stay", SPAN(" a b "), SPAN("a b")},
    {"only blanks", SPAN(" \t\r\n"), SPAN("")},
    {"the empty span", SPAN(""), SPAN("")},
    {"one byte", SPAN("x"), SPAN("x")},
    {"NUL, vertical tab and form feed are no blanks", SPAN("\0a\v\f"),
	SPAN("\0a\v\f")},
    {"a no-break space is no blank", SPAN("\xa0x\xa0"), SPAN("\xa0x\xa0")},
};

static void
trim_takes_blanks_off_both_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(trims); i++) {
		struct span s = exact_copy(trims[i].s);

		check_span(trims[i].row, span_trim(s), trims[i].want);
		exact_free(s);
	}
}

static const struct {
	const char *row;
	struct span s;
	bool found;
	struct span head;
	struct span rest;
} cuts[] = {
    {"in the middle", SPAN("ab=cd"), true, SPAN("ab"), SPAN("cd")},
    {"the first of two", SPAN("a=b=c"), true, SPAN("a"), SPAN("b=c")},
    {"at the front", SPAN("=cd"), true, SPAN(""), SPAN("cd")},
    {"at the end", SPAN("ab="), true, SPAN("ab"), SPAN("")},
    {"alone", SPAN("="), true, SPAN(""), SPAN("")},
    {"none", SPAN("abcd"), false, SPAN("untouched"), SPAN("abcd")},
    {"the empty span", SPAN(""), false, SPAN("untouched"), SPAN("")},
    {"no bytes at all", {NULL, 0}, false, SPAN("untouched"), {NULL, 0}},
    {"behind a NUL", SPAN("a\0=b"), true, SPAN("a\0"), SPAN("b")},
};

static void
cut_parts_at_the_first_separator(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		struct span s = exact_copy(cuts[i].s);
		struct span rest = s;
		struct span head = span_str("untouched");

		check_bool(
		    cuts[i].row, span_cut(&rest, '=', &head), cuts[i].found);
		check_span(cuts[i].row, head, cuts[i].head);
		check_span(cuts[i].row, rest, cuts[i].rest);
		exact_free(s);
	}
}

static const struct {
	const char *row;
	struct span list;
	const char *want; /* items, each followed by a bar */
} lists[] = {
    {"nothing", SPAN(""), ""},
    {"only gaps", SPAN(" ,\t,\r\n, "), ""},
    {"one item", SPAN("a"), "a|"},
    {"commas", SPAN("a,b,c"), "a|b|c|"},
    {"blanks", SPAN("a b\tc\nd\re"), "a|b|c|d|e|"},
    {"commas and blanks mixed, at both ends too", SPAN(" ,a , b,,c, "),
	"a|b|c|"},
    {"other signs belong to the item", SPAN("a;b 10.0.0.0/8"),
	"a;b|10.0.0.0/8|"},
};

static void
next_item_walks_a_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct span list = exact_copy(lists[i].list);
		struct span rest = list;
		struct span item;
		struct buf got;

		buf_init(&got, 100);
		while (span_next_item(&rest, &item)) {
			assert_true(buf_append(&got, item));
			assert_true(buf_append(&got, span_str("|")));
		}
		check_span(
		    lists[i].row, buf_span(&got), span_str(lists[i].want));
		check_bool(lists[i].row, span_next_item(&rest, &item), false);
		buf_free(&got);
		exact_free(list);
	}
}

static const struct {
	const char *row;
	struct span text;
	const char *want; /* words, each followed by a bar */
} sentences[] = {
    {"nothing", {"", 0}, ""},
    {"no bytes at all", {NULL, 0}, ""},
    {"only blanks", SPAN(" \t\r\n "), ""},
    {"one word", SPAN("a"), "a|"},
    {"blanks of all kinds", SPAN("a b\tc\nd\re"), "a|b|c|d|e|"},
    {"several blanks, at both ends too", SPAN(" \ta  bc \r\n"), "a|bc|"},
    {"commas belong to the word", SPAN("a,b ,c"), "a,b|,c|"},
    {"vertical tab and form feed belong to it", SPAN("a\vb\f c"), "a\vb\f|c|"},
};

static void
next_word_walks_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sentences); i++) {
		struct span text = exact_copy(sentences[i].text);
		struct span rest = text;
		struct span word;
		struct buf got;

		buf_init(&got, 100);
		while (span_next_word(&rest, &word)) {
			assert_true(buf_append(&got, word));
			assert_true(buf_append(&got, span_str("|")));
		}
		check_span(sentences[i].row, buf_span(&got),
		    span_str(sentences[i].want));
		assert_int_equal(word.len, 0);
		check_bool(
		    sentences[i].row, span_next_word(&rest, &word), false);
		assert_ptr_equal(
		    rest.data, text.len > 0 ? text.data + text.len : text.data);
		buf_free(&got);
		exact_free(text);
	}
}

#define REFUSED UINT64_C(0xdeadbeef) /* the number was left alone */

static const struct {
	const char *row;
	struct span s;
	uint64_t max;
	bool ok;
	uint64_t want;
} numbers[] = {
    {"one below the maximum", SPAN("99"), 100, true, 99},
    {"the maximum", SPAN("100"), 100, true, 100},
    {"one above the maximum", SPAN("101"), 100, false, REFUSED},
    {"ten times the maximum", SPAN("1000"), 100, false, REFUSED},
    {"zero", SPAN("0"), 100, true, 0},
    {"zero as the maximum", SPAN("0"), 0, true, 0},
    {"one above the maximum zero", SPAN("1"), 0, false, REFUSED},
    {"a maximum of one digit", SPAN("7"), 7, true, 7},
    {"one above a maximum of one digit", SPAN("8"), 7, false, REFUSED},
    {"leading zeros", SPAN("000042"), 100, true, 42},
    {"2^64 - 2", SPAN("18446744073709551614"), UINT64_MAX, true,
	UINT64_MAX - 1},
    {"2^64 - 1", SPAN("18446744073709551615"), UINT64_MAX, true, UINT64_MAX},
    {"2^64", SPAN("18446744073709551616"), UINT64_MAX, false, REFUSED},
    {"2^64 + 1", SPAN("18446744073709551617"), UINT64_MAX, false, REFUSED},
    {"2^63", SPAN("9223372036854775808"), INT64_MAX, false, REFUSED},
    {"2^63 - 1", SPAN("9223372036854775807"), INT64_MAX, true, INT64_MAX},
    {"nothing", SPAN(""), 100, false, REFUSED},
    {"a sign", SPAN("+1"), 100, false, REFUSED},
    {"a minus", SPAN("-1"), 100, false, REFUSED},
    {"a blank in front", SPAN(" 1"), 100, false, REFUSED},
    {"a blank behind", SPAN("1 "), 100, false, REFUSED},
    {"a NUL behind", SPAN("1\0"), 100, false, REFUSED},
    {"the byte before 0", SPAN("/"), 100, false, REFUSED},
    {"the byte after 9", SPAN(":"), 100, false, REFUSED},
    {"0xff", SPAN("\xff"), UINT64_MAX, false, REFUSED},
    {"a hexadecimal number", SPAN("0x10"), 100, false, REFUSED},
};

static void
to_u64_reads_digits_up_to_a_maximum(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct span s = exact_copy(numbers[i].s);
		uint64_t value = REFUSED;

		check_bool(numbers[i].row,
		    span_to_u64(s, numbers[i].max, &value), numbers[i].ok);
		check_int(
		    numbers[i].row, (int64_t)value, (int64_t)numbers[i].want);
		exact_free(s);
	}
}

static const struct {
	const char *row;
	struct span s;
	bool ok;
	const char *want;
} strings[] = {
    {"one byte less than fits", SPAN("ab"), true, "ab"},
    {"as much as fits", SPAN("abc"), true, "abc"},
    {"one byte too many", SPAN("abcd"), false, ""},
    {"nothing", SPAN(""), true, ""},
    {"no bytes at all", {NULL, 0}, true, ""},
    {"a NUL inside", SPAN("a\0b"), false, ""},
    {"a NUL at the end", SPAN("ab\0"), false, ""},
};

static void
to_string_copies_what_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		struct span s = exact_copy(strings[i].s);
		char out[4] = "xxx";

		check_bool(strings[i].row, span_to_string(s, out, sizeof(out)),
		    strings[i].ok);
		check_string(strings[i].row, out, strings[i].want);
		exact_free(s);
	}
}

static void
ascii_classes_are_those_of_the_c_locale(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool upper = i >= 0x41 && i <= 0x5a;
		bool lower = i >= 0x61 && i <= 0x7a;
		bool digit = i >= 0x30 && i <= 0x39;

		assert_int_equal(ascii_is_digit(c), digit);
		assert_int_equal(ascii_is_alpha(c), upper || lower);
		assert_int_equal(ascii_is_alnum(c), upper || lower || digit);
		assert_int_equal(ascii_is_blank(c),
		    i == 0x20 || i == 0x09 || i == 0x0d || i == 0x0a);
		assert_int_equal(
		    ascii_lower(c), upper ? (char)(i + 0x20) : (char)i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_compares_all_bytes),
	    cmocka_unit_test(equal_str_leaves_the_nul_out),
	    cmocka_unit_test(starts_with_looks_at_the_front),
	    cmocka_unit_test(head_and_skip_part_a_span),
	    cmocka_unit_test(trim_takes_blanks_off_both_ends),
	    cmocka_unit_test(cut_parts_at_the_first_separator),
	    cmocka_unit_test(next_item_walks_a_list),
	    cmocka_unit_test(next_word_walks_a_sentence),
	    cmocka_unit_test(to_u64_reads_digits_up_to_a_maximum),
	    cmocka_unit_test(to_string_copies_what_fits),
	    cmocka_unit_test(ascii_classes_are_those_of_the_c_locale),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
