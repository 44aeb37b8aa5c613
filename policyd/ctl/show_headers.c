/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/put.h"
#include "policyd/ctl/show.h"
#include "policyd/ctl/text.h"

/* A header that only rules write, and whether its rule is still there. */
static bool
put_of_rule(
    const struct show *show, struct buf *out, const struct queue_date *date)
{
	const struct rule *rule = show_find_rule(show, date->rule);

	if (!put_string(out, "by rule ") ||
	    !text_put(out, date->rule, 0, false))
		return false;
	if (!date->never || show->orders == NULL)
		return true;
	if (rule == NULL || rule->action != RULE_HOLD)
		return put_string(
		    out, ", which no longer holds: does not count");
	return put_string(out, ", as long as that holds");
}

static const char *
of_sender(const struct show *show, const struct queue_date *date)
{
	if (!date->readable)
		return "no date: does not count";
	if (date->never)
		return "by its sender; only rules may say never: counts as due";
	if (!show_is_permitted(show))
		return "by its sender, who may not postpone (permit_postpone): "
		       "does not count";
	return "by its sender";
}

static bool
put_date(const struct show *show, struct buf *out, size_t i)
{
	const struct queue_date *date = &show->message->date[i];
	bool decides = show->message->decided && show->message->decides == i;

	if (!show_put_label(out, i == 0 ? "Headers" : "") ||
	    !put_format(out, "%s: ", show->settings->header_names.name[0]) ||
	    !text_put(out, date->text, 0, false) || !put_string(out, "\n") ||
	    !show_put_label(out, "") || !put_string(out, "  "))
		return false;
	if (!(date->readable && date->by_rule
		    ? put_of_rule(show, out, date)
		    : put_string(out, of_sender(show, date))))
		return false;
	return put_string(out, decides ? "; this decides\n" : "\n");
}

bool
show_put_headers(const struct show *show, struct buf *out)
{
	size_t n = show->message->n_dates;

	for (size_t i = 0; i < n; i++)
		if (!put_date(show, out, i))
			return false;
	return n < QUEUE_DATES_MAX ||
	    (show_put_label(out, "") &&
		put_string(out, "(there may be more of them)\n"));
}
