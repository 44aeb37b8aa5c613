/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/message_support.h"

#include "policyd/ctl/timeline.h"

enum { OUT_MAX = 256 * 1024, WIDTH = 40 };

/* 23:00 local time; half an hour more is not a full hour. */
#define HALF_PAST (MESSAGE_NOW + 30 * MINUTE)

struct fixture {
	struct timeline t;
	struct zone zone;
	struct buf out;
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	rule_zone(MESSAGE_ZONE, &x->zone);
	buf_init(&x->out, OUT_MAX);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	zone_free(&x->zone);
	buf_free(&x->out);
	free(x);
	return 0;
}

static void
check_lines(const char *row, struct fixture *x, int width, const char *want)
{
	buf_clear(&x->out);
	assert_true(timeline_put(&x->t, &x->out, width));
	check_span(row, buf_span(&x->out), span_str(want));
}

static void
an_hour_is_that_of_the_clock(void **state)
{
	struct fixture *x = *state;
	static const int64_t dues[] = {HALF_PAST - 1, /* overdue */
	    HALF_PAST, MESSAGE_NOW + HOUR - 1, /* this hour */
	    MESSAGE_NOW + HOUR, MESSAGE_NOW + 2 * HOUR - 1, /* the next */
	    MESSAGE_NOW + 2 * HOUR - 1,
	    MESSAGE_NOW + 3 * HOUR - 1, /* the last */
	    MESSAGE_NOW + 3 * HOUR, /* later */
	    OVERRIDE_NEVER, OVERRIDE_NEVER};

	timeline_begin(&x->t, &x->zone, HALF_PAST, false, 3);
	for (size_t i = 0; i < COUNT_OF(dues); i++)
		timeline_add(&x->t, dues[i]);
	check_lines("hours", x, WIDTH,
	    "overdue           1  #\n"
	    "2026-12-24 23:00  2  ##\n"
	    "2026-12-25 00:00  3  ###\n"
	    "2026-12-25 01:00  1  #\n"
	    "later             1  #\n"
	    "never             2  ##\n");
	check_int("all", (int64_t)x->t.all, COUNT_OF(dues));
}

static void
an_empty_one_has_its_hours(void **state)
{
	struct fixture *x = *state;

	timeline_begin(&x->t, &x->zone, MESSAGE_NOW, false, 2);
	check_lines("nothing", x, WIDTH,
	    "2026-12-24 23:00  0\n"
	    "2026-12-25 00:00  0\n");
}

static void
a_day_is_as_long_as_it_is(void **state)
{
	struct fixture *x = *state;
	/* From 24 October, 25 hours long is the 25th. */
	int64_t now_s = moment("2026-10-24 10:00");

	timeline_begin(&x->t, &x->zone, now_s, true, 3);
	check_moment("this day", x->t.begin_s[0], moment("2026-10-23 22:00"));
	check_moment(
	    "the long one", x->t.begin_s[1], moment("2026-10-24 22:00"));
	check_moment("the next", x->t.begin_s[2], moment("2026-10-25 23:00"));
	check_moment("the end", x->t.begin_s[3], moment("2026-10-26 23:00"));
	timeline_add(&x->t, x->t.begin_s[2] - 1);
	timeline_add(&x->t, x->t.begin_s[2]);
	check_lines("days", x, WIDTH,
	    "Sat 2026-10-24    0\n"
	    "Sun 2026-10-25    1  #\n"
	    "Mon 2026-10-26    1  #\n");
	timeline_begin(&x->t, &x->zone, moment("2026-03-28 10:00"), true, 2);
	check_moment(
	    "the short one", x->t.begin_s[2] - x->t.begin_s[1], 23 * HOUR);
}

/* As on the clocks: what is there twice has two lines. */
static void
hours_are_all_there_when_clocks_change(void **state)
{
	struct fixture *x = *state;

	timeline_begin(&x->t, &x->zone, moment("2026-10-25 00:10"), false, 3);
	check_lines("back", x, WIDTH,
	    "2026-10-25 02:00  0\n"
	    "2026-10-25 02:00  0\n"
	    "2026-10-25 03:00  0\n");
	timeline_begin(&x->t, &x->zone, moment("2026-03-29 00:10"), false, 2);
	check_lines("ahead", x, WIDTH,
	    "2026-03-29 01:00  0\n"
	    "2026-03-29 03:00  0\n");
}

static const char *const zones[] = {"UTC0", "<+0530>-5:30", "<-0330>3:30",
    "<+14>-14", "EST5EDT,M3.2.0,M11.1.0", "<-12>12"};

static void
each_moment_is_in_its_slot(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < COUNT_OF(zones); i++) {
		struct zone zone;

		rule_zone(zones[i], &zone);
		for (int days = 0; days < 2; days++) {
			timeline_begin(&x->t, &zone, HALF_PAST, days != 0, 400);
			check_bool(zones[i],
			    x->t.begin_s[0] <= HALF_PAST &&
				HALF_PAST < x->t.begin_s[1],
			    true);
			for (size_t k = 0; k < 400; k++) {
				if (k > 0)
					timeline_add(&x->t, x->t.begin_s[k]);
				timeline_add(&x->t, x->t.begin_s[k + 1] - 1);
			}
			for (size_t k = 0; k < 400; k++)
				check_int(zones[i], (int64_t)x->t.count[k],
				    k > 0 ? 2 : 1);
		}
		zone_free(&zone);
	}
}

static void
bars_fit_the_terminal(void **state)
{
	struct fixture *x = *state;

	timeline_begin(&x->t, &x->zone, MESSAGE_NOW, false, 3);
	x->t.count[0] = 20;
	x->t.count[1] = 1000;
	x->t.count[2] = 1;
	check_lines("scaled; one is never nothing", x, 36,
	    "2026-12-24 23:00    20  #\n"
	    "2026-12-25 00:00  1000  ############\n"
	    "2026-12-25 01:00     1  #\n");
	x->t.count[1] = 15;
	x->t.count[0] = 7;
	check_lines("as many as there is room for", x, 37,
	    "2026-12-24 23:00   7  #######\n"
	    "2026-12-25 00:00  15  ###############\n"
	    "2026-12-25 01:00   1  #\n");
	check_lines("one less", x, 36,
	    "2026-12-24 23:00   7  ######\n"
	    "2026-12-25 00:00  15  ##############\n"
	    "2026-12-25 01:00   1  #\n");
	check_lines("no room at all", x, 5,
	    "2026-12-24 23:00   7  #\n"
	    "2026-12-25 00:00  15  #\n"
	    "2026-12-25 01:00   1  #\n");
}

static void
each_of_the_others_may_be_the_longest(void **state)
{
	struct fixture *x = *state;

	timeline_begin(&x->t, &x->zone, MESSAGE_NOW, false, 1);
	x->t.overdue = 100;
	x->t.later = 200;
	x->t.never = 400;
	check_lines("never", x, 31,
	    "overdue           100  ##\n"
	    "2026-12-24 23:00    0\n"
	    "later             200  ####\n"
	    "never             400  ########\n");
	x->t.overdue = 1000;
	check_lines("overdue", x, 32,
	    "overdue           1000  ########\n"
	    "2026-12-24 23:00     0\n"
	    "later              200  #\n"
	    "never              400  ###\n");
}

static void
no_room_is_told(void **state)
{
	struct fixture *x = *state;
	struct buf out;

	timeline_begin(&x->t, &x->zone, MESSAGE_NOW, false, 1);
	x->t.overdue = x->t.never = 1;
	assert_true(timeline_put(&x->t, &x->out, WIDTH));
	for (size_t max = 0; max <= buf_len(&x->out); max++) {
		buf_init(&out, max);
		check_bool("room", timeline_put(&x->t, &out, WIDTH),
		    max == buf_len(&x->out));
		buf_free(&out);
	}
}

#define WITH_ZONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_ZONE(an_hour_is_that_of_the_clock),
	    WITH_ZONE(an_empty_one_has_its_hours),
	    WITH_ZONE(a_day_is_as_long_as_it_is),
	    WITH_ZONE(hours_are_all_there_when_clocks_change),
	    WITH_ZONE(each_moment_is_in_its_slot),
	    WITH_ZONE(bars_fit_the_terminal),
	    WITH_ZONE(each_of_the_others_may_be_the_longest),
	    WITH_ZONE(no_room_is_told),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
