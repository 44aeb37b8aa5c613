/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_entries.h"

#include <stdio.h>

#include "hdrcheck/lookup.h"

/* Whether text has what in it, letters without regard to case; where. */
static bool
find_nocase(struct span text, struct span what, size_t *at)
{
	for (size_t i = 0; i + what.len <= text.len; i++) {
		*at = i;
		if (span_equal_nocase(span_of(text.data + i, what.len), what))
			return true;
	}
	return false;
}

static bool
names_our_header(const struct check_site *site, struct span table)
{
	const struct header_names *names = &site->settings->header_names;
	size_t at;

	for (size_t i = 0; i < names->n; i++)
		if (find_nocase(table, span_str(names->name[i]), &at))
			return true;
	return false;
}

/* A word of a table ends where a blank, a comma or a brace stands. */
static struct span
cut_word(struct span text)
{
	size_t n = 0;

	while (n < text.len && !ascii_is_blank(text.data[n]) &&
	    text.data[n] != ',' && text.data[n] != '}')
		n++;
	return span_head(text, n);
}

/* "unix:PATH:NAME": the part before the last ":" when NAME is our map. */
static bool
read_socketmap(struct span word, struct span *server)
{
	size_t n = word.len;

	while (n > 0 && word.data[n - 1] != ':')
		n--;
	if (n == 0 || !span_equal_str(span_skip(word, n), LOOKUP_MAP))
		return false;
	*server = span_head(word, n - 1);
	return true;
}

/* "tcp:HOST:PORT" is ours when that is where hdrcheck listens. */
static bool
read_tcp(const struct check_site *site, struct span table, struct span word,
    struct span *server)
{
	struct span listens = span_str(site->settings->tcp_table_listen.text);

	*server = word;
	if (span_starts_with(listens, "inet:") &&
	    span_equal(span_skip(listens, strlen("inet:")), word))
		return true;
	return names_our_header(site, table) &&
	    span_starts_with(table, "pipemap:");
}

bool
tables_is_ours(const struct check_site *site, struct span table,
    struct span *server, bool *bare)
{
	static const struct span socketmap = SPAN("socketmap:");
	static const struct span tcp = SPAN("tcp:");
	bool ours = false;
	size_t at;

	if (find_nocase(table, socketmap, &at))
		ours = read_socketmap(
		    cut_word(span_skip(table, at + socketmap.len)), server);
	else if (find_nocase(table, tcp, &at) &&
	    (at == 0 || !ascii_is_alnum(table.data[at - 1])))
		ours = read_tcp(site, table,
		    cut_word(span_skip(table, at + tcp.len)), server);
	*bare = !span_starts_with(table, "pipemap:");
	return ours;
}

static bool
is_pattern_table(struct span table)
{
	return span_starts_with(table, "regexp:") ||
	    span_starts_with(table, "pcre:");
}

static bool
is_inline(struct span table)
{
	size_t at;

	return (is_pattern_table(table) ||
		   span_starts_with(table, "pipemap:")) &&
	    find_nocase(table, span_of(":{{", 3), &at);
}

bool
tables_is_guard(const struct check_site *site, struct span table, bool files)
{
	size_t at;

	if (!is_pattern_table(table))
		return false;
	if (!is_inline(table))
		return files;
	return names_our_header(site, table) &&
	    find_nocase(table, span_of("REJECT", 6), &at) &&
	    find_nocase(table, span_of(".{", 2), &at);
}

static void
find_ours(struct tables *t, const struct check_site *site)
{
	struct span rest = buf_span(&t->text), table;

	while (view_next_element(&rest, &table)) {
		t->inline_tables = t->inline_tables || is_inline(table);
		if (t->asks)
			continue;
		t->asks = tables_is_ours(site, table, &t->server, &t->bare);
		t->ours = table;
	}
	t->files = t->asks && !t->bare && !is_inline(t->ours);
}

void
tables_read(struct tables *t, const struct check_site *site,
    const struct view_service *cleanup, const char *parameter)
{
	struct span rest, table;

	*t = (struct tables){.asks = false};
	buf_init(&t->text, VIEW_VALUE_MAX);
	view_value(site->view, cleanup, parameter, &t->text);
	find_ours(t, site);
	rest = buf_span(&t->text);
	while (t->asks && view_next_element(&rest, &table) &&
	    table.data != t->ours.data) {
		if (tables_is_guard(site, table, t->files))
			t->guarded = true;
		else if (t->before.len == 0)
			t->before = table;
	}
}

void
tables_free(struct tables *t)
{
	buf_free(&t->text);
}

/* The port of "submission", "127.0.0.1:587", "[::1]:smtps". */
static struct span
port_of(struct span name)
{
	size_t n = name.len;

	while (n > 0 && name.data[n - 1] != ':')
		n--;
	return span_skip(name, n);
}

static bool
is_one_of(struct span word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (span_equal_str(word, *list))
			return true;
	return false;
}

static enum entry_kind
kind_of(const struct check_site *site, const struct view_service *service)
{
	static const char *const users[] = {
	    "submission", "587", "submissions", "smtps", "465", NULL};
	static const char *const strangers[] = {"smtp", "25", NULL};
	struct span port = port_of(service->name), login;

	if (span_equal_str(service->command, "pickup"))
		return ENTRY_PICKUP;
	if (!span_equal_str(service->command, "smtpd"))
		return ENTRY_OTHER;
	if (is_one_of(port, users))
		return ENTRY_SUBMISSION;
	/* Behind postscreen(8), or on the port itself. */
	if (is_one_of(port, strangers) || span_equal_str(service->type, "pass"))
		return ENTRY_STRANGERS;
	/* Who gives an entry logins of its own means users. */
	if (view_override(site->view, service,
		span_str("smtpd_sasl_auth_enable"), &login) &&
	    span_equal_str(login, "yes"))
		return ENTRY_SUBMISSION;
	return ENTRY_OTHER;
}

static bool
asks(const struct check_site *site, const struct view_service *cleanup)
{
	struct tables t;
	bool asks;

	tables_read(&t, site, cleanup, "header_checks");
	asks = t.asks;
	tables_free(&t);
	return asks;
}

/* Whether a list has that word; as the service sees the list. */
static bool
lists(const struct check_site *site, const struct view_service *service,
    const char *parameter, const char *wanted)
{
	struct buf value;
	struct span rest, word;
	bool found = false;

	buf_init(&value, VIEW_VALUE_MAX);
	view_value(site->view, service, parameter, &value);
	rest = buf_span(&value);
	while (span_next_item(&rest, &word))
		if (span_equal_str(word, wanted))
			found = true;
	buf_free(&value);
	return found;
}

static void
read_entry(struct entry *e, const struct check_site *site)
{
	struct buf name;

	e->kind = kind_of(site, &e->service);
	buf_init(&name, VIEW_VALUE_MAX);
	view_value(site->view, &e->service, "cleanup_service_name", &name);
	e->has_cleanup =
	    view_find_service(site->view, buf_span(&name), "unix", &e->cleanup);
	buf_free(&name);
	e->asks = e->has_cleanup && asks(site, &e->cleanup);
	e->off = lists(site, &e->service, "receive_override_options",
	    "no_header_body_checks");
}

void
entries_read(struct entries *entries, const struct check_site *site)
{
	static const char *const takers[] = {"smtpd", "pickup", "qmqpd", NULL};
	struct span rest = site->view->services;
	struct view_service service;

	memset(entries, 0, sizeof(*entries));
	while (view_next_service(&rest, &service)) {
		if (is_one_of(service.command, takers) &&
		    entries->n < ENTRIES_MAX) {
			struct entry *e = &entries->entry[entries->n++];

			e->service = service;
			read_entry(e, site);
			entries->any = entries->any || e->asks;
		}
		if (span_equal_str(service.command, "cleanup") &&
		    !entries->has_asking && asks(site, &service)) {
			entries->asking = service;
			entries->has_asking = true;
		}
	}
}

const char *
entry_name(const struct view_service *service, char out[ENTRY_NAME_SIZE])
{
	snprintf(out, ENTRY_NAME_SIZE, "%.*s %.*s", (int)service->name.len,
	    service->name.data, (int)service->type.len, service->type.data);
	return out;
}
