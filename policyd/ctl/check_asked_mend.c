/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "policyd/ctl/check_asked.h"

enum { RULES_TEXT_SIZE = 512 /* bytes of a check_policy_service */ };

/* What policyd is asked with, where nothing says it yet. */
static struct span
new_question(const struct check_site *site, char out[RULES_TEXT_SIZE])
{
	const struct sock_address *listens = &site->settings->policy_listen;
	const char *path = sock_path(listens);
	struct span server = span_str(listens->text);

	if (path != NULL) {
		server = site_name_path(site, span_str(path));
		snprintf(out, RULES_TEXT_SIZE,
		    "check_policy_service { unix:%.*s, timeout=5s, "
		    "default_action=DUNNO }",
		    (int)server.len, server.data);
	} else {
		snprintf(out, RULES_TEXT_SIZE,
		    "check_policy_service { %.*s, timeout=5s, "
		    "default_action=DUNNO }",
		    (int)server.len, server.data);
	}
	return span_str(out);
}

/* Relay control is elsewhere, too. */
static bool
relay_is_controlled(
    const struct check_site *site, const struct view_service *service)
{
	struct asked_list *relay = calloc(1, sizeof(*relay));
	bool controlled = false;

	if (relay == NULL)
		return false;
	asked_read(relay, site, service, "smtpd_relay_restrictions");
	for (size_t i = 0; i < relay->n; i++)
		if (relay->item[i].relay || relay->item[i].ends)
			controlled = true;
	asked_free(relay);
	free(relay);
	return controlled;
}

/* The place before which the question belongs. */
static size_t
right_place(const struct asked_list *list)
{
	size_t i = 0;

	while (i < list->n && !list->item[i].permits && !list->item[i].ends)
		i++;
	return i;
}

/* Whether an item is not needed in its list, behind a permit. */
static bool
is_spare(const struct asked_list *list, size_t i, bool controlled)
{
	return controlled && list->item[i].relay && i > right_place(list);
}

/* The list with the question in its place; into out. */
static bool
put_in_place(struct buf *out, const struct asked_list *list,
    struct span question, bool controlled)
{
	size_t place = right_place(list);
	bool ok = true;

	for (size_t i = 0; ok && i <= list->n; i++) {
		if (i == place)
			ok = mend_list_add(out, question, true);
		if (ok && i < list->n && !list->item[i].ours &&
		    !is_spare(list, i, controlled))
			ok = mend_list_add(out, list->item[i].text, true);
	}
	return ok;
}

void
check_asked_mend(struct finding *f, const struct check_site *site,
    const struct view_service *service, bool own, const char *parameter)
{
	struct asked_list *list = calloc(1, sizeof(*list));
	char text[RULES_TEXT_SIZE];
	struct span question = new_question(site, text);
	struct buf out;

	if (list == NULL) {
		f->cut = true;
		return;
	}
	asked_read(list, site, service, parameter);
	if (list->ours < list->n)
		question = list->item[list->ours].text;
	buf_init(&out, VIEW_VALUE_MAX);
	if (!put_in_place(
		&out, list, question, relay_is_controlled(site, service)))
		f->cut = true;
	mend_parameter(f, site, service, own, parameter, buf_span(&out));
	buf_free(&out);
	asked_free(list);
	free(list);
}

void
check_asked_mend_out(struct finding *f, const struct check_site *site,
    const struct view_service *service, const char *parameter)
{
	struct asked_list *list = calloc(1, sizeof(*list));
	struct buf out;

	if (list == NULL) {
		f->cut = true;
		return;
	}
	asked_read(list, site, service, parameter);
	buf_init(&out, VIEW_VALUE_MAX);
	for (size_t i = 0; i < list->n; i++)
		if (!list->item[i].ours &&
		    !mend_list_add(&out, list->item[i].text, true))
			f->cut = true;
	mend_parameter(f, site, service, true, parameter, buf_span(&out));
	buf_free(&out);
	asked_free(list);
	free(list);
}

bool
check_asked_is_stuck(const struct check_site *site,
    const struct view_service *service, const char *parameter)
{
	struct asked_list *list = calloc(1, sizeof(*list));
	bool controlled = relay_is_controlled(site, service);
	bool stuck = false;

	if (list == NULL)
		return true;
	asked_read(list, site, service, parameter);
	for (size_t i = right_place(list); i < list->n; i++)
		if (list->item[i].refuses && !is_spare(list, i, controlled))
			stuck = true;
	asked_free(list);
	free(list);
	return stuck;
}
