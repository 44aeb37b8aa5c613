/* SPDX-License-Identifier: ISC */
/*
 * snapshot_support - a snapshot of an engine that is well and has work
 */
#ifndef UNIT_SNAPSHOT_SUPPORT_H
#define UNIT_SNAPSHOT_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support.h"

#include "policyd/web/snapshot.h"

#define SNAPSHOT_NOW INT64_C(1795330800) /* Sun 2026-11-22 07:00:00 UTC */

static inline void
set_text(char *to, size_t size, const char *text)
{
	assert_true(strlen(text) < size);
	snprintf(to, size, "%s", text);
}

static inline void
add_rule(struct snapshot *s, const char *name, const char *action,
    uint64_t hits, uint64_t waiting)
{
	struct snapshot_rule *rule = &s->rule[s->n_rules++];

	set_text(rule->name, sizeof(rule->name), name);
	set_text(rule->action, sizeof(rule->action), action);
	rule->hits = hits;
	rule->waiting = waiting;
}

static inline struct snapshot_message *
add_next(struct snapshot *s, const char *id, int64_t due_s)
{
	struct snapshot_message *m = &s->next[s->n_next++];

	assert_true(qid_parse(span_str(id), &m->id));
	m->due_s = due_s;
	m->arrival_s = SNAPSHOT_NOW - 3600;
	m->size = 1000;
	m->recipients = 1;
	return m;
}

static inline void
set_lane(struct snapshot_lane *lane, int64_t begin_s, int64_t step_s,
    uint64_t n, uint64_t first)
{
	lane->begin_s = begin_s;
	lane->step_s = step_s;
	lane->n = n;
	lane->count[0] = first;
}

/* Nothing waits, nothing has happened but a first walk; in a heap block. */
static inline struct snapshot *
new_snapshot(void)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->taken_s = SNAPSHOT_NOW;
	s->started_s = SNAPSHOT_NOW - 86400;
	set_text(s->status, sizeof(s->status), "{\"version\":\"0.1.0\"}\n");
	set_lane(
	    &s->lane[SNAPSHOT_IN_HOURS], SNAPSHOT_NOW, 3600, SNAPSHOT_HOURS, 0);
	set_lane(&s->lane[SNAPSHOT_IN_DAYS], SNAPSHOT_NOW - 7 * 3600, 86400,
	    SNAPSHOT_DAYS, 0);
	set_lane(&s->lane[SNAPSHOT_IN_WEEKS],
	    SNAPSHOT_NOW - 7 * 3600 - 6 * 86400, 7 * 86400, SNAPSHOT_WEEKS, 0);
	s->walks = 1;
	s->walk_at_s = SNAPSHOT_NOW - 30;
	s->walk_ok = 1;
	s->walk_cost_ns = 12 * CLOCK_NS_PER_MS;
	s->inotify = 1;
	return s;
}

#endif
