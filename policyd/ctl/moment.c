/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/moment.h"

#include <stdio.h>

#include "hdrcheck/date.h"

enum {
	DATE_LENGTH = sizeof("2026-12-24T23:00") - 1,
	TEXT_MAX = 48,
	ROOM_SIZE = TEXT_MAX + sizeof(":00Z"),
};

/* Only digits and marks: no blanks, no comments, no other forms of dates. */
static bool
looks_like_rfc3339(struct span text)
{
	static const char marks[] = "-:.+TtZz";

	if (text.len < DATE_LENGTH || text.len > TEXT_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_digit(text.data[i]) &&
		    memchr(marks, text.data[i], sizeof(marks) - 1) == NULL)
			return false;
	return text.len == DATE_LENGTH || text.data[DATE_LENGTH] != '.';
}

static bool
has_zone(struct span rest)
{
	return memchr(rest.data, 'Z', rest.len) != NULL ||
	    memchr(rest.data, 'z', rest.len) != NULL ||
	    memchr(rest.data, '+', rest.len) != NULL ||
	    memchr(rest.data, '-', rest.len) != NULL;
}

/* What is missing is put in, and the header's reader does the rest. */
bool
moment_parse(struct span text, const struct zone *local, int64_t *moment_s)
{
	struct span head, rest;
	struct date date;
	char room[ROOM_SIZE];
	bool zoned;
	int n;

	if (!looks_like_rfc3339(text))
		return false;
	head = span_head(text, DATE_LENGTH);
	rest = span_skip(text, DATE_LENGTH);
	zoned = has_zone(rest);
	n = snprintf(room, sizeof(room), "%.*s%s%.*s%s", (int)head.len,
	    head.data, rest.len > 0 && rest.data[0] == ':' ? "" : ":00",
	    (int)rest.len, rest.data, zoned ? "" : "Z");
	if (date_parse(span_of(room, (size_t)n), &date) != DATE_OK)
		return false;
	*moment_s = zoned ? date.moment_s : zone_to_utc(local, date.moment_s);
	return true;
}
