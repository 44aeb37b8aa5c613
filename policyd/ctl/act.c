/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/act.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/verdict.h"
#include "policyd/ctl/local.h"
#include "policyd/ctl/moment.h"

enum { EXIT_NOT_ALL = 1 };

static bool
take_word(void *ctx, const char *word, char error[OPTIONS_ERROR_SIZE])
{
	struct act *a = ctx;

	if (a->kind->takes_time && a->time == NULL) {
		a->time = word;
		return true;
	}
	return filter_take_id(a->choice.filter, word, error);
}

static int
refuse_time(const struct act *a, const char *what)
{
	char text[OPTIONS_ERROR_SIZE];

	snprintf(text, sizeof(text), "%.100s: %.200s", a->time, what);
	return options_usage_error(a->kind->verb, text);
}

/* In the words in which hdrcheck refuses it to a sender. */
static int
refuse_far(const struct act *a, const struct verdict *verdict)
{
	char text[VERDICT_TEXT_SIZE], what[VERDICT_TEXT_SIZE];
	const char *words;

	verdict_format(verdict, a->choice.settings, text);
	words = strstr(text, ": ");
	snprintf(what, sizeof(what),
	    "%.200s (max_postpone); never holds it "
	    "for longer",
	    words != NULL ? words + 2 : text);
	return refuse_time(a, what);
}

/* What hdrcheck would say of a header with that date. */
static int
judge_time(const struct act *a, int64_t now_ns)
{
	const struct settings *settings = a->choice.settings;
	char date[CLOCK_RFC5322_SIZE], line[512];
	struct verdict verdict;

	if (a->due_s == OVERRIDE_NEVER)
		return EX_OK;
	snprintf(line, sizeof(line), "%s: %s", settings->header_names.name[0],
	    clock_format_rfc5322(a->due_s, date));
	verdict = verdict_of(span_str(line), now_ns, settings);
	switch (verdict.kind) {
	case VERDICT_DUNNO:
		return refuse_time(
		    a, "is not ahead; \"policyctl release\" lets mail go now");
	case VERDICT_REJECT:
		return verdict.error == DATE_OK
		    ? refuse_far(a, &verdict)
		    : refuse_time(a, date_reason(verdict.error));
	case VERDICT_HOLD:
	case VERDICT_NOTFOUND:
	case VERDICT_KINDS:
		break;
	}
	return EX_OK;
}

static void
write_moment(struct act *a)
{
	char text[LOCAL_TEXT_SIZE];

	snprintf(a->choice.to, sizeof(a->choice.to), " to %s",
	    a->due_s == OVERRIDE_NEVER
		? "never"
		: local_format(&a->choice.local, a->due_s, LOCAL_WHOLE, text));
}

static int
read_time(struct act *a, int64_t now_ns)
{
	struct moment_base base = {
	    .now_s = clock_floor_s(now_ns), .local = &a->choice.local};
	char text[OPTIONS_ERROR_SIZE];
	const char *wrong;

	if (!a->kind->takes_time)
		return EX_OK;
	if (a->time == NULL)
		return options_usage_error(
		    a->kind->verb, "needs a time: " MOMENT_FORMS);
	wrong = moment_read(span_str(a->time), &base, &a->due_s);
	if (wrong == NULL) {
		write_moment(a);
		return judge_time(a, now_ns);
	}
	snprintf(text, sizeof(text), "%s. A time is %s", wrong, MOMENT_FORMS);
	return refuse_time(a, text);
}

static int
take_words(struct act *a, char *const *words, int n)
{
	struct choice *c = &a->choice;
	const struct option_place places[] = {
	    {.name = "yes", .flag = &c->yes},
	    {.name = "dry-run", .flag = &c->dry_run},
	};
	struct options options = {
	    .verb = c->verb,
	    .place = places,
	    .n_places = sizeof(places) / sizeof(places[0]),
	    .filter = c->filter,
	    .take_word = take_word,
	    .ctx = a,
	};
	int exit_code = options_take(&options, words, n);

	if (exit_code == EX_OK)
		exit_code = read_time(a, clock_wall_ns());
	return exit_code == EX_OK ? choice_check(c) : exit_code;
}

/*
 * While headers were read, and somebody thought about it, mail has come and
 * gone: what has gone is no target any more, and none is added.
 */
static int
forget_gone(struct choice *c, struct hands *hands)
{
	int exit_code = choice_look(c, hands);

	for (size_t i = 0; exit_code == EX_OK && i < c->targets.n; i++)
		if (!c->targets.target[i].held)
			c->targets.target[i].why = "has left meanwhile";
	return exit_code;
}

static int
do_it(struct act *a, struct hands *hands)
{
	struct choice *c = &a->choice;
	bool asked;
	int exit_code;

	if (c->dry_run) {
		exit_code = choice_print(c);
		return exit_code != EX_OK || c->refused == 0 ? exit_code
							     : EXIT_NOT_ALL;
	}
	if (!choice_confirm(c, &asked))
		return EXIT_NOT_ALL;
	/* policyd knows the messages it is asked for; postsuper only ids. */
	exit_code = EX_OK;
	if (c->targets.n > 0 && (asked || a->kind->may_remove))
		exit_code = forget_gone(c, hands);
	if (exit_code == EX_OK && targets_any_open(&c->targets))
		exit_code = a->kind->run(a, hands);
	return exit_code == EX_OK ? choice_report(c) : exit_code;
}

static int
in_child(struct hands *hands, void *ctx)
{
	struct act *a = ctx;
	int exit_code = choice_read(&a->choice, hands);

	if (exit_code == EX_OK && a->kind->warn != NULL &&
	    a->choice.targets.n > 0)
		exit_code = a->kind->warn(a, hands);
	if (exit_code == EX_OK)
		exit_code = do_it(a, hands);
	choice_free(&a->choice);
	return exit_code;
}

static int
start(struct act *a, char *const *words, int n)
{
	struct choice *c = &a->choice;
	struct hands_options hands = {
	    .settings = c->settings,
	    .postconf = &c->postconf,
	    .may_remove = a->kind->may_remove,
	    .may_ask = a->kind->asks_policyd,
	};
	int exit_code = take_words(a, words, n);

	if (exit_code == EX_OK)
		exit_code = hands_open(c->settings, &c->postconf);
	return exit_code == EX_OK ? hands_run(&hands, in_child, a) : exit_code;
}

int
act_run(const struct act_kind *kind, const struct settings *settings,
    char *const *words, int n)
{
	struct act a = {
	    .kind = kind,
	    .choice = {.verb = kind->verb,
		.done = kind->done,
		.postsuper = kind->postsuper,
		.settings = settings,
		.now_s = clock_floor_s(clock_wall_ns())},
	};
	int exit_code = EX_OSERR;

	if (!local_load(&a.choice.local)) {
		fprintf(stderr, "policyctl: /etc/localtime: cannot be read\n");
		return EX_OSFILE;
	}
	a.choice.filter = filter_new(a.choice.now_s);
	if (a.choice.filter != NULL)
		exit_code = start(&a, words, n);
	filter_free(a.choice.filter);
	zone_free(&a.choice.local);
	return exit_code;
}
