/* SPDX-License-Identifier: ISC */
#include "tests/unit/page_support.h"

enum { HASH_SIZE = 32, COMMAND_SIZE = 320 };

/* --- The frame --- */

static void
what_each_page_has(void **state)
{
	static const char *const parts[] = {
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n",
	    "<meta charset=\"utf-8\">",
	    "<meta name=\"viewport\"",
	    "<a class=\"skip\" href=\"#main\">",
	    "<main id=\"main\"",
	    "href=\"/\">Refresh</a>",
	    "href=\"/metrics\"",
	    "href=\"/status.json\"",
	    "href=\"/healthz\"",
	    "Times are UTC.",
	    "</html>\n",
	};
	static const char *const strays[] = {"<script", "<img", "<iframe",
	    "<form", " style=", " onload", "http:", "https:", "\"//", "url("};
	struct scene scene = new_scene();
	const char *page = page_of("a page", &scene);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		check_part("a page", page, parts[i]);
	check_int("one h1", (int64_t)count_parts(page, "<h1"), 1);
	page = strstr(page, "<body>");
	for (size_t i = 0; i < COUNT_OF(strays); i++)
		check_no_part("a page", page, strays[i]);
	free_scene(&scene);
}

static void
the_style_needs_nothing_from_elsewhere(void **state)
{
	struct scene scene = new_scene();
	const char *page = page_of("a page", &scene);

	(void)state;
	check_int("one", (int64_t)count_parts(page, "<style>"), 1);
	check_no_part("style", page, "url(");
	check_no_part("style", page, "@import");
	check_no_part("style", page, "@font-face");
	free_scene(&scene);
}

static char
digit64(unsigned value)
{
	return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	       "0123456789+/"[value & 63];
}

/* As RFC 4648 writes so many bytes. */
static void
base64(const unsigned char *bytes, size_t n, char *out)
{
	for (size_t i = 0; i < n; i += 3) {
		unsigned a = bytes[i];
		unsigned b = i + 1 < n ? bytes[i + 1] : 0;
		unsigned c = i + 2 < n ? bytes[i + 2] : 0;

		*out++ = digit64(a >> 2);
		*out++ = digit64(a << 4 | b >> 4);
		*out++ = i + 1 < n ? digit64(b << 2 | c >> 6) : '=';
		*out++ = i + 2 < n ? digit64(c) : '=';
	}
	*out = '\0';
}

/* What sha256sum(1) says of a file. */
static void
hash_file(const char *path, unsigned char hash[HASH_SIZE])
{
	char command[COMMAND_SIZE];
	FILE *said;

	snprintf(command, sizeof(command), "sha256sum '%s'", path);
	said = popen(command, "r");
	assert_non_null(said);
	for (int i = 0; i < HASH_SIZE; i++) {
		unsigned byte = 0;

		assert_int_equal(fscanf(said, "%2x", &byte), 1);
		hash[i] = (unsigned char)byte;
	}
	while (fgetc(said) != EOF)
		continue;
	pclose(said);
}

static void
the_policy_names_the_style(void **state)
{
	struct scene scene = new_scene();
	const char *page = page_of("a page", &scene);
	const char *style = strstr(page, "<style>") + strlen("<style>");
	char path[FOLDER_PATH_SIZE], want[64] = "sha256-";
	unsigned char hash[HASH_SIZE];

	write_file(folder_join(state, "style", path),
	    span_of(style, (size_t)(strstr(style, "</style>") - style)));
	hash_file(path, hash);
	base64(hash, HASH_SIZE, want + strlen(want));
	check_string("PAGE_STYLE_HASH", PAGE_STYLE_HASH, want);
	check_string("PAGE_POLICY", PAGE_POLICY,
	    "default-src 'none'; style-src '" PAGE_STYLE_HASH
	    "'; img-src data:; base-uri 'none'; form-action 'none'; "
	    "frame-ancestors 'none'");
	free_scene(&scene);
}

/* --- What it says first --- */

static void
set_waiting(struct scene *scene)
{
	scene->s->survey.waiting = 1320;
}

static void
set_paused(struct scene *scene)
{
	set_waiting(scene);
	scene->s->paused = 1;
}

static void
set_overdue(struct scene *scene)
{
	set_paused(scene);
	add_finding(scene, HEALTH_OVERDUE, "1 message is overdue");
	add_finding(scene, HEALTH_PAUSED, "paused");
}

static void
set_noted(struct scene *scene)
{
	add_finding(scene, HEALTH_FOREIGN, "1 message");
}

static void
set_nothing(struct scene *scene)
{
	(void)scene;
}

static void
set_starting(struct scene *scene)
{
	scene->view.snapshot = NULL;
}

static void
titles(void **state)
{
	static const struct {
		const char *row;
		void (*set)(struct scene *scene);
		const char *want;
	} rows[] = {
	    {"an empty queue", set_nothing, "deliver-at: 0 waiting"},
	    {"mail waits", set_waiting, "deliver-at: 1,320 waiting"},
	    {"paused", set_paused, "deliver-at: paused, 1,320 waiting"},
	    {"a fault", set_overdue, "deliver-at: overdue"},
	    {"a note is no fault", set_noted, "deliver-at: 0 waiting"},
	    {"no snapshot", set_starting, "deliver-at: starting"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene scene = new_scene();
		char want[128];

		rows[i].set(&scene);
		snprintf(want, sizeof(want), "<title>%s</title>", rows[i].want);
		check_part(rows[i].row, page_of(rows[i].row, &scene), want);
		free_scene(&scene);
	}
}

static void
health_in_words(void **state)
{
	struct scene scene = new_scene();
	const char *page = page_of("well", &scene);

	(void)state;
	check_part("well", page, "All is well.");
	check_no_part("well", page, "<li class");
	add_finding(&scene, HEALTH_FOREIGN, "1 message <x>");
	page = page_of("a note", &scene);
	check_part("a note", page, "All is well.");
	check_part("a note", page,
	    "<li class=\"note\"><strong>Note</strong> foreign: "
	    "<bdi>1 message &lt;x&gt;</bdi></li>");
	add_finding(&scene, HEALTH_WALK, "it failed");
	page = page_of("a fault", &scene);
	check_no_part("a fault", page, "All is well.");
	check_part("a fault", page,
	    "<li class=\"fault\"><strong>Fault</strong> walk: "
	    "<bdi>it failed</bdi></li>");
	free_scene(&scene);
}

static void
before_the_first_snapshot(void **state)
{
	struct scene scene = new_scene();
	const char *page;

	(void)state;
	scene.view.snapshot = NULL;
	page = page_of("none", &scene);
	check_part("none", page, "No figures yet.");
	check_part("none", page, "policyd has not told yet");
	check_part("hdrcheck is told of", page, "<h3>hdrcheck</h3>");
	check_no_part("none", page, "All is well.");
	check_no_part("none", page, "<h3>policyd</h3>");
	check_no_part("none", page, "<svg");
	free_scene(&scene);
}

static void
an_old_snapshot(void **state)
{
	struct scene scene = new_scene();
	const char *page = page_of("young", &scene);

	(void)state;
	check_part("young", page,
	    "<p>As of <time datetime=\"2026-11-22T07:00:00Z\">"
	    "2026-11-22 07:00:00</time> (2" NB "s ago). Times");
	scene.view.snapshot_age_ns = HEALTH_SILENT_S * CLOCK_NS_PER_S - 1;
	check_no_part("not yet", page_of("not yet", &scene), "are old");
	scene.view.snapshot_age_ns = HEALTH_SILENT_S * CLOCK_NS_PER_S;
	page = page_of("old", &scene);
	check_part("old", page,
	    "<strong>These figures are old:</strong> of "
	    "<time datetime=\"2026-11-22T07:00:00Z\">2026-11-22 07:00:00"
	    "</time>, 10" NB "s ago. Times");
	free_scene(&scene);
}

static void
key_figures(void **state)
{
	struct scene scene = new_scene();
	struct sweep_survey *survey = &scene.s->survey;
	const char *page = page_of("an empty queue", &scene);

	(void)state;
	check_part("none due", page, "<dt>Next due</dt><dd>none</dd>");
	check_part("not paused", page, "<dt>Paused</dt><dd>no</dd>");
	check_part("not overdue", page,
	    "<div class=\"figure\"><dt>Overdue</dt><dd>"
	    "<data id=\"overdue\" value=\"0\">0</data></dd></div>");
	*survey = (struct sweep_survey){.waiting = 1320,
	    .waiting_bytes = 2048,
	    .frozen = 3,
	    .overdue = 2,
	    .oldest_due_s = SNAPSHOT_NOW - 58,
	    .next_due_s = SNAPSHOT_NOW + 62,
	    .unread = 4};
	scene.s->released[0] = 1000;
	scene.s->released[1] = 7;
	scene.s->paused = 1;
	scene.s->paused_since_s = SNAPSHOT_NOW;
	set_text(scene.s->paused_reason, SNAPSHOT_REASON_SIZE, "a <b>");
	page = page_of("all of them", &scene);
	check_part("waiting", page,
	    "<data id=\"waiting\" value=\"1320\">1,320</data>");
	check_part("unread", page, "4 more are being looked at");
	check_part("bytes", page,
	    "<data id=\"waiting-bytes\" value=\"2048\">2.0" NB "KiB</data>");
	check_part("next", page,
	    "<dd>in 1" NB "min</dd><dd class=\"soft\">"
	    "<time datetime=\"2026-11-22T07:01:02Z\">");
	check_part("overdue", page,
	    "<div class=\"figure late\"><dt>Overdue</dt><dd>"
	    "<data id=\"overdue\" value=\"2\">2</data></dd>"
	    "<dd class=\"soft\">the first for 1" NB "min</dd>");
	check_part("frozen", page, "<data id=\"frozen\" value=\"3\">3</data>");
	check_part("released", page,
	    "<data id=\"released\" value=\"1007\">1,007</data></dd>"
	    "<dd class=\"soft\">since policyd started, 7 of them by requeue");
	check_part("paused", page,
	    "<dd>yes</dd><dd class=\"soft\">since <time datetime="
	    "\"2026-11-22T07:00:00Z\">2026-11-22 07:00:00</time>: "
	    "<bdi>a &lt;b&gt;</bdi>");
	free_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_each_page_has),
	    cmocka_unit_test(the_style_needs_nothing_from_elsewhere),
	    IN_FOLDER(the_policy_names_the_style),
	    cmocka_unit_test(titles),
	    cmocka_unit_test(health_in_words),
	    cmocka_unit_test(before_the_first_snapshot),
	    cmocka_unit_test(an_old_snapshot),
	    cmocka_unit_test(key_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
