/* SPDX-License-Identifier: ISC */
/*
 * page_support - a page of a view that a test has filled
 */
#ifndef UNIT_PAGE_SUPPORT_H
#define UNIT_PAGE_SUPPORT_H

#include "tests/unit/html_support.h"
#include "tests/unit/snapshot_support.h"

#include "policyd/web/page.h"
#include "policyd/web/site.h"

#define NB "\xC2\xA0" /* between a number and its unit */

struct scene {
	struct snapshot *s;
	struct view view;
	struct health health;
	struct buf out;
};

/* A site that is well; its page is not made yet. */
static inline struct scene
new_scene(void)
{
	struct scene scene = {.s = new_snapshot()};

	scene.view = (struct view){
	    .now_s = SNAPSHOT_NOW + 2,
	    .snapshot = scene.s,
	    .snapshot_age_ns = 2 * CLOCK_NS_PER_S,
	    .hdrcheck = {.listens = "unix:/s",
		.answers = true,
		.has_counts = true},
	};
	scene.health.well = true;
	buf_init(&scene.out, SITE_BODY_MAX);
	return scene;
}

static inline void
free_scene(struct scene *scene)
{
	buf_free(&scene->out);
	free(scene->s);
}

static inline void
add_finding(struct scene *scene, enum health_kind kind, const char *text)
{
	struct health_finding *f = &scene->health.finding[scene->health.n++];

	f->kind = kind;
	set_text(f->text, sizeof(f->text), text);
	if (health_is_fault(kind))
		scene->health.well = false;
}

/* The page, which is well formed; valid until the next one. */
static inline const char *
page_of(const char *row, struct scene *scene)
{
	buf_clear(&scene->out);
	check_bool(
	    row, page_put(&scene->view, &scene->health, &scene->out), true);
	assert_true(buf_append(&scene->out, span_of("", 1)));
	check_html(row, buf_span(&scene->out).data);
	return buf_span(&scene->out).data;
}

/* Fails when text has part in it. */
static inline void
check_no_part(const char *row, const char *text, const char *part)
{
	const char *at = strstr(text, part);

	if (at != NULL)
		fail_msg("%s: has %.60s", row, at);
}

#endif
