/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_asked.h"

static bool
ends_with(struct span text, const char *end)
{
	size_t n = strlen(end);

	return text.len >= n &&
	    span_equal_str(span_skip(text, text.len - n), end);
}

static bool
contains(struct span text, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= text.len; i++)
		if (memcmp(text.data + i, what, n) == 0)
			return true;
	return false;
}

/* Whether the next word belongs to that restriction. */
static bool
takes_word(struct span name)
{
	static const char *const starts[] = {"check_", "reject_rbl",
	    "reject_rhsbl", "permit_dnswl", "permit_rhswl", "sleep",
	    "warn_if_reject"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (span_starts_with(name, starts[i]))
			return true;
	return false;
}

/* "unix:PATH" or "{ unix:PATH, timeout=5s }": its server. */
static struct span
server_of(struct span argument)
{
	struct span server = {"", 0};

	if (argument.len > 1 && argument.data[0] == '{')
		argument = span_of(argument.data + 1, argument.len - 2);
	span_next_item(&argument, &server);
	return server;
}

/* Our socket, or one that is called as ours is. */
static bool
is_our_server(const struct check_site *site, struct span server)
{
	const struct sock_address *listens = &site->settings->policy_listen;
	char path[SETTINGS_PATH_SIZE];

	if (span_equal_str(server, listens->text) ||
	    ends_with(server, "deliver-at/policy"))
		return true;
	return span_starts_with(server, "unix:") &&
	    sock_path(listens) != NULL &&
	    site_path(
		site, span_skip(server, strlen("unix:")), path, sizeof(path)) &&
	    strcmp(path, sock_path(listens)) == 0;
}

/* Those that know the recipient may refuse one and take another. */
static void
judge(struct asked_item *item)
{
	struct span name = item->name;

	item->permits = span_starts_with(name, "permit");
	item->ends = span_equal_str(name, "permit") ||
	    span_equal_str(name, "reject") || span_equal_str(name, "defer");
	item->relay = ends_with(name, "_unauth_destination");
	item->refuses = item->relay ||
	    (contains(name, "recipient") && !item->permits) ||
	    span_equal_str(name, "check_policy_service");
}

/* A list of its own that asks policyd: it is not looked into further. */
static bool
class_asks(const struct check_site *site, const struct view_service *service,
    struct span name, struct span *server)
{
	struct buf text;
	struct span rest, word;
	bool asks = false;

	if (name.len >= ENTRY_NAME_SIZE || contains(name, ":"))
		return false;
	buf_init(&text, VIEW_VALUE_MAX);
	if (view_raw(site->view, service, name, &rest) &&
	    view_expand(site->view, service, rest, &text)) {
		rest = buf_span(&text);
		while (view_next_element(&rest, &word))
			if (is_our_server(site, server_of(word)))
				asks = true;
	}
	buf_free(&text);
	*server = span_of("", 0);
	return asks;
}

static void
read_item(struct asked_item *item, const struct check_site *site,
    const struct view_service *service, struct span *rest)
{
	struct span argument = {"", 0};

	judge(item);
	if (takes_word(item->name) && view_next_element(rest, &argument))
		item->text.len =
		    (size_t)(argument.data - item->text.data) + argument.len;
	if (span_equal_str(item->name, "check_policy_service")) {
		item->server = server_of(argument);
		item->ours = is_our_server(site, item->server);
		item->refuses = !item->ours;
	} else if (!item->permits && !item->ends && !item->refuses) {
		item->ours =
		    class_asks(site, service, item->name, &item->server);
	}
}

void
asked_read(struct asked_list *list, const struct check_site *site,
    const struct view_service *service, const char *parameter)
{
	struct span rest, name;

	list->n = 0;
	buf_init(&list->text, VIEW_VALUE_MAX);
	view_value(site->view, service, parameter, &list->text);
	rest = buf_span(&list->text);
	while (list->n < ASKED_ITEMS_MAX && view_next_element(&rest, &name)) {
		struct asked_item *item = &list->item[list->n++];

		*item = (struct asked_item){.text = name, .name = name};
		read_item(item, site, service, &rest);
	}
	list->ours = 0;
	while (list->ours < list->n && !list->item[list->ours].ours)
		list->ours++;
}

void
asked_free(struct asked_list *list)
{
	buf_free(&list->text);
}
