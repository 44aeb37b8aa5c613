/* SPDX-License-Identifier: ISC */
/*
 * policy - policyd's answers to Postfix's policy delegation
 */
#ifndef POLICYD_POLICY_H
#define POLICYD_POLICY_H

#include "hdrcheck/base/conn.h"
#include "policyd/attr.h"

struct policy {
	const struct log *log; /* borrowed */
	uint64_t requests;
	uint64_t malformed;
};

/*
 * A conn_handle_fn; ctx is a struct policy. Every valid request is answered
 * "action=DUNNO"; anything else closes the connection, and Postfix then acts
 * by its smtpd_policy_service_default_action.
 */
enum conn_verdict policy_handle(
    void *ctx, struct span in, struct buf *out, size_t *used);

#endif
