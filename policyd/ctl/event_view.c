/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/event_view.h"

#include "policyd/ctl/local.h"
#include "policyd/ctl/text.h"
#include "policyd/sched/ndjson.h"

enum {
	QUEUE_ID_WIDTH = 12, /* columns */
	NAME_SIZE = 32, /* of a member */
};

/*
 * In a text, {NAME} stands for that member, and what is between [ and ] is
 * there only where all members in it are. The first row that fits counts.
 */
static const struct look {
	const char *event;
	bool failed; /* only where the member ok is false */
	const char *text;
	const char *never; /* instead, where due is "never" */
} looks[] = {
    {"held", false, "held until {due}", "held as long as its rule stands"},
    {"released", false,
	"released[, due {due}][, {late} s late][, method {method}]",
	"released[, method {method}]"},
    {"rescheduled", false, "rescheduled to {due}", "rescheduled to never"},
    {"requeued", false,
	"requeued by somebody, on hold again as {queue_id_after}", NULL},
    {"refused", false,
	"refused[ by rule {rule}][, from {sender}][ to {recipient}][: {reply}]",
	NULL},
    {"foreign", false, "not ours, though it has a date[: {text}]", NULL},
    {"rule_gone", false, "rule {rule} is gone[, due {due}]",
	"rule {rule} is gone"},
    {"fault", false, "fault: {text}", NULL},
    {"reload", true, "configuration not read again[: {text}]", NULL},
    {"reload", false, "configuration read again", NULL},
    {"paused", false, "paused[: {reason}]", NULL},
    {"resumed", false, "resumed", NULL},
};

struct view {
	const struct members *members;
	const struct zone *local;
	struct buf *out;
	struct buf room; /* a string that is being shown */
};

static bool
put(struct view *v, struct span s)
{
	return buf_append(v->out, s);
}

static bool
put_time(struct view *v, int64_t s)
{
	char text[LOCAL_TEXT_SIZE];

	return put(v, span_str(local_format(v->local, s, LOCAL_SECONDS, text)));
}

static bool
has_member(const struct view *v, struct span name)
{
	char key[NAME_SIZE];
	struct span value;

	return span_to_string(name, key, sizeof(key)) &&
	    members_find(v->members, key, &value) &&
	    !span_equal_str(value, "\"\"");
}

/* The text "-" for what is not there, or empty. */
static bool
put_member(struct view *v, struct span name)
{
	char key[NAME_SIZE];
	struct span value;
	int64_t at_s;

	if (!has_member(v, name))
		return put(v, span_str("-"));
	span_to_string(name, key, sizeof(key));
	if (members_time(v->members, key, &at_s))
		return put_time(v, at_s);
	if (!members_string(v->members, key, &v->room, &value))
		members_find(v->members, key, &value);
	return text_put(v->out, value, 0, false);
}

static bool
put_text(struct view *v, struct span text)
{
	struct span plain, name;

	while (span_cut(&text, '{', &plain))
		if (!put(v, plain) || !span_cut(&text, '}', &name) ||
		    !put_member(v, name))
			return false;
	return put(v, text);
}

static bool
has_all(const struct view *v, struct span text)
{
	struct span plain, name;

	while (span_cut(&text, '{', &plain))
		if (!span_cut(&text, '}', &name) || !has_member(v, name))
			return false;
	return true;
}

static bool
put_look(struct view *v, const char *look)
{
	struct span text = span_str(look), plain, part;

	while (span_cut(&text, '[', &plain)) {
		if (!put_text(v, plain) || !span_cut(&text, ']', &part))
			return false;
		if (has_all(v, part) && !put_text(v, part))
			return false;
	}
	return put_text(v, text);
}

static bool
is_never(struct view *v)
{
	struct span due;

	return members_string(v->members, "due", &v->room, &due) &&
	    span_equal_str(due, "never");
}

static bool
has_failed(const struct members *members)
{
	bool ok;

	return members_bool(members, "ok", &ok) && !ok;
}

static bool
put_what(struct view *v, struct span name, struct span line)
{
	bool failed = has_failed(v->members);

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		const struct look *l = &looks[i];

		if (span_equal_str(name, l->event) && (failed || !l->failed))
			return put_look(v,
			    l->never != NULL && is_never(v) ? l->never
							    : l->text);
	}
	return text_put(v->out, line, 0, false);
}

/* A long one stands out, and is whole. */
static bool
put_queue_id(struct view *v)
{
	struct span id;
	int width = QUEUE_ID_WIDTH;

	if (!members_string(v->members, "queue_id", &v->room, &id))
		id = span_str("-");
	if (text_width(id) > width)
		width = 0;
	return text_put(v->out, id, width, true);
}

static bool
put_line(struct view *v, struct span name, struct span line)
{
	int64_t at_s;

	return members_time(v->members, "time", &at_s) && put_time(v, at_s) &&
	    put(v, span_str("  ")) && put_queue_id(v) &&
	    put(v, span_str("  ")) && put_what(v, name, line) &&
	    put(v, span_str("\n"));
}

static bool
event_name(const struct members *members, struct span *name)
{
	struct span raw;

	return members_find(members, "event", &raw) && ndjson_string(raw, name);
}

bool
event_view(struct span line, const struct zone *local, struct buf *out)
{
	struct members members;
	struct span name;
	struct buf shown;
	struct view v = {.members = &members, .local = local, .out = &shown};
	bool ok;

	if (!members_parse(line, &members) || !event_name(&members, &name))
		return false;
	buf_init(&shown, EVENT_VIEW_MAX);
	buf_init(&v.room, EVENT_VIEW_MAX);
	ok = put_line(&v, name, line) && buf_append(out, buf_span(&shown));
	buf_free(&v.room);
	buf_free(&shown);
	return ok;
}

bool
event_is(struct span line, const char *name, struct members *members)
{
	struct span is;

	return members_parse(line, members) && event_name(members, &is) &&
	    span_equal_str(is, name);
}

bool
event_queue_id(const struct members *members, struct qid *id)
{
	struct span raw, inside;

	return members_find(members, "queue_id", &raw) &&
	    ndjson_string(raw, &inside) && qid_parse(inside, id);
}
