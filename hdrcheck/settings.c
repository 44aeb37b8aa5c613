/* SPDX-License-Identifier: ISC */
#include "hdrcheck/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_PER_DAY INT64_C(86400)

enum { UNIX_PATH_SIZE = 108 /* bytes of sun_path */ };

static const char *
parse_names(const struct conf_setting *setting, struct span value, void *field)
{
	struct header_names *names = field;
	struct span item;

	names->n = 0;
	if (span_equal_str(value, "(none)"))
		value.len = 0;
	while (span_next_item(&value, &item)) {
		if (names->n == HEADER_NAMES_MAX)
			return "more than 16 names";
		if (!header_is_name(item))
			return "not the name of a header";
		if (header_find(names, item) >= 0)
			return "the same name twice";
		if (!span_to_string(
			item, names->name[names->n], HEADER_NAME_SIZE))
			return "a name of more than 63 bytes";
		names->n++;
	}
	if ((int64_t)names->n < setting->min)
		return "needs at least one name";
	return NULL;
}

static const char *
parse_permit(const struct conf_setting *setting, struct span value, void *field)
{
	(void)setting;
	return permit_parse(value, field);
}

static const char *
parse_unpermitted(
    const struct conf_setting *setting, struct span value, void *field)
{
	bool *release = field;

	(void)setting;
	*release = span_equal_str(value, "release");
	if (!*release && !span_equal_str(value, "keep"))
		return "keep or release";
	return NULL;
}

static const char *
parse_yes_no(const struct conf_setting *setting, struct span value, void *field)
{
	bool *yes = field;

	(void)setting;
	*yes = span_equal_str(value, "yes");
	if (!*yes && !span_equal_str(value, "no"))
		return "yes or no";
	return NULL;
}

static const char *
parse_method(const struct conf_setting *setting, struct span value, void *field)
{
	static const char *const words[] = {
	    [METHOD_AUTO] = "auto",
	    [METHOD_RELEASE] = "release",
	    [METHOD_REQUEUE] = "requeue",
	};
	enum settings_method *method = field;

	(void)setting;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_equal_str(value, words[i])) {
			*method = (enum settings_method)i;
			return NULL;
		}
	}
	return "auto, release or requeue";
}

static const char *
parse_seconds_or_auto(
    const struct conf_setting *setting, struct span value, void *field)
{
	if (span_equal_str(value, "auto")) {
		*(int64_t *)field = SETTINGS_AUTO;
		return NULL;
	}
	return conf_parse_seconds(setting, value, field);
}

static const char *
parse_number_or_auto(
    const struct conf_setting *setting, struct span value, void *field)
{
	if (span_equal_str(value, "auto")) {
		*(int64_t *)field = SETTINGS_AUTO;
		return NULL;
	}
	return conf_parse_number(setting, value, field);
}

#define FIELD(name) offsetof(struct settings, name)

static const struct conf_setting table[] = {
    {"header_names", "X-Deliver-At", parse_names, FIELD(header_names), 1, 0},
    {"max_postpone", "366d", conf_parse_seconds, FIELD(max_postpone_s), 1,
	36500 * SECONDS_PER_DAY},
    {"permit_postpone", "any", parse_permit, FIELD(permit_postpone), 0, 0},
    {"unpermitted", "keep", parse_unpermitted, FIELD(release_unpermitted), 0,
	0},
    {"veto_headers", "(none)", parse_names, FIELD(veto_headers), 0, 0},
    {"socketmap_listen", "unix:/var/spool/postfix/deliver-at/socketmap",
	conf_parse_listener, FIELD(socketmap_listen), 0, 0},
    {"tcp_table_listen", "(off)", conf_parse_listener, FIELD(tcp_table_listen),
	0, 0},
    {"policy_listen", "unix:/var/spool/postfix/deliver-at/policy",
	conf_parse_listener, FIELD(policy_listen), 0, 0},
    {"metrics_listen", "(off)", conf_parse_listener, FIELD(metrics_listen), 0,
	0},
    {"status_page_addresses", "no", parse_yes_no, FIELD(page_addresses), 0, 0},
    {"socket_mode", "0660", conf_parse_mode, FIELD(socket_mode), 0, 0},
    {"socket_group", "postfix", conf_parse_string, FIELD(socket_group), 0,
	SETTINGS_NAME_SIZE},
    {"user", "deliver-at", conf_parse_string, FIELD(user), 0,
	SETTINGS_NAME_SIZE},
    {"control_socket", "/run/deliver-at/control", conf_parse_path,
	FIELD(control_socket), 1, UNIX_PATH_SIZE},
    {"postfix_config_directory", "/etc/postfix", conf_parse_path,
	FIELD(postfix_config_directory), 1, SETTINGS_PATH_SIZE},
    {"rules_file", "(none)", conf_parse_path, FIELD(rules_file), 0,
	SETTINGS_PATH_SIZE},
    {"sweep_interval", "60s", conf_parse_seconds, FIELD(sweep_interval_s), 1,
	SECONDS_PER_DAY},
    {"release_method", "auto", parse_method, FIELD(release_method), 0, 0},
    {"requeue_after", "auto", parse_seconds_or_auto, FIELD(requeue_after_s), 0,
	36500 * SECONDS_PER_DAY},
    {"release_rate", "0", parse_number_or_auto, FIELD(release_rate), 0,
	1000000},
    {"state_directory", "/var/lib/deliver-at", conf_parse_path,
	FIELD(state_directory), 1, SETTINGS_PATH_SIZE},
    {"max_connections", "1000", conf_parse_number, FIELD(max_connections), 1,
	100000},
    {"idle_timeout", "300s", conf_parse_seconds, FIELD(idle_timeout_s), 1,
	SECONDS_PER_DAY},
};

enum { N_SETTINGS = sizeof(table) / sizeof(table[0]) };

/* What is built at start and stays: a changed value waits for a restart. */
static const char *const fixed[] = {"socketmap_listen", "tcp_table_listen",
    "policy_listen", "metrics_listen", "socket_mode", "socket_group", "user",
    "control_socket", "postfix_config_directory", "rules_file",
    "state_directory"};

bool
settings_parse(struct settings *settings, struct span text, const char *file,
    char error[CONF_ERROR_SIZE])
{
	memset(settings, 0, sizeof(*settings));
	conf_preset(table, N_SETTINGS, settings);
	return conf_parse(table, N_SETTINGS, text, file, settings, error);
}

static bool
fail(const char *file, char error[CONF_ERROR_SIZE])
{
	snprintf(
	    error, CONF_ERROR_SIZE, "%s: %s", file, conf_load_reason(errno));
	return false;
}

bool
settings_read(struct settings *settings, int fd, const char *file,
    char error[CONF_ERROR_SIZE])
{
	size_t len;
	char *text = conf_load(fd, &len);
	bool ok;

	if (text == NULL)
		return fail(file, error);
	ok = settings_parse(settings, span_of(text, len), file, error);
	free(text);
	return ok;
}

bool
settings_load(
    struct settings *settings, const char *file, char error[CONF_ERROR_SIZE])
{
	const char *path = file != NULL ? file : SETTINGS_DEFAULT_FILE;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0 && (errno != ENOENT || file != NULL))
		return fail(path, error);
	if (fd < 0)
		ok = settings_parse(settings, span_of("", 0), path, error);
	else
		ok = settings_read(settings, fd, path, error);
	if (fd >= 0)
		close(fd);
	snprintf(settings->file, sizeof(settings->file), "%s", path);
	return ok;
}

/* A field ends where the next one starts; settings were zeroed first. */
static size_t
field_size(size_t offset)
{
	size_t end = sizeof(struct settings);

	for (size_t i = 0; i < N_SETTINGS; i++)
		if (table[i].offset > offset && table[i].offset < end)
			end = table[i].offset;
	return end - offset;
}

static bool
same_field(const char *name, const struct settings *a, const struct settings *b)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		size_t at = table[i].offset;

		if (strcmp(table[i].name, name) == 0)
			return memcmp((const char *)a + at,
				   (const char *)b + at, field_size(at)) == 0;
	}
	return true;
}

const char *
settings_needs_restart(const struct settings *old, const struct settings *new)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!same_field(fixed[i], old, new))
			return fixed[i];
	return NULL;
}
