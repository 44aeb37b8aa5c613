/* SPDX-License-Identifier: ISC */
/*
 * What a snapshot consists of.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "policyd/engine_private.h"
#include "policyd/rule_action.h"

static_assert(
    (int)SURVEY_RULES_MAX >= (int)RULES_MAX, "all rules are told apart");
static_assert((int)SURVEY_LANES == (int)SNAPSHOT_LANES &&
	(int)SURVEY_SLOTS_MAX == (int)SNAPSHOT_SLOTS_MAX,
    "lanes are the same");
static_assert(
    (int)SNAPSHOT_REASON_SIZE > (int)STATE_REASON_MAX, "a reason fits");
static_assert((int)SNAPSHOT_NEXT_MAX <= (int)INDEX_FIRST_MAX, "all are found");

/* Answers by kind of decision. */
static const enum snapshot_answer answers[DECISION_KINDS] = {
    [DECISION_NOTHING] = SNAPSHOT_DUNNO,
    [DECISION_POSTPONE] = SNAPSHOT_POSTPONED,
    [DECISION_REJECT] = SNAPSHOT_REJECTED,
    [DECISION_DEFER] = SNAPSHOT_DEFERRED,
    [DECISION_MISPLACED] = SNAPSHOT_MISPLACED,
};

static size_t
rules_of(const struct engine *g)
{
	return g->orders.has_rules ? g->orders.rules.n : 0;
}

void
engine_snapshot_take_orders(struct engine *g)
{
	struct engine_snapshot *s = g->snapshot;

	if (s == NULL)
		return;
	if (!g->orders.settings.page_addresses)
		engine_snapshot_forget_texts(g);
	/* What was counted so far was counted for other rules. */
	s->gathering = false;
	survey_clear_rules(&s->survey);
	for (size_t i = 0; i < rules_of(g); i++)
		survey_add_rule(
		    &s->survey, &g->sweep, g->orders.rules.rule[i].name);
}

/* An administrator may set any moment, and a file in state_directory hold it.
 */
static int64_t
bounded(int64_t s)
{
	return s < SNAPSHOT_TIME_MAX ? s : SNAPSHOT_TIME_MAX;
}

static void
fill_status(struct engine *g)
{
	struct snapshot *to = &g->snapshot->snapshot;
	struct clock_now now = clock_read();
	struct buf line;

	buf_init(&line, sizeof(to->status) - 1);
	if (engine_print_status(g, &to->survey, &now, &line))
		span_to_string(buf_span(&line), to->status, sizeof(to->status));
	buf_free(&line);
}

static void
fill_lane(struct snapshot_lane *to, const struct survey_lane *from)
{
	to->begin_s = from->begin_s;
	to->step_s = from->step_s;
	to->n = from->n;
	memcpy(to->count, from->count, sizeof(to->count));
	to->later = from->later;
}

static void
fill_survey(struct engine *g)
{
	struct snapshot *to = &g->snapshot->snapshot;
	const struct survey *from = &g->snapshot->survey;

	to->taken_s = from->now_s;
	to->survey = from->counts;
	to->survey.oldest_due_s = bounded(to->survey.oldest_due_s);
	to->survey.next_due_s = bounded(to->survey.next_due_s);
	for (int i = 0; i < SNAPSHOT_LANES; i++)
		fill_lane(&to->lane[i], &from->lane[i]);
	to->waiting_own = from->own;
	to->waiting_by_hand = from->by_hand;
	to->waiting_other = from->other;
	to->rescheduled = g->control.overrides.n;
}

static void
fill_sweep(struct engine *g)
{
	struct snapshot *to = &g->snapshot->snapshot;
	const struct sweep *sweep = &g->sweep;

	to->released[0] = sweep->counts.released - sweep->counts.requeued;
	to->released[1] = sweep->counts.requeued;
	to->late = sweep->late;
	to->walks = sweep->counts.walks;
	to->walks_failed = sweep->counts.walks_failed;
	to->walk_at_s = sweep->walk_at_s;
	to->walk_ok = sweep->walk_ok;
	to->walk_cost_ns = sweep->walk_cost_ns;
	to->postfix_down = g->jobs.postfix_is_down;
	to->headers_read = sweep->counts.read;
	memcpy(to->commands, g->jobs.started, sizeof(to->commands));
	memcpy(
	    to->commands_failed, g->jobs.failed, sizeof(to->commands_failed));
}

static void
fill_policy(struct engine *g)
{
	struct snapshot *to = &g->snapshot->snapshot;

	for (int i = 0; i < DECISION_KINDS; i++)
		to->answers[answers[i]] = g->policy.answers[i];
	to->answers[SNAPSHOT_MALFORMED] = g->policy.malformed;
	to->policy = *conn_server_counters(g->server);
	to->policy_open = conn_server_count(g->server);
}

static void
fill_engine(struct engine *g)
{
	struct snapshot *to = &g->snapshot->snapshot;
	const struct pause *pause = &g->control.pause;

	to->started_s = g->control.started_s;
	to->inotify = g->o.news >= 0;
	to->paused = pause->on;
	if (!pause->on)
		return;
	to->paused_since_s = bounded(pause->since_s);
	snprintf(
	    to->paused_reason, sizeof(to->paused_reason), "%s", pause->reason);
}

/* Those behind the ones that there is room for count as other ones. */
static void
fill_rules(struct engine *g)
{
	struct snapshot *to = &g->snapshot->snapshot;
	const struct survey *survey = &g->snapshot->survey;
	size_t all = rules_of(g);
	size_t n = all < SNAPSHOT_RULES_MAX ? all : SNAPSHOT_RULES_MAX;

	to->has_rules = g->orders.has_rules;
	to->n_rules = n;
	to->other_rules = all - n;
	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = &g->orders.rules.rule[i];

		span_to_string(
		    rule->name, to->rule[i].name, SNAPSHOT_RULE_SIZE);
		snprintf(to->rule[i].action, SNAPSHOT_ACTION_SIZE, "%s",
		    rule_action_name(rule->action));
		to->rule[i].hits = hits_of(&g->policy.hits, i);
		to->rule[i].waiting = survey->rule[i];
	}
	for (size_t i = n; i < all; i++)
		to->waiting_other += survey->rule[i];
}

/* The moment that its low 32 bits are kept of, around now. */
static int64_t
widen(uint32_t moment_s, int64_t now_s)
{
	return now_s + (int32_t)(moment_s - (uint32_t)now_s);
}

static void
name_rule(const struct engine *g, const struct index_entry *e,
    char out[SNAPSHOT_RULE_SIZE])
{
	uint32_t rule = survey_find_rule(&g->snapshot->survey, e);

	if (e->rule == 0)
		return;
	span_to_string(rule < rules_of(g) ? g->orders.rules.rule[rule].name
					  : span_str(SNAPSHOT_GONE_RULE),
	    out, SNAPSHOT_RULE_SIZE);
}

static void
fill_texts(struct snapshot_message *to, const struct text *text)
{
	to->has_texts = 1;
	to->recipients = text->recipients;
	memcpy(to->sender, text->sender, sizeof(to->sender));
	memcpy(to->recipient, text->recipient, sizeof(to->recipient));
	memcpy(to->subject, text->subject, sizeof(to->subject));
}

static void
fill_message(const struct engine *g, const struct index_entry *e,
    struct snapshot_message *to)
{
	const struct text *text = NULL;

	to->id = index_id(&g->sweep.index, e);
	if (g->orders.settings.page_addresses)
		text = texts_find(&g->snapshot->texts, &to->id, e);
	to->due_s = bounded(index_due_s(e));
	to->arrival_s = widen(e->arrival_s, g->snapshot->survey.now_s);
	to->size = e->size;
	to->by_hand = sweep_is_by_hand(e);
	name_rule(g, e, to->rule);
	if (text != NULL && text->known)
		fill_texts(to, text);
}

static void
fill_next(struct engine *g)
{
	struct engine_snapshot *s = g->snapshot;
	const struct index *index = &g->sweep.index;

	s->snapshot.shows_texts = g->orders.settings.page_addresses;
	s->snapshot.n_next =
	    index_heap_first(index, s->next, SNAPSHOT_NEXT_MAX);
	for (size_t i = 0; i < s->snapshot.n_next; i++)
		fill_message(
		    g, index_at(index, s->next[i]), &s->snapshot.next[i]);
}

/* Nothing of the one before stays, not even behind the end of a text. */
void
engine_snapshot_fill(struct engine *g)
{
	memset(&g->snapshot->snapshot, 0, sizeof(g->snapshot->snapshot));
	fill_engine(g);
	fill_survey(g);
	fill_status(g);
	fill_sweep(g);
	fill_policy(g);
	fill_rules(g);
	fill_next(g);
}
