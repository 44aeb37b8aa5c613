/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/status_verb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/base/clock.h"
#include "policyd/ctl/ask.h"
#include "policyd/ctl/local.h"
#include "policyd/ctl/overview.h"
#include "policyd/ctl/text.h"

enum { EXIT_NOT_WELL = 1 };

struct status_run {
	const struct settings *settings;
	struct postconf postconf;
	bool json;
	struct zone local;
	struct overview overview;
};

/*
 * False: it is down, or cannot be asked, which is printed. The line is the
 * remote's.
 */
static bool
ask_engine(struct status_run *s, struct hands *hands, struct remote *r)
{
	struct span line;

	if (ask_connect_quietly(hands, r) < 0) {
		if (errno != ENOENT && errno != ECONNREFUSED)
			fprintf(stderr, "policyctl: control_socket %s: %s\n",
			    s->settings->control_socket, strerror(errno));
		return false;
	}
	s->overview.engine_silent = true;
	if (ask_wait(r, span_str("status\n"), REMOTE_ANSWER_MS, &line) != EX_OK)
		return false;
	if (overview_take_engine(&s->overview, line))
		return true;
	fprintf(stderr, "policyctl: policyd gives no such answer\n");
	return false;
}

/* Without the engine the queue tells what is there. */
static void
ask_queue(struct status_run *s, struct hands *hands)
{
	struct queue_options options = {
	    .settings = s->settings,
	    .postconf = &s->postconf,
	    .foreign = true,
	    .now_s = s->overview.now_s,
	};
	char error[QUEUE_ERROR_SIZE];
	struct queue queue;

	if (!queue_read(&queue, hands, &options, error)) {
		text_complain("status: %s", error);
		return;
	}
	overview_take_queue(&s->overview, &queue);
	queue_free(&queue);
}

static int
print(const struct status_run *s)
{
	struct buf out;
	struct span shown;
	bool ok;

	buf_init(&out, OVERVIEW_MAX);
	ok = s->json ? overview_print_json(&s->overview, &out)
		     : overview_print(&s->overview, &out);
	shown = buf_span(&out);
	fwrite(shown.data, 1, shown.len, stdout);
	buf_free(&out);
	if (!ok)
		return EX_SOFTWARE;
	return overview_is_well(&s->overview) ? EX_OK : EXIT_NOT_WELL;
}

static int
in_child(struct hands *hands, void *ctx)
{
	struct status_run *s = ctx;
	struct remote r = {.fd = -1};
	int exit_code;

	s->overview.local = &s->local;
	s->overview.now_s = clock_floor_s(clock_wall_ns());
	probe_hdrcheck(s->settings, &s->overview.hdrcheck);
	s->overview.postfix_runs =
	    hands_command(hands, HANDS_RUNS, NULL, 0, NULL, NULL) == 0;
	if (!ask_engine(s, hands, &r))
		ask_queue(s, hands);
	exit_code = print(s);
	remote_close(&r);
	return exit_code;
}

static int
start(struct status_run *s)
{
	struct hands_options hands = {
	    .settings = s->settings,
	    .postconf = &s->postconf,
	    .may_ask = true,
	};
	int exit_code = hands_open(s->settings, &s->postconf);

	if (exit_code != EX_OK)
		return exit_code;
	if (!local_load(&s->local)) {
		fprintf(stderr, "policyctl: /etc/localtime: cannot be read\n");
		return EX_OSFILE;
	}
	exit_code = hands_run(&hands, in_child, s);
	zone_free(&s->local);
	return exit_code;
}

static int
run(const struct settings *settings, char *const *words, int n)
{
	struct status_run *s = calloc(1, sizeof(*s));
	const struct option_place places[] = {
	    {.name = "json", .flag = s != NULL ? &s->json : NULL},
	};
	struct options options = {
	    .verb = &status_verb, .place = places, .n_places = 1};
	int exit_code;

	if (s == NULL)
		return EX_OSERR;
	s->settings = settings;
	exit_code = options_take(&options, words, n);
	if (exit_code == EX_OK)
		exit_code = start(s);
	free(s);
	return exit_code;
}

const struct ctl_verb status_verb = {
    .name = "status",
    .summary = "how both daemons and Postfix are, and what waits",
    .help = "usage: policyctl status [--json]\n"
	    "\n"
	    "With policyd down the queue itself is counted. Exit 0: both "
	    "daemons and\n"
	    "Postfix run; 1: one of them does not.\n"
	    "\n"
	    "  --json  one object; its members are always there\n",
    .run = run,
};
