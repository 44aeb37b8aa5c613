/* SPDX-License-Identifier: ISC */
/* Taking out what setup put in, and nothing else. */
#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

#define CLEANUP_NAME "cleanup_service_name"

static struct span
or_empty(const struct setup_draft *d, const char *name, struct buf *out)
{
	setup_get(d, name, out);
	return buf_span(out);
}

/* header_checks without us: the site's tables, and what was added by hand. */
static void
restore_header_checks(struct setup_draft *d, struct span ours)
{
	struct buf value, other, without, plain, whole;
	struct span old, tables;
	bool ok;

	buf_init(&value, SETUP_VALUE_MAX);
	buf_init(&other, SETUP_VALUE_MAX);
	buf_init(&without, SETUP_VALUE_MAX);
	buf_init(&plain, SETUP_VALUE_MAX);
	buf_init(&whole, SETUP_VALUE_MAX);
	old = or_empty(d, "header_checks", &value);
	tables = or_empty(d, SETUP_OTHER, &other);
	ok = setup_text_replace(old, SETUP_TABLES_REF, ours, &without) &&
	    setup_text_replace(
		buf_span(&without), SETUP_OTHER_REF, tables, &plain) &&
	    setup_text_replace(
		buf_span(&plain), SETUP_OTHER_EMPTY_REF, tables, &whole);
	if (!ok)
		setup_refuse(d, "header_checks in main.cf is too long");
	else if (!span_equal(buf_span(&whole), old) && buf_len(&whole) == 0 &&
	    !setup_text_has(old, SETUP_OTHER_EMPTY_REF))
		setup_unset(d, "header_checks");
	else if (!span_equal(buf_span(&whole), old))
		setup_set(d, "header_checks", buf_span(&whole));
	else if (tables.len > 0)
		setup_note(d,
		    "header_checks was changed by hand; what it was before "
		    "setup was: %.*s",
		    (int)tables.len, tables.data);
	buf_free(&value);
	buf_free(&other);
	buf_free(&without);
	buf_free(&plain);
	buf_free(&whole);
}

/* mime_header_checks and the like: what they said, or nothing. */
static void
restore_inner(struct setup_draft *d, const char *name)
{
	struct buf value, plain, back;
	struct span old;

	buf_init(&value, SETUP_VALUE_MAX);
	buf_init(&plain, SETUP_VALUE_MAX);
	buf_init(&back, SETUP_VALUE_MAX);
	old = or_empty(d, name, &value);
	if (span_equal_str(old, SETUP_OTHER_REF))
		setup_unset(d, name);
	else if (old.len > 0 &&
	    setup_text_replace(
		old, SETUP_OTHER_REF, span_str("$header_checks"), &plain) &&
	    setup_text_rename_back(
		buf_span(&plain), "header_checks", SETUP_OTHER, &back))
		setup_set(d, name, buf_span(&back));
	buf_free(&value);
	buf_free(&plain);
	buf_free(&back);
}

/* What a parameter will be when the plan is done; false: not there. */
static bool
value_after(struct setup_draft *d, struct span name, struct span *value)
{
	for (size_t i = d->plan->n; i > 0; i--) {
		const struct setup_change *c = &d->plan->change[i - 1];

		if (!span_equal_str(name, c->target))
			continue;
		*value = span_str(c->value);
		return c->op == SETUP_SET;
	}
	return true;
}

/* Who will still refer to a parameter of ours when the plan is done. */
static bool
is_still_used(
    struct setup_draft *d, const char *name, bool without_service, char who[64])
{
	struct span rest = d->site->view->explicit, at, value;

	while (view_next_setting(&rest, &at, &value)) {
		if (!value_after(d, at, &value) ||
		    setup_text_refers(value, name) == REFERENCE_NONE)
			continue;
		span_to_string(at.len < 64 ? at : span_head(at, 63), who, 64);
		return true;
	}
	rest = d->site->view->overrides;
	while (view_next_setting(&rest, &at, &value)) {
		if (without_service &&
		    span_starts_with(at, SETUP_CLEANUP "/unix/"))
			continue;
		if (setup_text_refers(value, name) == REFERENCE_NONE)
			continue;
		span_to_string(at.len < 64 ? at : span_head(at, 63), who, 64);
		return true;
	}
	return false;
}

/* Takes a parameter of ours out, unless somebody refers to it. */
static void
drop(struct setup_draft *d, const char *name, struct span value_if_used)
{
	char who[64];

	if (!setup_is_set(d, name))
		return;
	if (!is_still_used(d, name, true, who)) {
		setup_unset(d, name);
		return;
	}
	setup_set(d, name, value_if_used);
	setup_note(d,
	    "%s stays, as %s refers to it by hand; take it out there first",
	    name, who);
}

/*
 * Why our service has to stay: there is something of the administrator's in
 * it, or somebody else uses it. NULL: it can go.
 */
static const char *
why_service_stays(struct setup_draft *d, struct span others)
{
	struct span rest = d->site->view->services, word;
	struct view_service s, ours, cleanup;
	struct buf route;
	bool routed;

	if (!view_find_service(
		d->site->view, span_str(SETUP_CLEANUP), "unix", &ours))
		return NULL;
	if (others.len > 0)
		return SETUP_TABLES " has tables of yours";
	if (setup_find_cleanup(d, &cleanup) &&
	    setup_entry_has_more(&ours, &cleanup, &word))
		return "its entry has options that setup did not put there";
	while (view_next_service(&rest, &s))
		if (view_override(
			d->site->view, &s, span_str(CLEANUP_NAME), &word) &&
		    span_equal_str(word, SETUP_CLEANUP))
			return "another entry of master.cf has -o "
			       "cleanup_service_name=" SETUP_CLEANUP;
	buf_init(&route, SETUP_VALUE_MAX);
	setup_get(d, CLEANUP_NAME, &route);
	routed =
	    setup_text_contains(buf_span(&route), span_str(SETUP_CLEANUP)) &&
	    !span_equal_str(buf_span(&route), SETUP_ROUTE("cleanup")) &&
	    !span_equal_str(
		buf_span(&route), SETUP_ROUTE("$" SETUP_OTHER_CLEANUP));
	buf_free(&route);
	return routed ? "cleanup_service_name was changed by hand" : NULL;
}

static void
restore_route(struct setup_draft *d)
{
	struct buf route, other;

	buf_init(&route, SETUP_VALUE_MAX);
	buf_init(&other, SETUP_VALUE_MAX);
	setup_get(d, CLEANUP_NAME, &route);
	if (span_equal_str(
		buf_span(&route), SETUP_ROUTE("$" SETUP_OTHER_CLEANUP)) &&
	    setup_get(d, SETUP_OTHER_CLEANUP, &other))
		setup_set(d, CLEANUP_NAME, buf_span(&other));
	else if (setup_text_contains(buf_span(&route), span_str(SETUP_CLEANUP)))
		setup_unset(d, CLEANUP_NAME);
	drop(d, SETUP_SERVICES, span_of("", 0));
	drop(d, SETUP_OTHER_CLEANUP, buf_span(&other));
	buf_free(&route);
	buf_free(&other);
}

static void
undo_all(struct setup_draft *d, struct span others)
{
	struct view_service ours;
	struct buf other;

	restore_route(d);
	restore_header_checks(d, others);
	restore_inner(d, "mime_header_checks");
	restore_inner(d, "nested_header_checks");
	if (view_find_service(
		d->site->view, span_str(SETUP_CLEANUP), "unix", &ours))
		setup_add(
		    d, SETUP_NO_SERVICE, SETUP_CLEANUP "/unix", span_of("", 0));
	drop(d, SETUP_TABLES, others);
	buf_init(&other, SETUP_VALUE_MAX);
	setup_get(d, SETUP_OTHER, &other);
	drop(d, SETUP_OTHER, buf_span(&other));
	buf_free(&other);
}

void
setup_plan_undo(struct setup_plan *plan, const struct setup_site *site)
{
	struct setup_draft d = {plan, site, false};
	struct buf tables, others;
	const char *why;

	memset(plan, 0, sizeof(*plan));
	/* Only setup sets this one: a recipe put in by hand is not its own. */
	if (!setup_is_set(&d, SETUP_OTHER))
		return;
	buf_init(&tables, SETUP_VALUE_MAX);
	buf_init(&others, SETUP_VALUE_MAX);
	setup_get(&d, SETUP_TABLES, &tables);
	if (!setup_tables_of_others(buf_span(&tables), &others))
		setup_refuse(&d, SETUP_TABLES " is too long");
	setup_rules_undo(&d);
	why = why_service_stays(&d, buf_span(&others));
	if (why == NULL) {
		undo_all(&d, buf_span(&others));
	} else {
		setup_set(&d, SETUP_TABLES, buf_span(&others));
		setup_note(&d,
		    "the service " SETUP_CLEANUP " stays, without asking "
		    "hdrcheck: %s. Take that out and run this again to remove "
		    "it",
		    why);
	}
	drop(&d, SETUP_RULES, span_of("", 0));
	buf_free(&tables);
	buf_free(&others);
}
