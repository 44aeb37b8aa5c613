/* SPDX-License-Identifier: ISC */
/*
 * How long requests may be.
 */
#include "tests/unit/http_support.h"

static void
a_target_has_a_longest(void **state)
{
	char text[HTTP_HEAD_MAX];
	struct http_request request;
	size_t used;

	(void)state;
	for (size_t n = HTTP_TARGET_MAX - 1; n <= HTTP_TARGET_MAX + 1; n++) {
		size_t len = strlen("GET ");

		memcpy(text, "GET ", len);
		memset(text + len, '/', n);
		len += n;
		if (n > HTTP_TARGET_MAX) {
			check_wrong(
			    "one more", span_of(text, len), HTTP_URI_TOO_LONG);
			break;
		}
		check_more("not yet its end", span_of(text, len));
		memcpy(text + len, " HTTP/1.0\r\n\r\n", 13);
		check_int("the whole",
		    decode(span_of(text, len + 13), &request, &used),
		    HTTP_DONE);
		check_int("its path", (int64_t)request.path.len, (int64_t)n);
	}
}

static void
a_target_with_its_host_is_no_longer(void **state)
{
	char text[HTTP_HEAD_MAX] = "GET http://a/?";
	size_t len = strlen("GET ") + HTTP_TARGET_MAX;

	(void)state;
	memset(text + 14, 'b', sizeof(text) - 14);
	check_more("the limit", span_of(text, len));
	check_wrong("one more", span_of(text, len + 1), HTTP_URI_TOO_LONG);
}

static void
a_method_has_a_longest(void **state)
{
	struct span text = span_str(LONG "g");

	(void)state;
	check_more("the limit", span_head(text, text.len - 1));
	check_wrong("one more", text, HTTP_NOT_IMPLEMENTED);
}

static void
there_are_so_many_fields_at_most(void **state)
{
	(void)state;
	for (size_t n = HTTP_FIELDS_MAX - 1; n <= HTTP_FIELDS_MAX + 1; n++) {
		char text[HTTP_HEAD_MAX] = OLD;
		size_t len = strlen(OLD);
		struct http_request request;
		size_t used;

		for (size_t i = 0; i < n; i++, len += 4)
			memcpy(text + len, "a:\r\n", 4);
		if (n > HTTP_FIELDS_MAX) {
			check_wrong("the first byte of one more",
			    span_of(text, len - 3), HTTP_FIELDS_TOO_LARGE);
			break;
		}
		check_more("not yet its end", span_of(text, len));
		memcpy(text + len, "\r\n", 2);
		check_int("all of them",
		    decode(span_of(text, len + 2), &request, &used), HTTP_DONE);
	}
}

static void
a_head_has_a_longest(void **state)
{
	(void)state;
	for (size_t n = HTTP_HEAD_MAX - 1; n <= HTTP_HEAD_MAX + 1; n++) {
		char text[HTTP_HEAD_MAX + 1] = "\r\n" OLD "a:";
		size_t begin = strlen(text);
		struct http_request request;
		size_t used;

		memset(text + begin, 'b', n - begin - 4);
		memcpy(text + n - 4, "\r\n\r\n", 4);
		check_more("one byte less", span_of(text, HTTP_HEAD_MAX - 2));
		if (n > HTTP_HEAD_MAX) {
			check_wrong("as many without the end",
			    span_of(text, HTTP_HEAD_MAX),
			    HTTP_FIELDS_TOO_LARGE);
			check_wrong("one more", span_of(text, n),
			    HTTP_FIELDS_TOO_LARGE);
			break;
		}
		check_int("the whole",
		    decode(span_of(text, n), &request, &used), HTTP_DONE);
		check_int("all of it", (int64_t)used, (int64_t)n);
	}
}

static void
what_is_wrong_behind_the_longest_head_does_not_count(void **state)
{
	char text[2 * HTTP_HEAD_MAX] = GET "\r\n";
	size_t len = strlen(text), used;
	struct http_request request;

	(void)state;
	memset(text + len, '\0', sizeof(text) - len);
	check_int("the first one",
	    decode(span_of(text, sizeof(text)), &request, &used), HTTP_DONE);
	check_int("and no more", (int64_t)used, (int64_t)len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_target_has_a_longest),
	    cmocka_unit_test(a_target_with_its_host_is_no_longer),
	    cmocka_unit_test(a_method_has_a_longest),
	    cmocka_unit_test(there_are_so_many_fields_at_most),
	    cmocka_unit_test(a_head_has_a_longest),
	    cmocka_unit_test(
		what_is_wrong_behind_the_longest_head_does_not_count),
	};

	return cmocka_run_group_tests_name("http_limits", tests, NULL, NULL);
}
