/* SPDX-License-Identifier: ISC */
#include "tests/unit/facts_support.h"

#include "policyd/ctl/queue_file.h"
#include "policyd/ctl/queue_judge.h"
#include "policyd/sched/postconf.h"

#define ARRIVAL_S (NINE_S - 86400)
#define NOW_S     (NINE_S - 3600)
#define RULE(date, name)                                                       \
	"X-Deliver-At: Fri, 25 Dec 2026 " date ":00:00 +0000 (rule " name ")"
#define NEVER(name) "X-Deliver-At: never (rule " name ")"

enum { ROW_HEADERS = 5, TEXT_SIZE = 1024 };

/* A reader of files, the message it fills, and what judges it. */
struct rig_file {
	struct settings settings;
	struct postconf postconf;
	struct queue queue;
	struct queue_options options;
	struct queue_text *text;
	struct queue_file file;
	struct queue_message m;
	char line[TEXT_SIZE];
};

static struct rig_file *
rig_new(const char *settings)
{
	struct rig_file *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	load_settings(&r->settings, settings);
	r->postconf.facts = (struct plan_postfix){
	    .queue_lifetime_s = 5 * 86400,
	    .bounce_lifetime_s = 5 * 86400,
	    .requeue_safe = true,
	};
	r->queue.has_orders = true;
	overrides_init(&r->queue.overrides);
	r->options = (struct queue_options){
	    .settings = &r->settings,
	    .postconf = &r->postconf,
	    .now_s = NOW_S,
	};
	r->text = queue_text_new();
	r->file = (struct queue_file){.settings = &r->settings,
	    .mail_owner_uid = OWNER_UID,
	    .text = r->text};
	return r;
}

static void
rig_free(struct rig_file *r)
{
	overrides_free(&r->queue.overrides);
	queue_text_free(r->text);
	free(r);
}

static void
put_attribute(
    struct rig_file *r, const char *name, bool named, const char *value)
{
	struct postcat_item item = {
	    .name = span_str(name), .named = named, .value = span_str(value)};

	queue_file_attribute(&r->file, &item);
}

/* From here to rig_end(): headers. */
static void
rig_begin(struct rig_file *r)
{
	memset(&r->m, 0, sizeof(r->m));
	r->m.id = qid_of("ABCDEF");
	r->m.arrival_s = ARRIVAL_S;
	r->m.size = 300;
	queue_file_begin(&r->file, &r->m);
	put_attribute(
	    r, "message_arrival_time", false, "Thu Dec 24 09:00:00 2026");
	put_attribute(r, "create_time", false, "Thu Dec 24 09:00:01 2026");
	put_attribute(r, "message_size", false, " 300  200 1 0 300 0");
	put_attribute(r, "sender", false, "ann@a.example");
}

static void
put_header(struct rig_file *r, struct span header)
{
	struct span copy = exact_copy(header);

	queue_file_header(&r->file, copy);
	exact_free(copy);
}

static void
read_headers(struct rig_file *r, const char *const headers[ROW_HEADERS])
{
	rig_begin(r);
	for (size_t i = 0; i < ROW_HEADERS && headers[i] != NULL; i++)
		put_header(r, span_str(headers[i]));
	assert_true(queue_file_end(&r->file));
	assert_true(r->m.read);
}

/* What is kept of a file. */

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

/* What becomes of it. */

static const char *
tell_plan(struct rig_file *r)
{
	static const char *const owners[] = {
	    [PLAN_OURS] = "ours",
	    [PLAN_OURS_IF_LISTED] = "if listed",
	    [PLAN_FROZEN] = "frozen",
	    [PLAN_FOREIGN] = "foreign",
	};
	static const char *const methods[] = {
	    [PLAN_RELEASE] = "-H",
	    [PLAN_RELEASE_OLD] = "-H old",
	    [PLAN_REQUEUE] = "-r",
	};
	const struct queue_message *m = &r->m;
	int64_t due_s = queue_due_s(m);
	char due[32] = "never", decides[32] = "-";

	if (due_s != OVERRIDE_NEVER)
		snprintf(due, sizeof(due), "%lld", (long long)(due_s - NINE_S));
	if (m->decided)
		snprintf(decides, sizeof(decides), "%zu", m->decides);
	snprintf(r->line, sizeof(r->line), "%s %s %s by %s rule=%.*s%s",
	    owners[m->plan.owner], due, methods[m->method], decides,
	    (int)m->rule.len, m->rule.data,
	    m->override != NULL ? " override" : "");
	return r->line;
}

static void
test_what_decides(void **state)
{
	static const struct {
		const char *row;
		const char *settings;
		const char *headers[ROW_HEADERS];
		const char *want;
	} rows[] = {
	    {"one date", "", {FROM_CLIENT, NINE}, "ours 0 -H by 0 rule="},
	    {"the later of two", "", {FROM_CLIENT, NINE, TEN},
		"ours 3600 -H by 1 rule="},
	    {"in another order", "", {FROM_CLIENT, TEN, NINE},
		"ours 3600 -H by 0 rule="},
	    {"the first of two that are the same", "",
		{FROM_CLIENT, "X-Deliver-At: x", TEN, TEN},
		"ours 3600 -H by 1 rule="},
	    {"a rule's", "", {RULE("10", "night"), FROM_CLIENT, NINE},
		"ours 3600 -H by 0 rule=night"},
	    {"a rule's, and a later one's", "",
		{RULE("10", "night"), FROM_CLIENT,
		    "X-Deliver-At: 2026-12-25T11:00:00Z"},
		"ours 7200 -H by 1 rule="},
	    {"a rule's before another's of the same moment", "",
		{RULE("10", "a"), RULE("10", "b"), FROM_CLIENT},
		"ours 3600 -H by 0 rule=a"},
	    {"the rule's of the same moment, though below", "",
		{TEN, RULE("10", "b"), FROM_CLIENT},
		"ours 3600 -H by 1 rule=b"},
	    {"a rule's that is forged", "", {FROM_CLIENT, RULE("10", "a")},
		"ours 3600 -H by 0 rule="},
	    {"one that is over", "",
		{FROM_CLIENT, "X-Deliver-At: 2026-12-24T08:00:00Z"},
		"foreign never -H by - rule="},
	    {"one that is over beside one that is not", "",
		{FROM_CLIENT, "X-Deliver-At: 2026-12-24T08:00:00Z", NINE},
		"ours 0 -H by 1 rule="},
	    {"a never of the sender", "", {FROM_CLIENT, NEVER("a")},
		"ours -86399 -H by - rule="},
	    {"a never of a rule that is gone", "", {NEVER("a"), FROM_CLIENT},
		"ours -86399 -H by - rule="},
	    {"a never of a rule that is gone, and a date", "",
		{NEVER("a"), FROM_CLIENT, NINE}, "ours 0 -H by 1 rule="},
	    {"past the last moment", "",
		{FROM_CLIENT, "X-Deliver-At: 2290-01-01T00:00:00Z"},
		"ours 7201810800 -r by 0 rule="},
	    {"not permitted", "permit_postpone = authenticated\n",
		{FROM_CLIENT, NINE}, "foreign never -H by - rule="},
	    {"not permitted, but a rule's",
		"permit_postpone = authenticated\nunpermitted = release\n",
		{RULE("10", "a"), FROM_CLIENT,
		    "X-Deliver-At: 2026-12-25T11:00:00Z"},
		"ours 3600 -H by 0 rule=a"},
	    {"not permitted, of the moment of a rule's",
		"permit_postpone = authenticated\nunpermitted = release\n",
		{TEN, RULE("10", "a"), FROM_CLIENT},
		"ours 3600 -H by 1 rule=a"},
	    {"not permitted, and so at once",
		"permit_postpone = authenticated\nunpermitted = release\n",
		{FROM_CLIENT, TEN}, "ours -86399 -H by - rule="},
	    {"another name of the header", "header_names = X-When\n",
		{"X-When: 2026-12-25T09:00:00Z", NINE}, "ours 0 -H by 0 rule="},
	    {"always requeued", "release_method = requeue\n",
		{FROM_CLIENT, NINE}, "ours 0 -r by 0 rule="},
	    {"not requeued while a header is ahead",
		"release_method = requeue\n",
		{FROM_CLIENT, NINE, "X-Deliver-At: x"}, "ours 0 -H by 0 rule="},
	    {"old by then", "requeue_after = 86399s\n", {FROM_CLIENT, TEN},
		"ours 3600 -r by 0 rule="},
	    {"not older than that by then", "requeue_after = 86399s\n",
		{FROM_CLIENT, NINE}, "ours 0 -H by 0 rule="},
	    {"older than that by then", "requeue_after = 86398s\n",
		{FROM_CLIENT, NINE}, "ours 0 -r by 0 rule="},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig_file *r = rig_new(rows[i].settings);

		rig_begin(r);
		put_attribute(r, "client_address", true, "192.0.2.7");
		for (size_t n = 0; n < ROW_HEADERS; n++)
			if (rows[i].headers[n] != NULL)
				put_header(r, span_str(rows[i].headers[n]));
		assert_true(queue_file_end(&r->file));
		queue_judge(&r->m, &r->queue, &r->options);
		check_string(rows[i].row, tell_plan(r), rows[i].want);
		rig_free(r);
	}
}

static void
test_filtered_mail_is_not_requeued(void **state)
{
	struct rig_file *r = rig_new("release_method = requeue\n");

	(void)state;
	rig_begin(r);
	put_attribute(r, "content_filter", false, "smtp:[127.0.0.1]:10025");
	put_header(r, span_str(NINE));
	assert_true(queue_file_end(&r->file));
	queue_judge(&r->m, &r->queue, &r->options);
	check_string("filtered", tell_plan(r), "ours 0 -H by 0 rule=");
	rig_free(r);
}

/* Rules that cannot be read may stand. */
static void
test_rules_that_are_not_known(void **state)
{
	static const struct {
		const char *row;
		const char *headers[ROW_HEADERS];
		const char *want;
	} rows[] = {
	    {"a never", {NEVER("a"), FROM_CLIENT},
		"frozen never -H by 0 rule=a"},
	    {"the first of two", {NINE, NEVER("a"), NEVER("b"), FROM_CLIENT},
		"frozen never -H by 1 rule=a"},
	    {"a never of the sender", {FROM_CLIENT, NEVER("a")},
		"ours -86399 -H by - rule="},
	    {"a date", {RULE("10", "a"), FROM_CLIENT},
		"ours 3600 -H by 0 rule=a"},
	};
	struct rig_file *r = rig_new("");

	(void)state;
	r->queue.has_orders = false;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		read_headers(r, rows[i].headers);
		queue_judge(&r->m, &r->queue, &r->options);
		check_string(rows[i].row, tell_plan(r), rows[i].want);
	}
	rig_free(r);
}

static void
test_overrides(void **state)
{
	static const struct {
		const char *row;
		const char *headers[ROW_HEADERS];
		int64_t due_s;
		int64_t arrival_s;
		const char *want;
	} rows[] = {
	    {"later", {FROM_CLIENT, NINE}, TEN_S, ARRIVAL_S,
		"ours 3600 -H by - rule= override"},
	    {"earlier", {FROM_CLIENT, TEN}, NINE_S, ARRIVAL_S,
		"ours 0 -H by - rule= override"},
	    {"never", {FROM_CLIENT, NINE}, OVERRIDE_NEVER, ARRIVAL_S,
		"frozen never -H by - rule= override"},
	    {"of a rule's", {RULE("10", "a"), FROM_CLIENT}, NINE_S, ARRIVAL_S,
		"ours 0 -H by - rule=a override"},
	    {"of another message of that id", {FROM_CLIENT, NINE}, TEN_S,
		ARRIVAL_S + 1, "ours 0 -H by 0 rule="},
	    {"of what is not ours", {FROM_CLIENT}, TEN_S, ARRIVAL_S,
		"foreign never -H by - rule="},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig_file *r = rig_new("");
		struct override o = {.id = qid_of("ABCDEF"),
		    .arrival_s = rows[i].arrival_s,
		    .due_s = rows[i].due_s,
		    .set_s = 1};

		assert_true(overrides_set(&r->queue.overrides, &o));
		read_headers(r, rows[i].headers);
		queue_judge(&r->m, &r->queue, &r->options);
		check_string(rows[i].row, tell_plan(r), rows[i].want);
		rig_free(r);
	}
}

static void
test_tried_mail_is_not_ours(void **state)
{
	static const char *const headers[ROW_HEADERS] = {FROM_CLIENT, NINE};
	struct rig_file *r = rig_new("");

	(void)state;
	read_headers(r, headers);
	r->m.tried = true;
	queue_judge(&r->m, &r->queue, &r->options);
	check_string("tried", tell_plan(r), "foreign never -H by - rule=");
	check_int("why", r->m.plan.why, PLAN_TRIED);
	check_bool("not ours", queue_is_ours(&r->m), false);
	r->m.read = false;
	r->m.plan.owner = PLAN_OURS;
	check_bool("nor unread", queue_is_ours(&r->m), false);
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
	    cmocka_unit_test(test_another_message_is_not_read),
	    cmocka_unit_test(test_what_decides),
	    cmocka_unit_test(test_filtered_mail_is_not_requeued),
	    cmocka_unit_test(test_rules_that_are_not_known),
	    cmocka_unit_test(test_overrides),
	    cmocka_unit_test(test_tried_mail_is_not_ours),
	};

	return cmocka_run_group_tests_name("queue_judge", tests, NULL, NULL);
}
