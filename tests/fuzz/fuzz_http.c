/* SPDX-License-Identifier: ISC */
/*
 * HTTP requests: settled as soon as they can be, whatever follows; only GET and
 * HEAD get through, whole, and with a path that is one.
 */
#include "tests/fuzz/target.h"

#include "policyd/web/http.h"

enum { STATUS_BASE = 16 /* above the results */ };

static void
check_done(struct span in, const struct http_request *request, size_t used)
{
	struct span head = span_head(in, used);

	must(used > 4 && used <= HTTP_HEAD_MAX);
	must(memcmp(head.data + used - 4, "\r\n\r\n", 4) == 0);
	if (span_starts_with(head, "\r\n"))
		head = span_skip(head, 2);
	must(request->head == span_starts_with(head, "HEAD "));
	must(request->head || span_starts_with(head, "GET "));
	must(request->path.len > 0 && request->path.len <= HTTP_TARGET_MAX);
	must(request->path.data[0] == '/' && is_printable(request->path));
	must(request->path.len == 1 || is_inside(request->path, head));
	must(memchr(request->path.data, '?', request->path.len) == NULL);
	must(request->host.len == 0 || is_inside(request->host, head));
	must(is_printable(request->host));
}

static void
check_wrong(const struct http_request *request)
{
	must(request->wrong >= HTTP_BAD_REQUEST);
	must(strlen(http_reason(request->wrong)) > 0);
	must(!request->stays);
}

static int
decode(void *ctx, struct span in, size_t *used)
{
	struct http_request request;
	enum http_result result = http_decode(in, &request, used);

	(void)ctx;
	must(result != HTTP_MORE || in.len < HTTP_HEAD_MAX);
	must(result == HTTP_DONE || *used == 0);
	if (result == HTTP_DONE)
		check_done(in, &request, *used);
	if (result != HTTP_WRONG)
		return (int)result;
	check_wrong(&request);
	return STATUS_BASE + (int)request.wrong;
}

/* The head of an answer is one of our own lines, whatever was asked. */
static void
check_reply(int said)
{
	struct http_reply reply = {.status = HTTP_OK,
	    .type = "text/html",
	    .policy = "default-src 'none'",
	    .closes = true,
	    .now_s = 1795300000};
	struct buf out;

	if (said >= STATUS_BASE)
		reply.status = (enum http_status)(said - STATUS_BASE);
	buf_init(&out, HTTP_REPLY_HEAD_MAX);
	must(http_put_head(&reply, &out));
	must(span_starts_with(buf_span(&out), "HTTP/1.1 "));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	size_t used;
	int said = must_settle(decode, NULL, in, &used);

	check_reply(said);
	http_host_is_local(in);
	return 0;
}
