/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/lookup.h"
#include "hdrcheck/netstring.h"
#include "hdrcheck/socketmap.h"

/* 2026-12-15T09:00:00Z */
static int64_t
fixed_now_ns(void)
{
	return INT64_C(1797325200) * CLOCK_NS_PER_S;
}

static void
lookup_init(struct lookup *lookup)
{
	char error[CONF_ERROR_SIZE];

	memset(lookup, 0, sizeof(*lookup));
	lookup->now_ns = fixed_now_ns;
	assert_true(
	    settings_parse(&lookup->settings, span_str(""), "test", error));
}

static const char *const verdict_names[] = {
    [CONN_MORE] = "more",
    [CONN_DONE] = "done",
    [CONN_CLOSE] = "close",
};

struct request {
	const char *row;
	struct span in;
	enum conn_verdict want;
	const char *reply;
	size_t used; /* of CONN_DONE */
};

static const struct request requests[] = {
    {"a future date", SPAN("45:deliver-at X-Deliver-At: 2026-12-25T09:00:00Z,"),
	CONN_DONE, "34:OK HOLD until 2026-12-25T09:00:00Z,", 49},
    {"a past date", SPAN("45:deliver-at X-Deliver-At: 2026-11-25T09:00:00Z,"),
	CONN_DONE, "8:OK DUNNO,", 49},
    {"a date too far",
	SPAN("45:deliver-at X-Deliver-At: "
	     "2028-12-25T09:00:00Z,"),
	CONN_DONE, "54:OK REJECT 5.7.1 X-Deliver-At: more than 366 days ahead,",
	49},
    {"no date", SPAN("24:deliver-at X-Deliver-At:,"), CONN_DONE,
	"35:OK REJECT 5.6.0 X-Deliver-At: empty,", 28},
    {"another header", SPAN("19:deliver-at Subject:,"), CONN_DONE,
	"9:NOTFOUND ,", 23},
    {"an empty key", SPAN("11:deliver-at ,"), CONN_DONE, "9:NOTFOUND ,", 15},
    {"a key of any bytes", SPAN("15:deliver-at \0\xff\r\n,"), CONN_DONE,
	"9:NOTFOUND ,", 19},
    {"the next request is left alone", SPAN("11:deliver-at ,11:deliver-at ,"),
	CONN_DONE, "9:NOTFOUND ,", 15},
    {"another map", SPAN("8:other k1,"), CONN_DONE, "16:PERM no such map,", 11},
    {"the map in another case", SPAN("12:Deliver-At x,"), CONN_DONE,
	"16:PERM no such map,", 16},
    {"a longer map", SPAN("13:deliver-at2 x,"), CONN_DONE,
	"16:PERM no such map,", 17},
    {"an empty map", SPAN("2: x,"), CONN_DONE, "16:PERM no such map,", 5},
    {"no blank", SPAN("10:deliver-at,"), CONN_DONE,
	"29:PERM not a map name and a key,", 14},
    {"an empty frame", SPAN("0:,"), CONN_DONE,
	"29:PERM not a map name and a key,", 3},
    {"no netstring", SPAN("get X\n"), CONN_CLOSE,
	"33:PERM not a netstring, or too long,", 0},
    {"no comma", SPAN("1:xy"), CONN_CLOSE,
	"33:PERM not a netstring, or too long,", 0},
    {"a leading zero", SPAN("045:"), CONN_CLOSE,
	"33:PERM not a netstring, or too long,", 0},
    {"a NUL", SPAN("\0"), CONN_CLOSE, "33:PERM not a netstring, or too long,",
	0},
    {"0xff", SPAN("\xff"), CONN_CLOSE, "33:PERM not a netstring, or too long,",
	0},
    {"a length of 2^31", SPAN("2147483648"), CONN_CLOSE,
	"33:PERM not a netstring, or too long,", 0},
    {"a length of 2^64 + 1", SPAN("18446744073709551617"), CONN_CLOSE,
	"33:PERM not a netstring, or too long,", 0},
    {"half a request", SPAN("45:deliver-at X-Deliver-At:"), CONN_MORE, "", 0},
};

static const struct request tcp_requests[] = {
    {"a future date", SPAN("get X-Deliver-At:%202026-12-25T09:00:00Z\n"),
	CONN_DONE, "200 HOLD%20until%202026-12-25T09:00:00Z\n", 41},
    {"a folded date",
	SPAN("get X-Deliver-At:%20Fri,%0A%2025%20Dec%202026%2009:00%20GMT\n"),
	CONN_DONE, "200 HOLD%20until%202026-12-25T09:00:00Z\n", 60},
    {"a past date", SPAN("get X-Deliver-At:%202026-11-25T09:00:00Z\n"),
	CONN_DONE, "200 DUNNO\n", 41},
    {"no date", SPAN("get X-Deliver-At:\n"), CONN_DONE,
	"200 REJECT%205.6.0%20X-Deliver-At:%20empty\n", 18},
    {"another header", SPAN("get Subject:\n"), CONN_DONE, "500 not%20found\n",
	13},
    {"another request", SPAN("put a b\n"), CONN_DONE,
	"400 not%20a%20get%20request\n", 8},
    {"a bad quotation", SPAN("get %4\n"), CONN_DONE,
	"400 not%20a%20get%20request\n", 7},
    {"a NUL", SPAN("\0\n"), CONN_DONE, "400 not%20a%20get%20request\n", 2},
    {"half a request", SPAN("get X-Deliver-At:"), CONN_MORE, "", 0},
};

static void
check_requests(conn_handle_fn *handle, const struct request *rows, size_t n)
{
	struct lookup lookup;

	lookup_init(&lookup);
	for (size_t i = 0; i < n; i++) {
		struct span in = exact_copy(rows[i].in);
		enum conn_verdict got;
		struct buf out;
		size_t used = 0;

		buf_init(&out, CONN_REPLY_MAX);
		got = handle(&lookup, in, &out, &used);
		check_string(rows[i].row, verdict_names[got],
		    verdict_names[rows[i].want]);
		check_span(
		    rows[i].row, buf_span(&out), span_str(rows[i].reply));
		if (got != CONN_CLOSE)
			check_int(
			    rows[i].row, (int64_t)used, (int64_t)rows[i].used);
		buf_free(&out);
		exact_free(in);
	}
}

static void
requests_are_answered(void **state)
{
	(void)state;
	check_requests(lookup_socketmap, requests, COUNT_OF(requests));
}

static void
tcp_table_requests_are_answered(void **state)
{
	(void)state;
	check_requests(lookup_tcp_table, tcp_requests, COUNT_OF(tcp_requests));
}

/* Its end may never come: it is answered and closed at its limit. */
static void
a_tcp_table_line_without_end_is_closed(void **state)
{
	char *line = malloc(TCPTABLE_LINE_MAX);
	struct lookup lookup;
	struct buf out;
	size_t used = 0;

	(void)state;
	assert_non_null(line);
	memset(line, 'x', TCPTABLE_LINE_MAX);
	lookup_init(&lookup);
	buf_init(&out, CONN_REPLY_MAX);
	assert_int_equal(lookup_tcp_table(&lookup,
			     span_of(line, TCPTABLE_LINE_MAX - 1), &out, &used),
	    CONN_MORE);
	assert_int_equal(lookup_tcp_table(&lookup,
			     span_of(line, TCPTABLE_LINE_MAX), &out, &used),
	    CONN_CLOSE);
	check_span("its reply", buf_span(&out),
	    span_str("400 not%20a%20get%20request\n"));
	assert_int_equal(lookup.malformed, 1);
	buf_free(&out);
	free(line);
}

static void
every_prefix_asks_for_more(void **state)
{
	struct span whole =
	    span_str("45:deliver-at X-Deliver-At: 2026-12-25T09:00:00Z,");
	struct lookup lookup;
	struct buf out;

	(void)state;
	lookup_init(&lookup);
	buf_init(&out, CONN_REPLY_MAX);
	for (size_t n = 0; n < whole.len; n++) {
		struct span in = exact_copy(span_head(whole, n));
		size_t used = 0;

		assert_int_equal(
		    lookup_socketmap(&lookup, in, &out, &used), CONN_MORE);
		assert_int_equal(used, 0);
		assert_int_equal(buf_len(&out), 0);
		exact_free(in);
	}
	buf_free(&out);
}

static void
ask(struct lookup *lookup, const char *request, struct buf *out)
{
	size_t used = 0;

	buf_clear(out);
	lookup_socketmap(lookup, span_str(request), out, &used);
}

static void
count_connections(void *ctx, struct lookup_counts *counts)
{
	counts->n[COUNT_CONNECTIONS] = *(const uint64_t *)ctx;
	counts->n[COUNT_OPEN] = 7;
}

static void
the_status_map_tells_the_counters(void **state)
{
	uint64_t accepted = 6000;
	struct lookup lookup;
	struct buf out;

	(void)state;
	lookup_init(&lookup);
	buf_init(&out, CONN_REPLY_MAX);
	ask(&lookup, "7:status ,", &out);
	check_span("at first", buf_span(&out),
	    span_str("80:OK lookups=0 hold=0 dunno=0 reject=0 notfound=0 "
		     "malformed=0 connections=0 open=0,"));
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		size_t used = 0;

		lookup_socketmap(&lookup, requests[i].in, &out, &used);
		buf_clear(&out);
	}
	lookup.count_connections = count_connections;
	lookup.connections_ctx = &accepted;
	ask(&lookup, "8:status x,", &out);
	check_span("after all requests above", buf_span(&out),
	    span_str("83:OK lookups=8 hold=1 dunno=1 reject=2 notfound=4 "
		     "malformed=9 connections=6000 open=7,"));
	buf_free(&out);
}

static void
counters_of_any_size_are_told(void **state)
{
	struct lookup lookup;
	struct span body;
	struct buf out;
	size_t used;

	(void)state;
	lookup_init(&lookup);
	buf_init(&out, CONN_REPLY_MAX);
	for (int i = 0; i < VERDICT_KINDS; i++)
		lookup.count[i] = UINT64_MAX;
	lookup.malformed = UINT64_MAX;
	ask(&lookup, "7:status ,", &out);
	assert_int_equal(
	    netstring_decode(buf_span(&out), CONN_REPLY_MAX, &body, &used),
	    NETSTRING_DONE);
	check_bool(
	    "the reply begins", span_starts_with(body, "OK lookups="), true);
	check_bool("the reply ends",
	    span_equal_str(span_skip(body, body.len - 41),
		"18446744073709551615 connections=0 open=0"),
	    true);
	buf_free(&out);
}

static const char stream[] = "45:deliver-at X-Deliver-At: 2026-12-25T09:00:00Z,"
			     "19:deliver-at Subject:,"
			     "0:,"
			     "8:other k1,"
			     "24:deliver-at X-Deliver-At:,"
			     "05:";

static const char answers[] = "34:OK HOLD until 2026-12-25T09:00:00Z,"
			      "9:NOTFOUND ,"
			      "29:PERM not a map name and a key,"
			      "16:PERM no such map,"
			      "35:OK REJECT 5.6.0 X-Deliver-At: empty,"
			      "33:PERM not a netstring, or too long,";

static const char tcp_stream[] = "get X-Deliver-At:%202026-12-25T09:00:00Z\n"
				 "get Subject:\n"
				 "\n"
				 "get X-Deliver-At:%\n"
				 "get X-Deliver-At:\n";

static const char tcp_answers[] =
    "200 HOLD%20until%202026-12-25T09:00:00Z\n"
    "500 not%20found\n"
    "400 not%20a%20get%20request\n"
    "400 not%20a%20get%20request\n"
    "200 REJECT%205.6.0%20X-Deliver-At:%20empty\n";

static void
open_rig(struct rig *rig, struct lookup *lookup, conn_handle_fn *handle)
{
	struct conn_protocol protocol = {
	    .name = "test",
	    .handle = handle,
	    .ctx = lookup,
	    .in_max = SOCKETMAP_FRAME_MAX,
	};

	lookup_init(lookup);
	rig_open(rig, &protocol, 100, 60000);
}

static void
check_splits(conn_handle_fn *handle, const char *text, const char *want)
{
	struct span whole = span_str(text);
	struct lookup lookup;
	struct rig rig;

	open_rig(&rig, &lookup, handle);
	for (size_t n = 0; n <= whole.len; n++) {
		struct peer p;
		char row[40];

		snprintf(row, sizeof(row), "split after %zu bytes", n);
		peer_open_pair(&p, &rig);
		peer_send(&p, span_head(whole, n));
		peer_settle(&p);
		peer_send(&p, span_skip(whole, n));
		peer_settle(&p);
		check_got(row, &p, want);
		peer_close(&p);
	}
	rig_close(&rig);
}

static void
every_split_of_a_stream_gets_the_same_replies(void **state)
{
	(void)state;
	check_splits(lookup_socketmap, stream, answers);
	check_splits(lookup_tcp_table, tcp_stream, tcp_answers);
}

static void
check_byte_by_byte(conn_handle_fn *handle, const char *text, const char *want)
{
	struct lookup lookup;
	struct peer p;
	struct rig rig;

	open_rig(&rig, &lookup, handle);
	peer_open_pair(&p, &rig);
	for (; *text != '\0'; text++) {
		peer_send(&p, span_of(text, 1));
		peer_settle(&p);
	}
	check_got("byte by byte", &p, want);
	peer_close(&p);
	rig_close(&rig);
}

static void
a_stream_byte_by_byte_gets_the_same_replies(void **state)
{
	(void)state;
	check_byte_by_byte(lookup_socketmap, stream, answers);
	check_byte_by_byte(lookup_tcp_table, tcp_stream, tcp_answers);
}

static void
a_malformed_frame_is_answered_then_closed(void **state)
{
	struct lookup lookup;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &lookup, lookup_socketmap);
	peer_open_pair(&p, &rig);
	peer_send(&p, span_str("19:deliver-at Subject:,x2:a b,"));
	peer_settle(&p);
	check_got("nothing behind it", &p,
	    "9:NOTFOUND ,33:PERM not a netstring, or too long,");
	assert_true(p.eof);
	peer_close(&p);
	rig_close(&rig);
}

/* The longest request there can be passes the server's input buffer. */
static void
the_longest_request_is_answered(void **state)
{
	struct lookup lookup;
	struct peer p;
	struct buf frame;
	struct rig rig;
	char *room;
	size_t sent = 0;

	(void)state;
	buf_init(&frame, SOCKETMAP_FRAME_MAX);
	assert_true(buf_append(&frame, span_str("131072:deliver-at X:")));
	room = buf_reserve(&frame, SOCKETMAP_REQUEST_MAX - 13);
	assert_non_null(room);
	memset(room, 'x', SOCKETMAP_REQUEST_MAX - 13);
	buf_commit(&frame, SOCKETMAP_REQUEST_MAX - 13);
	assert_true(buf_append(&frame, span_str(",")));
	open_rig(&rig, &lookup, lookup_socketmap);
	peer_open_pair(&p, &rig);
	while (sent < buf_len(&frame)) {
		sent += peer_send(&p, span_skip(buf_span(&frame), sent));
		peer_settle(&p);
	}
	check_got("131072 bytes", &p, "9:NOTFOUND ,");
	assert_false(p.eof);
	peer_close(&p);
	rig_close(&rig);
	buf_free(&frame);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_answered),
	    cmocka_unit_test(tcp_table_requests_are_answered),
	    cmocka_unit_test(a_tcp_table_line_without_end_is_closed),
	    cmocka_unit_test(every_prefix_asks_for_more),
	    cmocka_unit_test(the_status_map_tells_the_counters),
	    cmocka_unit_test(counters_of_any_size_are_told),
	    cmocka_unit_test(every_split_of_a_stream_gets_the_same_replies),
	    cmocka_unit_test(a_stream_byte_by_byte_gets_the_same_replies),
	    cmocka_unit_test(a_malformed_frame_is_answered_then_closed),
	    cmocka_unit_test(the_longest_request_is_answered),
	};

	return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
