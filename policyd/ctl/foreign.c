/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/foreign.h"

#include "policyd/ctl/put.h"
#include "policyd/ctl/setup_text.h"
#include "policyd/wording.h"

const char *
foreign_why(const struct queue_message *m)
{
	if (!m->read)
		return "its file cannot be read";
	if (m->plan.why == PLAN_NOT_HELD_BY_US && !m->plan.dated)
		return "somebody else put it on hold; it has no date";
	return wording_foreign(m->plan.why);
}

/* Without the queue's name it would take mail in other queues, too. */
bool
foreign_put_command(struct buf *out, const struct settings *settings,
    const char *option, const struct qid *id)
{
	struct span folder = span_str(settings->postfix_config_directory);
	char text[QID_SIZE];

	qid_format(id, text);
	if (!put_string(out, "postsuper"))
		return false;
	if (!span_equal_str(folder, "/etc/postfix") &&
	    (!put_string(out, " -c ") || !setup_text_quote(folder, out)))
		return false;
	return put_format(out, " %s %s hold", option, text);
}
