/* SPDX-License-Identifier: ISC */
/*
 * rule - the rules file: when mail leaves, by who sends what to whom
 *
 *   NAME CONDITION... : ACTION
 *
 * A line that starts with a blank goes on with the rule before; blank lines,
 * and those whose first character that is no blank is "#", are passed over,
 * also inside a rule. CR is a blank, and a mark of UTF-8 in front of all is
 * passed over. Actions:
 *
 *   pass                            no rule below is looked at
 *   delay DURATION                  so long from now
 *   window RANGES [tz=] [except=]   not outside of these times: window()
 *   until DATE                      not before: date()
 *   hold                            not while this rule exists
 *   reject 5.C.C TEXT, defer 4.C.C TEXT
 *
 * delay, window, until and hold take reason="TEXT" as their last word. In
 * texts each run of blanks is one.
 *
 * Read whole or not at all. Pure, but for memory.
 */
#ifndef POLICYD_RULE_H
#define POLICYD_RULE_H

#include "policyd/condition.h"
#include "policyd/window.h"

enum {
	RULES_MAX = 10000,
	RULE_TEXT_MAX = 200, /* bytes of a reply's text, or of a reason */
	RULE_ERROR_SIZE = 1024,
};

enum rule_action {
	RULE_PASS,
	RULE_DELAY,
	RULE_WINDOW,
	RULE_UNTIL,
	RULE_HOLD,
	RULE_REJECT,
	RULE_DEFER,
};

struct rule {
	struct span name; /* this and all spans: borrowed from the rules */
	size_t first_condition;
	size_t n_conditions;
	enum rule_action action;
	int64_t delay_s; /* DELAY */
	int64_t until_s; /* UNTIL */
	struct window window; /* WINDOW */
	size_t zone; /* WINDOW: its place in the rules */
	struct span reply; /* REJECT, DEFER: "5.7.1 text", printable ASCII */
	struct span reason; /* may be empty */
};

struct rules_zone {
	char name[ZONE_NAME_SIZE]; /* empty: the machine's */
	struct zone zone;
};

/* What most rules that do not match are told by, without a look at them. */
struct rule_gate {
	uint64_t sieve; /* of the condition that lets the fewest through */
	unsigned place; /* of its attribute */
};

struct rules {
	char *text;
	struct rule *rule;
	struct rule_gate *gate; /* of each rule */
	size_t n;
	struct condition *condition;
	size_t n_conditions;
	struct rules_zone *zone;
	size_t n_zones;
	struct span attribute[VALUES_MAX]; /* that conditions name */
	enum condition_kind kind[VALUES_MAX]; /* of their values */
	size_t n_attributes;
	bool counts; /* postponed or postponed_total is among them */
	struct hash_key hash_key;
	struct keyset names;
	struct keyset holds; /* the names of those that hold */
};

/* What a rules file is read with. */
struct rules_context {
	const char *file; /* its name, for messages */
	const struct source *source; /* of lists and zones */
	struct hash_key hash_key;
	int64_t max_postpone_s; /* no rule may postpone by more ... */
	int64_t now_s; /* ... from now; hdrcheck would refuse the mail */
};

/*
 * Reads text. False with "FILE:LINE: what" in error, or "FILE: has no rules";
 * *rules owns nothing then.
 */
bool rules_parse(struct rules *rules, struct span text,
    const struct rules_context *context, char error[RULE_ERROR_SIZE]);

void rules_free(struct rules *rules);

/* The rule's i-th condition. */
static inline const struct condition *
rules_condition(const struct rules *rules, const struct rule *rule, size_t i)
{
	return &rules->condition[rule->first_condition + i];
}

/* Whether there is a rule of that name that holds. */
bool rules_hold(const struct rules *rules, struct span name);

#endif
