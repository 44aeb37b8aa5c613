/* SPDX-License-Identifier: ISC */
/* Every message is asked about: header_checks in main.cf. */
#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

static void
set_inner(struct setup_draft *d, const char *name)
{
	struct buf old, new;

	buf_init(&old, SETUP_VALUE_MAX);
	buf_init(&new, SETUP_VALUE_MAX);
	if (!setup_get(d, name, &old))
		setup_set(d, name, span_str(SETUP_OTHER_REF));
	else if (setup_inner_checks(d, name, buf_span(&old), &new))
		setup_set(d, name, buf_span(&new));
	buf_free(&old);
	buf_free(&new);
}

/* An entry of master.cf that has its own header_checks is not ours to change.
 */
static bool
has_own_checks(const struct setup_draft *d, const struct view_service *service)
{
	struct span value, element;

	return view_override(
		   d->site->view, service, span_str("header_checks"), &value) &&
	    !(view_next_element(&value, &element) &&
		span_equal_str(element, SETUP_TABLES_REF));
}

static void
look_at_cleanups(struct setup_draft *d, struct span main_cleanup)
{
	static const char *const inner[] = {
	    "mime_header_checks", "nested_header_checks"};
	struct span rest = d->site->view->services, value;
	struct view_service s;

	while (view_next_service(&rest, &s)) {
		if (!span_equal_str(s.command, "cleanup"))
			continue;
		for (size_t i = 0; i < 2; i++)
			if (view_override(d->site->view, &s, span_str(inner[i]),
				&value) &&
			    setup_text_refers(value, "header_checks") !=
				REFERENCE_NONE)
				setup_refuse(d,
				    "the service %.*s in master.cf has -o %s="
				    "%.*s, which would ask us about attached "
				    "messages; write $" SETUP_OTHER " there",
				    (int)s.name.len, s.name.data, inner[i],
				    (int)value.len, value.data);
		if (!has_own_checks(d, &s))
			continue;
		if (span_equal(s.name, main_cleanup))
			setup_refuse(d,
			    "the service %.*s in master.cf has its own "
			    "-o header_checks, which hides those of main.cf; "
			    "move them to main.cf, or put " SETUP_TABLES_REF
			    " in front of them",
			    (int)s.name.len, s.name.data);
		setup_note(d,
		    "the service %.*s in master.cf has its own "
		    "-o header_checks: mail that passes it is not asked about",
		    (int)s.name.len, s.name.data);
	}
}

void
setup_everywhere(struct setup_draft *d)
{
	struct view_service cleanup;
	struct buf name, target;

	buf_init(&name, VIEW_VALUE_MAX);
	buf_init(&target, SETUP_VALUE_MAX);
	view_value(d->site->view, NULL, "cleanup_service_name", &name);
	if (view_find_service(
		d->site->view, buf_span(&name), "unix", &cleanup)) {
		look_at_cleanups(d, buf_span(&name));
		setup_move_header_checks(d, true, &target);
		setup_set_tables(d, &cleanup);
		set_inner(d, "mime_header_checks");
		set_inner(d, "nested_header_checks");
		setup_set(d, "header_checks", buf_span(&target));
	} else {
		setup_refuse(d,
		    "master.cf has no service %.*s of type unix, which "
		    "cleanup_service_name names",
		    (int)buf_len(&name), buf_span(&name).data);
	}
	buf_free(&name);
	buf_free(&target);
}
