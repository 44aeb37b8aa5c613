/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

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
    {"one letter", SPAN("Z"), true},
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

static const char old_version[] =
    "zone file of version 1 has no rule for the future";
static const char cut_off[] = "zone file is cut off";
static const char no_types[] = "zone file has no types of time, or too many";
static const char bad_counts[] = "zone file has counts that do not fit";
static const char bad_type[] = "zone file has a bad type of time";
static const char far_off[] = "zone file is off from UTC by more than 26 h";
static const char no_order[] = "zone file is not in order of time";
static const char no_zone[] = "not a zone file";
static const char bad_footer[] = "zone file has a bad footer";
static const char behind_footer[] = "zone file has something behind its footer";
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
    {"as many, but not there", AT_COUNTS + 4, 4, 2, bad_footer},
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
    {"something before the footer", AT_FOOTER, 1, 'x', bad_footer},
    {"an empty line of a footer", AT_FOOTER + 1, 1, '\n', behind_footer},
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

static const struct {
	const char *row;
	const char *footer;
	const char *want;
} footers[] = {
    {"a byte before it", "x\nCET-1\n", bad_footer},
    {"a byte for a footer", "x", bad_footer},
    {"no line end in front", "CET-1\n", bad_footer},
    {"no line end behind", "\nCET-1", cut_off},
    {"a byte behind it", "\nCET-1\nx", behind_footer},
    {"a line end behind it", "\nCET-1\n\n", behind_footer},
    {"a byte behind an empty one", "\n\nx", behind_footer},
};

static void
bad_footers_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(footers); i++) {
		struct sample s;
		struct zone zone;

		sample_make(&s, footers[i].footer);
		check_string(
		    footers[i].row, sample_parse(&s, &zone), footers[i].want);
	}
}

/* Two times, three types, four bytes of names, five leaps, 3 + 3 marks. */
static void
the_old_block_is_passed_over(void **state)
{
	struct sample old = {.len = 0}, good, s = {.len = 0};
	struct zone zone;

	(void)state;
	sample_add_header(&old, '2', 2, 3, 4);
	sample_put(&old, AT_OLD_COUNTS, 4, 3);
	sample_put(&old, AT_OLD_COUNTS + 4, 4, 3);
	sample_put(&old, AT_OLD_COUNTS + 8, 4, 5);
	for (size_t i = 0; i < 2 * 5 + 3 * 6 + 4 + 5 * 8 + 3 + 3; i++)
		sample_add(&old, 1, 0xff);
	sample_make(&good, sample_footer);
	sample_add_text(&s, old.data, old.len);
	sample_add_text(&s, good.data + AT_HEADER, good.len - AT_HEADER);
	check_string("all there can be", sample_parse(&s, &zone), NULL);
	check_int("its summer", zone_offset_s(&zone, SAMPLE_SUMMER_S), 7200);
	zone_free(&zone);
}

/* Marks of each type in the new block are passed over, too. */
static void
marks_are_passed_over(void **state)
{
	struct sample s;
	struct zone zone;

	(void)state;
	sample_make(&s, "\1\1\1\1\nXYZ-5\n");
	sample_put(&s, AT_COUNTS, 4, 2);
	sample_put(&s, AT_COUNTS + 4, 4, 2);
	check_string("two marks of each kind", sample_parse(&s, &zone), NULL);
	check_int("the rule behind", zone_offset_s(&zone, 1785000000), 18000);
	zone_free(&zone);
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
	    cmocka_unit_test(bad_footers_are_told),
	    cmocka_unit_test(the_old_block_is_passed_over),
	    cmocka_unit_test(marks_are_passed_over),
	    cmocka_unit_test(a_file_may_have_neither),
	    cmocka_unit_test(many_transitions_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
