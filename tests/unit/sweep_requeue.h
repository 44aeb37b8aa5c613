/* SPDX-License-Identifier: ISC */
/*
 * sweep_requeue - somebody requeues mail, for the tests of sweep()
 */
#ifndef UNIT_SWEEP_REQUEUE_H
#define UNIT_SWEEP_REQUEUE_H

#include "tests/unit/sweep_support.h"

/* What a requeue makes of it, in a new file. */
static inline struct sim_mail *
requeue(struct sim *sim, struct sim_mail *old, bool news)
{
	struct sim_mail *m = sim_add(sim, 0);

	m->facts.arrival_s = old->facts.arrival_s;
	m->facts.created_s = clock_floor_s(sim->now.wall_ns);
	m->facts.own_latest_s = old->facts.own_latest_s;
	m->facts.requeued = true;
	m->facts.former[0] = old->id;
	for (size_t i = 0; i < old->facts.n_former; i++)
		m->facts.former[i + 1] = old->facts.former[i];
	m->facts.n_former = old->facts.n_former + 1;
	old->queue = SIM_GONE;
	if (news) {
		sweep_departed(&sim->sweep, &old->id, &sim->now);
		sweep_arrived(&sim->sweep, &m->id);
	}
	return m;
}

#endif
