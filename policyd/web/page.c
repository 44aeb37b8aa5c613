/* SPDX-License-Identifier: ISC */
/*
 * The frame of the page, how deliver-at is, and the key figures.
 */
#include "policyd/web/page.h"

#include "hdrcheck/base/clock.h"
#include "policyd/web/page_private.h"

void
page_begin_section(struct page *p, const char *id, const char *heading)
{
	html_put(&p->h,
	    "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id,
	    heading);
}

void
page_end_section(struct page *p)
{
	html_raw(&p->h, "</section>\n");
}

/* --- Frame --- */

/* The title tells it among many other tabs. */
static void
put_title(struct page *p)
{
	const struct health *health = p->health;
	char words[HTML_WORDS_SIZE];

	html_raw(&p->h, "<title>deliver-at: ");
	if (!health->well && health->n > 0)
		html_raw(&p->h, health_name(health->finding[0].kind));
	else if (p->s == NULL)
		html_raw(&p->h, "starting");
	else
		html_put(&p->h, "%s%s waiting", p->s->paused ? "paused, " : "",
		    html_count(p->s->survey.waiting, words));
	html_raw(&p->h, "</title>\n");
}

static void
put_head(struct page *p)
{
	html_raw(&p->h,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\""
	    " content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n");
	put_title(p);
	/* Without it browsers ask for one. */
	html_raw(&p->h, "<link rel=\"icon\" href=\"data:,\">\n<style>");
	for (size_t i = 0; page_style[i] != NULL; i++)
		html_raw(&p->h, page_style[i]);
	html_raw(&p->h, "</style>\n</head>\n<body>\n");
}

static bool
is_old(const struct page *p)
{
	return p->view->snapshot_age_ns >= HEALTH_SILENT_S * CLOCK_NS_PER_S;
}

static void
put_age(struct page *p)
{
	char words[HTML_WORDS_SIZE];
	int64_t age_s = p->view->snapshot_age_ns / CLOCK_NS_PER_S;

	if (p->s == NULL) {
		html_raw(&p->h, "<p>No figures yet.");
	} else {
		html_raw(&p->h,
		    is_old(p) ? "<p class=\"stale\"><strong>These figures are"
				" old:</strong> of "
			      : "<p>As of ");
		html_time(&p->h, p->s->taken_s);
		html_put(&p->h, is_old(p) ? ", %s ago." : " (%s ago).",
		    html_duration((uint64_t)age_s, words));
	}
	html_raw(&p->h,
	    " Times are UTC. <a class=\"again\" href=\"/\">Refresh</a></p>\n");
}

static void
put_header(struct page *p)
{
	html_raw(&p->h,
	    "<a class=\"skip\" href=\"#main\">Skip to the figures</a>\n"
	    "<header>\n<h1>deliver-at</h1>\n");
	put_age(p);
	html_raw(&p->h, "</header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

static void
put_footer(struct page *p)
{
	html_raw(&p->h,
	    "</main>\n<footer><nav aria-label=\"The same for programs\">\n"
	    "<span>For programs:</span>\n<a href=\"/metrics\">/metrics</a>\n"
	    "<a href=\"/status.json\">/status.json</a>\n"
	    "<a href=\"/healthz\">/healthz</a>\n"
	    "</nav></footer>\n</body>\n</html>\n");
}

/* --- Health --- */

static void
put_finding(struct page *p, const struct health_finding *f)
{
	bool fault = health_is_fault(f->kind);

	html_put(&p->h, "<li class=\"%s\"><strong>%s</strong> %s: ",
	    fault ? "fault" : "note", fault ? "Fault" : "Note",
	    health_name(f->kind));
	html_bdi(&p->h, f->text);
	html_raw(&p->h, "</li>\n");
}

static void
put_health(struct page *p)
{
	const struct health *health = p->health;

	page_begin_section(p, "health", "Health");
	if (health->well && p->s != NULL)
		html_raw(&p->h, "<p class=\"well\">All is well.</p>\n");
	if (health->n > 0)
		html_raw(&p->h, "<ul class=\"findings\">\n");
	for (size_t i = 0; i < health->n && i < HEALTH_KINDS; i++)
		put_finding(p, &health->finding[i]);
	if (health->n > 0)
		html_raw(&p->h, "</ul>\n");
	if (p->s == NULL)
		html_raw(&p->h,
		    "<p>policyd has not told yet what is on hold. It does so"
		    " soon after its start.</p>\n");
	page_end_section(p);
}

/* --- Key figures --- */

static void
begin_figure(struct page *p, const char *class, const char *name)
{
	html_put(&p->h, "<div class=\"%s\"><dt>%s</dt><dd>", class, name);
}

static void
end_figure(struct page *p)
{
	html_raw(&p->h, "</dd></div>\n");
}

/* What is said of it in small letters. */
static void
put_aside(struct page *p, const char *text)
{
	html_put(&p->h, "</dd><dd class=\"soft\">%s", text);
}

static void
put_waiting(struct page *p)
{
	const struct sweep_survey *survey = &p->s->survey;
	char words[HTML_WORDS_SIZE];

	begin_figure(p, "figure", "Waiting");
	html_data(&p->h, "waiting", survey->waiting);
	if (survey->unread > 0) {
		put_aside(p, html_count(survey->unread, words));
		html_raw(&p->h, " more are being looked at");
	}
	end_figure(p);
	begin_figure(p, "figure", "Size of them");
	html_put(&p->h, "<data id=\"waiting-bytes\" value=\"%llu\">%s</data>",
	    (unsigned long long)survey->waiting_bytes,
	    html_size(survey->waiting_bytes, words));
	end_figure(p);
}

static void
put_due(struct page *p)
{
	const struct sweep_survey *survey = &p->s->survey;
	int64_t now_s = p->view->now_s;
	char words[HTML_WORDS_SIZE];

	begin_figure(p, "figure", "Next due");
	if (survey->next_due_s != 0) {
		html_raw(
		    &p->h, html_distance(now_s, survey->next_due_s, words));
		put_aside(p, "");
		html_time(&p->h, survey->next_due_s);
	} else
		html_raw(&p->h, "none");
	end_figure(p);
	begin_figure(
	    p, survey->overdue > 0 ? "figure late" : "figure", "Overdue");
	html_data(&p->h, "overdue", survey->overdue);
	if (survey->overdue > 0 && survey->oldest_due_s < now_s) {
		put_aside(p, "the first for ");
		html_raw(&p->h,
		    html_duration(
			(uint64_t)now_s - (uint64_t)survey->oldest_due_s,
			words));
	}
	end_figure(p);
}

static void
put_released(struct page *p)
{
	uint64_t again = p->s->released[1];
	char words[HTML_WORDS_SIZE];

	begin_figure(p, "figure", "Frozen");
	html_data(&p->h, "frozen", p->s->survey.frozen);
	put_aside(p, "on hold by a rule or an administrator, without an end");
	end_figure(p);
	begin_figure(p, "figure", "Released so far");
	html_data(&p->h, "released", p->s->released[0] + again);
	put_aside(p, "since policyd started");
	if (again > 0)
		html_put(
		    &p->h, ", %s of them by requeue", html_count(again, words));
	end_figure(p);
}

static void
put_paused(struct page *p)
{
	begin_figure(p, p->s->paused ? "figure pause" : "figure", "Paused");
	html_raw(&p->h, p->s->paused ? "yes" : "no");
	if (p->s->paused) {
		put_aside(p, "since ");
		html_time(&p->h, p->s->paused_since_s);
		if (p->s->paused_reason[0] != '\0')
			html_raw(&p->h, ": ");
		html_bdi(&p->h, p->s->paused_reason);
	}
	end_figure(p);
}

static void
put_figures(struct page *p)
{
	page_begin_section(p, "now", "Now");
	html_raw(&p->h, "<dl class=\"figures\">\n");
	put_waiting(p);
	put_due(p);
	put_released(p);
	put_paused(p);
	html_raw(&p->h, "</dl>\n");
	page_end_section(p);
}

bool
page_put(const struct view *view, const struct health *health, struct buf *out)
{
	struct page p = {
	    .h = {.out = out},
	    .view = view,
	    .s = view->snapshot,
	    .health = health,
	};

	put_head(&p);
	put_header(&p);
	put_health(&p);
	if (p.s != NULL) {
		put_figures(&p);
		page_put_leaves(&p);
		page_put_lateness(&p);
		page_put_rules(&p);
		page_put_next(&p);
	}
	page_put_daemons(&p);
	put_footer(&p);
	return !p.h.full;
}
