/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/netstring.h"

static const char *const result_names[] = {
    [NETSTRING_MORE] = "more",
    [NETSTRING_DONE] = "done",
    [NETSTRING_BAD] = "bad",
};

static const struct {
	const char *row;
	struct span in;
	size_t max;
	enum netstring_result want;
	struct span body;
	size_t used;
} frames[] = {
    {"a netstring", SPAN("5:hello,"), 10, NETSTRING_DONE, SPAN("hello"), 8},
    {"an empty one", SPAN("0:,"), 10, NETSTRING_DONE, SPAN(""), 3},
    {"an empty one where nothing else is allowed", SPAN("0:,"), 0,
	NETSTRING_DONE, SPAN(""), 3},
    {"more bytes behind", SPAN("2:ab,3:cde,"), 10, NETSTRING_DONE, SPAN("ab"),
	5},
    {"any bytes inside", SPAN("6:\0\xff\r\n,:,"), 10, NETSTRING_DONE,
	SPAN("\0\xff\r\n,:"), 9},
    {"one byte less than the limit", SPAN("9:123456789,"), 10, NETSTRING_DONE,
	SPAN("123456789"), 12},
    {"the limit", SPAN("10:1234567890,"), 10, NETSTRING_DONE,
	SPAN("1234567890"), 14},
    {"one byte more than the limit", SPAN("11:12345678901,"), 10, NETSTRING_BAD,
	SPAN(""), 0},
    {"one byte more, known at its last digit", SPAN("11"), 10, NETSTRING_BAD,
	SPAN(""), 0},
    {"a length that may still be within", SPAN("10"), 10, NETSTRING_MORE,
	SPAN(""), 0},
    {"one byte where nothing is allowed", SPAN("1"), 0, NETSTRING_BAD, SPAN(""),
	0},
    {"nothing yet", SPAN(""), 10, NETSTRING_MORE, SPAN(""), 0},
    {"a zero may become an empty one", SPAN("0"), 10, NETSTRING_MORE, SPAN(""),
	0},
    {"a leading zero", SPAN("05:hello,"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"two zeros", SPAN("00:,"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"two zeros so far", SPAN("00"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"no digits", SPAN(":hello,"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a letter", SPAN("x"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a letter behind a digit", SPAN("5x"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a minus", SPAN("-1:"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a plus", SPAN("+1:a,"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a blank in front", SPAN(" 1:a,"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a blank behind the length", SPAN("1 :a,"), 10, NETSTRING_BAD, SPAN(""),
	0},
    {"a line end in front", SPAN("\n"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a bare CR", SPAN("\r"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a NUL", SPAN("\0"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"a NUL behind a digit", SPAN("1\0"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"0xff", SPAN("\xff"), 10, NETSTRING_BAD, SPAN(""), 0},
    {"another sign instead of the comma", SPAN("5:hello;"), 10, NETSTRING_BAD,
	SPAN(""), 0},
    {"a NUL instead of the comma", SPAN("5:hello\0"), 10, NETSTRING_BAD,
	SPAN(""), 0},
    {"a body one byte longer than told", SPAN("4:hello,"), 10, NETSTRING_BAD,
	SPAN(""), 0},
    {"a body one byte shorter than told", SPAN("6:hello,"), 10, NETSTRING_MORE,
	SPAN(""), 0},
    {"the comma is missing so far", SPAN("5:hello"), 10, NETSTRING_MORE,
	SPAN(""), 0},
    {"2^31", SPAN("2147483648:"), 131072, NETSTRING_BAD, SPAN(""), 0},
    {"2^32 + 1", SPAN("4294967297:a,"), 131072, NETSTRING_BAD, SPAN(""), 0},
    {"2^63", SPAN("9223372036854775808:"), 131072, NETSTRING_BAD, SPAN(""), 0},
    {"2^64 + 1", SPAN("18446744073709551617:a,"), 131072, NETSTRING_BAD,
	SPAN(""), 0},
    {"2^64 - 1 where every size is allowed", SPAN("18446744073709551615:a"),
	SIZE_MAX, NETSTRING_MORE, SPAN(""), 0},
    {"2^64 where every size is allowed", SPAN("18446744073709551616:,"),
	SIZE_MAX, NETSTRING_BAD, SPAN(""), 0},
    {"2^64 + 1 where every size is allowed", SPAN("18446744073709551617:a,"),
	SIZE_MAX, NETSTRING_BAD, SPAN(""), 0},
    {"forty digits", SPAN("9999999999999999999999999999999999999999"), 131072,
	NETSTRING_BAD, SPAN(""), 0},
};

static void
frames_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		struct span in = exact_copy(frames[i].in);
		struct span body;
		size_t used;
		enum netstring_result got =
		    netstring_decode(in, frames[i].max, &body, &used);

		check_string(frames[i].row, result_names[got],
		    result_names[frames[i].want]);
		if (got == NETSTRING_DONE) {
			check_span(frames[i].row, body, frames[i].body);
			check_int(frames[i].row, (int64_t)used,
			    (int64_t)frames[i].used);
		}
		exact_free(in);
	}
}

static void
every_prefix_asks_for_more(void **state)
{
	struct span whole = span_str("12:hello, world,");

	(void)state;
	for (size_t n = 0; n <= whole.len; n++) {
		struct span in = exact_copy(span_head(whole, n));
		struct span body;
		size_t used;

		assert_int_equal(netstring_decode(in, 12, &body, &used),
		    n < whole.len ? NETSTRING_MORE : NETSTRING_DONE);
		exact_free(in);
	}
}

/* Whatever the bytes, what is used was given. */
static void
every_changed_byte_is_judged_within_bounds(void **state)
{
	static const char whole[] = "12:hello, world,3:abc,";
	char bytes[sizeof(whole) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(bytes); at++) {
		for (int c = 0; c < 256; c++) {
			struct span in, body;
			size_t used = 0;

			memcpy(bytes, whole, sizeof(bytes));
			bytes[at] = (char)c;
			in = exact_copy(span_of(bytes, sizeof(bytes)));
			if (netstring_decode(in, 100, &body, &used) ==
			    NETSTRING_DONE)
				assert_true(used <= in.len && body.len < used &&
				    in.data[used - 1] == ',');
			exact_free(in);
		}
	}
}

static const struct {
	const char *row;
	struct span body;
	size_t room;
	const char *want; /* NULL: refused */
} written[] = {
    {"a body", SPAN("hello"), 100, "5:hello,"},
    {"an empty body", SPAN(""), 100, "0:,"},
    {"no bytes at all", {NULL, 0}, 100, "0:,"},
    {"two digits", SPAN("0123456789"), 100, "10:0123456789,"},
    {"one byte more room than needed", SPAN("hello"), 9, "5:hello,"},
    {"just the room that is needed", SPAN("hello"), 8, "5:hello,"},
    {"one byte less room than needed", SPAN("hello"), 7, NULL},
    {"no room", SPAN(""), 0, NULL},
};

static void
netstrings_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(written); i++) {
		struct span body = exact_copy(written[i].body);
		const char *want = written[i].want;
		struct buf out;

		buf_init(&out, written[i].room);
		check_bool(
		    written[i].row, netstring_append(&out, body), want != NULL);
		check_span(written[i].row, buf_span(&out),
		    span_str(want != NULL ? want : ""));
		buf_free(&out);
		exact_free(body);
	}
}

static void
what_is_written_reads_the_same(void **state)
{
	enum { MAX = 1100 };
	static const char zeros[MAX];
	struct buf out;

	(void)state;
	buf_init(&out, MAX + 10);
	for (size_t n = 0; n < MAX; n++) {
		struct span body;
		size_t used;

		assert_true(netstring_append(&out, span_of(zeros, n)));
		assert_int_equal(
		    netstring_decode(buf_span(&out), MAX, &body, &used),
		    NETSTRING_DONE);
		assert_int_equal(body.len, n);
		assert_int_equal(used, buf_len(&out));
		buf_clear(&out);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_are_read),
	    cmocka_unit_test(every_prefix_asks_for_more),
	    cmocka_unit_test(every_changed_byte_is_judged_within_bounds),
	    cmocka_unit_test(netstrings_are_written),
	    cmocka_unit_test(what_is_written_reads_the_same),
	};

	return cmocka_run_group_tests_name("netstring", tests, NULL, NULL);
}
