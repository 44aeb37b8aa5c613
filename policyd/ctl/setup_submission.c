/* SPDX-License-Identifier: ISC */
/* Users' mail only: a second cleanup service, and who uses it. */
#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

#define CLEANUP_NAME "cleanup_service_name"

static bool
is_one_of_users(struct span name, char parted_by)
{
	static const char *const names[] = {
	    "submission", "submissions", "smtps", "587", "465"};
	struct span before;

	while (span_cut(&name, parted_by, &before))
		;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal_str(name, names[i]))
			return true;
	return false;
}

bool
setup_is_for_users(const struct setup_draft *d, const struct view_service *s)
{
	struct span log_name;

	if (span_equal_str(s->command, "pickup"))
		return true;
	if (!span_equal_str(s->command, "smtpd") ||
	    !span_equal_str(s->type, "inet"))
		return false;
	return is_one_of_users(s->name, ':') ||
	    (view_override(
		 d->site->view, s, span_str("syslog_name"), &log_name) &&
		is_one_of_users(log_name, '/'));
}

bool
setup_find_cleanup(struct setup_draft *d, struct view_service *cleanup)
{
	struct buf name, raw;
	bool found;

	buf_init(&name, VIEW_VALUE_MAX);
	buf_init(&raw, SETUP_VALUE_MAX);
	setup_get(d, CLEANUP_NAME, &raw);
	if (setup_text_refers(buf_span(&raw), SETUP_SERVICES) == REFERENCE_NONE)
		view_value(d->site->view, NULL, CLEANUP_NAME, &name);
	else if (!view_value(d->site->view, NULL, SETUP_OTHER_CLEANUP, &name))
		setup_print(d, &name, "cleanup");
	found =
	    view_find_service(d->site->view, buf_span(&name), "unix", cleanup);
	buf_free(&name);
	buf_free(&raw);
	return found;
}

/* What stands in a service's own entry and keeps its mail from us. */
static bool
look_at_service(struct setup_draft *d, const struct view_service *s)
{
	const struct postconf_view *view = d->site->view;
	struct span value, item;

	if (view_raw(view, s, span_str("receive_override_options"), &value))
		while (span_next_item(&value, &item))
			if (span_equal_str(item, "no_header_body_checks"))
				setup_note(d,
				    "%.*s has receive_override_options="
				    "no_header_body_checks: its mail is not "
				    "asked about until you take that out",
				    (int)s->name.len, s->name.data);
	if (!view_override(view, s, span_str(CLEANUP_NAME), &value))
		return true;
	if (!span_equal_str(value, SETUP_CLEANUP))
		setup_refuse(d,
		    "%.*s in master.cf has -o cleanup_service_name=%.*s, which "
		    "hides what main.cf says; take that option out (and name "
		    "the "
		    "service in main.cf, if all mail passes it), or put "
		    "etc/submission.main.cf in by hand",
		    (int)s->name.len, s->name.data, (int)value.len, value.data);
	return false;
}

static void
add_service(struct setup_draft *d, struct span name, struct buf *services)
{
	struct buf term;

	buf_init(&term, SETUP_VALUE_MAX);
	setup_print(d, &term, "${{$service_name} == {%.*s} ? {yes}}",
	    (int)name.len, name.data);
	if (!setup_text_contains(buf_span(services), buf_span(&term)) &&
	    !buf_append(services, buf_span(&term)))
		setup_refuse(d, SETUP_SERVICES " is too long");
	buf_free(&term);
}

/* Which services ask: those that were named before, and those of users. */
static void
print_services(struct setup_draft *d, struct buf *out)
{
	struct span rest = d->site->view->services, before;
	bool smtp = false, pickup = false;
	struct view_service s;
	struct buf old;

	buf_init(&old, SETUP_VALUE_MAX);
	setup_get(d, SETUP_SERVICES, &old);
	before = buf_span(&old);
	setup_print(d, out, "%.*s", (int)before.len, before.data);
	while (view_next_service(&rest, &s)) {
		bool is_pickup = span_equal_str(s.command, "pickup");

		if (!setup_is_for_users(d, &s))
			continue;
		pickup = pickup || is_pickup;
		smtp = smtp || !is_pickup;
		if (look_at_service(d, &s))
			add_service(d, s.name, out);
	}
	buf_free(&old);
	if (!smtp)
		setup_note(d,
		    "master.cf has no service submission or submissions "
		    "(smtps, "
		    "587, 465) in force: only mail of sendmail(1), which comes "
		    "in through pickup, can be postponed. Run setup again when "
		    "you have one");
	if (!pickup)
		setup_note(d, "master.cf has no service pickup in force");
}

static void
set_route(struct setup_draft *d, struct span services)
{
	struct buf old;
	bool was_set;

	buf_init(&old, SETUP_VALUE_MAX);
	was_set = setup_get(d, CLEANUP_NAME, &old);
	if (setup_text_refers(buf_span(&old), SETUP_SERVICES) !=
	    REFERENCE_NONE) {
		setup_set(d, SETUP_SERVICES, services);
		buf_free(&old);
		return;
	}
	if (was_set)
		setup_set(d, SETUP_OTHER_CLEANUP, buf_span(&old));
	setup_set(d, SETUP_SERVICES, services);
	setup_set(d, CLEANUP_NAME,
	    span_str(was_set ? SETUP_ROUTE("$" SETUP_OTHER_CLEANUP)
			     : SETUP_ROUTE("cleanup")));
	buf_free(&old);
}

void
setup_submission(struct setup_draft *d)
{
	struct view_service cleanup;
	struct buf services, target;

	if (!setup_find_cleanup(d, &cleanup)) {
		setup_refuse(d,
		    "master.cf has no service of type unix with the name that "
		    "cleanup_service_name has in main.cf");
		return;
	}
	buf_init(&services, SETUP_VALUE_MAX);
	buf_init(&target, SETUP_VALUE_MAX);
	print_services(d, &services);
	setup_move_header_checks(d, false, &target);
	setup_set_tables(d, &cleanup);
	setup_entry(d, &cleanup);
	setup_set(d, "header_checks", buf_span(&target));
	set_route(d, buf_span(&services));
	buf_free(&services);
	buf_free(&target);
}
