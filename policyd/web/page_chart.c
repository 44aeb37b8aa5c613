/* SPDX-License-Identifier: ISC */
/*
 * Lengths are in units of the drawing, which is as wide as a small phone; the
 * browser makes it wider or narrower.
 */
#include <inttypes.h>
#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "policyd/web/page_private.h"

enum {
	WIDTH = 360,
	LEFT = 30, /* where the numbers of the scale stand */
	OVERDUE = 58, /* the room of that bar, and of its name */
	RIGHT = 6, /* what a name may need behind the last bar */
	OVERDUE_BAR = 16,
	TOP = 16,
	PLOT = 88, /* the highest bar */
	BOTTOM = TOP + PLOT,
	TICK = 12, /* from the ground to a line of ticks, and to the next */
	HEIGHT = BOTTOM + 2 * TICK + 4,
	BAR_MIN = 2, /* of what is not nothing */
	DIGIT_TENTHS = 60, /* how wide one is, in tenths */
	GAP_TENTHS = 20, /* between two bars */
};

struct drawing {
	struct html *h;
	const struct chart *chart;
	uint64_t top; /* what the highest bar may stand for */
	size_t highest; /* the first of the highest bars */
	int left_tenths; /* where the bars begin */
	int step_tenths; /* from one to the next */
};

/* The first of 1, 2, 5, 10, 20 ... that is no less than n. */
static uint64_t
scale_of(uint64_t n)
{
	static const uint64_t factors[] = {1, 2, 5};

	for (uint64_t unit = 1; unit <= UINT64_MAX / 10; unit *= 10)
		for (int i = 0; i < 3; i++)
			if (n <= factors[i] * unit)
				return factors[i] * unit;
	return UINT64_MAX;
}

static struct drawing
lay_out(struct html *h, const struct chart *chart)
{
	struct drawing d = {.h = h, .chart = chart};
	uint64_t most = chart->has_overdue ? chart->overdue : 0;
	int left = LEFT + (chart->has_overdue ? OVERDUE : 0);

	for (size_t i = 0; i < chart->n; i++) {
		if (chart->bar[i].count > chart->bar[d.highest].count)
			d.highest = i;
		if (chart->bar[i].count > most)
			most = chart->bar[i].count;
	}
	d.top = scale_of(most);
	d.left_tenths = left * 10;
	d.step_tenths =
	    chart->n > 0 ? (WIDTH - left - RIGHT) * 10 / (int)chart->n : 0;
	return d;
}

static int
height_of(const struct drawing *d, uint64_t count)
{
	int height = (int)((double)count / (double)d->top * PLOT + 0.5);

	return count > 0 && height < BAR_MIN ? BAR_MIN : height;
}

/* A text whose middle is there. */
static void
put_label(struct drawing *d, const char *class, int middle_tenths, int y,
    const char *text)
{
	html_put(d->h, "<text class=\"%s\" x=\"%d.%d\" y=\"%d\">%s</text>",
	    class, middle_tenths / 10, middle_tenths % 10, y, text);
}

static void
put_line(struct drawing *d, int y, uint64_t value)
{
	char words[HTML_WORDS_SIZE];

	html_put(d->h,
	    "<path class=\"grid\" d=\"M%d %d.5H%d\"/>"
	    "<text class=\"scale\" x=\"%d\" y=\"%d\">%s</text>",
	    LEFT, y, WIDTH, LEFT - 4, y + 4, html_short_count(value, words));
}

static void
put_scale(struct drawing *d)
{
	put_line(d, TOP, d->top);
	if (d->top % 2 == 0)
		put_line(d, TOP + PLOT / 2, d->top / 2);
	put_line(d, BOTTOM, 0);
}

static void
put_rect(struct drawing *d, const char *class, int x_tenths, int width_tenths,
    uint64_t count, const char *name)
{
	char words[HTML_WORDS_SIZE];
	int height = height_of(d, count);

	if (count == 0)
		return;
	html_put(d->h,
	    "<rect class=\"%s\" x=\"%d.%d\" y=\"%d\" width=\"%d.%d\""
	    " height=\"%d\"><title>%s: %s</title></rect>",
	    class, x_tenths / 10, x_tenths % 10, BOTTOM - height,
	    width_tenths / 10, width_tenths % 10, height, name,
	    html_count(count, words));
}

static void
put_overdue(struct drawing *d)
{
	int middle = (LEFT + OVERDUE / 2 - 4) * 10;
	uint64_t count = d->chart->overdue;
	char words[HTML_WORDS_SIZE];

	put_rect(d, "over", middle - OVERDUE_BAR * 10 / 2, OVERDUE_BAR * 10,
	    count, "Overdue");
	put_label(d, count > 0 ? "late" : "tick", middle,
	    BOTTOM - height_of(d, count) - 4, html_short_count(count, words));
	put_label(
	    d, count > 0 ? "late" : "tick", middle, BOTTOM + TICK, "overdue");
	html_put(d->h, "<path class=\"part\" d=\"M%d.5 %dV%d\"/>",
	    LEFT + OVERDUE - 5, TOP - 4, BOTTOM + TICK);
}

static void
put_bar(struct drawing *d, size_t i)
{
	const struct chart_bar *bar = &d->chart->bar[i];
	int x = d->left_tenths + (int)i * d->step_tenths;
	int middle = x + d->step_tenths / 2;
	char words[HTML_WORDS_SIZE];
	int width =
	    (int)strlen(html_short_count(bar->count, words)) * DIGIT_TENTHS;

	put_rect(d, "bar", x + GAP_TENTHS / 2, d->step_tenths - GAP_TENTHS,
	    bar->count, bar->name);
	if (bar->count > 0 && (width <= d->step_tenths || i == d->highest))
		put_label(d, "value", middle,
		    BOTTOM - height_of(d, bar->count) - 4, words);
	for (int line = 0; line < 2; line++)
		if (bar->tick[line][0] != '\0')
			put_label(d, "tick", middle, BOTTOM + TICK * (line + 1),
			    bar->tick[line]);
}

/* What a picture says to those who do not see it. */
static void
put_words(struct drawing *d)
{
	const struct chart *c = d->chart;
	char words[HTML_WORDS_SIZE];

	html_put(d->h, "<title id=\"%s-title\">%s</title><desc id=\"%s-desc\">",
	    c->id, c->title, c->id);
	if (c->has_overdue)
		html_put(d->h, "Overdue: %s. ", html_count(c->overdue, words));
	if (c->n > 0 && c->bar[d->highest].count > 0)
		html_put(d->h, "Most: %s, %s. ",
		    html_count(c->bar[d->highest].count, words),
		    c->bar[d->highest].name);
	html_raw(d->h, "The table behind it has all the numbers.</desc>\n");
}

static void
put_picture(struct html *h, const struct chart *chart)
{
	struct drawing d = lay_out(h, chart);

	html_put(h,
	    "<svg viewBox=\"0 0 %d %d\" role=\"img\""
	    " aria-labelledby=\"%s-title\" aria-describedby=\"%s-desc\">",
	    WIDTH, HEIGHT, chart->id, chart->id);
	put_words(&d);
	put_scale(&d);
	if (chart->has_overdue)
		put_overdue(&d);
	for (size_t i = 0; i < chart->n; i++)
		put_bar(&d, i);
	html_raw(h, "</svg>\n");
}

static void
put_row(struct html *h, const struct chart_bar *bar)
{
	char utc[CLOCK_UTC_SIZE], words[HTML_WORDS_SIZE];

	html_raw(h, "<tr><th scope=\"row\">");
	if (bar->has_moment)
		html_put(h, "<time datetime=\"%s\">%s</time>",
		    clock_format_utc(bar->moment_s, utc), bar->name);
	else
		html_raw(h, bar->name);
	html_put(h, "</th><td>%s</td></tr>\n", html_count(bar->count, words));
}

static void
put_table(struct html *h, const struct chart *chart)
{
	struct chart_bar overdue = {.count = chart->overdue, .name = "overdue"};

	html_put(h,
	    "<details><summary>As a table<span class=\"unseen\">: %s</span>"
	    "</summary>\n<table id=\"%s-table\" class=\"pairs\">"
	    "<caption>%s</caption>\n"
	    "<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
	    "</tr></thead>\n<tbody>",
	    chart->title, chart->id, chart->title, chart->key, chart->value);
	if (chart->has_overdue)
		put_row(h, &overdue);
	for (size_t i = 0; i < chart->n; i++)
		put_row(h, &chart->bar[i]);
	html_raw(h, "</tbody></table></details>\n");
}

void
chart_put(struct html *h, const struct chart *chart)
{
	put_picture(h, chart);
	put_table(h, chart);
}
