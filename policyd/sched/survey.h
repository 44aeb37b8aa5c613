/* SPDX-License-Identifier: ISC */
/*
 * survey - what waits, for when and for which rule, counted in slices
 *
 * Looks at all that the scheduler knows, so many entries at a time that other
 * work need not wait for it. What changes between two slices is counted as it
 * was or as it is: the sums are right but for that.
 *
 * No I/O, no clock.
 */
#ifndef SCHED_SURVEY_H
#define SCHED_SURVEY_H

#include "policyd/sched/sweep.h"

enum {
	SURVEY_RULES_MAX = 10000, /* that may be told apart */
	SURVEY_TABLE_SIZE = 32768, /* a power of two, well above that */
	SURVEY_SLOTS_MAX = 24,
	SURVEY_REACH_WEEKS = 12, /* lanes end by then */
	SURVEY_REACH_HOURS = SURVEY_REACH_WEEKS * 7 * 24,
};

/* Lanes: the next hours, days and weeks. */
enum { SURVEY_HOURS, SURVEY_DAYS, SURVEY_WEEKS, SURVEY_LANES };

/* So many slots of the same length; what is due in each. */
struct survey_lane {
	int64_t begin_s; /* of the first one, in which now is; hours and days
			    of UTC, weeks from Monday */
	int64_t step_s;
	uint32_t n; /* slots */
	uint64_t count[SURVEY_SLOTS_MAX]; /* not of what is overdue */
	uint64_t later; /* behind the last one */
};

/* A rule, by the hash of its name. */
struct survey_place {
	uint32_t hash; /* 0: the place is free */
	uint32_t rule;
};

struct survey {
	int64_t now_s;
	struct sweep_survey counts;
	struct survey_lane lane[SURVEY_LANES]; /* of what waits; known last */
	/* All that waits and all that is frozen is one of these four. */
	uint64_t rule[SURVEY_RULES_MAX]; /* because of that one */
	uint64_t own; /* until its sender's date */
	uint64_t by_hand; /* until what an administrator said */
	uint64_t other; /* because of a rule that was not added */

	uint64_t hour[SURVEY_REACH_HOURS]; /* due in each, from this one on */
	uint64_t beyond;
	uint32_t next; /* slot to look at */
	uint32_t n_rules;
	struct survey_place table[SURVEY_TABLE_SIZE];
};

/* A survey without rules. */
void survey_init(struct survey *v);

/* Another set of rules begins. */
void survey_clear_rules(struct survey *v);

/* The next rule of that set; those beyond SURVEY_RULES_MAX are other ones. */
void survey_add_rule(struct survey *v, const struct sweep *s, struct span name);

/* Which of that set an entry waits for, from 0; or SURVEY_NO_RULE. */
enum { SURVEY_NO_RULE = SURVEY_RULES_MAX };
uint32_t survey_find_rule(const struct survey *v, const struct index_entry *e);

/* All counts are zero again. */
void survey_begin(struct survey *v, int64_t now_s);

/* Counts so many entries more, at most. True: that was all. */
bool survey_step(struct survey *v, const struct sweep *s, uint32_t most);

#endif
