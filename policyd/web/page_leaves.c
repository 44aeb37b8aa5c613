/* SPDX-License-Identifier: ISC */
/*
 * When it leaves, and how late it left.
 */
#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "policyd/web/page_private.h"

/* Where the parts of "Fri, 25 Dec 2026 09:00:00 +0000" stand. */
enum {
	DATE_LEN = 31,
	DATE_DAY = 5,
	DATE_MONTH = 8,
	DATE_TIME = 17,
	HOURS_PER_TICK = 6,
	WEEKS_PER_TICK = 2,
};

static const struct lane_words {
	const char *id;
	const char *heading;
	const char *title;
	const char *key;
} lane_words[SNAPSHOT_LANES] = {
    [SNAPSHOT_IN_HOURS] = {"hours", "Next 24 hours",
	"Due in the next 24 hours, by the hour", "In the hour from (UTC)"},
    [SNAPSHOT_IN_DAYS] = {"days", "Next 14 days",
	"Due in the next 14 days, by the day", "On the day (UTC)"},
    [SNAPSHOT_IN_WEEKS] = {"weeks", "Next 12 weeks",
	"Due in the next 12 weeks, by the week", "In the week from (UTC)"},
};

/* date is in the format of RFC 5322. */
static void
name_hour(struct chart_bar *bar, size_t i, const char *date)
{
	int hour = (date[DATE_TIME] - '0') * 10 + date[DATE_TIME + 1] - '0';

	(void)i;
	snprintf(bar->name, sizeof(bar->name), "%.16s, %.5s", date,
	    date + DATE_TIME);
	if (hour % HOURS_PER_TICK == 0)
		snprintf(
		    bar->tick[0], CHART_TICK_SIZE, "%.5s", date + DATE_TIME);
	if (hour == 0)
		snprintf(
		    bar->tick[1], CHART_TICK_SIZE, "%.6s", date + DATE_DAY);
}

static void
name_day(struct chart_bar *bar, size_t i, const char *date)
{
	(void)i;
	snprintf(bar->name, sizeof(bar->name), "%.16s", date);
	snprintf(bar->tick[0], CHART_TICK_SIZE, "%.2s", date);
	snprintf(bar->tick[1], CHART_TICK_SIZE, "%.2s", date + DATE_DAY);
}

static void
name_week(struct chart_bar *bar, size_t i, const char *date)
{
	snprintf(bar->name, sizeof(bar->name), "%.16s", date);
	if (i % WEEKS_PER_TICK != 0)
		return;
	snprintf(bar->tick[0], CHART_TICK_SIZE, "%.2s", date + DATE_DAY);
	snprintf(bar->tick[1], CHART_TICK_SIZE, "%.3s", date + DATE_MONTH);
}

typedef void name_fn(struct chart_bar *bar, size_t i, const char *date);

static name_fn *const name_bar[SNAPSHOT_LANES] = {
    [SNAPSHOT_IN_HOURS] = name_hour,
    [SNAPSHOT_IN_DAYS] = name_day,
    [SNAPSHOT_IN_WEEKS] = name_week,
};

static void
fill_lane(struct chart *chart, const struct snapshot_lane *lane, int which)
{
	char date[CLOCK_RFC5322_SIZE];

	chart->n =
	    lane->n < SNAPSHOT_SLOTS_MAX ? (size_t)lane->n : SNAPSHOT_SLOTS_MAX;
	for (size_t i = 0; i < chart->n; i++) {
		struct chart_bar *bar = &chart->bar[i];

		bar->count = lane->count[i];
		bar->moment_s = (int64_t)((uint64_t)lane->begin_s +
		    i * (uint64_t)lane->step_s);
		clock_format_rfc5322(bar->moment_s, date);
		/* Else no calendar holds it. */
		bar->has_moment = strlen(date) == DATE_LEN;
		if (bar->has_moment)
			name_bar[which](bar, i, date);
	}
}

static void
put_lane(struct page *p, int which)
{
	const struct snapshot_lane *lane = &p->s->lane[which];
	const struct lane_words *words = &lane_words[which];
	struct chart chart = {
	    .id = words->id,
	    .title = words->title,
	    .key = words->key,
	    .value = "Messages",
	    .has_overdue = true,
	    .overdue = p->s->survey.overdue,
	};
	char count[HTML_WORDS_SIZE];

	fill_lane(&chart, lane, which);
	html_put(&p->h, "<div class=\"chart\"><h3>%s</h3>\n", words->heading);
	chart_put(&p->h, &chart);
	html_put(&p->h, "<p class=\"soft\">Later than that: %s</p></div>\n",
	    html_count(lane->later, count));
}

void
page_put_leaves(struct page *p)
{
	char count[HTML_WORDS_SIZE];

	page_begin_section(p, "leaves", "When it leaves");
	if (p->s->survey.waiting == 0)
		html_raw(&p->h, "<p>Nothing waits for its moment.</p>\n");
	else {
		html_raw(&p->h, "<div class=\"charts\">\n");
		for (int i = 0; i < SNAPSHOT_LANES; i++)
			put_lane(p, i);
		html_raw(&p->h, "</div>\n");
	}
	if (p->s->survey.frozen > 0)
		html_put(&p->h,
		    "<p class=\"soft\">Not among them, as nobody has said"
		    " until when: %s on hold by a rule or an"
		    " administrator.</p>\n",
		    html_count(p->s->survey.frozen, count));
	page_end_section(p);
}

static void
fill_lateness(struct chart *chart, const struct lateness *late)
{
	char words[HTML_WORDS_SIZE];

	chart->n = LATENESS_BUCKETS;
	for (size_t i = 0; i < chart->n; i++) {
		struct chart_bar *bar = &chart->bar[i];
		bool last = i == LATENESS_BUCKETS - 1;

		html_lateness(lateness_bound_ns[last ? i - 1 : i], words);
		bar->count = late->in[i];
		snprintf(bar->name, sizeof(bar->name), "%s %.30s",
		    last ? "more than" : "up to", words);
		/* Each third, for which there is room, and the last one. */
		if (i % 3 == 1 && !last)
			snprintf(bar->tick[0], CHART_TICK_SIZE, "%.15s", words);
		else if (last)
			snprintf(bar->tick[0], CHART_TICK_SIZE, "more");
	}
}

static void
put_part(struct page *p, const char *name, int64_t late_ns)
{
	char words[HTML_WORDS_SIZE];

	html_put(&p->h, "<div><dt>%s</dt><dd>%s</dd></div>\n", name,
	    html_lateness(late_ns, words));
}

void
page_put_lateness(struct page *p)
{
	const struct lateness *late = &p->s->late;
	struct chart chart = {
	    .id = "late",
	    .title = "How late mail left",
	    .key = "Late by",
	    .value = "Messages",
	};

	page_begin_section(p, "lateness", "How late mail left");
	if (late->n == 0) {
		html_raw(&p->h,
		    "<p>None has left at its moment since the start.</p>\n");
		page_end_section(p);
		return;
	}
	fill_lateness(&chart, late);
	html_raw(&p->h, "<div class=\"beside\"><div class=\"chart\">\n");
	chart_put(&p->h, &chart);
	html_raw(&p->h, "</div>\n<dl class=\"facts\">\n");
	html_raw(&p->h, "<div><dt>Messages</dt><dd>");
	html_data(&p->h, "late-n", late->n);
	html_raw(&p->h, "</dd></div>\n");
	put_part(p, "Half of them, up to", lateness_part_ns(late, 500));
	put_part(p, "99% of them, up to", lateness_part_ns(late, 990));
	put_part(p, "The latest", late->most_ns);
	html_raw(&p->h,
	    "</dl></div>\n<p class=\"soft\">Since policyd started; without"
	    " mail that an administrator or the end of a rule let go at"
	    " once.</p>\n");
	page_end_section(p);
}
