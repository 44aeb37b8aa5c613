/* SPDX-License-Identifier: ISC */
#include "hdrcheck/lookup.h"

#include <inttypes.h>
#include <stdio.h>

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
answer_status(const struct lookup *lookup, struct buf *out)
{
	char text[VERDICT_TEXT_SIZE];
	const uint64_t *count = lookup->count;
	uint64_t lookups = 0;
	int n;

	for (int i = 0; i < VERDICT_KINDS; i++)
		lookups += count[i];
	n = snprintf(text, sizeof(text),
	    "lookups=%" PRIu64 " hold=%" PRIu64 " dunno=%" PRIu64
	    " reject=%" PRIu64 " notfound=%" PRIu64 " malformed=%" PRIu64,
	    lookups, count[VERDICT_HOLD], count[VERDICT_DUNNO],
	    count[VERDICT_REJECT], count[VERDICT_NOTFOUND], lookup->malformed);
	socketmap_reply(out, "OK", span_of(text, (size_t)n));
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
