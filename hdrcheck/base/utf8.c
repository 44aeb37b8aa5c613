/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/utf8.h"

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

/* Section 4 of the RFC. */
size_t
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

/* U+061C; from U+2000 on marks, embeddings, separators and isolates. */
static bool
turns_direction(struct span s)
{
	unsigned lead = byte_at(s, 0), second = byte_at(s, 1);
	unsigned third = byte_at(s, 2);

	if (lead == 0xD8)
		return second == 0x9C;
	if (lead != 0xE2 || (second != 0x80 && second != 0x81))
		return false;
	if (second == 0x81)
		return third >= 0xA6 && third <= 0xA9;
	return third == 0x8E || third == 0x8F ||
	    (third >= 0xA8 && third <= 0xAE);
}

bool
utf8_is_control(struct span s)
{
	unsigned c = byte_at(s, 0);

	return c < 0x20 || c == 0x7F || (c == 0xC2 && byte_at(s, 1) < 0xA0) ||
	    turns_direction(s);
}

size_t
utf8_printable(struct span s, char *out, size_t size)
{
	size_t n = 0;

	while (s.len > 0) {
		size_t len = utf8_len(s);
		struct span c = len > 0 ? span_head(s, len) : span_str("?");

		s = span_skip(s, len > 0 ? len : 1);
		if (utf8_is_control(c))
			c = span_str("?");
		if (n + c.len >= size)
			break;
		memcpy(out + n, c.data, c.len);
		n += c.len;
	}
	out[n] = '\0';
	return n;
}
