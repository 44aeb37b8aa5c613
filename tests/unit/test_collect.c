/* SPDX-License-Identifier: ISC */
/*
 * Real children: the shell.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"
#include "policyd/sched/collect.h"

enum { DEADLINE_MS = 20000, SHORT_MS = 200, OUTPUT_MAX = 100000 };

static const struct {
	const char *row;
	const char *script;
	int code;
	const char *out;
	const char *err;
} scripts[] = {
    {"nothing", "exit 0", 0, "", ""},
    {"both outputs", "echo one; echo two >&2; exit 3", 3, "one\n", "two\n"},
    {"output behind a closed error", "exec 2>&-; echo late", 0, "late\n", ""},
    {"killed", "echo first; kill -9 $$", 137, "first\n", ""},
    {"input that ends at once", "cat; echo end", 0, "end\n", ""},
};

static int
run(const char *script, int64_t deadline_ms, struct buf *out, struct buf *err)
{
	char shell[] = "/bin/sh", dash_c[] = "-c", text[256];
	char *argv[] = {shell, dash_c, text, NULL};
	char *env[] = {NULL};
	struct command command = {.path = shell, .argv = argv, .env = env};

	span_to_string(span_str(script), text, sizeof(text));
	return collect_command(&command, deadline_ms, out, err);
}

static void
output_and_exit_code_are_collected(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		struct buf out, err;

		buf_init(&out, OUTPUT_MAX);
		buf_init(&err, OUTPUT_MAX);
		check_int(scripts[i].row,
		    run(scripts[i].script, DEADLINE_MS, &out, &err),
		    scripts[i].code);
		check_span(
		    scripts[i].row, buf_span(&out), span_str(scripts[i].out));
		check_span(
		    scripts[i].row, buf_span(&err), span_str(scripts[i].err));
		buf_free(&out);
		buf_free(&err);
	}
}

static void
more_than_fits_is_read_and_dropped(void **state)
{
	struct buf out, err;

	(void)state;
	buf_init(&out, 10000);
	buf_init(&err, OUTPUT_MAX);
	assert_int_equal(
	    run("i=0; while [ $i -lt 3000 ]; do echo "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; "
		"i=$((i+1)); done; echo done >&2",
		DEADLINE_MS, &out, &err),
	    0);
	assert_true(buf_len(&out) > 0 && buf_len(&out) <= 10000);
	check_span("it came to its end", buf_span(&err), span_str("done\n"));
	buf_free(&out);
	buf_free(&err);
}

static void
commands_run_side_by_side(void **state)
{
	static char shell[] = "/bin/sh", dash_c[] = "-c";
	char waits[] = "read line; echo $line", missing[] = "/nowhere/to/be";
	char *waiting[] = {shell, dash_c, waits, NULL};
	char *nothing[] = {missing, NULL};
	char *env[] = {NULL};
	struct command first = {.path = shell, .argv = waiting, .env = env};
	struct command second = {.path = missing, .argv = nothing, .env = env};
	struct collection a, b, c;
	struct buf out, err;

	(void)state;
	buf_init(&out, OUTPUT_MAX);
	buf_init(&err, OUTPUT_MAX);
	collect_start(&a, &first, DEADLINE_MS);
	collect_start(&b, &first, DEADLINE_MS);
	collect_start(&c, &second, DEADLINE_MS);
	check_int("the last can end first", collect_end(&b, &out, &err), 0);
	check_int("and the first last", collect_end(&a, &out, &err), 0);
	check_span("both said so", buf_span(&out), span_str("\n\n"));
	check_bool("what is not there fails at its end",
	    collect_end(&c, &out, &err) != 0, true);
	buf_free(&out);
	buf_free(&err);
}

static void
who_takes_too_long_is_killed(void **state)
{
	int64_t start_ns = clock_mono_ns();
	struct buf out, err;

	(void)state;
	buf_init(&out, OUTPUT_MAX);
	buf_init(&err, OUTPUT_MAX);
	errno = 0;
	assert_int_equal(run("echo first; sleep 60", SHORT_MS, &out, &err), -1);
	assert_int_equal(errno, ETIMEDOUT);
	check_span("what came before", buf_span(&out), span_str("first\n"));
	assert_true(clock_mono_ns() - start_ns < 20 * CLOCK_NS_PER_S);
	buf_free(&out);
	buf_free(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(output_and_exit_code_are_collected),
	    cmocka_unit_test(more_than_fits_is_read_and_dropped),
	    cmocka_unit_test(commands_run_side_by_side),
	    cmocka_unit_test(who_takes_too_long_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
