/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/utf8.h"

static const struct {
	const char *row;
	struct span in;
	size_t len;
	bool control;
} characters[] = {
    {"a letter", SPAN("a"), 1, false},
    {"a letter with more behind it", SPAN("ab"), 1, false},
    {"NUL", SPAN("\0"), 1, true},
    {"the last control character", SPAN("\x1f"), 1, true},
    {"a blank", SPAN(" "), 1, false},
    {"a tilde", SPAN("~"), 1, false},
    {"DEL", SPAN("\x7f"), 1, true},
    {"U+0080", SPAN("\xc2\x80"), 2, true},
    {"U+009F", SPAN("\xc2\x9f"), 2, true},
    {"U+00A0", SPAN("\xc2\xa0"), 2, false},
    {"U+00DF", SPAN("\xc3\x9f"), 2, false},
    {"U+07FF", SPAN("\xdf\xbf"), 2, false},
    {"U+0800", SPAN("\xe0\xa0\x80"), 3, false},
    {"U+061B", SPAN("\xd8\x9b"), 2, false},
    {"U+061C turns the direction", SPAN("\xd8\x9c"), 2, true},
    {"U+061D", SPAN("\xd8\x9d"), 2, false},
    {"U+200D", SPAN("\xe2\x80\x8d"), 3, false},
    {"U+200E, a mark of direction", SPAN("\xe2\x80\x8e"), 3, true},
    {"U+200F", SPAN("\xe2\x80\x8f"), 3, true},
    {"U+2010", SPAN("\xe2\x80\x90"), 3, false},
    {"U+2027", SPAN("\xe2\x80\xa7"), 3, false},
    {"U+2028, which ends a line", SPAN("\xe2\x80\xa8"), 3, true},
    {"U+202E, the last that turns", SPAN("\xe2\x80\xae"), 3, true},
    {"U+202F", SPAN("\xe2\x80\xaf"), 3, false},
    {"U+2065", SPAN("\xe2\x81\xa5"), 3, false},
    {"U+2066, which isolates", SPAN("\xe2\x81\xa6"), 3, true},
    {"U+2069", SPAN("\xe2\x81\xa9"), 3, true},
    {"U+206A", SPAN("\xe2\x81\xaa"), 3, false},
    {"U+20A8", SPAN("\xe2\x82\xa8"), 3, false},
    {"U+102E", SPAN("\xe1\x80\xae"), 3, false},
    {"U+FFFF", SPAN("\xef\xbf\xbf"), 3, false},
    {"U+10000", SPAN("\xf0\x90\x80\x80"), 4, false},
    {"U+10FFFF", SPAN("\xf4\x8f\xbf\xbf"), 4, false},
    {"U+110000", SPAN("\xf4\x90\x80\x80"), 0, false},
    {"U+D7FF", SPAN("\xed\x9f\xbf"), 3, false},
    {"a surrogate", SPAN("\xed\xa0\x80"), 0, false},
    {"NUL in two bytes", SPAN("\xc0\x80"), 0, false},
    {"a letter in two bytes", SPAN("\xc1\xa1"), 0, false},
    {"U+07FF in three bytes", SPAN("\xe0\x9f\xbf"), 0, false},
    {"U+FFFF in four bytes", SPAN("\xf0\x8f\xbf\xbf"), 0, false},
    {"a tail alone", SPAN("\x80"), 0, false},
    {"two bytes, cut", SPAN("\xc3"), 0, false},
    {"three bytes, cut", SPAN("\xe2\x82"), 0, false},
    {"four bytes, cut", SPAN("\xf0\x9f\x98"), 0, false},
    {"no tail", SPAN("\xc3("), 0, false},
    {"no second tail", SPAN("\xe2\x82("), 0, false},
    {"no third tail", SPAN("\xf0\x9f\x98("), 0, false},
    {"five bytes", SPAN("\xf8\x88\x80\x80\x80"), 0, false},
    {"0xff", SPAN("\xff"), 0, false},
};

static void
characters_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(characters); i++) {
		struct span in = exact_copy(characters[i].in);

		check_int(characters[i].row, (int64_t)utf8_len(in),
		    (int64_t)characters[i].len);
		if (characters[i].len > 0)
			check_bool(characters[i].row, utf8_is_control(in),
			    characters[i].control);
		exact_free(in);
	}
}

static const struct {
	const char *row;
	struct span in;
	size_t size;
	const char *want;
} texts[] = {
    {"plain", SPAN("plain"), 10, "plain"},
    {"empty", SPAN(""), 1, ""},
    {"no room but for the NUL", SPAN("a"), 1, ""},
    {"one less than the room", SPAN("abc"), 5, "abc"},
    {"the room", SPAN("abcd"), 5, "abcd"},
    {"one more than the room", SPAN("abcde"), 5, "abcd"},
    {"controls", SPAN("a\n\x1b[31m\0\x7f"), 20, "a??[31m??"},
    {"controls of two bytes",
	SPAN("a\xc2\x9b"
	     "b"),
	20, "a?b"},
    {"UTF-8", SPAN("gr\xc3\xbc\xc3\x9f"), 20, "gr\xc3\xbc\xc3\x9f"},
    {"no UTF-8", SPAN("gr\xfc\xdf"), 20, "gr??"},
    {"a character that is cut", SPAN("\xe2\x82"), 20, "??"},
    {"a character that has just room", SPAN("ab\xe2\x82\xac"), 6,
	"ab\xe2\x82\xac"},
    {"a character that has not", SPAN("ab\xe2\x82\xac"), 5, "ab"},
    {"nor what is behind it",
	SPAN("ab\xe2\x82\xac"
	     "c"),
	5, "ab"},
};

static void
texts_become_printable(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct span in = exact_copy(texts[i].in);
		char *out = malloc(texts[i].size);
		size_t n;

		assert_non_null(out);
		n = utf8_printable(in, out, texts[i].size);
		check_string(texts[i].row, out, texts[i].want);
		check_int(
		    texts[i].row, (int64_t)n, (int64_t)strlen(texts[i].want));
		free(out);
		exact_free(in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(characters_are_told),
	    cmocka_unit_test(texts_become_printable),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
