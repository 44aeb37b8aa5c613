/* SPDX-License-Identifier: ISC */
#include "policyd/wording.h"

#include <stdio.h>

static const char *const verb_names[SWEEP_VERBS] = {
    [SWEEP_LIST] = "postqueue -j",
    [SWEEP_READ] = "postcat -qeh",
    [SWEEP_RELEASE] = "postsuper -H",
    [SWEEP_REQUEUE] = "postsuper -r",
    [SWEEP_KICK_QMGR] = "postkick qmgr",
    [SWEEP_KICK_PICKUP] = "postkick pickup",
};

const char *
wording_foreign(enum plan_why why)
{
	static const char *const whys[] = {
	    [PLAN_NOT_HELD_BY_US] =
		"its date was not ahead when it was accepted",
	    [PLAN_VETOED] = "it has one of veto_headers",
	    [PLAN_TRIED] = "it was tried before, so somebody held it again",
	    [PLAN_NOT_PERMITTED] = "its submitter is not in permit_postpone",
	    [PLAN_MANY_RULES] = "more rules hold it than can be told apart",
	};

	return whys[why];
}

static const char *
constant_fault(enum sweep_event_kind kind)
{
	if (kind == SWEEP_RELEASED_OLD)
		return "is old and cannot be requeued: a first temporary "
		       "failure will return it";
	if (kind == SWEEP_STILL_HELD)
		return "still on hold, trying again";
	return "its headers cannot be read, trying again";
}

static void
word_walks(const struct sweep_event *event, char out[WORDING_SIZE])
{
	int64_t period_ns = event->cost_ns + event->interval_ns;

	snprintf(out, WORDING_SIZE,
	    "a walk of %llu messages takes %.1f s: there is one every %.0f s "
	    "from now on, %s",
	    (unsigned long long)event->listed,
	    (double)event->cost_ns / (double)CLOCK_NS_PER_S,
	    (double)period_ns / (double)CLOCK_NS_PER_S,
	    event->rarer ? "rarer than sweep_interval says"
			 : "as sweep_interval says");
}

const char *
wording_fault(const struct sweep_event *event, const char *complaint,
    char out[WORDING_SIZE])
{
	if (event->kind == SWEEP_FAILED)
		snprintf(out, WORDING_SIZE, "%s failed%s%s; again in %lld s",
		    verb_names[event->verb], complaint[0] != '\0' ? ": " : "",
		    complaint, (long long)(event->retry_ns / CLOCK_NS_PER_S));
	else if (event->kind == SWEEP_WALKS)
		word_walks(event, out);
	else
		snprintf(out, WORDING_SIZE, "%s", constant_fault(event->kind));
	return out;
}
