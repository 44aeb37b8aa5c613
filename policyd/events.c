/* SPDX-License-Identifier: ISC */
#include "policyd/events.h"

#include "hdrcheck/base/json.h"
#include "hdrcheck/base/utf8.h"
#include "policyd/wording.h"

enum { ESCAPE_MAX = 6 /* bytes of an escape */ };

static const char fault[] = "fault";

static const struct qid no_id; /* of an event that is about no message */

/* At the front of every line. */
static void
open_line(struct json *j, struct buf *out, const char *event, int64_t wall_ns)
{
	char text[CLOCK_UTC_MS_SIZE];

	json_open(j, out);
	json_string(j, "event", span_str(event));
	json_string(j, "time", span_str(clock_format_utc_ms(wall_ns, text)));
}

static bool
close_line(struct json *j)
{
	return json_close(j) && buf_append(j->out, span_str("\n"));
}

static size_t
json_size(struct span s, size_t len)
{
	if (len == 0 || s.data[0] == '"' || s.data[0] == '\\' ||
	    utf8_is_control(s))
		return ESCAPE_MAX;
	return len;
}

/* As much of it as has room, and whole characters. */
static struct span
cut(struct span text)
{
	size_t used = 0, room = EVENTS_TEXT_MAX;

	while (used < text.len) {
		struct span rest = span_skip(text, used);
		size_t len = utf8_len(rest);
		size_t size = json_size(rest, len);

		if (size > room)
			break;
		room -= size;
		used += len > 0 ? len : 1;
	}
	return span_head(text, used);
}

static void
put_id(struct json *j, const char *name, const struct qid *id)
{
	char text[QID_SIZE];

	qid_format(id, text);
	json_string(j, name, span_str(text));
}

static void
put_due(struct json *j, int64_t due_s)
{
	if (due_s == OVERRIDE_NEVER)
		json_string(j, "due", span_str("never"));
	else
		json_utc(j, "due", due_s);
}

static void
put_released(struct json *j, const struct sweep_event *event)
{
	if (event->requeued)
		json_null(j, "queue_id_after");
	else
		put_id(j, "queue_id_after", &event->id);
	put_due(j, event->due_s);
	json_seconds(j, "late", event->late_ns);
	json_string(
	    j, "method", span_str(event->requeued ? "requeue" : "release"));
}

static void
put_fault(
    struct json *j, const struct sweep_event *event, const char *complaint)
{
	char text[WORDING_SIZE];

	wording_fault(event, complaint, text);
	json_string(j, "text", cut(span_str(text)));
}

static const char *
name_of(enum sweep_event_kind kind)
{
	switch (kind) {
	case SWEEP_RELEASED:
		return "released";
	case SWEEP_FOREIGN:
		return "foreign";
	case SWEEP_RULE_GONE:
		return "rule_gone";
	case SWEEP_HELD:
		return "held";
	case SWEEP_RESCHEDULED:
		return "rescheduled";
	case SWEEP_REQUEUED:
		return "requeued";
	case SWEEP_RELEASED_OLD:
	case SWEEP_STILL_HELD:
	case SWEEP_UNREADABLE:
	case SWEEP_FAILED:
	case SWEEP_WALKS:
		break;
	}
	return fault;
}

/* What there is behind the queue id. */
static void
put_members(
    struct json *j, const struct sweep_event *event, const char *complaint)
{
	switch (event->kind) {
	case SWEEP_RELEASED:
		put_released(j, event);
		break;
	case SWEEP_FOREIGN:
		json_string(j, "text", span_str(wording_foreign(event->why)));
		break;
	case SWEEP_RULE_GONE:
		json_string(j, "rule", cut(event->rule));
		put_due(j, event->due_s);
		break;
	case SWEEP_HELD:
	case SWEEP_RESCHEDULED:
		put_due(j, event->due_s);
		break;
	case SWEEP_REQUEUED:
		put_id(j, "queue_id_after", &event->id);
		break;
	case SWEEP_RELEASED_OLD:
	case SWEEP_STILL_HELD:
	case SWEEP_UNREADABLE:
	case SWEEP_FAILED:
	case SWEEP_WALKS:
		put_fault(j, event, complaint);
		break;
	}
}

bool
events_put(struct buf *out, const struct sweep_event *event,
    const char *complaint, int64_t wall_ns)
{
	const struct qid *id =
	    event->kind == SWEEP_REQUEUED ? &event->former : &event->id;
	struct json j;

	open_line(&j, out, name_of(event->kind), wall_ns);
	if (qid_equal(id, &no_id))
		json_null(&j, "queue_id");
	else
		put_id(&j, "queue_id", id);
	put_members(&j, event, complaint);
	return close_line(&j);
}

bool
events_put_fault(struct buf *out, const char *text, int64_t wall_ns)
{
	struct json j;

	open_line(&j, out, fault, wall_ns);
	json_null(&j, "queue_id");
	json_string(&j, "text", cut(span_str(text)));
	return close_line(&j);
}

bool
events_put_refused(
    struct buf *out, const struct events_refusal *refusal, int64_t wall_ns)
{
	struct json j;

	open_line(&j, out, "refused", wall_ns);
	json_string_or_null(&j, "queue_id",
	    refusal->queue_id.len <= QID_MAX ? refusal->queue_id
					     : span_of("", 0));
	json_string(&j, "rule", cut(refusal->rule));
	json_string(&j, "reply", cut(refusal->reply));
	json_string(&j, "sender", cut(refusal->sender));
	json_string(&j, "recipient", cut(refusal->recipient));
	return close_line(&j);
}

bool
events_put_reload(struct buf *out, bool ok, const char *text, int64_t wall_ns)
{
	struct json j;

	open_line(&j, out, "reload", wall_ns);
	json_bool(&j, "ok", ok);
	json_string(&j, "text", cut(span_str(text)));
	return close_line(&j);
}

bool
events_put_paused(struct buf *out, struct span reason, int64_t wall_ns)
{
	struct json j;

	open_line(&j, out, "paused", wall_ns);
	json_string(&j, "reason", cut(reason));
	return close_line(&j);
}

bool
events_put_resumed(struct buf *out, int64_t wall_ns)
{
	struct json j;

	open_line(&j, out, "resumed", wall_ns);
	return close_line(&j);
}
