/* SPDX-License-Identifier: ISC */
#include "policyd/sched/postconf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hdrcheck/base/buf.h"
#include "policyd/sched/collect.h"

enum {
	OUTPUT_MAX = 1024 * 1024, /* bytes of what postconf prints */
	ARGS_MAX = 32,
};

/* Finds "NAME = value" in lines of postconf; empty when it is not there. */
static bool
find_value(struct span text, struct span wanted, struct span *value)
{
	struct span line, name;

	while (span_cut(&text, '\n', &line)) {
		if (!span_cut(&line, '=', &name) ||
		    !span_equal(span_trim(name), wanted))
			continue;
		*value = span_trim(line);
		return true;
	}
	return false;
}

/* A parameter as a service sees it: master.cf's -o, else main.cf's. */
static struct span
service_value(struct span main, struct span services, struct span service,
    const char *parameter)
{
	static const char *const types[] = {"unix", "fifo", "unix-dgram"};
	struct span value = {"", 0};
	char name[256];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int n = snprintf(name, sizeof(name), "%.*s/%s/%s",
		    (int)service.len, service.data, types[i], parameter);

		if (n > 0 && (size_t)n < sizeof(name) &&
		    find_value(services, span_str(name), &value))
			return value;
	}
	find_value(main, span_str(parameter), &value);
	return value;
}

/* Cuts the next table off a list: commas and blanks part, braces group. */
static bool
next_table(struct span *list, struct span *table)
{
	size_t n = 0, depth = 0;

	while (list->len > 0 &&
	    (list->data[0] == ',' || ascii_is_blank(list->data[0])))
		*list = span_skip(*list, 1);
	while (n < list->len) {
		char c = list->data[n];

		if (c == '{')
			depth++;
		else if (c == '}' && depth > 0)
			depth--;
		else if (depth == 0 && (c == ',' || ascii_is_blank(c)))
			break;
		n++;
	}
	*table = span_head(*list, n);
	*list = span_skip(*list, n);
	return n > 0;
}

/*
 * A requeue runs header_checks again: a BCC or PREPEND of another table would
 * act twice, a REJECT return accepted mail. Only our own two are known.
 */
static bool
only_our_checks(struct span list)
{
	struct span table;

	while (next_table(&list, &table))
		if (!span_starts_with(table, "regexp:{{/^X-Deliver-At") &&
		    !span_starts_with(
			table, "pipemap:{regexp:{{/^(X-Deliver-At"))
			return false;
	return true;
}

/* Nobody gets a copy twice, nothing is left unfiltered: DESIGN fact 15. */
static bool
is_requeue_safe(struct span main, struct span services)
{
	static const char *const acting[] = {"always_bcc", "sender_bcc_maps",
	    "recipient_bcc_maps", "mime_header_checks", "nested_header_checks",
	    "body_checks"};
	struct span pickup = span_str("pickup");
	struct span cleanup =
	    service_value(main, services, pickup, "cleanup_service_name");

	if (service_value(main, services, pickup, "content_filter").len > 0)
		return false;
	for (size_t i = 0; i < sizeof(acting) / sizeof(acting[0]); i++)
		if (service_value(main, services, cleanup, acting[i]).len > 0)
			return false;
	return only_our_checks(
	    service_value(main, services, cleanup, "header_checks"));
}

/*
 * postcat then writes its times in that zone, whatever we ask for. UTC by any
 * name does no harm.
 */
static bool
sets_zone(struct span main)
{
	struct span value = {"", 0};
	struct span item;

	find_value(main, span_str("import_environment"), &value);
	while (span_next_item(&value, &item))
		if (span_starts_with(item, "TZ=") &&
		    !span_equal_str(item, "TZ=UTC") &&
		    !span_equal_str(item, "TZ=UTC0") &&
		    !span_equal_str(item, "TZ=Etc/UTC"))
			return true;
	return false;
}

/* "5d", "36h", or a number of days, as postconf(5) writes queue lifetimes. */
static bool
read_lifetime(struct span main, const char *name, int64_t *seconds)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {
	    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	struct span value;
	int64_t unit_s = 86400;
	uint64_t number;

	if (!find_value(main, span_str(name), &value) || value.len == 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (value.data[value.len - 1] == units[i].unit) {
			unit_s = units[i].seconds;
			value.len--;
			break;
		}
	}
	if (!span_to_u64(value, INT32_MAX, &number))
		return false;
	*seconds = (int64_t)number * unit_s;
	return true;
}

static bool
lists_hold(struct span main)
{
	struct span value = {"", 0};
	struct span item;

	find_value(main, span_str("hash_queue_names"), &value);
	while (span_next_item(&value, &item))
		if (span_equal_str(item, "hold"))
			return true;
	return false;
}

static bool
read_string(struct span main, const char *name, char *out, size_t size)
{
	struct span value;

	return find_value(main, span_str(name), &value) && value.len > 0 &&
	    span_to_string(value, out, size);
}

bool
postconf_parse(struct span main, struct span services, struct postconf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->hold_is_hashed = lists_hold(main);
	conf->sets_zone = sets_zone(main);
	conf->facts.requeue_safe = is_requeue_safe(main, services);
	return read_string(main, "command_directory", conf->command_directory,
		   sizeof(conf->command_directory)) &&
	    read_string(main, "queue_directory", conf->queue_directory,
		sizeof(conf->queue_directory)) &&
	    read_string(main, "mail_owner", conf->mail_owner,
		sizeof(conf->mail_owner)) &&
	    read_lifetime(main, "maximal_queue_lifetime",
		&conf->facts.queue_lifetime_s) &&
	    read_lifetime(
		main, "bounce_queue_lifetime", &conf->facts.bounce_lifetime_s);
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

static bool
run(char *const argv[], struct buf *output, char error[POSTCONF_ERROR_SIZE])
{
	static char locale[] = "LC_ALL=C";
	char *env[] = {locale, NULL};
	struct command command = {.path = "postconf", .argv = argv, .env = env};
	struct buf errors;
	int code;

	buf_init(&errors, OUTPUT_MAX);
	code = collect_command(&command, POSTCONF_DEADLINE_MS, output, &errors);
	if (code < 0 && errno == ETIMEDOUT)
		explain(error, "no answer in time", span_of("", 0));
	else if (code < 0)
		explain(error, strerror(errno), span_of("", 0));
	else if (code != 0)
		explain(error, "failed", buf_span(&errors));
	buf_free(&errors);
	return code == 0;
}

bool
postconf_read(const char *config_directory, struct postconf *conf,
    char error[POSTCONF_ERROR_SIZE])
{
	char directory[SETTINGS_PATH_SIZE];
	static char words[][32] = {"postconf", "-c", "-x", "-P",
	    "command_directory", "queue_directory", "mail_owner",
	    "maximal_queue_lifetime", "bounce_queue_lifetime",
	    "hash_queue_names", "content_filter", "always_bcc",
	    "sender_bcc_maps", "recipient_bcc_maps", "cleanup_service_name",
	    "header_checks", "mime_header_checks", "nested_header_checks",
	    "body_checks", "import_environment"};
	enum { N_WORDS = sizeof(words) / sizeof(words[0]), FIRST_NAME = 4 };
	char *main_argv[ARGS_MAX] = {words[0], words[1], directory, words[2]};
	char *services_argv[] = {
	    words[0], words[1], directory, words[2], words[3], NULL};
	struct buf main, services;
	bool ok;

	for (size_t i = FIRST_NAME; i < N_WORDS; i++)
		main_argv[i] = words[i];
	snprintf(directory, sizeof(directory), "%s", config_directory);
	buf_init(&main, OUTPUT_MAX);
	buf_init(&services, OUTPUT_MAX);
	ok = run(main_argv, &main, error) &&
	    run(services_argv, &services, error);
	if (ok && !postconf_parse(buf_span(&main), buf_span(&services), conf))
		ok = explain(
		    error, "its output cannot be read", buf_span(&main));
	buf_free(&main);
	buf_free(&services);
	return ok;
}
