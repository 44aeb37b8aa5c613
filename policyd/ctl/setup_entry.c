/* SPDX-License-Identifier: ISC */
/* Our entry of master.cf: a cleanup service like the site's, that asks us. */
#include <stdio.h>

#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

static const char *const inner[] = {
    "mime_header_checks", "nested_header_checks"};

/* Appends an option for an entry of master.cf. */
static void
print_option(
    struct setup_draft *d, struct buf *out, const char *name, struct span value)
{
	bool plain = true;

	for (size_t i = 0; i < value.len; i++)
		plain = plain && !ascii_is_blank(value.data[i]);
	setup_print(d, out, plain ? " -o %s=%.*s" : " -o {%s=%.*s}", name,
	    (int)value.len, value.data);
}

/* The option's value in those arguments, blanks and all; the last counts. */
static bool
find_option(struct span arguments, const char *name, struct span *value)
{
	struct span word, found_name, found;
	bool after_o = false, result = false;

	while (setup_text_next_argument(&arguments, &word)) {
		if (after_o && setup_text_option(word, &found_name, &found) &&
		    span_equal_str(found_name, name)) {
			*value = found;
			result = true;
		}
		after_o = !after_o && span_equal_str(word, "-o");
	}
	return result;
}

/* The arguments without the options that we set. */
static void
print_arguments(struct setup_draft *d, struct span arguments, bool with_inner[],
    struct buf *out)
{
	struct span word, name, value;

	while (setup_text_next_argument(&arguments, &word)) {
		if (!span_equal_str(word, "-o")) {
			setup_print(d, out, " %.*s", (int)word.len, word.data);
			continue;
		}
		if (!setup_text_next_argument(&arguments, &word))
			break;
		if (setup_text_option(word, &name, &value) &&
		    (span_equal_str(name, "header_checks") ||
			(with_inner[0] && span_equal_str(name, inner[0])) ||
			(with_inner[1] && span_equal_str(name, inner[1]))))
			continue;
		setup_print(d, out, " -o %.*s", (int)word.len, word.data);
	}
}

/* What the other service asks about headers. */
static struct span
checks_of(const struct view_service *cleanup, bool *own)
{
	struct span checks = span_str(SETUP_OTHER_REF);

	*own = find_option(cleanup->args, "header_checks", &checks);
	return checks;
}

/* What inner checks of our service have to be; false: as the other's. */
static bool
inner_for(struct setup_draft *d, const struct view_service *cleanup,
    const char *name, struct buf *out)
{
	struct span value;
	struct buf raw;
	bool own, needed;
	struct span checks = checks_of(cleanup, &own);

	buf_init(&raw, SETUP_VALUE_MAX);
	if (!find_option(cleanup->args, name, &value)) {
		if (!setup_get(d, name, &raw)) {
			setup_print(
			    d, out, "%.*s", (int)checks.len, checks.data);
			buf_free(&raw);
			return true;
		}
		value = buf_span(&raw);
	}
	if (own && setup_text_refers(value, "header_checks") != REFERENCE_NONE)
		setup_refuse(d,
		    "the service %.*s in master.cf has -o header_checks, and "
		    "%s "
		    "is %.*s for it; name the tables themselves there",
		    (int)cleanup->name.len, cleanup->name.data, name,
		    (int)value.len, value.data);
	needed = setup_inner_checks(d, name, value, out);
	buf_free(&raw);
	return needed;
}

static void
print_entry(
    struct setup_draft *d, const struct view_service *c, struct buf *out)
{
	struct span fields[] = {c->private, c->unpriv, c->chroot, c->wakeup,
	    c->maxproc, c->command};
	bool with_inner[2];
	struct buf checks, values[2];
	bool own;
	struct span behind = checks_of(c, &own);

	buf_init(&checks, SETUP_VALUE_MAX);
	setup_print(
	    d, &checks, SETUP_TABLES_REF ",%.*s", (int)behind.len, behind.data);
	for (int i = 0; i < 2; i++) {
		buf_init(&values[i], SETUP_VALUE_MAX);
		with_inner[i] = inner_for(d, c, inner[i], &values[i]);
	}
	setup_print(d, out, "%s unix", SETUP_CLEANUP);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		setup_print(
		    d, out, " %.*s", (int)fields[i].len, fields[i].data);
	print_arguments(d, c->args, with_inner, out);
	print_option(d, out, "header_checks", buf_span(&checks));
	for (int i = 0; i < 2; i++) {
		if (with_inner[i])
			print_option(d, out, inner[i], buf_span(&values[i]));
		buf_free(&values[i]);
	}
	buf_free(&checks);
}

/* Ours was there before: what it needs is put right, the rest stays. */
static void
mend_service(struct setup_draft *d, const struct view_service *ours)
{
	struct span value = {"", 0}, element = {"", 0};

	find_option(ours->args, "header_checks", &value);
	if (!view_next_element(&value, &element) ||
	    !span_equal_str(element, SETUP_TABLES_REF))
		setup_add(d, SETUP_OPTION, SETUP_CLEANUP "/unix/header_checks",
		    span_str(SETUP_TABLES_REF "," SETUP_OTHER_REF));
	for (int i = 0; i < 2; i++) {
		char target[128];

		if (view_raw(d->site->view, ours, span_str(inner[i]), &value) &&
		    setup_text_refers(value, "header_checks") ==
			REFERENCE_NONE &&
		    setup_text_refers(value, SETUP_TABLES) == REFERENCE_NONE)
			continue;
		snprintf(
		    target, sizeof(target), SETUP_CLEANUP "/unix/%s", inner[i]);
		setup_add(d, SETUP_OPTION, target, span_str(SETUP_OTHER_REF));
	}
}

void
setup_entry(struct setup_draft *d, const struct view_service *cleanup)
{
	struct view_service ours;
	struct buf entry;

	if (view_find_service(
		d->site->view, span_str(SETUP_CLEANUP), "unix", &ours)) {
		mend_service(d, &ours);
		return;
	}
	buf_init(&entry, SETUP_VALUE_MAX);
	print_entry(d, cleanup, &entry);
	setup_add(d, SETUP_SERVICE, SETUP_CLEANUP "/unix", buf_span(&entry));
	buf_free(&entry);
}

/* The next argument, an option with its "-o" and without its value's blanks. */
static bool
next_argument(struct span *arguments, struct span *word, bool *is_option)
{
	if (!setup_text_next_argument(arguments, word))
		return false;
	*is_option = span_equal_str(*word, "-o") &&
	    setup_text_next_argument(arguments, word);
	return true;
}

static bool
has_argument(struct span arguments, struct span wanted, bool wanted_option)
{
	struct span word;
	bool is_option;

	while (next_argument(&arguments, &word, &is_option))
		if (is_option == wanted_option && span_equal(word, wanted))
			return true;
	return false;
}

bool
setup_entry_has_more(const struct view_service *ours,
    const struct view_service *cleanup, struct span *word)
{
	struct span rest = ours->args, name, value;
	bool is_option;

	while (next_argument(&rest, word, &is_option)) {
		if (has_argument(cleanup->args, *word, is_option))
			continue;
		if (!is_option || !setup_text_option(*word, &name, &value))
			return true;
		if (span_equal_str(name, "header_checks")) {
			/* Ours, and behind it what is there as well. */
			struct span first;

			if (view_next_element(&value, &first) &&
			    span_equal_str(first, SETUP_TABLES_REF))
				continue;
			return true;
		}
		if (!span_equal_str(name, inner[0]) &&
		    !span_equal_str(name, inner[1]))
			return true;
	}
	return false;
}
