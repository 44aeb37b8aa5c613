/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/support.h"

#include "hdrcheck/date.h"

enum { UTC_SIZE = 40 };

/* Written by the C library, so that our own arithmetic is not its judge. */
static const char *
write_utc(int64_t moment_s, char out[UTC_SIZE])
{
	time_t t = (time_t)moment_s;
	struct tm tm;

	assert_non_null(gmtime_r(&t, &tm));
	assert_int_equal(timegm(&tm), moment_s);
	snprintf(out, UTC_SIZE, "%04d-%02d-%02d %02d:%02d:%02d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	return out;
}

/* want: the moment in UTC, or the reason against it. */
static void
check_date(const char *row, struct span given, const char *want)
{
	struct span text = exact_copy(given);
	struct date date = {0};
	enum date_error error = date_parse(text, &date);
	char utc[UTC_SIZE];

	if (error != DATE_OK)
		check_string(row, date_reason(error), want);
	else
		check_string(row, write_utc(date.moment_s, utc), want);
	check_bool(row, date.never, false);
	exact_free(text);
}

static void
check_refused(const char *row, struct span text, enum date_error error)
{
	check_date(row, text, date_reason(error));
}

struct accepted {
	const char *row;
	struct span text;
	const char *want;
};

static void
check_accepted(const struct accepted *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_date(rows[i].row, rows[i].text, rows[i].want);
}

static const struct accepted rfc5322[] = {
    {"a full date", SPAN("Fri, 25 Dec 2026 09:00:00 +0000"),
	"2026-12-25 09:00:00"},
    {"no day name", SPAN("25 Dec 2026 09:00:00 +0000"), "2026-12-25 09:00:00"},
    {"no seconds", SPAN("Fri, 25 Dec 2026 09:00 +0000"), "2026-12-25 09:00:00"},
    {"neither day name nor seconds", SPAN("25 Dec 2026 09:00 +0000"),
	"2026-12-25 09:00:00"},
    {"blanks at both ends", SPAN(" \t25 Dec 2026 09:00:00 +0000 \t"),
	"2026-12-25 09:00:00"},
    {"a line end behind it", SPAN("25 Dec 2026 09:00:00 +0000\r\n"),
	"2026-12-25 09:00:00"},
    {"small letters", SPAN("fri, 25 dec 2026 09:00:00 gmt"),
	"2026-12-25 09:00:00"},
    {"capital letters", SPAN("FRI, 25 DEC 2026 09:00:00 GMT"),
	"2026-12-25 09:00:00"},
    {"a day of one digit", SPAN("Fri, 1 Jan 2027 09:00:00 +0000"),
	"2027-01-01 09:00:00"},
    {"a day with a zero", SPAN("Fri, 01 Jan 2027 09:00:00 +0000"),
	"2027-01-01 09:00:00"},
    {"the first second of a day", SPAN("25 Dec 2026 00:00:00 +0000"),
	"2026-12-25 00:00:00"},
    {"the last second of a day", SPAN("25 Dec 2026 23:59:59 +0000"),
	"2026-12-25 23:59:59"},
    {"second 60 is the next second", SPAN("25 Dec 2026 09:00:60 +0000"),
	"2026-12-25 09:01:00"},
    {"second 60 of a year", SPAN("Thu, 31 Dec 2026 23:59:60 +0000"),
	"2027-01-01 00:00:00"},
    {"more blanks than needed", SPAN("Fri,   25\tDec  2026  09:00:00  +0000"),
	"2026-12-25 09:00:00"},
    {"no blanks where the old syntax needs none",
	SPAN("Fri,25Dec2026 09:00:00+0000"), "2026-12-25 09:00:00"},
    {"blanks around all parts of the time (old syntax)",
	SPAN("Fri , 25 Dec 2026 09 : 00 : 00 +0000"), "2026-12-25 09:00:00"},
};

static const struct accepted rfc5322_folded[] = {
    {"folded by LF", SPAN(" Fri,\n 25 Dec 2026 09:00:00 +0000"),
	"2026-12-25 09:00:00"},
    {"folded by CRLF", SPAN(" Fri,\r\n\t25 Dec 2026\r\n 09:00:00\r\n +0000"),
	"2026-12-25 09:00:00"},
    {"folded in front", SPAN("\r\n Fri, 25 Dec 2026 09:00:00 +0000"),
	"2026-12-25 09:00:00"},
    {"folded twice in a row", SPAN("Fri,\n \n 25 Dec 2026 09:00:00 +0000"),
	"2026-12-25 09:00:00"},
    {"a comment behind it", SPAN("25 Dec 2026 09:00:00 +0000 (UTC)"),
	"2026-12-25 09:00:00"},
    {"a comment without a blank", SPAN("25 Dec 2026 09:00:00 GMT(UTC)"),
	"2026-12-25 09:00:00"},
    {"comments everywhere",
	SPAN("(a)Fri(b),(c)25(d)Dec(e)2026(f)09(g):(h)00(i):(j)00(k)+0000(l)"),
	"2026-12-25 09:00:00"},
    {"two comments", SPAN("25 Dec 2026 (a) (b) 09:00:00 +0000 (c)(d)"),
	"2026-12-25 09:00:00"},
    {"an empty comment", SPAN("() 25 Dec 2026 09:00:00 +0000"),
	"2026-12-25 09:00:00"},
    {"a nested comment", SPAN("25 Dec 2026 09:00:00 +0000 (a (b (c)) d)"),
	"2026-12-25 09:00:00"},
    {"a quoted parenthesis that would close",
	SPAN("25 Dec (a \\) b) 2026 09:00:00 +0000"), "2026-12-25 09:00:00"},
    {"a quoted parenthesis that would open",
	SPAN("25 Dec (a \\( b) 2026 09:00:00 +0000"), "2026-12-25 09:00:00"},
    {"a quoted backslash", SPAN("25 Dec (a \\\\) 2026 09:00:00 +0000"),
	"2026-12-25 09:00:00"},
    {"any bytes in a comment",
	SPAN("25 Dec (\0\xff\r\n\x1b \xc3\xa4) 2026 09:00:00 +0000"),
	"2026-12-25 09:00:00"},
    {"a folded comment", SPAN("25 Dec 2026 09:00:00 +0000\n (a\n b)"),
	"2026-12-25 09:00:00"},
    {"a comment that looks like a date",
	SPAN("(1 Jan 1999 00:00:00 +0000) 25 Dec 2026 09:00:00 +0000"),
	"2026-12-25 09:00:00"},
};

static const struct accepted rfc3339[] = {
    {"a full date", SPAN("2026-12-25T09:00:00Z"), "2026-12-25 09:00:00"},
    {"a small t", SPAN("2026-12-25t09:00:00Z"), "2026-12-25 09:00:00"},
    {"a small z", SPAN("2026-12-25T09:00:00z"), "2026-12-25 09:00:00"},
    {"+00:00", SPAN("2026-12-25T09:00:00+00:00"), "2026-12-25 09:00:00"},
    {"-00:00", SPAN("2026-12-25T09:00:00-00:00"), "2026-12-25 09:00:00"},
    {"east of UTC", SPAN("2026-12-25T09:00:00+05:30"), "2026-12-25 03:30:00"},
    {"west of UTC", SPAN("2026-12-25T20:00:00-08:00"), "2026-12-26 04:00:00"},
    {"the furthest east", SPAN("2026-12-25T09:00:00+23:59"),
	"2026-12-24 09:01:00"},
    {"the furthest west", SPAN("2026-12-25T09:00:00-23:59"),
	"2026-12-26 08:59:00"},
    {"blanks at both ends", SPAN(" 2026-12-25T09:00:00Z\t"),
	"2026-12-25 09:00:00"},
    {"comments at both ends", SPAN("(a)2026-12-25T09:00:00Z(b)"),
	"2026-12-25 09:00:00"},
    {"folded in front", SPAN("\n 2026-12-25T09:00:00Z"), "2026-12-25 09:00:00"},
    {"second 60", SPAN("2026-12-31T23:59:60Z"), "2027-01-01 00:00:00"},
    {"a fraction of nothing", SPAN("2026-12-25T09:00:00.0Z"),
	"2026-12-25 09:00:00"},
    {"a long fraction of nothing", SPAN("2026-12-25T09:00:00.000000000000Z"),
	"2026-12-25 09:00:00"},
    {"a microsecond counts", SPAN("2026-12-25T09:00:00.000001Z"),
	"2026-12-25 09:00:01"},
    {"a fraction too small for any clock",
	SPAN("2026-12-25T09:00:00.00000000000000000000000000000000000001Z"),
	"2026-12-25 09:00:01"},
    {"almost the next second", SPAN("2026-12-25T09:00:00.999Z"),
	"2026-12-25 09:00:01"},
    {"a fraction at the end of a year", SPAN("2026-12-31T23:59:59.5Z"),
	"2027-01-01 00:00:00"},
    {"a fraction with an offset", SPAN("2026-12-25T09:00:00.5+01:00"),
	"2026-12-25 08:00:01"},
    {"a fraction of second 60", SPAN("2026-12-31T23:59:60.5Z"),
	"2027-01-01 00:00:01"},
    {"the first year", SPAN("0001-01-01T00:00:00Z"), "0001-01-01 00:00:00"},
    {"the last year", SPAN("9999-12-31T23:59:59Z"), "9999-12-31 23:59:59"},
    {"the last year, west of UTC", SPAN("9999-12-31T23:59:59-23:59"),
	"10000-01-01 23:58:59"},
};

static void
rfc5322_is_read(void **state)
{
	(void)state;
	check_accepted(rfc5322, COUNT_OF(rfc5322));
}

static void
comments_and_folding_are_passed_over(void **state)
{
	(void)state;
	check_accepted(rfc5322_folded, COUNT_OF(rfc5322_folded));
}

static void
rfc3339_is_read(void **state)
{
	(void)state;
	check_accepted(rfc3339, COUNT_OF(rfc3339));
}

/* Years of RFC 5322, 4.3: two digits turn at 50, three count from 1900. */
static const struct {
	const char *year;
	const char *want; /* NULL: no such date */
} years[] = {
    {"00", "2000-01-02 00:00:00"},
    {"26", "2026-01-02 00:00:00"},
    {"49", "2049-01-02 00:00:00"},
    {"50", "1950-01-02 00:00:00"},
    {"99", "1999-01-02 00:00:00"},
    {"000", "1900-01-02 00:00:00"},
    {"100", "2000-01-02 00:00:00"},
    {"126", "2026-01-02 00:00:00"},
    {"999", "2899-01-02 00:00:00"},
    {"0000", NULL},
    {"0026", NULL},
    {"1899", NULL},
    {"1900", "1900-01-02 00:00:00"},
    {"1901", "1901-01-02 00:00:00"},
    {"9999", "9999-01-02 00:00:00"},
    {"10000", "10000-01-02 00:00:00"},
    {"999999999", "999999999-01-02 00:00:00"},
    {"1000000000", NULL},
    {"2147483648", NULL},
    {"9223372036854775808", NULL},
    {"18446744073709551617", NULL},
    {"99999999999999999999999999999999999999", NULL},
};

static void
years_of_two_and_three_digits_are_old(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(years); i++) {
		const char *want = years[i].want;
		char text[100];

		snprintf(text, sizeof(text), "2 Jan %s 00:00:00 +0000",
		    years[i].year);
		check_date(text, span_str(text),
		    want != NULL ? want : date_reason(DATE_NO_SUCH_DATE));
	}
}

static const struct {
	const char *year;
	bool leap;
} leap_years[] = {
    {"2000", true},
    {"1900", false},
    {"2100", false},
    {"2028", true},
    {"2026", false},
    {"2400", true},
};

static void
leap_days_are_those_of_the_calendar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(leap_years); i++) {
		const char *year = leap_years[i].year;
		char text[60], want[UTC_SIZE];

		snprintf(
		    want, sizeof(want), "%s", date_reason(DATE_NO_SUCH_DATE));
		if (leap_years[i].leap)
			snprintf(want, sizeof(want), "%s-02-29 12:00:00", year);
		snprintf(text, sizeof(text), "29 Feb %s 12:00 +0000", year);
		check_date(text, span_str(text), want);
		snprintf(text, sizeof(text), "%s-02-29T12:00:00Z", year);
		check_date(text, span_str(text), want);
		snprintf(text, sizeof(text), "30 Feb %s 12:00 +0000", year);
		check_refused(text, span_str(text), DATE_NO_SUCH_DATE);
		snprintf(text, sizeof(text), "1 Mar %s 12:00 +0000", year);
		snprintf(want, sizeof(want), "%s-03-01 12:00:00", year);
		check_date(text, span_str(text), want);
	}
}

/* Each month's last day, and the one behind it, in a common year. */
static void
months_end_where_they_end(void **state)
{
	static const struct {
		const char *name;
		int days;
	} months[] = {{"Jan", 31}, {"Feb", 28}, {"Mar", 31}, {"Apr", 30},
	    {"May", 31}, {"Jun", 30}, {"Jul", 31}, {"Aug", 31}, {"Sep", 30},
	    {"Oct", 31}, {"Nov", 30}, {"Dec", 31}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(months); i++) {
		char text[60], want[UTC_SIZE];

		snprintf(want, sizeof(want), "2026-%02zu-%02d 12:00:00", i + 1,
		    months[i].days);
		snprintf(text, sizeof(text), "%d %s 2026 12:00 +0000",
		    months[i].days, months[i].name);
		check_date(text, span_str(text), want);
		snprintf(text, sizeof(text), "2026-%02zu-%02dT12:00:00Z", i + 1,
		    months[i].days);
		check_date(text, span_str(text), want);
		snprintf(text, sizeof(text), "%d %s 2026 12:00 +0000",
		    months[i].days + 1, months[i].name);
		check_refused(text, span_str(text), DATE_NO_SUCH_DATE);
		snprintf(text, sizeof(text), "2026-%02zu-%02dT12:00:00Z", i + 1,
		    months[i].days + 1);
		check_refused(text, span_str(text), DATE_NO_SUCH_DATE);
	}
}

static void
one_day_name_of_seven_is_right(void **state)
{
	static const char *const names[] = {
	    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

	(void)state;
	for (size_t day = 0; day < 7; day++) {
		for (size_t i = 0; i < 7; i++) {
			char text[60], want[UTC_SIZE];

			/* 21 December 2026 was made a Monday. */
			snprintf(text, sizeof(text),
			    "%s, %zu Dec 2026 09:00 +0000", names[i], 21 + day);
			snprintf(want, sizeof(want), "2026-12-%zu 09:00:00",
			    21 + day);
			check_date(text, span_str(text),
			    i == day ? want : date_reason(DATE_WRONG_DAY_NAME));
		}
	}
}

/* A day name is that of the date as written, not of the date in UTC. */
static void
the_day_name_counts_in_its_own_zone(void **state)
{
	(void)state;
	check_date("east", span_str("Fri, 25 Dec 2026 00:30 +0100"),
	    "2026-12-24 23:30:00");
	check_date("west", span_str("Fri, 25 Dec 2026 23:30 -0100"),
	    "2026-12-26 00:30:00");
}

static const struct {
	const char *zone;
	const char *want;
} old_zones[] = {
    {"UT", "2026-12-25 09:00:00"},
    {"UTC", "2026-12-25 09:00:00"},
    {"GMT", "2026-12-25 09:00:00"},
    {"Z", "2026-12-25 09:00:00"},
    {"EST", "2026-12-25 14:00:00"},
    {"EDT", "2026-12-25 13:00:00"},
    {"CST", "2026-12-25 15:00:00"},
    {"CDT", "2026-12-25 14:00:00"},
    {"MST", "2026-12-25 16:00:00"},
    {"MDT", "2026-12-25 15:00:00"},
    {"PST", "2026-12-25 17:00:00"},
    {"PDT", "2026-12-25 16:00:00"},
};

static void
obsolete_zones_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(old_zones); i++) {
		char text[60];

		snprintf(text, sizeof(text), "Fri, 25 Dec 2026 09:00:00 %s",
		    old_zones[i].zone);
		check_date(text, span_str(text), old_zones[i].want);
		for (char *p = text; *p != '\0'; p++)
			*p = ascii_lower(*p);
		check_date(text, span_str(text), old_zones[i].want);
	}
}

static void
military_zones_are_refused(void **state)
{
	(void)state;
	for (char letter = 'A'; letter <= 'Y'; letter++) {
		char text[60];

		snprintf(
		    text, sizeof(text), "Fri, 25 Dec 2026 09:00:00 %c", letter);
		check_refused(text, span_str(text), DATE_MILITARY_ZONE);
		snprintf(text, sizeof(text), "25 Dec 2026 09:00:00 %c (x)",
		    ascii_lower(letter));
		check_refused(text, span_str(text), DATE_MILITARY_ZONE);
		snprintf(text, sizeof(text), "2026-12-25T09:00:00%c", letter);
		check_refused(text, span_str(text), DATE_MILITARY_ZONE);
	}
}

static const struct {
	const char *zone; /* of RFC 5322 */
	const char *want; /* NULL: no such zone */
} offsets[] = {
    {"+0000", "2026-12-25 09:00:00"},
    {"-0000", "2026-12-25 09:00:00"},
    {"+0100", "2026-12-25 08:00:00"},
    {"-0500", "2026-12-25 14:00:00"},
    {"+0530", "2026-12-25 03:30:00"},
    {"-0330", "2026-12-25 12:30:00"},
    {"+1400", "2026-12-24 19:00:00"},
    {"+0058", "2026-12-25 08:02:00"},
    {"+0059", "2026-12-25 08:01:00"},
    {"+0060", NULL},
    {"-0060", NULL},
    {"+0099", NULL},
    {"+2259", "2026-12-24 10:01:00"},
    {"+2359", "2026-12-24 09:01:00"},
    {"-2359", "2026-12-26 08:59:00"},
    {"+2400", NULL},
    {"-2400", NULL},
    {"+2360", NULL},
    {"+9999", NULL},
};

static void
offsets_end_at_2359(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(offsets); i++) {
		const char *zone = offsets[i].zone;
		const char *want = offsets[i].want;
		char text[60];

		if (want == NULL)
			want = date_reason(DATE_NO_SUCH_ZONE);
		snprintf(text, sizeof(text), "25 Dec 2026 09:00:00 %s", zone);
		check_date(text, span_str(text), want);
		snprintf(text, sizeof(text), "2026-12-25T09:00:00%.3s:%s", zone,
		    zone + 3);
		check_date(text, span_str(text), want);
	}
}

struct refused {
	const char *row;
	struct span text;
	enum date_error want;
};

static void
check_all_refused(const struct refused *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_refused(rows[i].row, rows[i].text, rows[i].want);
}

static const struct refused no_date[] = {
    {"nothing", SPAN(""), DATE_EMPTY},
    {"no bytes at all", {NULL, 0}, DATE_EMPTY},
    {"blanks", SPAN(" \t"), DATE_EMPTY},
    {"a line end", SPAN("\r\n"), DATE_EMPTY},
    {"a comment alone", SPAN(" (Fri, 25 Dec 2026 09:00:00 +0000)"), DATE_EMPTY},
    {"a word", SPAN("soon"), DATE_NOT_A_DATE},
    {"a sign", SPAN("?"), DATE_NOT_A_DATE},
    {"a NUL", SPAN("\0"), DATE_NOT_A_DATE},
    {"0xff", SPAN("\xff"), DATE_NOT_A_DATE},
    {"a closing parenthesis", SPAN(")"), DATE_NOT_A_DATE},
    {"no comma behind the day name", SPAN("Fri 25 Dec 2026 09:00 +0000"),
	DATE_NOT_A_DATE},
    {"the American order", SPAN("Fri, Dec 25 2026 09:00 +0000"),
	DATE_NOT_A_DATE},
    {"the order of ctime", SPAN("Fri Dec 25 09:00:00 2026"), DATE_NOT_A_DATE},
    {"slashes", SPAN("25/12/2026 09:00 +0000"), DATE_NOT_A_DATE},
    {"dots", SPAN("25.12.2026 09:00 +0000"), DATE_NOT_A_DATE},
    {"a hyphen between day and month", SPAN("25-Dec-2026 09:00 +0000"),
	DATE_NOT_A_DATE},
    {"a day name alone", SPAN("Fri,"), DATE_NOT_A_DATE},
    {"nothing behind the month", SPAN("25 Dec"), DATE_NOT_A_DATE},
    {"a year of one digit", SPAN("25 Dec 6 09:00 +0000"), DATE_NOT_A_DATE},
    {"two commas", SPAN("Fri,, 25 Dec 2026 09:00 +0000"), DATE_NOT_A_DATE},
    {"a NUL between the words", SPAN("25\0Dec 2026 09:00 +0000"),
	DATE_NOT_A_DATE},
    {"an ISO year of two digits", SPAN("26-12-25T09:00:00Z"), DATE_NOT_A_DATE},
    {"an ISO year of five digits", SPAN("12026-12-25T09:00:00Z"),
	DATE_NOT_A_DATE},
    {"an ISO month of one digit", SPAN("2026-1-25T09:00:00Z"), DATE_NOT_A_DATE},
    {"an ISO day of one digit", SPAN("2026-12-5T09:00:00Z"), DATE_NOT_A_DATE},
    {"an ISO week", SPAN("2026-W52-5T09:00:00Z"), DATE_NOT_A_DATE},
};

static const struct refused no_such_name[] = {
    {"a day name in full", SPAN("Friday, 25 Dec 2026 09:00 +0000"),
	DATE_UNKNOWN_DAY_NAME},
    {"a foreign day name", SPAN("Fre, 25 Dec 2026 09:00 +0000"),
	DATE_UNKNOWN_DAY_NAME},
    {"a short day name", SPAN("Fr, 25 Dec 2026 09:00 +0000"),
	DATE_UNKNOWN_DAY_NAME},
    {"an unknown day name and a comment",
	SPAN("Fre (x) , 25 Dec 2026 09:00 +0000"), DATE_UNKNOWN_DAY_NAME},
    {"the day before", SPAN("Thu, 25 Dec 2026 09:00 +0000"),
	DATE_WRONG_DAY_NAME},
    {"the day name of another year", SPAN("Fri, 25 Dec 2027 09:00 +0000"),
	DATE_WRONG_DAY_NAME},
    {"the day name in UTC", SPAN("Thu, 25 Dec 2026 00:30 +0100"),
	DATE_WRONG_DAY_NAME},
    {"a month in full", SPAN("25 December 2026 09:00 +0000"),
	DATE_UNKNOWN_MONTH},
    {"a foreign month", SPAN("25 Dez 2026 09:00 +0000"), DATE_UNKNOWN_MONTH},
    {"a short month", SPAN("25 De 2026 09:00 +0000"), DATE_UNKNOWN_MONTH},
    {"four letters of a month", SPAN("25 Sept 2026 09:00 +0000"),
	DATE_UNKNOWN_MONTH},
};

static const struct refused no_such_date[] = {
    {"day 0", SPAN("0 Dec 2026 09:00 +0000"), DATE_NO_SUCH_DATE},
    {"day 00", SPAN("00 Dec 2026 09:00 +0000"), DATE_NO_SUCH_DATE},
    {"day 99", SPAN("99 Dec 2026 09:00 +0000"), DATE_NO_SUCH_DATE},
    {"day 100", SPAN("100 Dec 2026 09:00 +0000"), DATE_NO_SUCH_DATE},
    {"day 2^64 + 25", SPAN("18446744073709551641 Dec 2026 09:00 +0000"),
	DATE_NO_SUCH_DATE},
    {"ISO day 00", SPAN("2026-12-00T09:00:00Z"), DATE_NO_SUCH_DATE},
    {"ISO month 00", SPAN("2026-00-25T09:00:00Z"), DATE_NO_SUCH_DATE},
    {"ISO month 13", SPAN("2026-13-25T09:00:00Z"), DATE_NO_SUCH_DATE},
    {"ISO month 99", SPAN("2026-99-99T09:00:00Z"), DATE_NO_SUCH_DATE},
    {"an impossible date with a day name", SPAN("Mon, 31 Nov 2026 09:00 +0000"),
	DATE_NO_SUCH_DATE},
};

static const struct refused no_time[] = {
    {"a date alone", SPAN("25 Dec 2026"), DATE_NO_TIME},
    {"a date and a comment", SPAN("Fri, 25 Dec 2026 (x)"), DATE_NO_TIME},
    {"an ISO date alone", SPAN("2026-12-25"), DATE_NO_TIME},
    {"an ISO date and a comment", SPAN("2026-12-25 (x)"), DATE_NO_TIME},
    {"an hour of one digit", SPAN("25 Dec 2026 9:00 +0000"), DATE_NOT_A_TIME},
    {"an hour alone", SPAN("25 Dec 2026 09 +0000"), DATE_NOT_A_TIME},
    {"an hour of three digits", SPAN("25 Dec 2026 009:00 +0000"),
	DATE_NOT_A_TIME},
    {"no colon", SPAN("25 Dec 2026 0900 +0000"), DATE_NOT_A_TIME},
    {"a dot", SPAN("25 Dec 2026 09.00 +0000"), DATE_NOT_A_TIME},
    {"minutes of one digit", SPAN("25 Dec 2026 09:0 +0000"), DATE_NOT_A_TIME},
    {"minutes of three digits", SPAN("25 Dec 2026 09:000 +0000"),
	DATE_NOT_A_TIME},
    {"seconds of one digit", SPAN("25 Dec 2026 09:00:0 +0000"),
	DATE_NOT_A_TIME},
    {"seconds of three digits", SPAN("25 Dec 2026 09:00:000 +0000"),
	DATE_NOT_A_TIME},
    {"no seconds behind the colon", SPAN("25 Dec 2026 09:00: +0000"),
	DATE_NOT_A_TIME},
    {"a word", SPAN("25 Dec 2026 noon +0000"), DATE_NOT_A_TIME},
    {"a T", SPAN("25 Dec 2026T09:00:00Z"), DATE_NOT_A_TIME},
    {"an ISO hour of one digit", SPAN("2026-12-25T9:00:00Z"), DATE_NOT_A_TIME},
    {"an ISO time without colons", SPAN("2026-12-25T090000Z"), DATE_NOT_A_TIME},
    {"an ISO time that is missing", SPAN("2026-12-25T"), DATE_NOT_A_TIME},
    {"a blank behind the T", SPAN("2026-12-25T 09:00:00Z"), DATE_NOT_A_TIME},
    {"a dot without fraction", SPAN("2026-12-25T09:00:00.Z"), DATE_NOT_A_TIME},
    {"ISO without seconds", SPAN("2026-12-25T09:00Z"), DATE_NO_SECONDS},
    {"ISO without seconds, with an offset", SPAN("2026-12-25T09:00+01:00"),
	DATE_NO_SECONDS},
    {"a blank instead of T", SPAN("2026-12-25 09:00:00Z"), DATE_BLANK_FOR_T},
    {"a tab instead of T", SPAN("2026-12-25\t09:00:00Z"), DATE_BLANK_FOR_T},
    {"a fold instead of T", SPAN("2026-12-25\r\n 09:00:00 +0000"),
	DATE_BLANK_FOR_T},
};

static const struct refused no_such_time[] = {
    {"24:00", SPAN("25 Dec 2026 24:00 +0000"), DATE_NO_SUCH_TIME},
    {"24:00:00", SPAN("25 Dec 2026 24:00:00 +0000"), DATE_NO_SUCH_TIME},
    {"minute 60", SPAN("25 Dec 2026 09:60:00 +0000"), DATE_NO_SUCH_TIME},
    {"second 61", SPAN("25 Dec 2026 09:00:61 +0000"), DATE_NO_SUCH_TIME},
    {"99:99:99", SPAN("25 Dec 2026 99:99:99 +0000"), DATE_NO_SUCH_TIME},
    {"ISO 24:00:00", SPAN("2026-12-25T24:00:00Z"), DATE_NO_SUCH_TIME},
    {"ISO minute 60", SPAN("2026-12-25T09:60:00Z"), DATE_NO_SUCH_TIME},
    {"ISO second 61", SPAN("2026-12-25T09:00:61Z"), DATE_NO_SUCH_TIME},
};

static const struct refused no_zone[] = {
    {"no zone", SPAN("Fri, 25 Dec 2026 09:00:00"), DATE_NO_ZONE},
    {"no zone but a blank", SPAN("Fri, 25 Dec 2026 09:00:00 "), DATE_NO_ZONE},
    {"no zone but a comment", SPAN("25 Dec 2026 09:00 (CET)"), DATE_NO_ZONE},
    {"neither seconds nor zone", SPAN("25 Dec 2026 09:00"), DATE_NO_ZONE},
    {"ISO without zone", SPAN("2026-12-25T09:00:00"), DATE_NO_ZONE},
    {"a fraction without zone", SPAN("2026-12-25T09:00:00.5"), DATE_NO_ZONE},
    {"another European zone", SPAN("25 Dec 2026 09:00 CET"), DATE_UNKNOWN_ZONE},
    {"British summer", SPAN("25 Dec 2026 09:00 BST"), DATE_UNKNOWN_ZONE},
    {"a place", SPAN("25 Dec 2026 09:00 Europe/Berlin"), DATE_UNKNOWN_ZONE},
    {"AM", SPAN("25 Dec 2026 09:00 AM +0000"), DATE_UNKNOWN_ZONE},
    {"a sign alone", SPAN("25 Dec 2026 09:00 +"), DATE_UNKNOWN_ZONE},
    {"an offset of two digits", SPAN("25 Dec 2026 09:00 +01"),
	DATE_UNKNOWN_ZONE},
    {"an offset of three digits", SPAN("25 Dec 2026 09:00 +100"),
	DATE_UNKNOWN_ZONE},
    {"an offset of five digits", SPAN("25 Dec 2026 09:00 +00000"),
	DATE_UNKNOWN_ZONE},
    {"an offset with a colon", SPAN("25 Dec 2026 09:00 +01:00"),
	DATE_UNKNOWN_ZONE},
    {"a blank behind the sign", SPAN("25 Dec 2026 09:00 + 0100"),
	DATE_UNKNOWN_ZONE},
    {"an offset without sign", SPAN("25 Dec 2026 09:00 0100"),
	DATE_UNKNOWN_ZONE},
    {"0xff", SPAN("25 Dec 2026 09:00 \xff"), DATE_UNKNOWN_ZONE},
    {"a NUL", SPAN("25 Dec 2026 09:00 \0"), DATE_UNKNOWN_ZONE},
    {"an ISO offset without colon", SPAN("2026-12-25T09:00:00+0100"),
	DATE_UNKNOWN_ZONE},
    {"an ISO offset of hours", SPAN("2026-12-25T09:00:00+01"),
	DATE_UNKNOWN_ZONE},
    {"a zone name in ISO", SPAN("2026-12-25T09:00:00UTC"), DATE_UNKNOWN_ZONE},
};

static const struct refused too_much[] = {
    {"a word behind", SPAN("25 Dec 2026 09:00 +0000 sharp"), DATE_JUNK_BEHIND},
    {"a letter right behind", SPAN("25 Dec 2026 09:00 +0000x"),
	DATE_JUNK_BEHIND},
    {"a second date", SPAN("2026-12-25T09:00:00Z, 2026-12-26T09:00:00Z"),
	DATE_JUNK_BEHIND},
    {"a zone of both kinds", SPAN("25 Dec 2026 09:00 GMT+1"), DATE_JUNK_BEHIND},
    {"two zones", SPAN("25 Dec 2026 09:00 +0000 GMT"), DATE_JUNK_BEHIND},
    {"a POSIX zone", SPAN("25 Dec 2026 09:00 EST5EDT"), DATE_JUNK_BEHIND},
    {"a digit behind Z", SPAN("2026-12-25T09:00:00Z0"), DATE_JUNK_BEHIND},
    {"a letter behind the ISO date", SPAN("2026-12-25x"), DATE_JUNK_BEHIND},
    {"a NUL behind", SPAN("25 Dec 2026 09:00 +0000\0"), DATE_JUNK_BEHIND},
    {"0xff behind", SPAN("25 Dec 2026 09:00 +0000\xff"), DATE_JUNK_BEHIND},
    {"a closing parenthesis behind", SPAN("25 Dec 2026 09:00 +0000 )"),
	DATE_JUNK_BEHIND},
    {"one parenthesis too many", SPAN("25 Dec 2026 09:00 +0000 (a))"),
	DATE_JUNK_BEHIND},
    {"something behind never", SPAN("never (rule x) again"), DATE_JUNK_BEHIND},
    {"a date behind never", SPAN("never 25 Dec 2026 09:00 +0000 (rule x)"),
	DATE_JUNK_BEHIND},
};

static const struct refused numbers[] = {
    {"seconds since 1970", SPAN("1798189200"), DATE_BARE_NUMBER},
    {"a zero", SPAN("0"), DATE_BARE_NUMBER},
    {"blanks around it", SPAN(" 1798189200 "), DATE_BARE_NUMBER},
    {"a comment behind it", SPAN("1798189200 (soon)"), DATE_BARE_NUMBER},
    {"an at sign in front", SPAN("@1798189200"), DATE_BARE_NUMBER},
    {"2^64 + 1", SPAN("18446744073709551617"), DATE_BARE_NUMBER},
    {"fifty digits", SPAN("99999999999999999999999999999999999999999999999999"),
	DATE_BARE_NUMBER},
};

static const struct refused relatives[] = {
    {"plus an hour", SPAN("+1h"), DATE_RELATIVE},
    {"plus a number", SPAN("+3600"), DATE_RELATIVE},
    {"minus five minutes", SPAN("-5m"), DATE_RELATIVE},
    {"in three days", SPAN("in 3 days"), DATE_RELATIVE},
    {"In Three Days", SPAN("In 3 Days"), DATE_RELATIVE},
    {"tomorrow", SPAN("tomorrow"), DATE_RELATIVE},
    {"Tomorrow at nine", SPAN("Tomorrow 09:00"), DATE_RELATIVE},
    {"today", SPAN("today"), DATE_RELATIVE},
    {"tonight", SPAN("tonight"), DATE_RELATIVE},
    {"now", SPAN("now"), DATE_RELATIVE},
    {"now and more", SPAN("now + 1 hour"), DATE_RELATIVE},
    {"noon", SPAN("noon"), DATE_RELATIVE},
    {"midnight", SPAN("midnight"), DATE_RELATIVE},
    {"next week", SPAN("next week"), DATE_RELATIVE},
    {"90 seconds", SPAN("90s"), DATE_RELATIVE},
    {"two hours", SPAN("2h"), DATE_RELATIVE},
    {"our own durations", SPAN("1d2h30m"), DATE_RELATIVE},
    {"three days", SPAN("3 days"), DATE_RELATIVE},
    {"five minutes", SPAN("5 min"), DATE_RELATIVE},
    {"two weeks", SPAN("2 weeks"), DATE_RELATIVE},
    {"six months", SPAN("6 months"), DATE_RELATIVE},
    {"one year", SPAN("1 year"), DATE_RELATIVE},
    {"two years", SPAN("2 years"), DATE_RELATIVE},
};

static const struct refused open_comments[] = {
    {"a parenthesis", SPAN("("), DATE_OPEN_COMMENT},
    {"behind a number", SPAN("1795299900 (x"), DATE_OPEN_COMMENT},
    {"in front", SPAN("(x 25 Dec 2026 09:00 +0000"), DATE_OPEN_COMMENT},
    {"behind the day name", SPAN("Fri (x, 25 Dec 2026 09:00 +0000"),
	DATE_OPEN_COMMENT},
    {"behind the comma", SPAN("Fri, (x 25 Dec 2026 09:00 +0000"),
	DATE_OPEN_COMMENT},
    {"behind the day", SPAN("25 (Dec 2026 09:00 +0000"), DATE_OPEN_COMMENT},
    {"behind the month", SPAN("25 Dec (2026 09:00 +0000"), DATE_OPEN_COMMENT},
    {"behind the year", SPAN("25 Dec 2026 (09:00 +0000"), DATE_OPEN_COMMENT},
    {"behind the hour", SPAN("25 Dec 2026 09(:00 +0000"), DATE_OPEN_COMMENT},
    {"behind the first colon", SPAN("25 Dec 2026 09:(00 +0000"),
	DATE_OPEN_COMMENT},
    {"behind the minute", SPAN("25 Dec 2026 09:00( +0000"), DATE_OPEN_COMMENT},
    {"behind the second colon", SPAN("25 Dec 2026 09:00:(00 +0000"),
	DATE_OPEN_COMMENT},
    {"behind the second", SPAN("25 Dec 2026 09:00:00( +0000"),
	DATE_OPEN_COMMENT},
    {"behind the zone", SPAN("25 Dec 2026 09:00 +0000 (x"), DATE_OPEN_COMMENT},
    {"behind an ISO date", SPAN("2026-12-25T09:00:00Z(x"), DATE_OPEN_COMMENT},
    {"nested and closed once", SPAN("((x) 25 Dec 2026 09:00 +0000"),
	DATE_OPEN_COMMENT},
    {"closed by a quoted parenthesis", SPAN("25 Dec 2026 09:00 +0000 (x\\)"),
	DATE_OPEN_COMMENT},
    {"a backslash at the end", SPAN("25 Dec 2026 09:00 +0000 (x\\"),
	DATE_OPEN_COMMENT},
    {"behind never", SPAN("never (rule x"), DATE_OPEN_COMMENT},
};

static void
what_is_no_date_is_refused(void **state)
{
	(void)state;
	check_all_refused(no_date, COUNT_OF(no_date));
}

static void
unknown_and_wrong_names_are_refused(void **state)
{
	(void)state;
	check_all_refused(no_such_name, COUNT_OF(no_such_name));
}

static void
impossible_dates_are_refused(void **state)
{
	(void)state;
	check_all_refused(no_such_date, COUNT_OF(no_such_date));
}

static void
missing_and_bad_times_are_refused(void **state)
{
	(void)state;
	check_all_refused(no_time, COUNT_OF(no_time));
	check_all_refused(no_such_time, COUNT_OF(no_such_time));
}

static void
missing_and_unknown_zones_are_refused(void **state)
{
	(void)state;
	check_all_refused(no_zone, COUNT_OF(no_zone));
}

static void
trailing_junk_is_refused(void **state)
{
	(void)state;
	check_all_refused(too_much, COUNT_OF(too_much));
}

static void
bare_numbers_are_refused(void **state)
{
	(void)state;
	check_all_refused(numbers, COUNT_OF(numbers));
}

static void
relative_times_are_refused(void **state)
{
	(void)state;
	check_all_refused(relatives, COUNT_OF(relatives));
}

static void
comments_must_end(void **state)
{
	(void)state;
	check_all_refused(open_comments, COUNT_OF(open_comments));
}

#define NAME_63                                                                \
	"abcdefghijklmnopqrstuvwxyz.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define NAME_64 NAME_63 "-"
#define NAME_65 NAME_64 "_"

static const struct {
	const char *row;
	struct span text;
	bool never;
	const char *rule;
} rules[] = {
    {"a rule's date", SPAN("2026-12-25T09:00:00Z (rule office-hours)"), false,
	"office-hours"},
    {"a rule's date of the other kind",
	SPAN("Fri, 25 Dec 2026 09:00:00 +0000 (rule a)"), false, "a"},
    {"a rule's never", SPAN("never (rule freeze)"), true, "freeze"},
    {"Never", SPAN(" Never (rule freeze) "), true, "freeze"},
    {"NEVER without a blank", SPAN("NEVER(rule freeze)"), true, "freeze"},
    {"the name in front", SPAN("(rule freeze) never"), true, "freeze"},
    {"no rule", SPAN("2026-12-25T09:00:00Z"), false, ""},
    {"another comment", SPAN("2026-12-25T09:00:00Z (UTC)"), false, ""},
    {"the first of two names counts",
	SPAN("2026-12-25T09:00:00Z (rule a) (rule b)"), false, "a"},
    {"another comment before it", SPAN("never (x) (rule a)"), true, "a"},
    {"one byte shorter than a name may be", SPAN("never (rule " NAME_63 ")"),
	true, NAME_63},
    {"as long as a name may be", SPAN("never (rule " NAME_64 ")"), true,
	NAME_64},
    {"one byte too long is a comment",
	SPAN("2026-12-25T09:00:00Z (rule " NAME_65 ")"), false, ""},
    {"an empty name is a comment", SPAN("2026-12-25T09:00:00Z (rule )"), false,
	""},
    {"no blank before the name", SPAN("2026-12-25T09:00:00Z (rulea)"), false,
	""},
    {"two blanks before the name", SPAN("2026-12-25T09:00:00Z (rule  a)"),
	false, ""},
    {"a blank behind the name", SPAN("2026-12-25T09:00:00Z (rule a )"), false,
	""},
    {"a blank inside the name", SPAN("2026-12-25T09:00:00Z (rule a b)"), false,
	""},
    {"a fold before the name", SPAN("2026-12-25T09:00:00Z (rule\n a)"), false,
	""},
    {"a nested comment is no name", SPAN("2026-12-25T09:00:00Z ((rule a))"),
	false, ""},
    {"a comment inside the name", SPAN("2026-12-25T09:00:00Z (rule a(b))"),
	false, ""},
    {"a quoted pair in the name", SPAN("2026-12-25T09:00:00Z (rule \\a)"),
	false, ""},
    {"a NUL in the name", SPAN("2026-12-25T09:00:00Z (rule a\0)"), false, ""},
    {"0xff in the name", SPAN("2026-12-25T09:00:00Z (rule \xff)"), false, ""},
};

static void
rule_names_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		struct span text = exact_copy(rules[i].text);
		struct date date = {0};

		check_string(rules[i].row, date_reason(date_parse(text, &date)),
		    date_reason(DATE_OK));
		check_bool(rules[i].row, date.never, rules[i].never);
		check_int(rules[i].row, date.moment_s,
		    rules[i].never ? 0 : 1798189200);
		check_span(rules[i].row, date.rule, span_str(rules[i].rule));
		exact_free(text);
	}
}

static const struct refused nevers[] = {
    {"never alone", SPAN("never"), DATE_NEVER_ALONE},
    {"never and a comment", SPAN("Never (for now)"), DATE_NEVER_ALONE},
    {"never and an empty name", SPAN("never (rule )"), DATE_NEVER_ALONE},
    {"never and a bad name", SPAN("never (rule a b)"), DATE_NEVER_ALONE},
    {"never and a name too long", SPAN("never (rule " NAME_65 ")"),
	DATE_NEVER_ALONE},
    {"RULE in capitals", SPAN("never (RULE a)"), DATE_NEVER_ALONE},
    {"a longer word", SPAN("nevermore (rule a)"), DATE_NOT_A_DATE},
    {"a shorter word", SPAN("neve (rule a)"), DATE_NOT_A_DATE},
    {"a NUL inside the word", SPAN("nev\0er (rule a)"), DATE_NOT_A_DATE},
};

static void
never_needs_a_rule(void **state)
{
	(void)state;
	check_all_refused(nevers, COUNT_OF(nevers));
}

static void
rule_names_have_bounds_and_few_signs(void **state)
{
	(void)state;
	assert_true(date_is_rule_name(span_str(NAME_63)));
	assert_int_equal(strlen(NAME_64), DATE_RULE_MAX);
	assert_true(date_is_rule_name(span_str(NAME_64)));
	assert_false(date_is_rule_name(span_str(NAME_65)));
	assert_false(date_is_rule_name(span_str("")));
	for (int i = 0; i < 256; i++) {
		char c = (char)i;

		assert_int_equal(date_is_rule_name(span_of(&c, 1)),
		    (i >= '0' && i <= '9') || (i >= 'A' && i <= 'Z') ||
			(i >= 'a' && i <= 'z') || i == '_' || i == '.' ||
			i == '-');
	}
}

static void
every_reason_is_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < DATE_ERRORS; i++) {
		const char *reason = date_reason((enum date_error)i);

		assert_non_null(reason);
		assert_in_range(strlen(reason), 1, 80);
		for (const char *p = reason; *p != '\0'; p++)
			assert_in_range(*p, ' ', '~');
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
			    reason, date_reason((enum date_error)k));
	}
}

/* Dates whose last byte is needed. */
static const char *const wholes[] = {
    "Fri, 25 Dec 2026 09:00:00 +0000",
    "Fri, 25 Dec 2026 09:00:60 GMT",
    "25 Dec 2026 09:00 Z",
    " (a (b) \\) c) Fri,\r\n 25 Dec 26 09:00 -0330",
    "2026-12-25T09:00:00Z",
    "2026-12-25T09:00:00.000001+05:30",
    "never (rule a)",
};

static void
every_prefix_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wholes); i++) {
		size_t len = strlen(wholes[i]);

		for (size_t n = 0; n <= len; n++) {
			struct span text = exact_copy(span_of(wholes[i], n));
			struct date date;

			check_bool(wholes[i],
			    date_parse(text, &date) == DATE_OK, n == len);
			exact_free(text);
		}
	}
}

static void
check_changed(const char *whole, size_t len, size_t at, char c)
{
	struct date date = {.moment_s = -1};
	struct span text;
	enum date_error error;
	char bytes[100];

	memcpy(bytes, whole, len);
	bytes[at] = c;
	text = exact_copy(span_of(bytes, len));
	error = date_parse(text, &date);
	assert_in_range(error, DATE_OK, DATE_ERRORS - 1);
	if (error != DATE_OK)
		assert_int_equal(date.moment_s, -1);
	else if (date.rule.len > 0)
		assert_true(date.rule.data >= text.data &&
		    date.rule.data + date.rule.len <= text.data + len);
	exact_free(text);
}

/* Any byte in any place: an error, or a date that borrows from the text. */
static void
every_changed_byte_is_judged_within_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wholes); i++) {
		size_t len = strlen(wholes[i]);

		for (size_t at = 0; at < len; at++)
			for (int c = 0; c < 256; c++)
				check_changed(wholes[i], len, at, (char)c);
	}
}

static void
a_hundred_thousand_parentheses_do_no_harm(void **state)
{
	enum { DEEP = 100000 };
	static char text[2 * DEEP + 100];

	(void)state;
	memset(text, '(', DEEP);
	check_refused("never closed", span_of(text, DEEP), DATE_OPEN_COMMENT);
	memset(text + DEEP, ')', DEEP);
	memcpy(text + 2L * DEEP, "2026-12-25T09:00:00Z", 20);
	check_date(
	    "all closed", span_of(text, 2 * DEEP + 20), "2026-12-25 09:00:00");
}

enum { MOMENTS = 150000 };

/* 1900-01-02 and 9999-12-30: a day of room for the zones at both ends. */
#define FIRST_MOMENT INT64_C(-2208902400)
#define LAST_MOMENT  INT64_C(253402214399)

static const int zones_min[] = {
    0, 60, -300, 330, 345, -210, 840, -720, 1439, -1439};

/* xorshift64: the same moments in every run. */
static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Half of them anywhere, half within two seconds of a day's start. */
static int64_t
pick_moment(uint64_t *seed)
{
	uint64_t span_s = (uint64_t)(LAST_MOMENT - FIRST_MOMENT);
	int64_t moment_s = FIRST_MOMENT + (int64_t)(next_random(seed) % span_s);

	if (next_random(seed) % 2 == 0)
		moment_s += 86400 - moment_s % 86400 - 2 +
		    (int64_t)(next_random(seed) % 4);
	return moment_s < LAST_MOMENT ? moment_s : LAST_MOMENT;
}

static struct span
write_local(int64_t moment_s, int zone_min, bool iso, char out[60])
{
	time_t local = (time_t)(moment_s + zone_min * 60);
	int zone = zone_min < 0 ? -zone_min : zone_min;
	char sign = zone_min < 0 ? '-' : '+';
	struct tm tm;
	size_t n;

	gmtime_r(&local, &tm);
	if (iso)
		n = strftime(out, 60, "%Y-%m-%dT%H:%M:%S", &tm);
	else
		n = strftime(out, 60, "%a, %d %b %Y %H:%M:%S ", &tm);
	out[n++] = sign;
	out[n++] = (char)('0' + zone / 600);
	out[n++] = (char)('0' + zone / 60 % 10);
	if (iso)
		out[n++] = ':';
	out[n++] = (char)('0' + zone % 60 / 10);
	out[n++] = (char)('0' + zone % 10);
	out[n] = '\0';
	return span_of(out, n);
}

static void
what_libc_writes_is_read_back(void **state)
{
	uint64_t seed = 20261225;

	(void)state;
	for (int i = 0; i < MOMENTS; i++) {
		int64_t moment_s = pick_moment(&seed);
		int zone_min = zones_min[(size_t)i % COUNT_OF(zones_min)];

		for (int iso = 0; iso < 2; iso++) {
			struct date date = {0};
			char text[60];
			enum date_error error = date_parse(
			    write_local(moment_s, zone_min, iso, text), &date);

			if (error == DATE_OK && date.moment_s == moment_s)
				continue;
			check_string(text, date_reason(error), "a date");
			check_int(text, date.moment_s, moment_s);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc5322_is_read),
	    cmocka_unit_test(comments_and_folding_are_passed_over),
	    cmocka_unit_test(rfc3339_is_read),
	    cmocka_unit_test(years_of_two_and_three_digits_are_old),
	    cmocka_unit_test(leap_days_are_those_of_the_calendar),
	    cmocka_unit_test(months_end_where_they_end),
	    cmocka_unit_test(one_day_name_of_seven_is_right),
	    cmocka_unit_test(the_day_name_counts_in_its_own_zone),
	    cmocka_unit_test(obsolete_zones_are_known),
	    cmocka_unit_test(military_zones_are_refused),
	    cmocka_unit_test(offsets_end_at_2359),
	    cmocka_unit_test(what_is_no_date_is_refused),
	    cmocka_unit_test(unknown_and_wrong_names_are_refused),
	    cmocka_unit_test(impossible_dates_are_refused),
	    cmocka_unit_test(missing_and_bad_times_are_refused),
	    cmocka_unit_test(missing_and_unknown_zones_are_refused),
	    cmocka_unit_test(trailing_junk_is_refused),
	    cmocka_unit_test(bare_numbers_are_refused),
	    cmocka_unit_test(relative_times_are_refused),
	    cmocka_unit_test(comments_must_end),
	    cmocka_unit_test(rule_names_are_found),
	    cmocka_unit_test(never_needs_a_rule),
	    cmocka_unit_test(rule_names_have_bounds_and_few_signs),
	    cmocka_unit_test(every_reason_is_its_own),
	    cmocka_unit_test(every_prefix_is_refused),
	    cmocka_unit_test(every_changed_byte_is_judged_within_bounds),
	    cmocka_unit_test(a_hundred_thousand_parentheses_do_no_harm),
	    cmocka_unit_test(what_libc_writes_is_read_back),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
