/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/remove.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/base/log.h"
#include "policyd/ctl/act.h"

/* The next ids to be given to a command. */
static size_t
next_batch(struct targets *t, size_t *at, struct qid ids[HANDS_IDS_MAX])
{
	size_t n = 0;

	for (; *at < t->n && n < HANDS_IDS_MAX; ++*at)
		if (t->target[*at].why == NULL)
			ids[n++] = t->target[*at].id;
	return n;
}

/*
 * "postsuper: QUEUEID: removed" for each that is gone by its hand; told of all
 * others is nothing.
 */
static void
take_line(struct targets *t, struct span line, const char *word)
{
	static const char ident[] = "postsuper: ";
	struct span id_text;
	struct target *target;
	struct qid id;

	if (!span_starts_with(line, ident))
		return;
	line = span_skip(line, sizeof(ident) - 1);
	if (!span_cut(&line, ':', &id_text) || !qid_parse(id_text, &id) ||
	    !span_equal_str(span_trim(line), word))
		return;
	target = targets_find(t, &id);
	if (target != NULL)
		targets_done(t, target);
}

static void
take_lines(struct targets *t, struct span said, const char *word)
{
	struct span line;

	while (span_cut(&said, '\n', &line))
		take_line(t, line, word);
	take_line(t, said, word);
}

/* The last line tells why a command ended. */
static int
tell_failure(struct choice *c, struct hands *hands, int code)
{
	struct span said = hands_errors(hands), line;
	char shown[LOG_TEXT_MAX];

	if (code < 0)
		said = span_str(strerror(errno));
	while (span_cut(&said, '\n', &line))
		;
	progress_clear(&c->progress);
	fprintf(stderr, "policyctl: %s: %s\n", c->verb->name,
	    log_printable(said, shown));
	return EX_UNAVAILABLE;
}

/* What postsuper did not name is still there, or was gone when it came. */
static void
explain_rest(struct choice *c, struct hands *hands)
{
	bool looked =
	    c->targets.n_done < c->targets.n && choice_look(c, hands) == EX_OK;

	for (size_t i = 0; looked && i < c->targets.n; i++) {
		struct target *t = &c->targets.target[i];

		if (!t->done && t->why == NULL)
			t->why =
			    t->held ? "is still on hold" : "has left meanwhile";
	}
}

static int
run_batches(
    struct act *a, struct hands *hands, enum hands_verb verb, const char *word)
{
	struct choice *c = &a->choice;
	struct qid ids[HANDS_IDS_MAX];
	size_t at = 0, n;
	int code = 0;

	while (code == 0 && (n = next_batch(&c->targets, &at, ids)) > 0) {
		code = hands_command(hands, verb, ids, n, NULL, NULL);
		if (code >= 0)
			take_lines(&c->targets, hands_errors(hands), word);
		progress_tell(
		    &c->progress, c->done, c->targets.n_done, c->targets.n);
	}
	if (code != 0)
		tell_failure(c, hands, code);
	explain_rest(c, hands);
	return EX_OK;
}

/* What was failed lies in the deferred queue, marked, until it is looked at. */
static int
fail_all(struct act *a, struct hands *hands)
{
	struct choice *c = &a->choice;

	run_batches(a, hands, HANDS_FAIL, "released from hold");
	if (c->targets.n_done > 0 &&
	    hands_command(hands, HANDS_KICK, NULL, 0, NULL, NULL) != 0) {
		progress_clear(&c->progress);
		fprintf(stderr,
		    "policyctl: fail: Postfix does not run: the senders get "
		    "their mail back when it does\n");
	}
	return EX_OK;
}

static int
drop_all(struct act *a, struct hands *hands)
{
	return run_batches(a, hands, HANDS_DROP, "removed");
}

static const struct act_kind fail_kind = {
    .verb = &fail_verb,
    .done = "failed",
    .postsuper = "-f",
    .may_remove = true,
    .run = fail_all,
};

static const struct act_kind drop_kind = {
    .verb = &drop_verb,
    .done = "dropped",
    .postsuper = "-d",
    .may_remove = true,
    .run = drop_all,
};

static int
run_fail(const struct settings *settings, char *const *words, int n)
{
	return act_run(&fail_kind, settings, words, n);
}

static int
run_drop(const struct settings *settings, char *const *words, int n)
{
	return act_run(&drop_kind, settings, words, n);
}

const struct ctl_verb fail_verb = {
    .name = "fail",
    .summary = "return messages to their senders",
    .help = "usage: policyctl fail [--yes] [--dry-run] [FILTER...] "
	    "[QUEUEID...]\n"
	    "\n"
	    "The messages are not delivered; each sender gets a delivery "
	    "status\n"
	    "notification (\"message is administratively expired\"). policyd "
	    "is not\n"
	    "needed.\n"
	    "\n" ACT_HELP "\n"
	    "for example: policyctl fail --sender ann@corp.example\n",
    .run = run_fail,
};

const struct ctl_verb drop_verb = {
    .name = "drop",
    .summary = "remove messages; nobody is told",
    .help = "usage: policyctl drop [--yes] [--dry-run] [FILTER...] "
	    "[QUEUEID...]\n"
	    "\n"
	    "The messages are gone, and nobody is told. policyd is not "
	    "needed.\n"
	    "\n" ACT_HELP "\n"
	    "for example: policyctl drop 3F2A1B4C5D\n",
    .run = run_drop,
};
