/* SPDX-License-Identifier: ISC */
/*
 * rule, when memory runs out
 */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/rule_support.h"

/* The modules themselves, so that their memory can be made to run out. */
static size_t blocks_left = SIZE_MAX;

static bool
take_block(void)
{
	if (blocks_left == 0)
		return false;
	blocks_left--;
	return true;
}

static void *
scarce_malloc(size_t size)
{
	return take_block() ? malloc(size) : NULL;
}

static void *
scarce_realloc(void *old, size_t size)
{
	return take_block() ? realloc(old, size) : NULL;
}

static void *
scarce_calloc(size_t n, size_t size)
{
	return take_block() ? calloc(n, size) : NULL;
}

#undef fail
#define malloc  scarce_malloc
#define realloc scarce_realloc
#define calloc  scarce_calloc
#define grow    grow_keyset
#include "policyd/keyset.c"
#undef grow
#include "policyd/rule.c"
#define fail fail_zone
#include "policyd/rule_zone.c"
#undef fail
#undef malloc
#undef realloc
#undef calloc

/* Rules of all kinds, and more than the first blocks have room for. */
static struct span
make_text(char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, SAMPLE_RULES);

	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, size - used,
		    "r%d size=%d size=%d : window 08:00-09:00 tz=UTC\n", i, i,
		    i);
	return span_of(text, used);
}

static void
every_block_may_be_missing(void **state)
{
	static char room[8192];
	struct span text = make_text(room, sizeof(room));
	struct shelf shelf = SHELF;
	struct rules rules;
	bool done = false;
	size_t blocks;

	(void)state;
	for (blocks = 0; !done; blocks++) {
		char error[RULE_ERROR_SIZE] = "";

		blocks_left = blocks;
		done = rules_try(&rules, text, &shelf, error);
		if (!done)
			check_part("out of memory", error, "memory");
	}
	assert_int_equal(rules.n, 47);
	assert_true(rules_hold(&rules, span_str("freeze")));
	assert_true(blocks > 20);
	rules_free(&rules);
	blocks_left = SIZE_MAX;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_block_may_be_missing),
	};

	return cmocka_run_group_tests_name("rule_memory", tests, NULL, NULL);
}
