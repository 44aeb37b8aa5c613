/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

#include "policyd/ctl/overview.h"
#include "policyd/ctl/text.h"

#define NOW INT64_C(1795330800) /* 2026-11-22 07:00:00 UTC */

#define UP                                                                     \
	"{\"version\":\"0.1.0\",\"pid\":77,\"started\":"                       \
	"\"2026-11-22T05:00:00Z\",\"paused\":null,\"rules\":4,\"waiting\":12," \
	"\"waiting_bytes\":20480,\"frozen\":3,\"overdue\":2,"                  \
	"\"oldest_overdue\":90,\"foreign\":1,\"unreadable\":5,\"unread\":6,"   \
	"\"rescheduled\":7,\"next_due\":\"2026-11-22T08:00:00Z\","             \
	"\"released\":{\"release\":100,\"requeue\":8},\"walks\":9,"            \
	"\"last_walk\":{\"ended\":\"2026-11-22T06:59:30Z\",\"cost\":0.012,"    \
	"\"ok\":true},\"late\":{\"median\":0.005,\"p99\":0.020,"               \
	"\"most\":0.500},\"inotify\":true}"

#define QUIET                                                                  \
	"{\"version\":\"0.1.0\",\"pid\":77,\"started\":"                       \
	"\"2026-11-22T05:00:00Z\",\"paused\":{\"since\":"                      \
	"\"2026-11-22T06:00:00Z\",\"reason\":\"a \\u001b test\"},"             \
	"\"rules\":0,\"waiting\":0,\"waiting_bytes\":0,\"frozen\":0,"          \
	"\"overdue\":0,\"oldest_overdue\":null,\"foreign\":0,"                 \
	"\"unreadable\":0,\"unread\":0,\"rescheduled\":0,\"next_due\":null,"   \
	"\"released\":{\"release\":0,\"requeue\":0},\"walks\":0,"              \
	"\"last_walk\":null,\"late\":null,\"inotify\":false}"

static const struct sock_address socketmap = {.text = "unix:/s", .len = 1};
static const struct zone utc;

static struct overview
new_overview(void)
{
	struct overview o = {
	    .postfix_runs = true,
	    .hdrcheck = {.address = &socketmap,
		.runs = true,
		.has_counts = true,
		.counts = {{12, 3, 4, 5, 0, 1, 20, 2}}},
	    .now_s = NOW,
	    .local = &utc,
	};

	return o;
}

static void
check_page(const char *row, const struct overview *o, const char *want)
{
	struct buf out;

	buf_init(&out, OVERVIEW_MAX);
	check_bool(row, overview_print(o, &out), true);
	check_span(row, buf_span(&out), span_str(want));
	buf_free(&out);
}

static void
check_json(const char *row, const struct overview *o, const char *want)
{
	struct buf out;

	buf_init(&out, OVERVIEW_MAX);
	check_bool(row, overview_print_json(o, &out), true);
	check_span(row, buf_span(&out), span_str(want));
	buf_free(&out);
}

static void
an_engine_tells_all(void **state)
{
	struct overview o = new_overview();

	(void)state;
	assert_true(overview_take_engine(&o, span_str(UP)));
	check_bool("well", overview_is_well(&o), true);
	check_page("for people", &o,
	    "policyd      runs, pid 77, since 2026-11-22 05:00:00 (2h ago), "
	    "version 0.1.0\n"
	    "hdrcheck     runs: 12 lookups, 3 hold, 4 dunno, 5 reject, 1 "
	    "malformed\n"
	    "Postfix      runs\n"
	    "\n"
	    "waiting      12 (20 KiB), the next leaves 2026-11-22 08:00:00 "
	    "(in 1h)\n"
	    "overdue      2, the first for 1m 30s\n"
	    "frozen       3  leave when a rule is gone, or somebody says so\n"
	    "rescheduled  7  by policyctl\n"
	    "foreign      1  on hold with a date, and not ours: policyctl "
	    "check\n"
	    "unreadable   5  files: the log of policyd tells more\n"
	    "released     100, and requeued 8\n"
	    "late         half of them up to 0.005 s, 99% up to 0.020 s, at "
	    "most 0.500 s\n"
	    "last walk    2026-11-22 06:59:30 (30s ago), took 0.012 s, walk "
	    "9\n"
	    "rules        4\n");
	check_json("as JSON", &o,
	    "{\"policyd\":" UP ",\"hdrcheck\":{\"listens\":\"unix:/s\","
	    "\"lookups\":12,\"hold\":3,\"dunno\":4,\"reject\":5,"
	    "\"notfound\":0,\"malformed\":1,\"connections\":20,\"open\":2},"
	    "\"postfix\":{\"running\":true},"
	    "\"paused\":null,\"waiting\":12,\"waiting_bytes\":20480,"
	    "\"frozen\":3,\"overdue\":2,\"oldest_overdue\":90,\"foreign\":1,"
	    "\"unreadable\":5,\"rescheduled\":7,"
	    "\"next_due\":\"2026-11-22T08:00:00Z\"}\n");
}

static void
a_silent_engine_is_not_down(void **state)
{
	struct overview o = new_overview();

	(void)state;
	o.engine_silent = true;
	check_bool("well", overview_is_well(&o), false);
	check_page("for people", &o,
	    "policyd      does not answer; restart it: systemctl restart "
	    "deliver-at-policyd\n"
	    "hdrcheck     runs: 12 lookups, 3 hold, 4 dunno, 5 reject, 1 "
	    "malformed\n"
	    "Postfix      runs\n\n");
}

static void
a_quiet_engine_is_paused(void **state)
{
	struct overview o = new_overview();

	(void)state;
	o.hdrcheck.has_counts = false;
	assert_true(overview_take_engine(&o, span_str(QUIET)));
	check_page("for people", &o,
	    "policyd      runs, pid 77, since 2026-11-22 05:00:00 (2h ago), "
	    "version 0.1.0\n"
	    "hdrcheck     listens on unix:/s\n"
	    "Postfix      runs\n"
	    "PAUSED       since 2026-11-22 06:00:00 (1h ago): a \\x1B test\n"
	    "\n"
	    "waiting      0 (0 KiB)\n"
	    "overdue      0\n"
	    "frozen       0\n"
	    "rescheduled  0\n"
	    "foreign      0\n"
	    "unreadable   0\n"
	    "released     0, and requeued 0\n"
	    "last walk    none yet\n"
	    "news         only by walks: the hold queue cannot be watched\n"
	    "rules        0\n");
	check_json("as JSON", &o,
	    "{\"policyd\":" QUIET ",\"hdrcheck\":{\"listens\":\"unix:/s\","
	    "\"lookups\":null,\"hold\":null,\"dunno\":null,\"reject\":null,"
	    "\"notfound\":null,\"malformed\":null,\"connections\":null,"
	    "\"open\":null},"
	    "\"postfix\":{\"running\":true},\"paused\":{\"since\":"
	    "\"2026-11-22T06:00:00Z\",\"reason\":\"a \\u001b test\"},"
	    "\"waiting\":0,\"waiting_bytes\":0,\"frozen\":0,\"overdue\":0,"
	    "\"oldest_overdue\":null,\"foreign\":0,\"unreadable\":0,"
	    "\"rescheduled\":0,\"next_due\":null}\n");
}

static void
all_may_be_down(void **state)
{
	struct overview o = {.now_s = NOW,
	    .local = &utc,
	    .hdrcheck = {
		.address = &socketmap, .wrong = "No such file or directory"}};

	(void)state;
	check_bool("not well", overview_is_well(&o), false);
	check_page("for people", &o,
	    "policyd      DOWN; start it: systemctl start deliver-at-policyd\n"
	    "hdrcheck     DOWN (unix:/s: No such file or directory); start "
	    "it: systemctl start deliver-at-hdrcheck\n"
	    "Postfix      DOWN\n"
	    "\n");
	check_json("as JSON", &o,
	    "{\"policyd\":null,\"hdrcheck\":null,"
	    "\"postfix\":{\"running\":false},\"paused\":null,"
	    "\"waiting\":null,\"waiting_bytes\":null,\"frozen\":null,"
	    "\"overdue\":null,\"oldest_overdue\":null,\"foreign\":null,"
	    "\"unreadable\":null,\"rescheduled\":null,\"next_due\":null}\n");
}

static void
each_part_has_to_run(void **state)
{
	struct overview o = new_overview();

	(void)state;
	check_bool("no engine", overview_is_well(&o), false);
	assert_true(overview_take_engine(&o, span_str(UP)));
	check_bool("all", overview_is_well(&o), true);
	o.postfix_runs = false;
	check_bool("no Postfix", overview_is_well(&o), false);
	o.postfix_runs = true;
	o.hdrcheck.runs = false;
	check_bool("no hdrcheck", overview_is_well(&o), false);
}

static void
what_is_no_status_is_not_taken(void **state)
{
	static const char *const lines[] = {"", "{}", "ok", "{\"version\":1",
	    "{\"version\":null}", "{\"version\":\"\x1B\"}"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct overview o = new_overview();

		check_bool(lines[i],
		    overview_take_engine(&o, span_str(lines[i])), false);
		check_int(lines[i], (int64_t)o.engine.len, 0);
	}
}

/* Messages of a queue, without an engine. */

static struct queue_message
message(enum plan_owner owner, int64_t due_s, uint64_t size)
{
	struct queue_message m = {
	    .read = true,
	    .size = size,
	    .plan = {.owner = owner, .dated = true, .due_s = due_s},
	};

	return m;
}

static void
a_queue_is_counted(void **state)
{
	struct queue_message messages[] = {
	    message(PLAN_OURS, NOW + 60, 100),
	    message(PLAN_OURS, NOW + 50, 100),
	    message(PLAN_OURS, NOW, 100),
	    message(PLAN_OURS, NOW - 1, 100),
	    message(PLAN_OURS, NOW - 90, 100),
	    message(PLAN_FROZEN, NOW - 100, 7),
	    message(PLAN_FOREIGN, NOW - 100, 7),
	    message(PLAN_FOREIGN, NOW - 100, 7),
	    message(PLAN_OURS, NOW, 7),
	};
	struct queue queue = {
	    .message = messages,
	    .n = COUNT_OF(messages),
	    .unreadable = 1,
	    .pause = {.on = true, .since_s = NOW - 1, .reason = "a test"},
	};
	struct overview o = new_overview();
	const struct summary_counts *c = &o.counts;
	struct override override = {.due_s = NOW + 60};

	(void)state;
	messages[0].override = messages[5].override = &override;
	messages[7].plan.dated = false;
	messages[8].read = false;
	overview_take_queue(&o, &queue);
	check_int("waiting", (int64_t)c->waiting, 5);
	check_int("their bytes", (int64_t)c->waiting_bytes, 500);
	check_int("frozen", (int64_t)c->frozen, 1);
	check_int("overdue", (int64_t)c->overdue, 2);
	check_int("the oldest", c->oldest_overdue_s, 90);
	check_int("the next", c->next_due_s, NOW + 50);
	check_int("foreign with a date", (int64_t)c->foreign, 1);
	check_int("unreadable", (int64_t)c->unreadable, 1);
	check_int("rescheduled", (int64_t)c->rescheduled, 2);
	check_bool("paused", c->paused, true);
	check_int("since", c->paused_since_s, NOW - 1);
	check_string("why", o.paused_reason, "a test");
	check_bool("it is known", c->known, true);
	queue.message = &messages[2];
	queue.n = 1;
	overview_take_queue(&o, &queue);
	check_int("what is due is not overdue", c->oldest_overdue_s, -1);
	check_int("nor is it next", c->next_due_s, -1);
	queue.n = 0;
	overview_take_queue(&o, &queue);
	check_int("nothing is overdue", c->oldest_overdue_s, -1);
	check_int("nothing is next", c->next_due_s, -1);
}

static void
too_little_room_is_told(void **state)
{
	struct overview o = new_overview();
	struct buf out;

	(void)state;
	assert_true(overview_take_engine(&o, span_str(UP)));
	buf_init(&out, 100);
	check_bool("a page", overview_print(&o, &out), false);
	buf_clear(&out);
	check_bool("JSON", overview_print_json(&o, &out), false);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_engine_tells_all),
	    cmocka_unit_test(a_silent_engine_is_not_down),
	    cmocka_unit_test(a_quiet_engine_is_paused),
	    cmocka_unit_test(all_may_be_down),
	    cmocka_unit_test(each_part_has_to_run),
	    cmocka_unit_test(what_is_no_status_is_not_taken),
	    cmocka_unit_test(a_queue_is_counted),
	    cmocka_unit_test(too_little_room_is_told),
	};

	text_begin();
	return cmocka_run_group_tests_name("overview", tests, NULL, NULL);
}
