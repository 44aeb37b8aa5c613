/* SPDX-License-Identifier: ISC */
/*
 * decide - what the rules say to one request
 *
 * Rules are tried from the top; each that matches contributes. The latest of
 * their moments counts, and hold is later than all of them; pass, reject and
 * defer end the search. Pure.
 */
#ifndef POLICYD_DECIDE_H
#define POLICYD_DECIDE_H

#include "policyd/rule.h"

/* As long as the rule exists: later than all moments. */
#define DECIDE_NEVER INT64_MAX

enum decision_kind {
	DECISION_NOTHING, /* no rule has anything against it */
	DECISION_POSTPONE,
	DECISION_REJECT,
	DECISION_DEFER,
	DECISION_MISPLACED, /* to be postponed, but Postfix, which asks at
			       this point, takes no header there; at VRFY and
			       ETRN, where no message is, it is NOTHING */
};

enum { DECISION_KINDS = DECISION_MISPLACED + 1 /* how many there are */ };

struct decision {
	enum decision_kind kind;
	const struct rule *rule; /* that decided; NULL for NOTHING */
	const struct rule *passed; /* NOTHING: because of that one; or NULL */
	int64_t due_s; /* POSTPONE, MISPLACED: a moment ahead, or
			  DECIDE_NEVER */
};

/* What decide() has to say about one rule, for people. */
struct decide_step {
	const struct rule *rule;
	const struct condition *unmet; /* the first one; NULL: it matches */
	int64_t due_s; /* of a rule that matches: its moment, or in the past */
};

typedef void decide_step_fn(void *ctx, const struct decide_step *step);

/* Who waits already, for the attributes postponed and postponed_total. */
struct decide_counts {
	uint64_t sender;
	uint64_t total;
};

/*
 * values is room to work in. step, which may be NULL, is called for each rule
 * that is tried, in order.
 */
struct decision decide(const struct rules *rules,
    const struct attr_request *request, const struct decide_counts *counts,
    int64_t now_ns, struct values *values, decide_step_fn *step, void *ctx);

#endif
