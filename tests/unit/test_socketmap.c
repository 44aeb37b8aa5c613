/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/netstring.h"
#include "hdrcheck/socketmap.h"
#include "hdrcheck/verdict.h"

static const char *const result_names[] = {
    [SOCKETMAP_MORE] = "more",
    [SOCKETMAP_DONE] = "done",
    [SOCKETMAP_BAD_FRAME] = "bad frame",
    [SOCKETMAP_BAD_REQUEST] = "bad request",
};

static const struct {
	const char *row;
	struct span in;
	enum socketmap_result want;
	struct span map;
	struct span key;
	size_t used;
} requests[] = {
    {"a map and a key", SPAN("7:map key,"), SOCKETMAP_DONE, SPAN("map"),
	SPAN("key"), 10},
    {"the first blank parts", SPAN("9:map a b c,"), SOCKETMAP_DONE, SPAN("map"),
	SPAN("a b c"), 12},
    {"a blank in front of the key belongs to it", SPAN("6:map  k,"),
	SOCKETMAP_DONE, SPAN("map"), SPAN(" k"), 9},
    {"an empty key", SPAN("4:map ,"), SOCKETMAP_DONE, SPAN("map"), SPAN(""), 7},
    {"an empty map", SPAN("4: key,"), SOCKETMAP_DONE, SPAN(""), SPAN("key"), 7},
    {"any bytes in the key", SPAN("8:m \0\xff\r\n,:,"), SOCKETMAP_DONE,
	SPAN("m"), SPAN("\0\xff\r\n,:"), 11},
    {"any bytes in the map", SPAN("4:\0\xff k,"), SOCKETMAP_DONE,
	SPAN("\0\xff"), SPAN("k"), 7},
    {"the next request is left alone", SPAN("3:m k,3:m l,"), SOCKETMAP_DONE,
	SPAN("m"), SPAN("k"), 6},
    {"no blank", SPAN("3:map,"), SOCKETMAP_BAD_REQUEST, SPAN(""), SPAN(""), 6},
    {"a tab is no blank", SPAN("5:map\tk,"), SOCKETMAP_BAD_REQUEST, SPAN(""),
	SPAN(""), 8},
    {"nothing in the frame", SPAN("0:,"), SOCKETMAP_BAD_REQUEST, SPAN(""),
	SPAN(""), 3},
    {"no frame yet", SPAN(""), SOCKETMAP_MORE, SPAN(""), SPAN(""), 0},
    {"half a frame", SPAN("7:map k"), SOCKETMAP_MORE, SPAN(""), SPAN(""), 0},
    {"a line of another protocol", SPAN("get X-Deliver-At:\n"),
	SOCKETMAP_BAD_FRAME, SPAN(""), SPAN(""), 0},
    {"no comma", SPAN("7:map key\n"), SOCKETMAP_BAD_FRAME, SPAN(""), SPAN(""),
	0},
    {"a leading zero", SPAN("07:map key,"), SOCKETMAP_BAD_FRAME, SPAN(""),
	SPAN(""), 0},
    {"a length of 2^31", SPAN("2147483648:"), SOCKETMAP_BAD_FRAME, SPAN(""),
	SPAN(""), 0},
    {"a length of 2^63", SPAN("9223372036854775808:"), SOCKETMAP_BAD_FRAME,
	SPAN(""), SPAN(""), 0},
    {"a length of 2^64 + 7", SPAN("18446744073709551623:map key,"),
	SOCKETMAP_BAD_FRAME, SPAN(""), SPAN(""), 0},
};

static void
requests_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		struct span in = exact_copy(requests[i].in);
		struct socketmap_request request;
		size_t used = 0;
		enum socketmap_result got =
		    socketmap_decode(in, &request, &used);

		check_string(requests[i].row, result_names[got],
		    result_names[requests[i].want]);
		check_int(
		    requests[i].row, (int64_t)used, (int64_t)requests[i].used);
		if (got == SOCKETMAP_DONE) {
			check_span(
			    requests[i].row, request.map, requests[i].map);
			check_span(
			    requests[i].row, request.key, requests[i].key);
		}
		exact_free(in);
	}
}

static void
every_prefix_asks_for_more(void **state)
{
	struct span whole =
	    span_str("45:deliver-at X-Deliver-At: 2026-12-25T09:00:00Z,");

	(void)state;
	for (size_t n = 0; n <= whole.len; n++) {
		struct span in = exact_copy(span_head(whole, n));
		struct socketmap_request request;
		size_t used = 0;

		assert_int_equal(socketmap_decode(in, &request, &used),
		    n < whole.len ? SOCKETMAP_MORE : SOCKETMAP_DONE);
		assert_int_equal(used, n < whole.len ? 0 : n);
		exact_free(in);
	}
}

/* A frame with a request of len bytes. */
static enum socketmap_result
decode_long(size_t len, size_t *frame_len)
{
	struct socketmap_request request;
	enum socketmap_result got;
	size_t used = 0;
	char *body = malloc(len);
	struct buf frame;

	assert_non_null(body);
	memset(body, 'x', len);
	body[1] = ' ';
	buf_init(&frame, len + 100);
	assert_true(netstring_append(&frame, span_of(body, len)));
	got = socketmap_decode(buf_span(&frame), &request, &used);
	*frame_len = buf_len(&frame);
	if (got == SOCKETMAP_DONE) {
		assert_int_equal(used, *frame_len);
		assert_int_equal(request.key.len, len - 2);
	}
	buf_free(&frame);
	free(body);
	return got;
}

static void
requests_are_bounded(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(
	    decode_long(SOCKETMAP_REQUEST_MAX - 1, &n), SOCKETMAP_DONE);
	assert_int_equal(
	    decode_long(SOCKETMAP_REQUEST_MAX, &n), SOCKETMAP_DONE);
	assert_true(n <= SOCKETMAP_FRAME_MAX);
	assert_int_equal(
	    decode_long(SOCKETMAP_REQUEST_MAX + 1, &n), SOCKETMAP_BAD_FRAME);
}

static void
a_request_too_long_is_known_by_its_length(void **state)
{
	struct socketmap_request request;
	char text[32];
	size_t used = 0;

	(void)state;
	snprintf(text, sizeof(text), "%d", SOCKETMAP_REQUEST_MAX);
	assert_int_equal(
	    socketmap_decode(span_str(text), &request, &used), SOCKETMAP_MORE);
	snprintf(text, sizeof(text), "%d", SOCKETMAP_REQUEST_MAX + 1);
	assert_int_equal(socketmap_decode(span_str(text), &request, &used),
	    SOCKETMAP_BAD_FRAME);
}

static const struct {
	const char *row;
	const char *status;
	struct span value;
	size_t room;
	const char *want; /* NULL: refused */
} replies[] = {
    {"OK and a value", "OK", SPAN("DUNNO"), 100, "8:OK DUNNO,"},
    {"no value keeps the blank", "NOTFOUND", SPAN(""), 100, "9:NOTFOUND ,"},
    {"a value with blanks", "PERM", SPAN("no such map"), 100,
	"16:PERM no such map,"},
    {"just the room that is needed", "OK", SPAN("DUNNO"), 11, "8:OK DUNNO,"},
    {"one byte less room than needed", "OK", SPAN("DUNNO"), 10, NULL},
};

static void
replies_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		struct span value = exact_copy(replies[i].value);
		const char *want = replies[i].want;
		struct buf out;

		buf_init(&out, replies[i].room);
		check_bool(replies[i].row,
		    socketmap_reply(&out, replies[i].status, value),
		    want != NULL);
		check_span(replies[i].row, buf_span(&out),
		    span_str(want != NULL ? want : ""));
		buf_free(&out);
		exact_free(value);
	}
}

/* A verdict always fits; what does not is not cut short either. */
static void
a_reply_is_written_whole_or_not_at_all(void **state)
{
	char value[2000];
	struct buf out;

	(void)state;
	memset(value, 'x', sizeof(value));
	buf_init(&out, sizeof(value) + 100);
	for (size_t n = 0; n <= sizeof(value); n++) {
		bool ok = socketmap_reply(&out, "OK", span_of(value, n));
		struct span body = {NULL, 0};
		size_t used;

		assert_true(ok || n >= VERDICT_TEXT_SIZE);
		netstring_decode(buf_span(&out), sizeof(value), &body, &used);
		assert_int_equal(body.len, ok ? n + strlen("OK ") : 0);
		assert_int_equal(buf_len(&out) == 0, !ok);
		buf_clear(&out);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_read),
	    cmocka_unit_test(every_prefix_asks_for_more),
	    cmocka_unit_test(requests_are_bounded),
	    cmocka_unit_test(a_request_too_long_is_known_by_its_length),
	    cmocka_unit_test(replies_are_written),
	    cmocka_unit_test(a_reply_is_written_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("socketmap", tests, NULL, NULL);
}
