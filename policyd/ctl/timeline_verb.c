/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <sysexits.h>

#include "policyd/ctl/put.h"
#include "policyd/ctl/timeline.h"
#include "policyd/ctl/view.h"

enum { HOURS_PRESET = 24 };

struct asked {
	uint64_t hours; /* 0: not said */
	uint64_t days;
};

static const char help[] =
    "usage: policyctl timeline [--hours N|--days N] [ID...] [FILTER...]\n"
    "\n"
    "How many messages leave in each of the next 24 hours, or in each of N\n"
    "hours or days, by local time of this machine.\n"
    "\n" FILTER_HELP;

static bool
put_timeline(struct view *v, const struct timeline *t)
{
	return view_put_pause(v) &&
	    timeline_put(
		t, &v->out, v->width > 0 ? v->width : TIMELINE_WIDTH) &&
	    put_format(&v->out, "\n") &&
	    put_count(&v->out, t->all, "message") && put_format(&v->out, "\n");
}

static int
print_timeline(struct view *v)
{
	const struct asked *asked = v->ctx;
	struct timeline *t = malloc(sizeof(*t));
	bool ok;

	if (t == NULL)
		return view_end(v, false);
	if (asked->days > 0)
		timeline_begin(t, &v->local, v->now_s, true, asked->days);
	else
		timeline_begin(t, &v->local, v->now_s, false,
		    asked->hours > 0 ? asked->hours : HOURS_PRESET);
	for (size_t i = 0; i < v->queue.n; i++)
		if (queue_is_ours(&v->queue.message[i]))
			timeline_add(t, queue_due_s(&v->queue.message[i]));
	ok = put_timeline(v, t);
	free(t);
	queue_tell_unreadable(&v->queue);
	view_tell_unmet(v);
	return view_end(v, ok);
}

static int
take_options(
    struct asked *asked, struct filter *filter, char *const *words, int n)
{
	const struct option_place places[] = {
	    {.name = "hours",
		.number = &asked->hours,
		.min = 1,
		.max = TIMELINE_HOURS_MAX},
	    {.name = "days",
		.number = &asked->days,
		.min = 1,
		.max = TIMELINE_DAYS_MAX},
	};
	const struct options options = {
	    .verb = &timeline_verb,
	    .place = places,
	    .n_places = sizeof(places) / sizeof(places[0]),
	    .filter = filter,
	};
	int exit_code = options_take(&options, words, n);

	if (exit_code == EX_OK && asked->hours > 0 && asked->days > 0)
		return options_usage_error(
		    &timeline_verb, "either --hours or --days");
	return exit_code;
}

static int
run_timeline(const struct settings *settings, char *const *words, int n)
{
	struct asked asked = {0};
	struct view view = {
	    .verb = &timeline_verb,
	    .settings = settings,
	    .print = print_timeline,
	    .ctx = &asked,
	};
	int exit_code = view_open(&view);

	if (exit_code == EX_OK)
		exit_code = take_options(&asked, view.filter, words, n);
	if (exit_code == EX_OK)
		exit_code = view_run(&view);
	view_close(&view);
	return exit_code;
}

const struct ctl_verb timeline_verb = {
    .name = "timeline",
    .summary = "how much leaves when",
    .help = help,
    .run = run_timeline,
};
