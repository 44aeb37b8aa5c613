/* SPDX-License-Identifier: ISC */
/*
 * The control socket: requests of the administrator, and who obeys them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hdrcheck/base/utf8.h"
#include "policyd/engine_private.h"
#include "policyd/status.h"

enum {
	ANSWER_SIZE = STATE_ERROR_SIZE + 128,
	SURVEY_SLICE = 4096, /* entries that are looked at in one go */
};

static const char setup_hint[] = " (policyctl setup makes the folder)";

__attribute__((format(printf, 2, 3))) static enum conn_verdict
answer(struct buf *out, const char *format, ...)
{
	char text[ANSWER_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return buf_append(out, span_str(text)) &&
		buf_append(out, span_str("\n"))
	    ? CONN_DONE
	    : CONN_CLOSE;
}

static enum conn_verdict
answer_unwritten(struct engine *g, struct buf *out, const char *error)
{
	return answer(out, "error %s%s", error,
	    state_is_there(g->o.settings->state_directory) ? "" : setup_hint);
}

bool
engine_print_status(const struct engine *g, const struct sweep_survey *survey,
    const struct clock_now *now, struct buf *out)
{
	struct status status = {
	    .pid = getpid(),
	    .started_s = g->control.started_s,
	    .rules = g->orders.has_rules ? g->orders.rules.n : 0,
	    .inotify = g->o.news >= 0,
	    .pause = &g->control.pause,
	    .sweep = &g->sweep,
	    .survey = survey,
	};

	return status_print(&status, now, out);
}

/* False: there is more to look at. */
static bool
survey_slice(struct engine *g)
{
	struct engine_control *c = &g->control;

	if (sweep_survey_step(&g->sweep, &c->surveying, SURVEY_SLICE))
		return true;
	loop_arm(&c->survey, clock_mono_ns());
	return false;
}

static void
on_survey(void *ctx)
{
	struct engine *g = ctx;

	if (!survey_slice(g))
		return;
	g->control.surveyed = true;
	conn_server_resume(g->control.server);
	g->control.surveyed = false;
}

/* Who asks while others wait is told the same as they. */
static enum conn_verdict
status(struct engine *g, const struct control_request *request, struct buf *out)
{
	struct engine_control *c = &g->control;
	struct clock_now now = clock_read();

	(void)request;
	if (c->survey.armed)
		return CONN_LATER;
	if (!c->surveyed) {
		c->surveying = (struct sweep_surveying){
		    .now_s = clock_floor_s(now.wall_ns)};
		if (!survey_slice(g))
			return CONN_LATER;
	}
	return engine_print_status(g, &c->surveying.survey, &now, out)
	    ? CONN_DONE
	    : CONN_CLOSE;
}

static enum conn_verdict
sweep(struct engine *g, const struct control_request *request, struct buf *out)
{
	(void)request;
	sweep_want_walk(&g->sweep);
	return answer(out, "ok");
}

static enum conn_verdict
reload(struct engine *g, const struct control_request *request, struct buf *out)
{
	(void)request;
	if (engine_tell_runner(g, WIRE_RELOAD))
		return answer(out, "ok");
	return answer(
	    out, "error the runner cannot be told: %s", strerror(errno));
}

/* What is said goes to the disk first, and only then counts. */
static enum conn_verdict
put_pause(struct engine *g, const struct pause *pause, struct buf *out)
{
	const char *directory = g->o.settings->state_directory;
	struct engine_control *c = &g->control;
	char error[STATE_ERROR_SIZE];
	bool is_new = pause->on || c->pause.on;

	if (!state_write_pause(directory, pause, error))
		return answer_unwritten(g, out, error);
	c->pause = *pause;
	sweep_pause(&g->sweep, pause->on);
	if (is_new) {
		log_info(g->o.log, "%s%s%s", pause->on ? "paused" : "resumed",
		    pause->reason[0] != '\0' ? ": " : "", pause->reason);
		engine_tell_pause(g);
	}
	return answer(out, "ok");
}

/* A pause that is told twice goes on, for the later reason. */
static enum conn_verdict
put_paused(
    struct engine *g, const struct control_request *request, struct buf *out)
{
	const struct pause *old = &g->control.pause;
	struct pause pause = {.on = true,
	    .since_s = old->on ? old->since_s : clock_floor_s(clock_wall_ns())};

	utf8_printable(request->body, pause.reason, sizeof(pause.reason));
	return put_pause(g, &pause, out);
}

static enum conn_verdict
put_resumed(
    struct engine *g, const struct control_request *request, struct buf *out)
{
	struct pause pause = {.on = false};

	(void)request;
	return put_pause(g, &pause, out);
}

static enum conn_verdict
feed(struct engine *g, const struct control_request *request, struct buf *out)
{
	static const enum feed_part parts[] = {
	    [CONTROL_EVENTS] = FEED_LAST,
	    [CONTROL_FOLLOW] = FEED_LAST_AND_NEXT,
	    [CONTROL_TAIL] = FEED_NEXT,
	};

	(void)out;
	g->control.part = parts[request->verb];
	return CONN_TAKE;
}

/* Moments of single messages. */

/* Messages whose moment is set, and those for which it is too late. */
struct reschedule {
	unsigned taken;
	unsigned left;
	size_t n; /* bytes of ids, each with a blank in front */
	char ids[CONTROL_LEFT_MAX * (QID_MAX + 1) + 1];
};

static void
leave(struct reschedule *r, const struct qid *id)
{
	char text[QID_SIZE];

	if (r->left++ < CONTROL_LEFT_MAX) {
		qid_format(id, text);
		r->n += (size_t)snprintf(
		    r->ids + r->n, sizeof(r->ids) - r->n, " %s", text);
	}
}

/* NULL, or what is wrong; then next is of no use. */
static const char *
set_all(struct engine *g, struct span body, int64_t due_s,
    struct overrides *next, struct reschedule *r)
{
	struct override override = {
	    .due_s = due_s, .set_s = clock_floor_s(clock_wall_ns())};
	enum control_result result;

	while ((result = control_next_message(&body, &override.id,
		    &override.arrival_s)) == CONTROL_DONE) {
		if (!sweep_may_reschedule(&g->sweep, &override.id)) {
			leave(r, &override.id);
			continue;
		}
		if (!overrides_set(next, &override))
			return "too many messages are rescheduled, or memory "
			       "is short";
		r->taken++;
	}
	return result == CONTROL_MORE ? NULL : "not a list of messages";
}

/* They are on the disk, and are what counts from here on. */
static void
obey(struct engine *g, struct span body, struct overrides *next)
{
	int64_t arrival_s;
	struct qid id;

	overrides_free(&g->control.overrides);
	g->control.overrides = *next;
	while (control_next_message(&body, &id, &arrival_s) == CONTROL_DONE)
		if (sweep_may_reschedule(&g->sweep, &id))
			sweep_reschedule(&g->sweep, &id);
}

/* The moment that is asked for, of those that a calendar and we can hold. */
static int64_t
moment_of(const struct control_request *request)
{
	if (request->due_s == CONTROL_NOW)
		return clock_floor_s(clock_read().reached_ns);
	if (request->due_s > PLAN_DUE_MAX && request->due_s != OVERRIDE_NEVER)
		return PLAN_DUE_MAX;
	return request->due_s;
}

static enum conn_verdict
answer_rescheduled(const struct reschedule *r, struct buf *out)
{
	char text[ANSWER_SIZE];

	snprintf(text, sizeof(text), "ok %u %u", r->taken, r->left);
	return buf_append(out, span_str(text)) &&
		buf_append(out, span_of(r->ids, r->n)) &&
		buf_append(out, span_str("\n"))
	    ? CONN_DONE
	    : CONN_CLOSE;
}

static enum conn_verdict
reschedule(
    struct engine *g, const struct control_request *request, struct buf *out)
{
	struct reschedule r = {.taken = 0};
	char error[STATE_ERROR_SIZE];
	struct overrides next;
	const char *wrong;

	overrides_init(&next);
	wrong = overrides_copy(&next, &g->control.overrides)
	    ? set_all(g, request->body, moment_of(request), &next, &r)
	    : strerror(ENOMEM);
	if (wrong != NULL) {
		overrides_free(&next);
		return answer(out, "error %s; nothing is changed", wrong);
	}
	if (r.taken > 0 && !engine_control_write(g, &next, error)) {
		overrides_free(&next);
		return answer_unwritten(g, out, error);
	}
	if (r.taken > 0)
		obey(g, request->body, &next);
	else
		overrides_free(&next);
	return answer_rescheduled(&r, out);
}

static enum conn_verdict (*const verbs[])(struct engine *g,
    const struct control_request *request, struct buf *out) = {
    [CONTROL_STATUS] = status,
    [CONTROL_SWEEP] = sweep,
    [CONTROL_RELOAD] = reload,
    [CONTROL_PAUSE] = put_paused,
    [CONTROL_RESUME] = put_resumed,
    [CONTROL_EVENTS] = feed,
    [CONTROL_FOLLOW] = feed,
    [CONTROL_TAIL] = feed,
    [CONTROL_RESCHEDULE] = reschedule,
};

static enum conn_verdict
handle(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct control_request request;
	enum conn_verdict verdict;
	struct engine *g = ctx;

	switch (control_decode(in, &request, used)) {
	case CONTROL_MORE:
		return CONN_MORE;
	case CONTROL_WRONG:
		log_warnx(g->o.log,
		    "control: not a request, the connection is closed");
		answer(out, "error not a request");
		return CONN_CLOSE;
	case CONTROL_DONE:
		break;
	}
	verdict = verbs[request.verb](g, &request, out);
	engine_pump(g);
	return verdict;
}

static void
take(void *ctx, int fd)
{
	struct engine *g = ctx;

	feed_add(g->control.feed, fd, g->control.part);
}

static void
on_save(void *ctx)
{
	engine_control_save(ctx);
}

int
engine_control_open(struct engine *g)
{
	struct conn_protocol protocol = {.name = "control",
	    .handle = handle,
	    .ctx = g,
	    .in_max = CONTROL_REQUEST_MAX,
	    .take = take};
	struct conn_limits limits = {
	    .connections = CONTROL_CONNECTIONS, .idle_ms = CONTROL_IDLE_MS};
	struct engine_control *c = &g->control;

	c->started_s = clock_floor_s(clock_wall_ns());
	buf_init(&c->line, FEED_LINE_MAX);
	loop_add_timer(g->loop, &c->save, LOOP_MONO, on_save, g);
	loop_add_timer(g->loop, &c->survey, LOOP_MONO, on_survey, g);
	c->feed = feed_new(g->loop);
	c->server = conn_server_new(g->loop, g->o.log, &protocol, &limits);
	if (c->feed == NULL || c->server == NULL)
		return -1;
	return g->o.control < 0 ? 0
				: conn_server_listen(c->server, g->o.control);
}

void
engine_control_close(struct engine *g)
{
	struct engine_control *c = &g->control;

	engine_control_save_last(g);
	conn_server_free(c->server);
	feed_free(c->feed);
	buf_free(&c->line);
	overrides_free(&c->overrides);
}
