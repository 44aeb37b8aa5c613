/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

#define LINE_TOO_LONG "line too long}}"

/* A path below a folder, without it: as Postfix finds it in its chroot too. */
static bool
cut_folder(struct span *path, struct span folder)
{
	while (folder.len > 1 && folder.data[folder.len - 1] == '/')
		folder.len--;
	if (path->len <= folder.len + 1 || path->data[folder.len] != '/' ||
	    !span_equal(span_head(*path, folder.len), folder))
		return false;
	*path = span_skip(*path, folder.len + 1);
	return true;
}

/* What parts tables or restrictions, or is expanded, cannot be in a name. */
static bool
is_plain(struct span path)
{
	for (size_t i = 0; i < path.len; i++)
		if (ascii_is_blank(path.data[i]) ||
		    strchr(",{}$", path.data[i]) != NULL)
			return false;
	return true;
}

bool
setup_address(struct setup_draft *d, const char *setting,
    const struct sock_address *address, const struct view_service *service,
    struct buf *out)
{
	struct span path = span_str(address->text);
	struct buf queue;
	bool inside;

	if (!span_starts_with(path, "unix:")) {
		setup_print(d, out, "%s", address->text);
		return !d->plan->refused;
	}
	path = span_skip(path, strlen("unix:"));
	buf_init(&queue, VIEW_VALUE_MAX);
	view_value(d->site->view, NULL, "queue_directory", &queue);
	inside = cut_folder(&path, buf_span(&queue));
	if (!inside && setup_is_chrooted(d, service))
		setup_refuse(d,
		    "%s is %s, which the service %.*s cannot reach from its "
		    "chroot; in deliver-at.conf, put it below %.*s",
		    setting, address->text, (int)service->name.len,
		    service->name.data, (int)buf_len(&queue),
		    buf_span(&queue).data);
	buf_free(&queue);
	if (!is_plain(path))
		setup_refuse(d,
		    "%s is %s, and Postfix could not read that: a blank, a "
		    "comma, braces or $ cannot be in it",
		    setting, address->text);
	setup_print(d, out, "unix:%.*s", (int)path.len, path.data);
	return !d->plan->refused;
}

/* Appends "socketmap:unix:deliver-at/socketmap:deliver-at" or the like. */
static bool
print_map(
    struct setup_draft *d, const struct view_service *cleanup, struct buf *out)
{
	const struct settings *s = d->site->settings;
	const struct sock_address *tcp = &s->tcp_table_listen;

	if (s->socketmap_listen.len > 0) {
		setup_print(d, out, "socketmap:");
		if (!setup_address(d, "socketmap_listen", &s->socketmap_listen,
			cleanup, out))
			return false;
		setup_print(d, out, ":deliver-at");
		return true;
	}
	if (tcp->len == 0)
		return setup_refuse(d,
		    "socketmap_listen and tcp_table_listen are both off in "
		    "deliver-at.conf, so that nobody could ask hdrcheck");
	if (span_starts_with(span_str(tcp->text), "unix:"))
		return setup_refuse(d,
		    "tcp_table_listen is %s, but Postfix asks a tcp_table over "
		    "TCP only; write inet:127.0.0.1:10044 in deliver-at.conf, "
		    "or "
		    "use socketmap_listen",
		    tcp->text);
	setup_print(d, out, "tcp:%s", tcp->text + strlen("inet:"));
	return true;
}

/* As a part of a regular expression within braces; false: refused. */
static bool
print_names(struct setup_draft *d, struct buf *out)
{
	const struct header_names *names = &d->site->settings->header_names;

	for (size_t i = 0; i < names->n; i++) {
		for (const char *c = names->name[i]; *c != '\0'; c++)
			if (!ascii_is_alnum(*c) && *c != '-' && *c != '_')
				return setup_refuse(d,
				    "header_names has %s, and setup takes "
				    "names "
				    "of letters, digits, - and _ only",
				    names->name[i]);
		setup_print(d, out, "%s%s%s",
		    i > 0              ? "|"
			: names->n > 1 ? "("
				       : "",
		    names->name[i],
		    names->n > 1 && i + 1 == names->n ? ")" : "");
	}
	return true;
}

bool
setup_tables(
    struct setup_draft *d, const struct view_service *cleanup, struct buf *out)
{
	struct buf names, map;
	bool ok;

	buf_init(&names, VIEW_VALUE_MAX);
	buf_init(&map, VIEW_VALUE_MAX);
	ok = print_names(d, &names) && print_map(d, cleanup, &map);
	if (ok)
		setup_print(d, out,
		    "regexp:{{/^%.*s[[:space:]]*:.{2000}/ REJECT 5.6.0 "
		    "%s: " LINE_TOO_LONG ", pipemap:{regexp:{{/^(%.*s"
		    "[[:space:]]*:.*)$$/ $$1}}, %.*s}",
		    (int)buf_len(&names), buf_span(&names).data,
		    d->site->settings->header_names.name[0],
		    (int)buf_len(&names), buf_span(&names).data,
		    (int)buf_len(&map), buf_span(&map).data);
	buf_free(&names);
	buf_free(&map);
	return ok && !d->plan->refused;
}

bool
setup_tables_of_others(struct span list, struct buf *out)
{
	struct span table;
	bool ok = true;

	while (ok && view_next_element(&list, &table))
		if (!view_is_our_table(table))
			ok = (buf_len(out) == 0 ||
				 buf_append(out, span_str(", "))) &&
			    buf_append(out, table);
	return ok;
}
