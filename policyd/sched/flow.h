/* SPDX-License-Identifier: ISC */
/*
 * flow - how much of what we released may be on its way (release_rate = auto)
 *
 * A message is on its way from the moment a command is told to release it until
 * qmgr has tried it once. While that is half of what qmgr takes at a time
 * (qmgr_message_active_limit), nothing more is released, so that the other half
 * is left to new mail, however slow a destination is (DESIGN fact 24).
 *
 * Pure: counts, no more. What enters must leave.
 */
#ifndef SCHED_FLOW_H
#define SCHED_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* qmgr_message_active_limit where that is not known. */
enum { FLOW_ACTIVE_LIMIT = 20000 };

struct flow {
	uint32_t on_way;
};

void flow_enter(struct flow *f);
void flow_leave(struct flow *f);

/* How many more may be released. At least one message may be on its way. */
size_t flow_room(const struct flow *f, uint32_t active_limit);

/*
 * There is room, but so little that it is better to wait a moment for more:
 * each command costs some milliseconds.
 */
bool flow_is_tight(const struct flow *f, uint32_t active_limit);

#endif
