/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

#include "policyd/ctl/moment.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(moments_are_read),
	    cmocka_unit_test(local_time_is_that_of_the_zone),
	    cmocka_unit_test(prefixes_are_whole_or_refused),
	};

	return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
