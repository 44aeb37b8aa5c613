/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/clock.h"
#include "policyd/ctl/foreign.h"
#include "policyd/ctl/local.h"
#include "policyd/ctl/put.h"
#include "policyd/ctl/show.h"
#include "policyd/ctl/text.h"

static bool
put_label_line(struct buf *out, const char *label, const char *text)
{
	return show_put_label(out, label) && put_string(out, text) &&
	    put_string(out, "\n");
}

/* Mail that policyd leaves alone. */

static bool
put_foreign(const struct show *show, struct buf *out)
{
	const struct queue_message *m = show->message;

	return put_label_line(out, "Leaves", "not by itself: it is not ours") &&
	    put_label_line(out, "Why", foreign_why(m)) &&
	    show_put_label(out, "") && put_string(out, "released by: ") &&
	    foreign_put_command(out, show->settings, "-H", &m->id) &&
	    put_string(out, "\n");
}

/* When. */

static bool
put_never(const struct show *show, struct buf *out)
{
	if (show->message->override != NULL)
		return put_label_line(
		    out, "Leaves", "never, as an administrator said");
	return put_label_line(
	    out, "Leaves", "not as long as its rule is there and holds");
}

/* Late by more than policyd ever needs while all is well. */
enum { LATE_S = 120 };

static bool
put_due(const struct show *show, struct buf *out, int64_t due_s)
{
	char utc[CLOCK_UTC_SIZE];

	if (!show_put_label(out, due_s < show->now_s ? "Overdue" : "Leaves") ||
	    !show_put_moment(show, out, due_s) || !put_string(out, "\n") ||
	    !put_label_line(out, "", clock_format_utc(due_s, utc)))
		return false;
	return due_s > show->now_s - LATE_S || show->pause->on ||
	    put_label_line(
		out, "", "is policyd running? \"policyctl status\" tells");
}

static bool
put_pause(const struct show *show, struct buf *out)
{
	char since[LOCAL_TEXT_SIZE];

	if (!show->pause->on)
		return true;
	return show_put_label(out, "") &&
	    put_format(out, "PAUSED since %s: nothing leaves",
		local_format(
		    show->local, show->pause->since_s, LOCAL_LONG, since)) &&
	    (show->pause->reason[0] == '\0' || put_string(out, ": ")) &&
	    text_put(out, span_str(show->pause->reason), 0, false) &&
	    put_string(out, "\n");
}

static bool
put_override(const struct show *show, struct buf *out)
{
	const struct override *override = show->message->override;

	return override == NULL ||
	    (show_put_label(out, "Rescheduled") &&
		show_put_moment(show, out, override->set_s) &&
		put_string(out, "\n"));
}

/* How. */

/* When it leaves: at its moment, or now when there is none ahead. */
static int64_t
leaves_s(const struct show *show)
{
	int64_t due_s = queue_due_s(show->message);

	return due_s == OVERRIDE_NEVER || due_s < show->now_s ? show->now_s
							      : due_s;
}

static const char *
why_method(const struct show *show)
{
	switch (show->message->method) {
	case PLAN_REQUEUE:
		return show->settings->release_method == METHOD_REQUEUE
		    ? "release_method = requeue"
		    : "older than requeue_after; this starts a new queue life";
	case PLAN_RELEASE:
		if (show->settings->release_method == METHOD_RELEASE)
			return "release_method = release";
		if (show->settings->release_method == METHOD_REQUEUE)
			return "a requeue would hold it again";
		return "younger than requeue_after";
	case PLAN_RELEASE_OLD:
		break;
	}
	return "older than requeue_after, but it cannot be requeued, as";
}

static bool
put_method(const struct show *show, struct buf *out)
{
	const struct queue_message *m = show->message;
	int64_t age_s = leaves_s(show) - m->facts.created_s;
	char age[TEXT_DISTANCE_SIZE];

	text_duration(age_s > 0 ? age_s : 0, age);
	return show_put_label(out, "How") &&
	    put_format(out, "%s, %s old %s:\n",
		m->method == PLAN_REQUEUE ? "requeued (postsuper -r)"
					  : "released (postsuper -H)",
		age, leaves_s(show) > show->now_s ? "then" : "now") &&
	    put_label_line(out, "", why_method(show));
}

/* What speaks against a requeue that would be better. */
static bool
put_obstacles(const struct show *show, struct buf *out)
{
	const struct queue_message *m = show->message;

	if (m->method != PLAN_RELEASE_OLD)
		return true;
	return (m->plan.all_due_then ||
		   put_label_line(out, "",
		       "a header that is not due then would hold it again")) &&
	    (!m->facts.filtered ||
		put_label_line(
		    out, "", "it would lose its content_filter or redirect")) &&
	    (show->postfix->requeue_safe ||
		put_label_line(out, "",
		    "a filter, bcc or check of Postfix would act again, or "
		    "not"));
}

/* DESIGN fact 16: what is older than its queue life has no second try. */
static bool
put_warning(const struct show *show, struct buf *out)
{
	const struct queue_message *m = show->message;
	bool bounce = m->facts.empty_sender;
	int64_t life_s = bounce ? show->postfix->bounce_lifetime_s
				: show->postfix->queue_lifetime_s;
	int64_t age_s = leaves_s(show) - m->facts.created_s;
	char life[TEXT_DISTANCE_SIZE];

	if (m->method == PLAN_REQUEUE || age_s < life_s)
		return true;
	return show_put_label(out, "WARNING") &&
	    put_format(out,
		"%s is %s, so the first temporary\n%-14sfailure returns it to "
		"its sender\n",
		bounce ? "bounce_queue_lifetime" : "maximal_queue_lifetime",
		text_duration(life_s, life), "");
}

bool
show_put_leaving(const struct show *show, struct buf *out)
{
	int64_t due_s = queue_due_s(show->message);

	if (!queue_is_ours(show->message))
		return put_foreign(show, out);
	return (due_s == OVERRIDE_NEVER ? put_never(show, out)
					: put_due(show, out, due_s)) &&
	    put_pause(show, out) && put_override(show, out) &&
	    put_method(show, out) && put_obstacles(show, out) &&
	    put_warning(show, out);
}
