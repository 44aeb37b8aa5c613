/* SPDX-License-Identifier: ISC */
#include "policyd/decide.h"

#include "hdrcheck/base/clock.h"
#include "policyd/sieve.h"

/* No moment, or one that is not ahead. */
#define NO_MOMENT INT64_MIN

/*
 * Where Postfix's smtpd does not add a header: before MAIL FROM, and behind the
 * message. VRFY and ETRN bring no message that could be postponed.
 */
static enum decision_kind
kind_of_postponement(const struct attr_request *request)
{
	static const struct {
		const char *state;
		enum decision_kind kind;
	} others[] = {
	    {"CONNECT", DECISION_MISPLACED},
	    {"EHLO", DECISION_MISPLACED},
	    {"HELO", DECISION_MISPLACED},
	    {"END-OF-MESSAGE", DECISION_MISPLACED},
	    {"VRFY", DECISION_NOTHING},
	    {"ETRN", DECISION_NOTHING},
	};
	struct span state = attr_get(request, "protocol_state");

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (span_equal_str(state, others[i].state))
			return others[i].kind;
	return DECISION_POSTPONE;
}

/* What the rules want to see of the request, and its sieves. */
static void
prepare(const struct rules *rules, const struct attr_request *request,
    const struct decide_counts *counts, struct values *values,
    uint64_t sieve[VALUES_MAX])
{
	sieve[0] = SIEVE_OPEN; /* of rules without conditions */
	values_begin(values, &rules->hash_key, rules->n_attributes);
	for (unsigned i = 0; i < rules->n_attributes; i++) {
		struct span name = rules->attribute[i];

		if (span_equal_str(name, "postponed"))
			values_set_number(values, i, counts->sender);
		else if (span_equal_str(name, "postponed_total"))
			values_set_number(values, i, counts->total);
		else
			values_set(values, i, attr_find(request, name));
		sieve[i] =
		    sieve_of_value(rules->kind[i], values_text(values, i));
	}
}

/* The place of the next rule, the i-th or one below, that may match; or n. */
static size_t
find_candidate(
    const struct rules *rules, size_t i, const uint64_t sieve[VALUES_MAX])
{
	const struct rule_gate *gate = rules->gate;

	while (i < rules->n && (gate[i].sieve & sieve[gate[i].place]) == 0)
		i++;
	return i;
}

static const struct condition *
find_unmet(
    const struct rules *rules, const struct rule *rule, struct values *values)
{
	for (size_t i = 0; i < rule->n_conditions; i++) {
		const struct condition *c = rules_condition(rules, rule, i);

		if (!condition_matches(c, values))
			return c;
	}
	return NULL;
}

/* The moment that a matching rule names. */
static int64_t
moment_of(const struct rules *rules, const struct rule *rule, int64_t now_ns)
{
	int64_t now_s = clock_floor_s(now_ns);

	switch (rule->action) {
	case RULE_DELAY:
		if (now_s * CLOCK_NS_PER_S < now_ns)
			now_s++;
		return now_s + rule->delay_s;
	case RULE_WINDOW:
		return window_next(
		    &rule->window, &rules->zone[rule->zone].zone, now_s);
	case RULE_UNTIL:
		return rule->until_s;
	case RULE_HOLD:
		return DECIDE_NEVER;
	case RULE_PASS:
	case RULE_REJECT:
	case RULE_DEFER:
		break;
	}
	return NO_MOMENT;
}

static bool
ends_search(const struct rule *rule)
{
	return rule->action == RULE_PASS || rule->action == RULE_REJECT ||
	    rule->action == RULE_DEFER;
}

static void
contribute(struct decision *decision, const struct rule *rule, int64_t due_s,
    int64_t now_ns)
{
	if (rule->action == RULE_REJECT || rule->action == RULE_DEFER) {
		decision->kind = rule->action == RULE_REJECT ? DECISION_REJECT
							     : DECISION_DEFER;
		decision->rule = rule;
	} else if (rule->action == RULE_PASS) {
		if (decision->kind == DECISION_NOTHING)
			decision->passed = rule;
	} else if (due_s > clock_floor_s(now_ns) && due_s > decision->due_s) {
		decision->kind = DECISION_POSTPONE;
		decision->rule = rule;
		decision->due_s = due_s;
	}
}

struct decision
decide(const struct rules *rules, const struct attr_request *request,
    const struct decide_counts *counts, int64_t now_ns, struct values *values,
    decide_step_fn *step, void *ctx)
{
	struct decision decision = {.due_s = NO_MOMENT};
	uint64_t sieve[VALUES_MAX];

	prepare(rules, request, counts, values, sieve);
	for (size_t i = 0; i < rules->n; i++) {
		struct decide_step s = {0};

		if (step == NULL)
			i = find_candidate(rules, i, sieve);
		if (i == rules->n)
			break;
		s.rule = &rules->rule[i];
		s.unmet = find_unmet(rules, s.rule, values);
		if (s.unmet == NULL)
			s.due_s = moment_of(rules, s.rule, now_ns);
		if (step != NULL)
			step(ctx, &s);
		if (s.unmet != NULL)
			continue;
		contribute(&decision, s.rule, s.due_s, now_ns);
		if (ends_search(s.rule))
			break;
	}
	if (decision.kind == DECISION_POSTPONE)
		decision.kind = kind_of_postponement(request);
	if (decision.kind == DECISION_NOTHING)
		decision.rule = NULL;
	return decision;
}
