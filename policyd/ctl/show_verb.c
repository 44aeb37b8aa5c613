/* SPDX-License-Identifier: ISC */
#include <sysexits.h>

#include "policyd/ctl/put.h"
#include "policyd/ctl/show.h"
#include "policyd/ctl/view.h"

enum { NOTHING_FOUND = 1 /* exit code */ };

static const char help[] =
    "usage: policyctl show [ID...] [FILTER...]\n"
    "\n"
    "All that is known of messages on hold: when they leave, how and why, who\n"
    "submitted them, and what their headers say. Exit code 1: an id is not on\n"
    "hold, or no message is found.\n"
    "\n" FILTER_HELP;

static bool
put_all(struct view *v)
{
	struct show show = {
	    .settings = v->settings,
	    .postfix = &v->postconf.facts,
	    .orders = v->queue.has_orders ? &v->queue.orders : NULL,
	    .pause = &v->queue.pause,
	    .local = &v->local,
	    .now_s = v->now_s,
	};

	for (size_t i = 0; i < v->queue.n; i++) {
		show.message = &v->queue.message[i];
		if ((i > 0 && !put_string(&v->out, "\n")) ||
		    !show_put(&show, &v->out) || !view_flush(v))
			return false;
	}
	return true;
}

static int
print_show(struct view *v)
{
	bool ok = put_all(v);
	size_t unmet = view_tell_unmet(v);
	int exit_code = view_end(v, ok);

	if (exit_code == EX_OK && (v->queue.n == 0 || unmet > 0)) {
		if (unmet == 0)
			view_fail(v, "no such message is on hold", 0);
		return NOTHING_FOUND;
	}
	return exit_code;
}

static int
run_show(const struct settings *settings, char *const *words, int n)
{
	struct view view = {
	    .verb = &show_verb,
	    .settings = settings,
	    .foreign = true,
	    .print = print_show,
	};
	int exit_code = view_open(&view);
	const struct options options = {
	    .verb = &show_verb, .filter = view.filter};

	if (exit_code == EX_OK)
		exit_code = options_take(&options, words, n);
	if (exit_code == EX_OK && !filter_has_ids(view.filter) &&
	    !filter_has_options(view.filter))
		exit_code = options_usage_error(
		    &show_verb, "which message? Say its queue id");
	if (exit_code == EX_OK)
		exit_code = view_run(&view);
	view_close(&view);
	return exit_code;
}

const struct ctl_verb show_verb = {
    .name = "show",
    .summary = "all that is known of a message",
    .help = help,
    .run = run_show,
};
