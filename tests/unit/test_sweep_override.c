/* SPDX-License-Identifier: ISC */
/*
 * Mail that an administrator reschedules, in whatever state it is.
 */
#include "tests/unit/sweep_override_support.h"

static const struct {
	const char *row;
	struct sim_mail *(*become)(struct sim *sim);
} ways[] = {
    {"it waits", become_waiting},
    {"it is news, and waits", become_news},
    {"it is due, and news", become_if_listed},
    {"a rule keeps it", become_frozen},
    {"a rule that is gone held it", become_released_by_a_rule},
    {"it cannot be read", become_unreadable},
    {"it is to be requeued", become_to_requeue},
    {"its release fails", become_held_up},
    {"it is not read yet", become_unread},
    {"it is not known yet", become_unknown},
    {"it waits, and the rules changed", become_waiting_and_reconsidered},
};

/* Never at its own moment, but when the administrator says. */
static void
mail_leaves_at_the_moment_of_the_administrator(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = sim_open("sweep_interval = 7s");
		struct sim_mail *m = ways[i].become(sim);

		say(sim, m, 200);
		sim_run(sim, SIM_START_S * SEC + 200 * SEC - sim->now.wall_ns);
		check_int(ways[i].row, sim->released, 0);
		sim_run(sim, SEC);
		check_int(ways[i].row, sim->released, 1);
		check_bool(ways[i].row, sim->late_ns < SEC / 10, true);
		sim_close(sim);
	}
}

static void
mail_leaves_when_the_administrator_says_now(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct sim_mail *m = ways[i].become(sim);

		say(sim, m, 0);
		sim_run(sim, SEC);
		check_int(ways[i].row, sim->released, 1);
		sim_close(sim);
	}
}

static void
mail_never_leaves_when_the_administrator_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = sim_open("sweep_interval = 7s");
		struct sim_mail *m = ways[i].become(sim);

		say(sim, m, NEVER);
		sim_run(sim, 3600 * SEC);
		sweep_reconsider(&sim->sweep);
		sim_run(sim, 60 * SEC);
		sim_step_wall(sim, 1000 * 86400 * SEC);
		sim_run(sim, 60 * SEC);
		check_int(ways[i].row, sim->released, 0);
		say(sim, m, 3600);
		sim_run(sim, SEC);
		check_int(ways[i].row, sim->released, 1);
		sim_close(sim);
	}
}

/* Also while nothing leaves: it is judged at once, and only once. */
static void
rescheduled_mail_is_read_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct sim_mail *m = ways[i].become(sim);
		struct sweep_survey survey;

		sweep_pause(&sim->sweep, true);
		sim->commands[SWEEP_READ] = 0;
		say(sim, m, 200);
		say(sim, m, 100);
		sim_settle(sim);
		check_int(ways[i].row, sim->commands[SWEEP_READ], 1);
		sim_run(sim, SEC);
		check_int(ways[i].row, sim->commands[SWEEP_READ], 1);
		survey = sim_survey(sim, SIM_START_S + 99);
		check_int(ways[i].row, (int64_t)survey.waiting, 1);
		check_int(ways[i].row, survey.next_due_s, SIM_START_S + 100);
		sim_close(sim);
	}
}

/* That it cannot be read was told, and is no news. */
static void
what_still_cannot_be_read_is_not_told_twice(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 5s");
	struct sim_mail *m = sim_add(sim, 100);

	(void)state;
	m->bad = true;
	sim_run(sim, 60 * SEC);
	check_part("told", sim->log.text, "* unreadable MAILAAA\n");
	sim->log.used = 0;
	say(sim, m, 200);
	sim_run(sim, 60 * SEC);
	sim->log.text[sim->log.used] = '\0';
	check_bool(
	    "not again", strstr(sim->log.text, "unreadable") == NULL, true);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mail_leaves_at_the_moment_of_the_administrator),
	    cmocka_unit_test(mail_leaves_when_the_administrator_says_now),
	    cmocka_unit_test(mail_never_leaves_when_the_administrator_says_so),
	    cmocka_unit_test(rescheduled_mail_is_read_at_once),
	    cmocka_unit_test(what_still_cannot_be_read_is_not_told_twice),
	};

	return cmocka_run_group_tests_name("sweep_override", tests, NULL, NULL);
}
