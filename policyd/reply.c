/* SPDX-License-Identifier: ISC */
#include "policyd/reply.h"

#include <stdio.h>
#include <string.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/header.h"

/* A prepended header, which is the longest but for texts, fits. */
_Static_assert(
    REPLY_SIZE > HEADER_NAME_SIZE + 128 + RULE_TEXT_MAX, "a reply fits");

static void
format_postpone(
    const struct decision *decision, const char *header, char out[REPLY_SIZE])
{
	const struct rule *rule = decision->rule;
	char date[CLOCK_RFC5322_SIZE] = "never";

	if (decision->due_s != DECIDE_NEVER)
		clock_format_rfc5322(decision->due_s, date);
	snprintf(out, REPLY_SIZE, "action=PREPEND %s: %s (rule %.*s)", header,
	    date, (int)rule->name.len, rule->name.data);
}

const char *
reply_format(
    const struct decision *decision, const char *header, char out[REPLY_SIZE])
{
	static const char nothing[] = "action=DUNNO"; /* mostly */
	const struct rule *rule = decision->rule;

	switch (decision->kind) {
	case DECISION_NOTHING:
		memcpy(out, nothing, sizeof(nothing));
		break;
	case DECISION_POSTPONE:
		format_postpone(decision, header, out);
		break;
	case DECISION_REJECT:
	case DECISION_DEFER:
		snprintf(out, REPLY_SIZE, "action=%s %.*s",
		    decision->kind == DECISION_REJECT ? "REJECT" : "DEFER",
		    (int)rule->reply.len, rule->reply.data);
		break;
	case DECISION_MISPLACED:
		snprintf(out, REPLY_SIZE,
		    "action=DEFER 4.3.5 delivery rules are asked where no "
		    "header can be added");
		break;
	}
	return out;
}
