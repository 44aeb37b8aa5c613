/* SPDX-License-Identifier: ISC */
#include "policyd/attr.h"

#include <string.h>

static bool
put(struct attr_request *request, struct span name, struct span value)
{
	size_t i = 0;

	while (i < request->n && !span_equal(request->pair[i].name, name))
		i++;
	if (i == ATTR_MAX)
		return false;
	request->pair[i].name = name;
	request->pair[i].value = value;
	if (i == request->n)
		request->n++;
	return true;
}

static bool
take_line(struct attr_request *request, struct span line)
{
	struct span name;

	if (line.len > ATTR_LINE_MAX ||
	    memchr(line.data, '\0', line.len) != NULL)
		return false;
	if (!span_cut(&line, '=', &name) || name.len == 0)
		return false;
	return put(request, name, line);
}

enum attr_result
attr_decode(struct span in, struct attr_request *request, size_t *used)
{
	struct span rest = in;
	struct span line;

	request->n = 0;
	while (span_cut(&rest, '\n', &line)) {
		if (in.len - rest.len > ATTR_REQUEST_MAX)
			return ATTR_BAD;
		if (line.len == 0) {
			*used = in.len - rest.len;
			return span_equal_str(attr_get(request, "request"),
				   "smtpd_access_policy")
			    ? ATTR_DONE
			    : ATTR_BAD;
		}
		if (!take_line(request, line))
			return ATTR_BAD;
	}
	if (rest.len > ATTR_LINE_MAX || in.len >= ATTR_REQUEST_MAX)
		return ATTR_BAD;
	return ATTR_MORE;
}

struct span
attr_get(const struct attr_request *request, const char *name)
{
	for (size_t i = 0; i < request->n; i++)
		if (span_equal_str(request->pair[i].name, name))
			return request->pair[i].value;
	return span_of("", 0);
}
