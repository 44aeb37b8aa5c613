/* SPDX-License-Identifier: ISC */
#include "tests/unit/sweep_support.h"

#include "hdrcheck/daemon.h"
#include "policyd/status.h"

enum { STATUS_MAX = 4096 };

#define HEAD                                                                   \
	"{\"version\":\"" DELIVER_AT_VERSION                                   \
	"\",\"pid\":4711,\"started\":\"2026-11-21T22:26:40Z\","

static void
check_status(const char *row, struct sim *sim, const struct pause *pause,
    const char *want)
{
	struct sweep_survey survey =
	    sim_survey(sim, clock_floor_s(sim->now.wall_ns));
	struct status status = {.pid = 4711,
	    .started_s = SIM_START_S,
	    .rules = 3,
	    .inotify = true,
	    .pause = pause,
	    .sweep = &sim->sweep,
	    .survey = &survey};
	struct buf out;

	buf_init(&out, STATUS_MAX);
	check_bool(row, status_print(&status, &sim->now, &out), true);
	check_span(row, buf_span(&out), span_str(want));
	for (size_t room = 0; room < buf_len(&out); room++) {
		struct buf small;

		buf_init(&small, room);
		check_bool(
		    "no room", status_print(&status, &sim->now, &small), false);
		buf_free(&small);
	}
	buf_free(&out);
}

static void
an_engine_that_has_just_started(void **state)
{
	struct sim *sim = sim_open("");
	struct pause pause = {.on = false};

	(void)state;
	check_status("just started", sim, &pause,
	    HEAD "\"paused\":null,\"rules\":3,\"waiting\":0,"
		 "\"waiting_bytes\":0,\"frozen\":0,\"overdue\":0,"
		 "\"oldest_overdue\":null,\"foreign\":0,\"unreadable\":0,"
		 "\"unread\":0,\"rescheduled\":0,\"next_due\":null,"
		 "\"released\":{\"release\":0,\"requeue\":0},\"walks\":0,"
		 "\"last_walk\":null,\"late\":null,\"inotify\":true}\n");
	sim_close(sim);
}

/* A message that is nowhere yet. */
static void
sim_reschedule(struct sim *sim)
{
	struct override override = {.id = qid_of("NOWHERE"), .due_s = 5};

	assert_true(overrides_set(&sim->overrides, &override));
}

static void
all_that_there_may_be(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 10s");
	struct pause pause = {
	    .on = true, .since_s = SIM_START_S + 5, .reason = "a \"b\""};

	(void)state;
	sim->rules = "a";
	sim_add(sim, 1);
	sim_add(sim, 1)->facts.arrival_s -= 1000;
	for (int i = 0; i < 5; i++)
		sim_add(sim, 3);
	sim_run(sim, 2 * SEC);
	sweep_pause(&sim->sweep, true);
	for (int i = 0; i < 2; i++)
		sim_add_frozen(sim, "a");
	for (int i = 0; i < 3; i++)
		sim_add(sim, -SIM_AGE_S - 5);
	for (int i = 0; i < 4; i++)
		sim_add(sim, 3600 + i);
	sim_add(sim, 100)->bad = true;
	sim_run(sim, 28 * SEC + SEC / 2);
	sim->sweep.counts = (struct sweep_counts){
	    .released = 7, .requeued = 3, .walks = 12, .walks_failed = 1};
	sim->sweep.walk_cost_ns = 12345678;
	sim->sweep.late = (struct lateness){0};
	for (int i = 0; i < 100; i++)
		lateness_add(&sim->sweep.late, i < 60 ? 4 * MSEC : 3 * SEC);
	lateness_add(&sim->sweep.late, 61 * SEC);
	sim_reschedule(sim);
	check_status("everything", sim, &pause,
	    HEAD "\"paused\":{\"since\":\"2026-11-21T22:26:45Z\","
		 "\"reason\":\"a \\\"b\\\"\"},\"rules\":3,\"waiting\":9,"
		 "\"waiting_bytes\":3305,\"frozen\":2,\"overdue\":5,"
		 "\"oldest_overdue\":28,\"foreign\":3,\"unreadable\":1,"
		 "\"unread\":0,\"rescheduled\":1,"
		 "\"next_due\":\"2026-11-21T23:26:40Z\","
		 "\"released\":{\"release\":4,\"requeue\":3},"
		 "\"walks\":12,\"last_walk\":{"
		 "\"ended\":\"2026-11-21T22:27:10Z\",\"cost\":0.012,"
		 "\"ok\":true},\"late\":{\"median\":0.005,\"p99\":5.000,"
		 "\"most\":61.000},\"inotify\":true}\n");
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_engine_that_has_just_started),
	    cmocka_unit_test(all_that_there_may_be),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
