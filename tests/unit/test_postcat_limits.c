/* SPDX-License-Identifier: ISC */
#include "tests/unit/postcat_support.h"

/*
 * A file with a header of n bytes: in one line, or folded into short ones.
 */
static struct span
file_with_header(size_t n, bool folded)
{
	static const char before[] = OPEN(A) HEAD(A) "h: 1\n";
	static const char behind[] = "\nt: 2\n" EXTRA(A) CLOSE(A);
	size_t at = sizeof(before) - 1;
	size_t len = at + n + sizeof(behind) - 1;
	char *bytes = malloc(len);

	assert_non_null(bytes);
	memcpy(bytes, before, at);
	memset(bytes + at, 'x', n);
	for (size_t i = 100; folded && i + 1 < n; i += 100)
		memcpy(bytes + at + i, "\n ", 2);
	memcpy(bytes + at + n, behind, sizeof(behind) - 1);
	return span_of(bytes, len);
}

static void
check_long_header(const char *row, size_t n, bool folded, size_t piece)
{
	struct span file = file_with_header(n, folded);
	struct span header =
	    span_of(file.data + sizeof(OPEN(A) HEAD(A) "h: 1\n") - 1,
		n < POSTCAT_HEADER_MAX ? n : POSTCAT_HEADER_MAX);
	static struct script told;
	static struct script want;
	struct feed f;

	want.used = 0;
	script_add(&want, "begin AAAAAA1\nheader h: 1\nheader ");
	script_add(&want, n > POSTCAT_HEADER_MAX ? "(cut) " : "");
	script_add_span(&want, header);
	script_add(&want, "\nheader t: 2\nend AAAAAA1\n");
	feed_open(&f, &told);
	for (size_t at = 0; at < file.len; at += piece)
		feed(&f,
		    span_of(file.data + at,
			file.len - at < piece ? file.len - at : piece));
	check_bool(
	    row, span_equal(script_span(&told), script_span(&want)), true);
	feed_close(&f);
	exact_free(file);
}

static const struct {
	const char *row;
	size_t len;
} long_headers[] = {
    {"one byte less than a line's limit", LINES_MAX - 1},
    {"a line's limit", LINES_MAX},
    {"one byte more than a line's limit", LINES_MAX + 1},
    {"one byte less than a header's limit", POSTCAT_HEADER_MAX - 1},
    {"a header's limit", POSTCAT_HEADER_MAX},
    {"one byte more than a header's limit", POSTCAT_HEADER_MAX + 1},
    {"half more than a header's limit", POSTCAT_HEADER_MAX / 2 * 3},
};

static void
of_a_long_header_the_front_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(long_headers); i++) {
		const char *row = long_headers[i].row;
		size_t len = long_headers[i].len;

		check_long_header(row, len, false, FEED_MAX);
		check_long_header(row, len, true, FEED_MAX);
		check_long_header(row, len, false, 16 * 1024 + 1);
		check_long_header(row, len, true, 16 * 1024 + 1);
	}
}

static void
a_long_record_is_told_cut(void **state)
{
	static struct script told;
	size_t n = LINES_MAX + 100;
	char *bytes = malloc(n + 100);
	size_t at = (size_t)sprintf(bytes, OPEN(A) "sender: ");

	(void)state;
	memset(bytes + at, 'x', n);
	strcpy(bytes + at + n, "\nsize: 1\n");
	read_whole(span_str(bytes), &told);
	check_part("cut", told.text, "record sender (cut) <xxx");
	check_part("the next", told.text, "x>\nrecord size <1>\n");
	assert_true(told.used < LINES_MAX + 100);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_a_long_header_the_front_is_told),
	    cmocka_unit_test(a_long_record_is_told_cut),
	};

	return cmocka_run_group_tests_name("postcat_limits", tests, NULL, NULL);
}
