/* SPDX-License-Identifier: ISC */
#include "tests/unit/site_support.h"

#include "policyd/web/metrics.h"
#include "policyd/web/page.h"

#define ENGINE "{\"version\":\"0.1.0\"}"
#define TEXT   "Content-Type: text/plain; charset=utf-8\r\n"

enum { HEAD_ROOM = 4096 };

static const struct {
	const char *path;
	const char *type;
	const char *begin; /* of the body */
	const char *policy;
} places[] = {
    {"/", PAGE_TYPE, "<!", PAGE_POLICY},
    {"/metrics", METRICS_TYPE, "# HELP deliverat_", "default-src 'none'; "},
    {"/status.json", "application/json", "{\"policyd\":" ENGINE ",\"hdrcheck\"",
	"default-src 'none'; "},
    {"/healthz", "text/plain; charset=utf-8", "ok\n", "default-src 'none'; "},
};

static void
each_place_has_its_body(void **state)
{
	struct site_rig f;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		const char *path = places[i].path, *answer, *body;
		char text[HEAD_ROOM], head[HEAD_ROOM];
		size_t len;

		snprintf(
		    text, sizeof(text), "GET %s HTTP/1.1\r\n" SITE_HOST, path);
		answer = ask(&f, text);
		body = body_of(answer);
		check_int(path, f.verdict, CONN_DONE);
		check_status(path, answer, "200 OK");
		snprintf(text, sizeof(text), "\r\nContent-Type: %s\r\n",
		    places[i].type);
		check_part(path, answer, text);
		snprintf(text, sizeof(text), "\r\nContent-Security-Policy: %s",
		    places[i].policy);
		check_part(path, answer, text);
		check_part(path, answer,
		    "\r\nDate: Sun, 22 Nov 2026 07:00:00 GMT\r\n");
		check_length(path, answer, strlen(body));
		check_bool(path,
		    span_starts_with(span_str(body), places[i].begin), true);
		len = (size_t)(body - answer);
		assert_true(len < sizeof(head));
		memcpy(head, answer, len);
		head[len] = '\0';
		snprintf(
		    text, sizeof(text), "HEAD %s HTTP/1.1\r\n" SITE_HOST, path);
		check_string(path, ask(&f, text), head);
		check_int(path, f.verdict, CONN_DONE);
	}
	check_int(
	    "all were counted", (int64_t)f.site.requests, 2 * COUNT_OF(places));
	tear_down(&f);
}

static void
there_is_nothing_else(void **state)
{
	static const char *const paths[] = {"//", "///metrics", "//metrics",
	    "/metrics/", "/metrics.", "/metric", "/metricss", "/METRICS",
	    "/%6detrics", "/metrics%00", "/../metrics", "/./metrics",
	    "/x/../metrics", "/..", "/.", "/status", "/status.json/",
	    "/healthz;a", "/index.html", "/favicon.ico", "/etc/passwd",
	    "/%2e%2e/", "/\\", "/metrics&a", "/%"};
	struct site_rig f;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		char text[200];
		const char *answer;

		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" SITE_HOST,
		    paths[i]);
		answer = ask(&f, text);
		check_status(paths[i], answer, "404 Not Found");
		check_part(paths[i], answer, TEXT);
		check_string(paths[i], body_of(answer), "404 Not Found\n");
		check_int(paths[i], f.verdict, CONN_DONE);
	}
	tear_down(&f);
}

static void
a_query_or_a_host_does_not_matter(void **state)
{
	static const char *const targets[] = {
	    "/healthz?", "/healthz?a=/b", "http://x:1/healthz?c"};
	struct site_rig f;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		char text[200];

		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" SITE_HOST,
		    targets[i]);
		check_string(targets[i], body_of(ask(&f, text)), "ok\n");
	}
	tear_down(&f);
}

static void
it_says_whether_it_stays(void **state)
{
	static const struct {
		const char *request;
		enum conn_verdict verdict;
	} rows[] = {
	    {SITE_GET("/healthz"), CONN_DONE},
	    {SITE_GET("/none"), CONN_DONE},
	    {"GET / HTTP/1.1\r\nConnection: close\r\n" SITE_HOST, CONN_LAST},
	    {"GET /none HTTP/1.1\r\nConnection: close\r\n" SITE_HOST,
		CONN_LAST},
	    {"GET / HTTP/1.0\r\n\r\n", CONN_LAST},
	    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", CONN_DONE},
	    {"GET / HTTP/1.1\r\n\r\n", CONN_CLOSE},
	    {"POST ", CONN_CLOSE},
	};
	struct site_rig f;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *answer = ask(&f, rows[i].request);

		check_int(rows[i].request, f.verdict, rows[i].verdict);
		check_part(rows[i].request, answer,
		    rows[i].verdict == CONN_DONE
			? "\r\nConnection: keep-alive\r\n"
			: "\r\nConnection: close\r\n");
	}
	tear_down(&f);
}

static void
what_is_wrong_is_said(void **state)
{
	struct site_rig f;
	const char *answer;

	(void)state;
	set_up(&f);
	answer = ask(&f, "DELETE / HTTP/1.1\r\n");
	check_status("a method", answer, "405 Method Not Allowed");
	check_part("which ones there are", answer, "\r\nAllow: GET, HEAD\r\n");
	check_part("its type", answer, TEXT);
	check_part("its policy", answer, "default-src 'none'");
	check_string("its body", body_of(answer), "405 Method Not Allowed\n");
	check_length("its length", answer, strlen("405 Method Not Allowed\n"));
	answer = ask(&f, "HEAD / HTTP/2.0");
	check_status("a version", answer, "505 HTTP Version Not Supported");
	check_string("no body", body_of(answer), "");
	check_length("but its length", answer,
	    strlen("505 HTTP Version Not Supported\n"));
	check_string("a part of a request", ask(&f, "GET / HTTP/1.1\r\n"), "");
	check_int("waits", f.verdict, CONN_MORE);
	check_int("and costs nothing", (int64_t)f.looks, 2);
	check_int("nor is it counted", (int64_t)f.site.requests, 2);
	tear_down(&f);
}

static void
health_is_told_by_the_status(void **state)
{
	struct site_rig f;
	const char *answer;

	(void)state;
	set_up(&f);
	f.view.hdrcheck.answers = false;
	f.view.hdrcheck.silent_ns = HEALTH_SILENT_S * CLOCK_NS_PER_S;
	f.snapshot->postfix_down = 1;
	answer = ask(&f, SITE_GET("/healthz"));
	check_status("two faults", answer, "503 Service Unavailable");
	check_part("one", body_of(answer), "hdrcheck: ");
	check_part("and the other", body_of(answer), "\npostfix: ");
	check_length("its length", answer, strlen(body_of(answer)));
	check_int("it may ask again", f.verdict, CONN_DONE);
	check_status(
	    "the page is there all the same", ask(&f, SITE_GET("/")), "200 OK");
	f.view.snapshot = NULL;
	check_status("no snapshot yet", ask(&f, SITE_GET("/healthz")),
	    "503 Service Unavailable");
	for (size_t i = 0; i < COUNT_OF(places) - 1; i++) {
		char text[200];

		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" SITE_HOST,
		    places[i].path);
		check_status(places[i].path, ask(&f, text), "200 OK");
	}
	tear_down(&f);
}

static void
a_body_without_room_is_an_error(void **state)
{
	struct site_rig f;
	const char *answer;
	size_t len;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(places) - 1; i++) {
		char text[200];

		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" SITE_HOST,
		    places[i].path);
		len = strlen(body_of(ask(&f, text)));
		buf_free(&f.site.body);
		buf_init(&f.site.body, len);
		check_status("just enough", ask(&f, text), "200 OK");
		buf_free(&f.site.body);
		buf_init(&f.site.body, len - 1);
		answer = ask(&f, text);
		check_status(
		    "a byte less", answer, "500 Internal Server Error");
		check_string(
		    "its body", body_of(answer), "500 Internal Server Error\n");
		check_part("its type", answer, TEXT);
		check_bool(
		    "its policy", strstr(answer, "style-src") != NULL, false);
		check_int("the next one may fit", f.verdict, CONN_DONE);
		buf_free(&f.site.body);
		buf_init(&f.site.body, SITE_BODY_MAX);
	}
	tear_down(&f);
}

static void
without_memory_the_connection_ends(void **state)
{
	struct span in = span_str(SITE_GET("/healthz"));
	struct site_rig f;
	size_t used;

	(void)state;
	set_up(&f);
	buf_init(&f.out, HTTP_REPLY_HEAD_MAX + strlen("ok\n") - 1);
	check_int(
	    "no room", site_handle(&f.site, in, &f.out, &used), CONN_CLOSE);
	check_int("nothing is said", (int64_t)buf_len(&f.out), 0);
	buf_free(&f.out);
	buf_init(&f.out, HTTP_REPLY_HEAD_MAX + strlen("ok\n"));
	check_int("room", site_handle(&f.site, in, &f.out, &used), CONN_DONE);
	tear_down(&f);
}

static void
where_only_this_machine_connects_names_are_refused(void **state)
{
	struct site_rig f;
	const char *answer;

	(void)state;
	set_up(&f);
	f.site.local = true;
	answer = ask(&f, SITE_GET("/metrics"));
	check_status("a name", answer, "421 Misdirected Request");
	check_part("how to ask", body_of(answer), "localhost");
	check_int("the next one may be right", f.verdict, CONN_DONE);
	check_status("nothing is said of paths", ask(&f, SITE_GET("/none")),
	    "421 Misdirected Request");
	check_status("what is no request is none", ask(&f, "POST "),
	    "405 Method Not Allowed");
	check_status("localhost",
	    ask(&f, "GET /healthz HTTP/1.1\r\nHost: localhost:9617\r\n\r\n"),
	    "200 OK");
	check_status(
	    "none", ask(&f, "GET /healthz HTTP/1.0\r\n\r\n"), "200 OK");
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		where_only_this_machine_connects_names_are_refused),
	    cmocka_unit_test(each_place_has_its_body),
	    cmocka_unit_test(there_is_nothing_else),
	    cmocka_unit_test(a_query_or_a_host_does_not_matter),
	    cmocka_unit_test(it_says_whether_it_stays),
	    cmocka_unit_test(what_is_wrong_is_said),
	    cmocka_unit_test(health_is_told_by_the_status),
	    cmocka_unit_test(a_body_without_room_is_an_error),
	    cmocka_unit_test(without_memory_the_connection_ends),
	};

	return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
