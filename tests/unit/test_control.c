/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "policyd/control.h"

enum { NOT_LOOKED_AT = CONTROL_RESCHEDULE + 1 };

static const char *const result_names[] = {
    [CONTROL_MORE] = "more",
    [CONTROL_DONE] = "done",
    [CONTROL_WRONG] = "wrong",
};

static const struct {
	const char *row;
	struct span in;
	enum control_result want;
	int verb;
	int64_t due_s;
	struct span body;
	size_t used;
} requests[] = {
    {"status", SPAN("status\n"), CONTROL_DONE, CONTROL_STATUS, 0, SPAN(""), 7},
    {"sweep", SPAN("sweep\n"), CONTROL_DONE, CONTROL_SWEEP, 0, SPAN(""), 6},
    {"reload", SPAN("reload\n"), CONTROL_DONE, CONTROL_RELOAD, 0, SPAN(""), 7},
    {"resume", SPAN("resume\n"), CONTROL_DONE, CONTROL_RESUME, 0, SPAN(""), 7},
    {"events", SPAN("events\n"), CONTROL_DONE, CONTROL_EVENTS, 0, SPAN(""), 7},
    {"follow", SPAN("follow\n"), CONTROL_DONE, CONTROL_FOLLOW, 0, SPAN(""), 7},
    {"tail", SPAN("tail\n"), CONTROL_DONE, CONTROL_TAIL, 0, SPAN(""), 5},
    {"two at once", SPAN("sweep\nstatus\n"), CONTROL_DONE, CONTROL_SWEEP, 0,
	SPAN(""), 6},
    {"pause without a reason", SPAN("pause 0\n"), CONTROL_DONE, CONTROL_PAUSE,
	0, SPAN(""), 8},
    {"pause", SPAN("pause 5\nmovesweep\n"), CONTROL_DONE, CONTROL_PAUSE, 0,
	SPAN("moves"), 13},
    {"a reason of any bytes", SPAN("pause 6\n\0\xff\r\n: more"), CONTROL_DONE,
	CONTROL_PAUSE, 0, SPAN("\0\xff\r\n: "), 14},
    {"no message", SPAN("reschedule 5 0\n"), CONTROL_DONE, CONTROL_RESCHEDULE,
	5, SPAN(""), 15},
    {"a message", SPAN("reschedule 1766653200 9\nABCDEF 7\n"), CONTROL_DONE,
	CONTROL_RESCHEDULE, 1766653200, SPAN("ABCDEF 7\n"), 33},
    {"now", SPAN("reschedule now 0\n"), CONTROL_DONE, CONTROL_RESCHEDULE,
	CONTROL_NOW, SPAN(""), 17},
    {"never", SPAN("reschedule never 0\n"), CONTROL_DONE, CONTROL_RESCHEDULE,
	OVERRIDE_NEVER, SPAN(""), 19},
    {"1970", SPAN("reschedule 0 0\n"), CONTROL_DONE, CONTROL_RESCHEDULE, 0,
	SPAN(""), 15},
    {"the last moment", SPAN("reschedule 9223372036854775806 0\n"),
	CONTROL_DONE, CONTROL_RESCHEDULE, INT64_MAX - 1, SPAN(""), 33},
    {"a moment that would be never", SPAN("reschedule 9223372036854775807 0\n"),
	CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"a moment that would be now", SPAN("reschedule -9223372036854775808 0\n"),
	CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"2^64", SPAN("reschedule 18446744073709551616 0\n"), CONTROL_WRONG,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"before 1970", SPAN("reschedule -1 0\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"the longest reason, so far", SPAN("pause 1024\n"), CONTROL_MORE,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"one byte less", SPAN("pause 1023\n"), CONTROL_MORE, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"one byte more", SPAN("pause 1025\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"the longest body, so far", SPAN("reschedule 5 48000000\n"), CONTROL_MORE,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"one byte less", SPAN("reschedule 5 47999999\n"), CONTROL_MORE,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"one byte more", SPAN("reschedule 5 48000001\n"), CONTROL_WRONG,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"2^32 bytes", SPAN("reschedule 5 4294967296\n"), CONTROL_WRONG,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"2^64 bytes", SPAN("reschedule 5 18446744073709551616\n"), CONTROL_WRONG,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"forty digits", SPAN("pause 9999999999999999999999999999999999999999\n"),
	CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"less than no bytes", SPAN("pause -1\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"a body that is not all there", SPAN("pause 5\nmove"), CONTROL_MORE,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"nothing", SPAN(""), CONTROL_MORE, NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"an empty line", SPAN("\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"another verb", SPAN("stop\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""),
	0},
    {"capitals", SPAN("STATUS\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""),
	0},
    {"a CR", SPAN("status\r\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"a NUL", SPAN("status\0\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"a blank in front", SPAN(" status\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"a blank behind", SPAN("status \n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"an argument too many", SPAN("status 1\n"), CONTROL_WRONG, NOT_LOOKED_AT,
	0, SPAN(""), 0},
    {"pause without a number", SPAN("pause\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"pause and a blank", SPAN("pause \n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"pause and a word", SPAN("pause now\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"pause and two numbers", SPAN("pause 1 1\n"), CONTROL_WRONG, NOT_LOOKED_AT,
	0, SPAN(""), 0},
    {"reschedule alone", SPAN("reschedule\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"reschedule without a number", SPAN("reschedule now\n"), CONTROL_WRONG,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"reschedule with an empty moment", SPAN("reschedule  0\n"), CONTROL_WRONG,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"reschedule with another word", SPAN("reschedule later 0\n"),
	CONTROL_WRONG, NOT_LOOKED_AT, 0, SPAN(""), 0},
    {"two blanks", SPAN("reschedule now  0\n"), CONTROL_WRONG, NOT_LOOKED_AT, 0,
	SPAN(""), 0},
    {"another protocol", SPAN("GET / HTTP/1.1\r\n\r\n"), CONTROL_WRONG,
	NOT_LOOKED_AT, 0, SPAN(""), 0},
};

static void
check_request(size_t i, struct span in)
{
	const char *row = requests[i].row;
	struct control_request request;
	size_t used = 0;
	enum control_result got = control_decode(in, &request, &used);

	check_string(row, result_names[got], result_names[requests[i].want]);
	if (got != CONTROL_DONE)
		return;
	check_int(row, request.verb, requests[i].verb);
	check_int(row, request.due_s, requests[i].due_s);
	check_span(row, request.body, requests[i].body);
	check_int(row, (int64_t)used, (int64_t)requests[i].used);
}

static void
requests_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		struct span in = exact_copy(requests[i].in);

		check_request(i, in);
		exact_free(in);
	}
}

static void
every_prefix_asks_for_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		if (requests[i].want != CONTROL_DONE)
			continue;
		for (size_t n = 0; n < requests[i].used; n++) {
			struct span in =
			    exact_copy(span_head(requests[i].in, n));
			struct control_request request;
			size_t used;

			check_string(requests[i].row,
			    result_names[control_decode(in, &request, &used)],
			    result_names[CONTROL_MORE]);
			exact_free(in);
		}
	}
}

static void
a_first_line_is_bounded(void **state)
{
	char line[CONTROL_LINE_MAX + 1];
	struct control_request request;
	size_t used;

	(void)state;
	memset(line, 's', sizeof(line));
	for (size_t n = CONTROL_LINE_MAX - 1; n <= CONTROL_LINE_MAX + 1; n++) {
		struct span in = exact_copy(span_of(line, n));

		check_string("how many bytes without an end",
		    result_names[control_decode(in, &request, &used)],
		    result_names[n < CONTROL_LINE_MAX ? CONTROL_MORE
						      : CONTROL_WRONG]);
		exact_free(in);
	}
}

/* A number may have zeros in front, so that a line may have any length. */
static void
a_line_may_be_as_long_as_the_limit(void **state)
{
	char line[CONTROL_LINE_MAX + 2];

	(void)state;
	for (size_t n = CONTROL_LINE_MAX - 1; n <= CONTROL_LINE_MAX + 1; n++) {
		struct control_request request;
		struct span in;
		size_t used;

		snprintf(line, sizeof(line), "pause %0*d\n", (int)n - 7, 0);
		in = exact_copy(span_str(line));
		check_int("its length", (int64_t)in.len, (int64_t)n);
		check_string("read",
		    result_names[control_decode(in, &request, &used)],
		    result_names[n <= CONTROL_LINE_MAX ? CONTROL_DONE
						       : CONTROL_WRONG]);
		exact_free(in);
	}
}

/* Whatever the bytes, what is used was given. */
static void
every_changed_byte_is_judged_within_bounds(void **state)
{
	static const char whole[] = "reschedule now 9\nABCDEF 7\nstatus\n";
	char bytes[sizeof(whole) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(bytes); at++) {
		for (int c = 0; c < 256; c++) {
			struct control_request request;
			struct span in;
			size_t used = 0;

			memcpy(bytes, whole, sizeof(bytes));
			bytes[at] = (char)c;
			in = exact_copy(span_of(bytes, sizeof(bytes)));
			if (control_decode(in, &request, &used) == CONTROL_DONE)
				assert_true(used > 0 && used <= in.len &&
				    request.body.len < used);
			exact_free(in);
		}
	}
}

static const struct {
	const char *row;
	struct span body;
	enum control_result want;
	const char *id;
	int64_t arrival_s;
	size_t left;
} messages[] = {
    {"none", SPAN(""), CONTROL_MORE, NULL, 0, 0},
    {"one", SPAN("ABCDEF12345 1766653200\n"), CONTROL_DONE, "ABCDEF12345",
	1766653200, 0},
    {"two", SPAN("ABCDEF 1\nZZZZZZ 2\n"), CONTROL_DONE, "ABCDEF", 1, 9},
    {"a long id", SPAN("4bXyZ0123456789abcdefghijklmnopq 0\n"), CONTROL_DONE,
	"4bXyZ0123456789abcdefghijklmnopq", 0, 0},
    {"the last moment", SPAN("ABCDEF 9223372036854775806\n"), CONTROL_DONE,
	"ABCDEF", INT64_MAX - 1, 0},
    {"a moment too late", SPAN("ABCDEF 9223372036854775807\n"), CONTROL_WRONG,
	NULL, 0, 0},
    {"no end", SPAN("ABCDEF 1"), CONTROL_WRONG, NULL, 0, 0},
    {"an empty line", SPAN("\n"), CONTROL_WRONG, NULL, 0, 0},
    {"no arrival", SPAN("ABCDEF\n"), CONTROL_WRONG, NULL, 0, 0},
    {"an empty arrival", SPAN("ABCDEF \n"), CONTROL_WRONG, NULL, 0, 0},
    {"no id", SPAN(" 1\n"), CONTROL_WRONG, NULL, 0, 0},
    {"an id too short", SPAN("ABCDE 1\n"), CONTROL_WRONG, NULL, 0, 0},
    {"an id too long", SPAN("4bXyZ0123456789abcdefghijklmnopqr 1\n"),
	CONTROL_WRONG, NULL, 0, 0},
    {"a word too many", SPAN("ABCDEF 1 2\n"), CONTROL_WRONG, NULL, 0, 0},
    {"two blanks", SPAN("ABCDEF  1\n"), CONTROL_WRONG, NULL, 0, 0},
    {"a CR", SPAN("ABCDEF 1\r\n"), CONTROL_WRONG, NULL, 0, 0},
    {"a NUL", SPAN("ABCDEF\0 1\n"), CONTROL_WRONG, NULL, 0, 0},
    {"a path", SPAN("../etc/ 1\n"), CONTROL_WRONG, NULL, 0, 0},
    {"an option", SPAN("-ABCDEF 1\n"), CONTROL_WRONG, NULL, 0, 0},
    {"now", SPAN("ABCDEF now\n"), CONTROL_WRONG, NULL, 0, 0},
    {"before 1970", SPAN("ABCDEF -1\n"), CONTROL_WRONG, NULL, 0, 0},
};

static void
messages_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		const char *row = messages[i].row;
		struct span whole = exact_copy(messages[i].body);
		struct span body = whole;
		char id_text[QID_SIZE];
		struct qid id;
		int64_t arrival_s;
		enum control_result got =
		    control_next_message(&body, &id, &arrival_s);

		check_string(
		    row, result_names[got], result_names[messages[i].want]);
		if (got == CONTROL_DONE) {
			qid_format(&id, id_text);
			check_string(row, id_text, messages[i].id);
			check_int(row, arrival_s, messages[i].arrival_s);
			check_int(
			    row, (int64_t)body.len, (int64_t)messages[i].left);
		}
		exact_free(whole);
	}
}

/* What was put, and what is read from it. */
static void
check_round(const char *row, struct buf *out, const char *text,
    enum control_verb verb, int64_t due_s, const char *body)
{
	struct span in = exact_copy(buf_span(out));
	struct control_request request;
	size_t used = 0;

	check_span(row, in, span_str(text));
	check_string(row, result_names[control_decode(in, &request, &used)],
	    result_names[CONTROL_DONE]);
	check_int(row, request.verb, verb);
	check_int(row, request.due_s, due_s);
	check_span(row, request.body, span_str(body));
	check_int(row, (int64_t)used, (int64_t)in.len);
	exact_free(in);
	buf_free(out);
}

static void
what_is_put_is_read_again(void **state)
{
	static const char *const plain[] = {
	    [CONTROL_STATUS] = "status\n",
	    [CONTROL_SWEEP] = "sweep\n",
	    [CONTROL_RELOAD] = "reload\n",
	    [CONTROL_RESUME] = "resume\n",
	    [CONTROL_EVENTS] = "events\n",
	    [CONTROL_FOLLOW] = "follow\n",
	    [CONTROL_TAIL] = "tail\n",
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		if (plain[i] == NULL)
			continue;
		assert_true(control_put(&out, (enum control_verb)i));
		check_round(
		    "plain", &out, plain[i], (enum control_verb)i, 0, "");
	}
	assert_true(control_put_pause(&out, span_str("the relay moves")));
	check_round("pause", &out, "pause 15\nthe relay moves", CONTROL_PAUSE,
	    0, "the relay moves");
	assert_true(control_put_pause(&out, span_of("", 0)));
	check_round("no reason", &out, "pause 0\n", CONTROL_PAUSE, 0, "");
	assert_true(control_put_reschedule(&out, 77, span_str("ABCDEF 1\n")));
	check_round("a moment", &out, "reschedule 77 9\nABCDEF 1\n",
	    CONTROL_RESCHEDULE, 77, "ABCDEF 1\n");
	assert_true(control_put_reschedule(&out, CONTROL_NOW, span_of("", 0)));
	check_round("now", &out, "reschedule now 0\n", CONTROL_RESCHEDULE,
	    CONTROL_NOW, "");
	assert_true(
	    control_put_reschedule(&out, OVERRIDE_NEVER, span_of("", 0)));
	check_round("never", &out, "reschedule never 0\n", CONTROL_RESCHEDULE,
	    OVERRIDE_NEVER, "");
}

static void
a_body_of_messages_is_read_again(void **state)
{
	enum { N = 1000 };
	struct buf body;
	struct span rest;
	struct qid id, got;
	int64_t arrival_s;
	char text[QID_SIZE];

	(void)state;
	buf_init(&body, CONTROL_IDS_BYTES);
	for (int i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "ABC%05d", i);
		assert_true(qid_parse(span_str(text), &id));
		assert_true(control_put_message(&body, &id, 1000000 + i));
	}
	rest = buf_span(&body);
	for (int i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "ABC%05d", i);
		assert_true(qid_parse(span_str(text), &id));
		assert_int_equal(control_next_message(&rest, &got, &arrival_s),
		    CONTROL_DONE);
		assert_true(qid_equal(&id, &got));
		assert_int_equal(arrival_s, 1000000 + i);
	}
	assert_int_equal(
	    control_next_message(&rest, &got, &arrival_s), CONTROL_MORE);
	buf_free(&body);
}

/* Every message of the greatest body has room in it. */
static void
the_longest_line_of_a_message_has_room(void **state)
{
	struct buf body;
	struct qid id;

	(void)state;
	buf_init(&body, CONTROL_IDS_BYTES / OVERRIDES_MAX);
	assert_true(
	    qid_parse(span_str("ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ"), &id));
	assert_true(control_put_message(&body, &id, INT64_C(99999999999999)));
	buf_free(&body);
}

static void
what_does_not_fit_is_not_begun(void **state)
{
	struct span reason = span_str("0123456789");
	struct buf out;

	(void)state;
	for (size_t room = 0; room <= 20; room++) {
		buf_init(&out, room);
		check_bool("pause 10 and ten bytes",
		    control_put_pause(&out, reason), room >= 19);
		check_int("all or nothing", (int64_t)buf_len(&out),
		    room >= 19 ? 19 : 0);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_read),
	    cmocka_unit_test(every_prefix_asks_for_more),
	    cmocka_unit_test(a_first_line_is_bounded),
	    cmocka_unit_test(a_line_may_be_as_long_as_the_limit),
	    cmocka_unit_test(every_changed_byte_is_judged_within_bounds),
	    cmocka_unit_test(messages_are_read),
	    cmocka_unit_test(what_is_put_is_read_again),
	    cmocka_unit_test(a_body_of_messages_is_read_again),
	    cmocka_unit_test(the_longest_line_of_a_message_has_room),
	    cmocka_unit_test(what_does_not_fit_is_not_begun),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
