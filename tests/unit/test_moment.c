/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

#include "policyd/ctl/moment.h"
#include "policyd/sched/override.h"

#define HERE     "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"
#define DIGITS   "0123456789"

static const struct {
	const char *row;
	struct span text;
	const char *want; /* UTC; NULL: refused */
} cases[] = {
    {"without seconds and zone: local time", SPAN("2026-12-24T23:00"),
	"2026-12-24 22:00"},
    {"without a zone", SPAN("2026-12-24T23:00:07"), "2026-12-24 22:00:07"},
    {"local time in summer", SPAN("2026-07-01T00:00"), "2026-06-30 22:00"},
    {"a zone", SPAN("2026-12-24T23:00:00-05:00"), "2026-12-25 04:00"},
    {"a zone in the east", SPAN("2026-12-24T23:00:00+05:30"),
	"2026-12-24 17:30"},
    {"a zone without seconds", SPAN("2026-12-24T23:00+01:00"),
	"2026-12-24 22:00"},
    {"a zone behind UTC without seconds", SPAN("2026-12-24T23:00-01:00"),
	"2026-12-25 00:00"},
    {"Z", SPAN("2026-12-24T23:00:00Z"), "2026-12-24 23:00"},
    {"Z without seconds", SPAN("2026-12-24T23:00Z"), "2026-12-24 23:00"},
    {"small letters", SPAN("2026-12-24t23:00z"), "2026-12-24 23:00"},
    {"+00:00 is not local", SPAN("2026-07-01T00:00+00:00"), "2026-07-01 00:00"},
    {"a part of a second is rounded up", SPAN("2026-12-24T23:00:00.25Z"),
	"2026-12-24 23:00:01"},
    {"a part of a local second", SPAN("2026-12-24T23:00:00.001"),
	"2026-12-24 22:00:01"},
    {"a part of zeros", SPAN("2026-12-24T23:00:00.000"), "2026-12-24 22:00"},
    {"a leap second", SPAN("2026-12-31T23:59:60Z"), "2027-01-01 00:00"},
    {"29 February", SPAN("2028-02-29T12:00"), "2028-02-29 11:00"},
    {"a time that the clocks jump over: the jump", SPAN("2026-03-29T02:30"),
	"2026-03-29 01:00"},
    {"the last time before it", SPAN("2026-03-29T01:59:59"),
	"2026-03-29 00:59:59"},
    {"the first time behind it", SPAN("2026-03-29T03:00"), "2026-03-29 01:00"},
    {"a time that is there twice: the first", SPAN("2026-10-25T02:30"),
	"2026-10-25 00:30"},
    {"the first time that is there once", SPAN("2026-10-25T03:00"),
	"2026-10-25 02:00"},
    {"the second of two, by its zone", SPAN("2026-10-25T02:30+01:00"),
	"2026-10-25 01:30"},
    {"48 bytes", SPAN("2026-12-24T23:00:00." DIGITS DIGITS "01+01:00"),
	"2026-12-24 22:00:01"},

    {"nothing", {"", 0}, NULL},
    {"a day", SPAN("2026-12-24"), NULL},
    {"a day and an hour", SPAN("2026-12-24T23"), NULL},
    {"a minute of one digit", SPAN("2026-12-24T23:0"), NULL},
    {"a day with a zone", SPAN("2026-12-24+01:00"), NULL},
    {"a blank for T", SPAN("2026-12-24 23:00"), NULL},
    {"no dashes", SPAN("20261224T230000Z"), NULL},
    {"no colons", SPAN("2026-12-24T230000Z"), NULL},
    {"a colon and no seconds", SPAN("2026-12-24T23:00:"), NULL},
    {"seconds of one digit", SPAN("2026-12-24T23:00:0"), NULL},
    {"a part of a minute", SPAN("2026-12-24T23:00.5"), NULL},
    {"a point and no digits", SPAN("2026-12-24T23:00:00."), NULL},
    {"30 February", SPAN("2026-02-30T12:00"), NULL},
    {"29 February of another year", SPAN("2026-02-29T12:00"), NULL},
    {"24:00", SPAN("2026-12-24T24:00"), NULL},
    {"minute 60", SPAN("2026-12-24T23:60"), NULL},
    {"a zone without a colon", SPAN("2026-12-24T23:00+0100"), NULL},
    {"a zone of hours", SPAN("2026-12-24T23:00+01"), NULL},
    {"a zone of minute 60", SPAN("2026-12-24T23:00+01:60"), NULL},
    {"two zones", SPAN("2026-12-24T23:00Z+01:00"), NULL},
    {"the name of a zone", SPAN("2026-12-24T23:00 CET"), NULL},
    {"a military zone", SPAN("2026-12-24T23:00:00T"), NULL},
    {"a blank before", SPAN(" 2026-12-24T23:00"), NULL},
    {"a blank behind", SPAN("2026-12-24T23:00 "), NULL},
    {"a blank behind a zone", SPAN("2026-12-24T23:00:00Z "), NULL},
    {"a comment behind", SPAN("2026-12-24T23:00Z(x)"), NULL},
    {"a rule behind", SPAN("2026-12-24T23:00:00Z (rule a)"), NULL},
    {"something behind", SPAN("2026-12-24T23:00:00Zx"), NULL},
    {"a NUL behind", SPAN("2026-12-24T23:00\0"), NULL},
    {"never", SPAN("never (rule quiet)"), NULL},
    {"a date of mail", SPAN("Thu, 24 Dec 2026 23:00:00 +0100"), NULL},
    {"a date of mail without a day name", SPAN("4 Dec 2026 23:00 +0100"), NULL},
    {"a date of mail and no zone", SPAN("4 Dec 2026 23:00"), NULL},
    {"a sign before the year", SPAN("+2026-12-24T23:00"), NULL},
    {"a year of five digits", SPAN("12026-12-24T23:00"), NULL},
    {"a number", SPAN("1798149600000000"), NULL},
    {"49 bytes", SPAN("2026-12-24T23:00:00." DIGITS DIGITS "012+01:00"), NULL},
};

static void
moments_are_read(void **state)
{
	struct zone local;

	(void)state;
	rule_zone(HERE, &local);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span text = exact_copy(cases[i].text);
		int64_t got = -1;
		bool ok = moment_parse(text, &local, &got);

		check_bool(cases[i].row, ok, cases[i].want != NULL);
		if (ok)
			check_moment(cases[i].row, got, moment(cases[i].want));
		else
			check_int(cases[i].row, got, -1);
		exact_free(text);
	}
	zone_free(&local);
}

static void
local_time_is_that_of_the_zone(void **state)
{
	struct zone zone = {0};
	int64_t got;

	(void)state;
	assert_true(moment_parse(span_str("2026-12-24T23:00"), &zone, &got));
	check_moment("no zone at all", got, moment("2026-12-24 23:00"));
	rule_zone(NEW_YORK, &zone);
	assert_true(moment_parse(span_str("2026-12-24T23:00"), &zone, &got));
	check_moment("New York", got, moment("2026-12-25 04:00"));
	zone_free(&zone);
}

/* No prefix of a moment is read past its end, whatever it is. */
static void
prefixes_are_whole_or_refused(void **state)
{
	static const struct span whole = SPAN("2026-12-24T23:00:07.500-05:00");
	struct zone zone = {0};

	(void)state;
	for (size_t n = 0; n <= whole.len; n++) {
		struct span text = exact_copy(span_head(whole, n));
		int64_t got;

		check_bool("a prefix", moment_parse(text, &zone, &got),
		    n == strlen("2026-12-24T23:00") ||
			n == strlen("2026-12-24T23:00:07") ||
			(n >= strlen("2026-12-24T23:00:07.5") &&
			    n <= strlen("2026-12-24T23:00:07.500")) ||
			n == whole.len);
		exact_free(text);
	}
}

/* It is Tuesday, 1 December 2026, 12:00:30 here, 11:00:30 in UTC. */
#define NOW "2026-12-01 11:00:30"

static const struct {
	const char *row;
	struct span text;
	const char *want; /* UTC; NULL: refused for this reason */
	const char *reason;
} readings[] = {
    {"a distance", SPAN("+2h30m"), "2026-12-01 13:30:30", NULL},
    {"a distance of days", SPAN("+1d12h"), "2026-12-02 23:00:30", NULL},
    {"a distance of seconds", SPAN("+90"), "2026-12-01 11:02:00", NULL},
    {"a distance in the wrong order", SPAN("+30m2h"), NULL, "largest unit"},
    {"a distance and nothing", SPAN("+"), NULL, "behind +"},
    {"a distance behind a blank", SPAN("+ 2h"), NULL, "behind +"},
    {"a time of today", SPAN("17:30"), "2026-12-01 16:30", NULL},
    {"one with seconds", SPAN("17:30:15"), "2026-12-01 16:30:15", NULL},
    {"an hour of one digit", SPAN("tomorrow 9:00"), "2026-12-02 08:00", NULL},
    {"the last second of today", SPAN("23:59:59"), "2026-12-01 22:59:59", NULL},
    {"the next second", SPAN("12:00:31"), "2026-12-01 11:00:31", NULL},
    {"this second", SPAN("12:00:30"), NULL, "is over"},
    {"a time of today that is over", SPAN("09:00"), NULL, "is over"},
    {"midnight", SPAN("00:00"), NULL, "is over"},
    {"today", SPAN("today 17:30"), "2026-12-01 16:30", NULL},
    {"today that is over", SPAN("today 09:00"), NULL, "is over"},
    {"tomorrow", SPAN("tomorrow 09:00"), "2026-12-02 08:00", NULL},
    {"tomorrow in capitals and blanks", SPAN(" TOMORROW   09:00 "),
	"2026-12-02 08:00", NULL},
    {"midnight of tomorrow", SPAN("tomorrow 00:00"), "2026-12-01 23:00", NULL},
    {"tomorrow and no time", SPAN("tomorrow"), NULL, "in the same word"},
    {"today and no time", SPAN("today "), NULL, "in the same word"},
    {"tomorrow and no time of a day", SPAN("tomorrow 9"), NULL, "of a day"},
    {"hour 24", SPAN("tomorrow 24:00"), NULL, "of a day"},
    {"minute 60", SPAN("tomorrow 09:60"), NULL, "of a day"},
    {"second 60", SPAN("tomorrow 09:00:60"), NULL, "of a day"},
    {"a minute of one digit", SPAN("tomorrow 09:0"), NULL, "of a day"},
    {"an hour of three digits", SPAN("tomorrow 009:00"), NULL, "of a day"},
    {"four parts", SPAN("tomorrow 09:00:00:00"), NULL, "of a day"},
    {"a colon at the end", SPAN("tomorrow 09:00:"), NULL, "of a day"},
    {"nothing before the colon", SPAN("tomorrow :30"), NULL, "of a day"},
    {"the day after tomorrow", SPAN("overmorrow 09:00"), NULL, "not a date"},
    {"the name of a day", SPAN("Friday 09:00"), NULL, ""},
    {"local time", SPAN("2026-12-24T23:00"), "2026-12-24 22:00", NULL},
    {"local time with a blank", SPAN("2026-12-24 23:00"), "2026-12-24 22:00",
	NULL},
    {"local time with a blank and seconds", SPAN("2026-12-24 23:00:07"),
	"2026-12-24 22:00:07", NULL},
    {"a blank and a zone", SPAN("2026-12-24 23:00+05:00"), "2026-12-24 18:00",
	NULL},
    {"48 bytes with a blank",
	SPAN("2026-12-24 23:00:00." DIGITS DIGITS "01+01:00"),
	"2026-12-24 22:00:01", NULL},
    {"49 bytes with a blank",
	SPAN("2026-12-24 23:00:00." DIGITS DIGITS "012+01:00"), NULL,
	"without T"},
    {"RFC 3339", SPAN("2026-12-24T23:00:00-05:00"), "2026-12-25 04:00", NULL},
    {"a date of mail", SPAN("Thu, 24 Dec 2026 23:00:00 +0100"),
	"2026-12-24 22:00", NULL},
    {"one with a comment", SPAN("24 Dec 2026 23:00 +0100 (CET)"),
	"2026-12-24 22:00", NULL},
    {"one of a rule", SPAN("24 Dec 2026 23:00 +0100 (rule quiet)"),
	"2026-12-24 22:00", NULL},
    {"a moment in the past", SPAN("2020-01-01T00:00:00Z"), "2020-01-01 00:00",
	NULL},
    {"a wrong day name", SPAN("Fri, 24 Dec 2026 23:00 +0100"), NULL,
	"day name"},
    {"a date of mail without a zone", SPAN("24 Dec 2026 23:00"), NULL,
	"no time zone"},
    {"a day that is not there", SPAN("2026-02-30 12:00"), NULL, "no such date"},
    {"a day alone", SPAN("2026-12-24"), NULL, ""},
    {"a never of a rule", SPAN("never (rule quiet)"), NULL, "stands alone"},
    {"words", SPAN("in two hours"), NULL, ""},
    {"a number", SPAN("1798149600"), NULL, "number"},
    {"nothing", {"", 0}, NULL, "empty"},
    {"blanks", SPAN("  "), NULL, "empty"},
    {"a NUL", SPAN("17:30\0"), NULL, ""},
};

static void
what_is_typed_is_read(void **state)
{
	struct zone local;
	struct moment_base base = {.now_s = moment(NOW), .local = &local};

	(void)state;
	rule_zone(HERE, &local);
	for (size_t i = 0; i < COUNT_OF(readings); i++) {
		struct span text = exact_copy(readings[i].text);
		int64_t got = -1;
		const char *wrong = moment_read(text, &base, &got);

		check_bool(
		    readings[i].row, wrong == NULL, readings[i].want != NULL);
		if (wrong == NULL)
			check_moment(
			    readings[i].row, got, moment(readings[i].want));
		else
			check_part(readings[i].row, wrong, readings[i].reason);
		exact_free(text);
	}
	zone_free(&local);
}

static void
never_is_read(void **state)
{
	struct zone local = {0};
	struct moment_base base = {.now_s = 0, .local = &local};
	int64_t got = 0;

	(void)state;
	assert_null(moment_read(span_str("never"), &base, &got));
	check_bool("never", got == OVERRIDE_NEVER, true);
	got = 0;
	assert_null(moment_read(span_str("Never "), &base, &got));
	check_bool("Never", got == OVERRIDE_NEVER, true);
}

/* 28 March 2026, a day before the clocks jump from 2:00 to 3:00. */
static void
tomorrow_is_a_day_of_the_calendar(void **state)
{
	struct zone local;
	struct moment_base base = {
	    .now_s = moment("2026-03-28 22:30"), .local = &local};
	int64_t got;

	(void)state;
	rule_zone(HERE, &local);
	assert_null(moment_read(span_str("tomorrow 09:00"), &base, &got));
	check_moment("of 23 hours", got, moment("2026-03-29 07:00"));
	assert_null(moment_read(span_str("tomorrow 02:30"), &base, &got));
	check_moment("in the gap", got, moment("2026-03-29 01:00"));
	base.now_s = moment("2026-03-28 23:30");
	assert_null(moment_read(span_str("tomorrow 09:00"), &base, &got));
	check_moment("it is tomorrow here", got, moment("2026-03-30 07:00"));
	zone_free(&local);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(moments_are_read),
	    cmocka_unit_test(local_time_is_that_of_the_zone),
	    cmocka_unit_test(prefixes_are_whole_or_refused),
	    cmocka_unit_test(what_is_typed_is_read),
	    cmocka_unit_test(never_is_read),
	    cmocka_unit_test(tomorrow_is_a_day_of_the_calendar),
	};

	return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
