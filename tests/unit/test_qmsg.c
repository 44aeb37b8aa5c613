/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "hdrcheck/base/lines.h"
#include "policyd/sched/qmsg.h"

/* Members as postqueue writes them, to be put together. */
#define QUEUE   "\"queue_name\": \"hold\""
#define ID      "\"queue_id\": \"C5A28A72512\""
#define ARRIVAL "\"arrival_time\": 1795297489"
#define BYTES   "\"message_size\": 359"
#define NEED    QUEUE ", " ID ", " ARRIVAL ", " BYTES
#define SENDER  "\"forced_expire\": false, \"sender\": \"ann@sender.test\""
#define TO      "{\"address\": \"ben@sink.test\"}"
#define TRIED                                                                  \
	"{\"address\": \"ben@sink.test\", \"delay_reason\": \"timed out\"}"
#define LINE(to) "{" NEED ", " SENDER ", \"recipients\": [" to "]}"

static const struct {
	const char *row;
	struct span line;
	bool cut;
	bool want;
	bool tried;
} lines[] = {
    {"a line of postqueue", SPAN(LINE(TO)), false, true, false},
    {"a message that was tried", SPAN(LINE(TRIED)), false, true, true},
    {"one recipient of several was tried", SPAN(LINE(TO ", " TRIED ", " TO)),
	false, true, true},
    {"the members of 3.12",
	SPAN("{" NEED ", " SENDER ", \"recipients\": [{\"address\": \"a\", "
	     "\"orig_address\": \"b\", \"bounce_reason\": \"c\", "
	     "\"other_reason\": \"d\"}]}"),
	false, true, false},
    {"other members behind", SPAN("{" NEED ", \"new\": {\"a\": [1, \"}\"]}}"),
	false, true, false},
    {"another order",
	SPAN("{\"recipients\": [" TRIED "], " BYTES ", " ARRIVAL ", " ID
	     ", " QUEUE "}"),
	false, true, true},
    {"no blanks",
	SPAN("{\"queue_name\":\"hold\",\"queue_id\":\"C5A28A72512\","
	     "\"arrival_time\":1795297489,\"message_size\":359}"),
	false, true, false},
    {"no recipients", SPAN("{" NEED "}"), false, true, false},
    {"recipients that are no list", SPAN("{" NEED ", \"recipients\": 1}"),
	false, true, false},
    {"an address that tells of a delay",
	SPAN(LINE("{\"address\": \"\\\"delay_reason\\\": \\\"x\\\"\"}")), false,
	true, false},
    {"an address that is the word",
	SPAN(LINE("{\"address\": \"delay_reason\"}")), false, true, false},
    {"a sender that tells of a delay",
	SPAN("{" NEED ", \"sender\": \"\\\"delay_reason\\\":\", "
	     "\"recipients\": [" TO "]}"),
	false, true, false},
    {"a delay_reason of the message",
	SPAN("{" NEED ", \"delay_reason\": \"x\", \"recipients\": [" TO "]}"),
	false, true, false},
    {"no queue", SPAN("{" ID ", " ARRIVAL ", " BYTES "}"), false, false, false},
    {"no id", SPAN("{" QUEUE ", " ARRIVAL ", " BYTES "}"), false, false, false},
    {"no arrival", SPAN("{" QUEUE ", " ID ", " BYTES "}"), false, false, false},
    {"no size", SPAN("{" QUEUE ", " ID ", " ARRIVAL "}"), false, false, false},
    {"an id without quotes",
	SPAN("{" QUEUE ", \"queue_id\": 123456, " ARRIVAL ", " BYTES "}"),
	false, false, false},
    {"a queue without quotes",
	SPAN("{\"queue_name\": 1, " ID ", " ARRIVAL ", " BYTES "}"), false,
	false, false},
    {"an arrival in quotes",
	SPAN("{" QUEUE ", " ID ", \"arrival_time\": \"1\", " BYTES "}"), false,
	false, false},
    {"an arrival with a fraction",
	SPAN("{" QUEUE ", " ID ", \"arrival_time\": 1.5, " BYTES "}"), false,
	false, false},
    {"a negative size",
	SPAN("{" QUEUE ", " ID ", " ARRIVAL ", \"message_size\": -1}"), false,
	false, false},
    {"no JSON", SPAN("Mail queue is empty"), false, false, false},
    {"an empty line", {"", 0}, false, false, false},
    {"an empty object", SPAN("{}"), false, false, false},
    {"an array", SPAN("[" LINE(TO) "]"), false, false, false},
    {"something behind the object", SPAN(LINE(TO) "}"), false, false, false},
    {"blanks behind the object", SPAN(LINE(TO) " \r"), false, true, false},
    {"the head of a longer line, with all we need",
	SPAN("{" NEED ", " SENDER ", \"recipients\": [{\"addr"), true, true,
	false},
    {"the same, told to be whole",
	SPAN("{" NEED ", " SENDER ", \"recipients\": [{\"addr"), false, false,
	false},
    {"a head that ends in the member before",
	SPAN("{" NEED ", \"sender\": \"an"), true, true, false},
    {"a head that ends in the size",
	SPAN("{" QUEUE ", " ID ", " ARRIVAL ", \"message_size\": 35"), true,
	false, false},
    {"a head that ends in front of the size",
	SPAN("{" QUEUE ", " ID ", " ARRIVAL ", "), true, false, false},
    {"a head that is no JSON", SPAN("xxxxxxxx"), true, false, false},
    {"an empty head", {"", 0}, true, false, false},
};

static void
lines_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct span line = exact_copy(lines[i].line);
		struct qmsg msg;
		bool got = qmsg_parse(line, lines[i].cut, &msg);

		check_bool(lines[i].row, got, lines[i].want);
		if (got) {
			check_span(
			    lines[i].row, msg.queue_name, span_str("hold"));
			check_qid(lines[i].row, &msg.id, "C5A28A72512");
			check_int(lines[i].row, msg.arrival_s, 1795297489);
			check_int(lines[i].row, (int64_t)msg.size, 359);
			check_bool(lines[i].row, msg.tried, lines[i].tried);
		}
		exact_free(line);
	}
}

/* An administrator's copy in the queue folder: listed, but no business. */
static void
a_name_that_is_no_queue_id_is_told(void **state)
{
	struct qmsg msg;

	(void)state;
	assert_true(qmsg_parse(
	    span_str("{" QUEUE ", \"queue_id\": \"OLD_8CFA\", " ARRIVAL
		     ", " BYTES "}"),
	    false, &msg));
	assert_true(msg.odd_id);
	assert_true(
	    qmsg_parse(span_str("{" QUEUE ", " ID ", " ARRIVAL ", " BYTES "}"),
		false, &msg));
	assert_false(msg.odd_id);
}

static const struct {
	const char *row;
	const char *number;
	bool want;
} numbers[] = {
    {"zero", "0", true},
    {"2^31", "2147483648", true},
    {"2^32", "4294967296", true},
    {"2^63 - 2", "9223372036854775806", true},
    {"2^63 - 1", "9223372036854775807", true},
    {"2^63", "9223372036854775808", false},
    {"2^64", "18446744073709551616", false},
    {"minus one", "-1", false},
    {"a plus", "+1", false},
    {"hexadecimal", "0x10", false},
    {"an exponent", "1e3", false},
    {"a word", "true", false},
};

static void
numbers_are_read_up_to_their_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		const char *n = numbers[i].number;
		char text[256];
		struct qmsg msg;
		bool got;

		snprintf(text, sizeof(text),
		    "{" QUEUE ", " ID ", \"arrival_time\": %s, "
		    "\"message_size\": %s}",
		    n, n);
		got = qmsg_parse(span_str(text), false, &msg);
		check_bool(numbers[i].row, got, numbers[i].want);
		if (got)
			check_int(numbers[i].row, msg.arrival_s,
			    (int64_t)strtoll(n, NULL, 10));
		if (got)
			check_int(numbers[i].row, (int64_t)msg.size,
			    (int64_t)strtoll(n, NULL, 10));
	}
}

static void
every_prefix_of_a_line_is_refused(void **state)
{
	struct span line = span_str(LINE(TO ", " TRIED));

	(void)state;
	for (size_t n = 0; n < line.len; n++) {
		struct span in = exact_copy(span_head(line, n));
		struct qmsg msg;

		assert_false(qmsg_parse(in, false, &msg));
		exact_free(in);
	}
}

/* What a listing of a real Postfix says, one letter a message. */
static void
a_real_listing_is_read(void **state)
{
	struct span listing = read_data("postqueue/listing.json");
	struct span rest = listing;
	struct span line;
	struct qmsg msg;
	size_t held = 0, deferred = 0, tried = 0;

	(void)state;
	while (span_cut(&rest, '\n', &line)) {
		check_bool("a line", qmsg_parse(line, false, &msg), true);
		held += span_equal_str(msg.queue_name, "hold");
		deferred += span_equal_str(msg.queue_name, "deferred");
		tried += msg.tried;
		check_int("arrival", msg.arrival_s / 100, 17952974);
		assert_true(msg.size > 300 && msg.size < 4000);
	}
	check_int("held", (int64_t)held, 16);
	check_int("deferred", (int64_t)deferred, 2);
	check_int("tried", (int64_t)tried, 2);
	exact_free(listing);
}

static void
a_long_queue_id_is_read(void **state)
{
	struct span listing = read_data("postqueue/long_id.json");
	struct qmsg msg;

	(void)state;
	listing.len--;
	check_bool("the line", qmsg_parse(listing, false, &msg), true);
	check_qid("the id", &msg.id, "4jX5N05nJXz1bYjt");
	exact_free(listing);
}

/* 600 recipients, all tried: more than comes in one piece. */
static void
a_line_too_long_is_read_from_its_head(void **state)
{
	struct span listing = read_data("postqueue/long_line.json");
	struct span head = span_head(listing, LINES_MAX);
	struct qmsg msg;
	size_t n = 0;

	(void)state;
	assert_true(listing.len > LINES_MAX);
	check_bool("the head", qmsg_parse(head, true, &msg), true);
	check_span("queue", msg.queue_name, span_str("deferred"));
	check_int("size", (int64_t)msg.size, 292);
	check_bool("the head as a line", qmsg_parse(head, false, &msg), false);
	for (size_t at = 0; at < listing.len; at += 1000) {
		struct qmsg_tail tail = {.n_last = 0};
		size_t len = listing.len - at < 1000 ? listing.len - at : 1000;

		n += qmsg_tail_tried(&tail, span_of(listing.data + at, len));
	}
	assert_true(n > 70);
	exact_free(listing);
}

static const struct {
	const char *row;
	struct span text;
	bool want;
} tails[] = {
    {"the member", SPAN("\"a\"}, {\"address\": \"b\", \"delay_reason\": \"c"),
	true},
    {"the member alone", SPAN("\"delay_reason\":"), true},
    {"the member at the end", SPAN("xxxxxxxxxxxxxxxxxxxx\"delay_reason\":"),
	true},
    {"inside a string, with backslashes",
	SPAN("\"address\": \"x\\\"delay_reason\\\": y\"}"), false},
    {"inside a string, the last backslash is one of a pair",
	SPAN("\"address\": \"x\\\\\\\"delay_reason\\\\\\\": y\"}"), false},
    {"an address of that name", SPAN("{\"address\": \"delay_reason\"}"), false},
    {"another member", SPAN("\"x_delay_reason\": 1, \"delay_reasons\": 2"),
	false},
    {"no colon yet", SPAN("\"delay_reason\""), false},
    {"nothing", {"", 0}, false},
};

static void
a_delay_reason_is_found_across_every_border(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tails); i++) {
		struct span text = tails[i].text;

		for (size_t at = 0; at <= text.len; at++) {
			struct qmsg_tail tail = {.n_last = 0};
			struct span a = exact_copy(span_head(text, at));
			struct span b = exact_copy(span_skip(text, at));
			bool got = qmsg_tail_tried(&tail, a);

			got = qmsg_tail_tried(&tail, b) || got;
			check_bool(tails[i].row, got, tails[i].want);
			exact_free(a);
			exact_free(b);
		}
	}
}

static void
a_delay_reason_is_found_in_pieces_of_every_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tails); i++) {
		struct span text = tails[i].text;

		for (size_t size = 1; size <= 40; size++) {
			struct qmsg_tail tail = {.n_last = 0};
			bool got = false;

			for (size_t at = 0; at < text.len; at += size) {
				size_t n =
				    text.len - at < size ? text.len - at : size;
				struct span piece =
				    exact_copy(span_of(text.data + at, n));

				got = qmsg_tail_tried(&tail, piece) || got;
				exact_free(piece);
			}
			check_bool(tails[i].row, got, tails[i].want);
		}
	}
}

static void
every_changed_byte_is_judged_within_bounds(void **state)
{
	static const char whole[] = LINE(TRIED);
	char bytes[sizeof(whole) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(bytes); at++) {
		for (int c = 0; c < 256; c++) {
			struct span in;
			struct qmsg msg;

			memcpy(bytes, whole, sizeof(bytes));
			bytes[at] = (char)c;
			in = exact_copy(span_of(bytes, sizeof(bytes)));
			if (qmsg_parse(in, c % 2 == 0, &msg))
				assert_true(msg.queue_name.data > in.data &&
				    msg.queue_name.len < in.len);
			exact_free(in);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_read),
	    cmocka_unit_test(a_name_that_is_no_queue_id_is_told),
	    cmocka_unit_test(numbers_are_read_up_to_their_limit),
	    cmocka_unit_test(every_prefix_of_a_line_is_refused),
	    cmocka_unit_test(a_real_listing_is_read),
	    cmocka_unit_test(a_long_queue_id_is_read),
	    cmocka_unit_test(a_line_too_long_is_read_from_its_head),
	    cmocka_unit_test(a_delay_reason_is_found_across_every_border),
	    cmocka_unit_test(a_delay_reason_is_found_in_pieces_of_every_size),
	    cmocka_unit_test(every_changed_byte_is_judged_within_bounds),
	};

	return cmocka_run_group_tests_name("qmsg", tests, NULL, NULL);
}
