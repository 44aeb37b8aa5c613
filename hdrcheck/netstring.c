/* SPDX-License-Identifier: ISC */
#include "hdrcheck/netstring.h"

#include <string.h>

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

/* Writes "LENGTH:" so that it ends at end. */
static void
put_length(char *end, size_t length)
{
	*--end = ':';
	do {
		*--end = (char)('0' + length % 10);
		length /= 10;
	} while (length > 0);
}

/* How many digits and ":". */
static size_t
length_size(size_t length)
{
	size_t n = 2;

	for (; length > 9; length /= 10)
		n++;
	return n;
}

char *
netstring_begin(struct buf *out, size_t len)
{
	size_t head = length_size(len);
	char *room = buf_reserve(out, head + len + 1);

	if (room == NULL)
		return NULL;
	put_length(room + head, len);
	room[head + len] = ',';
	buf_commit(out, head + len + 1);
	return room + head;
}

bool
netstring_append(struct buf *out, struct span s)
{
	char *room = netstring_begin(out, s.len);

	if (room == NULL)
		return false;
	if (s.len > 0)
		memcpy(room, s.data, s.len);
	return true;
}
