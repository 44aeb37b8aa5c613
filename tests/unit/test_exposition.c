/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "hdrcheck/base/clock.h"
#include "policyd/web/exposition.h"

enum { TEXT_MAX = 8192 };

static void
check_text(const char *row, const struct exposition *e, const char *want)
{
	check_bool(row, e->full, false);
	check_span(row, buf_span(e->out), span_str(want));
}

static void
heads_name_type_and_help(void **state)
{
	struct buf out;
	struct exposition e = {.out = &out};

	(void)state;
	buf_init(&out, TEXT_MAX);
	exposition_begin(&e, "a_total", "counter", "How many.");
	exposition_count(&e, 0);
	exposition_count(&e, UINT64_MAX);
	exposition_begin(&e, "b_seconds", "gauge", "When.");
	exposition_time(&e, INT64_MIN);
	exposition_time(&e, 1795330800);
	exposition_nothing(&e);
	check_text("two metrics", &e,
	    "# HELP a_total How many.\n# TYPE a_total counter\n"
	    "a_total 0\na_total 18446744073709551615\n"
	    "# HELP b_seconds When.\n# TYPE b_seconds gauge\n"
	    "b_seconds -9223372036854775808\nb_seconds 1795330800\n"
	    "b_seconds NaN\n");
	buf_free(&out);
}

static const struct {
	int64_t ns;
	const char *want;
} seconds[] = {
    {0, "x 0\n"},
    {1, "x 0.000000001\n"},
    {10, "x 0.00000001\n"},
    {5 * CLOCK_NS_PER_MS, "x 0.005\n"},
    {100 * CLOCK_NS_PER_MS, "x 0.1\n"},
    {CLOCK_NS_PER_S - 1, "x 0.999999999\n"},
    {CLOCK_NS_PER_S, "x 1\n"},
    {CLOCK_NS_PER_S + 1, "x 1.000000001\n"},
    {3600 * CLOCK_NS_PER_S, "x 3600\n"},
    {INT64_MAX, "x 9223372036.854775807\n"},
    {-1, "x -0.000000001\n"},
    {-CLOCK_NS_PER_S, "x -1\n"},
    {-CLOCK_NS_PER_S - 500 * CLOCK_NS_PER_MS, "x -1.5\n"},
    {INT64_MIN, "x -9223372036.854775808\n"},
};

static void
seconds_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(seconds); i++) {
		struct buf out;
		struct exposition e = {.out = &out, .name = "x"};

		buf_init(&out, TEXT_MAX);
		exposition_seconds(&e, seconds[i].ns);
		check_text(seconds[i].want, &e, seconds[i].want);
		buf_free(&out);
	}
}

static const struct {
	const char *row;
	struct span value;
	const char *want;
} labels[] = {
    {"a name", SPAN("night"), "x{rule=\"night\"} 7\n"},
    {"none", SPAN(""), "x{rule=\"\"} 7\n"},
    {"what is escaped", SPAN("a\\b\"c\nd"), "x{rule=\"a\\\\b\\\"c\\nd\"} 7\n"},
    {"other controls stay", SPAN("\t\r\x7f"), "x{rule=\"\t\r\x7f\"} 7\n"},
    {"UTF-8", SPAN("\xc3\xa9\xf0\x9f\x98\x80"),
	"x{rule=\"\xc3\xa9\xf0\x9f\x98\x80\"} 7\n"},
    {"none of it",
	SPAN("\xff"
	     "a\xc3"),
	"x{rule=\"\xef\xbf\xbd"
	"a\xef\xbf\xbd\"} 7\n"},
};

static void
labels_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(labels); i++) {
		struct span value = exact_copy(labels[i].value);
		struct buf out;
		struct exposition e = {.out = &out, .name = "x"};

		buf_init(&out, TEXT_MAX);
		exposition_labelled(&e, "rule", value, 7);
		check_text(labels[i].row, &e, labels[i].want);
		exact_free(value);
		buf_free(&out);
	}
}

static void
buckets_count_those_below(void **state)
{
	struct lateness late = {.n = 0};
	struct buf out;
	struct exposition e = {.out = &out, .name = "x"};

	(void)state;
	buf_init(&out, TEXT_MAX);
	lateness_add(&late, 5 * CLOCK_NS_PER_MS);
	lateness_add(&late, 5 * CLOCK_NS_PER_MS + 1);
	lateness_add(&late, 3600 * CLOCK_NS_PER_S);
	lateness_add(&late, 3600 * CLOCK_NS_PER_S + 1);
	exposition_histogram(&e, &late);
	check_text("four releases", &e,
	    "x_bucket{le=\"0.005\"} 1\nx_bucket{le=\"0.01\"} 2\n"
	    "x_bucket{le=\"0.02\"} 2\nx_bucket{le=\"0.05\"} 2\n"
	    "x_bucket{le=\"0.1\"} 2\nx_bucket{le=\"0.2\"} 2\n"
	    "x_bucket{le=\"0.5\"} 2\nx_bucket{le=\"1\"} 2\n"
	    "x_bucket{le=\"2\"} 2\nx_bucket{le=\"5\"} 2\n"
	    "x_bucket{le=\"10\"} 2\nx_bucket{le=\"20\"} 2\n"
	    "x_bucket{le=\"30\"} 2\nx_bucket{le=\"60\"} 2\n"
	    "x_bucket{le=\"120\"} 2\nx_bucket{le=\"300\"} 2\n"
	    "x_bucket{le=\"600\"} 2\nx_bucket{le=\"1800\"} 2\n"
	    "x_bucket{le=\"3600\"} 3\nx_bucket{le=\"+Inf\"} 4\n"
	    "x_sum 7200.010000002\nx_count 4\n");
	buf_free(&out);
}

static void
a_full_buffer_is_told(void **state)
{
	struct buf out;
	struct exposition e = {.out = &out, .name = "x"};

	(void)state;
	buf_init(&out, 7);
	exposition_count(&e, 1);
	check_text("it fits", &e, "x 1\n");
	exposition_count(&e, 23);
	check_bool("it does not", e.full, true);
	exposition_nothing(&e);
	check_span(
	    "then nothing is put any more", buf_span(&out), span_str("x 1\nx"));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(heads_name_type_and_help),
	    cmocka_unit_test(seconds_are_exact),
	    cmocka_unit_test(labels_are_escaped),
	    cmocka_unit_test(buckets_count_those_below),
	    cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
