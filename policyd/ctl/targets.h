/* SPDX-License-Identifier: ISC */
/*
 * targets - the messages that a verb acts on, and what became of each
 *
 * Pure, but for memory.
 */
#ifndef CTL_TARGETS_H
#define CTL_TARGETS_H

#include "policyd/sched/qid.h"

struct target {
	struct qid id;
	int64_t arrival_s;
	bool done;
	bool held; /* the last look at the queue showed it on hold */
	const char *why; /* it is not done; a constant, or NULL */
};

/* Starts as zeros. */
struct targets {
	struct target *target; /* ordered, once they are sorted */
	size_t n;
	size_t room;
	size_t n_done;
};

void targets_free(struct targets *t);

/* False: no memory. */
bool targets_add(struct targets *t, const struct qid *id, int64_t arrival_s);

/* To be called when all are there. */
void targets_sort(struct targets *t);

/* NULL: it is none of them. */
struct target *targets_find(const struct targets *t, const struct qid *id);

/* Once is enough; why is forgotten. */
void targets_done(struct targets *t, struct target *target);

/* There is one that is not done, and nothing speaks against it. */
bool targets_any_open(const struct targets *t);

/* Says why of all that are not done and have no reason yet. */
void targets_explain(struct targets *t, const char *why);

#endif
