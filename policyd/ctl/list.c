/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "hdrcheck/base/clock.h"
#include "policyd/ctl/listing.h"
#include "policyd/ctl/message_json.h"
#include "policyd/ctl/put.h"
#include "policyd/ctl/view.h"

struct list {
	uint64_t most; /* to be shown */
	enum listing_order order;
	bool json;
	const struct queue_message **message;
	size_t n; /* that there are */
	size_t n_shown;
};

static const char help[] =
    "usage: policyctl list [ID...] [FILTER...] [-n N]\n"
    "                      [--sort due|arrival|sender|size] [--json]\n"
    "\n"
    "What is postponed: when each message leaves (local time of this machine;\n"
    "never: not while its rule stands), its queue id, sender, recipients, the\n"
    "rule that postpones it (none: its own header does), and its subject.\n"
    "A " LISTING_RESCHEDULED " marks what was rescheduled by policyctl.\n"
    "\n"
    "  -n N         the first N messages\n"
    "  --sort WHAT  in this order; due: what leaves next comes first\n"
    "  --json       a line of JSON each, for programs\n"
    "\n" FILTER_HELP;

static bool
put_json(struct view *v, const struct list *list)
{
	for (size_t i = 0; i < list->n_shown; i++)
		if (!message_put_json(&v->out, list->message[i]) ||
		    !view_flush(v))
			return false;
	return true;
}

/* What is said below the table. */
static bool
put_sum(struct view *v, const struct list *list, bool has_marks)
{
	bool ok = put_format(&v->out, "\n");

	if (list->n_shown < list->n)
		ok = ok && put_format(&v->out, "%zu of ", list->n_shown);
	ok = ok && put_count(&v->out, list->n, "message") &&
	    put_format(&v->out, "\n");
	if (has_marks)
		ok = ok &&
		    put_format(&v->out,
			LISTING_RESCHEDULED " rescheduled by policyctl\n");
	return ok;
}

static bool
put_table(struct view *v, const struct list *list)
{
	struct listing listing;
	bool ok;

	if (!listing_open(&listing, &v->local, v->now_s, list->order,
		list->message, list->n_shown, v->width))
		return false;
	ok = listing_put_titles(&listing, &v->out);
	for (size_t i = 0; ok && i < list->n_shown; i++)
		ok = listing_put_message(&listing, &v->out, list->message[i]) &&
		    view_flush(v);
	ok = ok && put_sum(v, list, listing.has_marks);
	listing_close(&listing);
	return ok;
}

static bool
put_nothing(struct view *v)
{
	bool chosen =
	    filter_has_ids(v->filter) || filter_has_options(v->filter);

	return put_string(
	    &v->out, chosen ? "no message fits\n" : "nothing is postponed\n");
}

static bool
put_for_people(struct view *v, const struct list *list)
{
	return view_put_pause(v) &&
	    (list->n > 0 ? put_table(v, list) : put_nothing(v));
}

static int
print_list(struct view *v)
{
	struct list *list = v->ctx;
	bool ok;

	list->message = queue_ours(&v->queue, &list->n);
	if (list->message == NULL)
		return view_end(v, false);
	listing_sort(list->message, list->n, list->order);
	list->n_shown = list->most < list->n ? list->most : list->n;
	ok = list->json ? put_json(v, list) : put_for_people(v, list);
	free(list->message);
	queue_tell_unreadable(&v->queue);
	view_tell_unmet(v);
	return view_end(v, ok);
}

static int
take_options(
    struct list *list, struct filter *filter, char *const *words, int n)
{
	const char *order = "due";
	const struct option_place places[] = {
	    {.letter = 'n', .number = &list->most, .min = 1, .max = UINT32_MAX},
	    {.name = "sort", .text = &order},
	    {.name = "json", .flag = &list->json},
	};
	const struct options options = {
	    .verb = &list_verb,
	    .place = places,
	    .n_places = sizeof(places) / sizeof(places[0]),
	    .filter = filter,
	};
	int exit_code = options_take(&options, words, n);

	if (exit_code == EX_OK &&
	    !listing_parse_order(span_str(order), &list->order))
		return options_usage_error(
		    &list_verb, "--sort: one of due, arrival, sender, size");
	return exit_code;
}

static int
run_list(const struct settings *settings, char *const *words, int n)
{
	struct list list = {.most = UINT32_MAX};
	struct view view = {
	    .verb = &list_verb,
	    .settings = settings,
	    .print = print_list,
	    .ctx = &list,
	};
	int exit_code = view_open(&view);

	if (exit_code == EX_OK)
		exit_code = take_options(&list, view.filter, words, n);
	if (exit_code == EX_OK)
		exit_code = view_run(&view);
	view_close(&view);
	return exit_code;
}

const struct ctl_verb list_verb = {
    .name = "list",
    .summary = "what is postponed, and until when",
    .help = help,
    .run = run_list,
};
