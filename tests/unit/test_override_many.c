/* SPDX-License-Identifier: ISC */
#include "tests/unit/override_support.h"

/* There may be a million, and that many fit into the file. */
static void
their_number_is_bounded(void **state)
{
	struct override override = {
	    .arrival_s = INT64_MAX - 1, .due_s = 1, .set_s = INT64_MAX - 1};
	struct overrides o, back;
	struct buf file;
	char error[OVERRIDE_ERROR_SIZE] = "";
	char text[QID_SIZE];

	(void)state;
	overrides_init(&o);
	overrides_init(&back);
	buf_init(&file, OVERRIDES_FILE_MAX);
	for (unsigned i = 0; i < OVERRIDES_MAX; i++) {
		snprintf(text, sizeof(text), "%032u", i);
		override.id = qid_of(text);
		if (!overrides_set(&o, &override))
			fail_msg("no room for number %u", i);
	}
	assert_true(overrides_set(&o, &override));
	override.id = qid_of("ONEMORE");
	assert_false(overrides_set(&o, &override));
	assert_int_equal(o.n, OVERRIDES_MAX);
	assert_true(overrides_print(&o, &file));
	assert_true(overrides_parse(&back, buf_span(&file), "f", error));
	assert_int_equal(back.n, OVERRIDES_MAX);
	overrides_free(&back);
	assert_true(buf_append(&file, span_str("ONEMORE 1 2 3\n")));
	assert_false(overrides_parse(&back, buf_span(&file), "f", error));
	check_string("one more", error, "f:1000002: there are too many");
	buf_free(&file);
	overrides_free(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(their_number_is_bounded),
	};

	return cmocka_run_group_tests_name("override_many", tests, NULL, NULL);
}
