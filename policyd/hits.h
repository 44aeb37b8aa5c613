/* SPDX-License-Identifier: ISC */
/*
 * hits - how many requests each rule decided
 *
 * Numbers beside a set of rules, which go along when that is read again.
 */
#ifndef POLICYD_HITS_H
#define POLICYD_HITS_H

#include "policyd/rule.h"

struct hits {
	uint64_t *of; /* a rule, by its place; NULL: they are not counted */
};

/*
 * Zeros for rules. Those that had a rule of the same name in old, whose hits
 * are in *hits, keep them; old may be NULL. Without memory nothing is counted.
 */
void hits_begin(
    struct hits *hits, const struct rules *rules, const struct rules *old);

void hits_free(struct hits *hits);

/* One more for a rule of these. */
void hits_count(
    struct hits *hits, const struct rules *rules, const struct rule *rule);

/* Of the i-th rule. */
uint64_t hits_of(const struct hits *hits, size_t i);

#endif
