/* SPDX-License-Identifier: ISC */
/*
 * plan_support - messages to be judged, for the two tests of that
 */
#ifndef UNIT_PLAN_SUPPORT_H
#define UNIT_PLAN_SUPPORT_H

#include "tests/unit/sched_support.h"

#include "policyd/sched/plan.h"

/* A message's life: it arrived, and at DUE a date of it comes true. */
#define ARRIVAL_S INT64_C(1795297489)
#define DUE_S     (ARRIVAL_S + 3600)
#define LATER_S   (ARRIVAL_S + 7200)
#define NEVER     INT64_MAX

/* Unset fields mean: no such date, seen by a walk, judged at its arrival. */
struct judged {
	const char *row;
	const char *config;
	int64_t created_s; /* behind the arrival */
	int64_t own_s; /* or NEVER */
	int64_t own_too_s; /* of a second header */
	int64_t rule_s; /* or NEVER */
	int64_t rule_too_s; /* of a second header */
	bool unreadable;
	bool vetoed;
	bool authenticated;
	const char *address; /* "local": came by sendmail(1) */
	bool unlisted;
	bool tried;
	bool kept; /* by a rule that stands */
	bool more_rules;
	int64_t override_s; /* 0: none; or NEVER */
	int64_t now_s;
	enum plan_owner owner;
	enum plan_why why; /* when foreign */
	int64_t due_s; /* 0: at its arrival */
	bool at_once; /* due_s is 0 */
	bool not_all_due;
	bool of_rule;
	bool undated;
};

/* Mail that is not ours, whatever is said of it. */
static const struct judged foreign[] = {
    {.row = "no date", .undated = true},
    {.row = "a date that is none", .unreadable = true, .undated = true},
    {.row = "a date that is the arrival", .own_s = ARRIVAL_S},
    {.row = "a date before the arrival", .own_s = ARRIVAL_S - 1},
    {.row = "a date long before", .own_s = 1},
    {.row = "a rule's date that is the arrival", .rule_s = ARRIVAL_S},
    {.row = "a rule's and the sender's date, both past",
	.own_s = ARRIVAL_S - 1,
	.rule_s = ARRIVAL_S},
    {.row = "requeued: between arrival and second making",
	.created_s = 100,
	.own_s = ARRIVAL_S + 99},
    {.row = "requeued: the moment of its second making",
	.created_s = 100,
	.own_s = ARRIVAL_S + 100},
    {.row = "requeued: a rule's date between",
	.created_s = 100,
	.rule_s = ARRIVAL_S + 100},
    {.row = "a veto", .why = PLAN_VETOED, .vetoed = true, .own_s = DUE_S},
    {.row = "a veto on a rule",
	.why = PLAN_VETOED,
	.vetoed = true,
	.rule_s = DUE_S},
    {.row = "a veto on mail without a date",
	.why = PLAN_VETOED,
	.vetoed = true,
	.undated = true},
    {.row = "a veto on a never",
	.why = PLAN_VETOED,
	.vetoed = true,
	.own_s = NEVER},
    {.row = "tried before", .why = PLAN_TRIED, .tried = true, .own_s = DUE_S},
    {.row = "tried before, long due",
	.why = PLAN_TRIED,
	.tried = true,
	.own_s = DUE_S,
	.now_s = LATER_S},
    {.row = "tried before, with a rule's date",
	.why = PLAN_TRIED,
	.tried = true,
	.rule_s = DUE_S},
    {.row = "tried before, with a never of a rule",
	.why = PLAN_TRIED,
	.tried = true,
	.rule_s = NEVER},
    {.row = "not permitted: no login",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = authenticated, local",
	.own_s = DUE_S},
    {.row = "not permitted: another network",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = 198.51.100.0/24",
	.own_s = DUE_S},
    {.row = "not permitted: an unknown address",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = local, 0.0.0.0/0, ::/0",
	.address = "unknown",
	.own_s = DUE_S},
    {.row = "not permitted: over a network, from nobody knows where",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = local, 0.0.0.0/0",
	.address = "",
	.own_s = DUE_S},
    {.row = "not permitted: sendmail(1) where logins are",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = authenticated",
	.address = "local",
	.own_s = DUE_S},
    {.row = "not permitted, and due",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = local",
	.own_s = DUE_S,
	.now_s = LATER_S},
    {.row = "not permitted: a never",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = local",
	.own_s = NEVER},
    {.row = "not permitted, and a rule's date",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = local",
	.own_s = DUE_S,
	.rule_s = LATER_S},
    {.row = "a veto on what a rule keeps",
	.why = PLAN_VETOED,
	.vetoed = true,
	.kept = true,
	.rule_s = NEVER},
    {.row = "tried before, though a rule keeps it",
	.why = PLAN_TRIED,
	.tried = true,
	.kept = true,
	.rule_s = NEVER},
    {.row = "not permitted, though a rule keeps it",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = local",
	.kept = true,
	.own_s = DUE_S,
	.rule_s = NEVER},
    {.row = "none of the rules known keeps it, others may",
	.why = PLAN_MANY_RULES,
	.more_rules = true,
	.rule_s = NEVER},
    {.row = "others may keep it, it is not permitted",
	.why = PLAN_NOT_PERMITTED,
	.config = "permit_postpone = local",
	.more_rules = true,
	.own_s = DUE_S,
	.rule_s = NEVER},
    {.row = "others may keep it, it was tried",
	.why = PLAN_TRIED,
	.more_rules = true,
	.tried = true,
	.rule_s = NEVER},
    {.row = "to be released, but vetoed",
	.why = PLAN_VETOED,
	.config = "permit_postpone = local\nunpermitted = release",
	.vetoed = true,
	.own_s = DUE_S},
};

static inline void
later(int64_t *latest_s, int64_t date_s)
{
	if (date_s != 0 && date_s != NEVER && date_s > *latest_s)
		*latest_s = date_s;
}

static inline struct facts
facts_of(const struct judged *j)
{
	const char *address = j->address != NULL ? j->address : "192.0.2.7";
	struct facts f;

	facts_begin(&f);
	f.arrival_s = ARRIVAL_S;
	f.created_s = ARRIVAL_S + j->created_s;
	f.vetoed = j->vetoed;
	f.authenticated = j->authenticated;
	f.unreadable_date = j->unreadable;
	f.own_never = j->own_s == NEVER;
	f.rule_never = j->rule_s == NEVER;
	f.more_rules = j->more_rules;
	later(&f.own_latest_s, j->own_s);
	later(&f.own_latest_s, j->own_too_s);
	later(&f.rule_latest_s, j->rule_s);
	later(&f.rule_latest_s, j->rule_too_s);
	f.remote = strcmp(address, "local") != 0;
	if (f.remote)
		snprintf(
		    f.client_address, sizeof(f.client_address), "%s", address);
	return f;
}

static inline void
check_judged(const struct judged *j, enum plan_owner owner)
{
	struct settings settings;
	struct facts f = facts_of(j);
	struct plan plan;

	load_settings(&settings, j->config != NULL ? j->config : "");
	plan = plan_judge(&f, !j->unlisted, j->tried, j->kept,
	    j->override_s != 0 ? j->override_s : PLAN_NO_OVERRIDE,
	    j->now_s != 0 ? j->now_s : ARRIVAL_S, &settings);
	check_int(j->row, plan.owner, owner);
	check_bool(j->row, plan.dated, !j->undated);
	if (plan.owner == PLAN_FOREIGN) {
		check_int(j->row, plan.why, j->why);
		return;
	}
	check_int(j->row, plan.due_s,
	    j->due_s != 0 || j->at_once ? j->due_s : ARRIVAL_S);
	check_bool(j->row, plan.all_due_then, !j->not_all_due);
	check_bool(j->row, plan.of_rule, j->of_rule);
}

#endif
