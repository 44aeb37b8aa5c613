/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/ctl/idset.h"

enum { MANY = 100000 };

static struct qid
number(size_t i)
{
	char text[QID_SIZE];

	snprintf(text, sizeof(text), "%06zX", i);
	return qid_of(text);
}

static void
test_an_empty_set(void **state)
{
	struct qid id = number(1);
	struct idset s;
	size_t i = 0;

	(void)state;
	idset_init(&s);
	check_bool("it is not there", idset_meet(&s, &id), false);
	check_bool("none is unmet", idset_next_unmet(&s, &i, &id), false);
	check_bool("no room", idset_add(&s, &id, 0), false);
	idset_free(&s);
}

static void
test_the_limit(void **state)
{
	struct qid ids[] = {number(1), number(2), number(3)};
	struct idset s;

	(void)state;
	idset_init(&s);
	check_bool("one", idset_add(&s, &ids[0], 2), true);
	check_bool("two", idset_add(&s, &ids[1], 2), true);
	check_bool("three", idset_add(&s, &ids[2], 2), false);
	check_bool("one again", idset_add(&s, &ids[0], 2), true);
	check_int("they are two", (int64_t)s.n, 2);
	check_bool("the third is not there", idset_meet(&s, &ids[2]), false);
	idset_free(&s);
}

static void
test_many(void **state)
{
	struct idset s;
	struct qid id;
	size_t at = 0;

	(void)state;
	idset_init(&s);
	for (size_t i = 0; i < MANY; i++) {
		id = number(i);
		assert_true(idset_add(&s, &id, MANY));
		assert_true(idset_add(&s, &id, MANY));
	}
	check_int("each once", (int64_t)s.n, MANY);
	for (size_t i = 0; i < MANY; i += 2) {
		id = number(i);
		assert_true(idset_meet(&s, &id));
		id = number(i + MANY);
		assert_false(idset_meet(&s, &id));
	}
	for (size_t i = 1; i < MANY; i += 2) {
		struct qid want = number(i);

		assert_true(idset_next_unmet(&s, &at, &id));
		assert_true(qid_equal(&id, &want));
	}
	check_bool("no more", idset_next_unmet(&s, &at, &id), false);
	idset_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_empty_set),
	    cmocka_unit_test(test_the_limit),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("idset", tests, NULL, NULL);
}
