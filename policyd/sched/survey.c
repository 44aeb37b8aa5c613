/* SPDX-License-Identifier: ISC */
#include "policyd/sched/survey.h"

#include <string.h>

#include "policyd/sched/sweep_entry.h"

#define HOUR_S INT64_C(3600)
#define DAY_S  (24 * HOUR_S)
#define WEEK_S (7 * DAY_S)

/* 1970 began on a Thursday. */
#define MONDAY_BEFORE_1970_S (-3 * DAY_S)

static const struct {
	int64_t step_s;
	int64_t from_s; /* some moment at which a slot begins */
	uint32_t n;
} lanes[SURVEY_LANES] = {
    [SURVEY_HOURS] = {HOUR_S, 0, 24},
    [SURVEY_DAYS] = {DAY_S, 0, 14},
    [SURVEY_WEEKS] = {WEEK_S, MONDAY_BEFORE_1970_S, SURVEY_REACH_WEEKS},
};

void
survey_init(struct survey *v)
{
	memset(v, 0, sizeof(*v));
}

void
survey_clear_rules(struct survey *v)
{
	memset(v->table, 0, sizeof(v->table));
	v->n_rules = 0;
}

/* Where that hash is, or the free place it would have. */
static uint32_t
seek(const struct survey *v, uint32_t hash)
{
	uint32_t at = hash % SURVEY_TABLE_SIZE;

	while (v->table[at].hash != 0 && v->table[at].hash != hash)
		at = (at + 1) % SURVEY_TABLE_SIZE;
	return at;
}

void
survey_add_rule(struct survey *v, const struct sweep *s, struct span name)
{
	uint32_t hash = sweep_rule_hash(s, name);
	struct survey_place *place = &v->table[seek(v, hash)];

	if (v->n_rules == SURVEY_RULES_MAX)
		return;
	if (place->hash == 0)
		*place = (struct survey_place){hash, v->n_rules};
	v->n_rules++;
}

uint32_t
survey_find_rule(const struct survey *v, const struct index_entry *e)
{
	const struct survey_place *place = &v->table[seek(v, e->rule)];

	return place->hash != 0 ? place->rule : SURVEY_NO_RULE;
}

/* The last moment not after now_s at which a slot begins. */
static int64_t
begin_of_slot(int64_t now_s, int64_t from_s, int64_t step_s)
{
	int64_t into_s = (now_s - from_s) % step_s;

	return now_s - into_s - (into_s < 0 ? step_s : 0);
}

void
survey_begin(struct survey *v, int64_t now_s)
{
	v->now_s = now_s;
	v->next = 0;
	v->own = v->by_hand = v->other = 0;
	memset(&v->counts, 0, sizeof(v->counts));
	memset(v->rule, 0, sizeof(v->rule));
	memset(v->hour, 0, sizeof(v->hour));
	v->beyond = 0;
	for (int i = 0; i < SURVEY_LANES; i++)
		v->lane[i] = (struct survey_lane){
		    .begin_s =
			begin_of_slot(now_s, lanes[i].from_s, lanes[i].step_s),
		    .step_s = lanes[i].step_s,
		    .n = lanes[i].n,
		};
}

static void
count_reason(struct survey *v, const struct index_entry *e)
{
	uint32_t rule;

	if (entry_has(e, BY_HAND)) {
		v->by_hand++;
	} else if (e->rule == 0) {
		v->own++;
	} else {
		rule = survey_find_rule(v, e);
		++*(rule != SURVEY_NO_RULE ? &v->rule[rule] : &v->other);
	}
}

/*
 * A division is much of what an entry costs, hence one for all lanes, and a
 * short one.
 */
static void
count_hour(struct survey *v, int64_t due_s)
{
	int64_t into_s = due_s - v->lane[SURVEY_HOURS].begin_s;

	if (into_s < SURVEY_REACH_HOURS * HOUR_S)
		v->hour[(uint32_t)into_s / (uint32_t)HOUR_S]++;
	else
		v->beyond++;
}

static void
count_entry(struct survey *v, const struct index_entry *e)
{
	bool waits = sweep_count_entry(&v->counts, e, v->now_s);

	if (waits || e->state == FROZEN)
		count_reason(v, e);
	if (waits && index_due_s(e) >= v->now_s)
		count_hour(v, index_due_s(e));
}

/* All slots begin with an hour. */
static void
fill_lane(const struct survey *v, struct survey_lane *lane)
{
	int64_t hour_s = v->lane[SURVEY_HOURS].begin_s;
	int64_t end_s = lane->begin_s + lane->step_s;
	uint32_t slot = 0;

	lane->later = v->beyond;
	for (int i = 0; i < SURVEY_REACH_HOURS; i++, hour_s += HOUR_S) {
		if (hour_s == end_s) {
			end_s += lane->step_s;
			slot++;
		}
		*(slot < lane->n ? &lane->count[slot] : &lane->later) +=
		    v->hour[i];
	}
}

bool
survey_step(struct survey *v, const struct sweep *s, uint32_t most)
{
	uint32_t n = index_slots(&s->index);
	uint32_t left = v->next < n ? n - v->next : 0;
	uint32_t end = v->next + (left < most ? left : most);

	for (uint32_t slot = v->next; slot < end; slot++)
		count_entry(v, index_at(&s->index, slot));
	v->next = end;
	if (end < n)
		return false;
	for (int i = 0; i < SURVEY_LANES; i++)
		fill_lane(v, &v->lane[i]);
	return true;
}
