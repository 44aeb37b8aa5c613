/* SPDX-License-Identifier: ISC */
/* The header_checks that were there before. */
#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

enum { REACH_DEPTH_MAX = 10 };

static bool
is_name_char(char c)
{
	return ascii_is_alnum(c) || c == '_';
}

/* Cuts the next $name, ${name or $(name out of a value. */
static bool
next_reference(struct span *value, struct span *name)
{
	struct span before;

	while (span_cut(value, '$', &before)) {
		size_t n = 0;

		if (value->len > 0 && value->data[0] == '$') {
			*value = span_skip(*value, 1);
			continue;
		}
		while (value->len > 0 &&
		    (value->data[0] == '{' || value->data[0] == '(' ||
			value->data[0] == ' '))
			*value = span_skip(*value, 1);
		while (n < value->len && is_name_char(value->data[n]))
			n++;
		*name = span_head(*value, n);
		if (n > 0)
			return true;
	}
	return false;
}

static bool
reaches(const struct setup_draft *d, struct span value, unsigned depth)
{
	struct span name, next;

	if (depth == REACH_DEPTH_MAX)
		return false;
	while (next_reference(&value, &name)) {
		if (span_equal_str(name, "header_checks") ||
		    span_equal_str(name, SETUP_TABLES))
			return true;
		/* Those two are seen to by themselves. */
		if (span_equal_str(name, "mime_header_checks") ||
		    span_equal_str(name, "nested_header_checks") ||
		    span_equal_str(name, SETUP_OTHER))
			continue;
		if (view_parameter(d->site->view, name, &next) &&
		    reaches(d, next, depth + 1))
			return true;
	}
	return false;
}

/* The site's tables get a name; *target is what header_checks is to be. */
static void
move_tables(struct setup_draft *d, struct span old, bool was_set,
    bool with_tables, struct buf *target)
{
	const char *ours = with_tables ? SETUP_TABLES_REF ", " : "";

	if (!setup_text_has(old, SETUP_OTHER_REF) &&
	    !setup_text_has(old, SETUP_OTHER_EMPTY_REF)) {
		setup_set(d, SETUP_OTHER, old);
		setup_print(d, target, "%s%s", ours,
		    was_set && old.len == 0 ? SETUP_OTHER_EMPTY_REF
					    : SETUP_OTHER_REF);
		return;
	}
	if (!setup_is_set(d, SETUP_OTHER))
		setup_set(d, SETUP_OTHER, span_of("", 0));
	if (setup_text_has(old, SETUP_TABLES_REF))
		ours = "";
	setup_print(d, target, "%s%.*s", ours, (int)old.len, old.data);
}

void
setup_move_header_checks(
    struct setup_draft *d, bool with_tables, struct buf *target)
{
	struct buf value;
	bool was_set;

	buf_init(&value, SETUP_VALUE_MAX);
	was_set = setup_get(d, "header_checks", &value);
	move_tables(d, buf_span(&value), was_set, with_tables, target);
	buf_free(&value);
}

void
setup_set_tables(struct setup_draft *d, const struct view_service *cleanup)
{
	struct buf old, tables;

	buf_init(&old, SETUP_VALUE_MAX);
	buf_init(&tables, SETUP_VALUE_MAX);
	if (setup_tables(d, cleanup, &tables)) {
		setup_get(d, SETUP_TABLES, &old);
		if (!setup_tables_of_others(buf_span(&old), &tables))
			setup_refuse(d, SETUP_TABLES " is too long");
		setup_set(d, SETUP_TABLES, buf_span(&tables));
	}
	buf_free(&old);
	buf_free(&tables);
}

bool
setup_inner_checks(
    struct setup_draft *d, const char *name, struct span value, struct buf *out)
{
	switch (setup_text_refers(value, "header_checks")) {
	case REFERENCE_PLAIN:
		if (!setup_text_rename(
			value, "header_checks", SETUP_OTHER, out))
			setup_refuse(d, "%s is too long", name);
		return true;
	case REFERENCE_OTHER:
		break;
	case REFERENCE_NONE:
		if (!reaches(d, value, 0))
			return false;
		break;
	}
	setup_refuse(d,
	    "%s = %.*s asks header_checks in a way that setup cannot keep "
	    "apart "
	    "from ours; name the tables themselves there",
	    name, (int)value.len, value.data);
	return false;
}
