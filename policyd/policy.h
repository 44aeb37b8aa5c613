/* SPDX-License-Identifier: ISC */
/*
 * policy - policyd's answers to Postfix's policy delegation
 */
#ifndef POLICYD_POLICY_H
#define POLICYD_POLICY_H

#include "hdrcheck/base/conn.h"
#include "policyd/decide.h"
#include "policyd/hits.h"
#include "policyd/instance.h"
#include "policyd/orders.h"

/*
 * How many messages of a request's sender wait: of the login, or where that is
 * empty of the envelope sender.
 */
typedef void policy_count_fn(void *ctx, struct span login, struct span sender,
    struct decide_counts *counts);

/* Told when a rule refuses, for now or for good. */
typedef void policy_refused_fn(
    void *ctx, const struct attr_request *request, const struct rule *rule);

struct policy {
	const struct log *log; /* borrowed */
	const struct orders *orders; /* borrowed; may change between requests */
	policy_count_fn *count;
	void *count_ctx;
	policy_refused_fn *refused; /* NULL: nobody wants to know */
	void *refused_ctx;
	struct instances instances;
	struct values values;
	uint64_t requests;
	uint64_t answers[DECISION_KINDS]; /* to requests; NOTHING also to what
					     was said before */
	uint64_t malformed; /* what was no request */
	struct hits hits; /* of orders->rules: answers but NOTHING, and passes;
			     owned by whoever owns those */
};

/*
 * A conn_handle_fn; ctx is a struct policy. What is no request closes the
 * connection, and Postfix then acts by its smtpd_policy_service_default_action.
 */
enum conn_verdict policy_handle(
    void *ctx, struct span in, struct buf *out, size_t *used);

#endif
