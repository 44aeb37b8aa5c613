/* SPDX-License-Identifier: ISC */
/*
 * When mail leaves of which the administrator said so.
 */
#include "tests/unit/plan_support.h"

static const struct judged rescheduled[] = {
    {.row = "later", .own_s = DUE_S, .override_s = LATER_S, .due_s = LATER_S},
    {.row = "earlier: a header is ahead then",
	.own_s = LATER_S,
	.override_s = DUE_S,
	.due_s = DUE_S,
	.not_all_due = true},
    {.row = "to the moment of its header",
	.own_s = DUE_S,
	.override_s = DUE_S,
	.due_s = DUE_S},
    {.row = "a second before it",
	.own_s = DUE_S,
	.override_s = DUE_S - 1,
	.due_s = DUE_S - 1,
	.not_all_due = true},
    {.row = "earlier than a rule's date",
	.own_s = ARRIVAL_S + 1,
	.rule_s = LATER_S,
	.override_s = DUE_S,
	.due_s = DUE_S,
	.not_all_due = true},
    {.row = "later, beside a date that is none",
	.own_s = DUE_S,
	.unreadable = true,
	.override_s = LATER_S,
	.due_s = LATER_S,
	.not_all_due = true},
    {.row = "to now",
	.own_s = LATER_S,
	.override_s = DUE_S,
	.now_s = DUE_S,
	.due_s = DUE_S,
	.not_all_due = true},
    {.row = "to now, not listed",
	.own_s = LATER_S,
	.unlisted = true,
	.override_s = DUE_S,
	.now_s = DUE_S,
	.owner = PLAN_OURS_IF_LISTED,
	.due_s = DUE_S,
	.not_all_due = true},
    {.row = "to the next second, not listed",
	.own_s = LATER_S,
	.unlisted = true,
	.override_s = DUE_S + 1,
	.now_s = DUE_S,
	.due_s = DUE_S + 1,
	.not_all_due = true},
    {.row = "to later, when its date has come, not listed",
	.own_s = DUE_S,
	.unlisted = true,
	.override_s = LATER_S,
	.now_s = DUE_S + 10,
	.due_s = LATER_S},
    {.row = "to before its arrival",
	.own_s = DUE_S,
	.override_s = 5,
	.due_s = 5,
	.not_all_due = true},
    {.row = "to before 1970",
	.own_s = DUE_S,
	.override_s = -5,
	.due_s = 0,
	.at_once = true,
	.not_all_due = true},
    {.row = "to a moment too far ahead",
	.own_s = DUE_S,
	.override_s = PLAN_DUE_MAX + 1,
	.due_s = PLAN_DUE_MAX},
    {.row = "to the second before never",
	.own_s = DUE_S,
	.override_s = NEVER - 1,
	.due_s = PLAN_DUE_MAX},
    {.row = "to never",
	.own_s = DUE_S,
	.override_s = NEVER,
	.owner = PLAN_FROZEN,
	.due_s = PLAN_DUE_MAX},
    {.row = "to never, long due and not listed",
	.own_s = DUE_S,
	.unlisted = true,
	.override_s = NEVER,
	.now_s = LATER_S,
	.owner = PLAN_FROZEN,
	.due_s = PLAN_DUE_MAX},
    {.row = "to never, though a rule keeps it",
	.kept = true,
	.rule_s = NEVER,
	.override_s = NEVER,
	.owner = PLAN_FROZEN,
	.due_s = PLAN_DUE_MAX,
	.not_all_due = true},
    {.row = "what a rule keeps",
	.kept = true,
	.rule_s = NEVER,
	.override_s = DUE_S,
	.due_s = DUE_S,
	.not_all_due = true},
    {.row = "what a rule keeps, to now, not listed",
	.kept = true,
	.unlisted = true,
	.rule_s = NEVER,
	.override_s = DUE_S,
	.now_s = DUE_S,
	.owner = PLAN_OURS_IF_LISTED,
	.due_s = DUE_S,
	.not_all_due = true},
    {.row = "what a rule keeps, and perhaps others",
	.kept = true,
	.more_rules = true,
	.rule_s = NEVER,
	.override_s = DUE_S,
	.due_s = DUE_S,
	.not_all_due = true},
    {.row = "a sender's never",
	.own_s = NEVER,
	.override_s = DUE_S,
	.due_s = DUE_S,
	.not_all_due = true},
    {.row = "whose own date is not permitted, and ignored",
	.config = "permit_postpone = local\nunpermitted = release",
	.own_s = LATER_S,
	.override_s = DUE_S,
	.due_s = DUE_S,
	.not_all_due = true},
};

static void
the_moment_of_the_administrator_outrules_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rescheduled); i++)
		check_judged(&rescheduled[i], rescheduled[i].owner);
}

/* Nobody else's mail leaves, or stays, by it. */
static void
foreign_mail_stays_foreign_for_the_same_reason(void **state)
{
	static const int64_t moments[] = {
	    1, DUE_S, LATER_S, LATER_S + 1, NEVER};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(foreign); i++) {
		for (size_t k = 0; k < COUNT_OF(moments); k++) {
			struct judged j = foreign[i];

			j.override_s = moments[k];
			check_judged(&j, PLAN_FOREIGN);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_moment_of_the_administrator_outrules_headers),
	    cmocka_unit_test(foreign_mail_stays_foreign_for_the_same_reason),
	};

	return cmocka_run_group_tests_name("plan_override", tests, NULL, NULL);
}
