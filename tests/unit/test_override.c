/* SPDX-License-Identifier: ISC */
#include "tests/unit/override_support.h"

static void
nothing_is_found_where_nothing_is(void **state)
{
	struct overrides o, copy;
	struct qid id = qid_of("MAILAAA");

	(void)state;
	overrides_init(&o);
	overrides_init(&copy);
	assert_null(overrides_find(&o, &id, ARRIVAL_S));
	assert_false(overrides_follow(&o, &id, ARRIVAL_S, &id));
	overrides_listed(&o, &id, ARRIVAL_S);
	overrides_end_walk(&o);
	assert_true(overrides_copy(&copy, &o));
	assert_int_equal(copy.n, 0);
	assert_false(o.changed);
	overrides_free(&o);
	overrides_free(&copy);
}

static void
a_message_is_known_by_id_and_arrival(void **state)
{
	struct overrides o;

	(void)state;
	overrides_init(&o);
	add(&o, "MAILAAA", DUE_S);
	add(&o, "MAILAAB", OVERRIDE_NEVER);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S), DUE_S);
	assert_int_equal(due_of(&o, "MAILAAB", ARRIVAL_S), OVERRIDE_NEVER);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S + 1), -1);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S - 1), -1);
	assert_int_equal(due_of(&o, "MAILAAC", ARRIVAL_S), -1);
	assert_int_equal(o.n, 2);
	assert_false(o.changed);
	overrides_free(&o);
	assert_int_equal(o.n, 0);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S), -1);
}

static void
the_last_word_counts(void **state)
{
	struct override other = override_of("MAILAAA", ARRIVAL_S + 5, DUE_S);
	struct overrides o;

	(void)state;
	overrides_init(&o);
	add(&o, "MAILAAA", DUE_S);
	add(&o, "MAILAAA", DUE_S + 1);
	assert_int_equal(o.n, 1);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S), DUE_S + 1);
	assert_true(overrides_set(&o, &other));
	assert_int_equal(o.n, 1);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S), -1);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S + 5), DUE_S);
	add(&o, "MAILAAA", -1);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S), 0);
	add(&o, "MAILAAA", INT64_MIN);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S), 0);
	overrides_free(&o);
}

static void
a_copy_is_its_own(void **state)
{
	struct overrides o, copy;

	(void)state;
	overrides_init(&o);
	overrides_init(&copy);
	add(&o, "MAILAAA", DUE_S);
	add(&copy, "MAILAAB", DUE_S);
	o.changed = true;
	assert_true(overrides_copy(&copy, &o));
	assert_int_equal(copy.n, 1);
	assert_true(copy.changed);
	assert_int_equal(due_of(&copy, "MAILAAA", ARRIVAL_S), DUE_S);
	assert_int_equal(due_of(&copy, "MAILAAB", ARRIVAL_S), -1);
	add(&copy, "MAILAAA", 1);
	add(&copy, "MAILAAC", 1);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S), DUE_S);
	assert_int_equal(due_of(&o, "MAILAAC", ARRIVAL_S), -1);
	overrides_free(&o);
	assert_int_equal(due_of(&copy, "MAILAAA", ARRIVAL_S), 1);
	overrides_free(&copy);
}

static void
a_requeue_is_followed(void **state)
{
	struct qid former = qid_of("MAILAAA");
	struct qid id = qid_of("MAILAAB");
	struct override *override;
	struct overrides o;

	(void)state;
	overrides_init(&o);
	add(&o, "MAILAAA", DUE_S);
	overrides_find(&o, &former, ARRIVAL_S)->told = true;
	assert_false(overrides_follow(&o, &former, ARRIVAL_S + 1, &id));
	assert_false(overrides_follow(&o, &id, ARRIVAL_S, &former));
	assert_false(o.changed);
	assert_true(overrides_follow(&o, &former, ARRIVAL_S, &id));
	assert_true(o.changed);
	assert_int_equal(o.n, 1);
	assert_int_equal(due_of(&o, "MAILAAA", ARRIVAL_S), -1);
	override = overrides_find(&o, &id, ARRIVAL_S);
	assert_non_null(override);
	assert_int_equal(override->due_s, DUE_S);
	assert_int_equal(override->set_s, SET_S);
	assert_true(override->told);
	add(&o, "MAILAAC", 1);
	former = qid_of("MAILAAC");
	assert_true(overrides_follow(&o, &former, ARRIVAL_S, &id));
	assert_int_equal(o.n, 1);
	assert_int_equal(due_of(&o, "MAILAAB", ARRIVAL_S), 1);
	overrides_free(&o);
}

/* Walks, oldest first: s: it is shown, r: it is set again, -: neither. */
static const struct {
	const char *row;
	const char *walks;
	bool kept;
	bool changed;
} walks[] = {
    {"the walk in which it was set may have been past it", "-", true, false},
    {"one that did not show it", "--", true, false},
    {"two that did not show it", "---", false, true},
    {"shown", "sssss", true, false},
    {"missed once, and shown again", "s-s-s-s-", true, false},
    {"missed twice", "s--", false, true},
    {"missed twice, but not in a row", "s-s-", true, false},
    {"set anew", "s-r-", true, false},
    {"set anew, and missed twice", "s-r--", false, true},
};

static void
what_walks_do_not_show_is_forgotten(void **state)
{
	struct qid id = qid_of("MAILAAA");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(walks); i++) {
		struct overrides o;

		overrides_init(&o);
		add(&o, "MAILAAA", DUE_S);
		for (const char *walk = walks[i].walks; *walk != '\0'; walk++) {
			/* Another message with that id does not help it. */
			overrides_listed(&o, &id, ARRIVAL_S + 1);
			if (*walk == 's')
				overrides_listed(&o, &id, ARRIVAL_S);
			if (*walk == 'r')
				add(&o, "MAILAAA", DUE_S);
			overrides_end_walk(&o);
		}
		check_bool(walks[i].row,
		    due_of(&o, "MAILAAA", ARRIVAL_S) == DUE_S, walks[i].kept);
		check_int(walks[i].row, o.n, walks[i].kept);
		check_bool(walks[i].row, o.changed, walks[i].changed);
		overrides_free(&o);
	}
}

/*
 * A table and a plain array that must always say the same, while messages come,
 * are requeued and are forgotten.
 */
enum { MODEL_N = 300, MODEL_ROUNDS = 400 };

struct shadow {
	struct qid id;
	bool there;
	bool seen;
	int missed;
	int64_t due_s;
};

static void
shadow_id(struct shadow *s, unsigned number)
{
	char text[QID_SIZE];

	snprintf(text, sizeof(text), "ID%06u", number);
	s->id = qid_of(text);
}

static void
check_shadows(const struct overrides *o, const struct shadow *shadows)
{
	uint32_t n = 0;

	for (size_t i = 0; i < MODEL_N; i++) {
		const struct override *override =
		    overrides_find(o, &shadows[i].id, ARRIVAL_S);

		assert_int_equal(override != NULL, shadows[i].there);
		if (override != NULL)
			assert_int_equal(override->due_s, shadows[i].due_s);
		n += shadows[i].there;
	}
	assert_int_equal(o->n, n);
}

static void
one_round(
    struct overrides *o, struct shadow *s, struct dice *dice, unsigned *number)
{
	struct qid former = s->id;
	struct override override = {
	    .id = s->id, .arrival_s = ARRIVAL_S, .due_s = *number};

	if (dice_percent(dice, 30)) {
		assert_true(overrides_set(o, &override));
		*s = (struct shadow){s->id, true, true, 0, *number};
	} else if (dice_percent(dice, 30)) {
		shadow_id(s, ++*number);
		assert_int_equal(
		    overrides_follow(o, &former, ARRIVAL_S, &s->id), s->there);
		s->seen = true;
		s->missed = 0;
	} else if (dice_percent(dice, 60)) {
		overrides_listed(o, &s->id, ARRIVAL_S);
		s->seen = true;
	}
}

static void
many_changes_leave_what_is_left(void **state)
{
	static struct shadow shadows[MODEL_N];
	struct dice dice = {.state = 7};
	struct overrides o;
	unsigned number = 0;

	(void)state;
	overrides_init(&o);
	for (size_t i = 0; i < MODEL_N; i++)
		shadow_id(&shadows[i], ++number);
	for (int round = 0; round < MODEL_ROUNDS; round++) {
		for (size_t i = 0; i < MODEL_N; i++)
			one_round(&o, &shadows[i], &dice, &number);
		check_shadows(&o, shadows);
		overrides_end_walk(&o);
		for (size_t i = 0; i < MODEL_N; i++) {
			struct shadow *s = &shadows[i];

			s->missed = s->seen ? 0 : s->missed + 1;
			s->seen = false;
			s->there = s->there && s->missed < 2;
		}
		check_shadows(&o, shadows);
	}
	overrides_free(&o);
}

/* With a gap of n walks between them, all in the table at the same time go. */
static void
all_are_forgotten_at_once(void **state)
{
	struct overrides o;

	(void)state;
	overrides_init(&o);
	for (unsigned i = 0; i < 1000; i++) {
		struct shadow s = {.there = true};
		struct override override = {.arrival_s = ARRIVAL_S};

		shadow_id(&s, i);
		override.id = s.id;
		assert_true(overrides_set(&o, &override));
	}
	overrides_end_walk(&o);
	overrides_end_walk(&o);
	assert_int_equal(o.n, 1000);
	overrides_end_walk(&o);
	assert_int_equal(o.n, 0);
	overrides_free(&o);
}

/* So that what once was many costs no walk and no copy anything. */
static void
of_those_forgotten_no_memory_stays(void **state)
{
	struct override override = {
	    .id = qid_of("STAYS0"), .arrival_s = ARRIVAL_S};
	struct overrides o;

	(void)state;
	overrides_init(&o);
	assert_true(overrides_set(&o, &override));
	overrides_end_walk(&o);
	overrides_end_walk(&o);
	assert_non_null(o.table);
	overrides_end_walk(&o);
	assert_int_equal(o.n, 0);
	assert_null(o.table);
	assert_true(o.changed);
	overrides_end_walk(&o);
	assert_null(overrides_find(&o, &override.id, ARRIVAL_S));
	assert_true(overrides_set(&o, &override));
	assert_non_null(overrides_find(&o, &override.id, ARRIVAL_S));
	overrides_free(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_found_where_nothing_is),
	    cmocka_unit_test(a_message_is_known_by_id_and_arrival),
	    cmocka_unit_test(the_last_word_counts),
	    cmocka_unit_test(a_copy_is_its_own),
	    cmocka_unit_test(a_requeue_is_followed),
	    cmocka_unit_test(what_walks_do_not_show_is_forgotten),
	    cmocka_unit_test(many_changes_leave_what_is_left),
	    cmocka_unit_test(all_are_forgotten_at_once),
	    cmocka_unit_test(of_those_forgotten_no_memory_stays),
	};

	return cmocka_run_group_tests_name("override", tests, NULL, NULL);
}
