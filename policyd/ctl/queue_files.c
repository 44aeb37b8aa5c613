/* SPDX-License-Identifier: ISC */
/*
 * The queue files: their headers, many at a time.
 */
#include <stdlib.h>

#include "policyd/ctl/queue_file.h"
#include "policyd/ctl/queue_judge.h"
#include "policyd/ctl/queue_private.h"

/* Commands that look for what made others fail; the rest is unreadable. */
enum { RETRIES_MAX = 500 };

struct files {
	struct queue_reading *r;
	struct postcat postcat;
	struct queue_file file;
	struct qid ids[HANDS_READ_MAX]; /* of the command that runs */
	const size_t *which; /* their messages */
	size_t n;
	size_t at; /* where the last one was found: they come in order */
	unsigned retries;
	int exit_code;
};

static struct queue_message *
find_message(struct files *f, const struct qid *id)
{
	for (size_t i = 0; i < f->n; i++) {
		size_t place = (f->at + i) % f->n;

		if (!qid_equal(&f->ids[place], id))
			continue;
		f->at = place;
		return &f->r->q->message[f->which[place]];
	}
	return NULL;
}

static void
begin(struct files *f, const struct qid *id)
{
	struct queue_message *m = find_message(f, id);

	f->file.m = NULL;
	if (m != NULL && !m->read)
		queue_file_begin(&f->file, m);
}

static void
end(struct files *f)
{
	struct queue_message *m = f->file.m;

	if (queue_file_end(&f->file))
		queue_judge(m, f->r->q, f->r->o);
}

static bool
take(void *ctx, struct buf *in)
{
	struct files *f = ctx;
	struct postcat_item item;
	enum postcat_event event;
	size_t used;

	do {
		event = postcat_next(&f->postcat, buf_span(in), &item, &used);
		if (event == POSTCAT_BEGIN)
			begin(f, &item.id);
		else if (f->file.m == NULL)
			;
		else if (event == POSTCAT_ATTRIBUTE)
			queue_file_attribute(&f->file, &item);
		else if (event == POSTCAT_HEADER)
			queue_file_header(&f->file, item.header);
		else if (event == POSTCAT_END)
			end(f);
		buf_consume(in, used);
	} while (event != POSTCAT_MORE);
	return !f->file.no_memory;
}

/* At most HANDS_READ_MAX. False: this cannot go on. */
static bool
read_some(struct files *f, const size_t *which, size_t n)
{
	f->which = which;
	f->n = n;
	f->at = 0;
	f->file.m = NULL;
	for (size_t i = 0; i < n; i++)
		f->ids[i] = f->r->q->message[which[i]].id;
	postcat_reset(&f->postcat);
	f->exit_code =
	    hands_command(f->r->hands, HANDS_READ, f->ids, n, take, f);
	if (f->file.no_memory)
		return queue_fail(f->r, "not enough memory");
	return f->exit_code >= 0 ||
	    queue_fail_command(f->r, "postcat", f->exit_code);
}

/* Keeps those that are not read; how many. */
static size_t
keep_unread(const struct files *f, size_t *which, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!f->r->q->message[which[i]].read)
			which[kept++] = which[i];
	return kept;
}

/* One bad file spoils the call: it is looked for by halves. */
static bool
read_hard(struct files *f, size_t *which, size_t n)
{
	while (n > 0 && f->retries++ < RETRIES_MAX) {
		bool alone = n == 1;

		if (!read_some(f, which, n))
			return false;
		n = keep_unread(f, which, n);
		if (alone || f->exit_code == 0)
			return true;
		if (!read_hard(f, which, n / 2))
			return false;
		which += n / 2;
		n -= n / 2;
	}
	return true;
}

/* The next messages that are not read, from *at on; how many. */
static size_t
collect(const struct queue *q, size_t *at, size_t which[HANDS_READ_MAX])
{
	size_t n = 0;

	for (; *at < q->n && n < HANDS_READ_MAX; ++*at)
		if (!q->message[*at].read)
			which[n++] = *at;
	return n;
}

static bool
read_all(struct files *f, bool hard)
{
	const struct queue_options *o = f->r->o;
	const struct queue *q = f->r->q;
	size_t which[HANDS_READ_MAX];
	size_t at = 0, n;

	while ((n = collect(q, &at, which)) > 0) {
		if (hard ? !read_hard(f, which, n) : !read_some(f, which, n))
			return false;
		if (o->progress != NULL)
			o->progress(o->progress_ctx, at, q->n);
	}
	return true;
}

/* What is left is on hold, and yet cannot be read. */
static void
give_up(struct queue *q)
{
	for (size_t i = 0; i < q->n; i++) {
		q->message[i].unreadable = !q->message[i].read;
		q->unreadable += q->message[i].unreadable;
	}
}

/* Most of what cannot be read has left meanwhile, as only a listing tells. */
static bool
read_twice(struct files *f)
{
	size_t at = 0, which[HANDS_READ_MAX];

	if (!read_all(f, false))
		return false;
	if (collect(f->r->q, &at, which) > 0 &&
	    (!queue_scan_again(f->r) || !read_all(f, true)))
		return false;
	give_up(f->r->q);
	return true;
}

bool
queue_read_files(struct queue_reading *r)
{
	struct files *f = calloc(1, sizeof(*f));
	bool ok;

	if (f == NULL)
		return queue_fail(r, "not enough memory");
	f->r = r;
	f->file.settings = r->o->settings;
	f->file.mail_owner_uid = r->mail_owner_uid;
	f->file.text = r->q->text;
	postcat_init(&f->postcat);
	ok = read_twice(f);
	postcat_free(&f->postcat);
	free(f);
	return ok;
}
