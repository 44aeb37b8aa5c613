/* SPDX-License-Identifier: ISC */
/*
 * Overrides as a file.
 */
#include "tests/unit/override_support.h"

#define MAGIC OVERRIDES_MAGIC "\n"

static void
a_file_brings_all_back(void **state)
{
	struct overrides o, back;
	char error[OVERRIDE_ERROR_SIZE] = "";
	struct qid id = qid_of("4ZfZ2k3Y4Hz1m8x");
	const struct override *override;
	struct buf file;

	(void)state;
	overrides_init(&o);
	overrides_init(&back);
	buf_init(&file, OVERRIDES_FILE_MAX);
	assert_true(overrides_print(&o, &file));
	check_span("none", buf_span(&file), span_str(MAGIC));
	add(&o, "4ZfZ2k3Y4Hz1m8x", DUE_S);
	buf_clear(&file);
	assert_true(overrides_print(&o, &file));
	check_span("one", buf_span(&file),
	    span_str(
		MAGIC "4ZfZ2k3Y4Hz1m8x 1795297489 1798189200 1795300000\n"));
	add(&o, "MAILAAA", OVERRIDE_NEVER);
	add(&o, "MAILAAB", 0);
	add(&o, "MAILAAC", OVERRIDE_NEVER - 1);
	buf_clear(&file);
	assert_true(overrides_print(&o, &file));
	assert_true(overrides_parse(&back, buf_span(&file), "f", error));
	assert_int_equal(back.n, 4);
	assert_int_equal(due_of(&back, "MAILAAA", ARRIVAL_S), OVERRIDE_NEVER);
	assert_int_equal(due_of(&back, "MAILAAB", ARRIVAL_S), 0);
	assert_int_equal(
	    due_of(&back, "MAILAAC", ARRIVAL_S), OVERRIDE_NEVER - 1);
	override = overrides_find(&back, &id, ARRIVAL_S);
	assert_non_null(override);
	assert_int_equal(override->due_s, DUE_S);
	assert_int_equal(override->set_s, SET_S);
	assert_true(override->told);
	assert_false(back.changed);
	overrides_free(&o);
	overrides_free(&back);
	buf_free(&file);
}

static void
a_file_without_room_is_told(void **state)
{
	struct overrides o;

	(void)state;
	overrides_init(&o);
	add(&o, "MAILAAA", OVERRIDE_NEVER);
	add(&o, "MAILAAB", DUE_S);
	for (size_t max = 0; max <= 104; max++) {
		struct buf file;

		buf_init(&file, max);
		/* 23 bytes, 36 and 41. */
		assert_int_equal(overrides_print(&o, &file), max >= 100);
		buf_free(&file);
	}
	overrides_free(&o);
}

#define LINE "MAILAAA 1795297489 1798189200 1795300000\n"
#define LONG                                                                   \
	"00000000000000000000000000000000 9223372036854775806 "                \
	"9223372036854775806 9223372036854775806"

#define PADDING "                                   " /* 35 */

static const struct {
	const char *row;
	struct span file;
	const char *want; /* NULL: it is right */
} files[] = {
    {"none", SPAN(MAGIC), NULL},
    {"one", SPAN(MAGIC LINE), NULL},
    {"more than one blank", SPAN(MAGIC " MAILAAA  1\t2  3 \n"), NULL},
    {"the longest numbers", SPAN(MAGIC LONG "\n"), NULL},
    {"127 bytes", SPAN(MAGIC LONG PADDING "\n"), NULL},
    {"128 bytes", SPAN(MAGIC LONG PADDING " \n"), "f:2: the line is too long"},
    {"nothing", SPAN(""), "f:1: expected \"deliver-at overrides 1\""},
    {"another version", SPAN("deliver-at overrides 2\n"),
	"f:1: expected \"deliver-at overrides 1\""},
    {"no end behind the first line", SPAN(OVERRIDES_MAGIC),
	"f:1: expected \"deliver-at overrides 1\""},
    {"no first line", SPAN(LINE), "f:1: expected \"deliver-at overrides 1\""},
    {"cut off", SPAN(MAGIC LINE "MAILAAB 1 2 3"), "f:3: the line is cut off"},
    {"an empty line", SPAN(MAGIC "\n" LINE),
	"f:2: expected QUEUEID ARRIVAL DUE SET"},
    {"three words", SPAN(MAGIC LINE "MAILAAB 1 2\n"),
	"f:3: expected QUEUEID ARRIVAL DUE SET"},
    {"five words", SPAN(MAGIC "MAILAAA 1 2 3 4\n"),
	"f:2: expected QUEUEID ARRIVAL DUE SET"},
    {"six words", SPAN(MAGIC "MAILAAA 1 2 3 4 5\n"),
	"f:2: expected QUEUEID ARRIVAL DUE SET"},
    {"a short id", SPAN(MAGIC "MAILA 1 2 3\n"),
	"f:2: expected a queue id first"},
    {"an id of other letters", SPAN(MAGIC "../../x 1 2 3\n"),
	"f:2: expected a queue id first"},
    {"a NUL in it", SPAN(MAGIC "MAIL\0AAA 1 2 3\n"),
	"f:2: expected a queue id first"},
    {"no arrival", SPAN(MAGIC "MAILAAA x 2 3\n"),
	"f:2: expected the arrival time in seconds since 1970"},
    {"an arrival of never", SPAN(MAGIC "MAILAAA never 2 3\n"),
	"f:2: expected the arrival time in seconds since 1970"},
    {"an arrival before 1970", SPAN(MAGIC "MAILAAA -1 2 3\n"),
	"f:2: expected the arrival time in seconds since 1970"},
    {"no due time", SPAN(MAGIC "MAILAAA 1 Never 3\n"),
	"f:2: expected the due time in seconds since 1970, or never"},
    {"a due time that is never as a number",
	SPAN(MAGIC "MAILAAA 1 9223372036854775807 3\n"),
	"f:2: expected the due time in seconds since 1970, or never"},
    {"a due time with a fraction", SPAN(MAGIC "MAILAAA 1 2.5 3\n"),
	"f:2: expected the due time in seconds since 1970, or never"},
    {"no time it was set", SPAN(MAGIC "MAILAAA 1 2 -3\n"),
	"f:2: expected the time it was set in seconds since 1970"},
    {"set never", SPAN(MAGIC "MAILAAA 1 2 never\n"),
	"f:2: expected the time it was set in seconds since 1970"},
    {"the same id twice", SPAN(MAGIC LINE "MAILAAB 1 2 3\n" LINE),
	"f:4: this queue id was there before"},
    {"the same id, another arrival", SPAN(MAGIC LINE "MAILAAA 1 2 3\n"),
	"f:3: this queue id was there before"},
};

static void
wrong_lines_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct span file = exact_copy(files[i].file);
		char error[OVERRIDE_ERROR_SIZE] = "";
		struct overrides o;
		bool ok;

		overrides_init(&o);
		ok = overrides_parse(&o, file, "f", error);
		check_string(files[i].row, error,
		    files[i].want != NULL ? files[i].want : "");
		check_bool(files[i].row, ok, files[i].want == NULL);
		if (!ok)
			check_bool(
			    files[i].row, o.n == 0 && o.table == NULL, true);
		overrides_free(&o);
		exact_free(file);
	}
}

/* A file that is cut off is never taken for a whole one with other content. */
static void
prefixes_have_whole_lines_or_are_wrong(void **state)
{
	const char *whole = MAGIC LINE "MAILAAB 1 never 3\n";
	size_t first = strlen(MAGIC), second = strlen(MAGIC LINE);

	(void)state;
	for (size_t n = 0; n <= strlen(whole); n++) {
		struct span file = exact_copy(span_of(whole, n));
		char error[OVERRIDE_ERROR_SIZE] = "";
		struct overrides o;

		overrides_init(&o);
		assert_int_equal(overrides_parse(&o, file, "f", error),
		    n == first || n == second || n == strlen(whole));
		overrides_free(&o);
		exact_free(file);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_brings_all_back),
	    cmocka_unit_test(a_file_without_room_is_told),
	    cmocka_unit_test(wrong_lines_are_named),
	    cmocka_unit_test(prefixes_have_whole_lines_or_are_wrong),
	};

	return cmocka_run_group_tests_name("override_file", tests, NULL, NULL);
}
