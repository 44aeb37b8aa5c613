/* SPDX-License-Identifier: ISC */
#include "policyd/web/snapshot.h"

#include <assert.h>

/* What always goes over the wire. */
#define FIXED offsetof(struct snapshot, rule)

static size_t
rules_size(const struct snapshot *s)
{
	return (size_t)s->n_rules * sizeof(s->rule[0]);
}

static size_t
next_size(const struct snapshot *s)
{
	return (size_t)s->n_next * sizeof(s->next[0]);
}

static bool
counts_fit(const struct snapshot *s)
{
	return s->n_rules <= SNAPSHOT_RULES_MAX &&
	    s->n_next <= SNAPSHOT_NEXT_MAX;
}

bool
snapshot_put(const struct snapshot *snapshot, struct buf *out)
{
	char *to;

	assert(counts_fit(snapshot));
	to = buf_reserve(
	    out, FIXED + rules_size(snapshot) + next_size(snapshot));
	if (to == NULL)
		return false;
	memcpy(to, snapshot, FIXED);
	to += FIXED;
	memcpy(to, snapshot->rule, rules_size(snapshot));
	to += rules_size(snapshot);
	memcpy(to, snapshot->next, next_size(snapshot));
	buf_commit(out, FIXED + rules_size(snapshot) + next_size(snapshot));
	return true;
}

static bool
is_time(int64_t s)
{
	return s >= -SNAPSHOT_TIME_MAX && s <= SNAPSHOT_TIME_MAX;
}

static bool
is_flag(uint64_t value)
{
	return value <= 1;
}

/* A text of a field of size bytes. */
static bool
is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool
is_rule(const char name[SNAPSHOT_RULE_SIZE])
{
	return is_text(name, SNAPSHOT_RULE_SIZE) &&
	    date_is_rule_name(span_str(name));
}

/* Of a message, which may have none, or one that is no more. */
static bool
is_rule_of_message(const char name[SNAPSHOT_RULE_SIZE])
{
	return is_text(name, SNAPSHOT_RULE_SIZE) &&
	    (name[0] == '\0' || strcmp(name, SNAPSHOT_GONE_RULE) == 0 ||
		date_is_rule_name(span_str(name)));
}

static bool
times_are_right(const struct snapshot *s)
{
	return is_time(s->taken_s) && is_time(s->started_s) &&
	    is_time(s->paused_since_s) && is_time(s->walk_at_s) &&
	    is_time(s->survey.oldest_due_s) && is_time(s->survey.next_due_s);
}

static bool
flags_are_right(const struct snapshot *s)
{
	return is_flag(s->paused) && is_flag(s->walk_ok) &&
	    is_flag(s->postfix_down) && is_flag(s->inotify) &&
	    is_flag(s->has_rules) && is_flag(s->shows_texts);
}

static bool
lane_is_right(const struct snapshot_lane *lane)
{
	return is_time(lane->begin_s) && lane->step_s > 0 &&
	    lane->step_s <= SNAPSHOT_STEP_MAX && lane->n <= SNAPSHOT_SLOTS_MAX;
}

/* The buckets are what is counted, each release once. */
static bool
lateness_is_right(const struct lateness *late)
{
	uint64_t left = late->n;

	for (size_t i = 0; i < LATENESS_BUCKETS; i++) {
		if (late->in[i] > left)
			return false;
		left -= late->in[i];
	}
	return left == 0 && late->sum_ns >= 0 && late->most_ns >= 0;
}

static bool
fixed_is_right(const struct snapshot *s)
{
	for (size_t i = 0; i < SNAPSHOT_LANES; i++)
		if (!lane_is_right(&s->lane[i]))
			return false;
	return counts_fit(s) && times_are_right(s) && flags_are_right(s) &&
	    is_text(s->status, sizeof(s->status)) &&
	    is_text(s->paused_reason, sizeof(s->paused_reason)) &&
	    lateness_is_right(&s->late) && s->walk_cost_ns >= 0;
}

/* Are its bits those of an id, as its own text would make them? */
static bool
is_qid(const struct qid *id)
{
	char text[QID_SIZE];
	struct qid same;
	size_t len = qid_format(id, text);

	return qid_parse(span_of(text, len), &same) && qid_equal(id, &same);
}

static bool
message_is_right(const struct snapshot_message *m)
{
	return is_qid(&m->id) && is_time(m->due_s) && is_time(m->arrival_s) &&
	    is_rule_of_message(m->rule) && is_flag(m->by_hand) &&
	    is_flag(m->has_texts) && is_text(m->sender, sizeof(m->sender)) &&
	    is_text(m->recipient, sizeof(m->recipient)) &&
	    is_text(m->subject, sizeof(m->subject));
}

static bool
arrays_are_right(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_rules; i++)
		if (!is_rule(s->rule[i].name) ||
		    !is_text(s->rule[i].action, sizeof(s->rule[i].action)))
			return false;
	for (size_t i = 0; i < s->n_next; i++)
		if (!message_is_right(&s->next[i]))
			return false;
	return true;
}

enum snapshot_result
snapshot_take(struct span in, struct snapshot *snapshot, size_t *used)
{
	size_t rules, next;

	if (in.len < FIXED)
		return SNAPSHOT_MORE;
	memcpy(snapshot, in.data, FIXED);
	if (!fixed_is_right(snapshot))
		return SNAPSHOT_WRONG;
	rules = rules_size(snapshot);
	next = next_size(snapshot);
	if (in.len < FIXED + rules + next)
		return SNAPSHOT_MORE;
	memcpy(snapshot->rule, in.data + FIXED, rules);
	memcpy(snapshot->next, in.data + FIXED + rules, next);
	if (!arrays_are_right(snapshot))
		return SNAPSHOT_WRONG;
	*used = FIXED + rules + next;
	return SNAPSHOT_DONE;
}
