/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/tcptable.h"

static const char *const result_names[] = {
    [TCPTABLE_MORE] = "more",
    [TCPTABLE_DONE] = "done",
    [TCPTABLE_BAD_REQUEST] = "bad request",
    [TCPTABLE_BAD_FRAME] = "bad frame",
};

static const struct {
	const char *row;
	struct span in;
	enum tcptable_result want;
	struct span key;
	size_t used;
} requests[] = {
    {"a key", SPAN("get key\n"), TCPTABLE_DONE, SPAN("key"), 8},
    {"quoted bytes", SPAN("get a%20b%0A%25\n"), TCPTABLE_DONE, SPAN("a b\n%"),
	16},
    {"small hexadecimal digits", SPAN("get %0a%fF\n"), TCPTABLE_DONE,
	SPAN("\n\xff"), 11},
    {"a quoted NUL", SPAN("get a%00b\n"), TCPTABLE_DONE, SPAN("a\0b"), 10},
    {"what needed no quotes", SPAN("get %6B%65%79\n"), TCPTABLE_DONE,
	SPAN("key"), 14},
    {"the next request is left alone", SPAN("get a\nget b\n"), TCPTABLE_DONE,
	SPAN("a"), 6},
    {"no digits behind the sign", SPAN("get a%\n"), TCPTABLE_BAD_REQUEST,
	SPAN(""), 7},
    {"one digit behind the sign", SPAN("get a%2\n"), TCPTABLE_BAD_REQUEST,
	SPAN(""), 8},
    {"no digit first", SPAN("get %g0\n"), TCPTABLE_BAD_REQUEST, SPAN(""), 8},
    {"no digit second", SPAN("get %0g\n"), TCPTABLE_BAD_REQUEST, SPAN(""), 8},
    {"two signs", SPAN("get %%41\n"), TCPTABLE_BAD_REQUEST, SPAN(""), 9},
    {"bytes next to the digits", SPAN("get %/:\n"), TCPTABLE_BAD_REQUEST,
	SPAN(""), 8},
    {"bytes next to the letters", SPAN("get %@`\n"), TCPTABLE_BAD_REQUEST,
	SPAN(""), 8},
    {"0xff as digits", SPAN("get %\xff\xff\n"), TCPTABLE_BAD_REQUEST, SPAN(""),
	8},
    {"no key", SPAN("get \n"), TCPTABLE_BAD_REQUEST, SPAN(""), 5},
    {"nothing behind the word", SPAN("get\n"), TCPTABLE_BAD_REQUEST, SPAN(""),
	4},
    {"an empty line", SPAN("\n"), TCPTABLE_BAD_REQUEST, SPAN(""), 1},
    {"another word", SPAN("put key value\n"), TCPTABLE_BAD_REQUEST, SPAN(""),
	14},
    {"the word in capitals", SPAN("GET key\n"), TCPTABLE_BAD_REQUEST, SPAN(""),
	8},
    {"a tab behind the word", SPAN("get\tkey\n"), TCPTABLE_BAD_REQUEST,
	SPAN(""), 8},
    {"a request of another protocol", SPAN("10:deliver-at,\n"),
	TCPTABLE_BAD_REQUEST, SPAN(""), 15},
    {"a NUL in front", SPAN("\0get key\n"), TCPTABLE_BAD_REQUEST, SPAN(""), 9},
    {"nothing yet", SPAN(""), TCPTABLE_MORE, SPAN(""), 0},
    {"a bare CR ends no line", SPAN("get key\r"), TCPTABLE_MORE, SPAN(""), 0},
};

/* The key, or what is wrong; room is of the exact size. */
static void
check_request(const char *row, struct span given, enum tcptable_result want,
    struct span want_key, size_t want_used)
{
	struct span in = exact_copy(given);
	char *room = malloc(TCPTABLE_KEY_MAX);
	struct span key = {NULL, 0};
	size_t used = 0;
	enum tcptable_result got;

	assert_non_null(room);
	got = tcptable_decode(in, room, &key, &used);
	check_string(row, result_names[got], result_names[want]);
	check_int(row, (int64_t)used, (int64_t)want_used);
	if (got == TCPTABLE_DONE)
		check_span(row, key, want_key);
	free(room);
	exact_free(in);
}

static void
requests_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++)
		check_request(requests[i].row, requests[i].in, requests[i].want,
		    requests[i].key, requests[i].used);
}

static void
every_prefix_asks_for_more(void **state)
{
	struct span whole =
	    span_str("get X-Deliver-At:%20Fri,%0A%2025%20Dec\n");

	(void)state;
	for (size_t n = 0; n < whole.len; n++)
		check_request("a prefix", span_head(whole, n), TCPTABLE_MORE,
		    span_str(""), 0);
	check_request("the whole", whole, TCPTABLE_DONE,
	    span_str("X-Deliver-At: Fri,\n 25 Dec"), whole.len);
}

/* A request with a key of n times c, as it is or quoted. */
static void
check_long(const char *row, size_t n, bool quoted, enum tcptable_result want)
{
	char *key = malloc(n);
	struct buf line;

	assert_non_null(key);
	memset(key, 'x', n);
	buf_init(&line, 3 * n + 100);
	assert_true(buf_append(&line, span_str("get ")));
	for (size_t i = 0; quoted && i < n; i++)
		assert_true(buf_append(&line, span_str("%78")));
	if (!quoted)
		assert_true(buf_append(&line, span_of(key, n)));
	assert_true(buf_append(&line, span_str("\n")));
	check_request(
	    row, buf_span(&line), want, span_of(key, n), buf_len(&line));
	buf_free(&line);
	free(key);
}

static void
keys_are_bounded(void **state)
{
	static const size_t max = TCPTABLE_KEY_MAX;

	(void)state;
	check_long("one less", max - 1, false, TCPTABLE_DONE);
	check_long("the limit", max, false, TCPTABLE_DONE);
	check_long("one more", max + 1, false, TCPTABLE_BAD_REQUEST);
	check_long("one less, quoted", max - 1, true, TCPTABLE_DONE);
	check_long("the limit, quoted", max, true, TCPTABLE_DONE);
	check_long("one more, quoted", max + 1, true, TCPTABLE_BAD_REQUEST);
}

static void
lines_are_bounded(void **state)
{
	static const size_t max = TCPTABLE_LINE_MAX;
	char *line = malloc(max + 2);
	struct span none = {NULL, 0};

	(void)state;
	assert_non_null(line);
	memset(line, 'x', max + 2);
	check_request(
	    "no end, one less", span_of(line, max - 1), TCPTABLE_MORE, none, 0);
	check_request("no end, the limit", span_of(line, max),
	    TCPTABLE_BAD_FRAME, none, 0);
	check_request("no end, one more", span_of(line, max + 1),
	    TCPTABLE_BAD_FRAME, none, 0);
	line[max - 1] = '\n';
	check_request("a line of the limit", span_of(line, max),
	    TCPTABLE_BAD_REQUEST, none, max);
	line[max - 1] = 'x';
	line[max] = '\n';
	check_request("a line of one more", span_of(line, max + 1),
	    TCPTABLE_BAD_FRAME, none, 0);
	free(line);
}

static const struct {
	const char *row;
	int code;
	struct span text;
	size_t room;
	const char *want; /* NULL: refused */
} replies[] = {
    {"an action", 200, SPAN("DUNNO"), 100, "200 DUNNO\n"},
    {"blanks are quoted", 200, SPAN("HOLD until then"), 100,
	"200 HOLD%20until%20then\n"},
    {"nothing", 500, SPAN(""), 100, "500 \n"},
    {"a percent sign", 400, SPAN("100%"), 100, "400 100%25\n"},
    {"line ends", 200, SPAN("a\r\nb"), 100, "200 a%0D%0Ab\n"},
    {"bytes at the borders", 200, SPAN("\0\x1f !~\x7f\x80\xff"), 100,
	"200 %00%1F%20!~%7F%80%FF\n"},
    {"just the room that is needed", 200, SPAN("DUNNO"), 10, "200 DUNNO\n"},
    {"one byte less room than needed", 200, SPAN("DUNNO"), 9, NULL},
};

static void
replies_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		struct span text = exact_copy(replies[i].text);
		const char *want = replies[i].want;
		struct buf out;

		buf_init(&out, replies[i].room);
		check_bool(replies[i].row,
		    tcptable_reply(&out, replies[i].code, text), want != NULL);
		check_span(replies[i].row, buf_span(&out),
		    span_str(want != NULL ? want : ""));
		buf_free(&out);
		exact_free(text);
	}
}

static const struct {
	const char *row;
	char byte; /* of which the text is made */
	size_t n;
	size_t want; /* bytes of the reply; 0: refused */
} lengths[] = {
    {"one byte less than the limit", 'x', TCPTABLE_REPLY_MAX - 6,
	TCPTABLE_REPLY_MAX - 1},
    {"the limit", 'x', TCPTABLE_REPLY_MAX - 5, TCPTABLE_REPLY_MAX},
    {"one byte more than the limit", 'x', TCPTABLE_REPLY_MAX - 4, 0},
    {"quoted, within the limit", ' ', (TCPTABLE_REPLY_MAX - 5) / 3,
	TCPTABLE_REPLY_MAX - 5 - (TCPTABLE_REPLY_MAX - 5) % 3 + 5},
    {"quoted, one too many", ' ', (TCPTABLE_REPLY_MAX - 5) / 3 + 1, 0},
};

static void
replies_are_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		char text[TCPTABLE_REPLY_MAX];
		struct buf out;

		memset(text, lengths[i].byte, sizeof(text));
		buf_init(&out, 2 * TCPTABLE_REPLY_MAX);
		check_bool(lengths[i].row,
		    tcptable_reply(&out, 200, span_of(text, lengths[i].n)),
		    lengths[i].want > 0);
		check_int(lengths[i].row, (int64_t)buf_len(&out),
		    (int64_t)lengths[i].want);
		buf_free(&out);
	}
}

/* What a reply quotes, a request unquotes: all bytes, in all neighbours. */
static void
quoting_and_unquoting_are_inverse(void **state)
{
	char text[512];
	struct buf out, line;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i < 256 ? i : i * 167);
	buf_init(&out, TCPTABLE_REPLY_MAX);
	buf_init(&line, TCPTABLE_REPLY_MAX);
	for (size_t n = 1; n <= sizeof(text); n++) {
		struct span part = span_of(text + sizeof(text) - n, n);

		buf_clear(&out);
		buf_clear(&line);
		assert_true(tcptable_reply(&out, 200, part));
		assert_true(buf_append(&line, span_str("get ")));
		assert_true(buf_append(&line, span_skip(buf_span(&out), 4)));
		check_request("back again", buf_span(&line), TCPTABLE_DONE,
		    part, buf_len(&line));
	}
	buf_free(&out);
	buf_free(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_read),
	    cmocka_unit_test(every_prefix_asks_for_more),
	    cmocka_unit_test(keys_are_bounded),
	    cmocka_unit_test(lines_are_bounded),
	    cmocka_unit_test(replies_are_written),
	    cmocka_unit_test(replies_are_bounded),
	    cmocka_unit_test(quoting_and_unquoting_are_inverse),
	};

	return cmocka_run_group_tests_name("tcptable", tests, NULL, NULL);
}
