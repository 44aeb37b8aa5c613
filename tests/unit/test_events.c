/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "policyd/events.h"
#include "policyd/feed.h"

#define S CLOCK_NS_PER_S

/* 2026-12-25T09:00:00.012Z */
#define NOW_NS (INT64_C(1798189200) * S + 12 * CLOCK_NS_PER_MS + 345)
#define TIME   "\"time\":\"2026-12-25T09:00:00.012Z\""

static const struct {
	const char *row;
	const char *id;
	const char *complaint;
	struct sweep_event event;
	const char *want;
} events[] = {
    {"held", "ABCDEF12345", "", {.kind = SWEEP_HELD, .due_s = 1798189200},
	"{\"event\":\"held\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"due\":\"2026-12-25T09:00:00Z\"}\n"},
    {"held by a rule", "ABCDEF12345", "",
	{.kind = SWEEP_HELD, .due_s = OVERRIDE_NEVER},
	"{\"event\":\"held\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"due\":\"never\"}\n"},
    {"released", "ABCDEF12345", "",
	{.kind = SWEEP_RELEASED,
	    .due_s = 1798189200,
	    .late_ns = 12 * CLOCK_NS_PER_MS},
	"{\"event\":\"released\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"queue_id_after\":\"ABCDEF12345\","
	"\"due\":\"2026-12-25T09:00:00Z\",\"late\":0.012,"
	"\"method\":\"release\"}\n"},
    {"released by a requeue", "ABCDEF12345", "",
	{.kind = SWEEP_RELEASED,
	    .due_s = 1798189200,
	    .late_ns = 61 * S,
	    .requeued = true},
	"{\"event\":\"released\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"queue_id_after\":null,\"due\":\"2026-12-25T09:00:00Z\","
	"\"late\":61.000,\"method\":\"requeue\"}\n"},
    {"rescheduled", "ABCDEF12345", "", {.kind = SWEEP_RESCHEDULED, .due_s = 0},
	"{\"event\":\"rescheduled\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"due\":\"1970-01-01T00:00:00Z\"}\n"},
    {"rescheduled to never", "ABCDEF12345", "",
	{.kind = SWEEP_RESCHEDULED, .due_s = OVERRIDE_NEVER},
	"{\"event\":\"rescheduled\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"due\":\"never\"}\n"},
    {"requeued", "NEWNEW", "", {.kind = SWEEP_REQUEUED},
	"{\"event\":\"requeued\"," TIME ",\"queue_id\":\"FORMER\","
	"\"queue_id_after\":\"NEWNEW\"}\n"},
    {"foreign", "ABCDEF12345", "", {.kind = SWEEP_FOREIGN, .why = PLAN_VETOED},
	"{\"event\":\"foreign\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"text\":\"it has one of veto_headers\"}\n"},
    {"a rule is gone", "ABCDEF12345", "",
	{.kind = SWEEP_RULE_GONE, .rule = SPAN("lunch"), .due_s = 1798189200},
	"{\"event\":\"rule_gone\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"rule\":\"lunch\",\"due\":\"2026-12-25T09:00:00Z\"}\n"},
    {"a fault of a message", "ABCDEF12345", "", {.kind = SWEEP_STILL_HELD},
	"{\"event\":\"fault\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"text\":\"still on hold, trying again\"}\n"},
    {"unreadable", "ABCDEF12345", "", {.kind = SWEEP_UNREADABLE},
	"{\"event\":\"fault\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"text\":\"its headers cannot be read, trying again\"}\n"},
    {"old", "ABCDEF12345", "", {.kind = SWEEP_RELEASED_OLD},
	"{\"event\":\"fault\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"text\":\"is old and cannot be requeued: a first temporary failure "
	"will return it\"}\n"},
    {"a command that failed", NULL, "fatal: \"x\"",
	{.kind = SWEEP_FAILED, .verb = SWEEP_LIST, .retry_ns = 5 * S},
	"{\"event\":\"fault\"," TIME ",\"queue_id\":null,"
	"\"text\":\"postqueue -j failed: fatal: \\\"x\\\"; again in 5 s\"}\n"},
    {"one that failed for a message, and said nothing", "ABCDEF12345", "",
	{.kind = SWEEP_FAILED, .verb = SWEEP_RELEASE, .retry_ns = 60 * S},
	"{\"event\":\"fault\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"text\":\"postsuper -H failed; again in 60 s\"}\n"},
};

static void
check_line(const char *row, struct buf *out, const char *want)
{
	check_span(row, buf_span(out), span_str(want));
	check_bool(row, buf_len(out) <= FEED_LINE_MAX, true);
	buf_clear(out);
}

static void
what_the_scheduler_told(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, FEED_LINE_MAX);
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		struct sweep_event event = events[i].event;

		if (events[i].id != NULL)
			assert_true(
			    qid_parse(span_str(events[i].id), &event.id));
		assert_true(qid_parse(span_str("FORMER"), &event.former));
		check_bool(events[i].row,
		    events_put(&out, &event, events[i].complaint, NOW_NS),
		    true);
		check_line(events[i].row, &out, events[i].want);
	}
	buf_free(&out);
}

static void
times_have_milliseconds(void **state)
{
	static const struct {
		int64_t ns;
		const char *want;
	} times[] = {
	    {0,
		"{\"event\":\"resumed\",\"time\":\"1970-01-01T00:00:00.000Z\"}"
		"\n"},
	    {999999,
		"{\"event\":\"resumed\",\"time\":\"1970-01-01T00:00:00.000Z\"}"
		"\n"},
	    {S - 1,
		"{\"event\":\"resumed\",\"time\":\"1970-01-01T00:00:00.999Z\"}"
		"\n"},
	    {-1,
		"{\"event\":\"resumed\",\"time\":\"1969-12-31T23:59:59.999Z\"}"
		"\n"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, FEED_LINE_MAX);
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		assert_true(events_put_resumed(&out, times[i].ns));
		check_line("a time", &out, times[i].want);
	}
	buf_free(&out);
}

static void
what_the_administrator_did(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, FEED_LINE_MAX);
	assert_true(
	    events_put_paused(&out, span_str("the relay moves"), NOW_NS));
	check_line("paused", &out,
	    "{\"event\":\"paused\"," TIME ",\"reason\":\"the relay moves\"}\n");
	assert_true(events_put_paused(&out, span_of("", 0), NOW_NS));
	check_line("paused without a reason", &out,
	    "{\"event\":\"paused\"," TIME ",\"reason\":\"\"}\n");
	assert_true(events_put_fault(&out, "/a/overrides: \"x\"", NOW_NS));
	check_line("a fault of no message", &out,
	    "{\"event\":\"fault\"," TIME ",\"queue_id\":null,"
	    "\"text\":\"/a/overrides: \\\"x\\\"\"}\n");
	assert_true(
	    events_put_reload(&out, true, "configuration read again", NOW_NS));
	check_line("reload", &out,
	    "{\"event\":\"reload\"," TIME
	    ",\"ok\":true,\"text\":\"configuration read again\"}\n");
	assert_true(events_put_reload(&out, false, "a.conf:3: \"x\"", NOW_NS));
	check_line("a mistake", &out,
	    "{\"event\":\"reload\"," TIME
	    ",\"ok\":false,\"text\":\"a.conf:3: \\\"x\\\"\"}\n");
	buf_free(&out);
}

static const struct {
	const char *row;
	struct events_refusal refusal;
	const char *want;
} refusals[] = {
    {"refused",
	{SPAN("ABCDEF12345"), SPAN("no-mail"), SPAN("5.7.1 closed"),
	    SPAN("ann@sender.test"), SPAN("ben@sink.test")},
	"{\"event\":\"refused\"," TIME ",\"queue_id\":\"ABCDEF12345\","
	"\"rule\":\"no-mail\",\"reply\":\"5.7.1 closed\","
	"\"sender\":\"ann@sender.test\",\"recipient\":\"ben@sink.test\"}\n"},
    {"nothing but a rule", {.rule = SPAN("r")},
	"{\"event\":\"refused\"," TIME ",\"queue_id\":null,\"rule\":\"r\","
	"\"reply\":\"\",\"sender\":\"\",\"recipient\":\"\"}\n"},
    {"hostile addresses",
	{SPAN(""), SPAN("r"), SPAN("5.7.1 \"no\""),
	    SPAN("a\"\\\n\x1b]0;x\x07\x7f\0@\xc2\x9b.test"),
	    SPAN("\xff\xfe\xc3\xa4\xed\xa0\x80")},
	"{\"event\":\"refused\"," TIME ",\"queue_id\":null,\"rule\":\"r\","
	"\"reply\":\"5.7.1 \\\"no\\\"\",\"sender\":\"a\\\"\\\\\\n\\u001b]0;x"
	"\\u0007\\u007f\\u0000@\\u009b.test\",\"recipient\":\""
	"\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	"\"}\n"},
    {"a queue id too long to be one",
	{.queue_id = SPAN("123456789012345678901234567890123"),
	    .rule = SPAN("r")},
	"{\"event\":\"refused\"," TIME ",\"queue_id\":null,\"rule\":\"r\","
	"\"reply\":\"\",\"sender\":\"\",\"recipient\":\"\"}\n"},
};

static void
what_a_rule_refused(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, FEED_LINE_MAX);
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		check_bool(refusals[i].row,
		    events_put_refused(&out, &refusals[i].refusal, NOW_NS),
		    true);
		check_line(refusals[i].row, &out, refusals[i].want);
	}
	buf_free(&out);
}

/* Sender's part of the line of a refusal. */
static struct span
sender_of(const struct buf *out)
{
	struct span line = buf_span(out);
	const char mark[] = "\"sender\":\"";

	for (size_t i = 0; i + sizeof(mark) < line.len; i++)
		if (memcmp(line.data + i, mark, sizeof(mark) - 1) == 0) {
			struct span s = span_skip(line, i + sizeof(mark) - 1);
			struct span head = s;

			assert_true(span_cut(&s, '"', &head));
			return head;
		}
	return span_of("", 0);
}

static const struct {
	const char *row;
	const char *pattern;
	size_t n;
	size_t want; /* bytes of the line */
} longs[] = {
    {"one less than there is room for", "a", EVENTS_TEXT_MAX - 1,
	EVENTS_TEXT_MAX - 1},
    {"as much", "a", EVENTS_TEXT_MAX, EVENTS_TEXT_MAX},
    {"one more", "a", EVENTS_TEXT_MAX + 1, EVENTS_TEXT_MAX},
    {"much more", "a", 100000, EVENTS_TEXT_MAX},
    {"escapes", "\x01", 100000, EVENTS_TEXT_MAX / 6 * 6},
    {"a last character that has no room", "\xe2\x82\xac", 100000,
	EVENTS_TEXT_MAX / 3 * 3},
    {"a character that was cut", "\xe2\x82\xac", 302, 300 + 2 * 3},
};

static void
long_texts_are_cut(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, FEED_LINE_MAX);
	for (size_t i = 0; i < COUNT_OF(longs); i++) {
		char *text = malloc(longs[i].n);
		struct events_refusal refusal = {0};

		assert_non_null(text);
		fill_pattern(text, longs[i].n, longs[i].pattern);
		refusal.sender = span_of(text, longs[i].n);
		check_bool(longs[i].row,
		    events_put_refused(&out, &refusal, NOW_NS), true);
		check_int(longs[i].row, (int64_t)sender_of(&out).len,
		    (int64_t)longs[i].want);
		buf_clear(&out);
		free(text);
	}
	buf_free(&out);
}

/* All that strangers and files may say, each at its worst. */
static void
no_line_is_longer_than_the_feed_takes(void **state)
{
	char text[2 * EVENTS_TEXT_MAX] = "", id[QID_MAX];
	struct span all = span_of(text, sizeof(text));
	struct events_refusal refusal = {
	    .queue_id = span_of(id, sizeof(id)),
	    .rule = span_head(all, 64),
	    .reply = all,
	    .sender = all,
	    .recipient = all,
	};
	static const char *const patterns[] = {
	    "a", "\"", "\xff", "\x01", "\xc2\x80"};
	struct buf out;

	(void)state;
	buf_init(&out, FEED_LINE_MAX);
	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		fill_pattern(text, sizeof(text), patterns[i]);
		fill_pattern(id, sizeof(id), patterns[i]);
		check_bool(patterns[i],
		    events_put_refused(&out, &refusal, NOW_NS), true);
		buf_clear(&out);
	}
	buf_free(&out);
}

static void
without_room_it_is_told(void **state)
{
	struct sweep_event event = {.kind = SWEEP_HELD};
	struct buf out;

	(void)state;
	buf_init(&out, FEED_LINE_MAX);
	assert_true(events_put(&out, &event, "", NOW_NS));
	for (size_t room = 0; room <= buf_len(&out); room++) {
		struct buf small;

		buf_init(&small, room);
		check_bool("all of it", events_put(&small, &event, "", NOW_NS),
		    room == buf_len(&out));
		buf_free(&small);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_scheduler_told),
	    cmocka_unit_test(times_have_milliseconds),
	    cmocka_unit_test(what_the_administrator_did),
	    cmocka_unit_test(what_a_rule_refused),
	    cmocka_unit_test(long_texts_are_cut),
	    cmocka_unit_test(no_line_is_longer_than_the_feed_takes),
	    cmocka_unit_test(without_room_it_is_told),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
