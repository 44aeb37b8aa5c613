/* SPDX-License-Identifier: ISC */
/*
 * What engine and runner say to each other. A request is one of the verbs, with
 * checked queue ids or none, and is written the same, byte for byte: so nothing
 * else gets to the runner. A report that is put again reads the same.
 */
#include "tests/fuzz/target.h"

#include <stdlib.h>

#include "policyd/sched/wire.h"

/* By another way than the code's own. */
static size_t
count_ids(struct span ids)
{
	struct span id;
	size_t n = 0;

	for (; span_cut(&ids, '\n', &id); n++) {
		must(id.len >= 6 && id.len <= 32);
		for (size_t i = 0; i < id.len; i++)
			must((id.data[i] >= '0' && id.data[i] <= '9') ||
			    (id.data[i] >= 'A' && id.data[i] <= 'Z') ||
			    (id.data[i] >= 'a' && id.data[i] <= 'z'));
	}
	must(ids.len == 0);
	return n;
}

static void
put_command(struct buf *out, const struct wire_request *request)
{
	struct sweep_command command = {.verb = request->verb};
	struct qid *ids = malloc((request->n_ids + 1) * sizeof(*ids));
	struct span rest = request->ids, id;

	must(ids != NULL);
	while (span_cut(&rest, '\n', &id))
		must(qid_parse(id, &ids[command.n++]));
	command.ids = ids;
	must(wire_put_request(out, &command));
	free(ids);
}

static void
check_request(struct span message, const struct wire_request *request)
{
	struct buf out;

	buf_init(&out, WIRE_MAX);
	if (request->ask == WIRE_COMMAND) {
		must((int)request->verb < SWEEP_VERBS);
		must(is_inside(request->ids, message));
		must(count_ids(request->ids) == request->n_ids);
		must(request->n_ids <= SWEEP_IDS_MAX);
		put_command(&out, request);
	} else {
		must(request->n_ids == 0 && message.len == 1);
		must(wire_put_ask(&out, request->ask));
	}
	must(span_equal(buf_span(&out), message));
	buf_free(&out);
}

static void
check_report(const struct wire_report *r)
{
	struct wire_report again;
	struct buf out;

	buf_init(&out, WIRE_MAX);
	must(r->tell <= WIRE_STOP && (int)r->verb < SWEEP_VERBS &&
	    r->number >= 0);
	must(wire_put_report(&out, r));
	must(wire_get_report(buf_span(&out), &again));
	must(again.tell == r->tell && again.verb == r->verb);
	must(again.number == r->number && again.file == r->file);
	must(again.postfix.queue_lifetime_s == r->postfix.queue_lifetime_s &&
	    again.postfix.bounce_lifetime_s == r->postfix.bounce_lifetime_s &&
	    again.postfix.requeue_safe == r->postfix.requeue_safe &&
	    again.postfix.active_limit == r->postfix.active_limit);
	must(r->tell != WIRE_POSTFIX ||
	    (r->postfix.queue_lifetime_s >= 0 &&
		r->postfix.bounce_lifetime_s >= 0));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span_of(data, size);
	struct wire_request request;
	struct wire_report report;

	if (wire_get_request(message, &request))
		check_request(message, &request);
	if (wire_get_report(message, &report))
		check_report(&report);
	return 0;
}
