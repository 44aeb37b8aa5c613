/* SPDX-License-Identifier: ISC */
/*
 * The rules file: read whole or not at all; an error names file and line, and a
 * comment above moves it. Rules written again from what was understood of them
 * read the same, and what they decide is theirs to decide.
 */
#include "tests/fuzz/target.h"

#include <stdio.h>
#include <stdlib.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/date.h"
#include "policyd/decide.h"
#include "policyd/rule_action.h"

#define YEAR_0 INT64_C(-62167219200)

enum {
	NOW_S = 1795300000, /* 2026-11-21T22:26:40Z */
	POSTPONE_MAX_S = 366 * 86400,
	WRITTEN_MAX = 4 * 1024 * 1024,
};

static bool
parse(struct rules *rules, struct span text, char error[RULE_ERROR_SIZE])
{
	const struct rules_context context = {
	    .file = "rules",
	    .source = &target_source,
	    .max_postpone_s = POSTPONE_MAX_S,
	    .now_s = NOW_S,
	};
	struct span block = block_of(text);
	bool ok = rules_parse(rules, block, &context, error);

	block_free(block);
	return ok;
}

/* 0: it names no line, as there are no rules. */
static size_t
check_error(const char *error, struct span text)
{
	if (strcmp(error, "rules: has no rules") == 0)
		return 0;
	return must_be_place(error, "rules", text);
}

static void
put(struct buf *out, const char *before, struct span text, const char *behind)
{
	must(buf_append(out, span_str(before)) && buf_append(out, text) &&
	    buf_append(out, span_str(behind)));
}

/* False for a window, of whose words nothing is kept, and before year 0. */
static bool
put_action(struct buf *out, const struct rule *rule)
{
	char text[CLOCK_DURATION_SIZE + CLOCK_UTC_SIZE] = "";

	put(out, ": ", span_str(rule_action_name(rule->action)), " ");
	if (rule->action == RULE_DELAY)
		clock_format_duration(rule->delay_s, text);
	if (rule->action == RULE_UNTIL)
		clock_format_utc(rule->until_s, text);
	put(out, text, rule->reply, "");
	if (rule->reason.len > 0)
		put(out, " reason=\"", rule->reason, "\"");
	put(out, "", span_of("\n", 1), "");
	return rule->action != RULE_WINDOW && rule->until_s >= YEAR_0;
}

static bool
write_rules(const struct rules *rules, struct buf *out)
{
	bool all = true;

	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->rule[i];

		put(out, "", rule->name, " ");
		for (size_t j = 0; j < rule->n_conditions; j++)
			put(out, "", rules_condition(rules, rule, j)->text,
			    " ");
		all = put_action(out, rule) && all;
	}
	return all;
}

static void
must_be_same(const struct rules *a, const struct rules *b)
{
	must(a->n == b->n && a->n_conditions == b->n_conditions);
	must(a->counts == b->counts && a->n_attributes == b->n_attributes);
	for (size_t i = 0; i < a->n; i++) {
		const struct rule *x = &a->rule[i], *y = &b->rule[i];

		must(span_equal(x->name, y->name) && x->action == y->action);
		must(x->delay_s == y->delay_s && x->until_s == y->until_s);
		must(span_equal(x->reply, y->reply));
		must(span_equal(x->reason, y->reason));
		must(x->n_conditions == y->n_conditions);
	}
}

static void
check_rules(const struct rules *rules)
{
	must(rules->n >= 1 && rules->n <= RULES_MAX);
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->rule[i];

		must(date_is_rule_name(rule->name));
		must(rule->reply.len <= RULE_TEXT_MAX + 16);
		must(is_printable(rule->reply));
		must(rule->reason.len <= RULE_TEXT_MAX);
		must(rules_hold(rules, rule->name) ==
		    (rule->action == RULE_HOLD));
		must(rule->delay_s >= 0 && rule->delay_s <= POSTPONE_MAX_S);
		must(rule->until_s <= NOW_S + POSTPONE_MAX_S);
	}
}

static void
check_written(const struct rules *rules)
{
	char error[RULE_ERROR_SIZE];
	struct rules again;
	struct buf out;

	buf_init(&out, WRITTEN_MAX);
	if (write_rules(rules, &out)) {
		must(parse(&again, buf_span(&out), error));
		must_be_same(rules, &again);
		rules_free(&again);
	}
	buf_free(&out);
}

/* Whatever the request, no moment is behind, nor too far ahead. */
static void
check_decision(const struct rules *rules)
{
	static const char text[] =
	    "request=smtpd_access_policy\nprotocol_state=RCPT\n"
	    "sender=ann@corp.example\nrecipient=bob@b.example\nsize=123\n"
	    "sasl_username=ann\nclient_address=192.0.2.1\n\n";
	struct decide_counts counts = {3, 5};
	struct values *values = malloc(sizeof(*values));
	struct attr_request request;
	struct decision decision;
	size_t used;

	must(values != NULL);
	must(attr_decode(span_str(text), &request, &used) == ATTR_DONE);
	decision = decide(rules, &request, &counts, CLOCK_NS_PER_S * NOW_S,
	    values, NULL, NULL);
	must(decision.kind != DECISION_MISPLACED);
	if (decision.kind == DECISION_POSTPONE &&
	    decision.due_s != DECIDE_NEVER)
		must(decision.due_s > NOW_S &&
		    decision.due_s <= NOW_S + POSTPONE_MAX_S);
	must(decision.due_s != DECIDE_NEVER ||
	    decision.kind != DECISION_POSTPONE ||
	    decision.rule->action == RULE_HOLD);
	free(values);
}

static void
check_below(struct span text, bool ok, size_t line)
{
	char error[RULE_ERROR_SIZE];
	struct rules also;
	struct buf longer;

	buf_init(&longer, text.len + 16);
	put(&longer, "# above\n", text, "");
	if (span_starts_with(text, "\xef\xbb\xbf"))
		ok = false; /* there it is no mark, but part of a name */
	else
		must(parse(&also, buf_span(&longer), error) == ok);
	if (ok)
		rules_free(&also);
	else if (!span_starts_with(text, "\xef\xbb\xbf") && line > 0)
		must(check_error(error, buf_span(&longer)) == line + 1);
	buf_free(&longer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	char error[RULE_ERROR_SIZE] = "";
	struct rules rules;
	size_t line = 0;
	bool ok = parse(&rules, text, error);

	if (ok) {
		check_rules(&rules);
		check_written(&rules);
		check_decision(&rules);
		rules_free(&rules);
	} else {
		line = check_error(error, text);
	}
	check_below(text, ok, line);
	return 0;
}
