/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/engine_verbs.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/log.h"
#include "policyd/ctl/ask.h"
#include "policyd/ctl/event_view.h"
#include "policyd/state.h"

enum { RELOAD_MS = 30 * 1000 /* for policyd to read its files */ };

/* One of these verbs, being run. */
struct errand {
	const struct settings *settings;
	struct buf request;
	bool await_reload;
	bool dry_run;
	const char *would; /* what a dry run says */
	const char *did; /* what is said at the end */
	char reason[STATE_REASON_MAX + 1];
};

static int
fail(const char *what)
{
	fprintf(stderr, "policyctl: %s\n", what);
	return EX_UNAVAILABLE;
}

static int
tell_reload(const struct members *members)
{
	struct buf room;
	struct span text = {"", 0};
	char shown[LOG_TEXT_MAX];
	bool ok = false;

	buf_init(&room, REMOTE_LINE_MAX);
	members_bool(members, "ok", &ok);
	if (!members_string(members, "text", &room, &text))
		text = span_str("");
	log_printable(text, shown);
	if (ok)
		printf("policyd: %s\n"
		       "(hdrcheck reads the file by itself: systemctl reload "
		       "deliver-at-hdrcheck, or SIGHUP)\n",
		    shown[0] != '\0' ? shown : "configuration read again");
	else
		fprintf(stderr,
		    "policyctl: %s\n"
		    "policyctl: policyd goes on with what it had\n",
		    shown);
	buf_free(&room);
	return ok ? EX_OK : EX_CONFIG;
}

static int
await_reload(struct remote *tail)
{
	int64_t end_ns = clock_mono_ns() + RELOAD_MS * CLOCK_NS_PER_MS;
	struct members members;
	struct span line;
	int64_t left_ns;

	while ((left_ns = end_ns - clock_mono_ns()) > 0) {
		int ms = (int)(left_ns / CLOCK_NS_PER_MS) + 1;

		switch (remote_next(tail, ms, &line)) {
		case REMOTE_LINE:
			if (event_is(line, "reload", &members))
				return tell_reload(&members);
			break;
		case REMOTE_QUIET:
			break;
		case REMOTE_ENDED:
		case REMOTE_BROKEN:
			return fail("policyd ended, or does not tell what "
				    "came of it; its log does");
		}
	}
	return fail("policyd does not tell what came of it; its log does");
}

/* Who listens first misses nothing. */
static int
run_errand(struct hands *hands, const struct errand *e)
{
	struct remote tail = {.fd = -1}, r;
	struct span answer;
	int exit_code = EX_OK;

	if (e->await_reload)
		exit_code = ask_connect(hands, e->settings, &tail);
	if (e->await_reload && exit_code == EX_OK)
		exit_code = ask_send(&tail, CONTROL_TAIL);
	if (exit_code == EX_OK)
		exit_code = ask_connect(hands, e->settings, &r);
	if (exit_code == EX_OK) {
		exit_code = ask_wait(
		    &r, buf_span(&e->request), REMOTE_WRITE_MS, &answer);
		remote_close(&r);
	}
	if (exit_code == EX_OK && e->await_reload)
		exit_code = await_reload(&tail);
	if (exit_code == EX_OK && e->did != NULL)
		printf("%s\n", e->did);
	remote_close(&tail);
	return exit_code;
}

static int
in_child(struct hands *hands, void *ctx)
{
	return run_errand(hands, ctx);
}

static int
start(struct errand *e, bool ok)
{
	struct postconf postconf;
	struct hands_options hands = {
	    .settings = e->settings, .postconf = &postconf, .may_ask = true};
	int exit_code = ok ? EX_OK : EX_OSERR;

	if (e->dry_run) {
		printf("%s\n", e->would);
	} else {
		if (exit_code == EX_OK)
			exit_code = hands_open(e->settings, &postconf);
		if (exit_code == EX_OK)
			exit_code = hands_run(&hands, in_child, e);
	}
	buf_free(&e->request);
	return exit_code;
}

/* Words of the reason; a blank between two. */
static bool
take_reason(void *ctx, const char *word, char error[OPTIONS_ERROR_SIZE])
{
	struct errand *e = ctx;
	size_t n = strlen(e->reason);
	int more = snprintf(e->reason + n, sizeof(e->reason) - n, "%s%s",
	    n > 0 ? " " : "", word);

	if ((size_t)more < sizeof(e->reason) - n)
		return true;
	snprintf(error, OPTIONS_ERROR_SIZE,
	    "the reason is longer than %d bytes", (int)STATE_REASON_MAX);
	return false;
}

static int
take(struct errand *e, const struct ctl_verb *verb, char *const *words, int n)
{
	const struct option_place places[] = {
	    {.name = "dry-run", .flag = &e->dry_run},
	};
	struct options options = {
	    .verb = verb,
	    .place = places,
	    .n_places = 1,
	    .take_word = verb == &pause_verb ? take_reason : NULL,
	    .ctx = e,
	};

	buf_init(&e->request, CONTROL_LINE_MAX + CONTROL_REASON_MAX);
	return options_take(&options, words, n);
}

static int
run_pause(const struct settings *settings, char *const *words, int n)
{
	struct errand e = {
	    .settings = settings,
	    .would = "would pause: nothing would be released",
	    .did = "paused: nothing is released before \"policyctl resume\"; "
		   "what was on its way may still leave",
	};
	int exit_code = take(&e, &pause_verb, words, n);

	if (exit_code != EX_OK)
		return exit_code;
	return start(&e, control_put_pause(&e.request, span_str(e.reason)));
}

static int
run_resume(const struct settings *settings, char *const *words, int n)
{
	struct errand e = {
	    .settings = settings,
	    .would = "would resume: what is due would leave",
	    .did = "resumed: what is due leaves now",
	};
	int exit_code = take(&e, &resume_verb, words, n);

	if (exit_code != EX_OK)
		return exit_code;
	return start(&e, control_put(&e.request, CONTROL_RESUME));
}

static int
run_sweep(const struct settings *settings, char *const *words, int n)
{
	struct errand e = {
	    .settings = settings,
	    .would = "would have the queue walked",
	    .did = "policyd walks the queue now",
	};
	int exit_code = take(&e, &sweep_verb, words, n);

	if (exit_code != EX_OK)
		return exit_code;
	return start(&e, control_put(&e.request, CONTROL_SWEEP));
}

static int
run_reload(const struct settings *settings, char *const *words, int n)
{
	struct errand e = {
	    .settings = settings,
	    .await_reload = true,
	    .would = "would have configuration and rules read again",
	};
	int exit_code = take(&e, &reload_verb, words, n);

	if (exit_code != EX_OK)
		return exit_code;
	return start(&e, control_put(&e.request, CONTROL_RELOAD));
}

const struct ctl_verb pause_verb = {
    .name = "pause",
    .summary = "release nothing, until resume",
    .help = "usage: policyctl pause [--dry-run] [REASON]\n"
	    "\n"
	    "policyd releases nothing until \"policyctl resume\", also when it "
	    "is\n"
	    "started again; what comes due waits. list, status and check show "
	    "the\n"
	    "reason. Mail by \"postsuper -H\" is not stopped.\n"
	    "\n"
	    "for example: policyctl pause relay is down, Ann looks after it\n",
    .run = run_pause,
};

const struct ctl_verb resume_verb = {
    .name = "resume",
    .summary = "the end of pause",
    .help = "usage: policyctl resume [--dry-run]\n"
	    "\n"
	    "What came due during a pause leaves at once.\n",
    .run = run_resume,
};

const struct ctl_verb sweep_verb = {
    .name = "sweep",
    .summary = "have policyd walk the queue now",
    .help = "usage: policyctl sweep [--dry-run]\n"
	    "\n"
	    "policyd lists the queue now, and not only after "
	    "sweep_interval.\n",
    .run = run_sweep,
};

const struct ctl_verb reload_verb = {
    .name = "reload",
    .summary = "have policyd read configuration and rules again",
    .help =
	"usage: policyctl reload [--dry-run]\n"
	"\n"
	"Tells what came of it: exit 78, and FILE:LINE: WHAT, when there is "
	"a\n"
	"mistake; then policyd goes on with what it had. hdrcheck reads the "
	"file\n"
	"by itself: systemctl reload deliver-at-hdrcheck, or SIGHUP.\n",
    .run = run_reload,
};
