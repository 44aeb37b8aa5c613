/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/json.h"

enum {
	UTF8_MAX = 4, /* bytes of a character */
	REPLACEMENT = 0xFFFD, /* stands for what is no character */
	ESCAPE_LEN = 6, /* backslash, u, four digits */
};

/* A code point as UTF-8; returns how many bytes. */
static size_t
utf8_write(uint32_t c, char out[UTF8_MAX])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3F));
		c >>= 6;
	}
	out[0] = (char)(lead[n] | c);
	return n;
}

static int
hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\u" and four digits at the front of s. */
static bool
read_unit(struct span s, uint32_t *unit)
{
	*unit = 0;
	if (s.len < ESCAPE_LEN || s.data[0] != '\\' || s.data[1] != 'u')
		return false;
	for (size_t i = 2; i < ESCAPE_LEN; i++) {
		int digit = hex_digit(s.data[i]);

		if (digit < 0)
			return false;
		*unit = *unit << 4 | (uint32_t)digit;
	}
	return true;
}

/*
 * The character that "\u" at the front means; returns how many bytes of s that
 * takes, 0: it is broken. Half a pair of surrogates is no character.
 */
static size_t
read_unicode(struct span s, uint32_t *c)
{
	uint32_t low;

	if (!read_unit(s, c))
		return 0;
	if (*c < 0xD800 || *c > 0xDFFF)
		return ESCAPE_LEN;
	if (*c <= 0xDBFF && read_unit(span_skip(s, ESCAPE_LEN), &low) &&
	    low >= 0xDC00 && low <= 0xDFFF) {
		*c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
		return (size_t)2 * ESCAPE_LEN;
	}
	*c = REPLACEMENT;
	return ESCAPE_LEN;
}

/* What the escape at the front means; returns its length, 0: it is broken. */
static size_t
read_escape(struct span s, uint32_t *c)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (s.len < 2)
		return 0;
	if (s.data[1] == 'u')
		return read_unicode(s, c);
	at = memchr(letters, s.data[1], sizeof(letters) - 1);
	if (at == NULL)
		return 0;
	*c = (unsigned char)meanings[at - letters];
	return 2;
}

/* Writes to out, unless that is NULL; *n is the length. False: no JSON. */
static bool
unescape(struct span inside, char *out, size_t *n)
{
	*n = 0;
	while (inside.len > 0) {
		char bytes[UTF8_MAX] = {inside.data[0]};
		size_t used = 1, len = 1;
		uint32_t c;

		if (inside.data[0] == '\\') {
			used = read_escape(inside, &c);
			if (used == 0)
				return false;
			len = utf8_write(c, bytes);
		}
		if (out != NULL)
			memcpy(out + *n, bytes, len);
		*n += len;
		inside = span_skip(inside, used);
	}
	return true;
}

bool
json_unescape(struct span inside, struct buf *out)
{
	char *room;
	size_t n;

	if (!unescape(inside, NULL, &n))
		return false;
	if (n == 0)
		return true;
	room = buf_reserve(out, n);
	if (room == NULL)
		return false;
	unescape(inside, room, &n);
	buf_commit(out, n);
	return true;
}
