/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/message_support.h"
#include "tests/unit/rule_support.h"

#include "policyd/ctl/show.h"

#define RULES                                                                  \
	"quiet recipient=@sms.example : delay 1h reason=\"no SMS\tat "         \
	"night\"\n"                                                            \
	"freeze sender=@old.example : hold\n"

enum { OUT_MAX = 64 * 1024, MONTH = 30 * DAY };

/* A message, and all it takes to show it. */
struct fixture {
	struct settings settings;
	struct orders orders;
	struct plan_postfix postfix;
	struct pause pause;
	struct zone zone;
	struct queue_message m;
	struct queue_date date[QUEUE_DATES_MAX];
	struct override override;
	struct show show;
	char out[OUT_MAX];
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	load_settings(&x->settings, "permit_postpone = authenticated\n");
	rules_from(&x->orders.rules, RULES);
	x->postfix = (struct plan_postfix){.queue_lifetime_s = 5 * DAY,
	    .bounce_lifetime_s = 2 * DAY,
	    .requeue_safe = true};
	rule_zone(MESSAGE_ZONE, &x->zone);
	x->m = message_due_in("4F3A2B1C0D01", 3 * HOUR + 12 * MINUTE);
	x->m.facts.authenticated = x->m.facts.remote = true;
	x->m.login = span_str("ann");
	x->m.client = span_str("192.0.2.7");
	x->m.client_name = span_str("pc.corp.example");
	x->date[0] = (struct queue_date){.readable = true,
	    .moment_s = x->m.plan.due_s,
	    .text = span_str("Fri, 25 Dec 2026 01:12:00 +0000")};
	x->m.date = x->date;
	x->m.n_dates = 1;
	x->m.decided = true;
	x->show = (struct show){.message = &x->m,
	    .settings = &x->settings,
	    .postfix = &x->postfix,
	    .orders = &x->orders,
	    .pause = &x->pause,
	    .local = &x->zone,
	    .now_s = MESSAGE_NOW};
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	rules_free(&x->orders.rules);
	zone_free(&x->zone);
	free(x);
	return 0;
}

static const char *
shown(struct fixture *x)
{
	struct buf out;

	buf_init(&out, OUT_MAX - 1);
	assert_true(show_put(&x->show, &out));
	assert_true(span_to_string(buf_span(&out), x->out, OUT_MAX));
	buf_free(&out);
	return x->out;
}

static void
by_a_rule(struct fixture *x)
{
	x->date[0].by_rule = true;
	x->date[0].rule = x->m.rule = span_str("quiet");
	x->date[0].text =
	    span_str("Fri, 25 Dec 2026 01:12:00 +0000 (rule quiet)");
}

static void
frozen(struct fixture *x)
{
	x->m.plan.owner = PLAN_FROZEN;
	x->m.rule = span_str("freeze");
	x->date[0] = (struct queue_date){.readable = true,
	    .never = true,
	    .by_rule = true,
	    .rule = span_str("freeze"),
	    .text = span_str("never (rule freeze)")};
}

static void
rescheduled(struct fixture *x)
{
	x->override = (struct override){
	    .due_s = x->m.plan.due_s, .set_s = MESSAGE_NOW - MINUTE};
	x->m.override = &x->override;
	x->m.decided = false;
}

static void
a_plain_message(void **state)
{
	check_string("plain", shown(*state),
	    "Queue id      4F3A2B1C0D01\n"
	    "Leaves        Fri 2026-12-25 02:12:00 +0100, in 3h 12m\n"
	    "              2026-12-25T01:12:00Z\n"
	    "How           released (postsuper -H), 4h 12m old then:\n"
	    "              younger than requeue_after\n"
	    "Arrived       Thu 2026-12-24 22:00:00 +0100, 1h ago\n"
	    "Sender        ann@corp.example\n"
	    "Recipients    bob@sms.example\n"
	    "Size          1234 bytes\n"
	    "Login         ann\n"
	    "Client        192.0.2.7 (pc.corp.example)\n"
	    "Subject       tea\n"
	    "Headers       X-Deliver-At: Fri, 25 Dec 2026 01:12:00 +0000\n"
	    "                by its sender; this decides\n");
}

static void
a_message_of_rules(void **state)
{
	struct fixture *x = *state;
	struct span recipients[] = {SPAN("a\x1B@b"), SPAN("")};

	by_a_rule(x);
	x->date[1] = x->date[0];
	x->date[1].by_rule = false;
	x->date[1].text = span_str("Thu, 24 Dec 2026 23:00:00 +0000");
	x->m.n_dates = 2;
	x->m.recipient = recipients;
	x->m.n_recipients = 2;
	x->m.sender = span_str("");
	x->m.login = x->m.client = span_str("");
	x->m.facts.remote = x->m.facts.authenticated = false;
	x->m.facts.requeued = true;
	x->m.facts.created_s = MESSAGE_NOW - MINUTE;
	x->m.subject = span_str("=?utf-8?q?a=0D=0Ab?=");
	check_string("rules", shown(x),
	    "Queue id      4F3A2B1C0D01\n"
	    "Leaves        Fri 2026-12-25 02:12:00 +0100, in 3h 12m\n"
	    "              2026-12-25T01:12:00Z\n"
	    "How           released (postsuper -H), 3h 13m old then:\n"
	    "              younger than requeue_after\n"
	    "Rule          quiet (delay): no SMS at night\n"
	    "Arrived       Thu 2026-12-24 22:00:00 +0100, 1h ago\n"
	    "Requeued      Thu 2026-12-24 22:59:00 +0100, 1m ago\n"
	    "Sender        <>\n"
	    "Recipients    a\\x1B@b\n"
	    "              <>\n"
	    "Size          1234 bytes\n"
	    "Client        none: sendmail(1) of this machine\n"
	    "Subject       a\\x0D\\x0Ab\n"
	    "Headers       X-Deliver-At: Fri, 25 Dec 2026 01:12:00 +0000 (rule "
	    "quiet)\n"
	    "                by rule quiet; this decides\n"
	    "              X-Deliver-At: Thu, 24 Dec 2026 23:00:00 +0000\n"
	    "                by its sender, who may not postpone "
	    "(permit_postpone): does not count\n");
}

static void
what_a_rule_holds(void **state)
{
	struct fixture *x = *state;

	frozen(x);
	check_part("when", shown(x),
	    "Leaves        not as long as its rule is there and holds\n"
	    "How           released (postsuper -H), 1h old now:\n");
	check_part("the rule", shown(x), "Rule          freeze (hold)\n");
	check_part("its header", shown(x),
	    "X-Deliver-At: never (rule freeze)\n"
	    "                by rule freeze, as long as that holds; this "
	    "decides\n");
	x->show.orders = NULL;
	check_part("no rules file", shown(x),
	    "Rule          freeze, and the rules cannot be read\n");
	check_part("its header then", shown(x), "by rule freeze; this decides");
}

static void
a_rule_that_is_gone(void **state)
{
	struct fixture *x = *state;

	by_a_rule(x);
	x->m.rule = x->date[0].rule = span_str("gone");
	check_part(
	    "gone", shown(x), "Rule          gone, which is no longer there\n");
	check_part("its date counts", shown(x), "by rule gone; this decides");
	frozen(x);
	x->date[0].rule = span_str("gone");
	x->m.decided = false;
	check_part("its never does not", shown(x),
	    "by rule gone, which no longer holds: does not count\n");
	x->date[0].rule = span_str("quiet");
	check_part("nor that of one which holds no more", shown(x),
	    "by rule quiet, which no longer holds: does not count\n");
}

static void
what_an_administrator_said(void **state)
{
	struct fixture *x = *state;

	rescheduled(x);
	check_part("when", shown(x),
	    "Leaves        Fri 2026-12-25 02:12:00 +0100, in 3h 12m\n"
	    "              2026-12-25T01:12:00Z\n"
	    "Rescheduled   Thu 2026-12-24 22:59:00 +0100, 1m ago\n");
	check_part("its header does not decide", shown(x), "by its sender\n");
	frozen(x);
	check_part("never", shown(x),
	    "Leaves        never, as an administrator said\n"
	    "Rescheduled   ");
}

static void
what_is_late(void **state)
{
	struct fixture *x = *state;

	x->m.plan.due_s = MESSAGE_NOW - 5 * MINUTE;
	check_part("overdue", shown(x),
	    "Overdue       Thu 2026-12-24 22:55:00 +0100, 5m ago\n"
	    "              2026-12-24T21:55:00Z\n"
	    "              is policyd running? \"policyctl status\" tells\n"
	    "How           released (postsuper -H), 1h old now:\n");
	x->m.plan.due_s = MESSAGE_NOW - 119;
	assert_null(strstr(shown(x), "status"));
	x->m.plan.due_s = MESSAGE_NOW - 120;
	check_part("two minutes", shown(x), "status");
	x->m.plan.due_s = MESSAGE_NOW;
	check_part("now", shown(x),
	    "Leaves        Thu 2026-12-24 23:00:00 +0100, now\n");
	x->m.plan.due_s = MESSAGE_NOW - 1;
	check_part("a second late", shown(x),
	    "Overdue       Thu 2026-12-24 22:59:59 +0100, 1s ago\n"
	    "              2026-12-24T21:59:59Z\n"
	    "How");
}

static void
a_pause(void **state)
{
	struct fixture *x = *state;

	x->pause = (struct pause){.on = true, .since_s = MESSAGE_NOW - HOUR};
	check_part("no reason", shown(x),
	    "              PAUSED since 2026-12-24 22:00: nothing leaves\n");
	snprintf(x->pause.reason, sizeof(x->pause.reason), "spam run");
	x->m.plan.due_s = MESSAGE_NOW - DAY;
	check_part("a reason", shown(x),
	    "2026-12-23T22:00:00Z\n"
	    "              PAUSED since 2026-12-24 22:00: nothing leaves: "
	    "spam run\n");
}

/* What is not ours. */

static const struct {
	const char *row;
	enum plan_why why;
	bool dated;
	bool read;
	const char *want;
} foreign[] = {
    {"no date", PLAN_NOT_HELD_BY_US, false, true,
	"somebody else put it on hold; it has no date"},
    {"a date that was over", PLAN_NOT_HELD_BY_US, true, true,
	"its date was not ahead"},
    {"a veto", PLAN_VETOED, true, true, "veto_headers"},
    {"tried", PLAN_TRIED, true, true, "tried before"},
    {"no permission", PLAN_NOT_PERMITTED, true, true, "permit_postpone"},
    {"many rules", PLAN_MANY_RULES, true, true, "more rules"},
    {"not read", PLAN_VETOED, true, false, "cannot be read"},
};

static void
what_is_not_ours(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < COUNT_OF(foreign); i++) {
		const char *why;

		x->m.plan.owner = PLAN_FOREIGN;
		x->m.plan.why = foreign[i].why;
		x->m.plan.dated = foreign[i].dated;
		x->m.read = foreign[i].read;
		why = strstr(shown(x), "\nWhy           ");
		assert_non_null(why);
		check_part(foreign[i].row, why, foreign[i].want);
		check_part(foreign[i].row, x->out,
		    "Leaves        not by itself: it is not ours\n");
		check_part(foreign[i].row, x->out,
		    "              released by: postsuper -H 4F3A2B1C0D01 "
		    "hold\n");
		check_bool(
		    foreign[i].row, strstr(x->out, "How  ") != NULL, false);
		check_bool(foreign[i].row, strstr(x->out, "Subject") != NULL,
		    foreign[i].read);
	}
}

static void
of_another_instance(void **state)
{
	struct fixture *x = *state;

	x->m.plan.owner = PLAN_FOREIGN;
	x->m.plan.why = PLAN_TRIED;
	load_settings(
	    &x->settings, "postfix_config_directory = /etc/postfix-two\n");
	check_part("another instance", shown(x),
	    " postsuper -c /etc/postfix-two -H 4F3A2B1C0D01 hold\n");
}

/* How. */

static const struct {
	const char *row;
	const char *settings;
	enum plan_method method;
	bool headers_due, filtered, unsafe;
	const char *want;
} methods[] = {
    {"young", "", PLAN_RELEASE, true, false, false,
	"released (postsuper -H), 30d old then:\n"
	"              younger than requeue_after\n"
	"WARNING"},
    {"always released", "release_method = release\n", PLAN_RELEASE, true, false,
	false, "release_method = release\n"},
    {"not requeueable", "release_method = requeue\n", PLAN_RELEASE, false,
	false, false, "a requeue would hold it again\n"},
    {"always requeued", "release_method = requeue\n", PLAN_REQUEUE, true, false,
	false,
	"requeued (postsuper -r), 30d old then:\n"
	"              release_method = requeue\n"
	"Arrived"},
    {"old", "", PLAN_REQUEUE, true, false, false,
	"requeued (postsuper -r), 30d old then:\n"
	"              older than requeue_after; this starts a new queue life\n"
	"Arrived"},
    {"old, and a header is ahead", "", PLAN_RELEASE_OLD, false, false, false,
	"released (postsuper -H), 30d old then:\n"
	"              older than requeue_after, but it cannot be requeued, "
	"as\n"
	"              a header that is not due then would hold it again\n"
	"WARNING"},
    {"old and filtered", "", PLAN_RELEASE_OLD, true, true, false,
	"requeued, as\n"
	"              it would lose its content_filter or redirect\n"
	"WARNING"},
    {"old, and Postfix does not allow it", "", PLAN_RELEASE_OLD, true, false,
	true,
	"requeued, as\n"
	"              a filter, bcc or check of Postfix would act again, or "
	"not\n"
	"WARNING"},
    {"all of these", "", PLAN_RELEASE_OLD, false, true, true,
	"hold it again\n"
	"              it would lose its content_filter or redirect\n"
	"              a filter, bcc"},
};

static void
how_it_leaves(void **state)
{
	struct fixture *x = *state;

	x->m.arrival_s = x->m.facts.arrival_s = x->m.facts.created_s =
	    MESSAGE_NOW - 29 * DAY;
	x->m.plan.due_s = MESSAGE_NOW + DAY;
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		load_settings(&x->settings, methods[i].settings);
		x->m.method = methods[i].method;
		x->m.plan.all_due_then = methods[i].headers_due;
		x->m.facts.filtered = methods[i].filtered;
		x->postfix.requeue_safe = !methods[i].unsafe;
		check_part(methods[i].row, shown(x), methods[i].want);
	}
}

/* DESIGN fact 16 */
static const struct {
	const char *row;
	int64_t age_then_s;
	bool bounce;
	enum plan_method method;
	const char *want; /* NULL: no warning */
} warnings[] = {
    {"a second before its life is over", 5 * DAY - 1, false, PLAN_RELEASE_OLD,
	NULL},
    {"its life is over", 5 * DAY, false, PLAN_RELEASE_OLD,
	"WARNING       maximal_queue_lifetime is 5d, so the first temporary\n"
	"              failure returns it to its sender\n"},
    {"released all the same", 6 * DAY, false, PLAN_RELEASE, "WARNING"},
    {"requeued", 6 * DAY, false, PLAN_REQUEUE, NULL},
    {"a bounce", 2 * DAY, true, PLAN_RELEASE_OLD,
	"WARNING       bounce_queue_lifetime is 2d, so"},
    {"a young bounce", 2 * DAY - 1, true, PLAN_RELEASE_OLD, NULL},
};

static void
old_mail_is_warned_of(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < COUNT_OF(warnings); i++) {
		x->m.facts.created_s = x->m.plan.due_s - warnings[i].age_then_s;
		x->m.facts.empty_sender = warnings[i].bounce;
		x->m.method = warnings[i].method;
		shown(x);
		if (warnings[i].want != NULL)
			check_part(warnings[i].row, x->out, warnings[i].want);
		else
			check_bool(warnings[i].row,
			    strstr(x->out, "WARNING") != NULL, false);
	}
}

/* Headers. */

static void
headers_that_do_not_count(void **state)
{
	struct fixture *x = *state;

	x->date[1] = (struct queue_date){.text = span_str("so\x1Bon")};
	x->date[2] = (struct queue_date){.readable = true,
	    .never = true,
	    .rule = span_str("freeze"),
	    .text = span_str("never (rule freeze)")};
	x->m.n_dates = 3;
	check_part("all of them", shown(x),
	    "Headers       X-Deliver-At: Fri, 25 Dec 2026 01:12:00 +0000\n"
	    "                by its sender; this decides\n"
	    "              X-Deliver-At: so\\x1Bon\n"
	    "                no date: does not count\n"
	    "              X-Deliver-At: never (rule freeze)\n"
	    "                by its sender; only rules may say never: counts "
	    "as due\n");
	x->m.decides = 1;
	check_part(
	    "another decides", shown(x), "does not count; this decides\n");
}

static void
as_many_headers_as_are_kept(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < QUEUE_DATES_MAX; i++)
		x->date[i] = x->date[0];
	x->m.n_dates = QUEUE_DATES_MAX;
	check_part("all that there is room for", shown(x),
	    "              (there may be more of them)\n");
	x->m.n_dates--;
	check_bool("one less", strstr(shown(x), "more") != NULL, false);
	x->m.n_dates = 0;
	check_bool("none", strstr(shown(x), "Headers") != NULL, false);
}

static void
no_room_is_told(void **state)
{
	struct fixture *x = *state;
	size_t need;
	struct buf out;

	by_a_rule(x);
	need = strlen(shown(x));
	for (size_t max = 0; max <= need; max++) {
		buf_init(&out, max);
		check_bool("room", show_put(&x->show, &out), max == need);
		buf_free(&out);
	}
}

#define SHOWN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SHOWN(a_plain_message),
	    SHOWN(a_message_of_rules),
	    SHOWN(what_a_rule_holds),
	    SHOWN(a_rule_that_is_gone),
	    SHOWN(what_an_administrator_said),
	    SHOWN(what_is_late),
	    SHOWN(a_pause),
	    SHOWN(what_is_not_ours),
	    SHOWN(of_another_instance),
	    SHOWN(how_it_leaves),
	    SHOWN(old_mail_is_warned_of),
	    SHOWN(headers_that_do_not_count),
	    SHOWN(as_many_headers_as_are_kept),
	    SHOWN(no_room_is_told),
	};

	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
