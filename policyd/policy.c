/* SPDX-License-Identifier: ISC */
#include "policyd/policy.h"

#include <stdio.h>

#include "hdrcheck/base/log.h"
#include "policyd/reply.h"
#include "policyd/rule_action.h"

/*
 * Where Postfix's smtpd does not add a header: before MAIL FROM, and behind the
 * message.
 */
static bool
is_misplaced(const struct attr_request *request)
{
	static const char *const states[] = {
	    "CONNECT", "EHLO", "HELO", "END-OF-MESSAGE", "VRFY", "ETRN"};
	struct span state = attr_get(request, "protocol_state");

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (span_equal_str(state, states[i]))
			return true;
	return false;
}

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
judge(struct policy *policy, const struct attr_request *request,
    const struct clock_now *now)
{
	struct decide_counts counts = {0};

	policy->count(policy->count_ctx, attr_get(request, "sasl_username"),
	    attr_get(request, "sender"), &counts);
	decide_prepare(policy->rules, request, &counts, &policy->values);
	return decide(policy->rules, &policy->values, now->wall_ns, NULL, NULL);
}

/* Has this very message been told to wait as long already? */
static bool
is_said_already(struct policy *policy, const struct attr_request *request,
    const struct decision *decision, const struct clock_now *now)
{
	struct span name = attr_get(request, "instance");

	return name.len > 0 &&
	    !instance_raise(&policy->instances,
		hash_bytes(&policy->rules->hash_key, name), decision->due_s,
		now->mono_ns);
}

static void
answer(struct policy *policy, const struct attr_request *request,
    struct buf *out)
{
	struct clock_now now = clock_read();
	struct decision decision = {.kind = DECISION_NOTHING};
	char text[REPLY_SIZE];

	if (policy->rules != NULL)
		decision = judge(policy, request, &now);
	if (decision.kind == DECISION_POSTPONE && is_misplaced(request)) {
		log_warnx(policy->log,
		    "policy: a rule postpones, but it is asked where Postfix "
		    "takes no header: ask from smtpd_recipient_restrictions");
		reply_misplaced(text);
	} else {
		if (decision.kind == DECISION_POSTPONE &&
		    is_said_already(policy, request, &decision, &now))
			decision.kind = DECISION_NOTHING;
		if (decision.kind != DECISION_NOTHING)
			log_decision(policy, request, &decision);
		reply_format(&decision, policy->header, text);
	}
	buf_append(out, span_str(text));
	buf_append(out, span_str("\n\n"));
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
		policy->malformed++;
		log_warnx(policy->log,
		    "policy: not a request, the connection is closed");
		return CONN_CLOSE;
	case ATTR_DONE:
		break;
	}
	policy->requests++;
	answer(policy, &request, out);
	return CONN_DONE;
}
