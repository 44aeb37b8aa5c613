/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/setup_plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

enum { NOTE_SIZE = 2048, VERSION_MAJOR = 3, VERSION_MINOR = 7 };

const char *
setup_op_option(enum setup_op op)
{
	static const char *const options[] = {
	    [SETUP_SET] = "-e",
	    [SETUP_UNSET] = "-X",
	    [SETUP_SERVICE] = "-M",
	    [SETUP_NO_SERVICE] = "-MX",
	    [SETUP_OPTION] = "-P",
	};

	return options[op];
}

bool
setup_refuse(struct setup_draft *d, const char *format, ...)
{
	va_list args;

	if (d->plan->refused)
		return false;
	d->plan->refused = true;
	va_start(args, format);
	vsnprintf(d->plan->refusal, sizeof(d->plan->refusal), format, args);
	va_end(args);
	return false;
}

static void
refuse_size(struct setup_draft *d)
{
	setup_refuse(d, "main.cf is larger than what setup can work with");
}

static char *
copy_text(struct span text)
{
	char *copy = malloc(text.len + 1);

	if (copy != NULL)
		span_to_string(text, copy, text.len + 1);
	return copy;
}

void
setup_add(struct setup_draft *d, enum setup_op op, const char *target,
    struct span value)
{
	struct setup_change change = {.op = op};

	if (d->plan->n == SETUP_CHANGES_MAX) {
		refuse_size(d);
		return;
	}
	change.target = strdup(target);
	change.value = copy_text(value);
	if (change.target == NULL || change.value == NULL) {
		free(change.target);
		free(change.value);
		refuse_size(d);
		return;
	}
	d->plan->change[d->plan->n++] = change;
}

void
setup_note(struct setup_draft *d, const char *format, ...)
{
	char text[NOTE_SIZE];
	va_list args;

	if (d->plan->n_notes == SETUP_NOTES_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d->plan->note[d->plan->n_notes] = strdup(text);
	if (d->plan->note[d->plan->n_notes] != NULL)
		d->plan->n_notes++;
}

void
setup_print(struct setup_draft *d, struct buf *out, const char *format, ...)
{
	va_list args;
	char *room;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	room = n >= 0 ? buf_reserve(out, (size_t)n + 1) : NULL;
	if (room == NULL) {
		refuse_size(d);
		return;
	}
	va_start(args, format);
	vsnprintf(room, (size_t)n + 1, format, args);
	va_end(args);
	buf_commit(out, (size_t)n);
}

bool
setup_get(const struct setup_draft *d, const char *name, struct buf *out)
{
	buf_clear(out);
	return setup_text_main_cf(d->site->main_cf, name, out);
}

bool
setup_is_set(const struct setup_draft *d, const char *name)
{
	struct buf value;
	bool found;

	buf_init(&value, SETUP_VALUE_MAX);
	found = setup_get(d, name, &value);
	buf_free(&value);
	return found;
}

/* The plan says so already: two services may share a list. */
static bool
is_planned(const struct setup_draft *d, const char *name, struct span value)
{
	for (size_t i = 0; i < d->plan->n; i++)
		if (d->plan->change[i].op == SETUP_SET &&
		    strcmp(d->plan->change[i].target, name) == 0 &&
		    span_equal_str(value, d->plan->change[i].value))
			return true;
	return false;
}

void
setup_set(struct setup_draft *d, const char *name, struct span value)
{
	struct buf old;

	if (is_planned(d, name, value))
		return;
	buf_init(&old, SETUP_VALUE_MAX);
	if (!setup_get(d, name, &old) || !span_equal(buf_span(&old), value))
		setup_add(d, SETUP_SET, name, value);
	buf_free(&old);
}

void
setup_unset(struct setup_draft *d, const char *name)
{
	if (setup_is_set(d, name))
		setup_add(d, SETUP_UNSET, name, span_of("", 0));
}

bool
setup_is_chrooted(
    const struct setup_draft *d, const struct view_service *service)
{
	struct span level = {"", 0};

	if (!span_equal_str(service->chroot, "-"))
		return span_equal_str(service->chroot, "y");
	view_parameter(d->site->view, span_str("compatibility_level"), &level);
	return level.len == 0 || level.data[0] == '0';
}

/* 3.7 is the first with tables that are written in main.cf. */
static bool
is_postfix_new_enough(struct setup_draft *d)
{
	struct span version = {"", 0}, rest, part;
	uint64_t major = 0, minor = 0;
	size_t digits = 0;

	view_parameter(d->site->view, span_str("mail_version"), &version);
	rest = version;
	if (span_cut(&rest, '.', &part))
		span_to_u64(part, INT32_MAX, &major);
	if (!span_cut(&rest, '.', &part))
		part = rest;
	while (digits < part.len && ascii_is_digit(part.data[digits]))
		digits++;
	span_to_u64(span_head(part, digits), INT32_MAX, &minor);
	if (major > VERSION_MAJOR ||
	    (major == VERSION_MAJOR && minor >= VERSION_MINOR))
		return true;
	return setup_refuse(d,
	    "Postfix is %.*s, and setup needs 3.7 or later, which takes tables "
	    "in main.cf itself; for 3.5 and 3.6, README tells how to write "
	    "them into files (Into your own Postfix)",
	    (int)version.len, version.data);
}

/* What was put in by hand, or for the other mode, has to be taken out first. */
static bool
is_free_for(struct setup_draft *d)
{
	struct buf checks;
	bool here, by_hand;

	buf_init(&checks, SETUP_VALUE_MAX);
	setup_get(d, "header_checks", &checks);
	here = setup_text_has(buf_span(&checks), SETUP_TABLES_REF);
	by_hand =
	    setup_is_set(d, SETUP_TABLES) && !setup_is_set(d, SETUP_OTHER);
	for (struct span rest = buf_span(&checks), table;
	     view_next_element(&rest, &table);)
		by_hand = by_hand || view_is_our_table(table);
	buf_free(&checks);
	if (by_hand)
		return setup_refuse(d,
		    "the recipe of README is in main.cf already, by hand; "
		    "\"policyctl check\" tells whether it is right. For setup "
		    "to do it, take that out first");
	if (here && !d->everywhere)
		return setup_refuse(d,
		    "deliver-at is set up for everything; for submission only, "
		    "run \"policyctl setup --undo\" first");
	if (setup_is_set(d, SETUP_SERVICES) && d->everywhere)
		return setup_refuse(d,
		    "deliver-at is set up for submission only; for everything, "
		    "run \"policyctl setup --undo\" first");
	return true;
}

void
setup_plan_make(
    struct setup_plan *plan, const struct setup_site *site, bool everywhere)
{
	struct setup_draft d = {plan, site, everywhere};

	memset(plan, 0, sizeof(*plan));
	if (!is_postfix_new_enough(&d) || !is_free_for(&d))
		return;
	if (everywhere)
		setup_everywhere(&d);
	else
		setup_submission(&d);
	if (!plan->refused && site->settings->rules_file[0] != '\0')
		setup_rules(&d);
}

void
setup_plan_free(struct setup_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->change[i].target);
		free(plan->change[i].value);
	}
	for (size_t i = 0; i < plan->n_notes; i++)
		free(plan->note[i]);
	plan->n = plan->n_notes = 0;
}
