/* SPDX-License-Identifier: ISC */
/*
 * tcp_table requests, and what hdrcheck answers: the same however they come in
 * pieces; an answer is a line of printable ASCII below Postfix's limit. What is
 * quoted reads the same.
 */
#include "tests/fuzz/target.h"

#include <stdlib.h>

#include "hdrcheck/lookup.h"
#include "hdrcheck/tcptable.h"

enum { ANSWERS_MAX = 4 * 1024 * 1024, CODE_LEN = 4 /* "200 " */ };

static int64_t
now_ns(void)
{
	return INT64_C(1795300000) * CLOCK_NS_PER_S;
}

static int
decode(void *ctx, struct span in, size_t *used)
{
	struct span key;
	enum tcptable_result result = tcptable_decode(in, ctx, &key, used);

	if (result == TCPTABLE_DONE)
		must(key.data == ctx && key.len > 0 && key.len < in.len);
	return (int)result;
}

static size_t
count_answers(struct span answers)
{
	struct span line;
	size_t n = 0;

	for (; span_cut(&answers, '\n', &line); n++) {
		must(line.len < TCPTABLE_REPLY_MAX && line.len > CODE_LEN - 1);
		must(is_printable(line));
		must(span_starts_with(line, "200 ") ||
		    span_starts_with(line, "400 ") ||
		    span_starts_with(line, "500 "));
		line = span_skip(line, CODE_LEN);
		must(memchr(line.data, ' ', line.len) == NULL);
	}
	must(answers.len == 0);
	return n;
}

static void
answer(
    struct lookup *lookup, struct span in, struct dice *dice, struct buf *out)
{
	char error[CONF_ERROR_SIZE];

	memset(lookup, 0, sizeof(*lookup) - sizeof(lookup->key));
	must(settings_parse(&lookup->settings, span_of("", 0), "none", error));
	lookup->now_ns = now_ns;
	buf_init(out, ANSWERS_MAX);
	must(serve(lookup_tcp_table, lookup, in, dice, out) ==
	    count_answers(buf_span(out)));
}

/* Any bytes, quoted as an answer, are the key of a request. */
static void
check_quoted(struct span text, char *room)
{
	struct span line, key;
	struct buf request;
	size_t used;

	buf_init(&request, TCPTABLE_REPLY_MAX + 1);
	if (tcptable_reply(&request, 200, text) && text.len > 0) {
		line = buf_span(&request);
		must(line.len <= TCPTABLE_REPLY_MAX);
		must(is_printable(span_head(line, line.len - 1)));
		memcpy(request.data, "get ", CODE_LEN);
		must(tcptable_decode(line, room, &key, &used) == TCPTABLE_DONE);
		must(used == line.len && span_equal(key, text));
	}
	buf_free(&request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct dice dice = dice_of(in);
	struct lookup *lookup = malloc(sizeof(*lookup));
	struct buf whole, pieces;
	size_t used;

	must(lookup != NULL);
	must_settle(decode, lookup->key, in, &used);
	check_quoted(in, lookup->key);
	answer(lookup, in, NULL, &whole);
	answer(lookup, in, &dice, &pieces);
	must(span_equal(buf_span(&whole), buf_span(&pieces)));
	buf_free(&whole);
	buf_free(&pieces);
	free(lookup);
	return 0;
}
