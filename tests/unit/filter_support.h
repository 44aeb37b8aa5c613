/* SPDX-License-Identifier: ISC */
/*
 * filter_support - a message, and filters made from options
 */
#ifndef UNIT_FILTER_SUPPORT_H
#define UNIT_FILTER_SUPPORT_H

#include "tests/unit/sched_support.h"

#include "policyd/ctl/filter.h"

#define NOW_S 1000000

enum { PAIRS_MAX = 4, HOUR = 3600, DAY = 86400 };

/* A message of a row, and what is needed to point at its texts. */
struct sample {
	struct queue_message m;
	struct span recipient[3];
};

static inline struct span
text_of(const char *text)
{
	return span_str(text != NULL ? text : "");
}

/* One that leaves in an hour, arrived two hours ago, with all that can be. */
static inline void
sample_begin(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	s->m.id = qid_of("ABCDEF");
	s->m.arrival_s = NOW_S - 2 * HOUR;
	s->m.size = 2000;
	s->m.sender = text_of("Ann@Corp.example");
	s->m.recipient = s->recipient;
	s->recipient[0] = text_of("ben@b.example");
	s->recipient[1] = text_of("cat@sub.c.example");
	s->m.n_recipients = 2;
	s->m.read = true;
	s->m.login = text_of("ann");
	s->m.rule = text_of("night-sms");
	s->m.subject = text_of("=?utf-8?Q?Gr=C3=BCn?= Tea\r\n for two");
	s->m.plan = (struct plan){.owner = PLAN_OURS, .due_s = NOW_S + HOUR};
}

static inline struct filter *
filter_of(const char *row, const char *const pairs[2 * PAIRS_MAX])
{
	char error[FILTER_ERROR_SIZE] = "";
	struct filter *f = filter_new(NOW_S);

	assert_non_null(f);
	for (size_t i = 0; i < PAIRS_MAX && pairs[2 * i] != NULL; i++) {
		bool ok = filter_take(f, pairs[2 * i], pairs[2 * i + 1], error);

		check_string(row, error, "");
		check_bool(row, ok, true);
	}
	return f;
}

#endif
