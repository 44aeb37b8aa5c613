/* SPDX-License-Identifier: ISC */
/*
 * sweep_override_support - mail in all states in which it may be rescheduled
 */
#ifndef UNIT_SWEEP_OVERRIDE_SUPPORT_H
#define UNIT_SWEEP_OVERRIDE_SUPPORT_H

#include "tests/unit/sweep_support.h"

/* Old enough for a requeue: more than a quarter of the queue life. */
enum { OLD_S = 2 * 86400 };

#define NEVER OVERRIDE_NEVER

/* What the administrator says of it: a moment behind the start, or NEVER. */
static inline void
say(struct sim *sim, const struct sim_mail *m, int64_t due_s)
{
	struct override override = {
	    .id = m->id,
	    .arrival_s = m->facts.arrival_s,
	    .due_s = due_s == NEVER ? NEVER : SIM_START_S + due_s,
	};

	assert_true(sweep_may_reschedule(&sim->sweep, &m->id));
	assert_true(overrides_set(&sim->overrides, &override));
	sweep_reschedule(&sim->sweep, &m->id);
}

/*
 * Ways into each state in which mail is on hold and may be rescheduled. Its own
 * moment is over, or will be, within ten seconds.
 */

static inline struct sim_mail *
become_waiting(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 10);

	sim_learn(sim);
	return m;
}

static inline struct sim_mail *
become_news(struct sim *sim)
{
	struct sim_mail *m;

	sim_learn(sim);
	m = sim_add(sim, 10);
	sweep_arrived(&sim->sweep, &m->id);
	sim_settle(sim);
	return m;
}

/* Its date has come while it arrived: a walk must see it first. */
static inline struct sim_mail *
become_if_listed(struct sim *sim)
{
	struct sim_mail *m;

	sim_learn(sim);
	m = sim_add(sim, -5);
	sweep_arrived(&sim->sweep, &m->id);
	sim_settle(sim);
	check_log("if listed", sim, "read MAILAAA\n");
	return m;
}

static inline struct sim_mail *
become_frozen(struct sim *sim)
{
	struct sim_mail *m = sim_freeze(sim_add(sim, 5), "a");

	sim->rules = "a";
	sim_learn(sim);
	return m;
}

static inline struct sim_mail *
become_released_by_a_rule(struct sim *sim)
{
	struct sim_mail *m = sim_freeze(sim_add(sim, 5), "a");

	sim_settle(sim);
	check_log("the rule is gone", sim,
	    "list\nread MAILAAA\n* rule gone MAILAAA a later\n");
	return m;
}

static inline struct sim_mail *
become_unreadable(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 5);

	m->bad = true;
	sim_settle(sim);
	m->bad = false;
	return m;
}

static inline struct sim_mail *
become_to_requeue(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 1);

	m->facts.arrival_s = m->facts.created_s = SIM_START_S - OLD_S;
	sim_learn(sim);
	sim->failing[SWEEP_REQUEUE] = 100;
	sim_run(sim, 60 * SEC);
	check_bool("tried", sim->commands[SWEEP_REQUEUE] > 2, true);
	sim->failing[SWEEP_REQUEUE] = 0;
	return m;
}

static inline struct sim_mail *
become_held_up(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 1);

	m->spoils = true;
	sim_learn(sim);
	sim_run(sim, 60 * SEC);
	check_bool("tried", sim->commands[SWEEP_RELEASE] > 2, true);
	m->spoils = false;
	return m;
}

static inline struct sim_mail *
become_unread(struct sim *sim)
{
	struct sim_mail *m = sim_add(sim, 5);

	sim_expect(sim, SWEEP_LIST);
	sim_end(sim, SWEEP_LIST, true);
	return m;
}

static inline struct sim_mail *
become_unknown(struct sim *sim)
{
	return sim_add(sim, 5);
}

static inline struct sim_mail *
become_waiting_and_reconsidered(struct sim *sim)
{
	struct sim_mail *m = become_waiting(sim);

	sweep_reconsider(&sim->sweep);
	return m;
}

#endif
