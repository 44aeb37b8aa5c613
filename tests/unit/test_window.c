/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

#include "hdrcheck/base/clock.h"
#include "policyd/window.h"

enum { WRITTEN_SIZE = 2048 };

/* "SMTWTFS 08:00-20:00 -M----- 22:00-06:00 tz=X except=2026-12-25" */
static const char *
write_window(
    const struct window *w, struct span zone_name, char out[WRITTEN_SIZE])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < w->n_ranges; i++) {
		const struct window_range *r = &w->ranges[i];

		for (unsigned day = 0; day < 7; day++)
			out[used++] = r->days >> day & 1 ? "SMTWTFS"[day] : '-';
		used += (size_t)snprintf(out + used, WRITTEN_SIZE - used,
		    " %02d:%02d-%02d:%02d ", r->start_min / 60,
		    r->start_min % 60, r->end_min / 60, r->end_min % 60);
	}
	if (zone_name.len > 0)
		used += (size_t)snprintf(out + used, WRITTEN_SIZE - used,
		    "tz=%.*s ", (int)zone_name.len, zone_name.data);
	for (size_t i = 0; i < w->n_except; i++) {
		char date[CLOCK_UTC_SIZE];

		clock_format_utc(INT64_C(86400) * w->except[i], date);
		used += (size_t)snprintf(out + used, WRITTEN_SIZE - used,
		    "%s%.10s", i == 0 ? "except=" : ",", date);
	}
	return out;
}

/* An error is about a word of the text, and starts with it. */
static void
check_place(struct span text, struct span at, const char *error)
{
	size_t shown = strnlen(at.data, at.len < 60 ? at.len : 60);

	assert_true(at.data >= text.data);
	assert_true(at.data + at.len <= text.data + text.len);
	check_span(
	    error, span_head(span_str(error), shown), span_head(at, shown));
}

/* What window_parse() makes of a block of its own, or its error. */
static const char *
parse_and_write(struct span given, char out[WRITTEN_SIZE])
{
	struct span text = exact_copy(given);
	struct window w;
	struct span zone_name, at;
	char error[WINDOW_ERROR_SIZE] = "";

	if (window_parse(text, &w, &zone_name, &at, error)) {
		write_window(&w, zone_name, out);
		window_free(&w);
	} else {
		snprintf(out, WRITTEN_SIZE, "%s", error);
		assert_null(w.ranges);
		assert_null(w.except);
		assert_int_equal(zone_name.len, 0);
		check_place(text, at, error);
	}
	exact_free(text);
	return out;
}

static const struct {
	const char *row;
	struct span text;
	const char *want;
} texts[] = {
    {"times alone are of every day", SPAN("22:00-06:00"),
	"SMTWTFS 22:00-06:00 "},
    {"days of work, and a shorter Saturday",
	SPAN("Mon-Fri 08:00-20:00, Sat 10:00-14:00"),
	"-MTWTF- 08:00-20:00 ------S 10:00-14:00 "},
    {"days hold for all times behind them",
	SPAN("Mon-Fri 08:00-12:00 13:00-17:00"),
	"-MTWTF- 08:00-12:00 -MTWTF- 13:00-17:00 "},
    {"times before days are of every day", SPAN("06:00-07:00 Sun 10:00-11:00"),
	"SMTWTFS 06:00-07:00 S------ 10:00-11:00 "},
    {"days add up until there are times", SPAN("Mon,Wed Fri-Sat 08:00-09:00"),
	"-M-W-FS 08:00-09:00 "},
    {"days behind times start anew", SPAN("Mon 08:00-09:00 Tue 08:00-09:00"),
	"-M----- 08:00-09:00 --T---- 08:00-09:00 "},
    {"a week that wraps", SPAN("Fri-Mon 08:00-09:00"), "SM---FS 08:00-09:00 "},
    {"Saturday to Sunday", SPAN("Sat-Sun 08:00-09:00"), "S-----S 08:00-09:00 "},
    {"a day to itself", SPAN("Tue-Tue 08:00-09:00"), "--T---- 08:00-09:00 "},
    {"all days but one", SPAN("Tue-Sun 08:00-09:00"), "S-TWTFS 08:00-09:00 "},
    {"a whole week from its middle", SPAN("Wed-Tue 08:00-09:00"),
	"SMTWTFS 08:00-09:00 "},
    {"days twice", SPAN("Mon Mon-Tue 08:00-09:00"), "-MT---- 08:00-09:00 "},
    {"small and capital letters", SPAN("mon-FRI 08:00-09:00"),
	"-MTWTF- 08:00-09:00 "},
    {"all seven", SPAN("Sun Mon Tue Wed Thu Fri Sat 08:00-09:00"),
	"SMTWTFS 08:00-09:00 "},
    {"commas, tabs and line ends", SPAN(" ,Mon\t,\r\n08:00-09:00 , "),
	"-M----- 08:00-09:00 "},
    {"a whole day", SPAN("00:00-24:00"), "SMTWTFS 00:00-24:00 "},
    {"the first minute", SPAN("00:00-00:01"), "SMTWTFS 00:00-00:01 "},
    {"the last minute", SPAN("23:59-24:00"), "SMTWTFS 23:59-24:00 "},
    {"the last minute, another way", SPAN("23:59-00:00"),
	"SMTWTFS 23:59-00:00 "},
    {"all but a minute", SPAN("08:00-07:59"), "SMTWTFS 08:00-07:59 "},
    {"a zone", SPAN("08:00-09:00 tz=Europe/Amsterdam"),
	"SMTWTFS 08:00-09:00 tz=Europe/Amsterdam "},
    {"a day without openings", SPAN("08:00-09:00 except=2026-12-25"),
	"SMTWTFS 08:00-09:00 except=2026-12-25"},
    {"days out of order and twice",
	SPAN("08:00-09:00 except=2026-12-26,2026-01-01,2026-12-25,2026-12-26"),
	"SMTWTFS 08:00-09:00 except=2026-01-01,2026-12-25,2026-12-26"},
    {"blanks between the days",
	SPAN("08:00-09:00 except=2026-12-25, 2026-12-26 2026-12-27"),
	"SMTWTFS 08:00-09:00 except=2026-12-25,2026-12-26,2026-12-27"},
    {"a zone behind days", SPAN("08:00-09:00 except=2026-12-25 tz=UTC"),
	"SMTWTFS 08:00-09:00 tz=UTC except=2026-12-25"},
    {"days behind a zone",
	SPAN("08:00-09:00 tz=UTC except=2026-12-25,2026-12-26"),
	"SMTWTFS 08:00-09:00 tz=UTC except=2026-12-25,2026-12-26"},
    {"29 February of a leap year", SPAN("08:00-09:00 except=2028-02-29"),
	"SMTWTFS 08:00-09:00 except=2028-02-29"},
    {"29 February of another year", SPAN("08:00-09:00 except=2027-02-29"),
	"except=2027-02-29: no date of the calendar (YYYY-MM-DD)"},
    {"31 April, further down", SPAN("08:00-09:00 except=2027-02-28,2027-04-31"),
	"2027-04-31: no date of the calendar (YYYY-MM-DD)"},
    {"month 0", SPAN("08:00-09:00 except=2027-00-01"),
	"except=2027-00-01: no date of the calendar (YYYY-MM-DD)"},
    {"month 13", SPAN("08:00-09:00 except=2027-13-01"),
	"except=2027-13-01: no date of the calendar (YYYY-MM-DD)"},
    {"day 0", SPAN("08:00-09:00 except=2027-01-00"),
	"except=2027-01-00: no date of the calendar (YYYY-MM-DD)"},
    {"a short date", SPAN("08:00-09:00 except=2027-1-1"),
	"except=2027-1-1: no date of the calendar (YYYY-MM-DD)"},
    {"a long date", SPAN("08:00-09:00 except=2027-01-011"),
	"except=2027-01-011: no date of the calendar (YYYY-MM-DD)"},
    {"no date", SPAN("08:00-09:00 except="),
	"except=: no date of the calendar (YYYY-MM-DD)"},
    {"half a date", SPAN("08:00-09:00 except=2027-"),
	"except=2027-: no date of the calendar (YYYY-MM-DD)"},
    {"letters in a date", SPAN("08:00-09:00 except=2027-ab-cd"),
	"except=2027-ab-cd: no date of the calendar (YYYY-MM-DD)"},
    {"a sign in a date", SPAN("08:00-09:00 except=2027-+1-01"),
	"except=2027-+1-01: no date of the calendar (YYYY-MM-DD)"},
    {"something that starts as a date",
	SPAN("08:00-09:00 except=2027-01-01 2x"),
	"2x: no date of the calendar (YYYY-MM-DD)"},
    {"a date on its own", SPAN("08:00-09:00 2026-12-25"),
	"2026-12-25: not times as in 08:00-20:00"},
    {"a date behind the zone", SPAN("08:00-09:00 tz=UTC 2026-12-25"),
	"2026-12-25: days and times stand before tz= and except="},
    {"a date that the zone parts from its list",
	SPAN("08:00-09:00 except=2026-12-25 tz=UTC 2026-12-26"),
	"2026-12-26: days and times stand before tz= and except="},
    {"times behind the zone", SPAN("08:00-09:00 tz=UTC 10:00-11:00"),
	"10:00-11:00: days and times stand before tz= and except="},
    {"times behind days off", SPAN("08:00-09:00 except=2026-12-25 10:00-11:00"),
	"10:00-11:00: days and times stand before tz= and except="},
    {"days behind the zone", SPAN("08:00-09:00 tz=UTC Mon"),
	"Mon: days and times stand before tz= and except="},
    {"a second zone", SPAN("08:00-09:00 tz=UTC tz=UTC"),
	"tz=UTC: a second tz="},
    {"a second list", SPAN("08:00-09:00 except=2026-12-25 except=2026-12-26"),
	"except=2026-12-26: a second except="},
    {"a zone without a name", SPAN("08:00-09:00 tz="),
	"tz=: not the name of a time zone"},
    {"a zone that is a path", SPAN("08:00-09:00 tz=../../etc/passwd"),
	"tz=../../etc/passwd: not the name of a time zone"},
    {"a zone with = inside", SPAN("08:00-09:00 tz=a=b"),
	"tz=a=b: not the name of a time zone"},
    {"something else with =", SPAN("08:00-09:00 zone=UTC"),
	"zone=UTC: neither days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, "
	"nor except="},
    {"days without times", SPAN("Mon-Fri"),
	"Mon-Fri: no times behind these "
	"days"},
    {"days at the end", SPAN("Mon 08:00-09:00 Tue Wed"),
	"Wed: no times behind these days"},
    {"days before the zone", SPAN("08:00-09:00 Tue tz=UTC"),
	"Tue: no times behind these days"},
    {"nothing", SPAN(""), "no times: a window that never opens"},
    {"blanks and commas", SPAN(" , "), "no times: a window that never opens"},
    {"a zone alone", SPAN("tz=UTC"), "no times: a window that never opens"},
    {"days off alone", SPAN("except=2026-12-25"),
	"no times: a window that never opens"},
    {"a day in full", SPAN("Monday 08:00-09:00"),
	"Monday: neither days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, nor "
	"except="},
    {"two letters", SPAN("Mo 08:00-09:00"),
	"Mo: neither days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, nor "
	"except="},
    {"a range without an end", SPAN("Mon- 08:00-09:00"),
	"Mon-: neither days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, nor "
	"except="},
    {"a range of three", SPAN("Mon-Wed-Fri 08:00-09:00"),
	"Mon-Wed-Fri: neither days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, "
	"nor except="},
    {"a bad end", SPAN("Mon-Fry 08:00-09:00"),
	"Mon-Fry: neither days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, nor "
	"except="},
    {"a whole day the wrong way", SPAN("00:00-00:00"),
	"00:00-00:00: ends where it starts; a whole day is 00:00-24:00"},
    {"a day from eight to eight", SPAN("08:00-08:00"),
	"08:00-08:00: ends where it starts; a whole day is 00:00-24:00"},
    {"24:00 as a start", SPAN("24:00-06:00"),
	"24:00-06:00: 24:00 can only be an end"},
    {"24:00 as both", SPAN("24:00-24:00"),
	"24:00-24:00: 24:00 can only be an end"},
    {"24:01", SPAN("08:00-24:01"), "08:00-24:01: not times as in 08:00-20:00"},
    {"24:01 as a start", SPAN("24:01-08:00"),
	"24:01-08:00: not times as in 08:00-20:00"},
    {"minute 59", SPAN("08:59-23:59"), "SMTWTFS 08:59-23:59 "},
    {"minute 60", SPAN("08:60-09:00"),
	"08:60-09:00: not times as in 08:00-20:00"},
    {"minute 60 of an end", SPAN("08:00-08:60"),
	"08:00-08:60: not times as in 08:00-20:00"},
    {"an hour of one digit", SPAN("8:00-20:00"),
	"8:00-20:00: not times as in 08:00-20:00"},
    {"an hour of three digits", SPAN("08:00-020:00"),
	"08:00-020:00: not times as in 08:00-20:00"},
    {"a time alone", SPAN("08:00"), "08:00: not times as in 08:00-20:00"},
    {"blanks around the hyphen", SPAN("08:00 - 20:00"),
	"08:00: not times as in 08:00-20:00"},
    {"seconds", SPAN("08:00:00-20:00:00"),
	"08:00:00-20:00:00: not times as in 08:00-20:00"},
    {"something behind", SPAN("08:00-20:00x"),
	"08:00-20:00x: not times as in 08:00-20:00"},
    {"an end cut off", SPAN("08:00-20:0"),
	"08:00-20:0: not times as in 08:00-20:00"},
    {"a long word, cut at 60 bytes",
	SPAN("x2345678901234567890123456789012345678901234567890123456789ABCD"),
	"x2345678901234567890123456789012345678901234567890123456789A: neither "
	"days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, nor except="},
    {"a byte that is no letter", SPAN("\xff"),
	"\xff: neither days (Mon-Fri) nor times (HH:MM-HH:MM), nor tz=, nor "
	"except="},
    {"a NUL behind", SPAN("08:00-20:00\0"),
	"08:00-20:00: not times as in 08:00-20:00"},
};

static void
texts_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char written[WRITTEN_SIZE];

		check_string(texts[i].row,
		    parse_and_write(texts[i].text, written), texts[i].want);
	}
}

static void
every_prefix_is_safe(void **state)
{
	static const char text[] =
	    "Mon-Fri 08:00-20:00, Sat 10:00-14:00 tz=Europe/Amsterdam "
	    "except=2026-12-25,2026-12-26";
	char written[WRITTEN_SIZE];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++)
		parse_and_write(span_of(text, n), written);
}

/* n times the same word behind a text; the list of days off grows by days. */
static const char *
parse_many(const char *text, size_t n, bool dates, char error[WRITTEN_SIZE])
{
	size_t size = strlen(text) + n * 16 + 1;
	char *all = malloc(size);
	struct window w;
	struct span zone_name, at;
	size_t used;
	bool good;

	assert_non_null(all);
	used = (size_t)snprintf(all, size, "%s", text);
	for (size_t i = 0; i < n; i++)
		used += dates
		    ? (size_t)snprintf(all + used, size - used,
			  ",%04zu-01-%02zu", 2000 + i / 28, i % 28 + 1)
		    : (size_t)snprintf(all + used, size - used, " 08:00-09:00");
	error[0] = '\0';
	good = window_parse(span_of(all, used), &w, &zone_name, &at, error);
	assert_true(good == (error[0] == '\0'));
	if (good)
		check_int(text, (int64_t)(dates ? w.n_except : w.n_ranges),
		    (int64_t)n);
	window_free(&w);
	free(all);
	return error;
}

static void
lists_have_a_longest_length(void **state)
{
	static const char days_off[] = "08:00-09:00 except=2000-01-01";
	char error[WRITTEN_SIZE];

	(void)state;
	check_string("63 ranges",
	    parse_many("", WINDOW_RANGES_MAX - 1, false, error), "");
	check_string(
	    "64 ranges", parse_many("", WINDOW_RANGES_MAX, false, error), "");
	check_string("65 ranges",
	    parse_many("", WINDOW_RANGES_MAX + 1, false, error),
	    "08:00-09:00: more than 64 ranges");
	check_string("999 days",
	    parse_many(days_off, WINDOW_EXCEPT_MAX - 1, true, error), "");
	check_string("1000 days",
	    parse_many(days_off, WINDOW_EXCEPT_MAX, true, error), "");
	check_string("1001 days",
	    parse_many(days_off, WINDOW_EXCEPT_MAX + 1, true, error),
	    "2035-01-21: more than 1000 days in except=");
}

static int64_t
next_of(const char *row, const char *text, const char *rule, int64_t now_s)
{
	struct window w;
	struct zone zone;
	struct span zone_name, at;
	char error[WINDOW_ERROR_SIZE] = "";
	int64_t next_s;

	window_parse(span_str(text), &w, &zone_name, &at, error);
	check_string(row, error, "");
	rule_zone(rule, &zone);
	next_s = window_next(&w, &zone, now_s);
	window_free(&w);
	zone_free(&zone);
	return next_s;
}

static const char utc[] = "UTC0";
static const char cet[] = "CET-1CEST,M3.5.0,M10.5.0/3";
/* To the day before, at midnight. */
static const char chile[] = "<-04>4<-03>,M9.1.6/24,M4.1.6/24";
/* Clocks go by a whole day: 30 January is not, 19 July is twice. */
static const char date_line[] = "<-12>12<+12>-12,J30/0,J200/24";
static const char work[] =
    "Mon-Fri 08:00-20:00, Sat 10:00-14:00 except=2026-12-25,2026-12-26";

/* now, want: UTC; want NULL: now. 2026-12-21 is a Monday. */
static const struct {
	const char *row;
	const char *text;
	const char *zone;
	const char *now;
	const char *want;
} openings[] = {
    {"a second before the start", work, utc, "2026-12-21 07:59:59",
	"2026-12-21 08:00"},
    {"the start", work, utc, "2026-12-21 08:00", NULL},
    {"the last second", work, utc, "2026-12-21 19:59:59", NULL},
    {"the end", work, utc, "2026-12-21 20:00", "2026-12-22 08:00"},
    {"midnight", work, utc, "2026-12-22 00:00", "2026-12-22 08:00"},
    {"before two days off and a Sunday", work, utc, "2026-12-24 20:00",
	"2026-12-28 08:00"},
    {"on a day off", work, utc, "2026-12-25 09:00", "2026-12-28 08:00"},
    {"on a Saturday", work, utc, "2026-12-19 10:00", NULL},
    {"a Saturday too early", work, utc, "2026-12-19 08:00", "2026-12-19 10:00"},
    {"a Saturday too late", work, utc, "2026-12-19 14:00", "2026-12-21 08:00"},
    {"the last day before 1970", work, utc, "1969-12-31 21:00",
	"1970-01-01 08:00"},
    {"before 1970, inside", work, utc, "1969-12-31 08:00", NULL},
    {"over midnight: before", "Mon 22:00-06:00", utc, "2026-12-21 05:00",
	"2026-12-21 22:00"},
    {"over midnight: the start", "Mon 22:00-06:00", utc, "2026-12-21 22:00",
	NULL},
    {"over midnight: midnight", "Mon 22:00-06:00", utc, "2026-12-22 00:00",
	NULL},
    {"over midnight: the last second", "Mon 22:00-06:00", utc,
	"2026-12-22 05:59:59", NULL},
    {"over midnight: the end", "Mon 22:00-06:00", utc, "2026-12-22 06:00",
	"2026-12-28 22:00"},
    {"over midnight: the start of another day", "Mon 22:00-06:00", utc,
	"2026-12-22 22:00", "2026-12-28 22:00"},
    {"over midnight from a day off", "22:00-06:00 except=2026-12-21", utc,
	"2026-12-22 05:00", "2026-12-22 22:00"},
    {"over midnight into a day off", "22:00-06:00 except=2026-12-22", utc,
	"2026-12-22 05:00", NULL},
    {"over midnight on a day off", "22:00-06:00 except=2026-12-22", utc,
	"2026-12-22 22:00", "2026-12-23 22:00"},
    {"from Saturday to Sunday", "Sat 22:00-06:00", utc, "2026-12-20 05:59",
	NULL},
    {"all but a minute: in it", "08:00-07:59", utc, "2026-12-22 07:59:30",
	"2026-12-22 08:00"},
    {"all but a minute: before it", "08:00-07:59", utc, "2026-12-22 07:58:59",
	NULL},
    {"the whole day", "00:00-24:00", utc, "2026-12-22 00:00", NULL},
    {"until 24:00", "Mon 23:00-24:00", utc, "2026-12-21 23:59:59", NULL},
    {"until 24:00, at midnight", "Mon 23:00-24:00", utc, "2026-12-22 00:00",
	"2026-12-28 23:00"},
    {"until 00:00, at midnight", "Mon 23:59-00:00", utc, "2026-12-22 00:00",
	"2026-12-28 23:59"},
    {"a minute: its last second", "Mon 12:00-12:01", utc, "2026-12-21 12:00:59",
	NULL},
    {"a minute: the second behind it", "Mon 12:00-12:01", utc,
	"2026-12-21 12:01", "2026-12-28 12:00"},
    {"ranges that overlap: the longer one holds", "08:00-12:00 09:00-10:00",
	utc, "2026-12-22 11:00", NULL},
    {"ranges out of order: the earlier one is next", "18:00-19:00 08:00-09:00",
	utc, "2026-12-22 07:00", "2026-12-22 08:00"},
    {"ranges that meet", "08:00-12:00 12:00-14:00", utc, "2026-12-22 12:00",
	NULL},
    {"a zone: winter", "08:00-20:00", cet, "2026-12-22 06:59",
	"2026-12-22 07:00"},
    {"a zone: summer", "08:00-20:00", cet, "2026-07-22 05:59",
	"2026-07-22 06:00"},
    {"a zone: its day, not that of UTC", "Tue 00:00-01:00", cet,
	"2026-12-21 23:30", NULL},
    {"a start in the gap", "02:30-04:00", cet, "2026-03-29 00:30",
	"2026-03-29 01:00"},
    {"a start in the gap, open", "02:30-04:00", cet, "2026-03-29 01:59:59",
	NULL},
    {"all in the gap: before", "02:15-02:45", cet, "2026-03-29 00:59:59",
	"2026-03-29 01:00"},
    {"all in the gap: the minute behind", "02:15-02:45", cet,
	"2026-03-29 01:00:00", NULL},
    {"all in the gap: its last second", "02:15-02:45", cet,
	"2026-03-29 01:00:59", NULL},
    {"all in the gap: a minute later", "02:15-02:45", cet,
	"2026-03-29 01:01:00", "2026-03-30 00:15"},
    {"all in the gap, on a day off", "02:15-02:45 except=2026-03-29", cet,
	"2026-03-29 01:00:00", "2026-03-30 00:15"},
    {"the last minute of the gap", "02:59-03:00", cet, "2026-03-29 01:00:30",
	NULL},
    {"an end in the gap", "01:00-02:30", cet, "2026-03-29 00:59:59", NULL},
    {"an end in the gap: closed at the jump", "01:00-02:30", cet,
	"2026-03-29 01:00", "2026-03-29 23:00"},
    {"from one side of the gap to the other", "01:59-03:01", cet,
	"2026-03-29 01:00:59", NULL},
    {"an hour that comes twice: the first time", "02:30-02:45", cet,
	"2026-10-25 00:30", NULL},
    {"an hour that comes twice: not again", "02:30-02:45", cet,
	"2026-10-25 01:30", "2026-10-26 01:30"},
    {"an end that comes twice: the first counts", "01:00-02:30", cet,
	"2026-10-25 00:30", "2026-10-26 00:00"},
    {"a start that comes twice: open all the time", "02:30-04:00", cet,
	"2026-10-25 01:15", NULL},
    {"from before to behind", "01:00-03:00", cet, "2026-10-25 01:59:59", NULL},
    {"from before to behind, the end", "01:00-03:00", cet, "2026-10-25 02:00",
	"2026-10-26 00:00"},
    {"the last hour of a day comes twice: open the first time",
	"Sat 23:00-23:30", chile, "2026-04-05 02:29", NULL},
    {"the last hour of a day comes twice: closed the second", "Sat 23:00-23:30",
	chile, "2026-04-05 03:29", "2026-04-12 03:00"},
    {"until the end of such a day", "Sat 23:30-24:00", chile,
	"2026-04-05 03:59:59", NULL},
    {"midnight comes late", "Sun 00:00-01:00", chile, "2026-04-05 03:00",
	"2026-04-05 04:00"},
    {"midnight is not there", "Sun 00:00-00:30", chile, "2026-09-06 03:59:59",
	"2026-09-06 04:00"},
    {"nor the minutes behind it", "Sun 00:00-00:30", chile,
	"2026-09-06 04:00:59", NULL},
    {"one minute, no more", "Sun 00:00-00:30", chile, "2026-09-06 04:01",
	"2026-09-13 03:00"},
    {"a day that is not: its range is a minute", "Fri 08:00-20:00", date_line,
	"2026-01-30 11:59", "2026-01-30 12:00"},
    {"a day that is not: in that minute", "Fri 08:00-20:00", date_line,
	"2026-01-30 12:00:59", NULL},
    {"a day that is not: behind it", "Fri 08:00-20:00", date_line,
	"2026-01-30 12:01", "2026-02-05 20:00"},
    {"a day that is not, and off", "Fri 08:00-20:00 except=2026-01-30",
	date_line, "2026-01-30 12:00", "2026-02-05 20:00"},
    {"over midnight from a day that is not", "Fri 22:00-06:00", date_line,
	"2026-01-30 17:59", NULL},
    {"a day that is twice: the first time", "Sun 08:00-20:00", date_line,
	"2026-07-19 07:59", NULL},
    {"a day that is twice: not again", "Sun 08:00-20:00", date_line,
	"2026-07-19 20:00", "2026-07-26 20:00"},
};

static void
openings_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(openings); i++) {
		int64_t now_s = moment(openings[i].now);
		int64_t next_s = next_of(
		    openings[i].row, openings[i].text, openings[i].zone, now_s);

		check_moment(openings[i].row, next_s,
		    openings[i].want != NULL ? moment(openings[i].want)
					     : now_s);
	}
}

/* All Mondays of nearly twenty years are off. */
static void
many_days_off_take_no_time(void **state)
{
	enum { SIZE = 32 + WINDOW_EXCEPT_MAX * 16 };
	char *text = malloc(SIZE);
	char date[MOMENT_SIZE];
	int64_t day_s = moment("2026-12-21 00:00");
	size_t used;

	(void)state;
	assert_non_null(text);
	used = (size_t)snprintf(text, SIZE, "Mon 08:00-09:00 except=");
	for (size_t i = 0; i < WINDOW_EXCEPT_MAX; i++, day_s += 7 * 86400)
		used += (size_t)snprintf(text + used, SIZE - used, "%s%.10s",
		    i == 0 ? "" : ",", write_moment(day_s, date));
	for (size_t i = 0; i < 20; i++)
		check_moment("a thousand days off",
		    next_of("a thousand days off", text, utc,
			moment("2026-12-21 08:30")),
		    day_s + 8 * 3600);
	free(text);
}

/* The longest wait of whatever comes at 2026-11-22 12:00, a Sunday, or later.
 */
static const struct {
	const char *row;
	const char *text;
	const char *zone;
	int64_t longest_s;
} waits[] = {
    {"never closed", "00:00-24:00", utc, 0},
    {"every night", "06:00-22:00", utc, 8 * 3600},
    {"every day, over midnight", "22:00-06:00", utc, 16 * 3600},
    {"a weekend", "Mon-Fri 09:00-17:00", utc, 64 * 3600},
    {"a weekend with an hour more", "Mon-Fri 09:00-17:00", cet, 65 * 3600},
    {"the longest of two", "Mon 09:00-17:00, Thu 09:00-17:00", utc, 88 * 3600},
    {"a week", "Mon 12:00-13:00", utc, 7 * 86400 - 3600},
    {"days off", "Mon-Fri 09:00-17:00 except=2026-12-25,2026-12-28", utc,
	112 * 3600},
    {"days off in years", "Mon-Fri 09:00-17:00 except=2030-12-25,2030-12-26",
	utc, 64 * 3600},
    {"more of them",
	"Mon-Fri 09:00-17:00 except=2030-12-25,2030-12-26,2030-12-27", utc,
	136 * 3600},
    {"days off long ago", "Mon-Fri 09:00-17:00 except=2020-12-25", utc,
	64 * 3600},
    {"weeks off in years",
	"Mon 09:00-17:00 except=2030-12-16,2030-12-23,2030-12-30", utc,
	28 * 86400 - 8 * 3600},
    {"it begins with the longest",
	"Mon-Fri 09:00-17:00 except=2026-11-23,2026-11-24,2026-11-25", utc,
	93 * 3600},
};

static bool
opens_within(size_t i, int64_t limit_s)
{
	struct window w;
	struct zone zone;
	struct span zone_name, at;
	char error[WINDOW_ERROR_SIZE] = "";
	bool opens;

	window_parse(span_str(waits[i].text), &w, &zone_name, &at, error);
	check_string(waits[i].row, error, "");
	rule_zone(waits[i].zone, &zone);
	opens =
	    window_opens_within(&w, &zone, moment("2026-11-22 12:00"), limit_s);
	window_free(&w);
	zone_free(&zone);
	return opens;
}

static void
the_longest_wait_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		check_bool(
		    waits[i].row, opens_within(i, waits[i].longest_s), true);
		check_bool(waits[i].row,
		    opens_within(i, waits[i].longest_s - 1), false);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_read),
	    cmocka_unit_test(every_prefix_is_safe),
	    cmocka_unit_test(lists_have_a_longest_length),
	    cmocka_unit_test(openings_are_found),
	    cmocka_unit_test(many_days_off_take_no_time),
	    cmocka_unit_test(the_longest_wait_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
