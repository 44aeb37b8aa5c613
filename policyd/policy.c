/* SPDX-License-Identifier: ISC */
#include "policyd/policy.h"

#include <stdio.h>
#include <string.h>

#include "hdrcheck/base/log.h"
#include "policyd/reply.h"
#include "policyd/rule_action.h"

/* What the rule did, for the log. */
static void
format_deed(const struct decision *decision, char out[LOG_TEXT_MAX])
{
	const struct rule *rule = decision->rule;
	char due[CLOCK_UTC_SIZE] = "its end";

	if (decision->kind != DECISION_POSTPONE) {
		snprintf(out, LOG_TEXT_MAX, "%s %.*s",
		    rule_action_name(rule->action), (int)rule->reply.len,
		    rule->reply.data);
		return;
	}
	if (decision->due_s != DECIDE_NEVER)
		clock_format_utc(decision->due_s, due);
	snprintf(out, LOG_TEXT_MAX, "until %s", due);
}

static void
log_decision(const struct policy *policy, const struct attr_request *request,
    const struct decision *decision)
{
	const struct rule *rule = decision->rule;
	char id[LOG_TEXT_MAX], sender[LOG_TEXT_MAX], recipient[LOG_TEXT_MAX];
	char deed[LOG_TEXT_MAX], reason[LOG_TEXT_MAX];
	struct span queue_id = attr_get(request, "queue_id");

	log_printable(queue_id.len > 0 ? queue_id : span_str("NOQUEUE"), id);
	log_printable(attr_get(request, "sender"), sender);
	log_printable(attr_get(request, "recipient"), recipient);
	log_printable(rule->reason, reason);
	format_deed(decision, deed);
	log_info(policy->log,
	    "%s: rule %.*s: %s, sender=<%s>, recipient=<%s>%s%s", id,
	    (int)rule->name.len, rule->name.data, deed, sender, recipient,
	    reason[0] != '\0' ? ", reason=" : "", reason);
}

static struct decision
judge(struct policy *policy, const struct attr_request *request)
{
	const struct rules *rules = &policy->orders->rules;
	struct decide_counts counts = {0};

	if (rules->counts)
		policy->count(policy->count_ctx,
		    attr_get(request, "sasl_username"),
		    attr_get(request, "sender"), &counts);
	return decide(rules, request, &counts, clock_wall_ns(), &policy->values,
	    NULL, NULL);
}

/*
 * The message, or of a rule that holds what that rule does to it: each of these
 * must stand in it, as any of them may be gone first, and the moments too.
 */
static uint64_t
instance_of(const struct policy *policy, struct span name,
    const struct decision *decision)
{
	const struct hash_key *key = &policy->orders->rules.hash_key;
	uint64_t hash = hash_bytes(key, name);

	if (decision->due_s == DECIDE_NEVER)
		hash ^= hash_bytes(key, decision->rule->name);
	return hash;
}

/*
 * Has this very message been told to wait as long already? At MAIL FROM the
 * instance is still that of the connection's message before.
 */
static bool
is_said_already(struct policy *policy, const struct attr_request *request,
    const struct decision *decision)
{
	const struct hash_key *key = &policy->orders->rules.hash_key;
	struct span name = attr_get(request, "instance");
	struct span recipient = attr_get(request, "recipient");

	return name.len > 0 &&
	    !span_equal_str(attr_get(request, "protocol_state"), "MAIL") &&
	    !instance_raise(&policy->instances,
		instance_of(policy, name, decision), hash_bytes(key, recipient),
		decision->due_s, clock_mono_ns());
}

static void
tell(const struct policy *policy, const struct attr_request *request,
    const struct decision *decision)
{
	if (decision->kind == DECISION_MISPLACED)
		log_warnx(policy->log,
		    "policy: rule %.*s postpones, but Postfix takes no header "
		    "here: ask from smtpd_recipient_restrictions",
		    (int)decision->rule->name.len, decision->rule->name.data);
	else if (decision->kind != DECISION_NOTHING)
		log_decision(policy, request, decision);
	if ((decision->kind == DECISION_REJECT ||
		decision->kind == DECISION_DEFER) &&
	    policy->refused != NULL)
		policy->refused(policy->refused_ctx, request, decision->rule);
}

/* What a rule has said before is no hit of it, as it is no answer. */
static void
count(struct policy *policy, const struct decision *decision)
{
	const struct rule *rule = decision->kind == DECISION_NOTHING
	    ? decision->passed
	    : decision->rule;

	policy->answers[decision->kind]++;
	if (rule != NULL)
		hits_count(&policy->hits, &policy->orders->rules, rule);
}

/* False when there is no room for an answer. */
static bool
answer(
    struct policy *policy, const struct attr_request *request, struct buf *out)
{
	static const char end[] = "\n\n";
	const struct orders *orders = policy->orders;
	struct decision decision = {.kind = DECISION_NOTHING};
	char reply[REPLY_SIZE + sizeof(end)];
	size_t n;

	if (orders->has_rules) {
		decision = judge(policy, request);
		if (decision.kind == DECISION_POSTPONE &&
		    is_said_already(policy, request, &decision))
			decision.kind = DECISION_NOTHING;
		tell(policy, request, &decision);
	}
	count(policy, &decision);
	reply_format(&decision, orders->settings.header_names.name[0], reply);
	n = strlen(reply);
	memcpy(reply + n, end, sizeof(end));
	return buf_append(out, span_of(reply, n + sizeof(end) - 1));
}

enum conn_verdict
policy_handle(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct policy *policy = ctx;
	struct attr_request request;

	switch (attr_decode(in, &request, used)) {
	case ATTR_MORE:
		return CONN_MORE;
	case ATTR_BAD:
		if (policy->malformed++ == 0)
			log_warnx(policy->log,
			    "policy: not a request, the connection is closed "
			    "(logged once)");
		return CONN_CLOSE;
	case ATTR_DONE:
		break;
	}
	policy->requests++;
	return answer(policy, &request, out) ? CONN_DONE : CONN_CLOSE;
}
