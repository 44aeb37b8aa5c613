/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/rule_support.h"

#include "policyd/decide.h"

enum { REQUEST_SIZE = 1024, WRITTEN_SIZE = 1024 };

static struct values values;

struct question {
	const char *request; /* lines of it */
	struct decide_counts counts;
	const char *now; /* UTC; NULL: as the rules were read */
	int64_t now_ns; /* and a part of a second */
};

/* Steps are written as "a+ b(condition)-": a is met, b is not for that. */
static void
write_step(void *ctx, const struct decide_step *step)
{
	char *out = ctx;
	size_t used = strlen(out);
	const struct rule *rule = step->rule;

	if (step->unmet == NULL)
		snprintf(out + used, WRITTEN_SIZE - used, "%.*s+ ",
		    (int)rule->name.len, rule->name.data);
	else
		snprintf(out + used, WRITTEN_SIZE - used, "%.*s(%.*s)- ",
		    (int)rule->name.len, rule->name.data,
		    (int)step->unmet->text.len, step->unmet->text.data);
}

static struct decision
ask(const struct rules *rules, const struct question *q, decide_step_fn *step,
    void *ctx)
{
	char text[REQUEST_SIZE];
	struct attr_request request;
	struct decision decision;
	struct span in;
	size_t used;

	snprintf(text, sizeof(text), "request=smtpd_access_policy\n%s\n",
	    q->request);
	in = exact_copy(span_str(text));
	assert_int_equal(attr_decode(in, &request, &used), ATTR_DONE);
	decision = decide(rules, &request, &q->counts,
	    moment(q->now != NULL ? q->now : READ_AT) * CLOCK_NS_PER_S +
		q->now_ns,
	    &values, step, ctx);
	exact_free(in);
	return decision;
}

static const char *
write_decision(const struct decision *d, char out[WRITTEN_SIZE])
{
	static const char *const kinds[] = {
	    [DECISION_NOTHING] = "nothing",
	    [DECISION_POSTPONE] = "postpone",
	    [DECISION_REJECT] = "reject",
	    [DECISION_DEFER] = "defer",
	    [DECISION_MISPLACED] = "misplaced",
	};
	bool waits =
	    d->kind == DECISION_POSTPONE || d->kind == DECISION_MISPLACED;
	char due[MOMENT_SIZE] = "never";

	assert_true((d->rule == NULL) == (d->kind == DECISION_NOTHING));
	assert_true(d->passed == NULL || d->rule == NULL);
	if (d->passed != NULL) {
		snprintf(out, WRITTEN_SIZE, "pass %.*s",
		    (int)d->passed->name.len, d->passed->name.data);
		return out;
	}
	if (d->rule == NULL)
		return kinds[d->kind];
	if (waits && d->due_s != DECIDE_NEVER)
		write_moment(d->due_s, due);
	snprintf(out, WRITTEN_SIZE, "%s %.*s%s%s", kinds[d->kind],
	    (int)d->rule->name.len, d->rule->name.data, waits ? " " : "",
	    waits ? due : "");
	return out;
}

static void
check_decided(const char *row, const struct rules *rules,
    const struct question *q, const char *want)
{
	struct decision decision = ask(rules, q, NULL, NULL);
	char out[WRITTEN_SIZE];

	check_string(row, write_decision(&decision, out), want);
}

/* The rules of the issue. */

#define BOB "sasl_username=bob\nsender=bob@corp.example\n"

static const struct {
	const char *row;
	struct question q;
	const char *want;
} samples[] = {
    {"nobody in particular",
	{"sender=a@b.example\nrecipient=c@d.example\n", {0, 0}, NULL, 0},
	"nothing"},
    {"nothing is known", {"", {9999, 9999}, NULL, 0}, "nothing"},
    {"the boss",
	{"sender=CEO@Corp.Example\nsasl_username=ceo\n"
	 "recipient=1@sms.example\n",
	    {9999, 9999}, "2026-11-25 23:00", 0},
	"pass urgent"},
    {"a login", {BOB, {0, 0}, "2026-11-25 12:00", 0},
	"postpone undo 2026-11-25 12:00:30"},
    {"a login, a moment later", {BOB, {0, 0}, "2026-11-25 12:00", 1},
	"postpone undo 2026-11-25 12:00:31"},
    {"a login, late in the second",
	{BOB, {0, 0}, "2026-11-25 12:00", 999999999},
	"postpone undo 2026-11-25 12:00:31"},
    {"a phone in the evening",
	{"recipient=1@sms.example\n", {0, 0}, "2026-11-25 21:00", 0},
	"postpone quiet 2026-11-26 07:00:00"},
    {"a phone at its last minute",
	{"recipient=1@sms.example\n", {0, 0}, "2026-11-25 18:59:59", 999999999},
	"nothing"},
    {"a phone when quiet starts",
	{"recipient=1@sms.example\n", {0, 0}, "2026-11-25 19:00", 0},
	"postpone quiet 2026-11-26 07:00:00"},
    {"a phone in summer",
	{"recipient=1@sms.example\n", {0, 0}, "2026-07-01 18:00", 0},
	"postpone quiet 2026-07-02 06:00:00"},
    {"a pager on Saturday",
	{"recipient=joe@EU.pager.example\n", {0, 0}, "2026-11-28 13:00", 0},
	"postpone quiet 2026-11-30 07:00:00"},
    {"a pager at Christmas",
	{"recipient=joe@pager.example\n", {0, 0}, "2026-12-24 19:00", 0},
	"postpone quiet 2026-12-28 07:00:00"},
    {"a domain below that of phones",
	{"recipient=1@x.sms.example\n", {0, 0}, "2026-11-25 21:00", 0},
	"nothing"},
    {"a large newsletter",
	{"sender=news@corp.example\nsize=102401\n", {0, 0}, NULL, 0},
	"postpone nightly 2026-11-22 21:00:00"},
    {"a newsletter of exactly 100k",
	{"sender=news@corp.example\nsize=102400\n", {0, 0}, NULL, 0},
	"nothing"},
    {"a large newsletter at night",
	{"sender=news@corp.example\nsize=999999\n", {0, 0}, "2026-11-25 02:00",
	    0},
	"nothing"},
    {"a large newsletter with a login: the later moment",
	{"sender=news@corp.example\nsize=999999\nsasl_username=news\n", {0, 0},
	    NULL, 0},
	"postpone nightly 2026-11-22 21:00:00"},
    {"the same at night",
	{"sender=news@corp.example\nsize=999999\nsasl_username=news\n", {0, 0},
	    "2026-11-25 02:00", 0},
	"postpone undo 2026-11-25 02:00:30"},
    {"a domain that moves", {"recipient=ann@example.org\n", {0, 0}, NULL, 0},
	"postpone moving 2026-12-01 05:00:00"},
    {"the last moment before",
	{"recipient=ann@example.org\n", {0, 0}, "2026-12-01 04:59:59",
	    999999999},
	"postpone moving 2026-12-01 05:00:00"},
    {"a domain that has moved",
	{"recipient=ann@example.org\n", {0, 0}, "2026-12-01 05:00", 0},
	"nothing"},
    {"a frozen domain from outside",
	{"sender=a@old.example\nclient_address=192.0.2.1\n", {0, 0}, NULL, 0},
	"postpone freeze never"},
    {"a frozen domain from inside",
	{"sender=a@old.example\nclient_address=10.255.0.1\n", {0, 0}, NULL, 0},
	"nothing"},
    {"a frozen domain from nowhere: absent is not even !=",
	{"sender=a@old.example\n", {0, 0}, NULL, 0}, "nothing"},
    {"hold beats all moments",
	{"sender=a@old.example\nclient_address=2001:db8::1\n"
	 "recipient=ann@example.org\nsasl_username=bob\n",
	    {0, 0}, NULL, 0},
	"postpone freeze never"},
    {"500 messages", {BOB, {500, 9999}, NULL, 0},
	"postpone undo 2026-11-22 12:00:30"},
    {"501 messages", {BOB, {501, 0}, NULL, 0}, "defer flood"},
    {"501 messages, and frozen",
	{"sender=a@old.example\nclient_address=192.0.2.1\nsasl_username=a\n",
	    {501, 501}, NULL, 0},
	"defer flood"},
    {"501 messages without a login",
	{"sender=a@b.example\n", {501, 501}, NULL, 0}, "nothing"},
    {"who says himself how much is postponed",
	{BOB "postponed=9999\npostponed_total=9999\n", {3, 3}, NULL, 0},
	"postpone undo 2026-11-22 12:00:30"},
    {"who says that nothing is", {BOB "postponed=0\n", {501, 501}, NULL, 0},
	"defer flood"},
};

static void
the_sample_decides(void **state)
{
	struct rules rules;

	(void)state;
	rules_from(&rules, SAMPLE_RULES);
	for (size_t i = 0; i < COUNT_OF(samples); i++)
		check_decided(
		    samples[i].row, &rules, &samples[i].q, samples[i].want);
	rules_free(&rules);
}

/* Rules for one question each. */

#define LATER "until 2026-12-01T00:00:00Z\n"
#define LAST  "until 2026-12-02T00:00:00Z\n"

static const struct {
	const char *row;
	const char *rules;
	struct question q;
	const char *want;
} cases[] = {
    {"the latest counts when it comes first", "a : " LAST "b : " LATER,
	{"", {0, 0}, NULL, 0}, "postpone a 2026-12-02 00:00:00"},
    {"the latest counts when it comes last", "a : " LATER "b : " LAST,
	{"", {0, 0}, NULL, 0}, "postpone b 2026-12-02 00:00:00"},
    {"of two that are as late the first is named",
	"a : " LATER "b : " LATER "c : until 2026-12-01T01:00:00+01:00\n",
	{"", {0, 0}, NULL, 0}, "postpone a 2026-12-01 00:00:00"},
    {"the first of two that hold", "a : hold\nb : hold\n",
	{"", {0, 0}, NULL, 0}, "postpone a never"},
    {"hold before a moment", "a : hold\nb : " LAST, {"", {0, 0}, NULL, 0},
	"postpone a never"},
    {"hold behind a moment", "a : " LAST "b : hold\n", {"", {0, 0}, NULL, 0},
	"postpone b never"},
    {"pass keeps what was said", "a : " LATER "b : pass\nc : " LAST,
	{"", {0, 0}, NULL, 0}, "postpone a 2026-12-01 00:00:00"},
    {"pass that does not match", "a : " LATER "b size=1 : pass\nc : " LAST,
	{"", {0, 0}, NULL, 0}, "postpone c 2026-12-02 00:00:00"},
    {"pass alone", "a : pass\nb : hold\n", {"", {0, 0}, NULL, 0}, "pass a"},
    {"pass behind what is past", "a : until 1999-01-01T00:00:00Z\nb : pass\n",
	{"", {0, 0}, NULL, 0}, "pass b"},
    {"pass before reject", "a : pass\nb : reject 5.7.1 x\n",
	{"", {0, 0}, NULL, 0}, "pass a"},
    {"reject at once", "a : hold\nb : reject 5.7.1 x\nc : defer 4.7.1 x\n",
	{"", {0, 0}, NULL, 0}, "reject b"},
    {"defer at once", "a : " LAST "b : defer 4.7.1 x\nc : reject 5.7.1 x\n",
	{"", {0, 0}, NULL, 0}, "defer b"},
    {"reject that does not match", "a size=1 : reject 5.7.1 x\nb : hold\n",
	{"", {0, 0}, NULL, 0}, "postpone b never"},
    {"until a second ahead", "a : until 2026-11-22T12:00:01Z\n",
	{"", {0, 0}, NULL, 999999999}, "postpone a 2026-11-22 12:00:01"},
    {"until this second", "a : until 2026-11-22T12:00:00Z\n",
	{"", {0, 0}, NULL, 0}, "nothing"},
    {"until the second that runs", "a : until 2026-11-22T12:00:00Z\n",
	{"", {0, 0}, NULL, 999999999}, "nothing"},
    {"until the past", "a : until 1999-01-01T00:00:00Z\n",
	{"", {0, 0}, NULL, 0}, "nothing"},
    {"what is past hides nothing",
	"a : until 2026-11-22T11:00:00Z\nb : delay 1s\n", {"", {0, 0}, NULL, 0},
	"postpone b 2026-11-22 12:00:01"},
    {"an open window hides nothing",
	"a : window 11:00-13:00 tz=UTC\nb : delay 1s\n", {"", {0, 0}, NULL, 0},
	"postpone b 2026-11-22 12:00:01"},
    {"the window that opens last",
	"a : window 14:00-15:00 tz=UTC\nb : window 14:00-15:00 "
	"tz=America/New_York\nc : window 14:00-15:00\n",
	{"", {0, 0}, NULL, 0}, "postpone b 2026-11-22 19:00:00"},
    {"a window that opens in this second", "a : window 12:00-13:00 tz=UTC\n",
	{"", {0, 0}, NULL, 1}, "nothing"},
    {"a window that has closed in this second",
	"a : window 11:00-12:00 tz=UTC\n", {"", {0, 0}, NULL, 0},
	"postpone a 2026-11-23 11:00:00"},
    {"a window that opens in the next second, late in this one",
	"a : window 12:00-13:00 tz=UTC\n",
	{"", {0, 0}, "2026-11-22 11:59:59", 999999999},
	"postpone a 2026-11-22 12:00:00"},
    {"before 1970", "a : delay 1s\n", {"", {0, 0}, "1969-12-31 23:59:57", 1},
	"postpone a 1969-12-31 23:59:59"},
    {"all conditions must be met", "a sender=a@b size=3 : hold\n",
	{"sender=a@b\nsize=3\n", {0, 0}, NULL, 0}, "postpone a never"},
    {"the first is not met", "a sender=a@b size=3 : hold\n",
	{"sender=b@b\nsize=3\n", {0, 0}, NULL, 0}, "nothing"},
    {"the last is not met", "a sender=a@b size=3 : hold\n",
	{"sender=a@b\nsize=4\n", {0, 0}, NULL, 0}, "nothing"},
    {"conditions of another rule", "a size=3 : " LATER "b size=4 : " LAST,
	{"size=4\n", {0, 0}, NULL, 0}, "postpone b 2026-12-02 00:00:00"},
    {"the order of attributes is free", "a sender=a@b size=3 : hold\n",
	{"size=3\nsender=a@b\n", {0, 0}, NULL, 0}, "postpone a never"},
    {"unknown attributes are ignored", "a size=3 : hold\n",
	{"x=y\nsize=3\nsizes=4\n", {0, 0}, NULL, 0}, "postpone a never"},
    {"negated, present", "a sasl_username!=bob : hold\n",
	{"sasl_username=ann\n", {0, 0}, NULL, 0}, "postpone a never"},
    {"negated, listed", "a sasl_username!=bob : hold\n",
	{"sasl_username=bob\n", {0, 0}, NULL, 0}, "nothing"},
    {"negated, empty", "a sasl_username!=bob : hold\n",
	{"sasl_username=\n", {0, 0}, NULL, 0}, "nothing"},
    {"negated, absent", "a sasl_username!=bob : hold\n", {"", {0, 0}, NULL, 0},
	"nothing"},
    {"<> matches what is empty", "a sender=<> : hold\n",
	{"sender=\n", {0, 0}, NULL, 0}, "postpone a never"},
    {"<> matches what is absent", "a sasl_username=<> : hold\n",
	{"", {0, 0}, NULL, 0}, "postpone a never"},
    {"<> matches nothing else", "a sender=<> : hold\n",
	{"sender=a@b\n", {0, 0}, NULL, 0}, "nothing"},
    {"not <>", "a sender!=<> : hold\n", {"sender=a@b\n", {0, 0}, NULL, 0},
	"postpone a never"},
    {"not <>, empty", "a sender!=<> : hold\n", {"sender=\n", {0, 0}, NULL, 0},
	"nothing"},
    {"a list of a file", "a sender=file:/lists/vip : hold\n",
	{"sender=x@VIP.example\n", {0, 0}, NULL, 0}, "postpone a never"},
    {"postponed of the sender, not of all", "a postponed>5 : hold\n",
	{"", {5, 6}, NULL, 0}, "nothing"},
    {"postponed of all", "a postponed_total>5 : hold\n", {"", {0, 6}, NULL, 0},
	"postpone a never"},
    {"postponed of all, not of the sender", "a postponed_total>5 : hold\n",
	{"", {6, 5}, NULL, 0}, "nothing"},
    {"nothing is postponed: 0 is a number", "a postponed=0 : hold\n",
	{"", {0, 0}, NULL, 0}, "postpone a never"},
    {"very much is postponed", "a postponed>18446744073709551614 : hold\n",
	{"", {UINT64_MAX, 0}, NULL, 0}, "postpone a never"},
    {"postponed of both behind other attributes",
	"a sender=a@b postponed_total=7 size=3 postponed=5 : hold\n",
	{"size=3\nsender=a@b\npostponed=1\n", {5, 7}, NULL, 0},
	"postpone a never"},
};

static void
rules_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct rules rules;

		rules_from(&rules, cases[i].rules);
		check_decided(cases[i].row, &rules, &cases[i].q, cases[i].want);
		rules_free(&rules);
	}
}

/* What decided before leaves no trace. */
static void
each_request_is_decided_anew(void **state)
{
	static const struct question full = {
	    "sender=a@b\nsize=3\n", {5, 7}, NULL, 0};
	static const struct question empty = {"", {0, 0}, NULL, 0};
	struct rules rules;

	(void)state;
	rules_from(&rules, "a sender=a@b size=3 postponed=5 : hold\n");
	for (int i = 0; i < 3; i++) {
		check_decided("full", &rules, &full, "postpone a never");
		check_decided("empty", &rules, &empty, "nothing");
	}
	rules_free(&rules);
}

/* Where Postfix takes no header. */

static const struct {
	const char *state;
	enum decision_kind postponed; /* what a postponement is there */
} states[] = {
    {"CONNECT", DECISION_MISPLACED},
    {"EHLO", DECISION_MISPLACED},
    {"HELO", DECISION_MISPLACED},
    {"END-OF-MESSAGE", DECISION_MISPLACED},
    {"VRFY", DECISION_NOTHING},
    {"ETRN", DECISION_NOTHING},
    {"MAIL", DECISION_POSTPONE},
    {"RCPT", DECISION_POSTPONE},
    {"DATA", DECISION_POSTPONE},
    {"BDAT", DECISION_POSTPONE},
    {"", DECISION_POSTPONE},
    {"rcpt", DECISION_POSTPONE},
    {"helo", DECISION_POSTPONE},
};

static void
some_states_take_no_header(void **state)
{
	static const struct {
		const char *rules;
		const char *want;
		const char *misplaced;
		const char *nothing;
	} kinds[] = {
	    {"a : " LATER, "postpone a 2026-12-01 00:00:00",
		"misplaced a 2026-12-01 00:00:00", "nothing"},
	    {"a : hold\n", "postpone a never", "misplaced a never", "nothing"},
	    {"a : pass\n", "pass a", "pass a", "pass a"},
	    {"a : " LATER "b : pass\n", "postpone a 2026-12-01 00:00:00",
		"misplaced a 2026-12-01 00:00:00", "nothing"},
	    {"a : reject 5.7.1 x\n", "reject a", "reject a", "reject a"},
	    {"a : " LAST "b : defer 4.7.1 x\n", "defer b", "defer b",
		"defer b"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(states) * COUNT_OF(kinds); i++) {
		size_t s = i / COUNT_OF(kinds), k = i % COUNT_OF(kinds);
		char request[64];
		struct question q = {.request = request};
		struct rules rules;

		snprintf(request, sizeof(request), "protocol_state=%s\n",
		    states[s].state);
		rules_from(&rules, kinds[k].rules);
		check_decided(request, &rules, &q,
		    states[s].postponed == DECISION_POSTPONE ? kinds[k].want
			: states[s].postponed == DECISION_MISPLACED
			? kinds[k].misplaced
			: kinds[k].nothing);
		rules_free(&rules);
	}
}

/* Steps. */

static const struct {
	const char *row;
	const char *rules;
	const char *request;
	const char *want;
} steps[] = {
    {"all rules in order", "a : hold\nb : delay 1s\nc : " LATER, "",
	"a+ b+ c+ "},
    {"the first condition that is not met",
	"a size=1 sender=<> x=y : hold\nb size=2 : hold\n", "size=1\n",
	"a(x=y)- b(size=2)- "},
    {"of several the first", "a size=2 x=y : hold\n", "size=1\n",
	"a(size=2)- "},
    {"nothing behind pass", "a : hold\nb : pass\nc : hold\n", "", "a+ b+ "},
    {"nothing behind reject", "a : reject 5.7.1 x\nc : hold\n", "", "a+ "},
    {"nothing behind defer", "a : defer 4.7.1 x\nc : hold\n", "", "a+ "},
    {"behind what is not met",
	"a size=1 : pass\nb size=1 : reject 5.7.1 x\nc : hold\n", "",
	"a(size=1)- b(size=1)- c+ "},
};

static void
steps_are_told_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct question q = {.request = steps[i].request};
		char out[WRITTEN_SIZE] = "";
		struct rules rules;

		rules_from(&rules, steps[i].rules);
		ask(&rules, &q, write_step, out);
		check_string(steps[i].row, out, steps[i].want);
		rules_free(&rules);
	}
}

static void
note_due(void *ctx, const struct decide_step *step)
{
	int64_t **due_s = ctx;

	*(*due_s)++ = step->due_s;
}

/* Each step with the moment of its own rule, not with what counts so far. */
static void
steps_tell_their_moments(void **state)
{
	static const struct question q = {.request = "", .now_ns = 1};
	int64_t due_s[6], *next = due_s, now_s = moment(READ_AT);
	struct rules rules;

	(void)state;
	rules_from(&rules,
	    "a : hold\nb : delay 1s\nc : until 2026-11-22T12:00:05Z\n"
	    "d : until 1999-01-01T00:00:00Z\ne : window 12:00-13:00 tz=UTC\n"
	    "f : pass\n");
	ask(&rules, &q, note_due, &next);
	assert_ptr_equal(next, due_s + 6);
	assert_true(due_s[0] == DECIDE_NEVER);
	check_moment("delay, rounded up", due_s[1], now_s + 2);
	check_moment("until", due_s[2], now_s + 5);
	check_moment("past", due_s[3], moment("1999-01-01 00:00"));
	check_moment("inside a window", due_s[4], now_s);
	assert_true(due_s[5] <= now_s);
	rules_free(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_sample_decides),
	    cmocka_unit_test(rules_decide),
	    cmocka_unit_test(each_request_is_decided_anew),
	    cmocka_unit_test(some_states_take_no_header),
	    cmocka_unit_test(steps_are_told_in_order),
	    cmocka_unit_test(steps_tell_their_moments),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
