/* SPDX-License-Identifier: ISC */
#include "tests/unit/page_support.h"

#define E15 UINT64_C(1000000000000000)

/* --- When it leaves --- */

static void
a_picture_of_when_it_leaves(void **state)
{
	struct scene scene = new_scene();
	struct snapshot_lane *hours = &scene.s->lane[SNAPSHOT_IN_HOURS];
	const char *page;

	(void)state;
	scene.s->survey.waiting = 1300;
	scene.s->survey.overdue = 2;
	scene.s->survey.frozen = 3;
	hours->count[0] = 40;
	hours->count[17] = 1250;
	hours->count[23] = 1;
	hours->later = 7;
	scene.s->lane[SNAPSHOT_IN_DAYS].count[1] = 11;
	scene.s->lane[SNAPSHOT_IN_WEEKS].count[11] = 12;
	page = page_of("hours", &scene);
	check_int("three pictures", (int64_t)count_parts(page, "<svg "), 3);
	check_part("its name", page,
	    "role=\"img\" aria-labelledby=\"hours-title\""
	    " aria-describedby=\"hours-desc\">"
	    "<title id=\"hours-title\">Due in the next 24 hours, by the hour"
	    "</title><desc id=\"hours-desc\">Overdue: 2. Most: 1,250, "
	    "Mon, 23 Nov 2026, 00:00. The table behind it");
	check_int("bars, overdue ones included",
	    (int64_t)count_parts(page, "<rect "), 3 + 3 + 2);
	check_int("an overdue bar in each",
	    (int64_t)count_parts(page, "<rect class=\"over\""), 3);
	check_part("this hour", page,
	    "<title>Sun, 22 Nov 2026, 07:00: 40</title></rect>");
	check_part("the last hour", page,
	    "<title>Mon, 23 Nov 2026, 06:00: 1</title></rect>");
	check_part("tomorrow", page, "<title>Mon, 23 Nov 2026: 11</title>");
	check_part("week 12", page, "<title>Mon, 01 Feb 2027: 12</title>");
	check_part("the highest", page, "height=\"55\"><title>Mon, 23 Nov");
	check_part("the lowest", page, "height=\"2\"><title>Mon, 23 Nov");
	check_part("scale", page, ">2000</text>");
	check_part("half of it", page, ">1000</text>");
	check_part("ticks", page, ">06:00</text>");
	check_part("ticks", page, ">00:00</text>");
	check_part("a new day, below it", page,
	    "x=\"280.5\" y=\"116\">00:00</text>"
	    "<text class=\"tick\" x=\"280.5\" y=\"128\">23 Nov</text>");
	check_part("weeks", page, ">16</text>");
	check_part("a number for which there is room", page,
	    "<text class=\"value\" x=\"346.5\" y=\"98\">1</text>");
	check_no_part("one for which there is none", page, ">40</text>");
	check_part("the highest has its number", page, ">1250</text>");
	check_part("days", page, ">Mo</text>");
	check_part("later", page, "Later than that: 7</p>");
	check_part("frozen", page,
	    "Not among them, as nobody has said until "
	    "when: 3 on hold");
	free_scene(&scene);
}

static void
the_same_as_a_table(void **state)
{
	struct scene scene = new_scene();
	const char *page, *end;
	struct span table;
	char copy[8192];

	(void)state;
	scene.s->survey.waiting = 1;
	scene.s->lane[SNAPSHOT_IN_HOURS].count[3] = 1;
	page = strstr(page_of("table", &scene), "<table id=\"hours-table\"");
	assert_non_null(page);
	end = strstr(page, "</table>");
	table = span_of(page, (size_t)(end - page));
	assert_true(span_to_string(table, copy, sizeof(copy)));
	check_int("rows", (int64_t)count_parts(copy, "<tr>"), 1 + 1 + 24);
	check_part("a caption", copy, "<caption>Due in the next 24 hours");
	check_part("heads", copy,
	    "<th scope=\"col\">In the hour from (UTC)</th>"
	    "<th scope=\"col\">Messages</th>");
	check_part("overdue first", copy,
	    "<tbody><tr><th scope=\"row\">overdue</th><td>0</td></tr>");
	check_part("a moment", copy,
	    "<th scope=\"row\"><time datetime=\"2026-11-22T10:00:00Z\">"
	    "Sun, 22 Nov 2026, 10:00</time></th><td>1</td>");
	free_scene(&scene);
}

static void
nothing_waits(void **state)
{
	struct scene scene = new_scene();
	const char *page = page_of("nothing", &scene);

	(void)state;
	check_int("it says so", (int64_t)count_parts(page, "Nothing waits"), 2);
	check_part("nothing left", page,
	    "None has left at its moment since the start.");
	check_no_part("nothing", page, "<svg");
	check_no_part("nothing", page, "NaN");
	check_no_part("nothing is frozen", page, "Not among them");
	free_scene(&scene);
}

/* The first number behind each part. */
static void
check_at_most(const char *row, const char *page, const char *part, double limit)
{
	size_t n = 0;

	for (; (page = strstr(page, part)) != NULL; n++) {
		double number;

		page += strlen(part);
		assert_int_equal(sscanf(page, "%lf", &number), 1);
		if (number < 0 || number > limit)
			fail_msg("%s: %s%f", row, part, number);
	}
	assert_true(n > 0);
}

static void
pictures_hold_any_number(void **state)
{
	static const struct {
		const char *row;
		uint64_t n;
		const char *scale;
	} rows[] = {
	    {"one", 1, "y=\"20\">1</text>"},
	    {"two", 2, "y=\"20\">2</text>"},
	    {"three", 3, "y=\"20\">5</text>"},
	    {"five", 5, "y=\"20\">5</text>"},
	    {"six", 6, "y=\"20\">10</text>"},
	    {"ten", 10, "y=\"20\">10</text>"},
	    {"eleven", 11, "y=\"20\">20</text>"},
	    {"21", 21, "y=\"20\">50</text>"},
	    {"10^15", E15, "y=\"20\">1P</text>"},
	    {"10^15 and 1", E15 + 1, "y=\"20\">2P</text>"},
	    {"more than 5 * 10^18", 5000 * E15 + 1, "y=\"20\">18E</text>"},
	    {"all of them", UINT64_MAX, "y=\"20\">18E</text>"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene scene = new_scene();
		const char *page;

		scene.s->survey.waiting = 1;
		scene.s->survey.overdue = rows[i].n;
		scene.s->lane[SNAPSHOT_IN_HOURS].count[0] = 1;
		scene.s->lane[SNAPSHOT_IN_DAYS].count[13] = rows[i].n;
		page = page_of(rows[i].row, &scene);
		check_part(rows[i].row, page, rows[i].scale);
		check_at_most(
		    rows[i].row, page, "<rect class=\"bar\" x=\"", 360);
		check_at_most(rows[i].row, page, "\" height=\"", 88);
		check_at_most(
		    rows[i].row, page, "<text class=\"late\" x=\"", 360);
		free_scene(&scene);
	}
}

static void
lanes_out_of_their_range(void **state)
{
	struct scene scene = new_scene();
	struct snapshot_lane *lane = &scene.s->lane[SNAPSHOT_IN_HOURS];
	const char *page;

	(void)state;
	scene.s->survey.waiting = 1;
	lane->n = UINT64_MAX;
	lane->begin_s = INT64_MAX - 5;
	page = page_of("too many, at the end of time", &scene);
	check_part("a table", page, "<table id=\"hours-table\"");
	check_no_part("no moments", page, "datetime=\"@");
	lane->n = 0;
	page = page_of("none", &scene);
	check_part("still a table", page, "<table id=\"hours-table\"");
	free_scene(&scene);
}

/* --- How late --- */

static void
how_late_mail_left(void **state)
{
	struct scene scene = new_scene();
	const char *page;

	(void)state;
	for (int i = 0; i < 199; i++)
		lateness_add(&scene.s->late,
		    i < 120 ? 3 * CLOCK_NS_PER_MS : 30 * CLOCK_NS_PER_MS);
	lateness_add(&scene.s->late, 7200 * CLOCK_NS_PER_S);
	page = page_of("late", &scene);
	check_part(
	    "how many", page, "<data id=\"late-n\" value=\"200\">200</data>");
	check_part(
	    "half", page, "<dt>Half of them, up to</dt><dd>5" NB "ms</dd>");
	check_part(
	    "most", page, "<dt>99% of them, up to</dt><dd>50" NB "ms</dd>");
	check_part("latest", page, "<dt>The latest</dt><dd>2" NB "h</dd>");
	check_part("a bar", page, "<title>up to 5" NB "ms: 120</title>");
	check_part("another", page, "<title>up to 50" NB "ms: 79</title>");
	check_part("the last", page, "<title>more than 1" NB "h: 1</title>");
	check_part("the last before", page,
	    "<th scope=\"row\">up to 1" NB "h</th><td>0</td>");
	check_int("bars", (int64_t)count_parts(page, "<rect "), 3);
	check_no_part("no overdue ones", page, "class=\"over\"");
	free_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_picture_of_when_it_leaves),
	    cmocka_unit_test(the_same_as_a_table),
	    cmocka_unit_test(nothing_waits),
	    cmocka_unit_test(pictures_hold_any_number),
	    cmocka_unit_test(lanes_out_of_their_range),
	    cmocka_unit_test(how_late_mail_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
