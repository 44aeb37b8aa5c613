/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/queue_judge.h"

/* A rule of rules that cannot be read may stand. */
static bool
stands(const struct queue *q, struct span rule)
{
	return !q->has_orders || orders_hold(&q->orders, rule);
}

static bool
is_kept(const struct queue_message *m, const struct queue *q)
{
	for (size_t i = 0; i < m->facts.n_rules; i++)
		if (stands(q, span_str(m->facts.rules[i])))
			return true;
	return false;
}

/* Before this no header was ahead when the message was taken in. */
static int64_t
since_s(const struct facts *f)
{
	return f->created_s > f->arrival_s ? f->created_s : f->arrival_s;
}

/* Whether this header is the reason for a plan that knows no override. */
static bool
is_reason(const struct queue_date *date, const struct plan *plan,
    const struct facts *facts, const struct queue *q)
{
	int64_t moment_s = date->moment_s;

	if (!date->readable)
		return false;
	if (plan->owner == PLAN_FROZEN)
		return date->never && date->by_rule && stands(q, date->rule);
	if (moment_s > PLAN_DUE_MAX)
		moment_s = PLAN_DUE_MAX;
	return !date->never && moment_s > since_s(facts) &&
	    moment_s == plan->due_s;
}

/* A rule's header needs no permission, so it is the reason before others. */
static bool
find_reason(
    struct queue_message *m, const struct plan *plan, const struct queue *q)
{
	bool found = false;

	if (plan->owner == PLAN_FOREIGN)
		return false;
	for (size_t i = 0; i < m->n_dates; i++) {
		if (!is_reason(&m->date[i], plan, &m->facts, q))
			continue;
		if (!found ||
		    (m->date[i].by_rule && !m->date[m->decides].by_rule))
			m->decides = i;
		found = true;
	}
	return found;
}

static enum plan_method
choose_method(
    const struct queue_message *m, const struct queue_options *options)
{
	const struct facts *f = &m->facts;
	int64_t due_s = queue_due_s(m);
	int64_t at_s = due_s > options->now_s && due_s != OVERRIDE_NEVER
	    ? due_s
	    : options->now_s;

	return plan_choose_method(options->settings, &options->postconf->facts,
	    since_s(f), at_s, f->empty_sender,
	    m->plan.all_due_then && !f->filtered);
}

void
queue_judge(struct queue_message *m, const struct queue *q,
    const struct queue_options *options)
{
	const struct override *o =
	    overrides_find(&q->overrides, &m->id, m->arrival_s);
	bool kept = is_kept(m, q);
	struct plan plain = plan_judge(&m->facts, true, m->tried, kept,
	    PLAN_NO_OVERRIDE, options->now_s, options->settings);

	m->plan = plain;
	if (o != NULL)
		m->plan = plan_judge(&m->facts, true, m->tried, kept, o->due_s,
		    options->now_s, options->settings);
	m->override = m->plan.owner != PLAN_FOREIGN ? o : NULL;
	m->rule = span_of("", 0);
	m->decided = find_reason(m, &plain, q);
	if (m->decided && m->date[m->decides].by_rule)
		m->rule = m->date[m->decides].rule;
	if (m->override != NULL)
		m->decided = false;
	m->method = choose_method(m, options);
}
