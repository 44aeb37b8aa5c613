/* SPDX-License-Identifier: ISC */
/*
 * /status.json: as policyctl says it.
 */
#include "tests/unit/site_support.h"

#include "policyd/web/health.h"

#define ENGINE "{\"version\":\"0.1.0\"}"
#define LOOKUPS                                                                \
	"\"lookups\":7,\"hold\":6,\"dunno\":5,\"reject\":4,\"notfound\":3,"    \
	"\"malformed\":2,\"connections\":9,\"open\":1"
#define NO_LOOKUPS                                                             \
	"\"lookups\":null,\"hold\":null,\"dunno\":null,\"reject\":null,"       \
	"\"notfound\":null,\"malformed\":null,\"connections\":null,"           \
	"\"open\":null"
#define NO_COUNTS                                                              \
	"\"paused\":null,\"waiting\":null,\"waiting_bytes\":null,"             \
	"\"frozen\":null,\"overdue\":null,\"oldest_overdue\":null,"            \
	"\"foreign\":null,\"unreadable\":null,\"rescheduled\":null,"           \
	"\"next_due\":null}\n"
#define NOTHING_WAITS                                                          \
	"\"paused\":null,\"waiting\":0,\"waiting_bytes\":0,"                   \
	"\"frozen\":0,\"overdue\":0,\"oldest_overdue\":null,"                  \
	"\"foreign\":0,\"unreadable\":0,\"rescheduled\":0,"                    \
	"\"next_due\":null}\n"
#define HDRCHECK(counts) "\"hdrcheck\":{\"listens\":\"unix:/s\"," counts "},"
#define POSTFIX(runs)    "\"postfix\":{\"running\":" runs "},"

static void
check_summary(const char *row, struct site_rig *f, const char *want)
{
	const char *answer = ask(f, SITE_GET("/status.json"));

	check_status(row, answer, "200 OK");
	check_string(row, body_of(answer), want);
}

static void
the_summary_says_what_there_is(void **state)
{
	struct site_rig f;
	struct snapshot *s;

	(void)state;
	set_up(&f);
	s = f.snapshot;
	f.view.hdrcheck.has_counts = true;
	f.view.hdrcheck.counts =
	    (struct lookup_counts){.n = {7, 6, 5, 4, 3, 2, 9, 1}};
	s->taken_s--;
	s->survey = (struct sweep_survey){.waiting = 11,
	    .waiting_bytes = 12,
	    .frozen = 13,
	    .overdue = 14,
	    .oldest_due_s = SNAPSHOT_NOW - 16,
	    .next_due_s = SNAPSHOT_NOW + 60,
	    .foreign = 17,
	    .unreadable = 18,
	    .unread = 19};
	s->rescheduled = 20;
	s->paused = 1;
	s->paused_since_s = SNAPSHOT_NOW - 60;
	memcpy(s->paused_reason, "a \"b\"", 6);
	check_summary("all there is", &f,
	    "{\"policyd\":" ENGINE "," HDRCHECK(LOOKUPS) POSTFIX(
		"true") "\"paused\":{\"since\":\"2026-11-22T06:59:00Z\","
			"\"reason\":\"a \\\"b\\\"\"},"
			"\"waiting\":11,\"waiting_bytes\":12,\"frozen\":13,"
			"\"overdue\":14,\"oldest_overdue\":15,\"foreign\":17,"
			"\"unreadable\":18,\"rescheduled\":20,"
			"\"next_due\":\"2026-11-22T07:01:00Z\"}\n");
	tear_down(&f);
}

static void
the_summary_says_what_is_missing(void **state)
{
	struct site_rig f;

	(void)state;
	set_up(&f);
	check_summary("nothing waits; no counters", &f,
	    "{\"policyd\":" ENGINE "," HDRCHECK(NO_LOOKUPS) POSTFIX("true")
		NOTHING_WAITS);
	f.snapshot->postfix_down = 1;
	check_summary("Postfix is down", &f,
	    "{\"policyd\":" ENGINE "," HDRCHECK(NO_LOOKUPS) POSTFIX("false")
		NOTHING_WAITS);
	f.snapshot->walk_at_s = 0;
	check_summary("no walk has ended", &f,
	    "{\"policyd\":" ENGINE "," HDRCHECK(NO_LOOKUPS) POSTFIX("null")
		NOTHING_WAITS);
	f.snapshot->walk_at_s = SNAPSHOT_NOW;
	f.view.snapshot_age_ns = HEALTH_SILENT_S * CLOCK_NS_PER_S;
	check_summary("an engine that is silent", &f,
	    "{\"policyd\":null," HDRCHECK(NO_LOOKUPS) POSTFIX("null")
		NO_COUNTS);
	f.view.hdrcheck.answers = false;
	check_summary("nobody is there", &f,
	    "{\"policyd\":null,\"hdrcheck\":null," POSTFIX("null") NO_COUNTS);
	f.view.snapshot = NULL;
	check_summary("nothing is known", &f,
	    "{\"policyd\":null,\"hdrcheck\":null," POSTFIX("null") NO_COUNTS);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_summary_says_what_there_is),
	    cmocka_unit_test(the_summary_says_what_is_missing),
	};

	return cmocka_run_group_tests_name("site_summary", tests, NULL, NULL);
}
