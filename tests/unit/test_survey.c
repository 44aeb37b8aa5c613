/* SPDX-License-Identifier: ISC */
/*
 * The survey of what waits: slices, slots of lanes, and rules.
 */
#include "tests/unit/sweep_support.h"

#include "policyd/sched/survey.h"

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)
#define WEEK (7 * DAY)

/* A Wednesday, 2026-11-25T10:20:30Z, and the Monday before it. */
#define WEDNESDAY_S INT64_C(1795602030)
#define MONDAY_S    INT64_C(1795392000)

#define ALL UINT32_MAX

static struct survey *
survey_new(void)
{
	struct survey *v = malloc(sizeof(*v));

	assert_non_null(v);
	survey_init(v);
	return v;
}

static void
survey_in_slices(
    struct survey *v, const struct sim *sim, int64_t now_s, uint32_t most)
{
	survey_begin(v, now_s);
	while (!survey_step(v, &sim->sweep, most))
		;
}

/* It waits for that moment, as the sender's date says; seconds since 1970. */
static struct sim_mail *
add_due(struct sim *sim, int64_t due_s)
{
	return sim_add(sim, due_s - SIM_START_S);
}

static const struct {
	const char *row;
	int lane; /* SURVEY_... */
	int64_t due_s;
	int slot; /* -1: later; -2: none */
} slots[] = {
    {"a second ago", SURVEY_HOURS, WEDNESDAY_S - 1, -2},
    {"a second ago, days", SURVEY_DAYS, WEDNESDAY_S - 1, -2},
    {"a second ago, weeks", SURVEY_WEEKS, WEDNESDAY_S - 1, -2},
    {"this second", SURVEY_HOURS, WEDNESDAY_S, 0},
    {"this second, days", SURVEY_DAYS, WEDNESDAY_S, 0},
    {"this second, weeks", SURVEY_WEEKS, WEDNESDAY_S, 0},
    {"the last second of this hour", SURVEY_HOURS,
	MONDAY_S + 2 * DAY + 11 * HOUR - 1, 0},
    {"the next hour", SURVEY_HOURS, MONDAY_S + 2 * DAY + 11 * HOUR, 1},
    {"the last hour", SURVEY_HOURS, MONDAY_S + 3 * DAY + 10 * HOUR - 1, 23},
    {"behind it", SURVEY_HOURS, MONDAY_S + 3 * DAY + 10 * HOUR, -1},
    {"the last second of the day", SURVEY_DAYS, MONDAY_S + 3 * DAY - 1, 0},
    {"midnight", SURVEY_DAYS, MONDAY_S + 3 * DAY, 1},
    {"the last day", SURVEY_DAYS, MONDAY_S + 16 * DAY - 1, 13},
    {"behind it, days", SURVEY_DAYS, MONDAY_S + 16 * DAY, -1},
    {"Sunday", SURVEY_WEEKS, MONDAY_S + WEEK - 1, 0},
    {"Monday", SURVEY_WEEKS, MONDAY_S + WEEK, 1},
    {"the last week", SURVEY_WEEKS, MONDAY_S + 12 * WEEK - 1, 11},
    {"behind it, weeks", SURVEY_WEEKS, MONDAY_S + 12 * WEEK, -1},
    {"behind all hours that are counted", SURVEY_WEEKS, WEDNESDAY_S + 12 * WEEK,
	-1},
    {"where those end", SURVEY_WEEKS,
	MONDAY_S + 2 * DAY + 10 * HOUR + 12 * WEEK, -1},
    {"a second before that", SURVEY_WEEKS,
	MONDAY_S + 2 * DAY + 10 * HOUR + 12 * WEEK - 1, -1},
    {"far away, hours", SURVEY_HOURS, PLAN_DUE_MAX, -1},
    {"far away, days", SURVEY_DAYS, PLAN_DUE_MAX, -1},
    {"far away, weeks", SURVEY_WEEKS, PLAN_DUE_MAX, -1},
};

static void
each_moment_has_its_slot(void **state)
{
	struct survey *v = survey_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(slots); i++) {
		struct sim *sim = sim_open("");
		const struct survey_lane *lane = &v->lane[slots[i].lane];
		int at = slots[i].slot;

		add_due(sim, slots[i].due_s);
		sim_learn(sim);
		survey_in_slices(v, sim, WEDNESDAY_S, ALL);
		check_int(slots[i].row, (int64_t)v->counts.waiting, 1);
		check_int(slots[i].row, (int64_t)v->counts.overdue, at == -2);
		check_int(slots[i].row, (int64_t)lane->later, at == -1);
		for (int slot = 0; slot < SURVEY_SLOTS_MAX; slot++)
			check_int(slots[i].row, (int64_t)lane->count[slot],
			    slot == at);
		sim_close(sim);
	}
	free(v);
}

static const struct {
	const char *row;
	int64_t now_s;
	int64_t hour_s;
	int64_t day_s;
	int64_t week_s;
} begins[] = {
    {"within all", WEDNESDAY_S, MONDAY_S + 2 * DAY + 10 * HOUR,
	MONDAY_S + 2 * DAY, MONDAY_S},
    {"where all begin", MONDAY_S, MONDAY_S, MONDAY_S, MONDAY_S},
    {"a second before that", MONDAY_S - 1, MONDAY_S - HOUR, MONDAY_S - DAY,
	MONDAY_S - WEEK},
    {"the first Monday", 4 * DAY, 4 * DAY, 4 * DAY, 4 * DAY},
    {"before the first Monday", 4 * DAY - 1, 4 * DAY - HOUR, 3 * DAY, -3 * DAY},
    {"1970", 0, 0, 0, -3 * DAY},
    {"before 1970", -1, -HOUR, -DAY, -3 * DAY},
    {"a week before", -3 * DAY - 1, -3 * DAY - HOUR, -4 * DAY, -10 * DAY},
};

static void
lanes_begin_where_calendars_do(void **state)
{
	struct survey *v = survey_new();
	struct sim *sim = sim_open("");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(begins); i++) {
		survey_in_slices(v, sim, begins[i].now_s, ALL);
		check_int(begins[i].row, v->lane[SURVEY_HOURS].begin_s,
		    begins[i].hour_s);
		check_int(begins[i].row, v->lane[SURVEY_DAYS].begin_s,
		    begins[i].day_s);
		check_int(begins[i].row, v->lane[SURVEY_WEEKS].begin_s,
		    begins[i].week_s);
	}
	check_int("hours", v->lane[SURVEY_HOURS].n, 24);
	check_int("of an hour", v->lane[SURVEY_HOURS].step_s, HOUR);
	check_int("days", v->lane[SURVEY_DAYS].n, 14);
	check_int("of a day", v->lane[SURVEY_DAYS].step_s, DAY);
	check_int("weeks", v->lane[SURVEY_WEEKS].n, 12);
	check_int("of a week", v->lane[SURVEY_WEEKS].step_s, WEEK);
	sim_close(sim);
	free(v);
}

/* Mail of all kinds: 300 messages. */
static void
fill_queue(struct sim *sim)
{
	struct dice d = {.state = 99};

	sim->rules = "ab";
	for (int i = 0; i < 300; i++) {
		struct sim_mail *m = sim_add(sim, dice_below(&d, 200 * 86400));

		if (i % 7 == 0)
			m->facts.vetoed = true;
		else if (i % 7 == 1)
			m->blank = true;
		else if (i % 7 == 2)
			sim_freeze(m, i % 2 == 0 ? "a" : "b");
		else if (i % 7 == 3)
			m->facts.rule_latest_s = m->facts.own_latest_s + 1;
	}
}

static void
slices_of_any_size_give_the_same(void **state)
{
	static const uint32_t sizes[] = {1, 2, 7, 299, 300, 301, 5000};
	struct survey *whole = survey_new(), *v = survey_new();
	struct sim *sim = sim_open("sweep_interval = 1h");
	int64_t now_s = SIM_START_S + 50 * DAY;
	struct sweep_survey all;

	(void)state;
	fill_queue(sim);
	sim_learn(sim);
	survey_in_slices(whole, sim, now_s, ALL);
	all = sim_survey(sim, now_s);
	assert_true(all.overdue > 10 && all.waiting > 100 && all.frozen > 10 &&
	    all.foreign > 10 && all.unreadable > 10);
	assert_memory_equal(&all, &whole->counts, sizeof(all));
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		survey_in_slices(v, sim, now_s, sizes[i]);
		assert_memory_equal(v, whole, sizeof(*v));
	}
	survey_begin(v, now_s);
	assert_false(survey_step(v, &sim->sweep, 299));
	assert_true(survey_step(v, &sim->sweep, 1));
	sim_close(sim);
	free(whole);
	free(v);
}

/* Slots between two looks come and go. */
static void
what_changes_between_slices_does_no_harm(void **state)
{
	struct survey *v = survey_new();
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < 100; i++)
		sim_add(sim, 1000);
	sim_learn(sim);
	survey_begin(v, SIM_START_S);
	assert_false(survey_step(v, &sim->sweep, 50));
	for (int i = 0; i < 100; i++)
		sweep_departed(&sim->sweep, &sim->mail[i].id, &sim->now);
	assert_false(survey_step(v, &sim->sweep, 49));
	for (int i = 0; i < 40; i++) {
		sim_add(sim, 1000);
		sweep_arrived(&sim->sweep, &sim->mail[100 + i].id);
	}
	sim_settle(sim);
	assert_true(survey_step(v, &sim->sweep, ALL));
	assert_true(survey_step(v, &sim->sweep, ALL));
	assert_true(v->counts.waiting >= 50 && v->counts.waiting <= 51);
	sweep_free(&sim->sweep);
	survey_begin(v, SIM_START_S);
	assert_true(survey_step(v, &sim->sweep, ALL));
	check_int("nothing", (int64_t)v->counts.waiting, 0);
	sim_close(sim);
	free(v);
}

/* Whatever moves entries, a survey that is begun ends within the table. */
static void
a_table_that_shrinks_is_the_end(void **state)
{
	struct survey *v = survey_new();
	struct sim *sim = sim_open("sweep_interval = 1h");

	(void)state;
	for (int i = 0; i < 10; i++)
		sim_add(sim, 1000);
	sim_learn(sim);
	survey_begin(v, SIM_START_S);
	assert_false(survey_step(v, &sim->sweep, 8));
	sweep_free(&sim->sweep);
	assert_true(survey_step(v, &sim->sweep, 8));
	check_int("those before", (int64_t)v->counts.waiting, 8);
	sim_close(sim);
	free(v);
}

/* Why mail waits. */

/* A rule's date, and the sender's; behind the start, 0: none. */
static struct sim_mail *
add_ruled(struct sim *sim, const char *rule, int64_t rule_s, int64_t own_s)
{
	struct sim_mail *m = sim_add(sim, own_s);

	if (own_s == 0)
		m->facts.own_latest_s = FACTS_NO_DATE;
	m->facts.rule_latest_s = SIM_START_S + rule_s;
	snprintf(
	    m->facts.rule_latest, sizeof(m->facts.rule_latest), "%s", rule);
	return m;
}

static void
say(struct sim *sim, const struct sim_mail *m, int64_t due_s)
{
	struct override override = {.id = m->id,
	    .arrival_s = m->facts.arrival_s,
	    .due_s = due_s,
	    .set_s = SIM_START_S};

	assert_true(overrides_set(&sim->overrides, &override));
}

static struct survey *
survey_of_rules(const struct sim *sim)
{
	struct survey *v = survey_new();

	survey_add_rule(v, &sim->sweep, span_str("a"));
	survey_add_rule(v, &sim->sweep, span_str("b"));
	return v;
}

static const struct {
	const char *row;
	const char *rule; /* of a date */
	int64_t rule_s;
	int64_t own_s;
	const char *nevers; /* of these rules; "a" stands */
	int64_t override_s; /* 0: none */
	const char *because; /* a, b, own, hand, other */
} reasons[] = {
    {"the sender", "", 0, 50, "", 0, "own"},
    {"a rule", "a", 50, 0, "", 0, "a"},
    {"another rule", "b", 50, 0, "", 0, "b"},
    {"a rule that is no more", "c", 50, 0, "", 0, "other"},
    {"a rule later than the sender", "a", 51, 50, "", 0, "a"},
    {"both at once", "a", 50, 50, "", 0, "own"},
    {"the sender later than a rule", "a", 50, 51, "", 0, "own"},
    {"a rule that freezes", "", 0, 0, "a", 0, "a"},
    {"one that freezes, and dates", "b", 50, 60, "a", 0, "a"},
    {"the second of two that freeze", "", 0, 0, "ba", 0, "a"},
    {"one that froze, and is no more", "", 0, 0, "c", 0, "other"},
    {"one that froze, and is another one now", "", 0, 0, "b", 0, "b"},
    {"one that froze, and the sender's date", "", 0, 50, "b", 0, "own"},
    {"one that froze, and a rule's date", "a", 50, 0, "c", 0, "a"},
    {"an administrator", "", 0, 50, "", 70, "hand"},
    {"one that outrules a rule", "a", 50, 0, "", 70, "hand"},
    {"one that lets a frozen message go", "", 0, 0, "a", 70, "hand"},
    {"one that freezes", "", 0, 50, "", OVERRIDE_NEVER, "hand"},
    {"one that freezes what is frozen", "", 0, 0, "a", OVERRIDE_NEVER, "hand"},
};

static void
what_it_waits_for_is_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reasons); i++) {
		const char *row = reasons[i].row, *want = reasons[i].because;
		struct sim *sim = sim_open("sweep_interval = 1h");
		struct survey *v = survey_of_rules(sim);
		int64_t due_s = reasons[i].override_s;
		struct sim_mail *m;

		sim->rules = "a";
		sweep_pause(&sim->sweep, true);
		m = add_ruled(
		    sim, reasons[i].rule, reasons[i].rule_s, reasons[i].own_s);
		if (reasons[i].rule_s == 0)
			m->facts.rule_latest_s = FACTS_NO_DATE;
		sim_freeze(m, reasons[i].nevers);
		m->facts.rule_never = reasons[i].nevers[0] != '\0';
		if (due_s != 0)
			say(sim, m,
			    due_s == OVERRIDE_NEVER ? due_s
						    : SIM_START_S + due_s);
		sim_learn(sim);
		survey_in_slices(v, sim, SIM_START_S + 1, ALL);
		check_int(
		    row, (int64_t)(v->counts.waiting + v->counts.frozen), 1);
		check_int(row, (int64_t)v->rule[0], strcmp(want, "a") == 0);
		check_int(row, (int64_t)v->rule[1], strcmp(want, "b") == 0);
		check_int(row, (int64_t)v->own, strcmp(want, "own") == 0);
		check_int(row, (int64_t)v->by_hand, strcmp(want, "hand") == 0);
		check_int(row, (int64_t)v->other, strcmp(want, "other") == 0);
		check_bool(row, index_at(&sim->sweep.index, 0)->rule != 0,
		    v->own + v->by_hand == 0);
		sim_close(sim);
		free(v);
	}
}

/* A rule's date that hdrcheck did not hold for is no reason to wait. */
static void
an_unpermitted_date_is_no_reason(void **state)
{
	struct sim *sim =
	    sim_open("permit_postpone = local\nunpermitted = release\n"
		     "sweep_interval = 1h");
	struct survey *v = survey_of_rules(sim);

	(void)state;
	add_ruled(sim, "a", 50, 99)->facts.remote = true;
	sim_learn(sim);
	survey_in_slices(v, sim, SIM_START_S, ALL);
	check_int("the rule", (int64_t)v->rule[0], 1);
	check_int("next", v->counts.next_due_s, SIM_START_S + 50);
	sim_close(sim);
	free(v);
}

static void
other_rules_count_anew(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct survey *v = survey_of_rules(sim);

	(void)state;
	add_ruled(sim, "a", 50, 0);
	add_ruled(sim, "b", 50, 0);
	add_ruled(sim, "b", 50, 0);
	sim_learn(sim);
	survey_in_slices(v, sim, SIM_START_S, ALL);
	check_int("a", (int64_t)v->rule[0], 1);
	check_int("b", (int64_t)v->rule[1], 2);
	survey_clear_rules(v);
	survey_add_rule(v, &sim->sweep, span_str("b"));
	survey_in_slices(v, sim, SIM_START_S, ALL);
	check_int("b is the first now", (int64_t)v->rule[0], 2);
	check_int("there is no second", (int64_t)v->rule[1], 0);
	check_int("a is gone", (int64_t)v->other, 1);
	sim_close(sim);
	free(v);
}

static void
there_is_a_limit_of_rules(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct survey *v = survey_new();
	char name[32];

	(void)state;
	for (int i = 0; i <= SURVEY_RULES_MAX; i++) {
		snprintf(name, sizeof(name), "rule%d", i);
		survey_add_rule(v, &sim->sweep, span_str(name));
		if (i >= SURVEY_RULES_MAX - 2)
			add_ruled(sim, name, 50, 0);
	}
	sim_learn(sim);
	survey_in_slices(v, sim, SIM_START_S, ALL);
	check_int(
	    "the last but one", (int64_t)v->rule[SURVEY_RULES_MAX - 2], 1);
	check_int("the last", (int64_t)v->rule[SURVEY_RULES_MAX - 1], 1);
	check_int("one too many", (int64_t)v->other, 1);
	sim_close(sim);
	free(v);
}

static void
the_rule_of_an_entry_is_found(void **state)
{
	struct sim *sim = sim_open("sweep_interval = 1h");
	struct survey *v = survey_of_rules(sim);
	const struct index *ix = &sim->sweep.index;

	(void)state;
	add_ruled(sim, "b", 50, 0);
	add_ruled(sim, "c", 50, 0);
	sim_add(sim, 50);
	say(sim, add_ruled(sim, "a", 50, 0), SIM_START_S + 99);
	sim_learn(sim);
	check_int("b", survey_find_rule(v, index_at(ix, 0)), 1);
	check_int("gone", survey_find_rule(v, index_at(ix, 1)), SURVEY_NO_RULE);
	check_int("none", survey_find_rule(v, index_at(ix, 2)), SURVEY_NO_RULE);
	check_int("hand", survey_find_rule(v, index_at(ix, 3)), SURVEY_NO_RULE);
	check_bool("b", sweep_is_by_hand(index_at(ix, 0)), false);
	check_bool("hand", sweep_is_by_hand(index_at(ix, 3)), true);
	sim_close(sim);
	free(v);
}

/* What a message waits for is a number, and messages are many. */
static void
entries_have_not_grown(void **state)
{
	(void)state;
	assert_true(sizeof(struct index_entry) <= 72);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_moment_has_its_slot),
	    cmocka_unit_test(lanes_begin_where_calendars_do),
	    cmocka_unit_test(slices_of_any_size_give_the_same),
	    cmocka_unit_test(what_changes_between_slices_does_no_harm),
	    cmocka_unit_test(a_table_that_shrinks_is_the_end),
	    cmocka_unit_test(what_it_waits_for_is_counted),
	    cmocka_unit_test(an_unpermitted_date_is_no_reason),
	    cmocka_unit_test(other_rules_count_anew),
	    cmocka_unit_test(there_is_a_limit_of_rules),
	    cmocka_unit_test(the_rule_of_an_entry_is_found),
	    cmocka_unit_test(entries_have_not_grown),
	};

	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
