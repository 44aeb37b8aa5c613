/* SPDX-License-Identifier: ISC */
#include "policyd/web/site.h"

#include <assert.h>
#include <stdio.h>

#include "policyd/web/metrics.h"
#include "policyd/web/page.h"
#include "policyd/web/summary.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define JSON_TYPE "application/json"

/* Of what is no page: whoever shows it is to run and load nothing. */
#define PLAIN_POLICY                                                           \
	"default-src 'none'; base-uri 'none'; form-action 'none'; "            \
	"frame-ancestors 'none'"

enum { LINE_SIZE = 64 /* bytes of the body of an error, with a NUL */ };

/* What is to be answered; its body is being made. */
struct answer {
	struct http_reply reply;
	const struct view *view;
	struct health health;
	struct buf *body; /* borrowed */
};

void
site_init(struct site *site, site_look_fn *look, void *ctx)
{
	*site = (struct site){.look = look, .ctx = ctx};
	buf_init(&site->body, SITE_BODY_MAX);
}

void
site_free(struct site *site)
{
	buf_free(&site->body);
}

/* What can be asked for. Each makes the body; false: no room. */

static bool
put_page(struct answer *a)
{
	a->reply.policy = PAGE_POLICY;
	return page_put(a->view, &a->health, a->body);
}

static bool
put_metrics(struct answer *a)
{
	return metrics_put(a->view, &a->health, a->body);
}

static bool
put_health(struct answer *a)
{
	if (!a->health.well)
		a->reply.status = HTTP_UNAVAILABLE;
	return health_put(&a->health, a->body);
}

static struct summary_counts
counts_of(const struct snapshot *s)
{
	const struct sweep_survey *survey = &s->survey;

	return (struct summary_counts){
	    .known = true,
	    .waiting = survey->waiting,
	    .waiting_bytes = survey->waiting_bytes,
	    .frozen = survey->frozen,
	    .overdue = survey->overdue,
	    .oldest_overdue_s =
		survey->overdue > 0 ? s->taken_s - survey->oldest_due_s : -1,
	    .foreign = survey->foreign,
	    .unreadable = survey->unreadable,
	    .rescheduled = s->rescheduled,
	    .next_due_s = survey->next_due_s != 0 ? survey->next_due_s : -1,
	    .paused = s->paused != 0,
	    .paused_since_s = s->paused_since_s,
	};
}

/* An engine that tells nothing any more counts as one that is down. */
static bool
tells_nothing(const struct answer *a)
{
	for (size_t i = 0; i < a->health.n; i++)
		if (a->health.finding[i].kind == HEALTH_ENGINE)
			return true;
	return a->view->snapshot == NULL;
}

static bool
put_summary(struct answer *a)
{
	const struct snapshot *s = a->view->snapshot;
	const struct view_hdrcheck *h = &a->view->hdrcheck;
	struct summary summary = {
	    .engine = span_of("", 0),
	    .paused_reason = span_of("", 0),
	    .hdrcheck = h->answers ? h->listens : NULL,
	    .has_lookups = h->has_counts,
	    .lookups = h->counts,
	    .postfix_unknown = true,
	};

	if (!tells_nothing(a)) {
		summary.postfix_unknown = s->walk_at_s == 0;
		summary.postfix_runs = s->postfix_down == 0;
		summary.engine = span_trim(span_str(s->status));
		summary.counts = counts_of(s);
		summary.paused_reason = span_str(s->paused_reason);
	}
	return summary_print_json(&summary, a->body);
}

static const struct place {
	struct span path;
	const char *type;
	bool (*put)(struct answer *a);
} places[] = {
    {SPAN("/"), PAGE_TYPE, put_page},
    {SPAN("/metrics"), METRICS_TYPE, put_metrics},
    {SPAN("/status.json"), JSON_TYPE, put_summary},
    {SPAN("/healthz"), TEXT_TYPE, put_health},
};

static const char hint[] =
    "On a loopback address this is for localhost and IP addresses alone: ask\n"
    "for it by one of these, also from behind a proxy.\n";

/* "404 Not Found" */
static bool
put_error(struct answer *a, enum http_status status)
{
	char line[LINE_SIZE];
	int n = snprintf(
	    line, sizeof(line), "%d %s\n", (int)status, http_reason(status));

	assert(n > 0 && n < LINE_SIZE);
	buf_clear(a->body);
	a->reply.status = status;
	a->reply.type = TEXT_TYPE;
	a->reply.policy = PLAIN_POLICY;
	return buf_append(a->body, span_of(line, (size_t)n)) &&
	    (status != HTTP_MISDIRECTED || buf_append(a->body, span_str(hint)));
}

static bool
put_body(struct answer *a, struct span path)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!span_equal(path, places[i].path))
			continue;
		a->reply.type = places[i].type;
		health_of(a->view, &a->health);
		return places[i].put(a) || put_error(a, HTTP_INTERNAL_ERROR);
	}
	return put_error(a, HTTP_NOT_FOUND);
}

/* False, and out is as it was: memory is short. */
static bool
send_answer(const struct answer *a, bool head, struct buf *out)
{
	struct span body = buf_span(a->body);

	if (buf_reserve(out, HTTP_REPLY_HEAD_MAX + body.len) == NULL)
		return false;
	return http_put_head(&a->reply, out) && (head || buf_append(out, body));
}

static bool
answer(struct site *site, const struct http_request *request,
    enum http_status wrong, struct buf *out)
{
	struct view view = {0};
	struct answer a = {
	    .reply = {.status = HTTP_OK,
		.policy = PLAIN_POLICY,
		.closes = !request->stays},
	    .view = &view,
	    .body = &site->body,
	};
	bool ok;

	if (wrong == HTTP_OK && site->local &&
	    !http_host_is_local(request->host))
		wrong = HTTP_MISDIRECTED;
	site->look(site->ctx, &view);
	a.reply.now_s = view.now_s;
	ok = wrong != HTTP_OK ? put_error(&a, wrong)
			      : put_body(&a, request->path);
	a.reply.len = buf_len(a.body);
	ok = ok && send_answer(&a, request->head, out);
	buf_clear(&site->body);
	site->requests++;
	return ok;
}

enum conn_verdict
site_handle(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct site *site = ctx;
	struct http_request request;

	switch (http_decode(in, &request, used)) {
	case HTTP_MORE:
		return CONN_MORE;
	case HTTP_WRONG:
		answer(site, &request, request.wrong, out);
		return CONN_CLOSE;
	case HTTP_DONE:
		break;
	}
	if (!answer(site, &request, HTTP_OK, out))
		return CONN_CLOSE;
	return request.stays ? CONN_DONE : CONN_LAST;
}
