/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <sysexits.h>

#include "policyd/ctl/list.h"
#include "policyd/ctl/local.h"
#include "policyd/ctl/put.h"
#include "policyd/ctl/text.h"
#include "policyd/ctl/view.h"

static const char help[] =
    "usage: policyctl count [ID...] [FILTER...]\n"
    "\n"
    "How many messages are postponed; the number comes first. How many of\n"
    "them are overdue or never leave, and when the next one leaves.\n"
    "\n" FILTER_HELP;

struct counts {
	uint64_t all;
	uint64_t overdue;
	uint64_t never;
	int64_t next_s; /* OVERRIDE_NEVER: none */
};

static struct counts
count_ours(const struct view *v)
{
	struct counts counts = {.next_s = OVERRIDE_NEVER};

	for (size_t i = 0; i < v->queue.n; i++) {
		int64_t due_s = queue_due_s(&v->queue.message[i]);

		if (!queue_is_ours(&v->queue.message[i]))
			continue;
		counts.all++;
		if (due_s == OVERRIDE_NEVER)
			counts.never++;
		else if (due_s < v->now_s)
			counts.overdue++;
		else if (due_s < counts.next_s)
			counts.next_s = due_s;
	}
	return counts;
}

static int
print_count(struct view *v)
{
	struct counts counts = count_ours(v);
	char local[LOCAL_TEXT_SIZE], in[TEXT_DISTANCE_SIZE];
	bool ok = put_count(&v->out, counts.all, "message");

	if (counts.overdue > 0)
		ok = ok &&
		    put_format(
			&v->out, ", %" PRIu64 " overdue", counts.overdue);
	if (counts.never > 0)
		ok = ok &&
		    put_format(&v->out, ", %" PRIu64 " never", counts.never);
	if (counts.next_s != OVERRIDE_NEVER)
		ok = ok &&
		    put_format(&v->out, ", next %s (%s)",
			local_format(
			    &v->local, counts.next_s, LOCAL_SECONDS, local),
			text_distance(v->now_s, counts.next_s, in));
	if (v->queue.pause.on)
		ok = ok && put_format(&v->out, ", PAUSED: nothing leaves");
	if (v->queue.unreadable > 0)
		ok = ok &&
		    put_format(&v->out, ", %" PRIu64 " unreadable",
			v->queue.unreadable);
	ok = ok && put_format(&v->out, "\n");
	view_tell_unmet(v);
	return view_end(v, ok);
}

static int
run_count(const struct settings *settings, char *const *words, int n)
{
	struct view view = {
	    .verb = &count_verb,
	    .settings = settings,
	    .print = print_count,
	};
	int exit_code = view_open(&view);
	const struct options options = {
	    .verb = &count_verb, .filter = view.filter};

	if (exit_code == EX_OK)
		exit_code = options_take(&options, words, n);
	if (exit_code == EX_OK)
		exit_code = view_run(&view);
	view_close(&view);
	return exit_code;
}

const struct ctl_verb count_verb = {
    .name = "count",
    .summary = "how many messages are postponed",
    .help = help,
    .run = run_count,
};
