/* SPDX-License-Identifier: ISC */
/*
 * instance - messages that were postponed recipient by recipient
 *
 * Postfix asks once for each recipient of a message, and names the message by
 * its instance. A header is worth adding only when it makes the message later
 * than those before, or holds it by another rule. The same recipient is told
 * again what it was told: Postfix repeats a question when the answer did not
 * reach it. Bounded: what is older than an hour is forgotten, and the oldest go
 * first when there are too many; all that costs is a header more. Pure.
 */
#ifndef POLICYD_INSTANCE_H
#define POLICYD_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "hdrcheck/base/clock.h"

enum {
	INSTANCE_SETS = 2048,
	INSTANCE_WAYS = 8, /* messages that share a set */
	INSTANCE_RULES_MAX = 4, /* that hold one message and are remembered */
};

#define INSTANCE_MEMORY_NS (3600 * CLOCK_NS_PER_S)

/* As long as its rule exists: later than all moments. */
#define INSTANCE_NEVER INT64_MAX

/* What is to be said, and to whom; names are hashes of them. */
struct instance_word {
	uint64_t instance;
	uint64_t recipient;
	uint64_t rule;
	int64_t due_s;
};

struct instances {
	struct instance {
		struct instance_word last;
		uint64_t rules[INSTANCE_RULES_MAX]; /* that said never */
		unsigned n_rules;
		int64_t at_ns; /* when it was last raised; 0: free */
	} place[INSTANCE_SETS][INSTANCE_WAYS];
};

/*
 * True when word is worth saying: it is later than all that was said before of
 * this instance, a never of another rule, or what was last said, to the same
 * recipient. That is remembered. now_ns > 0 is CLOCK_MONOTONIC.
 */
bool instance_raise(struct instances *instances,
    const struct instance_word *word, int64_t now_ns);

#endif
