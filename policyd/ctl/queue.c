/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hdrcheck/base/priv.h"
#include "policyd/ctl/queue_private.h"
#include "policyd/ctl/queue_text.h"
#include "policyd/ctl/text.h"

bool
queue_fail(struct queue_reading *r, const char *what)
{
	snprintf(r->error, QUEUE_ERROR_SIZE, "%s", what);
	return false;
}

bool
queue_fail_command(struct queue_reading *r, const char *program, int exit_code)
{
	struct span said = hands_errors(r->hands);

	if (exit_code < 0)
		said = span_str(strerror(errno));
	if (said.len == 0 || said.len > QUEUE_ERROR_SIZE / 2)
		said.len = said.len > 0 ? QUEUE_ERROR_SIZE / 2 : 0;
	if (exit_code < 0)
		snprintf(r->error, QUEUE_ERROR_SIZE, "%s: %.*s", program,
		    (int)said.len, said.data);
	else
		snprintf(r->error, QUEUE_ERROR_SIZE,
		    "%s: failed with code %d: %.*s", program, exit_code,
		    (int)said.len, said.data);
	return false;
}

static bool
read_rules(struct queue_reading *r, char error[RULE_ERROR_SIZE])
{
	struct orders_source source = {
	    .rules_fd = -1,
	    .rules_file = r->o->settings->rules_file,
	    .now_s = r->o->now_s,
	};
	bool ok;

	r->q->orders.settings = *r->o->settings;
	if (source.rules_file[0] == '\0')
		return true;
	source.rules_fd = hands_open_rules(r->hands);
	if (source.rules_fd < 0) {
		snprintf(error, RULE_ERROR_SIZE, "%s: %s", source.rules_file,
		    strerror(errno));
		return false;
	}
	ok = orders_read_rules(&r->q->orders, &source, error);
	close(source.rules_fd);
	return ok;
}

static bool
read_words(struct queue_reading *r)
{
	const char *directory = r->o->settings->state_directory;
	char error[STATE_ERROR_SIZE], wrong[RULE_ERROR_SIZE];

	if (!state_read_overrides(directory, &r->q->overrides, error) ||
	    !state_read_pause(directory, &r->q->pause, error))
		return queue_fail(r, error);
	r->q->has_orders = read_rules(r, wrong);
	if (!r->q->has_orders && !r->o->quiet)
		text_complain("%s", wrong);
	return true;
}

static bool
find_mail_owner(struct queue_reading *r)
{
	struct priv_ids ids;

	if (priv_find_user(r->o->postconf->mail_owner, &ids) < 0)
		return queue_fail(r, "there is no user mail_owner");
	r->mail_owner_uid = ids.uid;
	return true;
}

/* The filter again, now that all is known. */
static void
choose(struct queue *q, const struct queue_options *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < q->n; i++) {
		const struct queue_message *m = &q->message[i];

		if ((o->foreign || queue_is_ours(m)) &&
		    (o->filter == NULL || o->filter(o->filter_ctx, m)))
			q->message[kept++] = *m;
	}
	q->n = kept;
}

bool
queue_read(struct queue *q, struct hands *hands,
    const struct queue_options *options, char error[QUEUE_ERROR_SIZE])
{
	struct queue_reading r = {
	    .q = q, .hands = hands, .o = options, .error = error};
	bool ok;

	memset(q, 0, sizeof(*q));
	overrides_init(&q->overrides);
	q->text = queue_text_new();
	ok = q->text != NULL || queue_fail(&r, "not enough memory");
	ok = ok && find_mail_owner(&r) && read_words(&r) && queue_scan(&r) &&
	    queue_read_files(&r);
	if (ok)
		choose(q, options);
	else
		queue_free(q);
	return ok;
}

void
queue_free(struct queue *q)
{
	free(q->message);
	q->message = NULL;
	q->n = 0;
	if (q->has_orders)
		orders_free(&q->orders);
	q->has_orders = false;
	overrides_free(&q->overrides);
	queue_text_free(q->text);
	q->text = NULL;
}

bool
queue_is_ours(const struct queue_message *m)
{
	return m->read && m->plan.owner != PLAN_FOREIGN;
}

const struct queue_message **
queue_ours(const struct queue *q, size_t *n)
{
	const struct queue_message **ours =
	    calloc(q->n + 1, sizeof(const struct queue_message *));

	*n = 0;
	for (size_t i = 0; ours != NULL && i < q->n; i++)
		if (queue_is_ours(&q->message[i]))
			ours[(*n)++] = &q->message[i];
	return ours;
}

void
queue_tell_unreadable(const struct queue *q)
{
	if (q->unreadable > 0)
		text_complain("%llu file%s on hold cannot be read, and %s left "
			      "out: policyctl check",
		    (unsigned long long)q->unreadable,
		    q->unreadable == 1 ? "" : "s",
		    q->unreadable == 1 ? "is" : "are");
}

int64_t
queue_due_s(const struct queue_message *m)
{
	if (!queue_is_ours(m))
		return OVERRIDE_NEVER;
	return m->plan.owner == PLAN_FROZEN ? OVERRIDE_NEVER : m->plan.due_s;
}
