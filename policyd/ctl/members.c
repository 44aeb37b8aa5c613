/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/members.h"

#include "hdrcheck/base/json.h"
#include "hdrcheck/date.h"
#include "policyd/sched/ndjson.h"

enum {
	SECONDS_LENGTH = sizeof("2026-12-24T23:00:00") - 1,
	TIME_SIZE = SECONDS_LENGTH + sizeof("Z"),
};

/* Those of ISO 6429 above 7F included. */
static bool
has_control(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned c = (unsigned char)s.data[i];

		if (c < 0x20 || c == 0x7F)
			return true;
		if (c == 0xC2 && i + 1 < s.len &&
		    (unsigned char)s.data[i + 1] < 0xA0)
			return true;
	}
	return false;
}

bool
members_parse(struct span line, struct members *members)
{
	struct span rest = line, name, value;
	enum ndjson_step step;
	bool first = true;

	members->n = 0;
	if (has_control(line))
		return false;
	while ((step = ndjson_next_member(&rest, &first, &name, &value)) ==
	    NDJSON_MEMBER) {
		if (members->n == MEMBERS_MAX)
			return false;
		members->name[members->n] = name;
		members->value[members->n++] = value;
	}
	return step == NDJSON_CLOSED && span_trim(rest).len == 0;
}

bool
members_find(
    const struct members *members, const char *name, struct span *value)
{
	for (size_t i = 0; i < members->n; i++)
		if (span_equal_str(members->name[i], name)) {
			*value = members->value[i];
			return !span_equal_str(*value, "null");
		}
	return false;
}

bool
members_string(const struct members *members, const char *name,
    struct buf *room, struct span *value)
{
	struct span raw, inside;

	buf_clear(room);
	if (!members_find(members, name, &raw) ||
	    !ndjson_string(raw, &inside) || !json_unescape(inside, room))
		return false;
	*value = buf_span(room);
	return true;
}

bool
members_number(const struct members *members, const char *name, uint64_t *value)
{
	struct span raw;

	return members_find(members, name, &raw) &&
	    span_to_u64(raw, UINT64_MAX, value);
}

bool
members_bool(const struct members *members, const char *name, bool *value)
{
	struct span raw;

	if (!members_find(members, name, &raw))
		return false;
	*value = span_equal_str(raw, "true");
	return *value || span_equal_str(raw, "false");
}

bool
members_time(const struct members *members, const char *name, int64_t *value)
{
	struct span raw, inside;
	struct date date;
	char text[TIME_SIZE];

	if (!members_find(members, name, &raw) ||
	    !ndjson_string(raw, &inside) || inside.len < SECONDS_LENGTH + 1 ||
	    inside.data[inside.len - 1] != 'Z')
		return false;
	memcpy(text, inside.data, SECONDS_LENGTH);
	text[SECONDS_LENGTH] = 'Z';
	if (date_parse(span_of(text, SECONDS_LENGTH + 1), &date) != DATE_OK ||
	    date.never)
		return false;
	*value = date.moment_s;
	return true;
}
