/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/sched/plan.h"

#define CREATED_S INT64_C(1795297489)

/* A quarter of the lifetimes that Postfix has without configuration. */
enum {
	DAY_S = 86400,
	LIFETIME_S = 5 * DAY_S,
	QUARTER_S = LIFETIME_S / 4,
	BOUNCE_LIFETIME_S = DAY_S,
	BOUNCE_QUARTER_S = DAY_S / 4,
};

/* Unset: nothing is in a requeue's way, and there is a sender. */
static const struct {
	const char *row;
	const char *config;
	int64_t age_s;
	bool empty_sender;
	bool not_requeueable;
	bool unsafe;
	enum plan_method want;
} ways[] = {
    {.row = "auto, new", .age_s = 0, .want = PLAN_RELEASE},
    {.row = "auto, a second less than a quarter of the queue life",
	.age_s = QUARTER_S - 1,
	.want = PLAN_RELEASE},
    {.row = "auto, a quarter of the queue life",
	.age_s = QUARTER_S,
	.want = PLAN_RELEASE},
    {.row = "auto, a second more",
	.age_s = QUARTER_S + 1,
	.want = PLAN_REQUEUE},
    {.row = "auto, a year", .age_s = 366 * DAY_S, .want = PLAN_REQUEUE},
    {.row = "auto, made in the future, by a clock that was set",
	.age_s = -QUARTER_S * 2,
	.want = PLAN_RELEASE},
    {.row = "auto, empty sender, a quarter of a bounce's life",
	.age_s = BOUNCE_QUARTER_S,
	.empty_sender = true,
	.want = PLAN_RELEASE},
    {.row = "auto, empty sender, a second more",
	.age_s = BOUNCE_QUARTER_S + 1,
	.empty_sender = true,
	.want = PLAN_REQUEUE},
    {.row = "auto, a sender, as old as that",
	.age_s = BOUNCE_QUARTER_S + 1,
	.want = PLAN_RELEASE},
    {.row = "auto, old, a header is ahead",
	.age_s = QUARTER_S + 1,
	.not_requeueable = true,
	.want = PLAN_RELEASE_OLD},
    {.row = "auto, old, somebody would get a second copy",
	.age_s = QUARTER_S + 1,
	.unsafe = true,
	.want = PLAN_RELEASE_OLD},
    {.row = "auto, old, both",
	.age_s = QUARTER_S + 1,
	.not_requeueable = true,
	.unsafe = true,
	.want = PLAN_RELEASE_OLD},
    {.row = "auto, young, both",
	.age_s = QUARTER_S,
	.not_requeueable = true,
	.unsafe = true,
	.want = PLAN_RELEASE},
    {.row = "auto after an hour, an hour",
	.config = "requeue_after = 1h",
	.age_s = 3600,
	.want = PLAN_RELEASE},
    {.row = "auto after an hour, a second more",
	.config = "requeue_after = 1h",
	.age_s = 3601,
	.want = PLAN_REQUEUE},
    {.row = "auto after two days, an empty sender",
	.config = "requeue_after = 2d",
	.age_s = BOUNCE_LIFETIME_S,
	.empty_sender = true,
	.want = PLAN_RELEASE},
    {.row = "auto after no time, in its first second",
	.config = "requeue_after = 0",
	.age_s = 0,
	.want = PLAN_RELEASE},
    {.row = "auto after no time, a second later",
	.config = "requeue_after = 0",
	.age_s = 1,
	.want = PLAN_REQUEUE},
    {.row = "auto after no time, unsafe",
	.config = "requeue_after = 0",
	.age_s = 1,
	.unsafe = true,
	.want = PLAN_RELEASE_OLD},
    {.row = "always release, new",
	.config = "release_method = release",
	.age_s = 0,
	.want = PLAN_RELEASE},
    {.row = "always release, old",
	.config = "release_method = release",
	.age_s = 366 * DAY_S,
	.want = PLAN_RELEASE},
    {.row = "always release, old, requeue_after set",
	.config = "release_method = release\nrequeue_after = 1s",
	.age_s = 366 * DAY_S,
	.want = PLAN_RELEASE},
    {.row = "always requeue, new",
	.config = "release_method = requeue",
	.age_s = 0,
	.want = PLAN_REQUEUE},
    {.row = "always requeue, requeue_after not reached",
	.config = "release_method = requeue\nrequeue_after = 1d",
	.age_s = 1,
	.want = PLAN_REQUEUE},
    {.row = "always requeue, a header is ahead: it would be held again",
	.config = "release_method = requeue",
	.age_s = QUARTER_S + 1,
	.not_requeueable = true,
	.want = PLAN_RELEASE},
    {.row = "always requeue, somebody gets a second copy: as configured",
	.config = "release_method = requeue",
	.age_s = 0,
	.unsafe = true,
	.want = PLAN_REQUEUE},
};

static const char *const method_names[] = {
    [PLAN_RELEASE] = "release",
    [PLAN_RELEASE_OLD] = "release, though old",
    [PLAN_REQUEUE] = "requeue",
};

static void
mail_leaves_the_configured_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct plan_postfix postfix = {
		    .queue_lifetime_s = LIFETIME_S,
		    .bounce_lifetime_s = BOUNCE_LIFETIME_S,
		    .requeue_safe = !ways[i].unsafe,
		};
		struct settings settings;
		enum plan_method got;

		load_settings(
		    &settings, ways[i].config != NULL ? ways[i].config : "");
		got = plan_choose_method(&settings, &postfix, CREATED_S,
		    CREATED_S + ways[i].age_s, ways[i].empty_sender,
		    !ways[i].not_requeueable);
		check_string(
		    ways[i].row, method_names[got], method_names[ways[i].want]);
	}
}

/* maximal_queue_lifetime = 0 means one delivery attempt and no more. */
static void
a_queue_life_of_nothing_is_always_over(void **state)
{
	struct plan_postfix postfix = {.requeue_safe = true};
	struct settings settings;

	(void)state;
	load_settings(&settings, "");
	assert_int_equal(plan_choose_method(&settings, &postfix, CREATED_S,
			     CREATED_S + 1, false, true),
	    PLAN_REQUEUE);
	assert_int_equal(plan_choose_method(&settings, &postfix, CREATED_S,
			     CREATED_S + 1, false, false),
	    PLAN_RELEASE_OLD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mail_leaves_the_configured_way),
	    cmocka_unit_test(a_queue_life_of_nothing_is_always_over),
	};

	return cmocka_run_group_tests_name("plan_method", tests, NULL, NULL);
}
