/* SPDX-License-Identifier: ISC */
/*
 * queue_file_support - a reader of one queue file, as policyctl has it
 */
#ifndef UNIT_QUEUE_FILE_SUPPORT_H
#define UNIT_QUEUE_FILE_SUPPORT_H

#include "tests/unit/facts_support.h"

#include "policyd/ctl/queue_file.h"
#include "policyd/ctl/queue_judge.h"
#include "policyd/sched/postconf.h"

#define ARRIVAL_S (NINE_S - 86400)
#define NOW_S     (NINE_S - 3600)
#define RULE(date, name)                                                       \
	"X-Deliver-At: Fri, 25 Dec 2026 " date ":00:00 +0000 (rule " name ")"
#define NEVER(name) "X-Deliver-At: never (rule " name ")"

enum { ROW_HEADERS = 7, TEXT_SIZE = 1024 };

/* A reader of files, the message it fills, and what judges it. */
struct rig_file {
	struct settings settings;
	struct postconf postconf;
	struct queue queue;
	struct queue_options options;
	struct queue_text *text;
	struct queue_file file;
	struct queue_message m;
	char line[TEXT_SIZE];
};

static inline struct rig_file *
rig_new(const char *settings)
{
	struct rig_file *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	load_settings(&r->settings, settings);
	r->postconf.facts = (struct plan_postfix){
	    .queue_lifetime_s = 5 * 86400,
	    .bounce_lifetime_s = 5 * 86400,
	    .requeue_safe = true,
	};
	r->queue.has_orders = true;
	overrides_init(&r->queue.overrides);
	r->options = (struct queue_options){
	    .settings = &r->settings,
	    .postconf = &r->postconf,
	    .now_s = NOW_S,
	};
	r->text = queue_text_new();
	r->file = (struct queue_file){.settings = &r->settings,
	    .mail_owner_uid = OWNER_UID,
	    .text = r->text};
	return r;
}

static inline void
rig_free(struct rig_file *r)
{
	overrides_free(&r->queue.overrides);
	queue_text_free(r->text);
	free(r);
}

static inline void
put_attribute(
    struct rig_file *r, const char *name, bool named, const char *value)
{
	struct postcat_item item = {
	    .name = span_str(name), .named = named, .value = span_str(value)};

	queue_file_attribute(&r->file, &item);
}

/* From here to rig_end(): headers. */
static inline void
rig_begin(struct rig_file *r)
{
	memset(&r->m, 0, sizeof(r->m));
	r->m.id = qid_of("ABCDEF");
	r->m.arrival_s = ARRIVAL_S;
	r->m.size = 300;
	queue_file_begin(&r->file, &r->m);
	put_attribute(
	    r, "message_arrival_time", false, "Thu Dec 24 09:00:00 2026");
	put_attribute(r, "create_time", false, "Thu Dec 24 09:00:01 2026");
	put_attribute(r, "message_size", false, " 300  200 1 0 300 0");
	put_attribute(r, "sender", false, "ann@a.example");
}

static inline void
put_header(struct rig_file *r, struct span header)
{
	struct span copy = exact_copy(header);

	queue_file_header(&r->file, copy);
	exact_free(copy);
}

static inline void
read_headers(struct rig_file *r, const char *const headers[ROW_HEADERS])
{
	rig_begin(r);
	for (size_t i = 0; i < ROW_HEADERS && headers[i] != NULL; i++)
		put_header(r, span_str(headers[i]));
	assert_true(queue_file_end(&r->file));
	assert_true(r->m.read);
}

#endif
