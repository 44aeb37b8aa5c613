/* SPDX-License-Identifier: ISC */
#include "policyd/status.h"

#include "hdrcheck/base/json.h"
#include "hdrcheck/daemon.h"

static void
put_count(struct json *j, const char *name, uint64_t n)
{
	json_int(j, name, (int64_t)n);
}

static void
put_paused(struct json *j, const struct pause *pause)
{
	if (!pause->on) {
		json_null(j, "paused");
		return;
	}
	json_begin_object(j, "paused");
	json_utc(j, "since", pause->since_s);
	json_string(j, "reason", span_str(pause->reason));
	json_end_object(j);
}

static void
put_survey(struct json *j, const struct sweep_survey *survey, int64_t now_s)
{
	put_count(j, "waiting", survey->waiting);
	put_count(j, "waiting_bytes", survey->waiting_bytes);
	put_count(j, "frozen", survey->frozen);
	put_count(j, "overdue", survey->overdue);
	if (survey->overdue > 0)
		json_int(j, "oldest_overdue", now_s - survey->oldest_due_s);
	else
		json_null(j, "oldest_overdue");
	put_count(j, "foreign", survey->foreign);
	put_count(j, "unreadable", survey->unreadable);
	put_count(j, "unread", survey->unread);
}

static void
put_next_due(struct json *j, const struct sweep_survey *survey)
{
	if (survey->next_due_s != 0)
		json_utc(j, "next_due", survey->next_due_s);
	else
		json_null(j, "next_due");
}

static void
put_released(struct json *j, const struct sweep_counts *counts)
{
	json_begin_object(j, "released");
	put_count(j, "release", counts->released - counts->requeued);
	put_count(j, "requeue", counts->requeued);
	json_end_object(j);
}

static void
put_last_walk(struct json *j, const struct sweep *sweep)
{
	if (sweep->walk_at_s == 0) {
		json_null(j, "last_walk");
		return;
	}
	json_begin_object(j, "last_walk");
	json_utc(j, "ended", sweep->walk_at_s);
	json_seconds(j, "cost", sweep->walk_cost_ns);
	json_bool(j, "ok", sweep->walk_ok);
	json_end_object(j);
}

static void
put_late(struct json *j, const struct lateness *late)
{
	if (late->n == 0) {
		json_null(j, "late");
		return;
	}
	json_begin_object(j, "late");
	json_seconds(j, "median", lateness_part_ns(late, 500));
	json_seconds(j, "p99", lateness_part_ns(late, 990));
	json_seconds(j, "most", late->most_ns);
	json_end_object(j);
}

bool
status_print(
    const struct status *status, const struct clock_now *now, struct buf *out)
{
	const struct sweep *sweep = status->sweep;
	int64_t now_s = clock_floor_s(now->wall_ns);
	const struct sweep_survey *survey = status->survey;
	struct json j;

	json_open(&j, out);
	json_string(&j, "version", span_str(DELIVER_AT_VERSION));
	json_int(&j, "pid", status->pid);
	json_utc(&j, "started", status->started_s);
	put_paused(&j, status->pause);
	put_count(&j, "rules", status->rules);
	put_survey(&j, survey, now_s);
	put_count(&j, "rescheduled",
	    sweep->o.overrides != NULL ? sweep->o.overrides->n : 0);
	put_next_due(&j, survey);
	put_released(&j, &sweep->counts);
	put_count(&j, "walks", sweep->counts.walks);
	put_last_walk(&j, sweep);
	put_late(&j, &sweep->late);
	json_bool(&j, "inotify", status->inotify);
	return json_close(&j) && buf_append(out, span_str("\n"));
}
