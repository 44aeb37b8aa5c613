/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

static const char amsterdam[] = "CET-1CEST,M3.5.0,M10.5.0/3";
static const char sample_footer[] = "\nCET-1CEST,M3.5.0,M10.5.0/3\n";

static const struct {
	const char *row;
	struct span name;
	bool want;
} names[] = {
    {"a city", SPAN("Europe/Amsterdam"), true},
    {"three parts", SPAN("America/Argentina/Buenos_Aires"), true},
    {"a hyphen", SPAN("America/Port-au-Prince"), true},
    {"signs and digits", SPAN("Etc/GMT+12"), true},
    {"one part", SPAN("UTC"), true},
    {"a dot inside", SPAN("a.b/c.d"), true},
    {"nothing", SPAN(""), false},
    {"a path from the root", SPAN("/etc/localtime"), false},
    {"the folder above", SPAN(".."), false},
    {"the folder above in front", SPAN("../passwd"), false},
    {"the folder above inside", SPAN("Europe/../x"), false},
    {"the folder above behind", SPAN("Europe/.."), false},
    {"this folder", SPAN("./UTC"), false},
    {"a hidden file", SPAN("Europe/.x"), false},
    {"a part that is empty", SPAN("Europe//Amsterdam"), false},
    {"a slash behind", SPAN("Europe/"), false},
    {"a slash", SPAN("/"), false},
    {"a blank", SPAN("Europe/New York"), false},
    {"a NUL", SPAN("UTC\0"), false},
    {"a colon", SPAN(":UTC"), false},
    {"a letter that is not of ASCII", SPAN("\xc3\xa4"), false},
    {"a percent sign", SPAN("%s"), false},
    {"62 bytes",
	SPAN("a23456789b123456789c123456789d123456789e123456789f123456789g12"),
	true},
    {"63 bytes",
	SPAN("a23456789b123456789c123456789d123456789e123456789f123456789g123"),
	true},
    {"64 bytes",
	SPAN(
	    "a23456789b123456789c123456789d123456789e123456789f123456789g1234"),
	false},
};

static void
names_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct span name = exact_copy(names[i].name);

		check_bool(names[i].row, zone_is_name(name), names[i].want);
		exact_free(name);
	}
}

/* What must hold for all zones, whatever was in their file. */
static void
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

static void
check_sane_everywhere(const struct zone *zone)
{
	static const char *const moments[] = {"0001-01-02 00:00",
	    "1900-01-01 00:00", "1970-01-12 13:46:40", "2026-03-29 02:30",
	    "2026-12-31 23:59:59", "9999-12-30 23:59:59"};

	for (size_t i = 0; i < COUNT_OF(moments); i++)
		check_sane(zone, moment(moments[i]));
}

static const char old_version[] =
    "zone file of version 1 has no rule for the future";
static const char cut_off[] = "zone file is cut off";
static const char no_types[] = "zone file has no types of time, or too many";
static const char bad_counts[] = "zone file has counts that do not fit";
static const char bad_type[] = "zone file has a bad type of time";
static const char far_off[] = "zone file is off from UTC by more than 26 h";
static const char no_order[] = "zone file is not in order of time";
static const char no_zone[] = "not a zone file";
static const char leaps[] = "zone file counts leap seconds (one of right/)";

/* A good file with some bytes changed. */
static const struct {
	const char *row;
	size_t at;
	size_t bytes;
	int64_t value;
	const char *want;
} changes[] = {
    {"nothing changed", 0, 1, 'T', NULL},
    {"another magic", 3, 1, 'F', no_zone},
    {"another magic in the second header", AT_HEADER, 1, 't', no_zone},
    {"version 1", AT_VERSION, 1, 0, old_version},
    {"version 1, in words", AT_VERSION, 1, '1', old_version},
    {"version 3", AT_VERSION, 1, '3', NULL},
    {"version 4", AT_VERSION, 1, '4', NULL},
    {"version 9", AT_VERSION, 1, '9', NULL},
    {"a version behind 9", AT_VERSION, 1, ':', old_version},
    {"a version of 0xff", AT_VERSION, 1, 0xff, old_version},
    {"all the times there can be, old block", AT_OLD_COUNTS + 12, 4, 0xffffffff,
	cut_off},
    {"all the leaps there can be, old block", AT_OLD_COUNTS + 8, 4, 0xffffffff,
	cut_off},
    {"a leap second", AT_COUNTS + 8, 4, 1, leaps},
    {"all the leaps there can be", AT_COUNTS + 8, 4, 0xffffffff, leaps},
    {"all the times there can be", AT_COUNTS + 12, 4, 0xffffffff, cut_off},
    {"as many times as pass 2^32 bytes", AT_COUNTS + 12, 4, 0x20000000,
	cut_off},
    {"no types", AT_COUNTS + 16, 4, 0, no_types},
    {"256 types", AT_COUNTS + 16, 4, 256, cut_off},
    {"257 types", AT_COUNTS + 16, 4, 257, no_types},
    {"no names", AT_COUNTS + 20, 4, 0, bad_counts},
    {"all the names there can be", AT_COUNTS + 20, 4, 0xffffffff, cut_off},
    {"fewer standard indicators than types", AT_COUNTS + 4, 4, 1, bad_counts},
    {"as many, but not there", AT_COUNTS + 4, 4, 2,
	"zone file has a bad footer"},
    {"more standard indicators than types", AT_COUNTS + 4, 4, 3, bad_counts},
    {"fewer UT indicators than types", AT_COUNTS, 4, 1, bad_counts},
    {"more UT indicators than types", AT_COUNTS, 4, 3, bad_counts},
    {"a type that is not there", AT_INDICES, 1, 2,
	"zone file names a type of time it has not"},
    {"the last type that may be named", AT_INDICES, 1, 255,
	"zone file names a type of time it has not"},
    {"26 hours less a second", AT_TYPES, 4, 26 * 3600 - 1, NULL},
    {"26 hours", AT_TYPES, 4, 26 * 3600, NULL},
    {"26 hours and a second", AT_TYPES, 4, 26 * 3600 + 1, far_off},
    {"26 hours west", AT_TYPES, 4, -26 * 3600, NULL},
    {"26 hours and a second west", AT_TYPES, 4, -26 * 3600 - 1, far_off},
    {"as far west as 32 bits go", AT_TYPES, 4, INT32_MIN, far_off},
    {"as far east as 32 bits go", AT_TYPES + 6, 4, INT32_MAX, far_off},
    {"summer time that is neither yes nor no", AT_TYPES + 4, 1, 2, bad_type},
    {"the last name", AT_TYPES + 5, 1, 8, NULL},
    {"behind the last name", AT_TYPES + 5, 1, 9, bad_type},
    {"a time a second earlier than the next", AT_TIMES, 8, SAMPLE_WINTER_S - 1,
	NULL},
    {"the same time twice", AT_TIMES, 8, SAMPLE_WINTER_S, no_order},
    {"a time later than the next", AT_TIMES, 8, SAMPLE_WINTER_S + 1, no_order},
    {"the earliest time there can be", AT_TIMES, 8, INT64_MIN, NULL},
    {"the latest time there can be", AT_TIMES + 8, 8, INT64_MAX, NULL},
    {"something before the footer", AT_FOOTER, 1, 'x',
	"zone file has a bad footer"},
    {"an empty line of a footer", AT_FOOTER + 1, 1, '\n',
	"zone file has something behind its footer"},
    {"a rule that is none", AT_FOOTER + 1, 1, '1',
	"zone file has a bad rule in its footer"},
};

static void
changed_files_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct sample s;
		struct zone zone;
		const char *wrong;

		sample_make(&s, sample_footer);
		sample_put(
		    &s, changes[i].at, changes[i].bytes, changes[i].value);
		wrong = sample_parse(&s, &zone);
		check_string(changes[i].row, wrong, changes[i].want);
		if (wrong == NULL)
			check_sane_everywhere(&zone);
		check_bool(changes[i].row,
		    wrong != NULL && (zone.at_s != NULL || zone.n > 0), false);
		zone_free(&zone);
	}
}

/* But for one: a footer may be missing, only not cut off. */
static void
every_prefix_is_refused(void **state)
{
	struct sample s;
	struct zone zone;

	(void)state;
	sample_make(&s, sample_footer);
	for (size_t n = 0; n < s.len; n++) {
		bool in_magic = n < 4 || (n >= AT_HEADER && n < AT_HEADER + 4);
		char row[MOMENT_SIZE];

		snprintf(row, sizeof(row), "%zu bytes", n);
		check_string(row, zone_parse_copy(span_of(s.data, n), &zone),
		    in_magic             ? no_zone
			: n == AT_FOOTER ? NULL
					 : cut_off);
		zone_free(&zone);
	}
}

static void
every_changed_byte_is_safe(void **state)
{
	struct sample good;
	struct zone zone;

	(void)state;
	sample_make(&good, sample_footer);
	for (size_t i = 0; i < good.len; i++)
		for (int value = 0; value < 256; value++) {
			struct sample s = good;

			s.data[i] = (char)value;
			if (sample_parse(&s, &zone) == NULL)
				check_sane(&zone, moment("2026-03-29 02:30"));
			zone_free(&zone);
		}
}

/* A bit of it, or its end. */
static void
a_real_file_may_be_damaged(void **state)
{
	struct span file = system_zone_file("America/New_York");
	char *bytes = malloc(file.len);
	struct zone zone;

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < file.len; i++) {
		memcpy(bytes, file.data, file.len);
		bytes[i] ^= (char)(1 << i % 8);
		if (zone_parse_copy(span_of(bytes, file.len), &zone) == NULL)
			check_sane_everywhere(&zone);
		zone_free(&zone);
		zone_parse_copy(span_of(file.data, i), &zone);
		zone_free(&zone);
	}
	free(bytes);
	exact_free(file);
}

/* A file that long, filled up by names of the old block. */
static const char *
parse_of_size(size_t size)
{
	struct sample s;
	struct zone zone;
	char *bytes = calloc(1, size);
	size_t behind;
	const char *wrong;

	assert_non_null(bytes);
	sample_make(&s, sample_footer);
	behind = s.len - AT_HEADER;
	sample_put(&s, AT_OLD_COUNTS + 20, 4, (int64_t)(1 + size - s.len));
	memcpy(bytes, s.data, AT_HEADER);
	memcpy(bytes + size - behind, s.data + AT_HEADER, behind);
	wrong = zone_parse_copy(span_of(bytes, size), &zone);
	zone_free(&zone);
	free(bytes);
	return wrong;
}

static void
files_have_a_largest_size(void **state)
{
	(void)state;
	check_string("a byte less", parse_of_size(ZONE_FILE_MAX - 1), NULL);
	check_string("as large as may be", parse_of_size(ZONE_FILE_MAX), NULL);
	check_string("a byte more", parse_of_size(ZONE_FILE_MAX + 1),
	    "zone file is too large");
}

static const struct {
	const char *row;
	const char *footer;
	int64_t utc_s;
	int32_t want;
} edges[] = {
    {"long before the first transition", "", INT64_C(-50000000000), 3600},
    {"a second before the first transition", "", SAMPLE_SUMMER_S - 1, 3600},
    {"the first transition", "", SAMPLE_SUMMER_S, 7200},
    {"a second before the last transition", "", SAMPLE_WINTER_S - 1, 7200},
    {"the last transition, without footer", "", SAMPLE_WINTER_S, 3600},
    {"long behind it, without footer", "", 1785000000, 3600},
    {"long behind it, the footer empty", "\n\n", 1785000000, 3600},
    {"a second before it, with a footer", "\nXYZ-5\n", SAMPLE_WINTER_S - 1,
	7200},
    {"the last transition, with a footer", "\nXYZ-5\n", SAMPLE_WINTER_S, 18000},
    {"long behind it, with a footer", "\nXYZ-5\n", 1785000000, 18000},
};

static void
a_footer_holds_behind_the_transitions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(edges); i++) {
		struct sample s;
		struct zone zone;

		sample_make(&s, edges[i].footer);
		check_string(edges[i].row, sample_parse(&s, &zone), NULL);
		check_int(edges[i].row, zone_offset_s(&zone, edges[i].utc_s),
		    edges[i].want);
		zone_free(&zone);
	}
}

static void
a_file_may_have_neither(void **state)
{
	struct sample s = {.len = 0};
	struct zone zone;

	(void)state;
	sample_add_old_block(&s);
	sample_add_header(&s, '2', 0, 1, 1);
	sample_add_type(&s, -12345, 0, 0);
	sample_add(&s, 1, 0);
	check_string("no transition, no rule", sample_parse(&s, &zone), NULL);
	check_int("one offset for ever", zone_offset_s(&zone, 0), -12345);
	check_sane_everywhere(&zone);
	zone_free(&zone);
}

/* As many transitions as go into a file, a second apart, there and back. */
static void
many_transitions_take_no_time(void **state)
{
	enum { N = (ZONE_FILE_MAX - 256) / 9, FIRST_S = 1000000 };
	struct sample s = {.len = 0};
	struct zone zone;
	char *bytes = malloc(ZONE_FILE_MAX), *at = bytes;

	(void)state;
	assert_non_null(bytes);
	sample_add_old_block(&s);
	sample_add_header(&s, '2', N, 2, 1);
	memcpy(at, s.data, s.len);
	at += s.len;
	for (int64_t i = 0; i < N; i++, at += 8) {
		sample_put(&s, 0, 8, FIRST_S + i);
		memcpy(at, s.data, 8);
	}
	for (size_t i = 0; i < N; i++)
		*at++ = (char)(i % 2);
	s.len = 0;
	sample_add_type(&s, -26 * 3600, 0, 0);
	sample_add_type(&s, 26 * 3600, 0, 0);
	sample_add(&s, 1, 0);
	memcpy(at, s.data, s.len);
	at += s.len;
	check_string("a full file",
	    zone_parse_copy(span_of(bytes, (size_t)(at - bytes)), &zone), NULL);
	for (int64_t i = 0; i < N; i += N / 20)
		check_sane(&zone, FIRST_S + i);
	zone_free(&zone);
	free(bytes);
}

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
	    cmocka_unit_test(names_are_told),
	    cmocka_unit_test(changed_files_are_told),
	    cmocka_unit_test(every_prefix_is_refused),
	    cmocka_unit_test(every_changed_byte_is_safe),
	    cmocka_unit_test(a_real_file_may_be_damaged),
	    cmocka_unit_test(files_have_a_largest_size),
	    cmocka_unit_test(a_footer_holds_behind_the_transitions),
	    cmocka_unit_test(a_file_may_have_neither),
	    cmocka_unit_test(many_transitions_take_no_time),
	    cmocka_unit_test(rules_are_read),
	    cmocka_unit_test(years_start_where_they_should),
	    cmocka_unit_test(local_times_become_moments),
	    cmocka_unit_test(what_was_shown_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
