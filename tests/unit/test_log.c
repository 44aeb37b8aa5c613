/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/log.h"

static const struct log to_stderr = {.ident = "test", .to_stderr = true};

/* Checks that line is "test[PID]: want\n". */
static void
check_line(const char *row, const char *line, const char *want)
{
	char whole[CAPTURE_SIZE];

	snprintf(whole, sizeof(whole), "test[%ld]: %s\n", (long)getpid(), want);
	check_string(row, line, whole);
}

static void
each_kind_of_line_has_its_label(void **state)
{
	char out[CAPTURE_SIZE];
	struct capture c;

	(void)state;
	capture_start(&c, STDERR_FILENO);
	log_info(&to_stderr, "%s=%d", "due", 7);
	check_line("info", capture_stop(&c, out), "due=7");

	capture_start(&c, STDERR_FILENO);
	log_warnx(&to_stderr, "%s", "late");
	check_line("warnx", capture_stop(&c, out), "warning: late");

	capture_start(&c, STDERR_FILENO);
	log_error(&to_stderr, "%s", "the end");
	check_line("error", capture_stop(&c, out), "error: the end");
}

static void
a_warning_tells_errno(void **state)
{
	char out[CAPTURE_SIZE], want[200];
	struct capture c;

	(void)state;
	snprintf(want, sizeof(want), "warning: /x: %s", strerror(ENOENT));
	capture_start(&c, STDERR_FILENO);
	errno = ENOENT;
	log_warn(&to_stderr, "%s", "/x");
	check_line("warn", capture_stop(&c, out), want);
}

static void
a_line_cannot_be_forged(void **state)
{
	char out[CAPTURE_SIZE];
	struct capture c;

	(void)state;
	capture_start(&c, STDERR_FILENO);
	log_info(
	    &to_stderr, "%s|", "a\nb\rc\td\x1b[31me\x7f\x80\xff%s test[1]: x");
	check_line("control and high bytes", capture_stop(&c, out),
	    "a?b?c?d?[31me???%s test[1]: x|");
}

/* How long the line is that logs n bytes. */
static size_t
logged_length(size_t n)
{
	char text[CAPTURE_SIZE / 2], out[CAPTURE_SIZE];
	struct capture c;

	memset(text, 'x', n);
	text[n] = '\0';
	capture_start(&c, STDERR_FILENO);
	log_info(&to_stderr, "%s", text);
	return strlen(capture_stop(&c, out));
}

static void
a_line_is_bounded(void **state)
{
	char empty[100];
	size_t around = (size_t)snprintf(
	    empty, sizeof(empty), "test[%ld]: \n", (long)getpid());

	(void)state;
	assert_int_equal(logged_length(0), around);
	assert_int_equal(logged_length(500), around + 500);
	assert_true(logged_length(LOG_LINE_MAX - 1) <= around + LOG_LINE_MAX);
	assert_int_equal(
	    logged_length(LOG_LINE_MAX), logged_length(LOG_LINE_MAX + 1));
	assert_int_equal(
	    logged_length(LOG_LINE_MAX), logged_length(CAPTURE_SIZE / 2 - 1));
}

static const struct {
	const char *row;
	struct span text;
	const char *want;
} texts[] = {
    {"plain text", SPAN("plain text ~"), "plain text ~"},
    {"nothing", SPAN(""), ""},
    {"no bytes at all", {NULL, 0}, ""},
    {"a line end", SPAN("a\nb"), "a?b"},
    {"a NUL", SPAN("a\0b"), "a?b"},
    {"bytes at the borders", SPAN("\x1f\x20\x7e\x7f\x80\xff"), "? ~???"},
    {"UTF-8", SPAN("\xc3\xa4"), "??"},
};

static void
texts_are_made_printable(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct span text = exact_copy(texts[i].text);
		char out[LOG_TEXT_MAX];

		check_string(
		    texts[i].row, log_printable(text, out), texts[i].want);
		exact_free(text);
	}
}

static void
texts_are_bounded(void **state)
{
	static const size_t lengths[] = {
	    LOG_TEXT_MAX - 2, LOG_TEXT_MAX - 1, LOG_TEXT_MAX, 100000};
	static const char zeros[100000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct span text = exact_copy(span_of(zeros, lengths[i]));
		size_t want =
		    lengths[i] < LOG_TEXT_MAX ? lengths[i] : LOG_TEXT_MAX - 1;
		char out[LOG_TEXT_MAX];

		assert_int_equal(strlen(log_printable(text, out)), want);
		exact_free(text);
	}
}

static void
opening_prefers_syslog_unless_told(void **state)
{
	char out[CAPTURE_SIZE];
	struct log forced, plain;
	struct capture c;

	(void)state;
	capture_start(&c, STDERR_FILENO); /* no terminal */
	log_open(&forced, "test", true);
	log_open(&plain, "test", false);
	log_info(&forced, "hello");
	check_line("forced", capture_stop(&c, out), "hello");
	assert_true(forced.to_stderr);
	assert_false(plain.to_stderr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_of_line_has_its_label),
	    cmocka_unit_test(a_warning_tells_errno),
	    cmocka_unit_test(a_line_cannot_be_forged),
	    cmocka_unit_test(a_line_is_bounded),
	    cmocka_unit_test(texts_are_made_printable),
	    cmocka_unit_test(texts_are_bounded),
	    cmocka_unit_test(opening_prefers_syslog_unless_told),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
