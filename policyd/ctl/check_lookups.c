/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_lookups.h"

#include <stdio.h>
#include <stdlib.h>

#include "hdrcheck/base/clock.h"
#include "policyd/ctl/check_headers.h"

enum {
	AHEAD_S = 60, /* of a date that is a little ahead */
	MARGIN_S = 60, /* for the time that all this takes */
	BEYOND_S = 86400,
};

static char *
copy(struct span text)
{
	char *out = malloc(text.len + 1);

	if (out == NULL)
		return NULL;
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return out;
}

static bool
add_table(struct check_lookup *l, struct span table)
{
	char **grown =
	    realloc(l->table, (l->n_tables + 1) * sizeof(l->table[0]));
	char *text = copy(table);

	if (grown != NULL)
		l->table = grown;
	if (grown == NULL || text == NULL || l->n_tables == HANDS_TABLES_MAX) {
		free(text);
		return false;
	}
	l->table[l->n_tables++] = text;
	return true;
}

static struct check_lookup *
add(struct check_lookups *lookups, enum lookup_kind kind,
    const struct view_service *cleanup, struct span key)
{
	struct check_lookup *l;

	if (lookups->n == LOOKUPS_MAX)
		return NULL;
	l = &lookups->lookup[lookups->n];
	l->kind = kind;
	l->cleanup = *cleanup;
	l->key = copy(key);
	if (l->key == NULL)
		return NULL;
	lookups->n++;
	return l;
}

/* A header with a date. */
static struct check_lookup *
add_date(struct check_lookups *lookups, enum lookup_kind kind,
    const struct view_service *cleanup, const char *header, int64_t moment_s)
{
	char date[CLOCK_RFC5322_SIZE], key[LOOKUP_KEY_MAX];
	struct check_lookup *l;

	snprintf(key, sizeof(key), "%s: %s", header,
	    clock_format_rfc5322(moment_s, date));
	l = add(lookups, kind, cleanup, span_str(key));
	if (l != NULL)
		snprintf(l->header, sizeof(l->header), "%s", header);
	return l;
}

static void
plan_dates(struct check_lookups *lookups, const struct check_site *site,
    const struct view_service *cleanup, const struct tables *t, int64_t now_s)
{
	const struct header_names *names = &site->settings->header_names;
	int64_t most_s = site->settings->max_postpone_s;
	int64_t ahead_s = AHEAD_S < most_s ? AHEAD_S : most_s;
	struct check_lookup *l;

	for (size_t i = 0; i < names->n; i++) {
		l = add_date(lookups, LOOKUP_DATE, cleanup, names->name[i],
		    now_s + ahead_s);
		if (l != NULL)
			add_table(l, t->ours);
	}
	l = add_date(lookups, LOOKUP_BEYOND, cleanup, names->name[0],
	    now_s + most_s + BEYOND_S);
	if (l != NULL)
		add_table(l, t->ours);
	if (most_s <= 2 * MARGIN_S)
		return;
	l = add_date(lookups, LOOKUP_WITHIN, cleanup, names->name[0],
	    now_s + most_s - MARGIN_S);
	if (l != NULL)
		add_table(l, t->ours);
}

/* As header_checks do it: the first table that knows answers. */
static void
plan_whole(struct check_lookups *lookups, const struct check_site *site,
    const struct view_service *cleanup, const struct tables *t, int64_t now_s)
{
	struct check_lookup *l = add_date(lookups, LOOKUP_WHOLE, cleanup,
	    site->settings->header_names.name[0], now_s + AHEAD_S);
	struct span rest = buf_span(&t->text), table;

	while (l != NULL && view_next_element(&rest, &table)) {
		if (!add_table(l, table) || table.data == t->ours.data)
			break;
	}
}

/* As smtpd writes it for a user. */
static const char received[] =
    "Received: from localhost (localhost [127.0.0.1])\n"
    "\tby localhost (Postfix) with ESMTPSA id 4bXyZ12Abcz9QkR\n"
    "\tfor <user@example.org>; Thu, 1 Jan 2026 00:00:00 +0000 (UTC)";

static void
plan_received(struct check_lookups *lookups, const struct check_site *site,
    const struct view_service *cleanup, const struct tables *t)
{
	struct span rest = buf_span(&t->text), table;

	while (view_next_element(&rest, &table)) {
		struct check_lookup *l;

		if (table.data == t->ours.data ||
		    tables_is_guard(site, table, t->files))
			continue;
		l = add(lookups, LOOKUP_RECEIVED, cleanup, span_str(received));
		if (l != NULL)
			add_table(l, table);
	}
}

/* Services that nothing leads to are not asked about. */
static bool
is_used(const struct entries *entries, const struct view_service *cleanup)
{
	for (size_t i = 0; i < entries->n; i++)
		if (entries->entry[i].has_cleanup &&
		    span_equal(entries->entry[i].cleanup.name, cleanup->name))
			return true;
	return false;
}

void
lookups_plan(struct check_lookups *lookups, const struct check_site *site,
    const struct entries *entries, int64_t now_s)
{
	struct span rest = site->view->services;
	struct view_service service;
	struct tables t;

	while (view_next_service(&rest, &service)) {
		if (!span_equal_str(service.command, "cleanup") ||
		    !is_used(entries, &service))
			continue;
		tables_read(&t, site, &service, "header_checks");
		if (t.asks) {
			plan_dates(lookups, site, &service, &t, now_s);
			plan_whole(lookups, site, &service, &t, now_s);
			if (site->settings->rules_file[0] != '\0')
				plan_received(lookups, site, &service, &t);
		}
		tables_free(&t);
	}
}

void
lookups_free(struct check_lookups *lookups)
{
	for (size_t i = 0; i < lookups->n; i++) {
		struct check_lookup *l = &lookups->lookup[i];

		for (size_t t = 0; t < l->n_tables; t++)
			free(l->table[t]);
		free(l->table);
		free(l->key);
	}
	memset(lookups, 0, sizeof(*lookups));
}

static bool
says(const struct check_lookup *l, const char *action)
{
	struct span answer = span_str(l->answer);
	size_t n = strlen(action);

	return answer.len >= n &&
	    span_equal_nocase(span_head(answer, n), span_str(action)) &&
	    (answer.len == n || ascii_is_blank(answer.data[n]));
}

bool
lookups_reached(const struct check_lookups *lookups)
{
	bool reached = false;

	for (size_t i = 0; i < lookups->n; i++) {
		if (lookups->lookup[i].kind != LOOKUP_DATE)
			continue;
		if (lookups->lookup[i].answer[0] == '\0')
			return false;
		reached = true;
	}
	return reached;
}

static struct finding *
add_finding(const struct check_site *site, enum finding_kind kind,
    const struct check_lookup *l)
{
	struct finding *f = finding_add(site->findings, kind);
	char name[ENTRY_NAME_SIZE];

	finding_say(f, "%s: ", entry_name(&l->cleanup, name));
	return f;
}

static void
judge_date(
    const struct check_lookup *l, const struct check_site *site, bool down)
{
	struct finding *f;

	if (says(l, "HOLD")) {
		findings_say_fine(site->findings,
		    "lookup through Postfix for %.*s: %s",
		    (int)l->cleanup.name.len, l->cleanup.name.data, l->answer);
		return;
	}
	if (down)
		return;
	f = add_finding(site, FINDING_LOOKUP, l);
	finding_say(f, "Postfix asked about %s with a date that is ahead, and ",
	    l->header);
	if (l->answer[0] != '\0')
		finding_say(f, "got \"%s\" instead of HOLD", l->answer);
	else
		finding_say(f, "got no answer%s%s",
		    l->errors[0] != '\0' ? ": " : "", l->errors);
	check_headers_mend(f, site, &l->cleanup);
}

static void
judge_limit(const struct check_lookup *l, const struct check_site *site)
{
	char most[CLOCK_DURATION_SIZE];
	struct finding *f;

	if (findings_have(site->findings, FINDING_HDRCHECK_STALE))
		return;
	f = finding_add(site->findings, FINDING_HDRCHECK_STALE);
	finding_say(f,
	    "hdrcheck goes by another max_postpone than %s has (%s): it "
	    "says \"%s\"",
	    site->file,
	    clock_format_duration(site->settings->max_postpone_s, most),
	    l->answer);
	mend_reload(f, site, CHECK_HDRCHECK);
}

static void
judge_whole(const struct check_lookup *l, const struct check_site *site)
{
	struct finding *f = add_finding(site, FINDING_HIDDEN, l);

	finding_say(f,
	    "a table before hdrcheck answers \"%s\" for our header, so mail "
	    "with a date leaves at once",
	    l->answer);
	check_headers_mend(f, site, &l->cleanup);
}

static void
judge_received(const struct check_lookup *l, const struct check_site *site)
{
	struct finding *f = add_finding(site, FINDING_RECEIVED_REMOVED, l);

	finding_say(f,
	    "header_checks take Received headers away (\"%s\"), by which a "
	    "rule's header is told from a sender's: ",
	    l->answer);
	finding_say_span(f, span_str(l->table[0]));
	check_headers_move_out(f, site, &l->cleanup, span_str(l->table[0]));
}

void
lookups_judge(const struct check_lookups *lookups,
    const struct check_site *site, bool down)
{
	for (size_t i = 0; i < lookups->n; i++) {
		const struct check_lookup *l = &lookups->lookup[i];

		if (l->kind == LOOKUP_DATE)
			judge_date(l, site, down);
		else if (l->kind == LOOKUP_WITHIN && says(l, "REJECT"))
			judge_limit(l, site);
		else if (l->kind == LOOKUP_BEYOND && says(l, "HOLD"))
			judge_limit(l, site);
		else if (l->kind == LOOKUP_WHOLE && l->answer[0] != '\0' &&
		    !says(l, "HOLD"))
			judge_whole(l, site);
		else if (l->kind == LOOKUP_RECEIVED &&
		    (says(l, "IGNORE") || says(l, "STRIP") ||
			says(l, "REPLACE")))
			judge_received(l, site);
	}
}
