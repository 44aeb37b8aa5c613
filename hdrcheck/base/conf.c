/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/conf.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "hdrcheck/base/buf.h"
#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/sock.h"
#include "hdrcheck/base/utf8.h"

enum { READ_SIZE = 4096 /* bytes */ };

static void *
field_of(const struct conf_setting *setting, void *settings)
{
	return (char *)settings + setting->offset;
}

void
conf_preset(const struct conf_setting *table, size_t n_settings, void *settings)
{
	assert(n_settings <= CONF_SETTINGS_MAX);
	for (size_t i = 0; i < n_settings; i++) {
		const char *wrong = table[i].parse(&table[i],
		    span_str(table[i].preset), field_of(&table[i], settings));

		assert(wrong == NULL);
		(void)wrong;
	}
}

struct place {
	const char *file;
	size_t line;
	char *error;
};

static bool
fail(const struct place *at, struct span name, const char *what)
{
	char text[CONF_ERROR_SIZE];

	snprintf(text, sizeof(text), "%s:%zu: %.*s%s%s", at->file, at->line,
	    (int)(name.len < 64 ? name.len : 64), name.data,
	    name.len > 0 ? ": " : "", what);
	utf8_printable(span_str(text), at->error, CONF_ERROR_SIZE);
	return false;
}

static bool
set(const struct conf_setting *setting, struct span value, void *settings,
    const struct place *at, size_t *set_on_line)
{
	const char *wrong;
	char what[64];

	if (*set_on_line != 0) {
		snprintf(what, sizeof(what), "set already on line %zu",
		    *set_on_line);
		return fail(at, span_str(setting->name), what);
	}
	*set_on_line = at->line;
	wrong = setting->parse(setting, value, field_of(setting, settings));
	if (wrong != NULL)
		return fail(at, span_str(setting->name), wrong);
	return true;
}

bool
conf_parse(const struct conf_setting *table, size_t n_settings,
    struct span text, const char *file, void *settings,
    char error[CONF_ERROR_SIZE])
{
	size_t set_on_line[CONF_SETTINGS_MAX] = {0};
	struct place at = {.file = file, .line = 0, .error = error};

	while (text.len > 0) {
		struct span line, name;
		size_t i = 0;

		at.line++;
		if (!span_cut(&text, '\n', &line)) {
			line = text;
			text.len = 0;
		}
		line = span_trim(line);
		if (line.len == 0 || line.data[0] == '#')
			continue;
		if (!span_cut(&line, '=', &name))
			return fail(&at, span_of("", 0), "not 'name = value'");
		name = span_trim(name);
		while (i < n_settings && !span_equal_str(name, table[i].name))
			i++;
		if (i == n_settings)
			return fail(&at, name, "no such setting");
		if (!set(&table[i], span_trim(line), settings, &at,
			&set_on_line[i]))
			return false;
	}
	return true;
}

/* Reads up to the end or the buffer's maximum; false with errno. */
static bool
read_all(int fd, struct buf *b)
{
	ssize_t n = 1;

	while (n > 0) {
		size_t want = buf_room(b) < READ_SIZE ? buf_room(b) : READ_SIZE;
		char *room = buf_reserve(b, want);

		if (room == NULL)
			return false;
		n = want > 0 ? read(fd, room, want) : 0;
		if (n > 0)
			buf_commit(b, (size_t)n);
	}
	return n == 0;
}

char *
conf_load_bytes(int fd, size_t max, size_t *len)
{
	struct buf b;
	int saved;

	buf_init(&b, max + 1);
	if (read_all(fd, &b)) {
		*len = buf_len(&b);
		if (*len <= max)
			return b.data;
		errno = EFBIG;
	}
	saved = errno;
	buf_free(&b);
	errno = saved;
	return NULL;
}

char *
conf_load(int fd, size_t *len)
{
	char *text = conf_load_bytes(fd, CONF_FILE_MAX, len);

	if (text == NULL || memchr(text, '\0', *len) == NULL)
		return text;
	free(text);
	errno = EINVAL;
	return NULL;
}

const char *
conf_load_reason(int error)
{
	if (error == EFBIG)
		return "larger than 4 MiB";
	if (error == EINVAL)
		return "has a NUL byte";
	return strerror(error);
}

const char *
conf_parse_seconds(
    const struct conf_setting *setting, struct span value, void *field)
{
	int64_t seconds;

	if (!clock_parse_duration(value, &seconds))
		return "not a time like 90s, 15m or 1d2h30m";
	if (seconds < setting->min)
		return "too short a time";
	if (seconds > setting->max)
		return "too long a time";
	memcpy(field, &seconds, sizeof(seconds));
	return NULL;
}

const char *
conf_parse_number(
    const struct conf_setting *setting, struct span value, void *field)
{
	uint64_t number;
	int64_t out;

	if (!span_to_u64(value, INT64_MAX, &number))
		return "not a number";
	out = (int64_t)number;
	if (out < setting->min)
		return "too small a number";
	if (out > setting->max)
		return "too large a number";
	memcpy(field, &out, sizeof(out));
	return NULL;
}

const char *
conf_parse_string(
    const struct conf_setting *setting, struct span value, void *field)
{
	if (value.len == 0)
		return "needs a value";
	if (!span_to_string(value, field, (size_t)setting->max))
		return "too long";
	return NULL;
}

static bool
is_none(struct span value)
{
	return value.len == 0 || span_equal_str(value, "(none)") ||
	    span_equal_str(value, "(off)");
}

const char *
conf_parse_path(
    const struct conf_setting *setting, struct span value, void *field)
{
	if (is_none(value) && setting->min == 0)
		value.len = 0;
	else if (value.len == 0 || value.data[0] != '/')
		return "not an absolute path";
	if (!span_to_string(value, field, (size_t)setting->max))
		return "too long a path";
	return NULL;
}

const char *
conf_parse_listener(
    const struct conf_setting *setting, struct span value, void *field)
{
	struct sock_address *address = field;

	(void)setting;
	if (is_none(value)) {
		memset(address, 0, sizeof(*address));
		return NULL;
	}
	return sock_parse(value, address);
}

const char *
conf_parse_mode(
    const struct conf_setting *setting, struct span value, void *field)
{
	unsigned mode = 0;

	(void)setting;
	if (value.len < 3 || value.len > 4)
		return "not a mode like 0660";
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '7')
			return "not a mode like 0660";
		mode = mode * 8 + (unsigned)(value.data[i] - '0');
	}
	if (mode > 0777)
		return "not a mode like 0660";
	*(mode_t *)field = (mode_t)mode;
	return NULL;
}
