/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/overview.h"

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
	o->counts = (struct summary_counts){
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
count_due(struct summary_counts *c, int64_t due_s, int64_t now_s)
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
	struct summary_counts *c = &o->counts;

	*c = (struct summary_counts){
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

bool
overview_print_json(const struct overview *o, struct buf *out)
{
	struct summary summary = {
	    .engine = o->engine,
	    .hdrcheck = o->hdrcheck.runs ? o->hdrcheck.address->text : NULL,
	    .has_lookups = o->hdrcheck.has_counts,
	    .lookups = o->hdrcheck.counts,
	    .postfix_runs = o->postfix_runs,
	    .counts = o->counts,
	    .paused_reason = span_str(o->paused_reason),
	};

	return summary_print_json(&summary, out);
}
