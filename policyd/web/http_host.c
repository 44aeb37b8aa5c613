/* SPDX-License-Identifier: ISC */
/*
 * Whom a request is for.
 */
#include "policyd/web/http.h"

/* No name of a host ends with a label of digits; so this is an address. */
static bool
is_ipv4(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!ascii_is_digit(name.data[i]) && name.data[i] != '.')
			return false;
	return true;
}

/* RFC 6761, 6.3 */
static bool
is_localhost(struct span name)
{
	static const struct span local = SPAN("localhost");
	struct span last;

	if (name.len < local.len)
		return false;
	last = span_skip(name, name.len - local.len);
	return span_equal_nocase(last, local) &&
	    (last.len == name.len || last.data[-1] == '.');
}

bool
http_host_is_local(struct span host)
{
	struct span rest = host, name;

	if (span_starts_with(host, "["))
		return true;
	if (!span_cut(&rest, ':', &name))
		name = host;
	return is_ipv4(name) || is_localhost(name);
}
