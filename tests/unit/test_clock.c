/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* timegm */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/clock.h"

static void
the_clocks_run_forward(void **state)
{
	struct clock_now a = clock_read();
	struct clock_now b = clock_read();

	(void)state;
	assert_true(a.mono_ns <= b.mono_ns);
	assert_true(a.reached_ns <= a.wall_ns);
	assert_true(a.wall_ns - a.reached_ns < CLOCK_NS_PER_S);
	assert_true(b.wall_ns > INT64_C(1700000000) * CLOCK_NS_PER_S);
	assert_true(b.wall_ns <= clock_wall_ns());
	assert_true(b.mono_ns <= clock_mono_ns());
}

/* Through the start of a second, when time(2) lags behind. */
static void
what_is_reached_is_reached_by_every_clock(void **state)
{
	time_t first = time(NULL);
	time_t second = first;

	(void)state;
	while (second == first) {
		struct clock_now now = clock_read();

		second = time(NULL);
		assert_true(clock_floor_s(now.reached_ns) <= second);
		assert_true(now.reached_ns <= now.wall_ns);
		assert_true(now.wall_ns - now.reached_ns < CLOCK_NS_PER_S / 2);
	}
}

static const struct {
	const char *row;
	int64_t ns;
	int64_t want;
} floors[] = {
    {"zero", 0, 0},
    {"one nanosecond", 1, 0},
    {"one nanosecond before a second", 999999999, 0},
    {"a whole second", 1000000000, 1},
    {"one nanosecond after a second", 1000000001, 1},
    {"one nanosecond before 1970", -1, -1},
    {"a whole second before 1970", -1000000000, -1},
    {"a second and a nanosecond before 1970", -1000000001, -2},
    {"the last moment", INT64_MAX, INT64_C(9223372036)},
    {"the first moment", INT64_MIN, INT64_C(-9223372037)},
};

static void
floor_rounds_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(floors); i++)
		check_int(
		    floors[i].row, clock_floor_s(floors[i].ns), floors[i].want);
}

static const struct {
	const char *row;
	int64_t year;
	int month;
	int want;
} months[] = {
    {"February of a common year", 2026, 2, 28},
    {"February of a leap year", 2028, 2, 29},
    {"February of a century", 1900, 2, 28},
    {"February of the next century", 2100, 2, 28},
    {"February of a fourth century", 2000, 2, 29},
    {"February of year 0", 0, 2, 29},
    {"February before year 0", -4, 2, 29},
    {"January", 2026, 1, 31},
    {"April", 2026, 4, 30},
    {"July", 2026, 7, 31},
    {"August", 2026, 8, 31},
    {"November", 2026, 11, 30},
    {"December", 2026, 12, 31},
};

static void
months_have_their_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(months); i++)
		check_int(months[i].row,
		    clock_days_in_month(months[i].year, months[i].month),
		    months[i].want);
}

static const struct {
	const char *row;
	int64_t year;
	int month;
	int day;
	int64_t want;
} days[] = {
    {"the epoch", 1970, 1, 1, 0},
    {"the day before", 1969, 12, 31, -1},
    {"a leap day", 2000, 2, 29, 11016},
    {"the last day of 32 bits", 2038, 1, 19, 24855},
    {"the first day of year 1", 1, 1, 1, -719162},
    {"the first of March of year 0", 0, 3, 1, -719468},
    {"the leap day of year 0", 0, 2, 29, -719469},
    {"the year 999999999", 999999999, 12, 31, INT64_C(365241780471)},
};

static void
dates_have_their_day_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(days); i++)
		check_int(days[i].row,
		    clock_days_from_date(
			days[i].year, days[i].month, days[i].day),
		    days[i].want);
}

/* Every day of 2400 years is the day after the one before. */
static void
days_follow_each_other_without_a_gap(void **state)
{
	int64_t want = clock_days_from_date(-400, 1, 1);

	(void)state;
	for (int64_t year = -400; year < 2000; year++)
		for (int month = 1; month <= 12; month++)
			for (int day = 1;
			     day <= clock_days_in_month(year, month); day++)
				if (clock_days_from_date(year, month, day) !=
				    want++)
					check_int("a day of this year", year,
					    INT64_MIN);
}

static void
days_agree_with_timegm(void **state)
{
	(void)state;
	for (int year = 1890; year < 2110; year++)
		for (int month = 1; month <= 12; month++)
			for (int day = 1;
			     day <= clock_days_in_month(year, month); day++) {
				struct tm tm = {.tm_year = year - 1900,
				    .tm_mon = month - 1,
				    .tm_mday = day};

				assert_int_equal((int64_t)timegm(&tm),
				    clock_days_from_date(year, month, day) *
					86400);
			}
}

static const struct {
	const char *row;
	int64_t s;
	const char *want;
} utcs[] = {
    {"the epoch", 0, "1970-01-01T00:00:00Z"},
    {"a second before", -1, "1969-12-31T23:59:59Z"},
    {"a Christmas morning", 1798189200, "2026-12-25T09:00:00Z"},
    {"behind 32 bits", INT64_C(2147483648), "2038-01-19T03:14:08Z"},
    {"the last second of year 9999", INT64_C(253402300799),
	"9999-12-31T23:59:59Z"},
    {"a year of three digits", INT64_C(-30610224001), "0999-12-31T23:59:59Z"},
    {"a year of one digit", INT64_C(-62135596800), "0001-01-01T00:00:00Z"},
    {"a year of five digits", INT64_C(253402300800), "10000-01-01T00:00:00Z"},
    {"the last second of year 999999999", INT64_C(31556889832780799),
	"999999999-12-31T23:59:59Z"},
    {"more than a calendar holds", INT64_MAX, "@9223372036854775807"},
    {"less than a calendar holds", INT64_MIN, "@-9223372036854775808"},
};

static void
moments_are_written_as_rfc3339(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(utcs); i++) {
		char out[CLOCK_UTC_SIZE];

		assert_ptr_equal(clock_format_utc(utcs[i].s, out), out);
		assert_non_null(memchr(out, '\0', sizeof(out)));
		check_string(utcs[i].row, out, utcs[i].want);
	}
}

/* Each day of four-digit years, at ever another second. */
static void
moments_agree_with_strftime(void **state)
{
	const int64_t last_s = INT64_C(253402300799);

	(void)state;
	for (int64_t s = 0; s <= last_s; s += 86399) {
		char out[CLOCK_UTC_SIZE], want[CLOCK_UTC_SIZE];
		time_t t = (time_t)s;
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		check_string("moment", clock_format_utc(s, out), want);
	}
}

static const struct {
	const char *row;
	int64_t s;
	const char *want;
} mail_dates[] = {
    {"the epoch", 0, "Thu, 01 Jan 1970 00:00:00 +0000"},
    {"a second before", -1, "Wed, 31 Dec 1969 23:59:59 +0000"},
    {"a Christmas morning", 1798189200, "Fri, 25 Dec 2026 09:00:00 +0000"},
    {"29 February", 1835395200, "Tue, 29 Feb 2028 00:00:00 +0000"},
    {"behind 32 bits", INT64_C(2147483648), "Tue, 19 Jan 2038 03:14:08 +0000"},
    {"the last second of year 9999", INT64_C(253402300799),
	"Fri, 31 Dec 9999 23:59:59 +0000"},
    {"a year of three digits", INT64_C(-30610224001),
	"Tue, 31 Dec 0999 23:59:59 +0000"},
    {"the last second of year 999999999", INT64_C(31556889832780799),
	"Fri, 31 Dec 999999999 23:59:59 +0000"},
    {"more than a calendar holds", INT64_MAX, ""},
    {"less than a calendar holds", INT64_MIN, ""},
};

static void
moments_are_written_as_rfc5322(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(mail_dates); i++) {
		char out[CLOCK_RFC5322_SIZE];

		memset(out, 'x', sizeof(out));
		assert_ptr_equal(
		    clock_format_rfc5322(mail_dates[i].s, out), out);
		assert_non_null(memchr(out, '\0', sizeof(out)));
		check_string(mail_dates[i].row, out, mail_dates[i].want);
	}
}

/* Every day of two centuries, at ever another second. */
static void
mail_dates_agree_with_strftime(void **state)
{
	const int64_t last_s = INT64_C(6311433600);

	(void)state;
	for (int64_t s = 0; s <= last_s; s += 86399) {
		char out[CLOCK_RFC5322_SIZE], want[CLOCK_RFC5322_SIZE];
		time_t t = (time_t)s;
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		strftime(
		    want, sizeof(want), "%a, %d %b %Y %H:%M:%S +0000", &tm);
		check_string("moment", clock_format_rfc5322(s, out), want);
	}
}

#define REFUSED INT64_C(-1) /* no duration */

static const struct {
	const char *row;
	struct span text;
	int64_t want;
} durations[] = {
    {"a bare number is seconds", SPAN("90"), 90},
    {"zero", SPAN("0"), 0},
    {"zero seconds", SPAN("0s"), 0},
    {"seconds", SPAN("90s"), 90},
    {"minutes", SPAN("15m"), 900},
    {"hours", SPAN("2h"), 7200},
    {"days", SPAN("366d"), 366 * 86400},
    {"compound", SPAN("1d2h30m"), 86400 + 7200 + 1800},
    {"all units", SPAN("1d1h1m1s"), 90061},
    {"units left out", SPAN("1d1s"), 86401},
    {"more of a unit than fits the next", SPAN("1h90m"), 9000},
    {"leading zeros", SPAN("007m"), 420},
    {"thirty billion would be a mistake", SPAN("1000000001"), REFUSED},
    {"just not a mistake", SPAN("1000000000"), 1000000000},
    {"a century", SPAN("36500d"), INT64_C(36500) * 86400},
    {"far more than a century", SPAN("1000000000d"), REFUSED},
    {"2^64 + 1 seconds", SPAN("18446744073709551617s"), REFUSED},
    {"nothing", SPAN(""), REFUSED},
    {"the smaller unit first", SPAN("30m1h"), REFUSED},
    {"a unit twice", SPAN("1h1h"), REFUSED},
    {"a number without unit behind one", SPAN("1h30"), REFUSED},
    {"a unit without number", SPAN("h"), REFUSED},
    {"a unit without number behind one", SPAN("1dh"), REFUSED},
    {"an unknown unit", SPAN("1w"), REFUSED},
    {"a capital unit", SPAN("1D"), REFUSED},
    {"blanks inside", SPAN("1d 2h"), REFUSED},
    {"a blank before the unit", SPAN("1 d"), REFUSED},
    {"a minus", SPAN("-1s"), REFUSED},
    {"a plus", SPAN("+1s"), REFUSED},
    {"a fraction", SPAN("1.5h"), REFUSED},
    {"a NUL behind", SPAN("1h\0"), REFUSED},
    {"0xff", SPAN("\xff"), REFUSED},
    {"0xff as a unit", SPAN("1\xff"), REFUSED},
};

static void
durations_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(durations); i++) {
		struct span text = exact_copy(durations[i].text);
		int64_t seconds = REFUSED;
		bool ok = clock_parse_duration(text, &seconds);

		check_bool(durations[i].row, ok, durations[i].want != REFUSED);
		if (ok)
			check_int(durations[i].row, seconds, durations[i].want);
		exact_free(text);
	}
}

static const struct {
	const char *row;
	int64_t seconds;
	const char *want;
} written[] = {
    {"nothing", 0, "0s"},
    {"one second", 1, "1s"},
    {"one second less than a minute", 59, "59s"},
    {"a minute", 60, "1m"},
    {"one second more than a minute", 61, "1m1s"},
    {"all units", 90061, "1d1h1m1s"},
    {"days", 366 * 86400, "366d"},
    {"units left out", 86401, "1d1s"},
    {"the longest that can be", INT64_MAX, "106751991167300d15h30m7s"},
};

static void
durations_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(written); i++) {
		char out[CLOCK_DURATION_SIZE];

		check_string(written[i].row,
		    clock_format_duration(written[i].seconds, out),
		    written[i].want);
	}
}

static void
a_written_duration_reads_the_same(void **state)
{
	(void)state;
	for (int64_t s = 0; s < 36500 * INT64_C(86400); s = s * 3 / 2 + 1) {
		char text[CLOCK_DURATION_SIZE];
		int64_t got = REFUSED;

		clock_format_duration(s, text);
		check_bool(
		    text, clock_parse_duration(span_str(text), &got), true);
		check_int(text, got, s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_clocks_run_forward),
	    cmocka_unit_test(what_is_reached_is_reached_by_every_clock),
	    cmocka_unit_test(floor_rounds_down),
	    cmocka_unit_test(months_have_their_days),
	    cmocka_unit_test(dates_have_their_day_numbers),
	    cmocka_unit_test(days_follow_each_other_without_a_gap),
	    cmocka_unit_test(days_agree_with_timegm),
	    cmocka_unit_test(moments_are_written_as_rfc3339),
	    cmocka_unit_test(moments_agree_with_strftime),
	    cmocka_unit_test(moments_are_written_as_rfc5322),
	    cmocka_unit_test(mail_dates_agree_with_strftime),
	    cmocka_unit_test(durations_are_read),
	    cmocka_unit_test(durations_are_written),
	    cmocka_unit_test(a_written_duration_reads_the_same),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
