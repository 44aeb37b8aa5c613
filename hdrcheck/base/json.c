/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "hdrcheck/base/clock.h"

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
	put_comma(j);
	put_text(j, "\"");
	put_text(j, name);
	put_text(j, "\":");
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

static unsigned
byte_at(struct span s, size_t i)
{
	return i < s.len ? (unsigned char)s.data[i] : 0;
}

static bool
is_tail(unsigned byte)
{
	return (byte & 0xC0) == 0x80;
}

/*
 * Bytes of the UTF-8 character at the front of s, which is not empty; 0 when
 * there is none (RFC 3629, section 4).
 */
static size_t
utf8_len(struct span s)
{
	unsigned lead = byte_at(s, 0);
	unsigned second = byte_at(s, 1);

	if (lead < 0x80)
		return 1;
	if (lead < 0xC2 || lead > 0xF4 || !is_tail(second))
		return 0;
	if (lead < 0xE0)
		return 2;
	/* What fits into fewer bytes, surrogates, and what is past the end. */
	if ((lead == 0xE0 && second < 0xA0) ||
	    (lead == 0xED && second > 0x9F) ||
	    (lead == 0xF0 && second < 0x90) ||
	    (lead == 0xF4 && second > 0x8F) || !is_tail(byte_at(s, 2)))
		return 0;
	if (lead < 0xF0)
		return 3;
	return is_tail(byte_at(s, 3)) ? 4 : 0;
}

/*
 * The control characters, those of ISO 6429 above 7F too: no terminal that
 * shows the result is to obey them.
 */
static bool
is_control(struct span s, size_t len)
{
	unsigned c = byte_at(s, 0);

	if (len == 1)
		return c < 0x20 || c == 0x7F;
	return c == 0xC2 && byte_at(s, 1) < 0xA0;
}

static void
put_escape(struct json *j, struct span s)
{
	char text[NUMBER_SIZE];
	unsigned c = byte_at(s, 0);

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
		snprintf(text, sizeof(text), "\\u%04x",
		    c < 0x80 ? c : byte_at(s, 1));
		put_text(j, text);
	}
}

/* How many bytes at the front may stand as they are. */
static size_t
plain_len(struct span s)
{
	size_t n = 0;

	while (n < s.len) {
		struct span rest = span_skip(s, n);
		size_t len = utf8_len(rest);

		if (len == 0 || is_control(rest, len) || rest.data[0] == '"' ||
		    rest.data[0] == '\\')
			break;
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
	/* By thousandths, towards zero: a minus only where a digit is not 0. */
	int64_t ms = ns / CLOCK_NS_PER_MS;
	int64_t positive_ms = ms < 0 ? -ms : ms;
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%s%" PRId64 ".%03" PRId64,
	    ms < 0 ? "-" : "", positive_ms / 1000, positive_ms % 1000);
	put_name(j, name);
	put_text(j, text);
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
