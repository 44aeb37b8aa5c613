/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policyd/sched/stamp.h"

/* A file of that content which was last changed at a certain moment. */
static void
put(void **state, const char *name, const char *content, time_t s, long ns)
{
	struct timespec times[2] = {{.tv_sec = 1}, {s, ns}};
	char path[FOLDER_PATH_SIZE];

	write_file(folder_join(state, name, path), span_str(content));
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
take_away(void **state, const char *name)
{
	char path[FOLDER_PATH_SIZE];

	assert_int_equal(unlink(folder_join(state, name, path)), 0);
}

static void
put_both(void **state)
{
	put(state, "main.cf", "a = b\n", 1000, 5);
	put(state, "master.cf", "pickup\n", 2000, 6);
}

static void
nothing_happens(void **state)
{
	(void)state;
}

static void
both_are_written_the_same(void **state)
{
	put_both(state);
}

static void
another_file_changes(void **state)
{
	put(state, "transport", "x\n", 3000, 0);
}

static void
main_cf_grows(void **state)
{
	put(state, "main.cf", "a = bc\n", 1000, 5);
}

static void
main_cf_is_written_a_second_later(void **state)
{
	put(state, "main.cf", "a = c\n", 1001, 5);
}

static void
main_cf_is_written_a_nanosecond_later(void **state)
{
	put(state, "main.cf", "a = c\n", 1000, 6);
}

static void
main_cf_is_older_now(void **state)
{
	put(state, "main.cf", "a = c\n", 999, 5);
}

static void
master_cf_grows(void **state)
{
	put(state, "master.cf", "pickups\n", 2000, 6);
}

static void
master_cf_is_written_later(void **state)
{
	put(state, "master.cf", "pickup\n", 2000, 7);
}

/* As editors do; the old one is still there, so its number is not free. */
static void
main_cf_is_replaced(void **state)
{
	char path[FOLDER_PATH_SIZE], old[FOLDER_PATH_SIZE];

	folder_join(state, "main.cf", path);
	assert_int_equal(rename(path, folder_join(state, "old", old)), 0);
	put(state, "main.cf", "a = b\n", 1000, 5);
}

static void
main_cf_goes(void **state)
{
	take_away(state, "main.cf");
}

static void
master_cf_goes(void **state)
{
	take_away(state, "master.cf");
}

static const struct {
	const char *row;
	void (*change)(void **state);
	bool want;
} changes[] = {
    {"nothing happens", nothing_happens, false},
    {"both are written the same", both_are_written_the_same, false},
    {"another file changes", another_file_changes, false},
    {"main.cf grows", main_cf_grows, true},
    {"a second later", main_cf_is_written_a_second_later, true},
    {"a nanosecond later", main_cf_is_written_a_nanosecond_later, true},
    {"older", main_cf_is_older_now, true},
    {"master.cf grows", master_cf_grows, true},
    {"master.cf is written later", master_cf_is_written_later, true},
    {"main.cf is replaced", main_cf_is_replaced, true},
    {"main.cf goes", main_cf_goes, true},
    {"master.cf goes", master_cf_goes, true},
};

static void
a_change_is_noticed(void **state)
{
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct stamp stamp, again;

		put_both(state);
		stamp_take(&stamp, *state);
		changes[i].change(state);
		check_bool(changes[i].row, stamp_changed(&stamp, *state),
		    changes[i].want);
		stamp_take(&again, *state);
		check_bool(
		    changes[i].row, stamp_changed(&again, *state), false);
	}
}

/* Neither is there, nor is their folder: so it stays, or comes. */
static void
what_is_missing_may_come(void **state)
{
	struct stamp stamp;
	char path[FOLDER_PATH_SIZE];

	memset(&stamp, 0xa5, sizeof(stamp));
	stamp_take(&stamp, folder_join(state, "folder", path));
	check_bool("no folder", stamp_changed(&stamp, path), false);
	check_bool("an empty one", stamp_changed(&stamp, *state), false);
	put(state, "master.cf", "", 0, 0);
	check_bool("one file", stamp_changed(&stamp, *state), true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(a_change_is_noticed),
	    IN_FOLDER(what_is_missing_may_come),
	};

	return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
