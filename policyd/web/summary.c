/* SPDX-License-Identifier: ISC */
#include "policyd/web/summary.h"

#include "hdrcheck/base/json.h"

static void
put_count(struct json *j, const char *name, uint64_t n)
{
	json_int(j, name, (int64_t)(n & INT64_MAX));
}

static void
put_counts(struct json *j, const struct summary_counts *c)
{
	put_count(j, "waiting", c->waiting);
	put_count(j, "waiting_bytes", c->waiting_bytes);
	put_count(j, "frozen", c->frozen);
	put_count(j, "overdue", c->overdue);
	if (c->oldest_overdue_s >= 0)
		json_int(j, "oldest_overdue", c->oldest_overdue_s);
	else
		json_null(j, "oldest_overdue");
	put_count(j, "foreign", c->foreign);
	put_count(j, "unreadable", c->unreadable);
	put_count(j, "rescheduled", c->rescheduled);
	if (c->next_due_s >= 0)
		json_utc(j, "next_due", c->next_due_s);
	else
		json_null(j, "next_due");
}

static void
put_no_counts(struct json *j)
{
	static const char *const names[] = {"waiting", "waiting_bytes",
	    "frozen", "overdue", "oldest_overdue", "foreign", "unreadable",
	    "rescheduled", "next_due"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_null(j, names[i]);
}

static void
put_paused(struct json *j, const struct summary *s)
{
	if (!s->counts.paused) {
		json_null(j, "paused");
		return;
	}
	json_begin_object(j, "paused");
	json_utc(j, "since", s->counts.paused_since_s);
	json_string(j, "reason", s->paused_reason);
	json_end_object(j);
}

static void
put_hdrcheck(struct json *j, const struct summary *s)
{
	if (s->hdrcheck == NULL) {
		json_null(j, "hdrcheck");
		return;
	}
	json_begin_object(j, "hdrcheck");
	json_string(j, "listens", span_str(s->hdrcheck));
	for (int i = 0; i < COUNT_KINDS; i++) {
		if (s->has_lookups)
			put_count(j, counts_name[i], s->lookups.n[i]);
		else
			json_null(j, counts_name[i]);
	}
	json_end_object(j);
}

/* The engine's line is JSON already: it becomes the first member as it is. */
bool
summary_print_json(const struct summary *summary, struct buf *out)
{
	struct span engine = span_trim(summary->engine);
	struct buf rest;
	struct json j;
	bool ok;

	if (engine.len == 0)
		engine = span_str("null");
	buf_init(&rest, SUMMARY_MAX);
	json_open(&j, &rest);
	put_hdrcheck(&j, summary);
	json_begin_object(&j, "postfix");
	if (summary->postfix_unknown)
		json_null(&j, "running");
	else
		json_bool(&j, "running", summary->postfix_runs);
	json_end_object(&j);
	put_paused(&j, summary);
	if (summary->counts.known)
		put_counts(&j, &summary->counts);
	else
		put_no_counts(&j);
	ok = json_close(&j) && buf_append(out, span_str("{\"policyd\":")) &&
	    buf_append(out, engine) && buf_append(out, span_str(",")) &&
	    buf_append(out, span_skip(buf_span(&rest), 1)) &&
	    buf_append(out, span_str("\n"));
	buf_free(&rest);
	return ok;
}
