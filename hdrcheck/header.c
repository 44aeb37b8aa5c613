/* SPDX-License-Identifier: ISC */
#include "hdrcheck/header.h"

bool
header_is_name(struct span name)
{
	if (name.len == 0)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] > '~' ||
		    name.data[i] == ':')
			return false;
	return true;
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

int
header_find(const struct header_names *names, struct span name)
{
	for (size_t i = 0; i < names->n; i++)
		if (span_equal_nocase(name, span_str(names->name[i])))
			return (int)i;
	return -1;
}
