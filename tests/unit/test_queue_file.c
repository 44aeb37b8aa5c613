/* SPDX-License-Identifier: ISC */
#include "tests/unit/queue_file_support.h"

static const char *
tell_dates(struct rig_file *r)
{
	size_t used = 0;

	r->line[0] = '\0';
	for (size_t i = 0; i < r->m.n_dates; i++) {
		const struct queue_date *d = &r->m.date[i];

		used += (size_t)snprintf(r->line + used, sizeof(r->line) - used,
		    "[%.*s|%s|%lld|%s%.*s]", (int)d->text.len, d->text.data,
		    !d->readable   ? "unreadable"
			: d->never ? "never"
				   : "date",
		    d->never || !d->readable
			? 0
			: (long long)(d->moment_s - NINE_S),
		    d->by_rule ? "rule " : "", (int)d->rule.len, d->rule.data);
	}
	return r->line;
}

static void
test_dates_that_are_kept(void **state)
{
	static const struct {
		const char *row;
		const char *headers[ROW_HEADERS];
		const char *want;
	} rows[] = {
	    {"none", {"Subject: tea"}, ""},
	    {"one", {"X-Deliver-At: 2026-12-25T09:00:00Z"},
		"[2026-12-25T09:00:00Z|date|0|]"},
	    {"another case, blanks before the colon",
		{"x-deliver-at  :  2026-12-25T09:00:00Z \t"},
		"[2026-12-25T09:00:00Z|date|0|]"},
	    {"folded", {"X-Deliver-At: Fri, 25 Dec\r\n 2026\n\t10:00:00 +0000"},
		"[Fri, 25 Dec 2026\t10:00:00 +0000|date|3600|]"},
	    {"a rule's, above Received", {RULE("10", "night"), FROM_CLIENT},
		"[Fri, 25 Dec 2026 10:00:00 +0000 (rule night)|date|3600|rule "
		"night]"},
	    {"the same below Received", {FROM_CLIENT, RULE("10", "night")},
		"[Fri, 25 Dec 2026 10:00:00 +0000 (rule night)|date|3600|"
		"night]"},
	    {"above Received, below that of a requeue",
		{REQUEUED, NEVER("vip"), FROM_CLIENT},
		"[never (rule vip)|never|0|rule vip]"},
	    {"never, below Received", {FROM_CLIENT, NEVER("vip")},
		"[never (rule vip)|never|0|vip]"},
	    {"no rule, above Received", {NINE, FROM_CLIENT},
		"[Fri, 25 Dec 2026 09:00:00 +0000|date|0|]"},
	    {"unreadable", {"X-Deliver-At: tomorrow"},
		"[tomorrow|unreadable|0|]"},
	    {"empty", {"X-Deliver-At:"}, "[|unreadable|0|]"},
	    {"several", {NINE, "X-Other: 1", TEN, NINE},
		"[Fri, 25 Dec 2026 09:00:00 +0000|date|0|]"
		"[Fri, 25 Dec 2026 10:00:00 +0000|date|3600|]"
		"[Fri, 25 Dec 2026 09:00:00 +0000|date|0|]"},
	    {"no header at all", {"X-Deliver-At 2026"}, ""},
	};
	struct rig_file *r = rig_new("");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		read_headers(r, rows[i].headers);
		check_string(rows[i].row, tell_dates(r), rows[i].want);
	}
	rig_free(r);
}

static void
put_hour(struct rig_file *r, int hour)
{
	char header[128];

	snprintf(header, sizeof(header),
	    "X-Deliver-At: Fri, 25 Dec 2026 %02d:00:00 +0000", hour);
	put_header(r, span_str(header));
}

static void
test_how_many_dates_are_kept(void **state)
{
	static const struct {
		const char *row;
		int n;
		int last_hour; /* of those behind the first 16, all the same */
		size_t kept;
		int want_hour; /* in the last place */
	} rows[] = {
	    {"one less", QUEUE_DATES_MAX - 1, 0, QUEUE_DATES_MAX - 1, 5},
	    {"as many", QUEUE_DATES_MAX, 0, QUEUE_DATES_MAX, 5},
	    {"one more, an earlier", QUEUE_DATES_MAX + 1, 4, QUEUE_DATES_MAX,
		5},
	    {"one more, a later", QUEUE_DATES_MAX + 1, 6, QUEUE_DATES_MAX, 6},
	    {"many more, a later", 1000, 23, QUEUE_DATES_MAX, 23},
	};
	struct rig_file *r = rig_new("");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		rig_begin(r);
		for (int n = 0; n < rows[i].n; n++)
			put_hour(
			    r, n < QUEUE_DATES_MAX ? 5 : rows[i].last_hour);
		assert_true(queue_file_end(&r->file));
		check_int(
		    rows[i].row, (int64_t)r->m.n_dates, (int64_t)rows[i].kept);
		check_int(rows[i].row,
		    r->m.date[rows[i].kept - 1].moment_s - NINE_S,
		    (rows[i].want_hour - 9) * 3600);
	}
	rig_free(r);
}

/* What a full table lets in is never or later, not what cannot be read. */
static void
test_what_a_full_table_lets_in(void **state)
{
	static const struct {
		const char *row;
		const char *last;
		const char *more;
		const char *want; /* text in the last place */
	} rows[] = {
	    {"never for a date", "X-Deliver-At: 2026-12-25T09:00:00Z",
		NEVER("a"), "never (rule a)"},
	    {"no date for never", NEVER("a"),
		"X-Deliver-At: 2026-12-25T09:00:00Z", "never (rule a)"},
	    {"no never for never", NEVER("a"), NEVER("b"), "never (rule a)"},
	    {"a date for what is none", "X-Deliver-At: x", NINE,
		"Fri, 25 Dec 2026 09:00:00 +0000"},
	    {"no more of what is none", NINE, "X-Deliver-At: x",
		"Fri, 25 Dec 2026 09:00:00 +0000"},
	};
	struct rig_file *r = rig_new("");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		rig_begin(r);
		for (int n = 0; n < QUEUE_DATES_MAX - 1; n++)
			put_hour(r, 5);
		put_header(r, span_str(rows[i].last));
		put_header(r, span_str(rows[i].more));
		assert_true(queue_file_end(&r->file));
		check_span(rows[i].row, r->m.date[QUEUE_DATES_MAX - 1].text,
		    span_str(rows[i].want));
	}
	rig_free(r);
}

static void
test_texts_are_bounded(void **state)
{
	static char header[70000];
	static const size_t lengths[] = {QUEUE_DATE_TEXT_MAX - 1,
	    QUEUE_DATE_TEXT_MAX, QUEUE_DATE_TEXT_MAX + 1, 60000};
	struct rig_file *r = rig_new("");

	(void)state;
	memset(header, 'x', sizeof(header));
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		size_t most = lengths[i] < QUEUE_DATE_TEXT_MAX
		    ? lengths[i]
		    : QUEUE_DATE_TEXT_MAX;

		rig_begin(r);
		memcpy(header, "X-Deliver-At: ", 14);
		put_header(r, span_of(header, 14 + lengths[i]));
		assert_true(queue_file_end(&r->file));
		check_int(
		    "date", (int64_t)r->m.date[0].text.len, (int64_t)most);
	}
	memcpy(header, "Subject: xxxxx", 14);
	for (int i = -1; i < 2; i++) {
		rig_begin(r);
		put_header(
		    r, span_of(header, (size_t)(9 + QUEUE_SUBJECT_MAX + i)));
		assert_true(queue_file_end(&r->file));
		check_int("subject", (int64_t)r->m.subject.len,
		    QUEUE_SUBJECT_MAX + (i < 0 ? i : 0));
	}
	rig_free(r);
}

static void
test_other_texts(void **state)
{
	struct rig_file *r = rig_new("");

	(void)state;
	rig_begin(r);
	put_attribute(r, "sasl_username", true, "ann");
	put_attribute(r, "client_address", true, "192.0.2.7");
	put_attribute(r, "client_name", true, "pc.example");
	put_attribute(r, "sasl_username", false, "not a named one");
	put_header(r, span_str("Subject:"));
	put_header(r, span_str("sUBJECT :  =?utf-8?Q?t?=\r\n  ea \r\n"));
	put_header(r, span_str("Subject: second"));
	assert_true(queue_file_end(&r->file));
	check_span("login", r->m.login, span_str("ann"));
	check_span("client", r->m.client, span_str("192.0.2.7"));
	check_span("its name", r->m.client_name, span_str("pc.example"));
	check_span("subject", r->m.subject, span_str("=?utf-8?Q?t?=\r\n  ea"));
	check_bool("facts", r->m.facts.authenticated, true);
	rig_begin(r);
	assert_true(queue_file_end(&r->file));
	check_span("no login", r->m.login, span_str(""));
	check_span("no client", r->m.client, span_str(""));
	check_span("no subject", r->m.subject, span_str(""));
	rig_free(r);
}

/* What was known of it when its file broke off is forgotten. */
static void
test_a_file_that_begins_again(void **state)
{
	struct rig_file *r = rig_new("");

	(void)state;
	rig_begin(r);
	put_attribute(r, "sasl_username", true, "ann");
	put_attribute(r, "client_address", true, "192.0.2.7");
	put_attribute(r, "client_name", true, "pc.example");
	put_header(r, span_str("Subject: tea"));
	put_header(r, span_str(NINE));
	queue_file_begin(&r->file, &r->m);
	put_attribute(
	    r, "message_arrival_time", false, "Thu Dec 24 09:00:00 2026");
	put_attribute(r, "message_size", false, "300");
	assert_true(queue_file_end(&r->file));
	check_int("texts",
	    (int64_t)(r->m.login.len + r->m.client.len + r->m.client_name.len +
		r->m.subject.len + r->m.n_dates),
	    0);
	check_int("facts", r->m.facts.own_latest_s, FACTS_NO_DATE);
	rig_free(r);
}

static void
test_another_message_is_not_read(void **state)
{
	struct rig_file *r = rig_new("");

	(void)state;
	rig_begin(r);
	r->m.arrival_s++;
	check_bool("another arrival", queue_file_end(&r->file), false);
	check_bool("another arrival", r->m.read, false);
	rig_begin(r);
	r->m.size++;
	check_bool("another size", queue_file_end(&r->file), false);
	check_bool("another size", r->file.no_memory, false);
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dates_that_are_kept),
	    cmocka_unit_test(test_how_many_dates_are_kept),
	    cmocka_unit_test(test_what_a_full_table_lets_in),
	    cmocka_unit_test(test_texts_are_bounded),
	    cmocka_unit_test(test_other_texts),
	    cmocka_unit_test(test_a_file_that_begins_again),
	    cmocka_unit_test(test_another_message_is_not_read),
	};

	return cmocka_run_group_tests_name("queue_file", tests, NULL, NULL);
}
