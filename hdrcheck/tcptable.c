/* SPDX-License-Identifier: ISC */
#include "hdrcheck/tcptable.h"

#include <string.h>

static const char request_word[] = "get ";

/* 0 to 15, or -1 for what is no hexadecimal digit. */
static int
hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX; false when that is malformed or room is too small. */
static bool
unquote(struct span text, char *room, struct span *key)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (n == TCPTABLE_KEY_MAX)
			return false;
		if (c == '%') {
			int high, low;

			if (text.len - i < 3)
				return false;
			high = hex_value(text.data[i + 1]);
			low = hex_value(text.data[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		room[n++] = c;
	}
	*key = span_of(room, n);
	return true;
}

enum tcptable_result
tcptable_decode(struct span in, char *room, struct span *key, size_t *used)
{
	struct span rest = in;
	struct span line;

	if (!span_cut(&rest, '\n', &line))
		return in.len < TCPTABLE_LINE_MAX ? TCPTABLE_MORE
						  : TCPTABLE_BAD_FRAME;
	if (line.len >= TCPTABLE_LINE_MAX)
		return TCPTABLE_BAD_FRAME;
	*used = line.len + 1;
	if (!span_starts_with(line, request_word))
		return TCPTABLE_BAD_REQUEST;
	line = span_skip(line, sizeof(request_word) - 1);
	return line.len > 0 && unquote(line, room, key) ? TCPTABLE_DONE
							: TCPTABLE_BAD_REQUEST;
}

/* Appends c to text, as it is or as %XX; returns how many bytes. */
static size_t
quote(char c, char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)c;

	if (byte > ' ' && byte < 0x7f && c != '%') {
		text[0] = c;
		return 1;
	}
	text[0] = '%';
	text[1] = hex[byte >> 4];
	text[2] = hex[byte & 15];
	return 3;
}

bool
tcptable_reply(struct buf *out, int code, struct span text)
{
	char line[TCPTABLE_REPLY_MAX + 3];
	size_t n = 0;

	line[n++] = (char)('0' + code / 100);
	line[n++] = (char)('0' + code / 10 % 10);
	line[n++] = (char)('0' + code % 10);
	line[n++] = ' ';
	for (size_t i = 0; i < text.len; i++) {
		n += quote(text.data[i], line + n);
		if (n >= TCPTABLE_REPLY_MAX)
			return false;
	}
	line[n++] = '\n';
	return buf_append(out, span_of(line, n));
}
