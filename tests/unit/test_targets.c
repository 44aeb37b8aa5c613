/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "tests/unit/support.h"

#include "policyd/ctl/targets.h"

enum { MANY = 1000 };

static struct qid
make_id(int n)
{
	char text[QID_SIZE];
	struct qid id;

	/* Neither in this order nor in that of their bytes. */
	snprintf(text, sizeof(text), "%06XF%04X", (n * 7919) % 65536, n);
	assert_true(qid_parse(span_str(text), &id));
	return id;
}

static void
fill(struct targets *t, int n)
{
	for (int i = 0; i < n; i++) {
		struct qid id = make_id(i);

		assert_true(targets_add(t, &id, 1000 + i));
	}
	targets_sort(t);
}

static void
each_is_found(void **state)
{
	static const int counts[] = {0, 1, 2, 3, 64, 65, MANY};

	(void)state;
	for (size_t c = 0; c < COUNT_OF(counts); c++) {
		struct targets t = {.n = 0};
		struct qid other = make_id(counts[c]);

		fill(&t, counts[c]);
		check_int("how many", (int64_t)t.n, counts[c]);
		for (int i = 0; i < counts[c]; i++) {
			struct qid id = make_id(i);
			struct target *found = targets_find(&t, &id);

			assert_non_null(found);
			check_int("the arrival of that one", found->arrival_s,
			    1000 + i);
		}
		assert_null(targets_find(&t, &other));
		targets_free(&t);
	}
}

static void
what_is_done_counts_once(void **state)
{
	struct targets t = {.n = 0};

	(void)state;
	fill(&t, 3);
	check_bool("all are open", targets_any_open(&t), true);
	t.target[1].why = "it is stubborn";
	targets_done(&t, &t.target[0]);
	targets_done(&t, &t.target[0]);
	check_int("one, told twice", (int64_t)t.n_done, 1);
	check_bool("one is open", targets_any_open(&t), true);
	targets_explain(&t, "it is late");
	check_bool("none is open", targets_any_open(&t), false);
	assert_null(t.target[0].why);
	check_string("a reason stays", t.target[1].why, "it is stubborn");
	check_string("no reason yet", t.target[2].why, "it is late");
	targets_done(&t, &t.target[1]);
	check_int("done after all", (int64_t)t.n_done, 2);
	assert_null(t.target[1].why);
	targets_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_is_found),
	    cmocka_unit_test(what_is_done_counts_once),
	};

	return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
