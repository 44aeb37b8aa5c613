/* SPDX-License-Identifier: ISC */
/*
 * What the engine did, for those who follow it.
 */
#include "policyd/engine_private.h"

/* A line that did not fit, which none should do, is not told. */
static void
tell(struct engine *g, bool whole)
{
	struct buf *line = &g->control.line;

	if (whole && g->control.feed != NULL)
		feed_put(g->control.feed, buf_span(line));
	buf_clear(line);
}

void
engine_tell_event(
    struct engine *g, const struct sweep_event *event, const char *complaint)
{
	tell(
	    g, events_put(&g->control.line, event, complaint, clock_wall_ns()));
}

void
engine_tell_fault(struct engine *g, const char *text)
{
	tell(g, events_put_fault(&g->control.line, text, clock_wall_ns()));
}

void
engine_tell_reload(struct engine *g, bool ok, const char *text)
{
	tell(g, events_put_reload(&g->control.line, ok, text, clock_wall_ns()));
}

void
engine_tell_pause(struct engine *g)
{
	const struct pause *pause = &g->control.pause;
	struct buf *line = &g->control.line;

	tell(g,
	    pause->on ? events_put_paused(
			    line, span_str(pause->reason), clock_wall_ns())
		      : events_put_resumed(line, clock_wall_ns()));
}

void
engine_tell_refused(
    void *ctx, const struct attr_request *request, const struct rule *rule)
{
	struct engine *g = ctx;
	struct events_refusal refusal = {
	    .queue_id = attr_get(request, "queue_id"),
	    .rule = rule->name,
	    .reply = rule->reply,
	    .sender = attr_get(request, "sender"),
	    .recipient = attr_get(request, "recipient"),
	};

	tell(
	    g, events_put_refused(&g->control.line, &refusal, clock_wall_ns()));
}
