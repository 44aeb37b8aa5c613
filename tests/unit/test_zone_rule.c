/* SPDX-License-Identifier: ISC */
/*
 * zone, with rules alone: those of POSIX TZ strings.
 */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

static const char amsterdam[] = "CET-1CEST,M3.5.0,M10.5.0/3";

static const struct {
	const char *row;
	struct span rule;
	const char *utc; /* NULL: the rule is none */
	int32_t want;
} rules[] = {
    {"no summer", SPAN("UTC0"), "2026-07-01 00:00", 0},
    {"east", SPAN("CET-1"), "2026-07-01 00:00", 3600},
    {"west", SPAN("EST5"), "2026-07-01 00:00", -18000},
    {"a sign that says west", SPAN("EST+5"), "2026-07-01 00:00", -18000},
    {"minutes", SPAN("NST3:30"), "2026-07-01 00:00", -12600},
    {"seconds", SPAN("ABC-3:30:15"), "2026-07-01 00:00", 12615},
    {"two digits", SPAN("ABC-03"), "2026-07-01 00:00", 10800},
    {"a name of signs and digits", SPAN("<-03>3"), "2026-07-01 00:00", -10800},
    {"a name of letters in brackets", SPAN("<abc>3"), "2026-07-01 00:00",
	-10800},
    {"24 hours and nearly one", SPAN("ABC-24:59:59"), "2026-07-01 00:00",
	89999},
    {"25 hours", SPAN("ABC-25"), NULL, 0},
    {"a summer of an hour more", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"),
	"2026-07-01 00:00", 7200},
    {"its winter", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"), "2026-12-31 23:59",
	3600},
    {"its next winter", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"), "2027-01-01 00:00",
	3600},
    {"a second before summer", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"),
	"2026-03-29 00:59:59", 3600},
    {"the first of summer", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"),
	"2026-03-29 01:00", 7200},
    {"the last of summer", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"),
	"2026-10-25 00:59:59", 7200},
    {"the first of winter", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"),
	"2026-10-25 01:00", 3600},
    {"a summer of half an hour", SPAN("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
	"2026-01-01 00:00", 39600},
    {"its winter", SPAN("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
	"2026-07-01 00:00", 37800},
    {"a summer over New Year", SPAN("AEST-10AEDT,M10.1.0,M4.1.0/3"),
	"2026-12-31 23:59:59", 39600},
    {"the New Year", SPAN("AEST-10AEDT,M10.1.0,M4.1.0/3"), "2027-01-01 00:00",
	39600},
    {"a summer that is behind winter", SPAN("IST-1GMT0,M10.5.0,M3.5.0/1"),
	"2026-01-01 00:00", 0},
    {"its other half", SPAN("IST-1GMT0,M10.5.0,M3.5.0/1"), "2026-07-01 00:00",
	3600},
    {"the fourth week: 22nd at the earliest", SPAN("EET-2EEST,M3.4.4/50,J300"),
	"2029-03-23 23:59:59", 7200},
    {"50 hours behind it", SPAN("EET-2EEST,M3.4.4/50,J300"), "2029-03-24 00:00",
	10800},
    {"a change before midnight", SPAN("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
	"2026-03-29 00:59:59", -7200},
    {"and from then on", SPAN("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
	"2026-03-29 01:00", -3600},
    {"Julian day 59 is the last of February", SPAN("ABC0DEF,J59/0,J365"),
	"2028-02-28 00:00", 3600},
    {"the day before", SPAN("ABC0DEF,J59/0,J365"), "2028-02-27 23:59", 0},
    {"Julian day 60 is 1 March, leap year", SPAN("ABC0DEF,J60/0,J365"),
	"2028-02-29 23:59", 0},
    {"that day", SPAN("ABC0DEF,J60/0,J365"), "2028-03-01 00:00", 3600},
    {"Julian day 60 is 1 March, any year", SPAN("ABC0DEF,J60/0,J365"),
	"2027-02-28 23:59", 0},
    {"that day", SPAN("ABC0DEF,J60/0,J365"), "2027-03-01 00:00", 3600},
    {"Julian day 365 is the last, leap year", SPAN("ABC0DEF,J1,J365/0"),
	"2028-12-30 22:59:59", 3600},
    {"that day", SPAN("ABC0DEF,J1,J365/0"), "2028-12-30 23:00", 0},
    {"day 59 is 29 February", SPAN("ABC0DEF,59/0,J365"), "2028-02-29 00:00",
	3600},
    {"the day before", SPAN("ABC0DEF,59/0,J365"), "2028-02-28 23:59", 0},
    {"day 0 is the first", SPAN("ABC0DEF,0/0,J200"), "2027-01-01 00:00", 3600},
    {"the day before", SPAN("ABC0DEF,0/0,J200"), "2026-12-31 23:59", 0},
    {"day 365 is of leap years", SPAN("ABC0DEF,365/0,J200"), "2028-12-31 00:00",
	3600},
    {"the day before", SPAN("ABC0DEF,365/0,J200"), "2028-12-30 23:59", 0},
    {"two o'clock when there is no time", SPAN("ABC0DEF,J100,J200"),
	"2027-04-10 01:59:59", 0},
    {"that hour", SPAN("ABC0DEF,J100,J200"), "2027-04-10 02:00", 3600},
    {"a time with a plus", SPAN("ABC0DEF,J100/+3,J200"), "2027-04-10 02:59:59",
	0},
    {"a time with minutes and seconds", SPAN("ABC0DEF,J100/3:04:05,J200"),
	"2027-04-10 03:04:04", 0},
    {"that second", SPAN("ABC0DEF,J100/3:04:05,J200"), "2027-04-10 03:04:05",
	3600},
    {"166 hours", SPAN("ABC0DEF,J100/166,J200"), "2027-04-16 22:00", 3600},
    {"167 hours", SPAN("ABC0DEF,J100/167:59:59,J200"), "2027-04-16 23:59:59",
	3600},
    {"a second before", SPAN("ABC0DEF,J100/167:59:59,J200"),
	"2027-04-16 23:59:58", 0},
    {"168 hours", SPAN("ABC0DEF,J100/168,J200"), NULL, 0},
    {"167 hours before", SPAN("ABC0DEF,J100/-167:59:59,J200"),
	"2027-04-03 00:00:01", 3600},
    {"a second earlier", SPAN("ABC0DEF,J100/-167:59:59,J200"),
	"2027-04-03 00:00:00", 0},
    {"168 hours before", SPAN("ABC0DEF,J100/-168,J200"), NULL, 0},
    {"a summer from the year before", SPAN("ABC0DEF,J1/-167,J60"),
	"2026-12-25 01:00", 3600},
    {"a second earlier", SPAN("ABC0DEF,J1/-167,J60"), "2026-12-25 00:59:59", 0},
    {"a summer into the next year", SPAN("ABC0DEF,J200,J365/167"),
	"2027-01-06 21:59:59", 3600},
    {"its end", SPAN("ABC0DEF,J200,J365/167"), "2027-01-06 22:00", 0},
    {"a summer that starts in the next year", SPAN("ABC0DEF,J365/167,J200"),
	"2027-01-06 22:59:59", 0},
    {"its start", SPAN("ABC0DEF,J365/167,J200"), "2027-01-06 23:00", 3600},
    {"starts a year late, ends a year early: January",
	SPAN("ABC0DEF,J365/167,J1/-167"), "2027-01-03 00:00", 0},
    {"starts a year late, ends a year early: July",
	SPAN("ABC0DEF,J365/167,J1/-167"), "2027-07-01 00:00", 3600},
    {"starts a year late, ends a year early: December",
	SPAN("ABC0DEF,J365/167,J1/-167"), "2027-12-28 00:00", 0},
    {"summer all year, in it", SPAN("XXX3EDT4,0/0,J365/23"), "2026-07-01 00:00",
	-14400},
    {"summer all year, a second before its end", SPAN("XXX3EDT4,0/0,J365/23"),
	"2027-01-01 02:59:59", -14400},
    {"summer all year, at its end", SPAN("XXX3EDT4,0/0,J365/23"),
	"2027-01-01 03:00:00", -14400},
    {"summer all year, a leap year", SPAN("XXX3EDT4,0/0,J365/23"),
	"2028-12-31 12:00:00", -14400},
    {"summer all year the usual way", SPAN("EST5EDT,0/0,J365/25"),
	"2027-01-01 05:00:00", -14400},
    {"1900", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"), "1900-07-01 00:00", 7200},
    {"9999", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"), "9999-12-31 23:59", 3600},
    {"summer of 9999", SPAN("CET-1CEST,M3.5.0,M10.5.0/3"), "9999-07-01 00:00",
	7200},
    {"a name of two letters", SPAN("CE-1"), NULL, 0},
    {"digits in a bare name", SPAN("C1T-1"), NULL, 0},
    {"a bracket that does not close", SPAN("<-03"), NULL, 0},
    {"a name that is missing", SPAN("-1"), NULL, 0},
    {"a blank in a name", SPAN("<a b>3"), NULL, 0},
    {"two digits in brackets", SPAN("<-3>3"), NULL, 0},
    {"no offset", SPAN("CET"), NULL, 0},
    {"two signs", SPAN("CET--1"), NULL, 0},
    {"three digits of hours", SPAN("CET001"), NULL, 0},
    {"a minute of 60", SPAN("CET1:60"), NULL, 0},
    {"a minute of one digit", SPAN("CET1:3"), NULL, 0},
    {"a minute of three digits", SPAN("CET1:030"), NULL, 0},
    {"a minute that is missing", SPAN("CET1:"), NULL, 0},
    {"a second of 60", SPAN("CET1:00:60"), NULL, 0},
    {"a fourth part", SPAN("CET1:00:00:00"), NULL, 0},
    {"a summer without days", SPAN("CET-1CEST"), NULL, 0},
    {"a summer without an end", SPAN("CET-1CEST,M3.5.0"), NULL, 0},
    {"a third day", SPAN("CET-1CEST,M3.5.0,M10.5.0,M11.1.0"), NULL, 0},
    {"days without a summer", SPAN("CET-1,M3.5.0,M10.5.0"), NULL, 0},
    {"something behind", SPAN("CET-1CEST,M3.5.0,M10.5.0 "), NULL, 0},
    {"a NUL behind", SPAN("CET-1\0"), NULL, 0},
    {"a comma behind", SPAN("CET-1CEST,M3.5.0,M10.5.0,"), NULL, 0},
    {"no comma", SPAN("CET-1CESTM3.5.0,M10.5.0"), NULL, 0},
    {"month 0", SPAN("CET-1CEST,M0.5.0,M10.5.0"), NULL, 0},
    {"month 13", SPAN("CET-1CEST,M13.5.0,M10.5.0"), NULL, 0},
    {"week 0", SPAN("CET-1CEST,M3.0.0,M10.5.0"), NULL, 0},
    {"week 6", SPAN("CET-1CEST,M3.6.0,M10.5.0"), NULL, 0},
    {"day 7 of a week", SPAN("CET-1CEST,M3.5.7,M10.5.0"), NULL, 0},
    {"no day", SPAN("CET-1CEST,M3.5,M10.5.0"), NULL, 0},
    {"Julian day 0", SPAN("CET-1CEST,J0,J300"), NULL, 0},
    {"Julian day 366", SPAN("CET-1CEST,J60,J366"), NULL, 0},
    {"day 366", SPAN("CET-1CEST,60,366"), NULL, 0},
    {"no day at all", SPAN("CET-1CEST,,J300"), NULL, 0},
    {"a time that is missing", SPAN("CET-1CEST,M3.5.0/,M10.5.0"), NULL, 0},
    {"a number beyond 64 bits", SPAN("CET-1CEST,18446744073709551617,M10.5.0"),
	NULL, 0},
};

static void
rules_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		struct zone zone;
		const char *wrong = rule_parse(rules[i].rule, &zone);

		check_string(rules[i].row, wrong,
		    rules[i].utc != NULL
			? NULL
			: "zone file has a bad rule in its footer");
		if (wrong == NULL) {
			check_int(rules[i].row,
			    zone_offset_s(&zone, moment(rules[i].utc)),
			    rules[i].want);
			check_sane_everywhere(&zone);
		}
		zone_free(&zone);
	}
}

/* At New Year the arithmetic of years is at its edge. */
static void
years_start_where_they_should(void **state)
{
	struct zone zone;

	(void)state;
	rule_zone("ABC0DEF,J1/0,J2/1", &zone);
	for (int year = 1; year < 3000; year++) {
		char text[MOMENT_SIZE];
		int64_t new_year_s;

		snprintf(text, sizeof(text), "%04d-01-01 00:00", year);
		new_year_s = moment(text);
		check_int(text, zone_offset_s(&zone, new_year_s - 1), 0);
		check_int(text, zone_offset_s(&zone, new_year_s), 3600);
		check_int(text, zone_offset_s(&zone, new_year_s + 86399), 3600);
		check_int(text, zone_offset_s(&zone, new_year_s + 86400), 0);
	}
	zone_free(&zone);
}

/* Nor may a period end before it starts: then these would not come back. */
static void
all_days_around_new_year_are_sane(void **state)
{
	struct zone zone;

	(void)state;
	rule_zone("ABC0DEF,J1/-167,J365/167", &zone);
	for (int year = 1600; year < 2400; year++) {
		char text[MOMENT_SIZE];

		snprintf(text, sizeof(text), "%04d-01-01 00:00", year);
		for (int64_t hour = -15 * 24; hour < 15 * 24; hour += 5)
			check_sane(&zone, moment(text) + hour * 3600);
	}
	zone_free(&zone);
}

static const char lord_howe[] = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
static const char nuuk[] = "<-02>2<-01>,M3.5.0/-1,M10.5.0/0";

static const struct {
	const char *row;
	const char *rule;
	const char *local;
	const char *utc;
} conversions[] = {
    {"an hour before the gap", amsterdam, "2026-03-29 01:00",
	"2026-03-29 00:00"},
    {"the last second before the gap", amsterdam, "2026-03-29 01:59:59",
	"2026-03-29 00:59:59"},
    {"the first second of the gap", amsterdam, "2026-03-29 02:00",
	"2026-03-29 01:00"},
    {"in the gap", amsterdam, "2026-03-29 02:30", "2026-03-29 01:00"},
    {"the last second of the gap", amsterdam, "2026-03-29 02:59:59",
	"2026-03-29 01:00"},
    {"the first second behind the gap", amsterdam, "2026-03-29 03:00",
	"2026-03-29 01:00"},
    {"a second later", amsterdam, "2026-03-29 03:00:01", "2026-03-29 01:00:01"},
    {"the first time that comes twice", amsterdam, "2026-10-25 02:00",
	"2026-10-25 00:00"},
    {"the last time that comes twice", amsterdam, "2026-10-25 02:59:59",
	"2026-10-25 00:59:59"},
    {"the first that comes once again", amsterdam, "2026-10-25 03:00",
	"2026-10-25 02:00"},
    {"half an hour that is not there", lord_howe, "2026-10-04 02:15",
	"2026-10-03 15:30"},
    {"half an hour that comes twice", lord_howe, "2026-04-05 01:45",
	"2026-04-04 14:45"},
    {"the last second before midnight is not there", nuuk,
	"2026-03-28 23:59:59", "2026-03-29 01:00"},
    {"midnight comes late: the day before comes twice", nuuk,
	"2026-10-25 00:00", "2026-10-25 02:00"},
    {"New Year far in the south", "AEST-10AEDT,M10.1.0,M4.1.0/3",
	"2027-01-01 00:00", "2026-12-31 13:00"},
    {"all year summer, at the end of a year", "XXX3EDT4,0/0,J365/23",
	"2026-12-31 23:00", "2027-01-01 03:00"},
};

static void
local_times_become_moments(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(conversions); i++) {
		struct zone zone;
		int64_t local_s = moment(conversions[i].local);

		rule_zone(conversions[i].rule, &zone);
		check_moment(conversions[i].row, zone_to_utc(&zone, local_s),
		    moment(conversions[i].utc));
		check_sane(&zone, local_s);
		zone_free(&zone);
	}
}

static const struct {
	const char *row;
	const char *utc;
	const char *local;
} shown[] = {
    {"an ordinary time", "2026-07-01 10:00", "2026-07-01 12:00"},
    {"the last before the clocks go back", "2026-10-25 00:59:59",
	"2026-10-25 02:59:59"},
    {"the first when they have", "2026-10-25 01:00", "2026-10-25 02:59:59"},
    {"the last that has been shown", "2026-10-25 01:59:59",
	"2026-10-25 02:59:59"},
    {"the first that is new", "2026-10-25 02:00", "2026-10-25 03:00"},
    {"two days and four hours later", "2026-10-27 05:00", "2026-10-27 06:00"},
};

static void
what_was_shown_stays(void **state)
{
	struct zone zone;

	(void)state;
	rule_zone(amsterdam, &zone);
	for (size_t i = 0; i < COUNT_OF(shown); i++)
		check_moment(shown[i].row,
		    zone_shown_s(&zone, moment(shown[i].utc)),
		    moment(shown[i].local));
	zone_free(&zone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_are_read),
	    cmocka_unit_test(years_start_where_they_should),
	    cmocka_unit_test(all_days_around_new_year_are_sane),
	    cmocka_unit_test(local_times_become_moments),
	    cmocka_unit_test(what_was_shown_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
