/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "hdrcheck/base/clock.h"
#include "policyd/ctl/local.h"
#include "policyd/ctl/progress.h"
#include "policyd/ctl/put.h"
#include "policyd/ctl/text.h"
#include "policyd/rule_file.h"

int
view_fail(const struct view *v, const char *what, int exit_code)
{
	text_complain("%s: %s", v->verb->name, what);
	return exit_code;
}

bool
view_flush(struct view *v)
{
	struct span s = buf_span(&v->out);

	if (s.len < VIEW_FLUSH_AT)
		return true;
	fwrite(s.data, 1, s.len, stdout);
	buf_clear(&v->out);
	return !ferror(stdout);
}

static void
tell_reading(void *ctx, uint64_t done, uint64_t all)
{
	progress_tell(ctx, "read", done, all);
}

static int
prepare(struct view *v)
{
	char wrong[FILTER_ERROR_SIZE];

	if (!local_load(&v->local))
		return view_fail(
		    v, "/etc/localtime: cannot be read", EX_OSFILE);
	if (!filter_open(v->filter, &rule_file_source, wrong))
		return view_fail(v, wrong, EX_USAGE);
	return EX_OK;
}

static bool
read_queue(struct view *v, struct hands *hands, char error[QUEUE_ERROR_SIZE])
{
	struct progress progress = {.shown = false};
	const struct queue_options options = {
	    .settings = v->settings,
	    .postconf = &v->postconf,
	    .filter = filter_matches,
	    .filter_ctx = v->filter,
	    .foreign = v->foreign,
	    .progress = tell_reading,
	    .progress_ctx = &progress,
	    .now_s = v->now_s,
	};

	bool ok = queue_read(&v->queue, hands, &options, error);

	progress_clear(&progress);
	return ok;
}

static int
in_child(struct hands *hands, void *ctx)
{
	struct view *v = ctx;
	char error[QUEUE_ERROR_SIZE];
	int exit_code = prepare(v);

	if (exit_code != EX_OK)
		return exit_code;
	if (!read_queue(v, hands, error))
		return view_fail(v, error, EX_UNAVAILABLE);
	buf_init(&v->out, VIEW_OUTPUT_MAX);
	v->width = text_terminal_width();
	exit_code = v->print(v);
	fwrite(buf_span(&v->out).data, 1, buf_len(&v->out), stdout);
	buf_free(&v->out);
	queue_free(&v->queue);
	zone_free(&v->local);
	return exit_code;
}

int
view_open(struct view *v)
{
	v->now_s = clock_floor_s(clock_wall_ns());
	v->filter = filter_new(v->now_s);
	if (v->filter == NULL)
		return view_fail(v, "not enough memory", EX_OSERR);
	return EX_OK;
}

void
view_close(struct view *v)
{
	if (v->filter != NULL)
		filter_free(v->filter);
}

int
view_run(struct view *v)
{
	struct hands_options options = {
	    .settings = v->settings,
	    .postconf = &v->postconf,
	};
	int exit_code = hands_open(v->settings, &v->postconf);

	if (exit_code != EX_OK)
		return exit_code;
	return hands_run(&options, in_child, v);
}

bool
view_put_pause(struct view *v)
{
	const struct pause *pause = &v->queue.pause;
	char since[LOCAL_TEXT_SIZE], ago[TEXT_DISTANCE_SIZE];

	if (!pause->on)
		return true;
	return put_format(&v->out, "PAUSED since %s (%s), nothing leaves",
		   local_format(&v->local, pause->since_s, LOCAL_LONG, since),
		   text_distance(v->now_s, pause->since_s, ago)) &&
	    (pause->reason[0] == '\0' || put_format(&v->out, ": ")) &&
	    text_put(&v->out, span_str(pause->reason), 0, false) &&
	    put_format(&v->out, "\n\n");
}

size_t
view_tell_unmet(const struct view *v)
{
	char text[QID_SIZE];
	struct qid id;
	size_t n = 0, i = 0;

	while (filter_next_unmet(v->filter, &i, &id)) {
		qid_format(&id, text);
		fprintf(stderr, "policyctl: %s: is not on hold\n", text);
		n++;
	}
	return n;
}

int
view_end(const struct view *v, bool all)
{
	if (all || ferror(stdout))
		return EX_OK; /* what stdout has is for hands_run() to say */
	return view_fail(v, "not enough memory", EX_OSERR);
}
