/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_headers.h"

static struct finding *
add_of_service(const struct check_site *site, enum finding_kind kind,
    const struct view_service *service, const char *what)
{
	struct finding *f = finding_add(site->findings, kind);
	char name[ENTRY_NAME_SIZE];

	finding_say(f, "%s: %s", entry_name(service, name), what);
	return f;
}

/* What is wrong with the order of the tables, or with ours. */
static void
check_list(const struct check_site *site, const struct view_service *cleanup,
    const struct tables *t)
{
	struct finding *f;

	if (t->before.len > 0 &&
	    !findings_have(site->findings, FINDING_HIDDEN)) {
		f = add_of_service(site, FINDING_NOT_FIRST, cleanup,
		    "header_checks ask another table before hdrcheck; whatever "
		    "that answers for our header hides hdrcheck: ");
		finding_say_span(f, t->before);
		check_headers_mend(f, site, cleanup);
	}
	if (t->bare) {
		f = add_of_service(site, FINDING_EVERY_HEADER, cleanup,
		    "header_checks ask hdrcheck for every header, so while it "
		    "is down all mail waits: ");
		finding_say_span(f, t->ours);
		check_headers_mend(f, site, cleanup);
	}
	if (!t->guarded) {
		f = add_of_service(site, FINDING_LINE_GUARD, cleanup,
		    "header_checks have no table before hdrcheck that refuses "
		    "lines too long to be asked for; Postfix 3.12 lets mail "
		    "with one leave at once");
		check_headers_mend(f, site, cleanup);
	}
}

/* An attached message, or a part, has headers of its own: fact 4. */
static void
check_attached(const struct check_site *site,
    const struct view_service *cleanup, const char *parameter)
{
	struct tables t;
	struct finding *f;

	tables_read(&t, site, cleanup, parameter);
	if (t.asks) {
		f = add_of_service(site, FINDING_ATTACHED, cleanup, parameter);
		finding_say(f,
		    " ask hdrcheck: a date inside an attachment holds the "
		    "mail around it for ever");
		check_headers_mend_attached(f, site, cleanup, parameter, &t);
	}
	tables_free(&t);
}

/* Where Postfix asks: does hdrcheck listen there, and is it within a chroot? */
static void
check_server(const struct check_site *site, const struct view_service *cleanup,
    const struct tables *t, bool reached)
{
	struct span asked = t->server;

	if (!span_starts_with(asked, "unix:"))
		return;
	asked = span_skip(asked, strlen("unix:"));
	if (site_is_chrooted(site, cleanup) && asked.data[0] == '/')
		check_add_chroot(site, cleanup, "header_checks", asked);
	else if (!reached)
		check_add_elsewhere(site, cleanup, "header_checks", asked,
		    &site->settings->socketmap_listen);
}

static void
check_cleanup(const struct check_site *site, const struct view_service *cleanup,
    bool reached)
{
	struct tables t;

	tables_read(&t, site, cleanup, "header_checks");
	if (t.asks) {
		check_list(site, cleanup, &t);
		check_attached(site, cleanup, "nested_header_checks");
		check_attached(site, cleanup, "mime_header_checks");
		check_server(site, cleanup, &t, reached);
	}
	tables_free(&t);
}

static void
check_not_asking(const struct check_site *site, const struct entries *entries,
    const struct entry *e)
{
	struct finding *f = add_of_service(site, FINDING_SERVICE_NOT_ASKING,
	    &e->service,
	    e->kind == ENTRY_PICKUP
		? "its cleanup service does not ask hdrcheck: mail of "
		  "sendmail(1) is not postponed, and what is requeued leaves "
		  "early"
		: "its cleanup service does not ask hdrcheck: dates in its "
		  "mail are not looked at");

	mend_override(
	    f, site, &e->service, "cleanup_service_name", entries->asking.name);
	mend_postfix(f, site, "postfix", "reload");
}

static void
check_off(const struct check_site *site, const struct entry *e)
{
	struct finding *f = add_of_service(site, FINDING_CHECKS_OFF,
	    &e->service,
	    "receive_override_options has no_header_body_checks, so hdrcheck "
	    "is not asked: mail with a date leaves at once");
	struct buf value, kept;
	struct span rest, word;

	buf_init(&value, VIEW_VALUE_MAX);
	buf_init(&kept, VIEW_VALUE_MAX);
	view_value(site->view, &e->service, "receive_override_options", &value);
	rest = buf_span(&value);
	while (span_next_item(&rest, &word)) {
		if (span_equal_str(word, "no_header_body_checks"))
			continue;
		if (buf_len(&kept) > 0)
			buf_append(&kept, span_str(","));
		buf_append(&kept, word);
	}
	mend_parameter(f, site, &e->service, true, "receive_override_options",
	    buf_span(&kept));
	mend_postfix(f, site, "postfix", "reload");
	buf_free(&kept);
	buf_free(&value);
}

static void
check_strangers(const struct check_site *site, const struct entry *e)
{
	struct finding *f = add_of_service(site, FINDING_STRANGERS, &e->service,
	    "strangers may postpone their mail (permit_postpone = any), and "
	    "so leave a quarantine that uses HOLD, if there is one. Mail of "
	    "others that is on hold with a date then stays there, unless "
	    "unpermitted = release");

	mend_setting(f, site, "permit_postpone", "authenticated, local");
}

static void
check_entry(const struct check_site *site, const struct entries *entries,
    const struct entry *e)
{
	bool users = e->kind == ENTRY_PICKUP || e->kind == ENTRY_SUBMISSION;

	if (!e->asks && users)
		check_not_asking(site, entries, e);
	if (e->asks && e->off && e->kind != ENTRY_OTHER)
		check_off(site, e);
	if (e->asks && e->kind == ENTRY_STRANGERS && !e->off &&
	    site->settings->permit_postpone.any)
		check_strangers(site, e);
}

void
check_headers(
    const struct check_site *site, const struct entries *entries, bool reached)
{
	struct span rest = site->view->services;
	struct view_service service;
	struct finding *f;

	if (!entries->has_asking) {
		f = finding_add(site->findings, FINDING_NOT_ASKED);
		finding_say(f,
		    "no header_checks ask hdrcheck: mail with a date leaves "
		    "at once");
		mend_policyctl(f, site, "setup --reload");
		return;
	}
	for (size_t i = 0; i < entries->n; i++)
		check_entry(site, entries, &entries->entry[i]);
	while (view_next_service(&rest, &service))
		if (span_equal_str(service.command, "cleanup"))
			check_cleanup(site, &service, reached);
}
