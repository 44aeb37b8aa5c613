/* SPDX-License-Identifier: ISC */
/*
 * zone, with the zones of the system: the C library is the judge.
 */
#define _DEFAULT_SOURCE /* timegm */

#include <dirent.h>
#include <sys/stat.h>

#include "tests/unit/zone_support.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

/* An odd number of seconds, so that all hours of all days are met. */
enum { GRID_S = 13 * DAY_S + 5 * HOUR_S + 17 * 60 + 29 };

static void
check_offset(const char *name, const struct zone *zone, int64_t utc_s)
{
	int64_t want_s = judge_local_s(utc_s);
	char text[2 * FOLDER_PATH_SIZE];

	if (utc_s + zone_offset_s(zone, utc_s) == want_s)
		return;
	snprintf(text, sizeof(text), "%s at %lld", name, (long long)utc_s);
	check_moment(text, utc_s + zone_offset_s(zone, utc_s), want_s);
}

static void
check_grid(const char *name, const struct zone *zone, const char *until)
{
	int64_t end_s = moment(until);

	for (int64_t utc_s = 0; utc_s < end_s; utc_s += GRID_S)
		check_offset(name, zone, utc_s);
}

static void
check_transitions(const char *name, const struct zone *zone)
{
	for (size_t i = 0; i < zone->n; i++)
		for (int64_t by_s = -1; by_s <= 1; by_s++)
			if (zone->at_s[i] > 0)
				check_offset(name, zone, zone->at_s[i] + by_s);
}

/* The last line of the file, which the judge takes as it is. */
static void
check_rule(const char *name, struct span file)
{
	struct span line;
	char tz[MOMENT_SIZE];
	struct zone zone;

	while (span_cut(&file, '\n', &line))
		continue;
	assert_true(span_to_string(line, tz, sizeof(tz)));
	judge_set(tz);
	rule_zone(tz, &zone);
	check_grid(name, &zone, "2100-01-01 00:00");
	zone_free(&zone);
}

static bool
check_zone(const char *name)
{
	struct span file = system_zone_file(name);
	bool is_zone = span_starts_with(file, "TZif");
	struct zone zone;

	if (is_zone) {
		check_bool(name, zone_is_name(span_str(name)), true);
		check_string(name, zone_parse_copy(file, &zone), NULL);
		judge_set(name);
		check_transitions(name, &zone);
		check_grid(name, &zone, "2100-01-01 00:00");
		zone_free(&zone);
		check_rule(name, file);
	}
	exact_free(file);
	return is_zone;
}

/* right/ counts leap seconds, posix/ is the same once more. */
static bool
is_of_interest(const char *name)
{
	return name[0] != '.' && strcmp(name, "right") != 0 &&
	    strcmp(name, "posix") != 0;
}

/* Returns how many zones there are below a folder, "" or "Europe/". */
static size_t
check_folder(const char *folder)
{
	char path[FOLDER_PATH_SIZE], name[FOLDER_PATH_SIZE];
	const struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), ZONES "/%s", folder);
	dir = opendir(path);
	if (dir == NULL)
		print_error("%s: missing (package tzdata)\n", path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		struct stat st;

		if (!is_of_interest(entry->d_name))
			continue;
		assert_true(snprintf(path, sizeof(path), ZONES "/%s%s", folder,
				entry->d_name) < (int)sizeof(path));
		assert_int_equal(lstat(path, &st), 0);
		assert_true(snprintf(name, sizeof(name), "%s%s%s", folder,
				entry->d_name, S_ISDIR(st.st_mode) ? "/" : "") <
		    (int)sizeof(name));
		if (S_ISDIR(st.st_mode))
			n += check_folder(name);
		else if (S_ISREG(st.st_mode))
			n += check_zone(name) ? 1 : 0;
	}
	closedir(dir);
	return n;
}

static void
every_zone_is_as_the_c_library_has_it(void **state)
{
	(void)state;
	assert_true(check_folder("") > 200);
}

/* Zones that change at odd hours, by odd steps, or often. */
static const char *const odd[] = {
    "Europe/Amsterdam",
    "Europe/Dublin", /* winter is its daylight saving time */
    "Australia/Lord_Howe", /* by half an hour */
    "Pacific/Apia", /* had no 30 December 2011 */
    "Pacific/Kwajalein", /* nor this one 21 August 1993 */
    "Africa/Casablanca", /* twice more for Ramadan */
    "Asia/Gaza", /* 50 hours behind a Thursday */
    "America/Nuuk", /* an hour before midnight */
    "America/Santiago", /* at midnight, to the day before */
    "America/St_Johns", /* a minute behind midnight */
    "Antarctica/Troll", /* by two hours */
    "Antarctica/Casey", /* by three */
};

enum {
	BACK_MAX_S = 4 * HOUR_S, /* none of them went back further */
	STEP_S = 60, /* none of them changes within a minute */
	PROBE_S = 6 * HOUR_S,
};

/* before, now: what the judge's clocks have shown up to utc_s - 1, and utc_s.
 */
static void
check_second(const char *row, const struct zone *zone, int64_t utc_s,
    int64_t before_s, int64_t now_s)
{
	check_moment(row, zone_shown_s(zone, utc_s - 1), before_s);
	check_moment(row, zone_shown_s(zone, utc_s), now_s);
	if (now_s == before_s)
		return;
	check_moment(row, zone_to_utc(zone, before_s + 1), utc_s);
	check_moment(row, zone_to_utc(zone, (before_s + now_s + 1) / 2), utc_s);
	check_moment(row, zone_to_utc(zone, now_s), utc_s);
}

static void
check_around(const char *row, const struct zone *zone, int64_t middle_s)
{
	int64_t shown_s = INT64_MIN;

	for (int64_t utc_s = middle_s - PROBE_S - BACK_MAX_S;
	     utc_s < middle_s + PROBE_S; utc_s += STEP_S) {
		int64_t before_s = judge_local_s(utc_s - 1);
		int64_t now_s = judge_local_s(utc_s);

		before_s = before_s > shown_s ? before_s : shown_s;
		now_s = now_s > before_s ? now_s : before_s;
		if (utc_s >= middle_s - PROBE_S)
			check_second(row, zone, utc_s, before_s, now_s);
		shown_s = now_s;
	}
}

/* Returns how many changes of the clocks were looked at. */
static size_t
check_changes(const char *name, const struct zone *zone)
{
	int64_t end_s = moment("2042-01-01 00:00");
	int64_t before_s = moment("1986-01-01 00:00");
	size_t n = 0;

	for (int64_t s = before_s + PROBE_S; s < end_s; s += PROBE_S) {
		if (judge_local_s(s) - judge_local_s(before_s) != PROBE_S) {
			check_around(name, zone, s);
			n++;
		}
		before_s = s;
	}
	return n;
}

static void
local_times_are_as_the_c_library_has_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		struct zone zone;

		system_zone(odd[i], &zone);
		judge_set(odd[i]);
		check_bool(odd[i], check_changes(odd[i], &zone) > 0, true);
		zone_free(&zone);
	}
}

int
main(void)
{
	/* The C library gets slower with each zone that it has seen. */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(local_times_are_as_the_c_library_has_them),
	    cmocka_unit_test(every_zone_is_as_the_c_library_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
