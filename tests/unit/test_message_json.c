/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/message_support.h"

#include "policyd/ctl/message_json.h"

enum { OUT_MAX = 64 * 1024 };

static void
check_json(const char *row, const struct queue_message *m, const char *want)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	check_bool(row, message_put_json(&out, m), true);
	check_span(row, buf_span(&out), span_str(want));
	buf_free(&out);
}

static void
all_members_are_there(void **state)
{
	struct queue_message m = message_due_in("4F3A2B1C0D01", HOUR);

	(void)state;
	check_json("a plain one", &m,
	    "{\"queue_id\":\"4F3A2B1C0D01\",\"due\":\"2026-12-24T23:00:00Z\","
	    "\"arrival_time\":\"2026-12-24T21:00:00Z\",\"message_size\":1234,"
	    "\"sender\":\"ann@corp.example\","
	    "\"recipients\":[\"bob@sms.example\"],\"login\":null,"
	    "\"rule\":null,\"subject\":\"tea\",\"rescheduled\":null,"
	    "\"method\":\"release\"}\n");
}

static void
what_there_is_is_told(void **state)
{
	struct queue_message m = message_frozen("4F3A2B1C0D01", "freeze");
	const struct override override = {
	    .due_s = OVERRIDE_NEVER, .set_s = MESSAGE_NOW};
	struct span recipients[] = {
	    SPAN("a@b.example"), SPAN("\"\\\"\"@c"), SPAN("\xFF\x1B")};

	(void)state;
	m.sender = span_str("");
	m.recipient = recipients;
	m.n_recipients = COUNT_OF(recipients);
	m.login = span_str("ann");
	m.subject = span_str("=?iso-8859-1?q?caf=E9=0A?=\n =?utf-8?q?!?=");
	m.override = &override;
	m.method = PLAN_REQUEUE;
	check_json("much", &m,
	    "{\"queue_id\":\"4F3A2B1C0D01\",\"due\":\"never\","
	    "\"arrival_time\":\"2026-12-24T21:00:00Z\",\"message_size\":1234,"
	    "\"sender\":\"\",\"recipients\":[\"a@b.example\","
	    "\"\\\"\\\\\\\"\\\"@c\",\"\xEF\xBF\xBD\\u001b\"],\"login\":\"ann\","
	    "\"rule\":\"freeze\",\"subject\":\"caf\xC3\xA9\\n!\","
	    "\"rescheduled\":\"2026-12-24T22:00:00Z\","
	    "\"method\":\"requeue\"}\n");
}

static void
bare_messages_have_all_members(void **state)
{
	struct queue_message m = message_due_in("4F3A2B1C0D01", -HOUR);

	(void)state;
	m.n_recipients = 0;
	m.subject = span_str("");
	m.method = PLAN_RELEASE_OLD;
	check_json("little", &m,
	    "{\"queue_id\":\"4F3A2B1C0D01\",\"due\":\"2026-12-24T21:00:00Z\","
	    "\"arrival_time\":\"2026-12-24T21:00:00Z\",\"message_size\":1234,"
	    "\"sender\":\"ann@corp.example\",\"recipients\":[],"
	    "\"login\":null,\"rule\":null,\"subject\":null,"
	    "\"rescheduled\":null,\"method\":\"release\"}\n");
}

/* A subject of the greatest length, each byte of which becomes two. */
static void
a_long_subject_fits(void **state)
{
	static char subject[QUEUE_SUBJECT_MAX];
	static const char word[] = "=?iso-8859-1?q?";
	struct queue_message m = message_due_in("4F3A2B1C0D01", HOUR);
	struct buf out;

	(void)state;
	memset(subject, '\xE9', sizeof(subject));
	memcpy(subject, word, sizeof(word) - 1);
	memcpy(subject + sizeof(subject) - 2, "?=", 2);
	m.subject = span_of(subject, sizeof(subject));
	buf_init(&out, OUT_MAX);
	check_bool("it fits", message_put_json(&out, &m), true);
	buf_free(&out);
}

static void
no_room_is_told(void **state)
{
	struct queue_message m = message_due_in("4F3A2B1C0D01", HOUR);
	struct buf whole, out;

	(void)state;
	buf_init(&whole, OUT_MAX);
	assert_true(message_put_json(&whole, &m));
	for (size_t max = 0; max <= buf_len(&whole); max++) {
		buf_init(&out, max);
		check_bool(
		    "room", message_put_json(&out, &m), max == buf_len(&whole));
		buf_free(&out);
	}
	buf_free(&whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_members_are_there),
	    cmocka_unit_test(what_there_is_is_told),
	    cmocka_unit_test(bare_messages_have_all_members),
	    cmocka_unit_test(a_long_subject_fits),
	    cmocka_unit_test(no_room_is_told),
	};

	return cmocka_run_group_tests_name("message_json", tests, NULL, NULL);
}
