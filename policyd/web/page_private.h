/* SPDX-License-Identifier: ISC */
/*
 * page_private - what the parts of the page share
 *
 * page.c has the frame and what is said first, page_leaves.c the pictures,
 * page_chart.c draws one, page_tables.c the tables, page_daemons.c what the
 * daemons do, page_style.c the style.
 */
#ifndef WEB_PAGE_PRIVATE_H
#define WEB_PAGE_PRIVATE_H

#include "policyd/web/health.h"
#include "policyd/web/html.h"

enum {
	CHART_BARS_MAX = 24,
	CHART_NAME_SIZE = 48,
	CHART_TICK_SIZE = 16,
};

_Static_assert(CHART_BARS_MAX >= (int)SNAPSHOT_SLOTS_MAX &&
	CHART_BARS_MAX >= (int)LATENESS_BUCKETS,
    "a chart holds both kinds");

struct page {
	struct html h;
	const struct view *view;
	const struct snapshot *s; /* NULL: none has come yet */
	const struct health *health;
};

struct chart_bar {
	uint64_t count;
	char name[CHART_NAME_SIZE]; /* what it stands for, in full */
	bool has_moment; /* that is a moment */
	int64_t moment_s;
	char tick[2][CHART_TICK_SIZE]; /* below it, two lines; "": none */
};

/* A picture of bars. Texts are ours, and markup as they stand. */
struct chart {
	const char *id; /* of elements, and what those of others begin with */
	const char *title;
	const char *key; /* heads the column of names */
	const char *value; /* heads that of numbers */
	bool has_overdue; /* a bar of its own in front of the others */
	uint64_t overdue;
	size_t n;
	struct chart_bar bar[CHART_BARS_MAX];
};

/* The picture as SVG, then the same numbers as a table that can be opened. */
void chart_put(struct html *h, const struct chart *chart);

/* Sections of the page, where a snapshot has come. */
void page_put_leaves(struct page *p);
void page_put_lateness(struct page *p);
void page_put_rules(struct page *p);
void page_put_next(struct page *p);

/* This one always. */
void page_put_daemons(struct page *p);

/* "<section>" with its heading, and the end of it. Texts of ours. */
void page_begin_section(struct page *p, const char *id, const char *heading);
void page_end_section(struct page *p);

/* The inside of <style>, in pieces; NULL behind the last one. */
extern const char *const page_style[];

#endif
