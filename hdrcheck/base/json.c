/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/utf8.h"

enum { NUMBER_SIZE = 32 /* of an int64_t, as text */ };

static void
put(struct json *j, struct span s)
{
	if (!j->full && !buf_append(j->out, s))
		j->full = true;
}

static void
put_text(struct json *j, const char *text)
{
	put(j, span_str(text));
}

static void
put_comma(struct json *j)
{
	if (j->comma)
		put_text(j, ",");
	j->comma = true;
}

static void
put_name(struct json *j, const char *name)
{
	put_text(j, j->comma ? ",\"" : "\"");
	put_text(j, name);
	put_text(j, "\":");
	j->comma = true;
}

static void
put_open(struct json *j, const char *bracket)
{
	put_text(j, bracket);
	j->comma = false;
}

static void
put_closed(struct json *j, const char *bracket)
{
	put_text(j, bracket);
	j->comma = true;
}

void
json_open(struct json *j, struct buf *out)
{
	*j = (struct json){.out = out};
	put_open(j, "{");
}

bool
json_close(struct json *j)
{
	put_closed(j, "}");
	return !j->full;
}

/* Of a character of three bytes at most. */
static unsigned
code_point(struct span s)
{
	static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F};
	size_t len = utf8_len(s);
	unsigned c = (unsigned char)s.data[0] & lead_bits[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s.data[i] & 0x3F);
	return c;
}

static void
put_escape(struct json *j, struct span s)
{
	char text[NUMBER_SIZE];
	unsigned c = (unsigned char)s.data[0];

	switch (c) {
	case '"':
		put_text(j, "\\\"");
		return;
	case '\\':
		put_text(j, "\\\\");
		return;
	case '\n':
		put_text(j, "\\n");
		return;
	case '\r':
		put_text(j, "\\r");
		return;
	case '\t':
		put_text(j, "\\t");
		return;
	default:
		snprintf(text, sizeof(text), "\\u%04x", code_point(s));
		put_text(j, text);
	}
}

static bool
is_plain_ascii(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* How many bytes at the front may stand as they are. */
static size_t
plain_len(struct span s)
{
	size_t n = 0;

	while (n < s.len) {
		struct span rest = span_skip(s, n);
		size_t len = 1;

		if (!is_plain_ascii(rest.data[0])) {
			len = utf8_len(rest);
			if (len < 2 || utf8_is_control(rest))
				break;
		}
		n += len;
	}
	return n;
}

static void
put_string(struct json *j, struct span value)
{
	put_text(j, "\"");
	while (value.len > 0 && !j->full) {
		size_t n = plain_len(value);

		put(j, span_head(value, n));
		value = span_skip(value, n);
		if (value.len == 0)
			break;
		n = utf8_len(value);
		if (n > 0)
			put_escape(j, value);
		else
			put_text(j, "\xEF\xBF\xBD");
		value = span_skip(value, n > 0 ? n : 1);
	}
	put_text(j, "\"");
}

void
json_string(struct json *j, const char *name, struct span value)
{
	put_name(j, name);
	put_string(j, value);
}

void
json_int(struct json *j, const char *name, int64_t value)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%" PRId64, value);
	put_name(j, name);
	put_text(j, text);
}

void
json_bool(struct json *j, const char *name, bool value)
{
	put_name(j, name);
	put_text(j, value ? "true" : "false");
}

void
json_null(struct json *j, const char *name)
{
	put_name(j, name);
	put_text(j, "null");
}

void
json_utc(struct json *j, const char *name, int64_t s)
{
	char text[CLOCK_UTC_SIZE];

	json_string(j, name, span_str(clock_format_utc(s, text)));
}

void
json_seconds(struct json *j, const char *name, int64_t ns)
{
	char text[CLOCK_SECONDS_SIZE];

	put_name(j, name);
	put_text(j, clock_format_seconds(ns, text));
}

void
json_string_or_null(struct json *j, const char *name, struct span value)
{
	if (value.len == 0)
		json_null(j, name);
	else
		json_string(j, name, value);
}

void
json_begin_object(struct json *j, const char *name)
{
	put_name(j, name);
	put_open(j, "{");
}

void
json_begin_array(struct json *j, const char *name)
{
	put_name(j, name);
	put_open(j, "[");
}

void
json_end_object(struct json *j)
{
	put_closed(j, "}");
}

void
json_end_array(struct json *j)
{
	put_closed(j, "]");
}

void
json_element(struct json *j, struct span value)
{
	put_comma(j);
	put_string(j, value);
}
