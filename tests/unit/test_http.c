/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "tests/unit/http_support.h"

static const struct {
	const char *row;
	const char *text; /* a request, with its empty line */
	const char *path;
	bool head;
	bool stays;
} good[] = {
    {"the least there can be", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "/", false,
	true},
    {"of 1.0 it ends behind the answer", OLD "\r\n", "/", false, false},
    {"of 1.0 without a host", "HEAD /a HTTP/1.0\r\n\r\n", "/a", true, false},
    {"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "/", true, true},
    {"a later version of 1", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "/", false,
	true},
    {"and the last one", "GET / HTTP/1.9\r\nHost: a\r\n\r\n", "/", false, true},
    {"an empty line in front", "\r\n" GET "\r\n", "/", false, true},
    {"a longer path", "GET /status.json HTTP/1.1\r\nHost: a\r\n\r\n",
	"/status.json", false, true},
    {"a path is not decoded", "GET /%6d//../x HTTP/1.0\r\n\r\n", "/%6d//../x",
	false, false},
    {"two slashes stay two", "GET //metrics HTTP/1.0\r\n\r\n", "//metrics",
	false, false},
    {"a query is dropped", "GET /a?b=c?d/e HTTP/1.0\r\n\r\n", "/a", false,
	false},
    {"an empty query", "GET /? HTTP/1.0\r\n\r\n", "/", false, false},
    {"a target with its host", "GET http://a.b/c HTTP/1.0\r\n\r\n", "/c", false,
	false},
    {"whatever case the scheme is in", "GET hTTp://a:80/c?d HTTP/1.0\r\n\r\n",
	"/c", false, false},
    {"a host and no path", "GET http://a HTTP/1.0\r\n\r\n", "/", false, false},
    {"a host, no path, a query", "GET http://[::1]:9?d HTTP/1.0\r\n\r\n", "/",
	false, false},
    {"close", GET "Connection: close\r\n\r\n", "/", false, false},
    {"close in any case", GET "CONNECTION:\tCLOSE \r\n\r\n", "/", false, false},
    {"close in a list", GET "Connection: x , close,y\r\n\r\n", "/", false,
	false},
    {"close in a second field",
	GET "Connection: x\r\nConnection: close\r\n\r\n", "/", false, false},
    {"close before keep-alive", GET "Connection: close, keep-alive\r\n\r\n",
	"/", false, false},
    {"close behind keep-alive", OLD "Connection: keep-alive, close\r\n\r\n",
	"/", false, false},
    {"only a word that begins like it", GET "Connection: closed\r\n\r\n", "/",
	false, true},
    {"of 1.0 that is to stay", OLD "Connection: Keep-Alive\r\n\r\n", "/", false,
	true},
    {"with other options behind it",
	OLD "Connection: keep-alive, x\r\nConnection: y\r\n\r\n", "/", false,
	true},
    {"a word that begins like that", OLD "Connection: keep-alives\r\n\r\n", "/",
	false, false},
    {"a field of another name says nothing",
	OLD "Connections: keep-alive\r\n\r\n", "/", false, false},
    {"a length of 0", GET "Content-Length: 0\r\n\r\n", "/", false, true},
    {"a longer 0", GET "content-length:000\r\n\r\n", "/", false, true},
    {"a name as host", "GET / HTTP/1.1\r\nHost: a-b_c.d~e:8080\r\n\r\n", "/",
	false, true},
    {"an address of IPv4", "GET / HTTP/1.1\r\nhOST:127.0.0.1\r\n\r\n", "/",
	false, true},
    {"an address of IPv6", "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", "/", false,
	true},
    {"the same with a port", "GET / HTTP/1.1\r\nHost: [::1]:65535\r\n\r\n", "/",
	false, true},
    {"a port of no digits", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "/", false,
	true},
    {"a value of any bytes that are no controls",
	GET "X: \ta\"\x80\xff\t b \r\n\r\n", "/", false, true},
    {"a value of nothing", GET "X:\r\n\r\n", "/", false, true},
    {"a value of blanks", GET "X: \t \r\n\r\n", "/", false, true},
    {"a name of odd bytes", GET "!#$%&'*+-.^_`|~9aZ: x\r\n\r\n", "/", false,
	true},
    {"what a client expects does not matter",
	GET "Expect: 100-continue\r\nUpgrade: h2c\r\n\r\n", "/", false, true},
};

/* bytes, of which the last one makes it wrong. */
static const struct {
	const char *row;
	struct span bytes;
	enum http_status status;
} bad[] = {
    {"TLS", SPAN("\x16"), HTTP_BAD_REQUEST},
    {"a NUL", SPAN("\0"), HTTP_BAD_REQUEST},
    {"a blank in front", SPAN(" "), HTTP_BAD_REQUEST},
    {"a line end of LF in front", SPAN("\n"), HTTP_BAD_REQUEST},
    {"a lone CR in front", SPAN("\rG"), HTTP_BAD_REQUEST},
    {"two empty lines in front", SPAN("\r\n\r"), HTTP_BAD_REQUEST},
    {"a method without a target", SPAN("GET\r"), HTTP_BAD_REQUEST},
    {"a method and a tab", SPAN("GET\t"), HTTP_BAD_REQUEST},
    {"a byte in a method that no token has", SPAN("GE("), HTTP_BAD_REQUEST},
    {"a byte beyond ASCII", SPAN("G\xc3"), HTTP_BAD_REQUEST},
    {"a method too long", SPAN(LONG "g"), HTTP_NOT_IMPLEMENTED},
    {"a method as long as can be, unknown", SPAN(LONG " "),
	HTTP_NOT_IMPLEMENTED},
    {"in lower case it is another one", SPAN("get "), HTTP_NOT_IMPLEMENTED},
    {"one that begins like it", SPAN("GETS "), HTTP_NOT_IMPLEMENTED},
    {"HTTP/2 without asking", SPAN("PRI "), HTTP_NOT_IMPLEMENTED},
    {"POST", SPAN("POST "), HTTP_METHOD_NOT_ALLOWED},
    {"PUT", SPAN("PUT "), HTTP_METHOD_NOT_ALLOWED},
    {"DELETE", SPAN("DELETE "), HTTP_METHOD_NOT_ALLOWED},
    {"OPTIONS", SPAN("OPTIONS "), HTTP_METHOD_NOT_ALLOWED},
    {"CONNECT", SPAN("CONNECT "), HTTP_METHOD_NOT_ALLOWED},
    {"TRACE", SPAN("TRACE "), HTTP_METHOD_NOT_ALLOWED},
    {"PATCH", SPAN("PATCH "), HTTP_METHOD_NOT_ALLOWED},
    {"two blanks", SPAN("GET  "), HTTP_BAD_REQUEST},
    {"no version, as of 0.9", SPAN("GET /\r"), HTTP_BAD_REQUEST},
    {"a tab behind the target", SPAN("GET /\t"), HTTP_BAD_REQUEST},
    {"a NUL in the target", SPAN("GET /\0"), HTTP_BAD_REQUEST},
    {"a fragment", SPAN("GET /#"), HTTP_BAD_REQUEST},
    {"a target beyond ASCII", SPAN("GET /\xc3"), HTTP_BAD_REQUEST},
    {"DEL in it", SPAN("GET /\x7f"), HTTP_BAD_REQUEST},
    {"a target of *", SPAN("GET * "), HTTP_BAD_REQUEST},
    {"a target of a host", SPAN("GET a:80 "), HTTP_BAD_REQUEST},
    {"a target without its slash", SPAN("GET metrics "), HTTP_BAD_REQUEST},
    {"another scheme", SPAN("GET https://a/ "), HTTP_BAD_REQUEST},
    {"a target without a host", SPAN("GET http:/// "), HTTP_BAD_REQUEST},
    {"a target with a port alone", SPAN("GET http://:80/ "), HTTP_BAD_REQUEST},
    {"a target with a user", SPAN("GET http://u@a/ "), HTTP_BAD_REQUEST},
    {"the scheme alone", SPAN("GET http: "), HTTP_BAD_REQUEST},
    {"another version, not of HTTP", SPAN("GET / I"), HTTP_BAD_REQUEST},
    {"a version in lower case", SPAN("GET / h"), HTTP_BAD_REQUEST},
    {"two blanks before the version", SPAN("GET /  "), HTTP_BAD_REQUEST},
    {"a version of two digits", SPAN("GET / HTTP/11"), HTTP_BAD_REQUEST},
    {"a version without its second digit", SPAN("GET / HTTP/1.\r"),
	HTTP_BAD_REQUEST},
    {"a version of 2", SPAN("GET / HTTP/2.0"), HTTP_VERSION_NOT_SUPPORTED},
    {"a version of 0.9", SPAN("GET / HTTP/0.9"), HTTP_VERSION_NOT_SUPPORTED},
    {"a version of 1.10", SPAN("GET / HTTP/1.10"), HTTP_BAD_REQUEST},
    {"a blank behind the version", SPAN("GET / HTTP/1.1 "), HTTP_BAD_REQUEST},
    {"a line that ends with LF", SPAN("GET / HTTP/1.1\n"), HTTP_BAD_REQUEST},
    {"a line that ends with CR", SPAN("GET / HTTP/1.1\rH"), HTTP_BAD_REQUEST},
    {"a blank before the first field", SPAN("GET / HTTP/1.1\r\n "),
	HTTP_BAD_REQUEST},
    {"a folded field", SPAN(GET "X: a\r\n "), HTTP_BAD_REQUEST},
    {"one folded by a tab", SPAN(GET "X: a\r\n\t"), HTTP_BAD_REQUEST},
    {"a blank before the colon", SPAN(GET "X "), HTTP_BAD_REQUEST},
    {"a tab there", SPAN(GET "X\t"), HTTP_BAD_REQUEST},
    {"a field without a name", SPAN(GET ":"), HTTP_BAD_REQUEST},
    {"a field without a colon", SPAN(GET "X\r"), HTTP_BAD_REQUEST},
    {"a name of no token", SPAN(GET "X@"), HTTP_BAD_REQUEST},
    {"a NUL in a name", SPAN(GET "X\0"), HTTP_BAD_REQUEST},
    {"a name beyond ASCII", SPAN(GET "X\xff"), HTTP_BAD_REQUEST},
    {"a NUL in a value", SPAN(GET "X: a\0"), HTTP_BAD_REQUEST},
    {"a control in a value", SPAN(GET "X: a\x1f"), HTTP_BAD_REQUEST},
    {"DEL in a value", SPAN(GET "X: a\x7f"), HTTP_BAD_REQUEST},
    {"a lone CR in a value", SPAN(GET "X: a\rb"), HTTP_BAD_REQUEST},
    {"a lone LF in a value", SPAN(GET "X: a\n"), HTTP_BAD_REQUEST},
    {"an end of LF", SPAN(GET "\n"), HTTP_BAD_REQUEST},
    {"an end of CR", SPAN(GET "\rG"), HTTP_BAD_REQUEST},
    {"two hosts", SPAN(GET "Host: a\r\n"), HTTP_BAD_REQUEST},
    {"two hosts of 1.0", SPAN(OLD "Host: a\r\nhost:\r\n"), HTTP_BAD_REQUEST},
    {"no host", SPAN("GET / HTTP/1.1\r\n\r\n"), HTTP_BAD_REQUEST},
    {"no host but in the target", SPAN("GET http://a/ HTTP/1.1\r\n\r\n"),
	HTTP_BAD_REQUEST},
    {"two names as host", SPAN(OLD "Host: a b\r\n"), HTTP_BAD_REQUEST},
    {"two hosts in one field", SPAN(OLD "Host: a/b\r\n"), HTTP_BAD_REQUEST},
    {"a host beyond ASCII", SPAN(OLD "Host: \xc3\xa4\r\n"), HTTP_BAD_REQUEST},
    {"a host with a user", SPAN(OLD "Host: u@a\r\n"), HTTP_BAD_REQUEST},
    {"a host of a port", SPAN(OLD "Host: :80\r\n"), HTTP_BAD_REQUEST},
    {"a port that is too large", SPAN(OLD "Host: a:65536\r\n"),
	HTTP_BAD_REQUEST},
    {"a port that is none", SPAN(OLD "Host: a:b\r\n"), HTTP_BAD_REQUEST},
    {"an address without its bracket", SPAN(OLD "Host: [::1\r\n"),
	HTTP_BAD_REQUEST},
    {"with something in its place", SPAN(OLD "Host: [::1/:80\r\n"),
	HTTP_BAD_REQUEST},
    {"an empty one", SPAN(OLD "Host: []\r\n"), HTTP_BAD_REQUEST},
    {"something behind it", SPAN(OLD "Host: [::1]a\r\n"), HTTP_BAD_REQUEST},
    {"an address without brackets", SPAN(OLD "Host: ::1\r\n"),
	HTTP_BAD_REQUEST},
    {"a body", SPAN(GET "Content-Length: 5\r\n\r\n"), HTTP_CONTENT_TOO_LARGE},
    {"a body of many bytes", SPAN(GET "Content-Length: 0050\r\n\r\n"),
	HTTP_CONTENT_TOO_LARGE},
    {"a body longer than any number",
	SPAN(GET "Content-Length: 99999999999999999999999\r\n\r\n"),
	HTTP_CONTENT_TOO_LARGE},
    {"one whose length wraps to 0",
	SPAN(GET "Content-Length: 18446744073709551616\r\n\r\n"),
	HTTP_CONTENT_TOO_LARGE},
    {"no length", SPAN(GET "Content-Length:\r\n"), HTTP_BAD_REQUEST},
    {"a length with a sign", SPAN(GET "Content-Length: +0\r\n"),
	HTTP_BAD_REQUEST},
    {"a length below 0", SPAN(GET "Content-Length: -1\r\n"), HTTP_BAD_REQUEST},
    {"a length of hex", SPAN(GET "Content-Length: 0x0\r\n"), HTTP_BAD_REQUEST},
    {"two lengths in one field", SPAN(GET "Content-Length: 0, 0\r\n"),
	HTTP_BAD_REQUEST},
    {"two lengths", SPAN(GET "Content-Length: 0\r\nContent-Length: 0\r\n"),
	HTTP_BAD_REQUEST},
    {"a coding", SPAN(GET "Transfer-Encoding: chunked\r\n\r\n"),
	HTTP_NOT_IMPLEMENTED},
    {"any coding", SPAN(GET "transfer-encoding:\r\n\r\n"),
	HTTP_NOT_IMPLEMENTED},
    {"a length and a coding",
	SPAN(GET "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
	HTTP_BAD_REQUEST},
    {"a coding and a length",
	SPAN(GET "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"),
	HTTP_BAD_REQUEST},
    {"a coding of 1.0", SPAN(OLD "Transfer-Encoding: chunked\r\n\r\n"),
	HTTP_BAD_REQUEST},
    {"a coding without a host",
	SPAN("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
	HTTP_BAD_REQUEST},
};

/* Every prefix asks for more; what follows does not matter. */
static void
good_requests_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const char *row = good[i].row;
		struct span text = span_str(good[i].text);
		struct http_request request;
		char more[512];
		size_t used;

		for (size_t n = 0; n < text.len; n++)
			check_more(row, span_head(text, n));
		check_int(row, decode(text, &request, &used), HTTP_DONE);
		check_int(row, (int64_t)used, (int64_t)text.len);
		check_int(row, http_decode(text, &request, &used), HTTP_DONE);
		check_span(row, request.path, span_str(good[i].path));
		check_bool(row, request.head, good[i].head);
		check_bool(row, request.stays, good[i].stays);
		snprintf(more, sizeof(more), "%s\x16garbage", good[i].text);
		check_int(
		    row, decode(span_str(more), &request, &used), HTTP_DONE);
		check_int(row, (int64_t)used, (int64_t)text.len);
	}
}

/* As soon as it is there, and the same whatever follows. */
static void
bad_requests_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		static const char *const ends[] = {"\r\n\r\n", " ", "\n", "x"};
		struct span bytes = bad[i].bytes;
		char more[512];

		for (size_t n = 0; n < bytes.len; n++)
			check_more(bad[i].row, span_head(bytes, n));
		check_wrong(bad[i].row, bytes, bad[i].status);
		memcpy(more, bytes.data, bytes.len);
		for (size_t k = 0; k < COUNT_OF(ends); k++) {
			size_t len = strlen(ends[k]);

			memcpy(more + bytes.len, ends[k], len);
			check_wrong(bad[i].row, span_of(more, bytes.len + len),
			    bad[i].status);
		}
	}
}

static void
it_is_known_whether_a_bad_one_wants_a_body(void **state)
{
	static const struct {
		const char *text;
		bool head;
	} rows[] = {
	    {"HEAD / HTTP/1.1\r\n\r\n", true},
	    {"HEAD \t", true},
	    {"GET / HTTP/1.1\r\n\r\n", false},
	    {"HEADS ", false},
	    {"POST ", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct http_request request;
		size_t used;

		check_int(rows[i].text,
		    decode(span_str(rows[i].text), &request, &used),
		    HTTP_WRONG);
		check_bool(rows[i].text, request.head, rows[i].head);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_requests_are_read),
	    cmocka_unit_test(bad_requests_are_refused),
	    cmocka_unit_test(it_is_known_whether_a_bad_one_wants_a_body),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
