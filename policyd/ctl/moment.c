/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/moment.h"

#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/date.h"
#include "policyd/sched/override.h"

enum {
	DATE_LENGTH = sizeof("2026-12-24T23:00") - 1,
	DAY_LENGTH = sizeof("2026-12-24") - 1,
	TEXT_MAX = 48,
	ROOM_SIZE = TEXT_MAX + sizeof(":00Z"),
	SECONDS_PER_DAY = 86400,
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
static enum date_error
read_rfc3339(struct span text, const struct zone *local, int64_t *moment_s)
{
	struct span head = span_head(text, DATE_LENGTH);
	struct span rest = span_skip(text, DATE_LENGTH);
	bool zoned = has_zone(rest);
	enum date_error error;
	struct date date;
	char room[ROOM_SIZE];
	int n;

	n = snprintf(room, sizeof(room), "%.*s%s%.*s%s", (int)head.len,
	    head.data, rest.len > 0 && rest.data[0] == ':' ? "" : ":00",
	    (int)rest.len, rest.data, zoned ? "" : "Z");
	error = date_parse(span_of(room, (size_t)n), &date);
	if (error == DATE_OK)
		*moment_s =
		    zoned ? date.moment_s : zone_to_utc(local, date.moment_s);
	return error;
}

bool
moment_parse(struct span text, const struct zone *local, int64_t *moment_s)
{
	return looks_like_rfc3339(text) &&
	    read_rfc3339(text, local, moment_s) == DATE_OK;
}

/* "17:30", "9:00:30" as seconds of a day; false: it is none. */
static bool
read_time_of_day(struct span text, int64_t *seconds)
{
	static const uint64_t most[] = {23, 59, 59};
	struct span part;
	uint64_t number;
	size_t n = 0;

	*seconds = 0;
	while (n < 3 && text.len > 0) {
		if (!span_cut(&text, ':', &part)) {
			part = text;
			text.len = 0;
		} else if (text.len == 0) {
			return false;
		}
		if (part.len > 2 || (n > 0 && part.len < 2) ||
		    !span_to_u64(part, most[n], &number))
			return false;
		*seconds = *seconds * 60 + (int64_t)number;
		n++;
	}
	if (n == 2)
		*seconds *= 60;
	return n >= 2 && text.len == 0;
}

/* The moment at which local clocks show that time, so many days from today. */
static int64_t
on_day(const struct moment_base *base, int64_t days, int64_t time_of_day_s)
{
	int64_t local_s = base->now_s + zone_offset_s(base->local, base->now_s);
	int64_t into_day_s = local_s % SECONDS_PER_DAY;

	return zone_to_utc(base->local,
	    local_s - into_day_s + days * SECONDS_PER_DAY + time_of_day_s);
}

/* Takes "word" and the blanks behind it. */
static bool
take_day(struct span *text, const char *word)
{
	struct span rest = *text, first;

	if (!span_next_word(&rest, &first) ||
	    !span_equal_nocase(first, span_str(word)))
		return false;
	*text = span_trim(rest);
	return true;
}

static const char *
read_day(struct span text, const struct moment_base *base, bool *is, int64_t *s)
{
	int64_t time_of_day_s;
	bool tomorrow = take_day(&text, "tomorrow");
	bool named = tomorrow || take_day(&text, "today");

	*is = true;
	if (!read_time_of_day(text, &time_of_day_s)) {
		*is = named;
		return text.len == 0
		    ? "needs a time of that day in the same word, "
		      "\"tomorrow 09:00\""
		    : "not a time of a day, from 00:00 to 23:59:59";
	}
	*s = on_day(base, tomorrow ? 1 : 0, time_of_day_s);
	if (!tomorrow && *s <= base->now_s)
		return "that time of today is over; put \"tomorrow\" before it";
	return NULL;
}

static const char *
read_distance(struct span text, const struct moment_base *base, int64_t *s)
{
	int64_t seconds;

	if (!clock_parse_duration(text, &seconds))
		return "behind + stands a time like 90s, 15m, 2h30m or 1d12h, "
		       "largest unit first";
	*s = base->now_s + seconds;
	return NULL;
}

/* "2026-12-24 23:00" with a T, where it is that. */
static struct span
with_t(struct span text, char room[TEXT_MAX])
{
	if (text.len < DATE_LENGTH || text.len > TEXT_MAX ||
	    text.data[DAY_LENGTH] != ' ')
		return text;
	memcpy(room, text.data, text.len);
	room[DAY_LENGTH] = 'T';
	return span_of(room, text.len);
}

static const char *
read_date(struct span text, const struct zone *local, int64_t *moment_s)
{
	char room[TEXT_MAX];
	struct span filled = with_t(text, room);
	struct date date = {.never = false};
	enum date_error error;

	if (looks_like_rfc3339(filled)) {
		error = read_rfc3339(filled, local, moment_s);
		return error == DATE_OK ? NULL : date_reason(error);
	}
	error = date_parse(text, &date);
	if (error != DATE_OK)
		return date_reason(error);
	if (date.never)
		return "never stands alone here";
	*moment_s = date.moment_s;
	return NULL;
}

const char *
moment_read(struct span text, const struct moment_base *base, int64_t *moment_s)
{
	const char *wrong;
	bool is_day;

	text = span_trim(text);
	if (span_equal_nocase(text, span_str("never"))) {
		*moment_s = OVERRIDE_NEVER;
		return NULL;
	}
	if (text.len > 0 && text.data[0] == '+')
		return read_distance(span_skip(text, 1), base, moment_s);
	wrong = read_day(text, base, &is_day, moment_s);
	return is_day ? wrong : read_date(text, base->local, moment_s);
}
