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
header_cut(struct span line, struct span *name, struct span *body)
{
	struct span head;

	*body = line;
	if (!span_cut(body, ':', &head))
		return false;
	while (head.len > 0 &&
	    (head.data[head.len - 1] == ' ' || head.data[head.len - 1] == '\t'))
		head.len--;
	*name = head;
	return true;
}

bool
header_split(struct span line, struct span *name, struct span *body)
{
	return header_cut(line, name, body) && header_is_name(*name);
}

/* As it is configured, mostly: that is found out sooner. */
static bool
is_name(struct span name, const char wanted[HEADER_NAME_SIZE])
{
	struct span all = span_str(wanted);

	return span_equal(name, all) || span_equal_nocase(name, all);
}

int
header_find(const struct header_names *names, struct span name)
{
	for (size_t i = 0; i < names->n; i++)
		if (is_name(name, names->name[i]))
			return (int)i;
	return -1;
}
