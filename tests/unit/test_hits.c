/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/rule_support.h"

#include "policyd/hits.h"

static void
rules_of(struct rules *rules, const char *text)
{
	struct shelf shelf = {.max_postpone_s = INT64_C(1000) * 366 * DAY_S};
	char error[RULE_ERROR_SIZE] = "";

	if (!rules_try(rules, span_str(text), &shelf, error))
		check_string(text, error, "");
}

/* As many hits for the i-th rule as i + 1 and 10 make. */
static void
hit_all(struct hits *hits, const struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		for (size_t n = 0; n < i + 11; n++)
			hits_count(hits, rules, &rules->rule[i]);
}

static const struct {
	const char *row;
	const char *old;
	const char *new;
	uint64_t want[4];
} reloads[] = {
    {"the same", "a : hold\nb : pass\n", "a : hold\nb : pass\n", {11, 12}},
    {"another order", "a : hold\nb : hold\nc : hold\n",
	"c : hold\na : hold\nb : hold\n", {13, 11, 12}},
    {"another action", "a : hold\n", "a : delay 1h\n", {11}},
    {"a new one", "b : hold\n", "a : hold\nb : hold\nc : hold\n", {0, 11, 0}},
    {"one less", "a : hold\nb : hold\nc : hold\n", "a : hold\nc : hold\n",
	{11, 13}},
    {"names that begin alike", "ab : hold\nabc : hold\na : hold\n",
	"a : hold\nabc : hold\nabcd : hold\nab : hold\n", {13, 12, 0, 11}},
    {"others", "a : hold\nb : hold\n", "c : hold\nd : hold\n", {0, 0}},
    {"case matters", "a : hold\n", "A : hold\n", {0}},
};

static void
hits_go_along_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reloads); i++) {
		struct rules old, new;
		struct hits hits = {NULL};

		rules_of(&old, reloads[i].old);
		rules_of(&new, reloads[i].new);
		hits_begin(&hits, &old, NULL);
		for (size_t k = 0; k < old.n; k++)
			check_int("zeros", (int64_t)hits_of(&hits, k), 0);
		hit_all(&hits, &old);
		hits_begin(&hits, &new, &old);
		for (size_t k = 0; k < new.n; k++)
			check_int(reloads[i].row, (int64_t)hits_of(&hits, k),
			    (int64_t)reloads[i].want[k]);
		hits_free(&hits);
		rules_free(&old);
		rules_free(&new);
	}
}

/* Of many rules, and without any. */
static void
many_go_along_and_none_do_not(void **state)
{
	enum { N = 1000 };
	static char text[N * 32], back[N * 32];
	struct hits hits = {NULL};
	struct rules old, new;
	size_t n = 0, m = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "r%d : hold\n", i);
		m += (size_t)snprintf(
		    back + m, sizeof(back) - m, "r%d : hold\n", N - 1 - i);
	}
	rules_of(&old, text);
	rules_of(&new, back);
	hits_begin(&hits, &old, NULL);
	hit_all(&hits, &old);
	hits_begin(&hits, &new, &old);
	for (size_t i = 0; i < N; i++)
		check_int("the other way round", (int64_t)hits_of(&hits, i),
		    (int64_t)(N - 1 - i + 11));
	hits_begin(&hits, &new, NULL);
	check_int("from scratch", (int64_t)hits_of(&hits, 0), 0);
	hits_free(&hits);
	check_int("none", (int64_t)hits_of(&hits, 0), 0);
	hits_count(&hits, &new, &new.rule[0]);
	hits_begin(&hits, &new, &old);
	check_int("none were counted", (int64_t)hits_of(&hits, 0), 0);
	hits_free(&hits);
	rules_free(&old);
	rules_free(&new);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hits_go_along_by_name),
	    cmocka_unit_test(many_go_along_and_none_do_not),
	};

	return cmocka_run_group_tests_name("hits", tests, NULL, NULL);
}
