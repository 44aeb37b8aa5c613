/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_asked.h"

#include <stdlib.h>

/* In the order in which smtpd goes through them. */
static const char *const parameters[] = {"smtpd_client_restrictions",
    "smtpd_helo_restrictions", "smtpd_sender_restrictions",
    "smtpd_relay_restrictions", "smtpd_recipient_restrictions",
    "smtpd_data_restrictions", "smtpd_end_of_data_restrictions"};

enum { N_PARAMETERS = sizeof(parameters) / sizeof(parameters[0]) };

static const char recipients[] = "smtpd_recipient_restrictions";

static struct finding *
add(const struct check_site *site, enum finding_kind kind,
    const struct entry *e, const char *what)
{
	struct finding *f = finding_add(site->findings, kind);
	char name[ENTRY_NAME_SIZE];

	finding_say(f, "%s: %s", entry_name(&e->service, name), what);
	return f;
}

/* The first restriction before the question behind which it is not asked. */
static const struct asked_item *
find_permit(const struct asked_list *list)
{
	for (size_t i = 0; i < list->ours; i++)
		if (list->item[i].permits || list->item[i].ends)
			return &list->item[i];
	return NULL;
}

/* The first one behind it that may refuse a recipient. */
static const struct asked_item *
find_refusal(const struct asked_list *list)
{
	for (size_t i = list->ours + 1; i < list->n; i++) {
		if (list->item[i].ends)
			break;
		if (list->item[i].refuses)
			return &list->item[i];
	}
	return NULL;
}

/* Whether all mail that comes to the end of the list is refused. */
static bool
ends_in_refusal(const struct asked_list *list)
{
	for (size_t i = list->ours; i < list->n; i++)
		if (list->item[i].ends)
			return !list->item[i].permits;
	return false;
}

static void
check_permit(const struct check_site *site, const struct entry *e,
    const char *parameter, const struct asked_item *permit)
{
	struct finding *f =
	    add(site, FINDING_RULES_BEHIND_PERMIT, e, parameter);

	finding_say(f, " ask policyd behind ");
	finding_say_span(f, permit->text);
	finding_say(f, ", so for what that lets through there are no rules");
	check_asked_mend(f, site, &e->service, false, parameter);
	mend_postfix(f, site, "postfix", "reload");
}

static void
check_refusal(const struct check_site *site, const struct entry *e,
    const struct asked_item *refusal)
{
	struct finding *f =
	    add(site, FINDING_RULES_BEFORE_REFUSAL, e, recipients);
	struct buf file;

	finding_say(f, " ask policyd before ");
	finding_say_span(f, refusal->text);
	finding_say(f,
	    ": the rules for a recipient who is refused there still postpone "
	    "the message");
	if (!check_asked_is_stuck(site, &e->service, recipients)) {
		check_asked_mend(f, site, &e->service, false, recipients);
	} else {
		buf_init(&file, SETTINGS_PATH_SIZE);
		buf_append(
		    &file, span_str(site->settings->postfix_config_directory));
		buf_append(&file, span_str("/main.cf"));
		mend_edit(f, buf_span(&file));
		buf_free(&file);
	}
	mend_postfix(f, site, "postfix", "reload");
}

/*
 * Postfix before 3.6, and later with an old compatibility_level, looks at
 * smtpd_relay_restrictions last.
 */
static void
check_relay_order(const struct check_site *site, const struct entry *e)
{
	struct asked_list *relay = calloc(1, sizeof(*relay));
	struct buf first;
	struct finding *f;
	bool refuses = false;

	if (relay == NULL)
		return;
	buf_init(&first, VIEW_VALUE_MAX);
	asked_read(relay, site, &e->service, "smtpd_relay_restrictions");
	for (size_t i = 0; i < relay->n; i++)
		refuses = refuses || relay->item[i].refuses;
	if (refuses &&
	    view_value(site->view, &e->service,
		"smtpd_relay_before_recipient_restrictions", &first) &&
	    span_equal_str(buf_span(&first), "no")) {
		f = add(site, FINDING_RULES_BEFORE_REFUSAL, e,
		    "smtpd_relay_restrictions come behind the question to "
		    "policyd (smtpd_relay_before_recipient_restrictions = "
		    "no): the rules for a recipient who is refused there still "
		    "postpone the message");
		mend_main(f, site,
		    span_str("smtpd_relay_before_recipient_restrictions"),
		    span_str("yes"));
		mend_postfix(f, site, "postfix", "reload");
	}
	buf_free(&first);
	asked_free(relay);
	free(relay);
}

static void
check_place(const struct check_site *site, const struct entry *e,
    const char *parameter, const struct asked_list *list)
{
	const struct asked_item *permit = find_permit(list);
	const struct asked_item *refusal = find_refusal(list);

	if (permit != NULL)
		check_permit(site, e, parameter, permit);
	if (strcmp(parameter, recipients) != 0)
		return;
	if (refusal != NULL && permit == NULL)
		check_refusal(site, e, refusal);
	if (!ends_in_refusal(list))
		check_relay_order(site, e);
}

/* The rule's header is there, and nobody reads it. */
static void
check_not_held(const struct check_site *site, const struct entries *entries,
    const struct entry *e, const char *parameter)
{
	struct finding *f = add(site, FINDING_RULES_NOT_HELD, e,
	    "policyd is asked for rules, but hdrcheck is not asked for the "
	    "header that they write: it holds nothing");

	if (e->kind != ENTRY_STRANGERS && entries->has_asking && !e->asks)
		mend_override(f, site, &e->service, "cleanup_service_name",
		    entries->asking.name);
	else
		check_asked_mend_out(f, site, &e->service, parameter);
	mend_postfix(f, site, "postfix", "reload");
}

static void
check_server(const struct check_site *site, const struct entry *e,
    const char *parameter, struct span server)
{
	if (!span_starts_with(server, "unix:"))
		return;
	server = span_skip(server, strlen("unix:"));
	if (site_is_chrooted(site, &e->service) && server.len > 0 &&
	    server.data[0] == '/')
		check_add_chroot(site, &e->service, parameter, server);
	else
		check_add_elsewhere(site, &e->service, parameter, server,
		    &site->settings->policy_listen);
}

/* Whether that entry asks at all. */
static bool
check_entry(const struct check_site *site, const struct entries *entries,
    const struct entry *e, bool reached)
{
	struct asked_list *list = calloc(1, sizeof(*list));
	bool asks = false;

	for (size_t i = 0; list != NULL && i < N_PARAMETERS; i++) {
		asked_read(list, site, &e->service, parameters[i]);
		if (list->ours < list->n) {
			asks = true;
			if (!e->asks || e->off)
				check_not_held(site, entries, e, parameters[i]);
			else
				check_place(site, e, parameters[i], list);
			if (!reached)
				check_server(site, e, parameters[i],
				    list->item[list->ours].server);
		}
		asked_free(list);
	}
	free(list);
	return asks;
}

static void
check_nobody_asks(const struct check_site *site, const struct entry *e)
{
	struct finding *f = add(site, FINDING_RULES_NOT_ASKED, e,
	    "policyd is not asked for rules (rules_file is set): they hold "
	    "none of its mail");

	check_asked_mend(
	    f, site, &e->service, e->kind == ENTRY_SUBMISSION, recipients);
	mend_postfix(f, site, "postfix", "reload");
}

/* Those of users are to ask; where there are none, all that ask hdrcheck. */
void
check_asked(
    const struct check_site *site, const struct entries *entries, bool reached)
{
	bool asks[ENTRIES_MAX] = {false};
	bool users = false, any = false;

	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *e = &entries->entry[i];

		if (!span_equal_str(e->service.command, "smtpd"))
			continue;
		asks[i] = check_entry(site, entries, e, reached);
		any = any || asks[i];
		users = users || (e->kind == ENTRY_SUBMISSION && e->asks);
	}
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *e = &entries->entry[i];

		if (asks[i] || !e->asks || e->off ||
		    !span_equal_str(e->service.command, "smtpd"))
			continue;
		if (users ? e->kind == ENTRY_SUBMISSION
			  : !any && e->kind != ENTRY_PICKUP)
			check_nobody_asks(site, e);
	}
}

static bool
find_in_entry(const struct check_site *site, const struct entry *e,
    struct asked_list *list, struct buf *text, struct span *server)
{
	bool found = false;

	for (size_t i = 0; !found && i < N_PARAMETERS; i++) {
		asked_read(list, site, &e->service, parameters[i]);
		found = list->ours < list->n &&
		    list->item[list->ours].server.len > 0 &&
		    buf_append(text, list->item[list->ours].server);
		asked_free(list);
	}
	*server = buf_span(text);
	return found;
}

bool
asked_find_server(const struct check_site *site, const struct entries *entries,
    struct buf *text, struct span *server)
{
	struct asked_list *list = calloc(1, sizeof(*list));
	bool found = false;

	buf_init(text, VIEW_VALUE_MAX);
	for (size_t i = 0; list != NULL && !found && i < entries->n; i++)
		if (span_equal_str(entries->entry[i].service.command, "smtpd"))
			found = find_in_entry(
			    site, &entries->entry[i], list, text, server);
	free(list);
	return found;
}
