/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "policyd/ctl/text.h"

#define E_ACUTE  "\xC3\xA9"
#define ACUTE    "\xCC\x81" /* a mark on what stands before */
#define NI       "\xE4\xBD\xA0" /* two columns */
#define SMILE    "\xF0\x9F\x98\x80" /* two columns */
#define ELLIPSIS "\xE2\x80\xA6"
#define ZWJ      "\xE2\x80\x8D"
#define MARKS_4  ACUTE ACUTE ACUTE ACUTE

enum { OUT_MAX = 4096 };

static void
as_utf8(void)
{
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

static void
as_ascii(void)
{
	assert_non_null(setlocale(LC_CTYPE, "C"));
}

static void
check_put(
    const char *row, struct span text, int width, bool pad, struct span want)
{
	struct span s = exact_copy(text);
	struct buf out;

	buf_init(&out, OUT_MAX);
	assert_true(text_put(&out, s, width, pad));
	check_span(row, buf_span(&out), want);
	buf_free(&out);
	exact_free(s);
}

static const struct {
	const char *row;
	struct span text;
	struct span want; /* where strings are UTF-8 */
	struct span ascii;
	int width;
	int ascii_width;
} shown[] = {
    {"nothing", SPAN(""), SPAN(""), SPAN(""), 0, 0},
    {"printable ASCII", SPAN(" a~\\"), SPAN(" a~\\"), SPAN(" a~\\"), 4, 4},
    {"a tab", SPAN("a\tb"), SPAN("a b"), SPAN("a b"), 3, 3},
    {"NUL", SPAN("a\0b"), SPAN("a\\x00b"), SPAN("a\\x00b"), 6, 6},
    {"an escape", SPAN("\033[31m"), SPAN("\\x1B[31m"), SPAN("\\x1B[31m"), 8, 8},
    {"a line end", SPAN("a\r\nb"), SPAN("a\\x0D\\x0Ab"), SPAN("a\\x0D\\x0Ab"),
	10, 10},
    {"the last control character", SPAN("\x1F"), SPAN("\\x1F"), SPAN("\\x1F"),
	4, 4},
    {"DEL", SPAN("\x7F"), SPAN("\\x7F"), SPAN("\\x7F"), 4, 4},
    {"C1: CSI", SPAN("\xC2\x9B"), SPAN("\\u{9B}"), SPAN("\\u{9B}"), 6, 6},
    {"the first of C1", SPAN("\xC2\x80"), SPAN("\\u{80}"), SPAN("\\u{80}"), 6,
	6},
    {"behind C1: a blank that does not break", SPAN("\xC2\xA0"),
	SPAN("\xC2\xA0"), SPAN("\\u{A0}"), 1, 6},
    {"a soft hyphen", SPAN("\xC2\xAD"), SPAN("\\u{AD}"), SPAN("\\u{AD}"), 6, 6},
    {"a letter", SPAN(E_ACUTE), SPAN(E_ACUTE), SPAN("\\u{E9}"), 1, 6},
    {"a letter and a mark", SPAN("e" ACUTE), SPAN("e" ACUTE), SPAN("e\\u{301}"),
	1, 8},
    {"a mark on nothing", SPAN(ACUTE "e"), SPAN("\\u{301}e"), SPAN("\\u{301}e"),
	8, 8},
    {"a mark behind an escape", SPAN("\x01" ACUTE), SPAN("\\x01\\u{301}"),
	SPAN("\\x01\\u{301}"), 11, 11},
    {"a mark behind what cannot be seen", SPAN("a\xC2\xAD" ACUTE),
	SPAN("a\\u{AD}\\u{301}"), SPAN("a\\u{AD}\\u{301}"), 14, 14},
    {"as many marks as may be", SPAN("e" MARKS_4), SPAN("e" MARKS_4),
	SPAN("e\\u{301}\\u{301}\\u{301}\\u{301}"), 1, 29},
    {"one more, and one", SPAN("e" MARKS_4 ACUTE ACUTE "x" ACUTE),
	SPAN("e" MARKS_4 "\\u{301}\\u{301}x" ACUTE),
	SPAN("e\\u{301}\\u{301}\\u{301}\\u{301}\\u{301}\\u{301}x\\u{301}"), 16,
	51},
    {"a mark on a wide character", SPAN(NI ACUTE), SPAN(NI ACUTE),
	SPAN("\\u{4F60}\\u{301}"), 2, 15},
    {"a wide character", SPAN(NI NI), SPAN(NI NI), SPAN("\\u{4F60}\\u{4F60}"),
	4, 16},
    {"an emoji", SPAN(SMILE), SPAN(SMILE), SPAN("\\u{1F600}"), 2, 9},
    {"a family: one by one", SPAN(SMILE ZWJ SMILE), SPAN(SMILE SMILE),
	SPAN("\\u{1F600}\\u{1F600}"), 4, 18},
    {"a mark behind a joiner", SPAN("e" ZWJ ACUTE), SPAN("e" ACUTE),
	SPAN("e\\u{301}"), 1, 8},
    {"a heart that wants to be red", SPAN("\xE2\x9D\xA4\xEF\xB8\x8F"),
	SPAN("\xE2\x9D\xA4"), SPAN("\\u{2764}"), 1, 8},
    {"a thumb with a colour", SPAN("\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD"),
	SPAN("\xF0\x9F\x91\x8D"), SPAN("\\u{1F44D}"), 2, 9},
    {"a blank of no width", SPAN("a\xE2\x80\x8B"), SPAN("a\\u{200B}"),
	SPAN("a\\u{200B}"), 9, 9},
    {"marks of direction", SPAN("a\xE2\x80\x8E\xE2\x80\x8F"),
	SPAN("a\\u{200E}\\u{200F}"), SPAN("a\\u{200E}\\u{200F}"), 17, 17},
    {"the Arabic one", SPAN("\xD8\x9C"), SPAN("\\u{61C}"), SPAN("\\u{61C}"), 7,
	7},
    {"line and paragraph separators", SPAN("\xE2\x80\xA8\xE2\x80\xA9"),
	SPAN("\\u{2028}\\u{2029}"), SPAN("\\u{2028}\\u{2029}"), 16, 16},
    {"embeddings and overrides, first and last",
	SPAN("\xE2\x80\xAA\xE2\x80\xAE"), SPAN("\\u{202A}\\u{202E}"),
	SPAN("\\u{202A}\\u{202E}"), 16, 16},
    {"isolates, first and last", SPAN("\xE2\x81\xA6\xE2\x81\xA9"),
	SPAN("\\u{2066}\\u{2069}"), SPAN("\\u{2066}\\u{2069}"), 16, 16},
    {"a byte order mark", SPAN("\xEF\xBB\xBF"), SPAN("\\u{FEFF}"),
	SPAN("\\u{FEFF}"), 8, 8},
    {"tags", SPAN("\xF3\xA0\x81\x81"), SPAN("\\u{E0041}"), SPAN("\\u{E0041}"),
	9, 9},
    {"private use", SPAN("\xEE\x80\x80"), SPAN("\\u{E000}"), SPAN("\\u{E000}"),
	8, 8},
    {"not assigned", SPAN("\xEF\xBF\xBF"), SPAN("\\u{FFFF}"), SPAN("\\u{FFFF}"),
	8, 8},
    {"the last of Unicode", SPAN("\xF4\x8F\xBF\xBF"), SPAN("\\u{10FFFF}"),
	SPAN("\\u{10FFFF}"), 10, 10},
    {"behind the last", SPAN("\xF4\x90\x80\x80"), SPAN("\\xF4\\x90\\x80\\x80"),
	SPAN("\\xF4\\x90\\x80\\x80"), 16, 16},
    {"a lead that never is", SPAN("\xF5\x80"), SPAN("\\xF5\\x80"),
	SPAN("\\xF5\\x80"), 8, 8},
    {"a lone byte of Latin-1", SPAN("caf\xE9!"), SPAN("caf\\xE9!"),
	SPAN("caf\\xE9!"), 8, 8},
    {"a long form of two", SPAN("\xC1\xBF"), SPAN("\\xC1\\xBF"),
	SPAN("\\xC1\\xBF"), 8, 8},
    {"a long form of three", SPAN("\xE0\x9F\xBF"), SPAN("\\xE0\\x9F\\xBF"),
	SPAN("\\xE0\\x9F\\xBF"), 12, 12},
    {"a long form of four", SPAN("\xF0\x8F\xBF\xBF"),
	SPAN("\\xF0\\x8F\\xBF\\xBF"), SPAN("\\xF0\\x8F\\xBF\\xBF"), 16, 16},
    {"half of a pair", SPAN("\xED\xA0\x80"), SPAN("\\xED\\xA0\\x80"),
	SPAN("\\xED\\xA0\\x80"), 12, 12},
    {"the last half of a pair", SPAN("\xED\xBF\xBF"), SPAN("\\xED\\xBF\\xBF"),
	SPAN("\\xED\\xBF\\xBF"), 12, 12},
    {"the first of three bytes", SPAN("\xE0\xA0\x80"), SPAN("\xE0\xA0\x80"),
	SPAN("\\u{800}"), 1, 7},
    {"the first of four bytes", SPAN("\xF0\x90\x80\x80"),
	SPAN("\xF0\x90\x80\x80"), SPAN("\\u{10000}"), 1, 9},
    {"a cut character", SPAN("a\xE4\xBD"), SPAN("a\\xE4\\xBD"),
	SPAN("a\\xE4\\xBD"), 9, 9},
    {"a character that another one cuts", SPAN("\xE4" E_ACUTE),
	SPAN("\\xE4" E_ACUTE), SPAN("\\xE4\\u{E9}"), 5, 10},
};

static void
all_is_made_visible(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shown); i++) {
		as_utf8();
		check_put(shown[i].row, shown[i].text, 0, false, shown[i].want);
		check_int(
		    shown[i].row, text_width(shown[i].text), shown[i].width);
		as_ascii();
		check_put(
		    shown[i].row, shown[i].text, 0, false, shown[i].ascii);
		check_int(shown[i].row, text_width(shown[i].text),
		    shown[i].ascii_width);
	}
}

/* Both ends of what is hidden or left out, and what stands beside them. */
static const struct {
	uint32_t first, last;
	bool left_out; /* else it is shown by its number */
} ranges[] = {
    {0x80, 0x9F, false},
    {0xAD, 0xAD, false},
    {0x34F, 0x34F, false},
    {0x61C, 0x61C, false},
    {0x115F, 0x1160, false},
    {0x180B, 0x180F, false},
    {0x200B, 0x200B, false},
    {0x200C, 0x200D, true},
    {0x200E, 0x200F, false},
    {0x2028, 0x202E, false},
    {0x2060, 0x206F, false},
    {0x3164, 0x3164, false},
    {0xE000, 0xF8FF, false},
    {0xFE00, 0xFE0F, true},
    {0xFEFF, 0xFEFF, false},
    {0xFFA0, 0xFFA0, false},
    {0xFFF0, 0xFFFB, false},
    {0x1F3FB, 0x1F3FF, true},
    {0xE0000, 0xE00FF, false},
    {0xE0100, 0xE01EF, true},
    {0xE01F0, 0x10FFFF, false},
};

static struct span
encode(uint32_t c, char out[4])
{
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint32_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(lead[n] | c);
	return span_of(out, n);
}

/* The widths of a character on an "e" where it is shown by its number. */
static int
number_width(uint32_t c)
{
	char text[16];

	return snprintf(text, sizeof(text), "e\\u{%X}", (unsigned)c);
}

static void
check_character(uint32_t c, bool left_out, bool hidden)
{
	char row[16], text[5] = "e";
	struct span s = encode(c, text + 1);
	int width = text_width(span_of(text, s.len + 1));

	snprintf(row, sizeof(row), "U+%X", (unsigned)c);
	if (left_out)
		check_put(
		    row, span_of(text, s.len + 1), 0, false, span_str("e"));
	else
		check_bool(row, width == number_width(c), hidden);
}

static void
what_is_not_shown_is_just_that(void **state)
{
	(void)state;
	as_utf8();
	for (size_t i = 0; i < COUNT_OF(ranges); i++) {
		check_character(ranges[i].first, ranges[i].left_out, true);
		check_character(ranges[i].last, ranges[i].left_out, true);
	}
	check_character(0xA0, false, false);
	check_character(0xAC, false, false);
	check_character(0xAE, false, false);
	check_character(0x34E, false, false);
	check_character(0x350, false, false);
	check_character(0x1810, false, false);
	check_character(0x2010, false, false);
	check_character(0x2027, false, false);
	check_character(0x202F, false, false);
	check_character(0x2070, false, false);
	check_character(0x3163, false, false);
	check_character(0x3165, false, false);
	check_character(0xF900, false, false);
	check_character(0xFE10, false, false);
	check_character(0xFF01, false, false);
	check_character(0xFFA1, false, false);
	check_character(0xFFFC, false, false);
	check_character(0x1F3FA, false, false);
	check_character(0x1F400, false, false);
}

static const struct {
	const char *row;
	struct span text;
	int width;
	bool pad;
	bool ascii;
	struct span want;
} cells[] = {
    {"it fits just so", SPAN("abc"), 3, false, false, SPAN("abc")},
    {"one column too many", SPAN("abcd"), 3, false, false, SPAN("ab" ELLIPSIS)},
    {"room for one", SPAN("abcd"), 1, false, false, SPAN(ELLIPSIS)},
    {"no padding", SPAN("ab"), 4, false, false, SPAN("ab")},
    {"padding", SPAN("ab"), 4, true, false, SPAN("ab  ")},
    {"nothing, padded", SPAN(""), 2, true, false, SPAN("  ")},
    {"no width, padded", SPAN("ab"), 0, true, false, SPAN("ab")},
    {"ASCII: it fits", SPAN("abcd"), 4, true, true, SPAN("abcd")},
    {"ASCII: cut", SPAN("abcde"), 4, true, true, SPAN("a...")},
    {"ASCII: cut to three", SPAN("abcd"), 3, true, true, SPAN("...")},
    {"ASCII: cut to two", SPAN("abcd"), 2, true, true, SPAN("..")},
    {"ASCII: cut to one", SPAN("abcd"), 1, true, true, SPAN(".")},
    {"wide ones that fit", SPAN(NI NI), 4, true, false, SPAN(NI NI)},
    {"wide ones, cut behind a whole one", SPAN(NI NI), 3, true, false,
	SPAN(NI ELLIPSIS)},
    {"no half of a wide one: a blank instead", SPAN("a" NI NI), 3, true, false,
	SPAN("a" ELLIPSIS " ")},
    {"the same without padding", SPAN("a" NI NI), 3, false, false,
	SPAN("a" ELLIPSIS)},
    {"a mark stays with its letter", SPAN("ae" ACUTE "bc"), 3, true, false,
	SPAN("ae" ACUTE ELLIPSIS)},
    {"a mark at the end of what fits", SPAN("abe" ACUTE), 3, true, false,
	SPAN("abe" ACUTE)},
    {"nothing behind the cut comes back", SPAN("a" NI "bc"), 3, true, false,
	SPAN("a" ELLIPSIS " ")},
    {"no half of an escape",
	SPAN("a\x1B"
	     "bcde"),
	5, true, false, SPAN("a" ELLIPSIS "   ")},
    {"an escape that fits", SPAN("a\x1B"), 5, true, false, SPAN("a\\x1B")},
    {"an escape and the cut", SPAN("a\x1B\x1B"), 6, true, false,
	SPAN("a\\x1B" ELLIPSIS)},
};

static void
cells_are_as_wide_as_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		if (cells[i].ascii)
			as_ascii();
		else
			as_utf8();
		check_put(cells[i].row, cells[i].text, cells[i].width,
		    cells[i].pad, cells[i].want);
	}
}

/* A text that is cut is as wide as asked, whatever it is of. */
static void
each_width_is_met(void **state)
{
	static const struct span text =
	    SPAN("a" NI E_ACUTE "\x1B" SMILE "e" ACUTE "\xFF" NI "\xE2\x80\xAE"
		 "z");

	(void)state;
	as_utf8();
	for (int width = 1; width < 40; width++) {
		struct buf out;
		int got;

		buf_init(&out, OUT_MAX);
		assert_true(text_put(&out, text, width, false));
		got = text_width(buf_span(&out));
		check_bool("no wider", got <= width, true);
		buf_clear(&out);
		assert_true(text_put(&out, text, width, true));
		check_int("padded", text_width(buf_span(&out)), width);
		buf_free(&out);
	}
}

static void
no_room_is_told(void **state)
{
	(void)state;
	as_utf8();
	for (size_t max = 0; max < 8; max++) {
		struct buf out;

		buf_init(&out, max);
		check_bool("all of it",
		    text_put(&out, span_str("abc" E_ACUTE), 7, true), max == 8);
		check_bool("a header",
		    text_decode_header(&out, span_str("abcdefgh")), false);
		buf_free(&out);
	}
}

/* The line that tells is drawn where LC_ALL, LC_CTYPE and LANG say. */
static const struct {
	const char *row;
	const char *all, *ctype, *lang;
	bool utf8;
} environments[] = {
    {"nothing is set", NULL, NULL, NULL, false},
    {"C", NULL, NULL, "C", false},
    {"POSIX", "POSIX", NULL, "C.UTF-8", false},
    {"a locale that is always there", NULL, NULL, "C.UTF-8", true},
    {"LC_ALL outrules", "C", "C.UTF-8", "C.UTF-8", false},
    {"LC_CTYPE outrules LANG", NULL, "C.UTF-8", "C", true},
    {"an empty one counts for nothing", "", "", "C.UTF-8", true},
    {"one that is not installed, with its charset", NULL, NULL, "xx_XX.UTF-8",
	true},
    {"the other way to write it", NULL, NULL, "xx_XX.utf8", true},
    {"one that is not installed", NULL, NULL, "xx_XX", false},
    {"not installed, of another charset", NULL, NULL, "xx_XX.ISO-8859-1",
	false},
};

static void
set_or_unset(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void
environment_is_obeyed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(environments); i++) {
		set_or_unset("LC_ALL", environments[i].all);
		set_or_unset("LC_CTYPE", environments[i].ctype);
		set_or_unset("LANG", environments[i].lang);
		text_begin();
		check_int(environments[i].row, text_width(span_str(E_ACUTE)),
		    environments[i].utf8 ? 1 : 6);
	}
}

static void
no_terminal_has_no_width(void **state)
{
	struct capture capture;
	char out[CAPTURE_SIZE];
	int width;

	(void)state;
	capture_start(&capture, STDOUT_FILENO);
	width = text_terminal_width();
	capture_stop(&capture, out);
	check_int("a pipe", width, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_is_made_visible),
	    cmocka_unit_test(what_is_not_shown_is_just_that),
	    cmocka_unit_test(cells_are_as_wide_as_asked),
	    cmocka_unit_test(each_width_is_met),
	    cmocka_unit_test(no_room_is_told),
	    cmocka_unit_test(environment_is_obeyed),
	    cmocka_unit_test(no_terminal_has_no_width),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
