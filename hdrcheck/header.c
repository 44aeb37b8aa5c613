/* SPDX-License-Identifier: ISC */
#include "hdrcheck/header.h"

bool
header_is_name_char(char c)
{
	return c > ' ' && c <= '~' && c != ':';
}

bool
header_is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!header_is_name_char(name.data[i]))
			return false;
	return name.len > 0;
}

bool
header_split(struct span line, struct span *name, struct span *body)
{
	struct span head;

	*body = line;
	if (!span_cut(body, ':', &head))
		return false;
	while (head.len > 0 &&
	    (head.data[head.len - 1] == ' ' || head.data[head.len - 1] == '\t'))
		head.len--;
	*name = head;
	return header_is_name(head);
}

static bool
is_name(struct span name, const char wanted[HEADER_NAME_SIZE])
{
	if (name.len >= HEADER_NAME_SIZE)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (wanted[i] == '\0' ||
		    ascii_lower(name.data[i]) != ascii_lower(wanted[i]))
			return false;
	return wanted[name.len] == '\0';
}

int
header_find(const struct header_names *names, struct span name)
{
	for (size_t i = 0; i < names->n; i++)
		if (is_name(name, names->name[i]))
			return (int)i;
	return -1;
}
