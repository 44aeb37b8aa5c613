/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/overview.h"

#include "hdrcheck/base/json.h"

static uint64_t
number(const struct members *m, const char *name)
{
	uint64_t value;

	return members_number(m, name, &value) ? value : 0;
}

/* -1: there is none. */
static int64_t
moment(const struct members *m, const char *name)
{
	int64_t value;

	return members_time(m, name, &value) ? value : -1;
}

static void
take_pause(struct overview *o)
{
	struct members paused;
	struct span value, reason;
	struct buf room;

	o->paused_reason[0] = '\0';
	o->counts.paused = members_find(&o->members, "paused", &value);
	if (!o->counts.paused || !members_parse(value, &paused))
		return;
	o->counts.paused_since_s = moment(&paused, "since");
	buf_init(&room, sizeof(o->paused_reason));
	if (members_string(&paused, "reason", &room, &reason))
		span_to_string(
		    reason, o->paused_reason, sizeof(o->paused_reason));
	buf_free(&room);
}

bool
overview_take_engine(struct overview *o, struct span line)
{
	struct members m;
	struct span version;
	uint64_t oldest;

	if (!members_parse(line, &m) || !members_find(&m, "version", &version))
		return false;
	o->engine = line;
	o->members = m;
	o->counts = (struct overview_counts){
	    .known = true,
	    .waiting = number(&m, "waiting"),
	    .waiting_bytes = number(&m, "waiting_bytes"),
	    .frozen = number(&m, "frozen"),
	    .overdue = number(&m, "overdue"),
	    .oldest_overdue_s = members_number(&m, "oldest_overdue", &oldest)
		? (int64_t)(oldest & INT64_MAX)
		: -1,
	    .foreign = number(&m, "foreign"),
	    .unreadable = number(&m, "unreadable"),
	    .rescheduled = number(&m, "rescheduled"),
	    .next_due_s = moment(&m, "next_due"),
	};
	take_pause(o);
	return true;
}

static void
count_due(struct overview_counts *c, int64_t due_s, int64_t now_s)
{
	int64_t late_s = now_s - due_s;

	if (due_s == OVERRIDE_NEVER) {
		c->frozen++;
		return;
	}
	c->waiting++;
	if (late_s > 0)
		c->overdue++;
	if (late_s > 0 && late_s > c->oldest_overdue_s)
		c->oldest_overdue_s = late_s;
	if (late_s < 0 && (c->next_due_s < 0 || due_s < c->next_due_s))
		c->next_due_s = due_s;
}

void
overview_take_queue(struct overview *o, const struct queue *queue)
{
	struct overview_counts *c = &o->counts;

	*c = (struct overview_counts){
	    .known = true,
	    .oldest_overdue_s = -1,
	    .next_due_s = -1,
	    .unreadable = queue->unreadable,
	    .paused = queue->pause.on,
	    .paused_since_s = queue->pause.since_s,
	};
	memcpy(o->paused_reason, queue->pause.reason, sizeof(o->paused_reason));
	for (size_t i = 0; i < queue->n; i++) {
		const struct queue_message *m = &queue->message[i];

		if (!queue_is_ours(m)) {
			c->foreign += m->read && m->plan.dated ? 1 : 0;
			continue;
		}
		c->rescheduled += m->override != NULL ? 1 : 0;
		if (queue_due_s(m) != OVERRIDE_NEVER)
			c->waiting_bytes += m->size;
		count_due(c, queue_due_s(m), o->now_s);
	}
}

bool
overview_is_well(const struct overview *o)
{
	return o->engine.len > 0 && o->hdrcheck.runs && o->postfix_runs;
}

/* As JSON. */

static void
put_count(struct json *j, const char *name, uint64_t n)
{
	json_int(j, name, (int64_t)(n & INT64_MAX));
}

static void
put_counts(struct json *j, const struct overview_counts *c)
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
put_paused(struct json *j, const struct overview *o)
{
	if (!o->counts.paused) {
		json_null(j, "paused");
		return;
	}
	json_begin_object(j, "paused");
	json_utc(j, "since", o->counts.paused_since_s);
	json_string(j, "reason", span_str(o->paused_reason));
	json_end_object(j);
}

static void
put_hdrcheck(struct json *j, const struct probe *p)
{
	if (!p->runs) {
		json_null(j, "hdrcheck");
		return;
	}
	json_begin_object(j, "hdrcheck");
	json_string(j, "listens", span_str(p->address->text));
	for (int i = 0; i < COUNT_KINDS; i++) {
		if (p->has_counts)
			put_count(j, counts_name[i], p->counts.n[i]);
		else
			json_null(j, counts_name[i]);
	}
	json_end_object(j);
}

/* The engine's line is JSON already: it becomes the first member as it is. */
bool
overview_print_json(const struct overview *o, struct buf *out)
{
	struct span engine = span_trim(o->engine);
	struct buf rest;
	struct json j;
	bool ok;

	if (engine.len == 0)
		engine = span_str("null");
	buf_init(&rest, OVERVIEW_MAX);
	json_open(&j, &rest);
	put_hdrcheck(&j, &o->hdrcheck);
	json_begin_object(&j, "postfix");
	json_bool(&j, "running", o->postfix_runs);
	json_end_object(&j);
	put_paused(&j, o);
	if (o->counts.known)
		put_counts(&j, &o->counts);
	else
		put_no_counts(&j);
	ok = json_close(&j) && buf_append(out, span_str("{\"policyd\":")) &&
	    buf_append(out, engine) && buf_append(out, span_str(",")) &&
	    buf_append(out, span_skip(buf_span(&rest), 1)) &&
	    buf_append(out, span_str("\n"));
	buf_free(&rest);
	return ok;
}
