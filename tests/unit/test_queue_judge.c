/* SPDX-License-Identifier: ISC */
#include "tests/unit/queue_file_support.h"

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
	    {"a date of the very second it was made", "",
		{FROM_CLIENT, NEVER("a"), "X-Deliver-At: 2026-12-24T09:00:01Z"},
		"ours -86399 -H by - rule="},
	    {"a date of the second after that", "",
		{FROM_CLIENT, NEVER("a"), "X-Deliver-At: 2026-12-24T09:00:02Z"},
		"ours -86398 -H by 1 rule="},
	    {"more rules than can be told apart", "",
		{NEVER("a"), NEVER("b"), NEVER("c"), NEVER("d"), NEVER("e"),
		    FROM_CLIENT, NINE},
		"foreign never -H by - rule="},
	    {"old by now, though not at its moment", "requeue_after = 2h\n",
		{FROM_CLIENT, "X-Deliver-At: 2026-12-24T10:00:00Z"},
		"ours -82800 -r by 0 rule="},
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
	    cmocka_unit_test(test_what_decides),
	    cmocka_unit_test(test_filtered_mail_is_not_requeued),
	    cmocka_unit_test(test_rules_that_are_not_known),
	    cmocka_unit_test(test_overrides),
	    cmocka_unit_test(test_tried_mail_is_not_ours),
	};

	return cmocka_run_group_tests_name("queue_judge", tests, NULL, NULL);
}
