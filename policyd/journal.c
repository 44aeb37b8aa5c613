/* SPDX-License-Identifier: ISC */
#include "policyd/journal.h"

#include "policyd/wording.h"

static void
log_released(
    const struct log *log, const char *id, const struct sweep_event *event)
{
	char due[CLOCK_UTC_SIZE], late[CLOCK_SECONDS_SIZE];

	log_info(log, "%s: released, due=%s, late=%ss, method=%s", id,
	    clock_format_utc(event->due_s, due),
	    clock_format_seconds(event->late_ns, late),
	    event->requeued ? "requeue" : "release");
}

static void
log_foreign(const struct log *log, const char *id, enum plan_why why)
{
	log_info(log, "%s: stays on hold with its date: %s", id,
	    wording_foreign(why));
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
log_fault(const struct log *log, const struct sweep_event *event,
    const char *id, const char *complaint)
{
	char text[WORDING_SIZE];

	log_warnx(log, "%s%s%s", id, id[0] != '\0' ? ": " : "",
	    wording_fault(event, complaint, text));
}

static void
log_walks(const struct log *log, const struct sweep_event *event)
{
	char text[WORDING_SIZE];

	log_info(log, "%s", wording_fault(event, "", text));
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
	case SWEEP_STILL_HELD:
	case SWEEP_UNREADABLE:
	case SWEEP_FAILED:
		log_fault(log, event, id, complaint);
		break;
	case SWEEP_WALKS:
		log_walks(log, event);
		break;
	case SWEEP_FOREIGN:
		log_foreign(log, id, event->why);
		break;
	case SWEEP_RULE_GONE:
		log_rule_gone(log, id, event);
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
