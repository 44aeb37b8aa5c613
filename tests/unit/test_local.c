/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/message_support.h"

#include "policyd/ctl/local.h"

static const struct {
	const char *row;
	const char *zone;
	const char *utc;
	enum local_form form;
	const char *want;
} forms[] = {
    {"short", MESSAGE_ZONE, "2026-12-25 08:05", LOCAL_SHORT, "25 Dec 09:05"},
    {"a day of one digit", MESSAGE_ZONE, "2026-07-02 22:05", LOCAL_SHORT,
	"03 Jul 00:05"},
    {"long", MESSAGE_ZONE, "2026-12-31 23:05", LOCAL_LONG, "2027-01-01 00:05"},
    {"with seconds", MESSAGE_ZONE, "2026-07-02 20:05:07", LOCAL_SECONDS,
	"2026-07-02 22:05:07"},
    {"all of it", MESSAGE_ZONE, "2026-12-25 08:00", LOCAL_WHOLE,
	"Fri 2026-12-25 09:00:00 +0100"},
    {"in summer", MESSAGE_ZONE, "2026-07-02 20:05:07", LOCAL_WHOLE,
	"Thu 2026-07-02 22:05:07 +0200"},
    {"behind UTC", "<-0330>3:30", "2026-12-25 08:00", LOCAL_WHOLE,
	"Fri 2026-12-25 04:30:00 -0330"},
    {"UTC", "UTC0", "2026-12-25 08:00", LOCAL_WHOLE,
	"Fri 2026-12-25 08:00:00 +0000"},
    {"a day", MESSAGE_ZONE, "2026-12-24 23:00", LOCAL_DAY, "Fri 2026-12-25"},
    {"before 1970", MESSAGE_ZONE, "1969-12-31 12:00", LOCAL_LONG,
	"1969-12-31 13:00"},
};

static void
times_are_written(void **state)
{
	char out[LOCAL_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct zone zone;

		rule_zone(forms[i].zone, &zone);
		check_string(forms[i].row,
		    local_format(
			&zone, moment(forms[i].utc), forms[i].form, out),
		    forms[i].want);
		zone_free(&zone);
	}
}

static void
no_calendar_holds_all_moments(void **state)
{
	struct zone zone = {0};
	char out[LOCAL_TEXT_SIZE];

	(void)state;
	check_string("the first",
	    local_format(&zone, INT64_C(-62135596800), LOCAL_LONG, out),
	    "1-01-01 00:00");
	check_string("before",
	    local_format(&zone, INT64_C(-62135596801), LOCAL_LONG, out), "?");
	check_string("the last",
	    local_format(&zone, INT64_C(253402300799), LOCAL_LONG, out),
	    "9999-12-31 23:59");
	check_string("behind",
	    local_format(&zone, INT64_C(253402300800), LOCAL_LONG, out), "?");
	check_string("far behind",
	    local_format(&zone, INT64_MAX, LOCAL_WHOLE, out), "?");
}

static void
far_times_need_their_year(void **state)
{
	(void)state;
	check_bool("now", local_needs_year(MESSAGE_NOW, MESSAGE_NOW), false);
	check_bool("300 days",
	    local_needs_year(MESSAGE_NOW + 300 * DAY, MESSAGE_NOW), false);
	check_bool("a second more",
	    local_needs_year(MESSAGE_NOW + 300 * DAY + 1, MESSAGE_NOW), true);
	check_bool("300 days ago",
	    local_needs_year(MESSAGE_NOW - 300 * DAY, MESSAGE_NOW), false);
	check_bool("a second more",
	    local_needs_year(MESSAGE_NOW - 300 * DAY - 1, MESSAGE_NOW), true);
}

static void
this_machine_has_a_zone(void **state)
{
	struct zone zone;

	(void)state;
	assert_true(local_load(&zone));
	zone_free(&zone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_written),
	    cmocka_unit_test(no_calendar_holds_all_moments),
	    cmocka_unit_test(far_times_need_their_year),
	    cmocka_unit_test(this_machine_has_a_zone),
	};

	return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
