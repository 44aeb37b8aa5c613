/* SPDX-License-Identifier: ISC */
/*
 * lateness - how late mail was released, as a histogram
 *
 * Pure.
 */
#ifndef SCHED_LATENESS_H
#define SCHED_LATENESS_H

#include <stdint.h>

enum { LATENESS_BUCKETS = 20 };

/* Upper bounds, from 5 ms to an hour; the last bucket has none. Ascending. */
extern const int64_t lateness_bound_ns[LATENESS_BUCKETS - 1];

/* Starts as zeros. */
struct lateness {
	uint64_t n;
	uint64_t in[LATENESS_BUCKETS]; /* each counts once */
	int64_t sum_ns;
	int64_t most_ns;
};

/* One release; less than 0 counts as 0. */
void lateness_add(struct lateness *l, int64_t late_ns);

/*
 * The bound that a part of all, in thousandths, was not later than; most_ns
 * where that is less. 0 when there was none.
 */
int64_t lateness_part_ns(const struct lateness *l, unsigned thousandths);

#endif
