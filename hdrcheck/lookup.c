/* SPDX-License-Identifier: ISC */
#include "hdrcheck/lookup.h"

#include "hdrcheck/socketmap.h"

/* The action for a header line; empty: not found. */
static struct span
look_up(struct lookup *lookup, struct span key, char text[VERDICT_TEXT_SIZE])
{
	struct verdict v = verdict_of(key, lookup->now_ns(), &lookup->settings);

	lookup->count[v.kind]++;
	return span_of(text, verdict_format(&v, &lookup->settings, text));
}

static void
answer_lookup(struct lookup *lookup, struct span key, struct buf *out)
{
	char text[VERDICT_TEXT_SIZE];
	struct span action = look_up(lookup, key, text);

	socketmap_reply(out, action.len == 0 ? "NOTFOUND" : "OK", action);
}

static void
count_all(const struct lookup *lookup, struct lookup_counts *counts)
{
	const uint64_t *count = lookup->count;

	*counts = (struct lookup_counts){
	    .n = {
		[COUNT_HOLD] = count[VERDICT_HOLD],
		[COUNT_DUNNO] = count[VERDICT_DUNNO],
		[COUNT_REJECT] = count[VERDICT_REJECT],
		[COUNT_NOTFOUND] = count[VERDICT_NOTFOUND],
		[COUNT_MALFORMED] = lookup->malformed,
	    }};
	for (int i = 0; i < VERDICT_KINDS; i++)
		counts->n[COUNT_LOOKUPS] += count[i];
	if (lookup->count_connections != NULL)
		lookup->count_connections(lookup->connections_ctx, counts);
}

static void
answer_status(const struct lookup *lookup, struct buf *out)
{
	struct lookup_counts counts;
	char text[COUNTS_TEXT_SIZE];

	count_all(lookup, &counts);
	socketmap_reply(out, "OK", span_of(text, counts_format(&counts, text)));
}

static void
answer_perm(struct lookup *lookup, const char *why, struct buf *out)
{
	lookup->malformed++;
	socketmap_reply(out, "PERM", span_str(why));
}

enum conn_verdict
lookup_socketmap(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct lookup *lookup = ctx;
	struct socketmap_request request;

	switch (socketmap_decode(in, &request, used)) {
	case SOCKETMAP_MORE:
		return CONN_MORE;
	case SOCKETMAP_BAD_FRAME:
		answer_perm(lookup, "not a netstring, or too long", out);
		return CONN_CLOSE;
	case SOCKETMAP_BAD_REQUEST:
		answer_perm(lookup, "not a map name and a key", out);
		return CONN_DONE;
	case SOCKETMAP_DONE:
		break;
	}
	if (span_equal_str(request.map, LOOKUP_MAP))
		answer_lookup(lookup, request.key, out);
	else if (span_equal_str(request.map, LOOKUP_STATUS_MAP))
		answer_status(lookup, out);
	else
		socketmap_reply(out, "PERM", span_str("no such map"));
	return CONN_DONE;
}

static void
answer_400(struct lookup *lookup, struct buf *out)
{
	lookup->malformed++;
	tcptable_reply(out, 400, span_str("not a get request"));
}

enum conn_verdict
lookup_tcp_table(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct lookup *lookup = ctx;
	char text[VERDICT_TEXT_SIZE];
	struct span key, action;

	switch (tcptable_decode(in, lookup->key, &key, used)) {
	case TCPTABLE_MORE:
		return CONN_MORE;
	case TCPTABLE_BAD_FRAME:
		answer_400(lookup, out);
		return CONN_CLOSE;
	case TCPTABLE_BAD_REQUEST:
		answer_400(lookup, out);
		return CONN_DONE;
	case TCPTABLE_DONE:
		break;
	}
	action = look_up(lookup, key, text);
	if (action.len == 0)
		tcptable_reply(out, 500, span_str("not found"));
	else
		tcptable_reply(out, 200, action);
	return CONN_DONE;
}
