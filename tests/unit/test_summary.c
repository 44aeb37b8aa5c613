/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "policyd/web/summary.h"

#define NO_COUNTS                                                              \
	"\"waiting\":null,\"waiting_bytes\":null,\"frozen\":null,"             \
	"\"overdue\":null,\"oldest_overdue\":null,\"foreign\":null,"           \
	"\"unreadable\":null,\"rescheduled\":null,\"next_due\":null}\n"
#define NO_MAIL                                                                \
	"\"waiting\":0,\"waiting_bytes\":0,\"frozen\":0,\"overdue\":0,"        \
	"\"oldest_overdue\":null,\"foreign\":0,\"unreadable\":0,"              \
	"\"rescheduled\":0,\"next_due\":null}\n"
#define EPOCH                                                                  \
	"\"waiting\":1,\"waiting_bytes\":2,\"frozen\":3,\"overdue\":4,"        \
	"\"oldest_overdue\":0,\"foreign\":5,\"unreadable\":6,"                 \
	"\"rescheduled\":7,\"next_due\":\"1970-01-01T00:00:00Z\"}\n"

static const struct {
	const char *row;
	struct summary summary;
	const char *want;
} rows[] = {
    {"nothing is known", {.engine = {"", 0}, .paused_reason = {"", 0}},
	"{\"policyd\":null,\"hdrcheck\":null,\"postfix\":{\"running\":false},"
	"\"paused\":null," NO_COUNTS},
    {"nobody has looked for Postfix",
	{.engine = {"", 0},
	    .postfix_unknown = true,
	    .postfix_runs = true,
	    .paused_reason = {"", 0}},
	"{\"policyd\":null,\"hdrcheck\":null,\"postfix\":{\"running\":null},"
	"\"paused\":null," NO_COUNTS},
    {"nothing waits",
	{.engine = SPAN(" {\"pid\":1}\n"),
	    .postfix_runs = true,
	    .counts = {.known = true, .oldest_overdue_s = -1, .next_due_s = -1},
	    .paused_reason = {"", 0}},
	"{\"policyd\":{\"pid\":1},\"hdrcheck\":null,"
	"\"postfix\":{\"running\":true},\"paused\":null," NO_MAIL},
    {"zeros are numbers",
	{.engine = SPAN("{}"),
	    .counts = {.known = true,
		.waiting = 1,
		.waiting_bytes = 2,
		.frozen = 3,
		.overdue = 4,
		.foreign = 5,
		.unreadable = 6,
		.rescheduled = 7},
	    .paused_reason = {"", 0}},
	"{\"policyd\":{},\"hdrcheck\":null,\"postfix\":{\"running\":false},"
	"\"paused\":null," EPOCH},
    {"a pause, and an hdrcheck that does not count",
	{.engine = {"", 0},
	    .hdrcheck = "unix:/s",
	    .counts = {.paused = true, .paused_since_s = 60},
	    .paused_reason = SPAN("a \"test\"")},
	"{\"policyd\":null,\"hdrcheck\":{\"listens\":\"unix:/s\","
	"\"lookups\":null,\"hold\":null,\"dunno\":null,\"reject\":null,"
	"\"notfound\":null,\"malformed\":null,\"connections\":null,"
	"\"open\":null},\"postfix\":{\"running\":false},\"paused\":{"
	"\"since\":\"1970-01-01T00:01:00Z\",\"reason\":\"a "
	"\\\"test\\\"\"}," NO_COUNTS},
    {"an hdrcheck that counts",
	{.engine = {"", 0},
	    .hdrcheck = "unix:/s",
	    .has_lookups = true,
	    .lookups = {{1, 2, 3, 4, 5, 6, 7, UINT64_MAX}},
	    .paused_reason = {"", 0}},
	"{\"policyd\":null,\"hdrcheck\":{\"listens\":\"unix:/s\","
	"\"lookups\":1,\"hold\":2,\"dunno\":3,\"reject\":4,"
	"\"notfound\":5,\"malformed\":6,\"connections\":7,"
	"\"open\":9223372036854775807},\"postfix\":{\"running\":false},"
	"\"paused\":null," NO_COUNTS},
};

static void
all_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf out;

		buf_init(&out, SUMMARY_MAX);
		check_bool(rows[i].row,
		    summary_print_json(&rows[i].summary, &out), true);
		check_span(rows[i].row, buf_span(&out), span_str(rows[i].want));
		buf_free(&out);
	}
}

static void
too_little_room_is_told(void **state)
{
	size_t len = strlen(rows[0].want);
	struct buf out;

	(void)state;
	buf_init(&out, len);
	check_bool(
	    "just enough", summary_print_json(&rows[0].summary, &out), true);
	buf_free(&out);
	for (size_t max = 0; max < len; max++) {
		buf_init(&out, max);
		check_bool(
		    "less", summary_print_json(&rows[0].summary, &out), false);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_is_told),
	    cmocka_unit_test(too_little_room_is_told),
	};

	return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
