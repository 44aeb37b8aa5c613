/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/message_json.h"

#include "hdrcheck/base/json.h"
#include "policyd/ctl/text.h"

static bool
put_subject(struct json *j, struct span subject)
{
	struct buf decoded;
	bool ok;

	buf_init(&decoded, 2 * QUEUE_SUBJECT_MAX); /* Latin-1 grows */
	ok = text_decode_header(&decoded, subject);
	json_string_or_null(j, "subject", buf_span(&decoded));
	buf_free(&decoded);
	return ok;
}

static void
put_recipients(struct json *j, const struct queue_message *m)
{
	json_begin_array(j, "recipients");
	for (size_t i = 0; i < m->n_recipients; i++)
		json_element(j, m->recipient[i]);
	json_end_array(j);
}

bool
message_put_json(struct buf *out, const struct queue_message *m)
{
	int64_t due_s = queue_due_s(m);
	struct json j;
	char id[QID_SIZE];
	bool ok;

	qid_format(&m->id, id);
	json_open(&j, out);
	json_string(&j, "queue_id", span_str(id));
	if (due_s == OVERRIDE_NEVER)
		json_string(&j, "due", span_str("never"));
	else
		json_utc(&j, "due", due_s);
	json_utc(&j, "arrival_time", m->arrival_s);
	json_int(&j, "message_size", (int64_t)m->size);
	json_string(&j, "sender", m->sender);
	put_recipients(&j, m);
	json_string_or_null(&j, "login", m->login);
	json_string_or_null(&j, "rule", m->rule);
	ok = put_subject(&j, m->subject);
	if (m->override != NULL)
		json_utc(&j, "rescheduled", m->override->set_s);
	else
		json_null(&j, "rescheduled");
	json_string(&j, "method",
	    span_str(m->method == PLAN_REQUEUE ? "requeue" : "release"));
	return json_close(&j) && ok && buf_append(out, span_str("\n"));
}
