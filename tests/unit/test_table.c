/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "policyd/ctl/table.h"

enum { COLUMNS = 4 };

/* A whole one, two that can be narrowed, one that is dropped before them. */
static const struct table_column columns[COLUMNS] = {
    {.title = "A", .wanted = 10},
    {.title = "B", .wanted = 20, .least = 8, .drop = 3},
    {.title = "C", .wanted = 30, .least = 8, .drop = 2},
    {.title = "D", .wanted = 5, .least = 8, .drop = 1},
};

static const struct {
	const char *row;
	int width;
	int want[COLUMNS];
} fits[] = {
    {"no terminal: all of it", 0, {10, 20, 30, 5}},
    {"room for all", 71, {10, 20, 30, 5}},
    {"more than that", 200, {10, 20, 30, 5}},
    {"one column less: from the widest", 70, {10, 20, 29, 5}},
    {"both are narrowed", 51, {10, 15, 15, 5}},
    {"an odd column goes to the first", 52, {10, 16, 15, 5}},
    {"as narrow as can be", 37, {10, 8, 8, 5}},
    {"less: the least important goes", 36, {10, 11, 11, 0}},
    {"just two of them", 30, {10, 8, 8, 0}},
    {"less: the next one goes", 29, {10, 17, 0, 0}},
    {"just one", 20, {10, 8, 0, 0}},
    {"less: what is whole stays", 19, {10, 0, 0, 0}},
    {"even where it does not fit", 5, {10, 0, 0, 0}},
};

static void
columns_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fits); i++) {
		struct table_column column[COLUMNS];

		memcpy(column, columns, sizeof(columns));
		table_fit(column, COLUMNS, fits[i].width);
		for (size_t k = 0; k < COLUMNS; k++)
			check_int(
			    fits[i].row, column[k].width, fits[i].want[k]);
	}
}

static void
what_nobody_wants_takes_no_room(void **state)
{
	struct table_column column[COLUMNS];

	(void)state;
	memcpy(column, columns, sizeof(columns));
	column[1].wanted = 0;
	table_fit(column, COLUMNS, 49);
	check_int("nothing", column[1].width, 0);
	check_int("its gap is not there either", column[2].width, 30);
	table_fit(column, COLUMNS, 48);
	check_int("a column less", column[2].width, 29);
}

static void
the_first_one_is_like_the_others(void **state)
{
	struct table_column column[] = {
	    {.wanted = 20, .least = 5, .drop = 1},
	    {.wanted = 20, .least = 20, .drop = 2},
	    {.wanted = 1, .least = 1, .drop = 3},
	};

	(void)state;
	table_fit(column, COUNT_OF(column), 35);
	check_int("it is widened", column[0].width, 10);
	check_int("what is at its least is whole", column[1].width, 20);
	check_int("a column of one", column[2].width, 1);
	table_fit(column, COUNT_OF(column), 29);
	check_int("it goes first", column[0].width, 0);
	check_int("then there is room", column[1].width, 20);
	table_fit(column, COUNT_OF(column), 1);
	check_int("the next one", column[1].width, 0);
	check_int("the last one", column[2].width, 1);
	table_fit(column, COUNT_OF(column), 0);
	check_int("no terminal", column[0].width, 20);
}

static void
the_widest_cell_counts(void **state)
{
	struct table_column column = {.wanted = 3};

	(void)state;
	table_want(&column, 2);
	check_int("a smaller one", column.wanted, 3);
	table_want(&column, 4);
	check_int("a wider one", column.wanted, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_fit),
	    cmocka_unit_test(what_nobody_wants_takes_no_room),
	    cmocka_unit_test(the_first_one_is_like_the_others),
	    cmocka_unit_test(the_widest_cell_counts),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
