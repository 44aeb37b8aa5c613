/* SPDX-License-Identifier: ISC */
/*
 * zone_support - time zones for tests: the system's, and built by hand
 *
 * Who includes it defines _DEFAULT_SOURCE first (timegm).
 */
#ifndef UNIT_ZONE_SUPPORT_H
#define UNIT_ZONE_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/support.h"

#include "policyd/zone.h"

#define ZONES "/usr/share/zoneinfo"

/*
 * A zone file of version 2: an old block with one type, and a new one with
 * two transitions and two types. Where its parts are:
 */
enum {
	AT_VERSION = 4,
	AT_OLD_COUNTS = 20,
	AT_HEADER = 51,
	AT_COUNTS =
	    AT_HEADER + 20, /* ut, standard, leaps, times, types, chars */
	AT_TIMES = AT_HEADER + 44,
	AT_INDICES = AT_TIMES + 16,
	AT_TYPES = AT_INDICES + 2, /* offset, is summer, name */
	AT_CHARS = AT_TYPES + 12,
	AT_FOOTER = AT_CHARS + 9,
	SAMPLE_MAX = 512,
};

struct sample {
	char data[SAMPLE_MAX];
	size_t len;
};

static inline void
sample_put(struct sample *s, size_t at, size_t bytes, int64_t value)
{
	for (size_t i = bytes; i > 0; i--) {
		s->data[at + i - 1] = (char)(value & 0xff);
		value >>= 8;
	}
}

static inline void
sample_add(struct sample *s, size_t bytes, int64_t value)
{
	assert_true(s->len + bytes <= SAMPLE_MAX);
	sample_put(s, s->len, bytes, value);
	s->len += bytes;
}

static inline void
sample_add_text(struct sample *s, const char *text, size_t len)
{
	assert_true(s->len + len <= SAMPLE_MAX);
	memcpy(s->data + s->len, text, len);
	s->len += len;
}

/* No leaps, nor indicators. */
static inline void
sample_add_header(
    struct sample *s, char version, int64_t times, int64_t types, int64_t chars)
{
	sample_add_text(s, "TZif", 4);
	sample_add(s, 1, version);
	for (size_t i = 0; i < 15; i++)
		sample_add(s, 1, 0);
	for (size_t i = 0; i < 3; i++)
		sample_add(s, 4, 0);
	sample_add(s, 4, times);
	sample_add(s, 4, types);
	sample_add(s, 4, chars);
}

static inline void
sample_add_type(struct sample *s, int64_t offset_s, int summer, int name)
{
	sample_add(s, 4, offset_s);
	sample_add(s, 1, summer);
	sample_add(s, 1, name);
}

static inline void
sample_add_old_block(struct sample *s)
{
	sample_add_header(s, '2', 0, 1, 1);
	sample_add_type(s, 0, 0, 0);
	sample_add(s, 1, 0);
	assert_int_equal(s->len, AT_HEADER);
}

enum { SAMPLE_SUMMER_S = 1000000, SAMPLE_WINTER_S = 2000000 };

/* footer: with its line ends; "" for none. */
static inline void
sample_make(struct sample *s, const char *footer)
{
	s->len = 0;
	sample_add_old_block(s);
	sample_add_header(s, '2', 2, 2, 9);
	sample_add(s, 8, SAMPLE_SUMMER_S);
	sample_add(s, 8, SAMPLE_WINTER_S);
	sample_add(s, 1, 1);
	sample_add(s, 1, 0);
	sample_add_type(s, 3600, 0, 0);
	sample_add_type(s, 7200, 1, 4);
	sample_add_text(s, "CET\0CEST\0", 9);
	assert_int_equal(s->len, AT_FOOTER);
	sample_add_text(s, footer, strlen(footer));
}

/* What zone_parse() says of that many bytes in a block of their own. */
static inline const char *
zone_parse_copy(struct span file, struct zone *zone)
{
	struct span copy = exact_copy(file);
	const char *wrong = zone_parse(copy, zone);

	exact_free(copy);
	return wrong;
}

static inline const char *
sample_parse(const struct sample *s, struct zone *zone)
{
	return zone_parse_copy(span_of(s->data, s->len), zone);
}

/* A file of a rule alone: one type, no transitions. */
static inline void
rule_sample(struct sample *s, struct span rule)
{
	s->len = 0;
	sample_add_old_block(s);
	sample_add_header(s, '3', 0, 1, 1);
	sample_add_type(s, 12345, 0, 0);
	sample_add(s, 1, 0);
	sample_add(s, 1, '\n');
	sample_add_text(s, rule.data, rule.len);
	sample_add(s, 1, '\n');
}

static inline const char *
rule_parse(struct span rule, struct zone *zone)
{
	struct sample s;

	rule_sample(&s, rule);
	return sample_parse(&s, zone);
}

static inline void
rule_zone(const char *rule, struct zone *zone)
{
	check_string(rule, rule_parse(span_str(rule), zone), NULL);
}

/* A file of the system. Its content is to be freed. */
static inline struct span
system_zone_file(const char *name)
{
	char path[FOLDER_PATH_SIZE + sizeof(ZONES)];
	char *content = malloc(ZONE_FILE_MAX);
	size_t n;
	FILE *file;

	snprintf(path, sizeof(path), ZONES "/%s", name);
	file = fopen(path, "rb");
	if (file == NULL)
		print_error("%s: missing (package tzdata)\n", path);
	assert_non_null(file);
	assert_non_null(content);
	n = fread(content, 1, ZONE_FILE_MAX, file);
	fclose(file);
	return span_of(content, n);
}

static inline void
system_zone(const char *name, struct zone *zone)
{
	struct span file = system_zone_file(name);

	check_string(name, zone_parse_copy(file, zone), NULL);
	exact_free(file);
}

/* From here on localtime_r(3) is of that zone: the judge. */
static inline void
judge_set(const char *tz)
{
	assert_int_equal(setenv("TZ", tz, 1), 0);
	tzset();
}

/* What the judge's clocks show, as if it were UTC. */
static inline int64_t
judge_local_s(int64_t utc_s)
{
	time_t t = (time_t)utc_s;
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	return utc_s + tm.tm_gmtoff;
}

/* "2026-03-29 02:30" or with seconds, as if it were UTC. */
static inline int64_t
moment(const char *text)
{
	struct tm tm = {0};

	assert_true(sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon,
			&tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) >= 5);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return timegm(&tm);
}

enum { MOMENT_SIZE = 64 };

static inline const char *
write_moment(int64_t s, char out[MOMENT_SIZE])
{
	time_t t = (time_t)s;
	struct tm tm;

	assert_non_null(gmtime_r(&t, &tm));
	strftime(out, MOMENT_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

/* Fails the test unless both are the same, named as moments. */
static inline void
check_moment(const char *row, int64_t got, int64_t want)
{
	char a[MOMENT_SIZE], b[MOMENT_SIZE];

	if (got == want)
		return;
	print_error("row: %s\ngot:  %s\nwant: %s\n", row, write_moment(got, a),
	    write_moment(want, b));
	fail();
}

/* What must hold for all zones, whatever was in their file. */
static inline void
check_sane(const struct zone *zone, int64_t local_s)
{
	int64_t utc_s = zone_to_utc(zone, local_s);
	int64_t shown_s = zone_shown_s(zone, utc_s);
	int32_t offset_s = zone_offset_s(zone, utc_s);

	assert_true(offset_s >= -26 * 3600 && offset_s <= 26 * 3600);
	assert_true(utc_s >= local_s - 26 * 3600);
	assert_true(utc_s <= local_s + 26 * 3600);
	assert_true(utc_s + offset_s == shown_s);
	assert_true(shown_s >= local_s);
	assert_true(zone_shown_s(zone, utc_s - 1) < local_s);
}

static inline void
check_sane_everywhere(const struct zone *zone)
{
	static const char *const moments[] = {"0001-01-02 00:00",
	    "1900-01-01 00:00", "1970-01-12 13:46:40", "2026-03-29 02:30",
	    "2026-12-31 23:59:59", "9999-12-30 23:59:59"};

	for (size_t i = 0; i < COUNT_OF(moments); i++)
		check_sane(zone, moment(moments[i]));
}

#endif
