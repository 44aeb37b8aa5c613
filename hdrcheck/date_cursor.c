/* SPDX-License-Identifier: ISC */
/*
 * Blanks, comments and zones: what both dialects are made of.
 */
#include "hdrcheck/date_private.h"

static const struct {
	const char *name;
	int hours;
} zones[] = {
    {"ut", 0},
    {"utc", 0},
    {"gmt", 0},
    {"z", 0},
    {"est", -5},
    {"edt", -4},
    {"cst", -6},
    {"cdt", -5},
    {"mst", -7},
    {"mdt", -6},
    {"pst", -8},
    {"pdt", -7},
};

static void
advance(struct date_cursor *c, size_t n)
{
	c->text = span_skip(c->text, n);
}

/* Comments nest and have quoted pairs: RFC 5322, 3.2.2. */
static bool
skip_comment(struct date_cursor *c)
{
	size_t depth = 0;

	for (size_t i = 0; i < c->text.len; i++) {
		char at = c->text.data[i];

		if (at == '\\') {
			i++;
		} else if (at == '(') {
			depth++;
		} else if (at == ')' && --depth == 0) {
			advance(c, i + 1);
			return true;
		}
	}
	return false;
}

static void
note_rule(struct date_cursor *c, struct span comment)
{
	static const char opening[] = "(rule ";
	struct span name;

	if (c->rule.len > 0 || !span_starts_with(comment, opening))
		return;
	name = span_skip(comment, sizeof(opening) - 1);
	name.len--;
	if (date_is_rule_name(name))
		c->rule = name;
}

/* Blanks, line ends and comments. False when a comment does not end. */
bool
date_skip_cfws(struct date_cursor *c)
{
	while (c->text.len > 0) {
		struct span before = c->text;

		if (date_peek(c) == '(') {
			if (!skip_comment(c))
				return false;
			note_rule(
			    c, span_head(before, before.len - c->text.len));
		} else if (ascii_is_blank(date_peek(c))) {
			c->text = span_skip(c->text, 1);
		} else {
			break;
		}
	}
	return true;
}

/* +hhmm or +hh:mm, behind the sign. */
enum date_error
date_read_offset(struct date_cursor *c, bool colon, int *zone_s)
{
	int sign = date_peek(c) == '-' ? -1 : 1;
	int hour, minute, both;

	advance(c, 1);
	if (colon) {
		if (!date_take_digits(c, 2, &hour) || !date_take_char(c, ':') ||
		    !date_take_digits(c, 2, &minute))
			return DATE_UNKNOWN_ZONE;
	} else {
		if (!date_take_digits(c, 4, &both))
			return DATE_UNKNOWN_ZONE;
		hour = both / 100;
		minute = both % 100;
	}
	if (hour > 23 || minute > 59)
		return DATE_NO_SUCH_ZONE;
	*zone_s =
	    sign * (hour * SECONDS_PER_HOUR + minute * SECONDS_PER_MINUTE);
	return DATE_OK;
}

enum date_error
date_read_zone_name(struct span name, int *zone_s)
{
	size_t n = sizeof(zones) / sizeof(zones[0]);

	for (size_t i = 0; i < n; i++) {
		if (span_equal_nocase(name, span_str(zones[i].name))) {
			*zone_s = zones[i].hours * SECONDS_PER_HOUR;
			return DATE_OK;
		}
	}
	return name.len == 1 ? DATE_MILITARY_ZONE : DATE_UNKNOWN_ZONE;
}
