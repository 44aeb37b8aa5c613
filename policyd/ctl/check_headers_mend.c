/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_headers.h"

#include <stdio.h>

#include "hdrcheck/lookup.h"

enum { PATTERN_SIZE = 2048 /* bytes of a regular expression */ };

/* "X-Deliver-At", or "(X-Deliver-At|X-Other)". */
static const char *
header_pattern(const struct check_site *site, char out[PATTERN_SIZE])
{
	const struct header_names *names = &site->settings->header_names;
	size_t used = 0;

	for (size_t i = 0; i < names->n && used < PATTERN_SIZE; i++) {
		int n = snprintf(out + used, PATTERN_SIZE - used, "%s%s",
		    i > 0              ? "|"
			: names->n > 1 ? "("
				       : "",
		    names->name[i]);

		used += n > 0 ? (size_t)n : 0;
	}
	if (names->n > 1 && used < PATTERN_SIZE - 1)
		snprintf(out + used, PATTERN_SIZE - used, ")");
	return out;
}

/* Our two tables, as README has them; kind and server of t. */
static bool
add_ours(
    struct buf *list, const struct check_site *site, const struct tables *t)
{
	bool tcp = span_starts_with(t->ours, "tcp:") ||
	    (!span_starts_with(t->server, "unix:") &&
		!span_starts_with(t->server, "inet:"));
	char pattern[PATTERN_SIZE], text[2 * PATTERN_SIZE];
	int n;

	header_pattern(site, pattern);
	n = snprintf(text, sizeof(text),
	    "regexp:{{/^%s[[:space:]]*:.{2000}/ REJECT 5.6.0 %s: line too "
	    "long}}, pipemap:{regexp:{{/^(%s[[:space:]]*:.*)$$/ $$1}}, "
	    "%s:%.*s%s}",
	    pattern, site->settings->header_names.name[0], pattern,
	    tcp ? "tcp" : "socketmap", (int)t->server.len, t->server.data,
	    tcp ? "" : ":" LOOKUP_MAP);
	return n >= 0 && (size_t)n < sizeof(text) &&
	    mend_list_add(list, span_str(text), false);
}

/* A value that is nothing but "$name" or "${name}". */
static bool
is_reference(struct span value, struct span *name)
{
	if (value.len < 2 || value.data[0] != '$')
		return false;
	*name = span_skip(value, 1);
	if (name->data[0] == '{' && name->data[name->len - 1] == '}')
		*name = span_of(name->data + 1, name->len - 2);
	for (size_t i = 0; i < name->len; i++)
		if (!ascii_is_alnum(name->data[i]) && name->data[i] != '_')
			return false;
	return name->len > 0;
}

/* Where a list is written: a name in main.cf, or the service's own "-o". */
struct written {
	struct span name; /* empty: of the service */
	struct span value;
};

static struct written
find_written(const struct check_site *site, const struct view_service *cleanup)
{
	static const struct span header_checks = SPAN("header_checks");
	struct written w = {.name = {"", 0}, .value = {"", 0}};
	struct span name, value;

	view_raw(site->view, cleanup, header_checks, &w.value);
	if (!view_override(site->view, cleanup, header_checks, &value))
		w.name = header_checks;
	while (is_reference(w.value, &name) &&
	    view_setting(site->view, name, &value) &&
	    !view_override(site->view, cleanup, name, &value) &&
	    !span_equal(name, w.name))
		w = (struct written){.name = name, .value = value};
	return w;
}

/*
 * Adds what is not ours. The list as it is written, with its $names, if that is
 * where ours stands; else as Postfix sees it.
 */
static bool
add_others(struct buf *list, const struct check_site *site, struct span value,
    bool literal, bool *met)
{
	struct span table, server;
	bool ok = true, bare;

	*met = false;
	while (ok && view_next_element(&value, &table)) {
		if (tables_is_ours(site, table, &server, &bare))
			*met = true;
		else if (!tables_is_guard(site, table, false))
			ok = mend_list_add(list, table, literal);
	}
	return ok;
}

/* Appends all but ours; *met: ours was where it is written. */
static bool
list_others(struct buf *list, const struct check_site *site,
    const struct tables *t, struct span written, bool *met)
{
	struct buf others;
	bool ok, unused;

	buf_init(&others, VIEW_VALUE_MAX);
	ok = add_others(&others, site, written, false, met);
	if (!*met) {
		buf_clear(&others);
		ok = add_others(
		    &others, site, buf_span(&t->text), true, &unused);
	}
	if (ok && buf_len(&others) > 0)
		ok = mend_list_add(list, buf_span(&others), false);
	buf_free(&others);
	return ok;
}

void
check_headers_mend_attached(struct finding *f, const struct check_site *site,
    const struct view_service *cleanup, const char *parameter,
    const struct tables *t)
{
	static const struct span nothing = SPAN("");
	struct span value;
	struct buf list;
	bool met;

	buf_init(&list, VIEW_VALUE_MAX);
	if (!list_others(&list, site, t, nothing, &met))
		f->cut = true;
	mend_parameter(f, site, cleanup,
	    view_override(
		site->view, cleanup, span_str("header_checks"), &value),
	    parameter, buf_span(&list));
	mend_postfix(f, site, "postfix", "reload");
	buf_free(&list);
}

static void
set_list(struct finding *f, const struct check_site *site,
    const struct view_service *cleanup, const struct written *w, bool met,
    struct span value)
{
	if (met && w->name.len > 0)
		mend_main(f, site, w->name, value);
	else
		mend_parameter(f, site, cleanup, false, "header_checks", value);
}

void
check_headers_mend(struct finding *f, const struct check_site *site,
    const struct view_service *cleanup)
{
	struct written w = find_written(site, cleanup);
	struct tables t;
	struct buf list;
	bool met = false;

	tables_read(&t, site, cleanup, "header_checks");
	buf_init(&list, VIEW_VALUE_MAX);
	if (add_ours(&list, site, &t) &&
	    list_others(&list, site, &t, w.value, &met))
		set_list(f, site, cleanup, &w, met, buf_span(&list));
	else
		f->cut = true;
	mend_postfix(f, site, "postfix", "reload");
	buf_free(&list);
	tables_free(&t);
}

static bool
list_without(struct buf *list, struct span tables, struct span without)
{
	struct span table;
	bool ok = true;

	while (ok && view_next_element(&tables, &table))
		if (!span_equal(table, without))
			ok = mend_list_add(list, table, true);
	return ok;
}

void
check_headers_move_out(struct finding *f, const struct check_site *site,
    const struct view_service *cleanup, struct span table)
{
	static const struct span out = SPAN("smtp_header_checks");
	struct buf list, outgoing;
	struct span old = {"", 0};
	struct tables t;

	tables_read(&t, site, cleanup, "header_checks");
	buf_init(&list, VIEW_VALUE_MAX);
	buf_init(&outgoing, VIEW_VALUE_MAX);
	view_setting(site->view, out, &old);
	f->cut = f->cut || !list_without(&list, buf_span(&t.text), table) ||
	    (old.len > 0 && !mend_list_add(&outgoing, old, false)) ||
	    !mend_list_add(&outgoing, table, true);
	mend_main(f, site, out, buf_span(&outgoing));
	mend_parameter(
	    f, site, cleanup, false, "header_checks", buf_span(&list));
	mend_postfix(f, site, "postfix", "reload");
	buf_free(&outgoing);
	buf_free(&list);
	tables_free(&t);
}
