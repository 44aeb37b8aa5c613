/* SPDX-License-Identifier: ISC */
/*
 * instance - messages that were postponed recipient by recipient
 *
 * Postfix asks once for each recipient of a message, and names the message by
 * its instance. A header is worth adding only when it makes the message later
 * than those before. The same recipient is told again what it was told, a few
 * times: Postfix repeats a question when the answer did not reach it. Bounded:
 * what is older than an hour is forgotten, and the oldest go first when there
 * are too many; all that costs is a header more. Pure.
 */
#ifndef POLICYD_INSTANCE_H
#define POLICYD_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "hdrcheck/base/clock.h"

enum {
	INSTANCE_SETS = 2048,
	INSTANCE_WAYS = 8, /* messages that share a set */
	INSTANCE_TIMES = 4, /* that the same is said to the same recipient */
};

#define INSTANCE_MEMORY_NS (3600 * CLOCK_NS_PER_S)

struct instances {
	struct instance {
		uint64_t hash; /* of its name */
		uint64_t recipient; /* hash of the one that raised it */
		int64_t due_s;
		int64_t at_ns; /* when it was last raised; 0: free */
		unsigned times; /* this due_s was said to this recipient */
	} place[INSTANCE_SETS][INSTANCE_WAYS];
};

/*
 * True when due_s is later than all that was said before of the instance with
 * this hash, or as late as what was last said, to the recipient with that hash
 * and not INSTANCE_TIMES times; that is remembered. now_ns > 0 is
 * CLOCK_MONOTONIC.
 */
bool instance_raise(struct instances *instances, uint64_t hash,
    uint64_t recipient, int64_t due_s, int64_t now_ns);

#endif
