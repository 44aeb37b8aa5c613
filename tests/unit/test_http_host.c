/* SPDX-License-Identifier: ISC */
#include "tests/unit/http_support.h"

static const struct {
	const char *host;
	bool local;
} hosts[] = {
    {"", true},
    {"localhost", true},
    {"LocalHost:9617", true},
    {"localhost:", true},
    {"page.localhost", true},
    {".localhost", true},
    {"127.0.0.1", true},
    {"127.0.0.1:9617", true},
    {"192.0.2.1", true},
    {"[::1]", true},
    {"[::1]:9617", true},
    {"evil.example", false},
    {"evil.example:9617", false},
    {"localhost.evil.example", false},
    {"evillocalhost", false},
    {"ocalhost", false},
    {"localhos", false},
    {"1.example", false},
    {"127.0.0.1.example", false},
    {"127.0.0.1a", false},
};

static void
only_names_that_lead_here_are_local(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct span host = exact_copy(span_str(hosts[i].host));

		check_bool(
		    hosts[i].host, http_host_is_local(host), hosts[i].local);
		exact_free(host);
	}
}

static void
a_request_tells_its_host(void **state)
{
	static const char text[] =
	    "GET / HTTP/1.1\r\nA: b\r\nHost: \t a.example:80 \r\n\r\n";
	static const char old[] = "GET / HTTP/1.0\r\n\r\n";
	struct http_request request;
	size_t used;

	(void)state;
	assert_int_equal(
	    http_decode(span_str(text), &request, &used), HTTP_DONE);
	check_span("a host", request.host, span_str("a.example:80"));
	assert_int_equal(
	    http_decode(span_str(old), &request, &used), HTTP_DONE);
	check_span("none", request.host, span_str(""));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_names_that_lead_here_are_local),
	    cmocka_unit_test(a_request_tells_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
