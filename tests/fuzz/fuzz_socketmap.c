/* SPDX-License-Identifier: ISC */
/*
 * Socketmap requests, and what hdrcheck answers: the same however they come in
 * pieces; each answer is one of the protocol, printable and short.
 */
#include "tests/fuzz/target.h"

#include <stdlib.h>

#include "hdrcheck/lookup.h"
#include "hdrcheck/netstring.h"
#include "hdrcheck/socketmap.h"

enum { ANSWERS_MAX = 4 * 1024 * 1024, ANSWER_MAX = 1024 };

static int64_t
now_ns(void)
{
	return INT64_C(1795300000) * CLOCK_NS_PER_S;
}

static int
decode(void *ctx, struct span in, size_t *used)
{
	struct socketmap_request request;
	enum socketmap_result result = socketmap_decode(in, &request, used);

	(void)ctx;
	if (result == SOCKETMAP_DONE)
		must(is_inside(request.map, in) && is_inside(request.key, in));
	return (int)result;
}

static size_t
count_answers(struct span answers)
{
	static const char *const begins[] = {"OK ", "NOTFOUND ", "PERM "};
	struct span body;
	size_t used, n = 0;

	for (; answers.len > 0; answers = span_skip(answers, used), n++) {
		bool known = false;

		must(netstring_decode(answers, ANSWER_MAX, &body, &used) ==
		    NETSTRING_DONE);
		must(is_printable(body));
		for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
			known = known || span_starts_with(body, begins[i]);
		must(known);
	}
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
	must(serve(lookup_socketmap, lookup, in, dice, out) ==
	    count_answers(buf_span(out)));
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
	must_settle(decode, NULL, in, &used);
	answer(lookup, in, NULL, &whole);
	answer(lookup, in, &dice, &pieces);
	must(span_equal(buf_span(&whole), buf_span(&pieces)));
	buf_free(&whole);
	buf_free(&pieces);
	free(lookup);
	return 0;
}
