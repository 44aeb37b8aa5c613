/* SPDX-License-Identifier: ISC */
/*
 * Netstrings: of each front part more is wanted, up to a length from which on
 * the result stays; what is read is written the same, byte for byte.
 */
#include "tests/fuzz/target.h"

#include "hdrcheck/netstring.h"

static int
decode(void *ctx, struct span in, size_t *used)
{
	const size_t *max = ctx;
	struct span body = {0};
	enum netstring_result result = netstring_decode(in, *max, &body, used);

	if (result == NETSTRING_DONE)
		must(is_inside(body, in) && body.len <= *max &&
		    body.data + body.len + 1 == in.data + *used);
	return (int)result;
}

static void
check_written(struct span body, size_t *max)
{
	struct span again;
	struct buf out;
	size_t used;

	*max = body.len;
	buf_init(&out, body.len + 32);
	must(netstring_append(&out, body));
	must(must_settle(decode, max, buf_span(&out), &used) == NETSTRING_DONE);
	must(used == buf_len(&out));
	must(netstring_decode(buf_span(&out), *max, &again, &used) ==
	    NETSTRING_DONE);
	must(span_equal(again, body));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = {0, 9, 10, 4096, SIZE_MAX};
	struct span in = span_of(data, size), body;
	size_t used, max;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct buf out;

		max = limits[i];
		if (must_settle(decode, &max, in, &used) != NETSTRING_DONE)
			continue;
		must(netstring_decode(in, max, &body, &used) == NETSTRING_DONE);
		buf_init(&out, used);
		must(netstring_append(&out, body));
		must(span_equal(buf_span(&out), span_head(in, used)));
		buf_free(&out);
	}
	check_written(in, &max);
	return 0;
}
