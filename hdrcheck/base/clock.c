/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	DURATION_MAX_S = 1000000000, /* more than 30 years is a mistake */
	SECONDS_PER_DAY = 86400,
};

#define LAST_SECOND_OF_9999 INT64_C(253402300799)

static const struct {
	char letter;
	int32_t seconds;
} duration_units[] = {
    {'d', SECONDS_PER_DAY},
    {'h', 3600},
    {'m', 60},
    {'s', 1},
};

enum { N_UNITS = sizeof(duration_units) / sizeof(duration_units[0]) };

static int64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * CLOCK_NS_PER_S + ts.tv_nsec;
}

int64_t
clock_wall_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

int64_t
clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

struct clock_now
clock_read(void)
{
	struct clock_now now = {
	    .wall_ns = read_ns(CLOCK_REALTIME),
	    .mono_ns = read_ns(CLOCK_MONOTONIC),
	};
	int64_t next_second_ns = ((int64_t)time(NULL) + 1) * CLOCK_NS_PER_S;

	now.reached_ns =
	    now.wall_ns < next_second_ns ? now.wall_ns : next_second_ns - 1;
	return now;
}

int64_t
clock_floor_s(int64_t ns)
{
	int64_t s = ns / CLOCK_NS_PER_S;

	return ns % CLOCK_NS_PER_S < 0 ? s - 1 : s;
}

static bool
is_leap_year(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int
clock_days_in_month(int64_t year, int month)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/*
 * Years are counted from March, so that the leap day is the last of its year
 * and the days before a month follow one formula; 400 years are 146097 days,
 * and 1970-01-01 is day 719468 of that count.
 */
int64_t
clock_days_from_date(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t month_from_march = (month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 -
	    year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

/* For years before 1970 and behind 9999; of four digits at least. */
static const char *
format_far(int64_t s, char out[CLOCK_UTC_SIZE])
{
	time_t t = (time_t)s;
	struct tm tm;
	char rest[CLOCK_UTC_SIZE / 2]; /* behind the year */

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(rest, sizeof(rest), "%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, CLOCK_UTC_SIZE, "@%lld", (long long)s);
	else
		snprintf(out, CLOCK_UTC_SIZE, "%04lld-%s", tm.tm_year + 1900LL,
		    rest);
	return out;
}

/* Two digits and what stands behind them. */
static char *
put_two(char *at, int value, char behind)
{
	at[0] = (char)('0' + value / 10);
	at[1] = (char)('0' + value % 10);
	at[2] = behind;
	return at + 3;
}

/* The inverse of clock_days_from_date(), from 1970 on. */
static void
date_from_days(int days, int *year, int *month, int *day)
{
	int z = days + 719468;
	int era = z / 146097;
	int day_of_era = z - era * 146097;
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			      day_of_era / 146096) /
	    365;
	int day_of_year = day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month_from_march = (5 * day_of_year + 2) / 153;

	*day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	*month =
	    month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	*year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

/* Written by hand: each lookup writes one, and strftime(3) takes longer. */
const char *
clock_format_utc(int64_t s, char out[CLOCK_UTC_SIZE])
{
	int year, month, day, second;
	char *at = out;

	if (s < 0 || s > LAST_SECOND_OF_9999)
		return format_far(s, out);
	date_from_days((int)(s / SECONDS_PER_DAY), &year, &month, &day);
	second = (int)(s % SECONDS_PER_DAY);
	at = put_two(at, year / 100, '\0') - 1;
	at = put_two(at, year % 100, '-');
	at = put_two(at, month, '-');
	at = put_two(at, day, 'T');
	at = put_two(at, second / 3600, ':');
	at = put_two(at, second / 60 % 60, ':');
	at = put_two(at, second % 60, 'Z');
	*at = '\0';
	return out;
}

const char *
clock_format_utc_ms(int64_t ns, char out[CLOCK_UTC_MS_SIZE])
{
	int64_t s = clock_floor_s(ns);
	int ms = (int)((ns - s * CLOCK_NS_PER_S) / CLOCK_NS_PER_MS);
	char *at = out + strlen(clock_format_utc(s, out)) - 1;

	*at++ = '.';
	*at++ = (char)('0' + ms / 100);
	*put_two(at, ms % 100, 'Z') = '\0';
	return out;
}

const char *
clock_format_seconds(int64_t ns, char out[CLOCK_SECONDS_SIZE])
{
	int64_t ms = ns / CLOCK_NS_PER_MS;
	int64_t positive_ms = ms < 0 ? -ms : ms;

	snprintf(out, CLOCK_SECONDS_SIZE, "%s%lld.%03d", ms < 0 ? "-" : "",
	    (long long)(positive_ms / 1000), (int)(positive_ms % 1000));
	return out;
}

/* The names are those of the message format, whatever the locale is. */
const char *
clock_format_rfc5322(int64_t s, char out[CLOCK_RFC5322_SIZE])
{
	static const char days[][4] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)s;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&t, &tm) != NULL)
		snprintf(out, CLOCK_RFC5322_SIZE,
		    "%s, %02d %s %04lld %02d:%02d:%02d +0000", days[tm.tm_wday],
		    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900LL,
		    tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}

static bool
take_number(struct span *text, uint64_t *value)
{
	size_t n = 0;
	struct span digits;

	while (n < text->len && ascii_is_digit(text->data[n]))
		n++;
	digits = span_head(*text, n);
	*text = span_skip(*text, n);
	return span_to_u64(digits, DURATION_MAX_S, value);
}

bool
clock_parse_duration(struct span text, int64_t *seconds)
{
	int64_t total = 0;
	size_t unit = 0;
	uint64_t n;

	if (span_to_u64(text, DURATION_MAX_S, &n)) {
		*seconds = (int64_t)n;
		return true;
	}
	while (text.len > 0) {
		if (!take_number(&text, &n) || text.len == 0)
			return false;
		while (unit < N_UNITS &&
		    duration_units[unit].letter != text.data[0])
			unit++;
		if (unit == N_UNITS)
			return false;
		total += (int64_t)n * duration_units[unit++].seconds;
		text = span_skip(text, 1);
		if (total > DURATION_MAX_S * INT64_C(10))
			return false;
	}
	*seconds = total;
	return total > 0 || unit > 0;
}

const char *
clock_format_duration(int64_t seconds, char out[CLOCK_DURATION_SIZE])
{
	size_t used = 0;

	if (seconds <= 0) {
		snprintf(out, CLOCK_DURATION_SIZE, "0s");
		return out;
	}
	for (size_t i = 0; i < N_UNITS; i++) {
		int64_t n = seconds / duration_units[i].seconds;

		seconds %= duration_units[i].seconds;
		if (n > 0)
			used += (size_t)snprintf(out + used,
			    CLOCK_DURATION_SIZE - used, "%lld%c", (long long)n,
			    duration_units[i].letter);
	}
	return out;
}
