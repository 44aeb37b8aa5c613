/* SPDX-License-Identifier: ISC */
/*
 * tally - how often each of many numbers is there
 *
 * A hash table; the numbers must be hashes themselves, whose low bits are as
 * good as random. It has room for as many different numbers as were ever there
 * at the same time, and does not shrink. No I/O, no clock.
 */
#ifndef SCHED_TALLY_H
#define SCHED_TALLY_H

#include <stdbool.h>
#include <stdint.h>

struct tally_place {
	uint64_t number;
	uint32_t n; /* 0: this place of the table is free */
};

struct tally {
	struct tally_place *table;
	uint32_t mask;
	uint32_t used; /* places of the table */
	uint64_t total;
};

void tally_init(struct tally *t);
void tally_free(struct tally *t);

/*
 * The number is there once more. False: no memory, nothing is counted, and it
 * must not be dropped either.
 */
bool tally_add(struct tally *t, uint64_t number);

/* It is there once less; it must have been added. */
void tally_drop(struct tally *t, uint64_t number);

/* How often a number is there, and all of them together. */
uint64_t tally_count(const struct tally *t, uint64_t number);
uint64_t tally_total(const struct tally *t);

#endif
