/* SPDX-License-Identifier: ISC */
#include "policyd/sched/postconf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hdrcheck/base/buf.h"
#include "policyd/sched/collect.h"

enum {
	OUTPUT_MAX = 4 * 1024 * 1024, /* bytes of what postconf prints */
};

/* A service: without its entry, of the type that has options. */
static struct view_service
service_named(const struct postconf_view *v, struct span name)
{
	static const char *const types[] = {"unix", "fifo", "unix-dgram"};
	struct view_service s = {.name = name};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct span rest = v->overrides, parameter, value;

		s.type = span_str(types[i]);
		if (view_next_override(&rest, &s, &parameter, &value))
			break;
	}
	return s;
}

/* What cannot be expanded counts as something. */
static bool
is_empty(const struct postconf_view *v, const struct view_service *service,
    const char *parameter)
{
	struct span raw;
	struct buf value;
	bool empty;

	buf_init(&value, VIEW_VALUE_MAX);
	empty = !view_raw(v, service, span_str(parameter), &raw) ||
	    (view_value(v, service, parameter, &value) &&
		span_trim(buf_span(&value)).len == 0);
	buf_free(&value);
	return empty;
}

/*
 * A requeue runs header_checks again: a BCC or PREPEND of another table would
 * act twice, a REJECT return accepted mail. Only our own two are known.
 */
static bool
only_our_checks(
    const struct postconf_view *v, const struct view_service *cleanup)
{
	struct span list, table;
	struct buf value;
	bool ours;

	if (is_empty(v, cleanup, "header_checks"))
		return true;
	buf_init(&value, VIEW_VALUE_MAX);
	ours = view_value(v, cleanup, "header_checks", &value);
	list = buf_span(&value);
	while (ours && view_next_element(&list, &table))
		ours = view_is_our_table(table);
	buf_free(&value);
	return ours;
}

/* Nobody gets a copy twice, nothing is left unfiltered: DESIGN fact 15. */
static bool
is_requeue_safe(const struct postconf_view *v)
{
	static const char *const acting[] = {"always_bcc", "sender_bcc_maps",
	    "recipient_bcc_maps", "mime_header_checks", "nested_header_checks",
	    "body_checks"};
	struct view_service pickup = service_named(v, span_str("pickup"));
	struct view_service cleanup;
	struct buf name;
	bool safe;

	buf_init(&name, VIEW_VALUE_MAX);
	safe = is_empty(v, &pickup, "content_filter") &&
	    (view_value(v, &pickup, "cleanup_service_name", &name) ||
		is_empty(v, &pickup, "cleanup_service_name"));
	cleanup = service_named(v, span_trim(buf_span(&name)));
	for (size_t i = 0; i < sizeof(acting) / sizeof(acting[0]); i++)
		safe = safe && is_empty(v, &cleanup, acting[i]);
	safe = safe && only_our_checks(v, &cleanup);
	buf_free(&name);
	return safe;
}

/*
 * postcat then writes its times in that zone, whatever we ask for. UTC by any
 * name does no harm.
 */
static bool
sets_zone(const struct postconf_view *v)
{
	struct span list, item;
	struct buf value;
	bool sets = false;

	buf_init(&value, VIEW_VALUE_MAX);
	view_value(v, NULL, "import_environment", &value);
	list = buf_span(&value);
	while (span_next_item(&list, &item))
		if (span_starts_with(item, "TZ=") &&
		    !span_equal_str(item, "TZ=UTC") &&
		    !span_equal_str(item, "TZ=UTC0") &&
		    !span_equal_str(item, "TZ=Etc/UTC"))
			sets = true;
	buf_free(&value);
	return sets;
}

/* "5d", "36h", or a number of days, as postconf(5) writes queue lifetimes. */
static bool
parse_lifetime(struct span text, int64_t *seconds)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {
	    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	int64_t unit_s = 86400;
	uint64_t number;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text.data[text.len - 1] == units[i].unit) {
			unit_s = units[i].seconds;
			text.len--;
			break;
		}
	}
	if (!span_to_u64(text, INT32_MAX, &number))
		return false;
	*seconds = (int64_t)number * unit_s;
	return true;
}

static bool
read_lifetime(const struct postconf_view *v, const char *name, int64_t *seconds)
{
	struct buf value;
	bool ok;

	buf_init(&value, VIEW_VALUE_MAX);
	ok = view_value(v, NULL, name, &value) &&
	    parse_lifetime(span_trim(buf_span(&value)), seconds);
	buf_free(&value);
	return ok;
}

/* 0: not known. */
static uint32_t
read_active_limit(const struct postconf_view *v)
{
	struct buf value;
	uint64_t limit;

	buf_init(&value, VIEW_VALUE_MAX);
	if (!view_value(v, NULL, "qmgr_message_active_limit", &value) ||
	    !span_to_u64(span_trim(buf_span(&value)), INT32_MAX, &limit))
		limit = 0;
	buf_free(&value);
	return (uint32_t)limit;
}

static bool
lists_queue(const struct postconf_view *v, const char *queue)
{
	struct span list, item;
	struct buf value;
	bool lists = false;

	buf_init(&value, VIEW_VALUE_MAX);
	view_value(v, NULL, "hash_queue_names", &value);
	list = buf_span(&value);
	while (span_next_item(&list, &item))
		lists = lists || span_equal_str(item, queue);
	buf_free(&value);
	return lists;
}

static bool
read_string(
    const struct postconf_view *v, const char *name, char *out, size_t size)
{
	struct buf value;
	bool ok;

	buf_init(&value, VIEW_VALUE_MAX);
	ok = view_value(v, NULL, name, &value) && buf_len(&value) > 0 &&
	    span_to_string(buf_span(&value), out, size);
	buf_free(&value);
	return ok;
}

bool
postconf_parse(const struct postconf_view *v, struct postconf *conf)
{
	memset(conf, 0, sizeof(*conf));
	if (v->all.len == 0 || v->all.data[v->all.len - 1] != '\n')
		return false; /* cut off */
	conf->hold_is_hashed = lists_queue(v, "hold");
	conf->active_is_hashed = lists_queue(v, "active");
	conf->facts.active_limit = read_active_limit(v);
	conf->sets_zone = sets_zone(v);
	conf->facts.requeue_safe = is_requeue_safe(v);
	return read_string(v, "command_directory", conf->command_directory,
		   sizeof(conf->command_directory)) &&
	    read_string(v, "queue_directory", conf->queue_directory,
		sizeof(conf->queue_directory)) &&
	    read_string(
		v, "mail_owner", conf->mail_owner, sizeof(conf->mail_owner)) &&
	    read_lifetime(
		v, "maximal_queue_lifetime", &conf->facts.queue_lifetime_s) &&
	    read_lifetime(
		v, "bounce_queue_lifetime", &conf->facts.bounce_lifetime_s);
}

static bool
explain(char error[POSTCONF_ERROR_SIZE], const char *what, struct span detail)
{
	detail = span_trim(detail);
	if (detail.len > POSTCONF_ERROR_SIZE / 2)
		detail.len = POSTCONF_ERROR_SIZE / 2;
	snprintf(error, POSTCONF_ERROR_SIZE, "postconf: %s%s%.*s", what,
	    detail.len > 0 ? ": " : "", (int)detail.len, detail.data);
	return false;
}

/* Asks what main.cf says, with the defaults; or the options in master.cf. */
static void
ask(const char *config_directory, bool options, struct collection *asked)
{
	static char locale[] = "LC_ALL=C";
	char name[] = "postconf", config[] = "-c", kind[] = "-P";
	char directory[SETTINGS_PATH_SIZE];
	char *argv[] = {name, config, directory, options ? kind : NULL, NULL};
	char *env[] = {locale, NULL};
	struct command command = {.path = name, .argv = argv, .env = env};

	snprintf(directory, sizeof(directory), "%s", config_directory);
	collect_start(asked, &command, POSTCONF_DEADLINE_MS);
}

static bool
hear(const struct collection *asked, struct buf *output,
    char error[POSTCONF_ERROR_SIZE])
{
	struct buf errors;
	int code;

	buf_init(&errors, OUTPUT_MAX);
	code = collect_end(asked, output, &errors);
	if (code < 0 && errno == ETIMEDOUT)
		explain(error, "no answer in time", span_of("", 0));
	else if (code < 0)
		explain(error, strerror(errno), span_of("", 0));
	else if (code != 0)
		explain(error, "failed", buf_span(&errors));
	buf_free(&errors);
	return code == 0;
}

/* Both at once: each takes 10 ms. */
static bool
ask_both(const char *config_directory, struct buf *all, struct buf *overrides,
    char error[POSTCONF_ERROR_SIZE])
{
	char second_error[POSTCONF_ERROR_SIZE];
	struct collection first, second;
	bool ok, second_ok;

	ask(config_directory, false, &first);
	ask(config_directory, true, &second);
	ok = hear(&first, all, error);
	second_ok = hear(&second, overrides, second_error);
	if (ok && !second_ok)
		memcpy(error, second_error, sizeof(second_error));
	return ok && second_ok;
}

static bool
understand(const struct buf *all, const struct buf *overrides,
    struct postconf *conf, char error[POSTCONF_ERROR_SIZE])
{
	struct postconf_view v = {
	    .all = buf_span(all), .overrides = buf_span(overrides)};

	return postconf_parse(&v, conf) ||
	    explain(error, "its output cannot be read", span_of("", 0));
}

bool
postconf_read(const char *config_directory, struct postconf *conf,
    char error[POSTCONF_ERROR_SIZE])
{
	struct buf all, overrides;
	bool ok;

	buf_init(&all, OUTPUT_MAX);
	buf_init(&overrides, OUTPUT_MAX);
	ok = ask_both(config_directory, &all, &overrides, error) &&
	    understand(&all, &overrides, conf, error);
	buf_free(&all);
	buf_free(&overrides);
	return ok;
}

bool
postconf_read_main(const char *config_directory, struct postconf *conf,
    char error[POSTCONF_ERROR_SIZE])
{
	struct collection asked;
	struct buf all, none;
	bool ok;

	buf_init(&all, OUTPUT_MAX);
	buf_init(&none, OUTPUT_MAX);
	ask(config_directory, false, &asked);
	ok = hear(&asked, &all, error) && understand(&all, &none, conf, error);
	conf->facts.requeue_safe = false;
	buf_free(&all);
	return ok;
}
