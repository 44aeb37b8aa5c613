/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/events_verb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/base/log.h"
#include "policyd/ctl/ask.h"
#include "policyd/ctl/event_view.h"
#include "policyd/ctl/local.h"

struct events {
	const struct settings *settings;
	bool follow;
	bool json;
	struct zone local;
	struct buf shown;
};

static const char help[] =
    "usage: policyctl events [--follow] [--json]\n"
    "\n"
    "What policyd did, a line each, the oldest first: held, released,\n"
    "rescheduled, requeued (by somebody), refused (by a rule), foreign (it "
    "has\n"
    "a date and is not ours), rule_gone, fault, reload, paused, resumed.\n"
    "policyd keeps the last ones in memory; its log tells the rest.\n"
    "\n"
    "  --follow  go on with what happens, until ctrl-C or the end of policyd\n"
    "  --json    a JSON object a line, times in UTC; policyd(8) lists them\n"
    "\n"
    "for example: policyctl events --follow --json | while read -r line ...\n";

static const char refused[] = "error ";

static bool
is_event(struct span line)
{
	struct members members;
	struct span name;

	return members_parse(line, &members) &&
	    members_find(&members, "event", &name);
}

/* Lines go out one by one, so that a pipe has each at once. */
static void
show(struct events *e, struct span line)
{
	struct span out = line;

	buf_clear(&e->shown);
	if (!e->json && event_view(line, &e->local, &e->shown))
		out = buf_span(&e->shown);
	else if (!e->json || !is_event(line))
		out.len = 0;
	if (out.len == 0)
		fprintf(stderr,
		    "policyctl: events: policyd sent a line that "
		    "is no event\n");
	fwrite(out.data, 1, out.len, stdout);
	if (e->json && out.len > 0)
		putchar('\n');
	fflush(stdout);
}

static int
fail(const char *what)
{
	fprintf(stderr, "policyctl: events: %s\n", what);
	return EX_UNAVAILABLE;
}

/* policyd has ended, which ends this well, or does not want us any more. */
static int
on_end(const struct events *e, struct hands *hands)
{
	if (!e->follow || !ask_is_alive(hands))
		return EX_OK;
	return fail("policyd has cut it off: this reader is too slow");
}

static int
refuse(struct span why)
{
	char text[LOG_TEXT_MAX];

	fprintf(stderr, "policyctl: events: policyd says: %s\n",
	    log_printable(why, text));
	return EX_UNAVAILABLE;
}

/* Without end; a reader that has gone is an end. */
static int
show_all(struct events *e, struct hands *hands, struct remote *r)
{
	int timeout_ms = e->follow ? -1 : REMOTE_ANSWER_MS;
	struct span line;

	while (!ferror(stdout)) {
		switch (remote_next(r, timeout_ms, &line)) {
		case REMOTE_LINE:
			if (span_starts_with(line, refused))
				return refuse(span_skip(line, strlen(refused)));
			show(e, line);
			break;
		case REMOTE_QUIET:
			return fail("policyd does not go on");
		case REMOTE_ENDED:
			return on_end(e, hands);
		case REMOTE_BROKEN:
			return fail(strerror(errno));
		}
	}
	return EX_OK;
}

static int
in_child(struct hands *hands, void *ctx)
{
	struct events *e = ctx;
	struct remote r;
	int exit_code = ask_connect(hands, e->settings, &r);

	if (exit_code != EX_OK)
		return exit_code;
	buf_init(&e->shown, EVENT_VIEW_MAX);
	exit_code = ask_send(&r, e->follow ? CONTROL_FOLLOW : CONTROL_EVENTS);
	if (exit_code == EX_OK)
		exit_code = show_all(e, hands, &r);
	buf_free(&e->shown);
	remote_close(&r);
	return exit_code;
}

static int
run(const struct settings *settings, char *const *words, int n)
{
	struct events e = {.settings = settings};
	const struct option_place places[] = {
	    {.name = "follow", .flag = &e.follow},
	    {.name = "json", .flag = &e.json},
	};
	struct options options = {
	    .verb = &events_verb,
	    .place = places,
	    .n_places = sizeof(places) / sizeof(places[0]),
	};
	struct postconf postconf;
	struct hands_options hands = {
	    .settings = settings, .postconf = &postconf, .may_ask = true};
	int exit_code = options_take(&options, words, n);

	if (exit_code == EX_OK)
		exit_code = hands_open(settings, &postconf);
	if (exit_code != EX_OK)
		return exit_code;
	if (!local_load(&e.local)) {
		fprintf(stderr, "policyctl: /etc/localtime: cannot be read\n");
		return EX_OSFILE;
	}
	exit_code = hands_run(&hands, in_child, &e);
	zone_free(&e.local);
	return exit_code;
}

const struct ctl_verb events_verb = {
    .name = "events",
    .summary = "what policyd did, and does",
    .help = help,
    .run = run,
};
