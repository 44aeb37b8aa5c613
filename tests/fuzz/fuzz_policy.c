/* SPDX-License-Identifier: ISC */
/*
 * Policy requests and what rules answer: settled as soon as they can be; the
 * answer is one line of a known action, without the request's bytes, and names
 * a rule that is there.
 */
#include "tests/fuzz/target.h"

#include <stdlib.h>

#include "hdrcheck/date.h"
#include "policyd/reply.h"

enum {
	NOW_S = 1795300000, /* 2026-11-21T22:26:40Z */
	POSTPONE_MAX_S = 366 * 86400,
};

static const char rules_text[] =
    "urgent    sender=ceo@corp.example : pass\n"
    "undo      sasl_username=* : delay 30s\n"
    "quiet     recipient=@sms.example,@.pager.example :"
    " window Mon-Fri 08:00-20:00, Sat 10:00-14:00 tz=Europe/Amsterdam\n"
    "nightly   sender=@news.example size>100k : window 22:00-06:00 tz=UTC\n"
    "moving    recipient=@example.org :"
    " until 2026-12-01T06:00:00+01:00 reason=\"server move\"\n"
    "freeze    sender=@old.example client_address!=10.0.0.0/8 : hold\n"
    "named     helo_name=*.example,mail[0-9]* : delay 1h\n"
    "listed    sender=file:/list : delay 2h\n"
    "null      sender=<> recipient_count>1 : defer 4.7.1 not now\n"
    "banned    client_name=evil.example : reject 5.7.1 go away\n"
    "flood     postponed>500 : defer 4.7.1 too many postponed messages\n";

static int
decode(void *ctx, struct span in, size_t *used)
{
	struct attr_request *request = ctx;
	enum attr_result result = attr_decode(in, request, used);

	if (result != ATTR_DONE)
		return (int)result;
	must(request->n <= ATTR_MAX && *used <= ATTR_REQUEST_MAX);
	must(*used > 2 && memcmp(in.data + *used - 2, "\n\n", 2) == 0);
	for (size_t i = 0; i < request->n; i++) {
		struct span name = request->pair[i].name;
		struct span value = request->pair[i].value;

		must(is_inside(name, in) && is_inside(value, in));
		must(name.len > 0 && name.len + value.len < ATTR_LINE_MAX);
		must(memchr(value.data, '\n', value.len) == NULL);
		must(memchr(value.data, '\0', value.len) == NULL);
	}
	must(span_equal_str(
	    attr_get(request, "request"), "smtpd_access_policy"));
	return (int)result;
}

/* "action=PREPEND X-Deliver-At: DATE (rule NAME)", which hdrcheck reads. */
static void
check_prepended(struct span reply, const struct decision *decision)
{
	static const char begin[] = "action=PREPEND X-Deliver-At: ";
	struct date date;

	must(span_starts_with(reply, begin));
	must(date_parse(span_skip(reply, sizeof(begin) - 1), &date) == DATE_OK);
	must(span_equal(date.rule, decision->rule->name));
	must(date.never == (decision->due_s == DECIDE_NEVER));
	must(date.never || date.moment_s == decision->due_s);
	must(date.never ||
	    (date.moment_s > NOW_S && date.moment_s <= NOW_S + POSTPONE_MAX_S));
}

static void
check_reply(const struct decision *decision)
{
	char text[REPLY_SIZE];
	struct span reply;

	memset(text, 'x', sizeof(text));
	must(reply_format(decision, "X-Deliver-At", text) == text);
	must(memchr(text, '\0', sizeof(text)) != NULL);
	reply = span_str(text);
	must(is_printable(reply));
	switch (decision->kind) {
	case DECISION_NOTHING:
		must(span_equal_str(reply, "action=DUNNO"));
		break;
	case DECISION_POSTPONE:
		check_prepended(reply, decision);
		break;
	case DECISION_REJECT:
		must(span_starts_with(reply, "action=REJECT 5."));
		break;
	case DECISION_DEFER:
	case DECISION_MISPLACED:
		must(span_starts_with(reply, "action=DEFER 4."));
		break;
	}
}

/* The rules that are tried come in order, and the last one decides at most. */
static void
step(void *ctx, const struct decide_step *step)
{
	const struct rule **last = ctx;

	must(*last == NULL || step->rule == *last + 1);
	*last = step->rule;
}

static void
check_decision(const struct rules *rules, const struct attr_request *request,
    struct dice *dice)
{
	struct decide_counts counts = {
	    dice_roll(dice, 1000), dice_roll(dice, 1000)};
	struct values *values = malloc(sizeof(*values));
	const struct rule *last = NULL;
	struct decision decision, again;

	must(values != NULL);
	decision = decide(rules, request, &counts, INT64_C(1000000000) * NOW_S,
	    values, step, &last);
	must(decision.rule == NULL ||
	    (decision.rule >= rules->rule && decision.rule <= last));
	must((decision.rule == NULL) == (decision.kind == DECISION_NOTHING));
	check_reply(&decision);
	again = decide(rules, request, &counts, INT64_C(1000000000) * NOW_S,
	    values, NULL, NULL);
	must(again.kind == decision.kind && again.rule == decision.rule);
	free(values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rules_context context = {
	    .file = "rules",
	    .source = &target_source,
	    .max_postpone_s = POSTPONE_MAX_S,
	    .now_s = NOW_S,
	};
	struct span in = span_of(data, size);
	struct dice dice = dice_of(in);
	struct attr_request request;
	char error[RULE_ERROR_SIZE];
	struct rules rules;
	size_t used;

	if (must_settle(decode, &request, in, &used) != ATTR_DONE)
		return 0;
	must(rules_parse(&rules, span_str(rules_text), &context, error));
	must(attr_decode(in, &request, &used) == ATTR_DONE);
	check_decision(&rules, &request, &dice);
	rules_free(&rules);
	return 0;
}
