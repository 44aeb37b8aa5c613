/* SPDX-License-Identifier: ISC */
/*
 * RFC 3339, 5.6: nothing may stand between its parts.
 */
#include "hdrcheck/date_private.h"

bool
date_looks_like_rfc3339(const struct date_cursor *c)
{
	size_t n = 0;

	while (n < c->text.len && ascii_is_digit(c->text.data[n]))
		n++;
	return n > 2 && n < c->text.len && c->text.data[n] == '-';
}

static enum date_error
read_iso_date(struct date_cursor *c, struct date_fields *f)
{
	int year;

	if (!date_take_digits(c, 4, &year) || !date_take_char(c, '-') ||
	    !date_take_digits(c, 2, &f->month) || !date_take_char(c, '-') ||
	    !date_take_digits(c, 2, &f->day))
		return DATE_NOT_A_DATE;
	f->year = year;
	if (date_take_char(c, 'T') || date_take_char(c, 't'))
		return DATE_OK;
	if (!date_skip_blanks(c))
		return DATE_OPEN_COMMENT;
	if (c->text.len == 0)
		return DATE_NO_TIME;
	return ascii_is_digit(date_peek(c)) ? DATE_BLANK_FOR_T
					    : DATE_JUNK_BEHIND;
}

static enum date_error
read_iso_time(struct date_cursor *c, struct date_fields *f)
{
	if (!date_take_digits(c, 2, &f->hour) || !date_take_char(c, ':') ||
	    !date_take_digits(c, 2, &f->minute))
		return DATE_NOT_A_TIME;
	if (!date_take_char(c, ':'))
		return DATE_NO_SECONDS;
	if (!date_take_digits(c, 2, &f->second))
		return DATE_NOT_A_TIME;
	if (date_take_char(c, '.')) {
		struct span digits = date_take_number(c);

		if (digits.len == 0)
			return DATE_NOT_A_TIME;
		for (size_t i = 0; i < digits.len; i++)
			f->fraction = f->fraction || digits.data[i] != '0';
	}
	return DATE_OK;
}

static enum date_error
read_iso_zone(struct date_cursor *c, struct date_fields *f)
{
	struct span name;

	if (date_peek(c) == '+' || date_peek(c) == '-')
		return date_read_offset(c, true, &f->zone_s);
	name = date_take_word(c);
	if (name.len == 0)
		return DATE_NO_ZONE;
	if (name.len == 1)
		return date_read_zone_name(name, &f->zone_s);
	return DATE_UNKNOWN_ZONE;
}

enum date_error
date_read_rfc3339(struct date_cursor *c, struct date_fields *f)
{
	enum date_error error;

	if ((error = read_iso_date(c, f)) != DATE_OK)
		return error;
	if ((error = read_iso_time(c, f)) != DATE_OK)
		return error;
	return read_iso_zone(c, f);
}
