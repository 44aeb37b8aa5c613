/* SPDX-License-Identifier: ISC */
/*
 * override_support - what was said of messages, for the two tests of that
 */
#ifndef UNIT_OVERRIDE_SUPPORT_H
#define UNIT_OVERRIDE_SUPPORT_H

#include "tests/unit/sched_support.h"

#include "policyd/sched/override.h"

enum { ARRIVAL_S = 1795297489, DUE_S = 1798189200, SET_S = 1795300000 };

static inline struct override
override_of(const char *id, int64_t arrival_s, int64_t due_s)
{
	return (struct override){.id = qid_of(id),
	    .arrival_s = arrival_s,
	    .due_s = due_s,
	    .set_s = SET_S};
}

static inline void
add(struct overrides *o, const char *id, int64_t due_s)
{
	struct override override = override_of(id, ARRIVAL_S, due_s);

	assert_true(overrides_set(o, &override));
}

/* Its due time, or -1: there is none. */
static inline int64_t
due_of(const struct overrides *o, const char *id, int64_t arrival_s)
{
	struct qid qid = qid_of(id);
	const struct override *override = overrides_find(o, &qid, arrival_s);

	return override != NULL ? override->due_s : -1;
}

#endif
