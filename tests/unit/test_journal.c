/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include <unistd.h>

#include "policyd/journal.h"

/* 2026-12-25T09:00:00Z */
#define NINE_S INT64_C(1798189200)

static const struct {
	const char *row;
	const char *id; /* NULL: of no message */
	struct sweep_event event;
	const char *complaint;
	const char *want; /* from the front of the line on; NULL: nothing */
} lines[] = {
    {"released", "C5A28A72512",
	{.kind = SWEEP_RELEASED, .due_s = NINE_S, .late_ns = 12345678}, "",
	"]: C5A28A72512: released, due=2026-12-25T09:00:00Z, late=0.012s, "
	"method=release\n"},
    {"requeued, long after", "C5A28A72512",
	{.kind = SWEEP_RELEASED,
	    .due_s = NINE_S,
	    .late_ns = 90 * CLOCK_NS_PER_S,
	    .requeued = true},
	"",
	"]: C5A28A72512: released, due=2026-12-25T09:00:00Z, late=90.000s, "
	"method=requeue\n"},
    {"released, though old", "C5A28A72512", {.kind = SWEEP_RELEASED_OLD}, "",
	"]: warning: C5A28A72512: is old and cannot be requeued"},
    {"still held", "C5A28A72512", {.kind = SWEEP_STILL_HELD}, "",
	"]: warning: C5A28A72512: still on hold, trying again\n"},
    {"unreadable", "C5A28A72512", {.kind = SWEEP_UNREADABLE}, "",
	"]: warning: C5A28A72512: its headers cannot be read, trying again\n"},
    {"foreign: past", "C5A28A72512",
	{.kind = SWEEP_FOREIGN, .why = PLAN_NOT_HELD_BY_US}, "",
	"]: C5A28A72512: stays on hold with its date: its date was not ahead"},
    {"foreign: veto", "C5A28A72512",
	{.kind = SWEEP_FOREIGN, .why = PLAN_VETOED}, "",
	"]: C5A28A72512: stays on hold with its date: it has one of "
	"veto_headers\n"},
    {"foreign: tried", "C5A28A72512",
	{.kind = SWEEP_FOREIGN, .why = PLAN_TRIED}, "",
	"]: C5A28A72512: stays on hold with its date: it was tried before"},
    {"foreign: not permitted", "C5A28A72512",
	{.kind = SWEEP_FOREIGN, .why = PLAN_NOT_PERMITTED}, "",
	"]: C5A28A72512: stays on hold with its date: its submitter is not in "
	"permit_postpone\n"},
    {"foreign: many rules", "C5A28A72512",
	{.kind = SWEEP_FOREIGN, .why = PLAN_MANY_RULES}, "",
	"]: C5A28A72512: stays on hold with its date: more rules hold it than "
	"can be told apart\n"},
    {"a rule is gone, and it is due", "C5A28A72512",
	{.kind = SWEEP_RULE_GONE,
	    .rule = SPAN("freeze"),
	    .due_s = NINE_S,
	    .at_once = true},
	"", "]: C5A28A72512: rule freeze is gone: leaves at once\n"},
    {"a rule is gone, and it has a date", "C5A28A72512",
	{.kind = SWEEP_RULE_GONE, .rule = {"freeze-2", 6}, .due_s = NINE_S}, "",
	"]: C5A28A72512: rule freeze is gone: leaves at "
	"2026-12-25T09:00:00Z\n"},
    {"a walk failed", NULL,
	{.kind = SWEEP_FAILED, .verb = SWEEP_LIST, .retry_ns = CLOCK_NS_PER_S},
	"postqueue: fatal: x",
	"]: warning: postqueue -j failed: postqueue: fatal: x; again in 1 s\n"},
    {"a kick failed without a word", NULL,
	{.kind = SWEEP_FAILED,
	    .verb = SWEEP_KICK_QMGR,
	    .retry_ns = 60 * CLOCK_NS_PER_S},
	"", "]: warning: postkick qmgr failed; again in 60 s\n"},
    {"the release of one message failed", "C5A28A72512",
	{.kind = SWEEP_FAILED,
	    .verb = SWEEP_RELEASE,
	    .retry_ns = 4 * CLOCK_NS_PER_S},
	"", "]: warning: C5A28A72512: postsuper -H failed; again in 4 s\n"},
    {"walks take long", NULL,
	{.kind = SWEEP_WALKS,
	    .rarer = true,
	    .listed = 1000000,
	    .cost_ns = 12 * CLOCK_NS_PER_S,
	    .interval_ns = 108 * CLOCK_NS_PER_S},
	"",
	"]: a walk of 1000000 messages takes 12.0 s: there is one every 120 s "
	"from now on, rarer than sweep_interval says\n"},
    {"walks are short again", NULL,
	{.kind = SWEEP_WALKS,
	    .listed = 7,
	    .cost_ns = CLOCK_NS_PER_S / 2,
	    .interval_ns = 60 * CLOCK_NS_PER_S},
	"",
	"]: a walk of 7 messages takes 0.5 s: there is one every 60 s from now "
	"on, as sweep_interval says\n"},
    {"rescheduled", "C5A28A72512", {.kind = SWEEP_RESCHEDULED, .due_s = NINE_S},
	"", "]: C5A28A72512: rescheduled, due=2026-12-25T09:00:00Z\n"},
    {"rescheduled to never", "C5A28A72512",
	{.kind = SWEEP_RESCHEDULED, .due_s = OVERRIDE_NEVER}, "",
	"]: C5A28A72512: rescheduled, due=never\n"},
    {"requeued by somebody", "C5A28A72512", {.kind = SWEEP_REQUEUED}, "",
	"]: C5A28A72512: requeued by somebody, was 7E92DA72642\n"},
    {"held, which cleanup has logged", "C5A28A72512",
	{.kind = SWEEP_HELD, .due_s = NINE_S}, "", NULL},
};

static void
events_are_written_down(void **state)
{
	struct log log = {.ident = "test", .to_stderr = true};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct sweep_event event = lines[i].event;
		char text[CAPTURE_SIZE];
		struct capture capture;

		if (lines[i].id != NULL)
			event.id = qid_of(lines[i].id);
		event.former = qid_of("7E92DA72642");
		capture_start(&capture, STDERR_FILENO);
		journal_write(&log, &event, lines[i].complaint);
		capture_stop(&capture, text);
		if (lines[i].want != NULL)
			check_part(lines[i].row, text, lines[i].want);
		else
			check_string(lines[i].row, text, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events_are_written_down),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
