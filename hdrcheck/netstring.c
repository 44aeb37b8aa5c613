/* SPDX-License-Identifier: ISC */
#include "hdrcheck/netstring.h"

#include <string.h>

enum { LENGTH_TEXT_SIZE = 24 /* digits of a size_t and ":" */ };

/* The length at the front: how many digits, or 0 when it is none. */
static size_t
read_length(struct span in, size_t max, size_t *length, bool *bad)
{
	size_t n = 0;
	size_t value = 0;

	*bad = false;
	while (n < in.len && ascii_is_digit(in.data[n])) {
		size_t digit = (size_t)(in.data[n] - '0');

		if (digit > max || value > (max - digit) / 10 ||
		    (n > 0 && in.data[0] == '0')) {
			*bad = true;
			return n;
		}
		value = value * 10 + digit;
		n++;
	}
	if (n < in.len && (n == 0 || in.data[n] != ':'))
		*bad = true;
	*length = value;
	return n;
}

enum netstring_result
netstring_decode(struct span in, size_t max, struct span *body, size_t *used)
{
	size_t length, digits;
	bool bad;

	digits = read_length(in, max, &length, &bad);
	if (bad)
		return NETSTRING_BAD;
	if (digits == in.len)
		return NETSTRING_MORE;
	in = span_skip(in, digits + 1);
	if (in.len <= length)
		return NETSTRING_MORE;
	if (in.data[length] != ',')
		return NETSTRING_BAD;
	*body = span_head(in, length);
	*used = digits + 1 + length + 1;
	return NETSTRING_DONE;
}

/* Writes "LENGTH:" so that it ends at end; its first byte. */
static char *
put_length(char *end, size_t length)
{
	*--end = ':';
	do {
		*--end = (char)('0' + length % 10);
		length /= 10;
	} while (length > 0);
	return end;
}

bool
netstring_append(struct buf *out, struct span s)
{
	char text[LENGTH_TEXT_SIZE];
	char *head = put_length(text + sizeof(text), s.len);
	size_t n = (size_t)(text + sizeof(text) - head);
	char *room = buf_reserve(out, n + s.len + 1);

	if (room == NULL)
		return false;
	memcpy(room, head, n);
	if (s.len > 0)
		memcpy(room + n, s.data, s.len);
	room[n + s.len] = ',';
	buf_commit(out, n + s.len + 1);
	return true;
}
