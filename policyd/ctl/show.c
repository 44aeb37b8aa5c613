/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/show.h"

#include <inttypes.h>

#include "policyd/ctl/local.h"
#include "policyd/ctl/put.h"
#include "policyd/ctl/text.h"
#include "policyd/rule_action.h"

enum {
	LABEL_WIDTH = 14,
	DECODED_MAX = 2 * QUEUE_SUBJECT_MAX, /* Latin-1 grows */
};

bool
show_put_label(struct buf *out, const char *label)
{
	return put_format(out, "%-*s", LABEL_WIDTH, label);
}

bool
show_put_moment(const struct show *show, struct buf *out, int64_t s)
{
	char local[LOCAL_TEXT_SIZE], distance[TEXT_DISTANCE_SIZE];

	return put_format(out, "%s, %s",
	    local_format(show->local, s, LOCAL_WHOLE, local),
	    text_distance(show->now_s, s, distance));
}

const struct rule *
show_find_rule(const struct show *show, struct span name)
{
	if (show->orders == NULL)
		return NULL;
	for (size_t i = 0; i < show->orders->rules.n; i++)
		if (span_equal(show->orders->rules.rule[i].name, name))
			return &show->orders->rules.rule[i];
	return NULL;
}

bool
show_is_permitted(const struct show *show)
{
	const struct facts *f = &show->message->facts;
	const struct permit_submitter who = {
	    .authenticated = f->authenticated,
	    .local = !f->remote,
	    .address = span_str(f->client_address),
	};

	return permit_allows(&show->settings->permit_postpone, &who);
}

/* A line with a stranger's text. */
static bool
put_line(struct buf *out, const char *label, struct span text)
{
	return show_put_label(out, label) && text_put(out, text, 0, false) &&
	    put_string(out, "\n");
}

static bool
put_address(struct buf *out, const char *label, struct span address)
{
	return put_line(out, label, address.len > 0 ? address : span_str("<>"));
}

static bool
put_recipients(struct buf *out, const struct queue_message *m)
{
	for (size_t i = 0; i < m->n_recipients; i++)
		if (!put_address(
			out, i == 0 ? "Recipients" : "", m->recipient[i]))
			return false;
	return true;
}

static bool
put_times(const struct show *show, struct buf *out)
{
	const struct queue_message *m = show->message;

	if (!show_put_label(out, "Arrived") ||
	    !show_put_moment(show, out, m->arrival_s) || !put_string(out, "\n"))
		return false;
	/* The queue file is made a moment after MAIL FROM, unless requeued. */
	if (!m->read || !m->facts.requeued)
		return true;
	return show_put_label(out, "Requeued") &&
	    show_put_moment(show, out, m->facts.created_s) &&
	    put_string(out, "\n");
}

static bool
put_submitter(struct buf *out, const struct queue_message *m)
{
	if (m->login.len > 0 && !put_line(out, "Login", m->login))
		return false;
	if (m->client.len == 0)
		return put_line(out, "Client",
		    span_str("none: sendmail(1) of this machine"));
	if (!show_put_label(out, "Client") ||
	    !text_put(out, m->client, 0, false))
		return false;
	if (m->client_name.len > 0 &&
	    !(put_string(out, " (") &&
		text_put(out, m->client_name, 0, false) &&
		put_string(out, ")")))
		return false;
	return put_string(out, "\n");
}

static bool
put_subject(struct buf *out, struct span subject)
{
	struct buf decoded;
	bool ok;

	buf_init(&decoded, DECODED_MAX);
	ok = text_decode_header(&decoded, subject) &&
	    put_line(out, "Subject", buf_span(&decoded));
	buf_free(&decoded);
	return ok;
}

static bool
put_rule_reason(struct buf *out, const struct rule *rule)
{
	return rule->reason.len == 0 ||
	    (put_string(out, ": ") && text_put(out, rule->reason, 0, false));
}

static bool
put_rule(const struct show *show, struct buf *out)
{
	struct span name = show->message->rule;
	const struct rule *rule = show_find_rule(show, name);

	if (name.len == 0)
		return true;
	if (!show_put_label(out, "Rule") || !text_put(out, name, 0, false))
		return false;
	if (show->orders == NULL)
		return put_string(out, ", and the rules cannot be read\n");
	if (rule == NULL)
		return put_string(out, ", which is no longer there\n");
	return put_format(out, " (%s)", rule_action_name(rule->action)) &&
	    put_rule_reason(out, rule) && put_string(out, "\n");
}

/* What the queue file says, beside its dates. */
static bool
put_file(const struct show *show, struct buf *out)
{
	const struct queue_message *m = show->message;

	return put_submitter(out, m) && put_subject(out, m->subject) &&
	    show_put_headers(show, out);
}

bool
show_put(const struct show *show, struct buf *out)
{
	const struct queue_message *m = show->message;
	char id[QID_SIZE];

	qid_format(&m->id, id);
	return put_line(out, "Queue id", span_str(id)) &&
	    show_put_leaving(show, out) && put_rule(show, out) &&
	    put_times(show, out) && put_address(out, "Sender", m->sender) &&
	    put_recipients(out, m) && show_put_label(out, "Size") &&
	    put_count(out, m->size, "byte") && put_string(out, "\n") &&
	    (!m->read || put_file(show, out));
}
