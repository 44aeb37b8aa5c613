/* SPDX-License-Identifier: ISC */
/*
 * idset - queue ids, in the order they came, and which of them were met
 *
 * Pure, but for memory.
 */
#ifndef CTL_IDSET_H
#define CTL_IDSET_H

#include "policyd/sched/qid.h"

struct idset {
	struct idset_entry {
		struct qid id;
		bool met;
	} * entry;
	size_t n;
	uint32_t *table; /* of numbers of entries, and 1; 0: free */
	size_t mask; /* its places, a power of two, less one; 0: none yet */
};

/* Empty; owns nothing yet. */
void idset_init(struct idset *s);
void idset_free(struct idset *s);

/*
 * Adds an id; one that is there already counts. False: there are max others, or
 * no memory.
 */
bool idset_add(struct idset *s, const struct qid *id, size_t max);

/* Whether it is there; then it was met. */
bool idset_meet(struct idset *s, const struct qid *id);

/* The next that was not met; *i starts at 0. False at the end. */
bool idset_next_unmet(const struct idset *s, size_t *i, struct qid *id);

#endif
