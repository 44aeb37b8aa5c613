/* SPDX-License-Identifier: ISC */
#include "policyd/web/metrics.h"

#include "hdrcheck/daemon.h"
#include "policyd/web/metrics_private.h"

/* Appends the samples of a metric; its head stands there. */
typedef void put_fn(struct exposition *e, const struct snapshot *s);

/* What the engine tells. */
struct metric {
	const char *name;
	const char *type;
	const char *help;
	put_fn *put; /* NULL: it is one number */
	size_t at; /* where that number is in the snapshot, a uint64_t */
};

#define AT(member) .at = offsetof(struct snapshot, member)

/* What waits. */

static void
put_waiting(struct exposition *e, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_rules; i++)
		exposition_labelled(
		    e, "rule", span_str(s->rule[i].name), s->rule[i].waiting);
	exposition_labelled(e, "rule", span_str("(sender)"), s->waiting_own);
	exposition_labelled(
	    e, "rule", span_str("(administrator)"), s->waiting_by_hand);
	exposition_labelled(e, "rule", span_str("(other)"), s->waiting_other);
}

static void
put_next_due(struct exposition *e, const struct snapshot *s)
{
	if (s->survey.next_due_s != 0)
		exposition_time(e, s->survey.next_due_s);
	else
		exposition_nothing(e);
}

static void
put_oldest_overdue(struct exposition *e, const struct snapshot *s)
{
	int64_t late_s = s->taken_s - s->survey.oldest_due_s;

	exposition_time(e, s->survey.overdue > 0 && late_s > 0 ? late_s : 0);
}

/* What was done. */

static void
put_released(struct exposition *e, const struct snapshot *s)
{
	exposition_labelled(e, "method", span_str("release"), s->released[0]);
	exposition_labelled(e, "method", span_str("requeue"), s->released[1]);
}

static void
put_late(struct exposition *e, const struct snapshot *s)
{
	exposition_histogram(e, &s->late);
}

static void
put_walks(struct exposition *e, const struct snapshot *s)
{
	exposition_labelled(e, "result", span_str("ok"), s->walks);
	exposition_labelled(e, "result", span_str("failed"), s->walks_failed);
}

static void
put_walk_at(struct exposition *e, const struct snapshot *s)
{
	if (s->walk_at_s != 0)
		exposition_time(e, s->walk_at_s);
	else
		exposition_nothing(e);
}

static void
put_walk_cost(struct exposition *e, const struct snapshot *s)
{
	if (s->walk_at_s != 0)
		exposition_seconds(e, s->walk_cost_ns);
	else
		exposition_nothing(e);
}

static void
put_walk_ok(struct exposition *e, const struct snapshot *s)
{
	if (s->walk_at_s != 0)
		exposition_count(e, s->walk_ok);
	else
		exposition_nothing(e);
}

static void
put_by_verb(struct exposition *e, const uint64_t count[SWEEP_VERBS])
{
	static const char *const names[SWEEP_VERBS] = {
	    [SWEEP_LIST] = "list",
	    [SWEEP_READ] = "read",
	    [SWEEP_RELEASE] = "release",
	    [SWEEP_REQUEUE] = "requeue",
	    [SWEEP_KICK_QMGR] = "kick_qmgr",
	    [SWEEP_KICK_PICKUP] = "kick_pickup",
	};

	for (int i = 0; i < SWEEP_VERBS; i++)
		exposition_labelled(e, "command", span_str(names[i]), count[i]);
}

static void
put_commands(struct exposition *e, const struct snapshot *s)
{
	put_by_verb(e, s->commands);
}

static void
put_commands_failed(struct exposition *e, const struct snapshot *s)
{
	put_by_verb(e, s->commands_failed);
}

/* Policy service and rules. */

static void
put_answers(struct exposition *e, const struct snapshot *s)
{
	static const char *const names[SNAPSHOT_ANSWERS] = {
	    [SNAPSHOT_DUNNO] = "dunno",
	    [SNAPSHOT_POSTPONED] = "postponed",
	    [SNAPSHOT_REJECTED] = "rejected",
	    [SNAPSHOT_DEFERRED] = "deferred",
	    [SNAPSHOT_MISPLACED] = "misplaced",
	    [SNAPSHOT_MALFORMED] = "malformed",
	};

	for (int i = 0; i < SNAPSHOT_ANSWERS; i++)
		exposition_labelled(
		    e, "result", span_str(names[i]), s->answers[i]);
}

static void
put_rules(struct exposition *e, const struct snapshot *s)
{
	exposition_count(e, s->n_rules + s->other_rules);
}

static void
put_hits(struct exposition *e, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_rules; i++)
		exposition_labelled(
		    e, "rule", span_str(s->rule[i].name), s->rule[i].hits);
}

static void
put_closed(struct exposition *e, const struct snapshot *s)
{
	exposition_labelled(
	    e, "reason", span_str("evicted"), s->policy.evicted);
	exposition_labelled(e, "reason", span_str("idle"), s->policy.timed_out);
	exposition_labelled(e, "reason", span_str("broken"), s->policy.broken);
}

/* How it is. */

static void
put_postfix(struct exposition *e, const struct snapshot *s)
{
	if (s->walk_at_s != 0)
		exposition_count(e, s->postfix_down != 0 ? 0 : 1);
	else
		exposition_nothing(e);
}

static void
put_started(struct exposition *e, const struct snapshot *s)
{
	exposition_time(e, s->started_s);
}

static const struct metric metrics[] = {
    {"deliverat_start_time_seconds", "gauge",
	"When the scheduler started, in seconds since 1970.",
	.put = put_started},
    {"deliverat_waiting", "gauge",
	"Messages on hold, frozen ones included, by the rule that says when "
	"they leave; (sender): a date of their own, (administrator): by "
	"policyctl, (other): rules that are gone or not among the first 1000.",
	.put = put_waiting},
    {"deliverat_waiting_bytes", "gauge",
	"Bytes of the messages that wait for their moment.",
	AT(survey.waiting_bytes)},
    {"deliverat_frozen", "gauge",
	"Messages that wait without a moment: until a rule lets them go, or "
	"an administrator.",
	AT(survey.frozen)},
    {"deliverat_rescheduled", "gauge",
	"Messages for which an administrator has set a moment.",
	AT(rescheduled)},
    {"deliverat_next_due_timestamp_seconds", "gauge",
	"When the next message is due, in seconds since 1970; NaN: none is.",
	.put = put_next_due},
    {"deliverat_overdue", "gauge",
	"Messages that wait though their second is over.", AT(survey.overdue)},
    {"deliverat_oldest_overdue_seconds", "gauge",
	"How long the oldest of these has been due; 0: there is none.",
	.put = put_oldest_overdue},
    {"deliverat_foreign_dated", "gauge",
	"Messages on hold that have a date and are not ours to release.",
	AT(survey.foreign)},
    {"deliverat_unreadable", "gauge", "Files on hold that cannot be read.",
	AT(survey.unreadable)},
    {"deliverat_unread", "gauge",
	"Messages on hold whose header is still to be read.",
	AT(survey.unread)},
    {"deliverat_paused", "gauge",
	"Whether an administrator has paused releasing.", AT(paused)},
    {"deliverat_released_total", "counter",
	"Messages that were released, by method; requeue is for old mail.",
	.put = put_released},
    {"deliverat_late_seconds", "histogram",
	"How long after its moment a message was released; those that an "
	"administrator or the end of a rule let go at once had none.",
	.put = put_late},
    {"deliverat_walks_total", "counter",
	"Walks of the whole queue, by how they ended.", .put = put_walks},
    {"deliverat_last_walk_timestamp_seconds", "gauge",
	"When the last walk ended, in seconds since 1970; NaN: there was none.",
	.put = put_walk_at},
    {"deliverat_last_walk_duration_seconds", "gauge",
	"How long the last walk took; NaN: there was none.",
	.put = put_walk_cost},
    {"deliverat_last_walk_ok", "gauge",
	"Whether the last walk saw the whole queue; NaN: there was none.",
	.put = put_walk_ok},
    {"deliverat_headers_read_total", "counter",
	"Messages whose header was read.", AT(headers_read)},
    {"deliverat_commands_total", "counter",
	"Commands of Postfix that were started.", .put = put_commands},
    {"deliverat_commands_failed_total", "counter",
	"Commands of Postfix that failed or could not be started.",
	.put = put_commands_failed},
    {"deliverat_inotify", "gauge",
	"Whether the hold queue is watched; if not, only walks see new mail.",
	AT(inotify)},
    {"deliverat_postfix_up", "gauge",
	"Whether Postfix runs, as of the last walk; NaN: there was none.",
	.put = put_postfix},
    {"deliverat_policy_requests_total", "counter",
	"Requests of Postfix to the policy service, by what was answered.",
	.put = put_answers},
    {"deliverat_policy_connections_total", "counter",
	"Connections that the policy service accepted.", AT(policy.accepted)},
    {"deliverat_policy_connections_closed_total", "counter",
	"Connections that the policy service closed, by reason.",
	.put = put_closed},
    {"deliverat_policy_connections", "gauge",
	"Connections to the policy service.", AT(policy_open)},
    {"deliverat_rules", "gauge", "Rules in the rules file.", .put = put_rules},
    {"deliverat_rule_hits_total", "counter",
	"Requests that a rule decided, for the first 1000 rules.",
	.put = put_hits},
};

static void
put_metric(
    struct exposition *e, const struct metric *metric, const struct snapshot *s)
{
	uint64_t value;

	exposition_begin(e, metric->name, metric->type, metric->help);
	if (metric->put != NULL) {
		metric->put(e, s);
		return;
	}
	memcpy(&value, (const char *)s + metric->at, sizeof(value));
	exposition_count(e, value);
}

/* What is known without the engine. */
static void
put_ours(struct exposition *e, const struct view *view, bool well)
{
	exposition_begin(e, "deliverat_build_info", "gauge",
	    "Always 1; the label tells the version.");
	exposition_labelled(e, "version", span_str(DELIVER_AT_VERSION), 1);
	exposition_begin(
	    e, "deliverat_healthy", "gauge", "Whether /healthz answers 200.");
	exposition_count(e, well ? 1 : 0);
	exposition_begin(e, "deliverat_snapshot_age_seconds", "gauge",
	    "Since the scheduler told the numbers of this page, or since it is "
	    "waited for.");
	exposition_seconds(e, view->snapshot_age_ns);
	exposition_begin(e, "deliverat_page_requests_total", "counter",
	    "Requests that the status page answered before this one.");
	exposition_count(e, view->web_requests);
	exposition_begin(e, "deliverat_page_connections_total", "counter",
	    "Connections that the status page accepted.");
	exposition_count(e, view->web.accepted);
}

bool
metrics_put(
    const struct view *view, const struct health *health, struct buf *out)
{
	struct exposition e = {.out = out};

	put_ours(&e, view, health->well);
	metrics_put_hdrcheck(&e, &view->hdrcheck);
	for (size_t i = 0;
	     view->snapshot != NULL && i < sizeof(metrics) / sizeof(metrics[0]);
	     i++)
		put_metric(&e, &metrics[i], view->snapshot);
	return !e.full;
}
