/* SPDX-License-Identifier: ISC */
/*
 * queue_support - a queue of stand-ins for postqueue and postcat, and what
 * policyctl reads of it
 */
#ifndef UNIT_QUEUE_SUPPORT_H
#define UNIT_QUEUE_SUPPORT_H

#include "tests/unit/ctl_support.h"

#include "policyd/ctl/filter.h"
#include "policyd/ctl/queue.h"

#define NINE_S INT64_C(1798189200) /* 2026-12-25T09:00:00Z */
#define NOW_S  (NINE_S - 3600)

enum { ID_SIZE = 24, LISTING_MAX = 1024 * 1024 };

/* Like Postfix's: a file that is gone ends it, one that is spoilt silences it.
 */
static const char postcat[] =
    "#!/bin/sh\n"
    "d=${0%/*}; shift 3; files=\n"
    "echo read $# >>$d/calls\n"
    "for id; do\n"
    "  if [ -e $d/spoilt.$id ]; then echo spoilt >&2; exit 1; fi\n"
    "  if [ ! -e $d/f.$id ]; then gone=$id; break; fi\n"
    "  files=\"$files $d/f.$id\"\n"
    "done\n"
    "[ -z \"$files\" ] || cat $files\n"
    "[ -z \"$gone\" ] || { echo \"open $gone: No such file\" >&2; exit 1; }\n";

static const char postqueue[] =
    "#!/bin/sh\n"
    "d=${0%/*}\n"
    "n=$(grep -c list $d/calls)\n"
    "echo list >>$d/calls\n"
    "if [ $n -gt 0 -a -e $d/listing2 ]; then exec cat $d/listing2; fi\n"
    "exec cat $d/listing\n";

struct site {
	struct ctl *c;
	struct queue_options options;
	struct filter *filter;
	const char *list; /* a filter's, to be opened */
	char listing[LISTING_MAX];
	size_t used;
};

static inline struct site *
site_new(struct ctl *c)
{
	struct site *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->c = c;
	s->options = (struct queue_options){
	    .settings = &c->settings,
	    .postconf = &c->postconf,
	    .foreign = true,
	    .now_s = NOW_S,
	};
	c->postconf.facts = (struct plan_postfix){
	    .queue_lifetime_s = 432000, .bounce_lifetime_s = 432000};
	ctl_script(c, "postcat", postcat);
	ctl_script(c, "postqueue", postqueue);
	ctl_write(c, "calls", span_str(""), 0666);
	ctl_write(c, "listing", span_str(""), 0644);
	return s;
}

static inline void
site_free(struct site *s)
{
	filter_free(s->filter);
	free(s);
}

static inline void
add_line(struct site *s, const char *queue, const char *id, const char *more)
{
	int n = snprintf(s->listing + s->used, sizeof(s->listing) - s->used,
	    "{\"queue_name\": \"%s\", \"queue_id\": \"%s\", \"arrival_time\": "
	    "1798100000, \"message_size\": 300, \"sender\": \"%s@b\", "
	    "\"recipients\": [{\"address\": \"c@d\"%s}]}\n",
	    queue, id, id, more);

	assert_true(n > 0 && (size_t)n < sizeof(s->listing) - s->used);
	s->used += (size_t)n;
}

/* What was added since the last time becomes the listing of that name. */
static inline void
end_listing(struct site *s, const char *name)
{
	ctl_write(s->c, name, span_of(s->listing, s->used), 0644);
	s->used = 0;
}

/* A file of a message that leaves at nine, with these headers above others. */
static inline void
add_file(
    struct site *s, const char *id, const char *folder, const char *headers)
{
	char name[64], text[4096];
	int n = snprintf(text, sizeof(text),
	    "*** ENVELOPE RECORDS %s/%s ***\n"
	    "message_size:             300             200               1\n"
	    "message_arrival_time: Thu Dec 24 08:13:20 2026\n"
	    "create_time: Thu Dec 24 08:13:20 2026\n"
	    "named_attribute: sasl_username=ann\n"
	    "sender: %s@b\n"
	    "*** MESSAGE CONTENTS %s/%s ***\n"
	    "%s"
	    "Received: from x (y [192.0.2.1])\n"
	    "X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000\n"
	    "Subject: tea\n"
	    "*** HEADER EXTRACTED %s/%s ***\n"
	    "recipient: c@d\n"
	    "*** MESSAGE FILE END %s/%s ***\n",
	    folder, id, id, folder, id, headers, folder, id, folder, id);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	snprintf(name, sizeof(name), "f.%s", id);
	ctl_write(s->c, name, span_of(text, (size_t)n), 0644);
}

static inline void
add_message(struct site *s, const char *id)
{
	add_line(s, "hold", id, "");
	add_file(s, id, "hold", "");
}

static inline void
print_one(const struct queue_message *m)
{
	char id[QID_SIZE];
	int64_t due_s = queue_due_s(m);

	qid_format(&m->id, id);
	printf("%s <%.*s> %zu ", id, (int)m->sender.len, m->sender.data,
	    m->n_recipients);
	if (m->unreadable || !m->read)
		printf("%s\n", m->unreadable ? "unreadable" : "not read");
	else if (!queue_is_ours(m))
		printf("foreign\n");
	else if (due_s == OVERRIDE_NEVER)
		printf("never %.*s\n", (int)m->rule.len, m->rule.data);
	else
		printf("%lld %.*s%.*s\n", (long long)(due_s - NINE_S),
		    (int)m->login.len, m->login.data, (int)m->rule.len,
		    m->rule.data);
}

static inline int
show(struct hands *h, void *ctx)
{
	struct site *s = ctx;
	static struct queue q;
	char error[QUEUE_ERROR_SIZE];

	if (!queue_read(&q, h, &s->options, error)) {
		printf("error: %s\n", error);
		return EX_UNAVAILABLE;
	}
	printf("%zu of %llu, %llu unreadable%s%s%s\n", q.n,
	    (unsigned long long)q.listed, (unsigned long long)q.unreadable,
	    q.pause.on ? ", paused: " : "", q.pause.reason,
	    q.has_orders ? "" : ", no rules");
	for (size_t i = 0; i < q.n && q.n < 100; i++)
		print_one(&q.message[i]);
	queue_free(&q);
	return EX_OK;
}

static inline void
check_show(const char *row, struct site *s, const char *want)
{
	ctl_run(s->c, show, s);
	check_string(row, s->c->err, "");
	check_string(row, s->c->out, want);
}

/* The commands that were run, since the last time. */
static inline void
check_calls(const char *row, struct site *s, const char *want)
{
	ctl_read(s->c, "calls", s->c->out);
	check_string(row, s->c->out, want);
	ctl_write(s->c, "calls", span_str(""), 0666);
}

#endif
