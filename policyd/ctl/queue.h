/* SPDX-License-Identifier: ISC */
/*
 * queue - what is on hold, as policyctl shows it
 *
 * Reads the listing, and the headers of what filter() lets through, and judges
 * each message as the scheduler does, with the administrator's overrides. It
 * asks no daemon. A message that leaves meanwhile is not there. Of a line of
 * the listing that is longer than QUEUE_LINE_MAX the recipients are not there.
 */
#ifndef CTL_QUEUE_H
#define CTL_QUEUE_H

#include "policyd/ctl/hands.h"
#include "policyd/orders.h"
#include "policyd/sched/facts.h"
#include "policyd/sched/plan.h"
#include "policyd/state.h"

enum {
	QUEUE_DATES_MAX = 16, /* X-Deliver-At headers kept of one message; of
 more, the latest is among them */
	QUEUE_DATE_TEXT_MAX = 160, /* bytes of one of them */
	QUEUE_SUBJECT_MAX = 1000, /* bytes of a subject, as it stands */
	QUEUE_NAME_MAX = 1000, /* bytes of a login, or of a client's name */
	QUEUE_LINE_MAX = 16 * 1024 * 1024, /* bytes of a line of the listing */
	QUEUE_ERROR_SIZE = 512,
};

/* One X-Deliver-At header, from the top. */
struct queue_date {
	struct span text; /* its body, unfolded, perhaps cut */
	bool readable; /* it is a date; all else is for these */
	bool never;
	int64_t moment_s;
	bool by_rule; /* it stands where only rules write */
	struct span rule; /* NAME of (rule NAME), else empty */
};

/* A message on hold. Texts are strangers' bytes, owned by the queue. */
struct queue_message {
	struct qid id;
	int64_t arrival_s;
	uint64_t size;
	bool tried;
	struct span sender;
	struct span *recipient;
	size_t n_recipients;
	bool unreadable; /* its file was asked for, and could not be read */
	/* From here on of its file; not there unless it was read. */
	bool read;
	struct span login; /* sasl_username; empty: none */
	struct span client; /* client_address; empty: local */
	struct span client_name;
	struct span subject; /* as it stands, perhaps cut */
	struct facts facts;
	struct queue_date *date;
	size_t n_dates; /* at most QUEUE_DATES_MAX */
	struct plan plan;
	const struct override *override; /* of the administrator, or NULL */
	enum plan_method method; /* how it would leave at its moment; now, if
				    that is over */
	struct span rule; /* whose header decides; empty: none does */
	bool decided; /* date[decides] is the one that says when it leaves */
	size_t decides;
};

struct queue {
	struct queue_message *message;
	size_t n;
	uint64_t listed; /* on hold, before the filter */
	uint64_t unreadable; /* on hold, and their files cannot be read */
	struct orders orders;
	bool has_orders; /* false: the rules file is wrong; then each rule that
			    a header names counts as one that stands */
	struct overrides overrides;
	struct pause pause;
	struct queue_text *text; /* where the texts are */
};

/*
 * Asked twice: of what the listing says (neither read nor unreadable), which
 * decides what is read, and after that.
 */
typedef bool queue_filter_fn(void *ctx, const struct queue_message *message);

struct queue_options {
	const struct settings *settings;
	const struct postconf *postconf;
	queue_filter_fn *filter; /* NULL: everything */
	void *filter_ctx;
	bool foreign; /* also messages that are not ours, or unreadable */
	/* Told now and then how many of how many were read; may be NULL. */
	void (*progress)(void *ctx, uint64_t done, uint64_t all);
	void *progress_ctx;
	bool quiet; /* what is wrong with the rules is not printed */
	int64_t now_s;
};

/*
 * To be called in the child of hands_run(). False with the reason in error; q
 * owns nothing then. What is wrong with the rules alone is a warning on
 * standard error.
 */
bool queue_read(struct queue *q, struct hands *hands,
    const struct queue_options *options, char error[QUEUE_ERROR_SIZE]);

void queue_free(struct queue *q);

/* The scheduler would let it go by itself one day. */
bool queue_is_ours(const struct queue_message *m);

/*
 * Those that are, in the order of the queue; owned by the caller. NULL: no
 * memory.
 */
const struct queue_message **queue_ours(const struct queue *q, size_t *n);

/* Says on standard error how many files could not be read, if there are. */
void queue_tell_unreadable(const struct queue *q);

/* OVERRIDE_NEVER for what has no moment. */
int64_t queue_due_s(const struct queue_message *m);

#endif
