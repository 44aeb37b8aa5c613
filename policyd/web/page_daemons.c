/* SPDX-License-Identifier: ISC */
/*
 * What hdrcheck and policyd have done since they started.
 */
#include <stdio.h>

#include "hdrcheck/daemon.h"
#include "policyd/web/page_private.h"

static void
put_name(struct page *p, const char *name)
{
	html_put(&p->h, "<div><dt>%s</dt><dd>", name);
}

static void
put_end(struct page *p)
{
	html_raw(&p->h, "</dd></div>\n");
}

static void
put_fact(struct page *p, const char *name, uint64_t n)
{
	char words[HTML_WORDS_SIZE];

	put_name(p, name);
	html_raw(&p->h, html_count(n, words));
	put_end(p);
}

/* One of those that the fact before counts together. */
static void
put_share(struct page *p, const char *name, uint64_t n)
{
	char words[HTML_WORDS_SIZE];

	html_put(&p->h, "<div class=\"share\"><dt>%s</dt><dd>%s</dd></div>\n",
	    name, html_count(n, words));
}

/* "12, and 3 failed". */
static void
put_tries(struct page *p, const char *name, uint64_t n, uint64_t failed)
{
	char words[HTML_WORDS_SIZE];

	put_name(p, name);
	html_raw(&p->h, html_count(n, words));
	if (failed > 0)
		html_put(&p->h, ", and %s failed", html_count(failed, words));
	put_end(p);
}

static void
put_moment(struct page *p, const char *name, int64_t s)
{
	char words[HTML_WORDS_SIZE];

	put_name(p, name);
	html_time(&p->h, s);
	html_put(&p->h, " (%s)", html_distance(p->view->now_s, s, words));
	put_end(p);
}

static void
put_lookups(struct page *p, const struct view_hdrcheck *hdrcheck)
{
	const struct lookup_counts *counts = &hdrcheck->counts;
	static const struct {
		enum lookup_count count;
		const char *name;
	} shares[] = {
	    {COUNT_HOLD, "answered HOLD"},
	    {COUNT_DUNNO, "answered DUNNO, as due"},
	    {COUNT_REJECT, "answered REJECT"},
	    {COUNT_NOTFOUND, "of other headers"},
	};

	put_fact(p, "Lookups", counts->n[COUNT_LOOKUPS]);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		put_share(p, shares[i].name, counts->n[shares[i].count]);
	put_fact(p, "Malformed requests", counts->n[COUNT_MALFORMED]);
	put_fact(p, "Connections", counts->n[COUNT_CONNECTIONS]);
	if (hdrcheck->answers)
		put_share(p, "open now", counts->n[COUNT_OPEN]);
}

static void
put_hdrcheck(struct page *p)
{
	const struct view_hdrcheck *hdrcheck = &p->view->hdrcheck;

	html_raw(&p->h, "<div><h3>hdrcheck</h3>\n<dl class=\"facts\">\n");
	put_name(p, "Listens on");
	if (hdrcheck->listens[0] != '\0')
		html_bdi(&p->h, hdrcheck->listens);
	else
		html_raw(&p->h, "nothing");
	put_end(p);
	put_name(p, "Answers");
	html_raw(&p->h, hdrcheck->answers ? "yes" : "no");
	if (!hdrcheck->answers && hdrcheck->wrong != NULL) {
		html_raw(&p->h, ": ");
		html_bdi(&p->h, hdrcheck->wrong);
	}
	put_end(p);
	if (hdrcheck->has_counts)
		put_lookups(p, hdrcheck);
	html_raw(&p->h, "</dl></div>\n");
}

static void
put_walk(struct page *p)
{
	const struct snapshot *s = p->s;
	char words[HTML_WORDS_SIZE];

	put_tries(p, "Walks of the queue", s->walks + s->walks_failed,
	    s->walks_failed);
	if (s->walk_at_s == 0)
		return;
	put_moment(p, "The last one ended", s->walk_at_s);
	put_name(p, "It took");
	html_put(&p->h, "%s%s", html_lateness(s->walk_cost_ns, words),
	    s->walk_ok ? "" : ", and failed");
	put_end(p);
	put_name(p, "Postfix");
	html_raw(&p->h, s->postfix_down ? "does not run" : "runs");
	put_end(p);
}

static void
put_work(struct page *p)
{
	static const char *const answers[SNAPSHOT_ANSWERS] = {
	    [SNAPSHOT_DUNNO] = "answered without a rule",
	    [SNAPSHOT_POSTPONED] = "postponed",
	    [SNAPSHOT_REJECTED] = "rejected",
	    [SNAPSHOT_DEFERRED] = "deferred",
	    [SNAPSHOT_MISPLACED] = "asked where Postfix takes no header",
	    [SNAPSHOT_MALFORMED] = "malformed",
	};
	uint64_t commands = 0, failed = 0, requests = 0;

	for (int i = 0; i < SWEEP_VERBS; i++) {
		commands += p->s->commands[i];
		failed += p->s->commands_failed[i];
	}
	for (int i = 0; i < SNAPSHOT_ANSWERS; i++)
		requests += p->s->answers[i];
	put_fact(p, "Headers read", p->s->headers_read);
	put_tries(p, "Commands of Postfix", commands, failed);
	put_fact(p, "Policy requests", requests);
	for (int i = 0; i < SNAPSHOT_ANSWERS; i++)
		if (p->s->answers[i] > 0)
			put_share(p, answers[i], p->s->answers[i]);
}

static void
put_policyd(struct page *p)
{
	html_raw(&p->h, "<div><h3>policyd</h3>\n<dl class=\"facts\">\n");
	put_name(p, "Version");
	html_raw(&p->h, DELIVER_AT_VERSION);
	put_end(p);
	put_moment(p, "Runs since", p->s->started_s);
	put_moment(p, "These figures were taken", p->s->taken_s);
	put_walk(p);
	put_name(p, "Sees the hold queue");
	html_raw(&p->h, p->s->inotify ? "at once" : "only by walks");
	put_end(p);
	put_work(p);
	put_fact(
	    p, "This page and its like were asked for", p->view->web_requests);
	html_raw(&p->h, "</dl></div>\n");
}

void
page_put_daemons(struct page *p)
{
	page_begin_section(p, "daemons", "Daemons");
	html_raw(&p->h, "<div class=\"two\">\n");
	put_hdrcheck(p);
	if (p->s != NULL)
		put_policyd(p);
	html_raw(&p->h, "</div>\n");
	page_end_section(p);
}
