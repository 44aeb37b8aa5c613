/* SPDX-License-Identifier: ISC */
/*
 * What policyctl asks the engine: settled as soon as it can be; what is put
 * again reads the same; a message that is named has a queue id that is one.
 */
#include "tests/fuzz/target.h"

#include "policyd/control.h"

enum { PUT_MAX = 1024 * 1024 };

static int
decode(void *ctx, struct span in, size_t *used)
{
	struct control_request request;
	enum control_result result = control_decode(in, &request, used);

	(void)ctx;
	if (result == CONTROL_DONE && request.body.len > 0)
		must(is_inside(request.body, in) &&
		    request.body.data + request.body.len == in.data + *used);
	return (int)result;
}

static bool
put(struct buf *out, const struct control_request *request)
{
	if (request->verb == CONTROL_PAUSE)
		return control_put_pause(out, request->body);
	if (request->verb == CONTROL_RESCHEDULE)
		return control_put_reschedule(
		    out, request->due_s, request->body);
	return control_put(out, request->verb);
}

static void
check_due(struct span in, const struct control_request *request)
{
	must((request->due_s == CONTROL_NOW) ==
	    span_starts_with(in, "reschedule now "));
	must((request->due_s == OVERRIDE_NEVER) ==
	    span_starts_with(in, "reschedule never "));
	must(request->due_s >= 0 || request->due_s == CONTROL_NOW);
}

static void
check_put(const struct control_request *request)
{
	struct control_request again;
	struct buf out;
	size_t used;

	buf_init(&out, PUT_MAX);
	must(put(&out, request));
	must(must_settle(decode, NULL, buf_span(&out), &used) == CONTROL_DONE);
	must(control_decode(buf_span(&out), &again, &used) == CONTROL_DONE);
	must(used == buf_len(&out));
	must(again.verb == request->verb && again.due_s == request->due_s);
	must(span_equal(again.body, request->body));
	buf_free(&out);
}

static void
check_message(const struct qid *id, int64_t arrival_s)
{
	char text[QID_SIZE];
	size_t n = qid_format(id, text);
	struct span rest;
	struct qid again;
	struct buf out;
	int64_t s;

	must(n >= QID_MIN && n <= QID_MAX && arrival_s >= 0);
	for (size_t i = 0; i < n; i++)
		must(ascii_is_alnum(text[i]));
	buf_init(&out, CONTROL_LINE_MAX);
	must(control_put_message(&out, id, arrival_s));
	rest = buf_span(&out);
	must(control_next_message(&rest, &again, &s) == CONTROL_DONE);
	must(rest.len == 0 && qid_equal(&again, id) && s == arrival_s);
	buf_free(&out);
}

static void
check_messages(struct span body)
{
	enum control_result result;
	struct qid id;
	int64_t s;
	size_t before = body.len;

	while (
	    (result = control_next_message(&body, &id, &s)) == CONTROL_DONE) {
		must(body.len < before);
		before = body.len;
		check_message(&id, s);
	}
	must((result == CONTROL_MORE) == (body.len == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct control_request request;
	size_t used;

	if (must_settle(decode, NULL, in, &used) == CONTROL_DONE) {
		must(control_decode(in, &request, &used) == CONTROL_DONE);
		check_due(in, &request);
		check_put(&request);
		check_messages(request.body);
	}
	check_messages(in);
	return 0;
}
