/* SPDX-License-Identifier: ISC */
/*
 * The heads of replies.
 */
#include <string.h>

#include "tests/unit/support.h"

#include "policyd/web/http.h"

static void
check_head(const char *row, const struct http_reply *reply, const char *want)
{
	struct buf out;

	buf_init(&out, HTTP_REPLY_HEAD_MAX);
	check_bool(row, http_put_head(reply, &out), true);
	check_span(row, buf_span(&out), span_str(want));
	buf_free(&out);
}

#define ALWAYS                                                                 \
	"Cache-Control: no-store\r\n"                                          \
	"X-Content-Type-Options: nosniff\r\n"                                  \
	"Referrer-Policy: no-referrer\r\n"                                     \
	"Cross-Origin-Resource-Policy: same-origin\r\n"                        \
	"Content-Security-Policy: default-src 'none'\r\n\r\n"

static void
a_head_says_all_that_matters(void **state)
{
	struct http_reply reply = {.status = HTTP_OK,
	    .type = "text/html",
	    .policy = "default-src 'none'",
	    .len = 1234,
	    .now_s = 784111777};

	(void)state;
	check_head("it stays", &reply,
	    "HTTP/1.1 200 OK\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Type: text/html\r\nContent-Length: 1234\r\n"
	    "Connection: keep-alive\r\n" ALWAYS);
	reply.closes = true;
	reply.status = HTTP_METHOD_NOT_ALLOWED;
	reply.len = 0;
	check_head("it closes, and says which methods there are", &reply,
	    "HTTP/1.1 405 Method Not Allowed\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Allow: GET, HEAD\r\n"
	    "Content-Type: text/html\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n" ALWAYS);
	reply.status = HTTP_UNAVAILABLE;
	reply.now_s = INT64_MAX;
	check_head("a moment that no calendar holds", &reply,
	    "HTTP/1.1 503 Service Unavailable\r\n"
	    "Content-Type: text/html\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n" ALWAYS);
}

static void
every_status_has_its_reason(void **state)
{
	static const struct {
		enum http_status status;
		const char *reason;
	} rows[] = {
	    {HTTP_OK, "OK"},
	    {HTTP_BAD_REQUEST, "Bad Request"},
	    {HTTP_NOT_FOUND, "Not Found"},
	    {HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed"},
	    {HTTP_CONTENT_TOO_LARGE, "Content Too Large"},
	    {HTTP_URI_TOO_LONG, "URI Too Long"},
	    {HTTP_FIELDS_TOO_LARGE, "Request Header Fields Too Large"},
	    {HTTP_INTERNAL_ERROR, "Internal Server Error"},
	    {HTTP_NOT_IMPLEMENTED, "Not Implemented"},
	    {HTTP_UNAVAILABLE, "Service Unavailable"},
	    {HTTP_VERSION_NOT_SUPPORTED, "HTTP Version Not Supported"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_string(rows[i].reason, http_reason(rows[i].status),
		    rows[i].reason);
}

/* The head that n bytes more of the policy make, in max bytes of room. */
static bool
fits(size_t n, size_t max, struct buf *out)
{
	char policy[2 * HTTP_REPLY_HEAD_MAX];
	struct http_reply reply = {
	    .status = HTTP_OK, .type = "t", .policy = policy};

	memset(policy, 'p', n);
	policy[n] = '\0';
	buf_init(out, max);
	assert_true(buf_append(out, span_str("before")));
	return http_put_head(&reply, out);
}

static void
a_head_without_room_leaves_all_as_it_was(void **state)
{
	const size_t before = strlen("before");
	struct buf out;
	size_t len;

	(void)state;
	assert_true(fits(0, HTTP_REPLY_HEAD_MAX, &out));
	len = buf_len(&out);
	buf_free(&out);
	check_bool("just enough", fits(0, len, &out), true);
	buf_free(&out);
	check_bool("one byte less", fits(0, len - 1, &out), false);
	check_span("as it was", buf_span(&out), span_str("before"));
	buf_free(&out);
	len = HTTP_REPLY_HEAD_MAX - (len - before);
	check_bool(
	    "the longest", fits(len, 2 * HTTP_REPLY_HEAD_MAX, &out), true);
	check_int("so long", (int64_t)buf_len(&out),
	    (int64_t)(before + HTTP_REPLY_HEAD_MAX));
	buf_free(&out);
	check_bool(
	    "too long", fits(len + 1, 2 * HTTP_REPLY_HEAD_MAX, &out), false);
	check_span("as it was", buf_span(&out), span_str("before"));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_head_says_all_that_matters),
	    cmocka_unit_test(every_status_has_its_reason),
	    cmocka_unit_test(a_head_without_room_leaves_all_as_it_was),
	};

	return cmocka_run_group_tests_name("http_reply", tests, NULL, NULL);
}
