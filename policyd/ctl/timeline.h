/* SPDX-License-Identifier: ISC */
/*
 * timeline - "policyctl timeline": what leaves when, as bars
 *
 * A slot is an hour or a day of local time; the first one is that of now. What
 * is overdue, later than the last one, or never leaves has a line of its own.
 * Pure, but for the verb.
 */
#ifndef CTL_TIMELINE_H
#define CTL_TIMELINE_H

#include "policyd/ctl/options.h"
#include "policyd/zone.h"

extern const struct ctl_verb timeline_verb;

enum {
	TIMELINE_HOURS_MAX = 31 * 24,
	TIMELINE_DAYS_MAX = 1000,
	TIMELINE_SLOTS_MAX = TIMELINE_DAYS_MAX,
	TIMELINE_WIDTH = 80, /* columns, where no terminal says */
};

struct timeline {
	const struct zone *local;
	int64_t now_s;
	bool days; /* else hours */
	size_t n; /* slots */
	int64_t begin_s[TIMELINE_SLOTS_MAX + 1]; /* and the end of the last */
	uint64_t count[TIMELINE_SLOTS_MAX];
	uint64_t overdue;
	uint64_t later;
	uint64_t never;
	uint64_t all;
};

/* n: slots, from 1 to TIMELINE_SLOTS_MAX. The zone is borrowed. */
void timeline_begin(struct timeline *t, const struct zone *local, int64_t now_s,
    bool days, size_t n);

/* Another one leaves then, or OVERRIDE_NEVER. */
void timeline_add(struct timeline *t, int64_t due_s);

/* Appends its lines, none of them wider than width, if that is 20 or more. */
bool timeline_put(const struct timeline *t, struct buf *out, int width);

#endif
