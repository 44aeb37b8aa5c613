/* SPDX-License-Identifier: ISC */
/*
 * facts - what one queue file says about postponing it
 *
 * Gathers what postcat() hands out for one message. Pure.
 */
#ifndef SCHED_FACTS_H
#define SCHED_FACTS_H

#include "hdrcheck/base/hash.h"
#include "hdrcheck/date.h"
#include "hdrcheck/settings.h"
#include "policyd/sched/qid.h"

enum {
	FACTS_ADDRESS_SIZE = 64, /* of a client's IP address, with its NUL */
	FACTS_RULE_SIZE = DATE_RULE_MAX + 1, /* of a name, with its NUL */
	FACTS_RULES_MAX = 4, /* whose never one message has; see more_rules */
	FACTS_FORMER_MAX = 4, /* queue ids it had before; older ones are not
				 looked at */
};

/* No such date. */
#define FACTS_NO_DATE INT64_MIN

struct facts {
	int64_t arrival_s; /* MAIL FROM, or submission; as postqueue lists it */
	int64_t created_s; /* when this queue file was made: not before that
			      was a header looked up. Requeued mail keeps its
			      arrival and gets a new creation. */
	uint64_t size; /* message_size */
	uint64_t submitter; /* its login, or else its sender */
	bool empty_sender;
	bool filtered; /* it has a content_filter or redirect record */
	bool authenticated;
	bool remote; /* came over a network, not by sendmail(1) */
	char client_address[FACTS_ADDRESS_SIZE]; /* empty: not known */
	bool vetoed; /* it has one of veto_headers */
	bool past_received; /* below this point a header is anybody's */
	int64_t own_latest_s; /* of the sender's dates, or FACTS_NO_DATE */
	bool own_never; /* the sender wrote never (rule ...) */
	int64_t rule_latest_s; /* of rules' dates, or FACTS_NO_DATE */
	char rule_latest[FACTS_RULE_SIZE]; /* whose that is, the first one */
	bool rule_never; /* a rule wrote never */
	char rules[FACTS_RULES_MAX][FACTS_RULE_SIZE]; /* which, from the top */
	size_t n_rules;
	bool more_rules; /* and others, whose names are not kept: whether they
			    still hold the message cannot be known */
	bool unreadable_date; /* a header of ours is no date */
	bool requeued; /* its topmost Received is that of a requeue */
	struct qid former[FACTS_FORMER_MAX]; /* what the Received below that
						say, if it was; from the top */
	size_t n_former;
};

/* Nothing is known yet. */
void facts_begin(struct facts *facts);

/*
 * Takes an envelope record: its name, whether it is a named attribute, its
 * value. Unknown ones are passed over. Times are read as UTC. The key is that
 * of submitters.
 */
void facts_take_attribute(struct facts *facts, struct span name, bool named,
    struct span value, const struct hash_key *key);

/*
 * Takes the next header, from the top. requeue_uid is the user id that
 * "Received: ... from userid" names in what a requeue puts on top.
 */
void facts_take_header(struct facts *facts, struct span header,
    const struct settings *settings, uint64_t requeue_uid);

#endif
