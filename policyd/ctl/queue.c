/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/queue.h"

bool
queue_is_ours(const struct queue_message *m)
{
	return m->read && m->plan.owner != PLAN_FOREIGN;
}

int64_t
queue_due_s(const struct queue_message *m)
{
	if (!queue_is_ours(m) || m->plan.owner == PLAN_FROZEN)
		return OVERRIDE_NEVER;
	return m->plan.due_s;
}
