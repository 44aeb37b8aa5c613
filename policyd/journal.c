/* SPDX-License-Identifier: ISC */
#include "policyd/journal.h"

static const char *const verb_names[SWEEP_VERBS] = {
    [SWEEP_LIST] = "postqueue -j",
    [SWEEP_READ] = "postcat -qeh",
    [SWEEP_RELEASE] = "postsuper -H",
    [SWEEP_REQUEUE] = "postsuper -r",
    [SWEEP_KICK_QMGR] = "postkick qmgr",
    [SWEEP_KICK_PICKUP] = "postkick pickup",
};

static void
log_released(
    const struct log *log, const char *id, const struct sweep_event *event)
{
	char due[CLOCK_UTC_SIZE];

	log_info(log, "%s: released, due=%s, late=%.3fs, method=%s", id,
	    clock_format_utc(event->due_s, due),
	    (double)event->late_ns / (double)CLOCK_NS_PER_S,
	    event->requeued ? "requeue" : "release");
}

static void
log_foreign(const struct log *log, const char *id, enum plan_why why)
{
	static const char *const whys[] = {
	    [PLAN_NOT_HELD_BY_US] =
		"its date was not ahead when it was accepted",
	    [PLAN_VETOED] = "it has one of veto_headers",
	    [PLAN_TRIED] = "it was tried before, so somebody held it again",
	    [PLAN_NOT_PERMITTED] = "its submitter is not in permit_postpone",
	    [PLAN_MANY_RULES] = "more rules hold it than can be told apart",
	};

	log_info(log, "%s: stays on hold with its date: %s", id, whys[why]);
}

static void
log_rule_gone(
    const struct log *log, const char *id, const struct sweep_event *event)
{
	char due[CLOCK_UTC_SIZE];

	log_info(log, "%s: rule %.*s is gone: leaves at %s", id,
	    (int)event->rule.len, event->rule.data,
	    event->at_once ? "once" : clock_format_utc(event->due_s, due));
}

static void
log_rescheduled(
    const struct log *log, const char *id, const struct sweep_event *event)
{
	char due[CLOCK_UTC_SIZE];

	log_info(log, "%s: rescheduled, due=%s", id,
	    event->due_s == OVERRIDE_NEVER
		? "never"
		: clock_format_utc(event->due_s, due));
}

static void
log_requeued(
    const struct log *log, const char *id, const struct sweep_event *event)
{
	char former[QID_SIZE];

	qid_format(&event->former, former);
	log_info(log, "%s: requeued by somebody, was %s", id, former);
}

/* id: of the message that is to blame, or empty. */
static void
log_failed(const struct log *log, const struct sweep_event *event,
    const char *id, const char *complaint)
{
	log_warnx(log, "%s%s%s failed%s%s; again in %lld s", id,
	    id[0] != '\0' ? ": " : "", verb_names[event->verb],
	    complaint[0] != '\0' ? ": " : "", complaint,
	    (long long)(event->retry_ns / CLOCK_NS_PER_S));
}

void
journal_write(const struct log *log, const struct sweep_event *event,
    const char *complaint)
{
	char id[QID_SIZE];

	qid_format(&event->id, id);
	switch (event->kind) {
	case SWEEP_RELEASED:
		log_released(log, id, event);
		break;
	case SWEEP_RELEASED_OLD:
		log_warnx(log,
		    "%s: is old and cannot be requeued: a first temporary "
		    "failure will return it",
		    id);
		break;
	case SWEEP_STILL_HELD:
		log_warnx(log, "%s: still on hold, trying again", id);
		break;
	case SWEEP_UNREADABLE:
		log_warnx(
		    log, "%s: its headers cannot be read, trying again", id);
		break;
	case SWEEP_FOREIGN:
		log_foreign(log, id, event->why);
		break;
	case SWEEP_RULE_GONE:
		log_rule_gone(log, id, event);
		break;
	case SWEEP_FAILED:
		log_failed(log, event, id, complaint);
		break;
	case SWEEP_RESCHEDULED:
		log_rescheduled(log, id, event);
		break;
	case SWEEP_REQUEUED:
		log_requeued(log, id, event);
		break;
	case SWEEP_HELD: /* cleanup(8) has logged that */
		break;
	}
}
