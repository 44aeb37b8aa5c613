/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "policyd/ctl/text.h"

#define CHARSET_40                                                             \
	"utf-8*"                                                               \
	"1234567890123456789012345678901234"

enum { OUT_MAX = 4096 };

static const struct {
	const char *row;
	struct span body;
	struct span want;
} bodies[] = {
    {"nothing", SPAN(""), SPAN("")},
    {"blanks alone", SPAN(" \t\r\n "), SPAN("")},
    {"plain text", SPAN("Re: tea"), SPAN("Re: tea")},
    {"blanks around", SPAN(" tea \r\n"), SPAN("tea")},
    {"blanks inside stay", SPAN("a \t b"), SPAN("a \t b")},
    {"folded", SPAN(" a\n b\r\n\tc"), SPAN("a b\tc")},
    {"bytes that are no UTF-8", SPAN("caf\xE9\0x"), SPAN("caf\xE9\0x")},

    {"Q", SPAN("=?utf-8?q?caf=C3=A9?="), SPAN("caf\xC3\xA9")},
    {"capitals", SPAN("=?UTF-8?Q?caf=c3=a9?="), SPAN("caf\xC3\xA9")},
    {"Q: a blank", SPAN("=?utf-8?q?a_b=20c=5F?="), SPAN("a b c_")},
    {"Q: nothing",
	SPAN("=?utf-8?q?"
	     "?="),
	SPAN("")},
    {"Q: raw bytes", SPAN("=?utf-8?q?caf\xC3\xA9?="), SPAN("caf\xC3\xA9")},
    {"Q: control characters", SPAN("=?utf-8?q?a=0D=0AX:_b=00?="),
	SPAN("a\r\nX: b\0")},
    {"US-ASCII", SPAN("=?us-ascii?q?a=20b?="), SPAN("a b")},
    {"utf8", SPAN("=?utf8?q?=C3=A9?="), SPAN("\xC3\xA9")},
    {"ISO-8859-1", SPAN("=?iso-8859-1?q?caf=E9=BF=7F=80?="),
	SPAN("caf\xC3\xA9\xC2\xBF\x7F\xC2\x80")},
    {"ISO-8859-1 in base64", SPAN("=?ISO-8859-1?B?6f8=?="),
	SPAN("\xC3\xA9\xC3\xBF")},
    {"with a language", SPAN("=?utf-8*fr?q?caf=C3=A9?="), SPAN("caf\xC3\xA9")},
    {"B, of each length",
	SPAN("=?utf-8?b?YWJj?=,=?utf-8?b?YWI=?=,"
	     "=?utf-8?b?YQ==?="),
	SPAN("abc,ab,a")},
    {"B: all digits", SPAN("=?utf-8?b?+/+AZz09?="), SPAN("\xFB\xFF\x80g==")},
    {"B: each digit",
	SPAN(
	    "=?iso-8859-1?b?"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789?="),
	SPAN("\x00\x10\xC2\x83\x10\x51\xC2\x87\x20\xC2\x92\xC2\x8B\x30\xC3\x93"
	     "\xC2\x8F\x41\x14\xC2\x93\x51\x55\xC2\x97\x61\xC2\x96\xC2\x9B\x71"
	     "\xC3\x97\xC2\x9F\xC2\x82\x18\xC2\xA3\xC2\x92\x59\xC2\xA7\xC2\xA2"
	     "\xC2\x9A\xC2\xAB\xC2\xB2\xC3\x9B\xC2\xAF\xC3\x83\x1C\xC2\xB3\xC3"
	     "\x93\x5D\xC2\xB7\xC3\xA3\xC2\x9E\xC2\xBB\xC3\xB3")},
    {"B without padding", SPAN("=?utf-8?b?YWI?= =?utf-8?b?YQ?="), SPAN("aba")},
    {"B: nothing",
	SPAN("=?utf-8?b?"
	     "?="),
	SPAN("")},

    {"text on both sides", SPAN("Re: =?utf-8?q?=C3=A9?= (tea)"),
	SPAN("Re: \xC3\xA9 (tea)")},
    {"text right at it", SPAN("(=?utf-8?q?=C3=A9?=)"), SPAN("(\xC3\xA9)")},
    {"the blank between two goes", SPAN("=?utf-8?q?a?= =?utf-8?q?b?="),
	SPAN("ab")},
    {"so does a fold", SPAN("=?utf-8?q?a?=\r\n \t=?utf-8?b?Yg==?="),
	SPAN("ab")},
    {"no blank between two", SPAN("=?utf-8?q?a?==?utf-8?q?b?="), SPAN("ab")},
    {"three", SPAN("=?utf-8?q?a?= =?utf-8?q?b?=\n =?utf-8?q?c?="), SPAN("abc")},
    {"a word between two", SPAN("=?utf-8?q?a?= x =?utf-8?q?b?="),
	SPAN("a x b")},
    {"a bad one between two", SPAN("=?utf-8?q?a?= =?utf-8?q?=?= =?utf-8?q?b?="),
	SPAN("a =?utf-8?q?=?= b")},
    {"blanks at its ends stay", SPAN("=?utf-8?q?_a_?="), SPAN(" a ")},
    {"half a character in each", SPAN("=?utf-8?q?=C3?= =?utf-8?q?=A9?="),
	SPAN("\xC3\xA9")},
    {"an encoded word inside of one",
	SPAN("=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?="), SPAN("=?utf-8?q?a?=")},

    {"another charset", SPAN("=?koi8-r?q?=C1?="), SPAN("=?koi8-r?q?=C1?=")},
    {"ISO-8859-15 is another", SPAN("=?iso-8859-15?q?=A4?="),
	SPAN("=?iso-8859-15?q?=A4?=")},
    {"no charset", SPAN("=??q?a?="), SPAN("=??q?a?=")},
    {"a charset of 40 bytes", SPAN("=?" CHARSET_40 "?q?a?="), SPAN("a")},
    {"one of 41", SPAN("=?" CHARSET_40 "1?q?a?="),
	SPAN("=?" CHARSET_40 "1?q?a?=")},
    {"another encoding", SPAN("=?utf-8?x?a?="), SPAN("=?utf-8?x?a?=")},
    {"an encoding of two letters", SPAN("=?utf-8?qq?a?="),
	SPAN("=?utf-8?qq?a?=")},
    {"no encoding", SPAN("=?utf-8??a?="), SPAN("=?utf-8??a?=")},
    {"a blank in the text", SPAN("=?utf-8?q?a b?="), SPAN("=?utf-8?q?a b?=")},
    {"a blank in front of the text", SPAN("=?utf-8?q? a?="),
	SPAN("=?utf-8?q? a?=")},
    {"a fold in the text", SPAN("=?utf-8?q?a\n b?="), SPAN("=?utf-8?q?a b?=")},
    {"a blank in the charset", SPAN("=?utf -8?q?a?="), SPAN("=?utf -8?q?a?=")},
    {"Q: no hexadecimal digit", SPAN("=?utf-8?q?=4G?="),
	SPAN("=?utf-8?q?=4G?=")},
    {"Q: nor the first", SPAN("=?utf-8?q?=G4?="), SPAN("=?utf-8?q?=G4?=")},
    {"Q: one digit", SPAN("=?utf-8?q?a=4?="), SPAN("=?utf-8?q?a=4?=")},
    {"B: no digit", SPAN("=?utf-8?b?Y_Jj?="), SPAN("=?utf-8?b?Y_Jj?=")},
    {"B: one digit too many", SPAN("=?utf-8?b?YWJjY?="),
	SPAN("=?utf-8?b?YWJjY?=")},
    {"B: padding inside", SPAN("=?utf-8?b?YQ==YQ==?="),
	SPAN("=?utf-8?b?YQ==YQ==?=")},
    {"B: three of padding", SPAN("=?utf-8?b?YWJj===?="),
	SPAN("=?utf-8?b?YWJj===?=")},
    {"not ended", SPAN("=?utf-8?q?abc"), SPAN("=?utf-8?q?abc")},
    {"not ended, with an equals sign", SPAN("=?utf-8?q?=abc"),
	SPAN("=?utf-8?q?=abc")},
    {"ended by half", SPAN("=?utf-8?q?abc?"), SPAN("=?utf-8?q?abc?")},
    {"begun twice", SPAN("=?=?utf-8?q?a?="), SPAN("=?a")},
};

static void
check_decoded(const char *row, struct span body, struct span want)
{
	struct span s = exact_copy(body);
	struct buf out;

	buf_init(&out, OUT_MAX);
	assert_true(text_decode_header(&out, s));
	check_span(row, buf_span(&out), want);
	buf_free(&out);
	exact_free(s);
}

static void
headers_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		check_decoded(bodies[i].row, bodies[i].body, bodies[i].want);
}

/* Whatever is cut off a body, no byte behind it is looked at. */
static void
prefixes_do_not_overrun(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		for (size_t n = 0; n < bodies[i].body.len; n++) {
			struct span s =
			    exact_copy(span_head(bodies[i].body, n));
			struct buf out;

			buf_init(&out, OUT_MAX);
			assert_true(text_decode_header(&out, s));
			buf_free(&out);
			exact_free(s);
		}
}

/* What does not fit is told of, wherever it ends. */
static void
no_room_is_told(void **state)
{
	static const struct span body =
	    SPAN("a =?iso-8859-1?q?b=E9?= =?utf-8?b?Yw==?= d");
	size_t need = strlen("a b\xC3\xA9"
			     "c d");

	(void)state;
	for (size_t max = 0; max <= need; max++) {
		struct buf out;

		buf_init(&out, max);
		check_bool("room", text_decode_header(&out, body), max == need);
		buf_free(&out);
	}
}

static void
no_room_for_a_word_is_told(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 2);
	check_bool("a word",
	    text_decode_header(&out, span_str("=?utf-8?q?abc?=")), false);
	buf_free(&out);
	buf_init(&out, 2);
	check_bool("blanks before it",
	    text_decode_header(&out,
		span_str("a   =?utf-8?q??"
			 "=")),
	    false);
	buf_free(&out);
}

static const struct {
	const char *row;
	int64_t seconds; /* from now */
	const char *want;
} distances[] = {
    {"now", 0, "now"},
    {"a second", 1, "in 1s"},
    {"a second before a minute", 59, "in 59s"},
    {"a minute", 60, "in 1m"},
    {"a minute and a second", 61, "in 1m 1s"},
    {"a second before an hour", 3599, "in 59m 59s"},
    {"an hour, no minutes", 3659, "in 1h"},
    {"two units", 3 * 3600 + 12 * 60 + 59, "in 3h 12m"},
    {"a second before a day", 86399, "in 23h 59m"},
    {"a day, no hours", 86400 + 3599, "in 1d"},
    {"a day and an hour", 86400 + 3600, "in 1d 1h"},
    {"a year", 366 * 86400, "in 366d"},
    {"ago", -1, "1s ago"},
    {"two units ago", -(3 * 86400 + 4 * 3600), "3d 4h ago"},
    {"as far as it goes", INT64_MAX, "in 106751991167300d 15h"},
    {"as far back", -INT64_MAX, "106751991167300d 15h ago"},
};

static void
distances_have_two_units(void **state)
{
	char out[TEXT_DISTANCE_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(distances); i++) {
		int64_t seconds = distances[i].seconds;

		check_string(distances[i].row, text_distance(0, seconds, out),
		    distances[i].want);
		if (seconds == INT64_MAX || seconds == -INT64_MAX)
			continue;
		check_string(distances[i].row,
		    text_distance(1000000007, 1000000007 + seconds, out),
		    distances[i].want);
	}
	check_string("a duration", text_duration(0, out), "0s");
	check_string("another", text_duration(90, out), "1m 30s");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers_are_decoded),
	    cmocka_unit_test(prefixes_do_not_overrun),
	    cmocka_unit_test(no_room_is_told),
	    cmocka_unit_test(no_room_for_a_word_is_told),
	    cmocka_unit_test(distances_have_two_units),
	};

	return cmocka_run_group_tests_name("text_header", tests, NULL, NULL);
}
