/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "policyd/ctl/foreign.h"
#include "policyd/ctl/listing.h"
#include "policyd/ctl/put.h"
#include "policyd/ctl/text.h"
#include "policyd/rule_file.h"

enum {
	LINE_MAX_BYTES = 4096, /* of a message in a list, or a command */
	ANSWER_SIZE = 16,
};

static bool
can_ask(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

static bool
must_ask(const struct choice *c)
{
	return !c->yes && !c->dry_run && !filter_has_ids(c->filter);
}

int
choice_check(const struct choice *c)
{
	if (!filter_has_ids(c->filter) && !filter_has_options(c->filter))
		return options_usage_error(c->verb,
		    "needs queue ids, or filters like --sender; there is no "
		    "word for all mail");
	if (must_ask(c) && !can_ask())
		return options_usage_error(c->verb,
		    "a filter without queue ids needs --yes where nobody can "
		    "be asked (--dry-run shows what it fits)");
	return EX_OK;
}

/* Refused, with what would do it. */
static void
refuse_foreign(const struct choice *c, const struct queue_message *m)
{
	struct buf command;
	struct span shown;
	char id[QID_SIZE];

	buf_init(&command, LINE_MAX_BYTES);
	if (c->postsuper != NULL &&
	    (!put_string(&command, "; if it is to be: ") ||
		!foreign_put_command(
		    &command, c->settings, c->postsuper, &m->id)))
		buf_clear(&command);
	shown = buf_span(&command);
	qid_format(&m->id, id);
	text_complain("%s: not ours: %s%.*s", id, foreign_why(m),
	    (int)shown.len, shown.data);
	buf_free(&command);
}

static void
refuse_unmet(struct choice *c)
{
	struct qid id;
	char text[QID_SIZE];
	size_t i = 0;

	while (filter_next_unmet(c->filter, &i, &id)) {
		qid_format(&id, text);
		fprintf(stderr, "policyctl: %s: is not on hold\n", text);
		c->refused++;
	}
}

static bool
fill_targets(struct choice *c)
{
	for (size_t i = 0; i < c->queue.n; i++) {
		const struct queue_message *m = &c->queue.message[i];

		if (queue_is_ours(m)) {
			if (!targets_add(&c->targets, &m->id, m->arrival_s))
				return false;
		} else {
			refuse_foreign(c, m);
			c->refused++;
		}
	}
	targets_sort(&c->targets);
	return true;
}

static void
tell_reading(void *ctx, uint64_t done, uint64_t all)
{
	struct choice *c = ctx;

	progress_tell(&c->progress, "read", done, all);
}

static int
fail(const struct choice *c, const char *what, int exit_code)
{
	text_complain("%s: %s", c->verb->name, what);
	return exit_code;
}

int
choice_read(struct choice *c, struct hands *hands)
{
	char error[QUEUE_ERROR_SIZE], wrong[FILTER_ERROR_SIZE];
	struct queue_options options = {
	    .settings = c->settings,
	    .postconf = &c->postconf,
	    .filter = filter_matches,
	    .filter_ctx = c->filter,
	    .foreign = filter_has_ids(c->filter),
	    .progress = tell_reading,
	    .progress_ctx = c,
	    .now_s = c->now_s,
	};
	bool ok;

	if (!filter_open(c->filter, &rule_file_source, wrong))
		return fail(c, wrong, EX_USAGE);
	ok = queue_read(&c->queue, hands, &options, error);
	progress_clear(&c->progress);
	if (!ok)
		return fail(c, error, EX_UNAVAILABLE);
	c->has_queue = true;
	if (!filter_has_ids(c->filter)) /* else it is refused */
		queue_tell_unreadable(&c->queue);
	refuse_unmet(c);
	return fill_targets(c) ? EX_OK : fail(c, "not enough memory", EX_OSERR);
}

void
choice_free(struct choice *c)
{
	targets_free(&c->targets);
	if (c->has_queue)
		queue_free(&c->queue);
	c->has_queue = false;
}

static void
print_message(const struct choice *c, const struct queue_message *m)
{
	char id[QID_SIZE], due[LOCAL_TEXT_SIZE];
	struct buf line;
	struct span shown;
	int64_t due_s = queue_due_s(m);

	buf_init(&line, LINE_MAX_BYTES);
	if (!text_put(&line, m->sender, 64, false))
		buf_clear(&line);
	shown = buf_span(&line);
	qid_format(&m->id, id);
	printf("%-12s  %-19s  %.*s\n", id,
	    due_s == OVERRIDE_NEVER
		? "never"
		: local_format(&c->local, due_s, LOCAL_SECONDS, due),
	    (int)shown.len, shown.data);
	buf_free(&line);
}

/* "drop 2 messages", and for reschedule to when. */
static void
print_intent(const struct choice *c, FILE *to)
{
	fprintf(to, "%s %zu message%s%s", c->verb->name, c->targets.n,
	    c->targets.n == 1 ? "" : "s", c->to);
}

int
choice_print(const struct choice *c)
{
	size_t n;
	const struct queue_message **ours = queue_ours(&c->queue, &n);

	if (ours == NULL)
		return fail(c, "not enough memory", EX_OSERR);
	listing_sort(ours, n, LISTING_DUE);
	printf("would ");
	print_intent(c, stdout);
	printf("\n");
	for (size_t i = 0; i < n; i++)
		print_message(c, ours[i]);
	free(ours);
	return EX_OK;
}

/* Only the first byte of a line counts, but for "yes" written out. */
static bool
read_yes(void)
{
	char answer[ANSWER_SIZE] = "";
	struct span line;

	if (fgets(answer, sizeof(answer), stdin) == NULL) {
		fprintf(stderr, "\n");
		return false;
	}
	line = span_trim(span_str(answer));
	return span_equal_nocase(line, span_str("y")) ||
	    span_equal_nocase(line, span_str("yes"));
}

bool
choice_confirm(struct choice *c, bool *asked)
{
	*asked = must_ask(c);
	if (!*asked || c->targets.n == 0)
		return true;
	print_intent(c, stderr);
	fprintf(stderr, "? [y/N] ");
	if (read_yes())
		return true;
	fprintf(stderr, "nothing is done\n");
	return false;
}
