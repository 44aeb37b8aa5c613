/* SPDX-License-Identifier: ISC */
/*
 * The tables: rules, and the messages that leave next.
 */
#include "policyd/web/page_private.h"

enum {
	/*
	 * Of the rules' rows; SNAPSHOT_RULES_MAX with names that rules can
	 * have take less.
	 */
	RULES_BYTES_MAX = 156 * 1024,
};

#define NOTHING "&#8211;"

/* A table that may be wider than the window: keys move it, too. */
static void
begin_table(struct page *p, const char *id, const char *caption)
{
	html_put(&p->h,
	    "<div class=\"wide\" role=\"region\" tabindex=\"0\""
	    " aria-labelledby=\"%s-caption\">\n<table id=\"%s-table\">"
	    "<caption id=\"%s-caption\">%s</caption>\n<thead><tr>",
	    id, id, id, caption);
}

static void
put_head(struct page *p, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		html_put(&p->h, "<th scope=\"col\">%s</th>", names[i]);
	html_raw(&p->h, "</tr></thead>\n<tbody>\n");
}

static void
end_table(struct page *p)
{
	html_raw(&p->h, "</tbody></table></div>\n");
}

/* --- Rules --- */

static bool
is_quiet(const struct snapshot_rule *rule)
{
	return rule->hits == 0 && rule->waiting == 0;
}

static void
put_rule(struct page *p, const struct snapshot_rule *rule)
{
	char hits[HTML_WORDS_SIZE], waiting[HTML_WORDS_SIZE];

	html_raw(&p->h, "<tr><th scope=\"row\">");
	html_bdi(&p->h, rule->name);
	html_raw(&p->h, "</th><td>");
	html_text(&p->h, span_str(rule->action));
	html_put(&p->h, "</td><td>%s</td><td>%s</td></tr>\n",
	    html_count(rule->hits, hits), html_count(rule->waiting, waiting));
}

/* Returns how many are folded: they have nothing to tell, or there is no room.
 */
static uint64_t
put_rules_rows(struct page *p, uint64_t *left_out)
{
	size_t limit = buf_len(p->h.out) + RULES_BYTES_MAX;
	uint64_t quiet = 0;

	*left_out = 0;
	for (size_t i = 0; i < p->s->n_rules && i < SNAPSHOT_RULES_MAX; i++) {
		if (is_quiet(&p->s->rule[i]))
			quiet++;
		else if (buf_len(p->h.out) > limit)
			++*left_out;
		else
			put_rule(p, &p->s->rule[i]);
	}
	return quiet;
}

/* Mail for which no rule of the table says when. */
static void
put_others(struct page *p)
{
	const struct {
		const char *name;
		uint64_t waiting;
	} others[] = {
	    {"(sender)", p->s->waiting_own},
	    {"(administrator)", p->s->waiting_by_hand},
	    {"(other)", p->s->waiting_other},
	};
	char words[HTML_WORDS_SIZE];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		html_put(&p->h,
		    "<tr><th scope=\"row\">%s</th><td>" NOTHING
		    "</td><td>" NOTHING "</td><td>%s</td></tr>\n",
		    others[i].name, html_count(others[i].waiting, words));
}

static void
put_folded(struct page *p, uint64_t n, const char *one, const char *more)
{
	char words[HTML_WORDS_SIZE];

	if (n > 0)
		html_put(&p->h, "<p class=\"soft\">%s %s</p>\n",
		    html_count(n, words), n == 1 ? one : more);
}

void
page_put_rules(struct page *p)
{
	static const char *const heads[] = {
	    "Rule", "Action", "Hits", "On hold"};
	uint64_t quiet, left_out;

	page_begin_section(p, "rules", "Rules");
	if (!p->s->has_rules)
		html_raw(&p->h, "<p>No file of rules is set.</p>\n");
	begin_table(
	    p, "rules", "Who says until when; hits since policyd started");
	put_head(p, heads, 4);
	quiet = put_rules_rows(p, &left_out);
	put_others(p);
	end_table(p);
	put_folded(p, quiet,
	    "more rule has no hits, and nothing is on hold because of it.",
	    "more rules have no hits, and nothing is on hold because of"
	    " them.");
	put_folded(p, left_out, "more rule has no room here.",
	    "more rules have no room here.");
	put_folded(p, p->s->other_rules,
	    "more rule of the file is not counted by name.",
	    "more rules of the file are not counted by name.");
	page_end_section(p);
}

/* --- The next messages --- */

static void
put_why(struct page *p, const struct snapshot_message *m)
{
	if (m->by_hand)
		html_raw(&p->h, "an administrator");
	else if (m->rule[0] == '\0')
		html_raw(&p->h, "its sender");
	else
		html_bdi(&p->h, m->rule);
}

static void
put_text_cell(struct page *p, const char *text, const char *if_empty)
{
	html_raw(&p->h, "<td class=\"text\">");
	if (text[0] == '\0')
		html_raw(&p->h, if_empty);
	else
		html_bdi(&p->h, text);
}

static void
put_texts(struct page *p, const struct snapshot_message *m)
{
	char words[HTML_WORDS_SIZE];

	if (!m->has_texts) {
		html_raw(&p->h,
		    "<td class=\"text\" colspan=\"3\">not read yet</td>");
		return;
	}
	put_text_cell(p, m->sender, "&lt;&gt;");
	html_raw(&p->h, "</td>");
	put_text_cell(p, m->recipient, NOTHING);
	if (m->recipients > 1)
		html_put(&p->h, " <span class=\"soft\">+%s more</span>",
		    html_count(m->recipients - 1, words));
	html_raw(&p->h, "</td>");
	put_text_cell(p, m->subject, NOTHING);
	html_raw(&p->h, "</td>");
}

static void
put_from_now(struct page *p, int64_t due_s)
{
	int64_t now_s = p->view->now_s;
	char words[HTML_WORDS_SIZE];

	if (due_s >= now_s)
		html_put(
		    &p->h, "<td>%s</td>", html_distance(now_s, due_s, words));
	else
		html_put(&p->h, "<td class=\"late\">overdue by %s</td>",
		    html_duration((uint64_t)now_s - (uint64_t)due_s, words));
}

static void
put_message(struct page *p, const struct snapshot_message *m)
{
	char id[QID_SIZE], words[HTML_WORDS_SIZE];

	qid_format(&m->id, id);
	html_put(&p->h, "<tr><th scope=\"row\">%s</th><td>", id);
	html_time(&p->h, m->due_s);
	html_raw(&p->h, "</td>");
	put_from_now(p, m->due_s);
	html_raw(&p->h, "<td>");
	html_time(&p->h, m->arrival_s);
	html_put(&p->h, "</td><td>%s</td><td class=\"text\">",
	    html_size(m->size, words));
	put_why(p, m);
	html_raw(&p->h, "</td>");
	if (p->s->shows_texts)
		put_texts(p, m);
	html_raw(&p->h, "</tr>\n");
}

void
page_put_next(struct page *p)
{
	static const char *const heads[] = {"Queue id", "Due", "From now",
	    "Arrived", "Size", "Who says", "Sender", "Recipient", "Subject"};
	uint64_t n =
	    p->s->n_next < SNAPSHOT_NEXT_MAX ? p->s->n_next : SNAPSHOT_NEXT_MAX;
	uint64_t waiting = p->s->survey.waiting;

	page_begin_section(p, "next", "Next to leave");
	if (n == 0) {
		html_raw(&p->h, "<p>Nothing waits for its moment.</p>\n");
		page_end_section(p);
		return;
	}
	begin_table(p, "next", "By due time");
	put_head(p, heads, p->s->shows_texts ? 9 : 6);
	for (size_t i = 0; i < n; i++)
		put_message(p, &p->s->next[i]);
	end_table(p);
	put_folded(p, waiting > n ? waiting - n : 0, "more message waits.",
	    "more messages wait.");
	page_end_section(p);
}
