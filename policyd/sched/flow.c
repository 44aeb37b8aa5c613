/* SPDX-License-Identifier: ISC */
#include "policyd/sched/flow.h"

#include <assert.h>

enum {
	OUR_PART = 2, /* half of what qmgr takes is for us */
	PORTION = 8, /* such a part of that is worth a command */
};

void
flow_enter(struct flow *f)
{
	f->on_way++;
}

void
flow_leave(struct flow *f)
{
	assert(f->on_way > 0);
	f->on_way--;
}

static uint32_t
most(uint32_t active_limit)
{
	return active_limit >= OUR_PART ? active_limit / OUR_PART : 1;
}

size_t
flow_room(const struct flow *f, uint32_t active_limit)
{
	uint32_t all = most(active_limit);

	return f->on_way < all ? all - f->on_way : 0;
}

bool
flow_is_tight(const struct flow *f, uint32_t active_limit)
{
	return flow_room(f, active_limit) < most(active_limit) / PORTION;
}
