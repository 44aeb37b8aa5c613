/* SPDX-License-Identifier: ISC */
/*
 * What Postfix asks hdrcheck and policyd: from the bytes of a request to those
 * of its answer.
 */
#include "tests/bench/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hdrcheck/lookup.h"
#include "policyd/policy.h"
#include "policyd/rule_file.h"

#define QUESTION "X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000"

static const char socketmap_request[] = "56:deliver-at " QUESTION ",";
static const char tcp_table_request[] =
    "get X-Deliver-At:%20Fri,%2025%20Dec%202026%2009:00:00%20+0000\n";

/* Of a submission with a login and TLS; no rule but the last one matches. */
static const char policy_request[] =
    "request=smtpd_access_policy\nprotocol_state=RCPT\n"
    "protocol_name=ESMTP\nclient_address=192.0.2.7\n"
    "client_name=mail.branch.test\nclient_port=45678\n"
    "reverse_client_name=mail.branch.test\nserver_address=192.0.2.1\n"
    "server_port=587\nhelo_name=client.branch.test\n"
    "sender=ann.lee@branch.test\nrecipient=ben.smith@customers.test\n"
    "recipient_count=0\nqueue_id=\ninstance=1f2a.6567.0\nsize=63102\n"
    "etrn_domain=\nstress=\nsasl_method=plain\n"
    "sasl_username=ann.lee@branch.test\nsasl_sender=\nccert_subject=\n"
    "ccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
    "encryption_protocol=TLSv1.3\n"
    "encryption_cipher=TLS_AES_256_GCM_SHA384\nencryption_keysize=256\n"
    "policy_context=\n\n";

enum { RULE_SIZE = 128 };

static int64_t
fixed_now_ns(void)
{
	return PATHS_NOW_S * CLOCK_NS_PER_S;
}

PATHS_MEASURED static size_t
measure_requests(conn_handle_fn *handle, void *ctx, struct span request,
    struct buf *out, size_t count)
{
	size_t answered = 0, used;

	for (size_t i = 0; i < count; i++) {
		buf_clear(out);
		if (handle(ctx, request, out, &used) == CONN_DONE)
			answered++;
	}
	return answered;
}

/* Asks so often; each answer is the last one's. */
static void
ask(conn_handle_fn *handle, void *ctx, const char *request, const char *want,
    size_t count)
{
	struct buf out;
	size_t answered;

	buf_init(&out, CONN_REPLY_MAX);
	answered =
	    measure_requests(handle, ctx, span_str(request), &out, count);
	paths_need(answered == count, "a request was not answered");
	paths_need(span_equal_str(buf_span(&out), want), "a wrong answer");
	buf_free(&out);
}

static void
look_up(
    conn_handle_fn *handle, const char *request, const char *want, size_t count)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));

	paths_need(lookup != NULL, "no memory");
	lookup->now_ns = fixed_now_ns;
	paths_settings(&lookup->settings, "");
	ask(handle, lookup, request, want, count);
	free(lookup);
}

void
path_lookup_socketmap(size_t count)
{
	look_up(lookup_socketmap, socketmap_request,
	    "34:OK HOLD until 2026-12-25T09:00:00Z,", count);
}

void
path_lookup_tcp_table(size_t count)
{
	look_up(lookup_tcp_table, tcp_table_request,
	    "200 HOLD%20until%202026-12-25T09:00:00Z\n", count);
}

/* The number-th of the rules that do not match. */
static int
format_rule(size_t number, char out[RULE_SIZE])
{
	switch (number % 4) {
	case 0:
		return snprintf(out, RULE_SIZE,
		    "r%zu sender=news@shop-%zu.example : delay 1h\n", number,
		    number);
	case 1:
		return snprintf(out, RULE_SIZE,
		    "r%zu recipient=@.pager-%zu.example : delay 1h\n", number,
		    number);
	case 2:
		return snprintf(out, RULE_SIZE,
		    "r%zu sasl_username=user%zu : delay 30s\n", number, number);
	default:
		return snprintf(out, RULE_SIZE,
		    "r%zu client_address=10.%zu.0.0/16 size>%zum : hold\n",
		    number, number % 256, 1 + number % 50);
	}
}

static void
make_rules(struct orders *orders, size_t n)
{
	struct rules_context context = {.file = "rules",
	    .source = &rule_file_source,
	    .max_postpone_s = orders->settings.max_postpone_s,
	    .now_s = PATHS_NOW_S};
	char error[RULE_ERROR_SIZE], rule[RULE_SIZE];
	struct buf text;

	buf_init(&text, (n + 1) * RULE_SIZE);
	for (size_t i = 0; i + 1 < n; i++)
		paths_need(format_rule(i, rule) > 0 &&
			buf_append(&text, span_str(rule)),
		    "no memory");
	paths_need(buf_append(&text, span_str("rest sasl_username=* : pass\n")),
	    "no memory");
	orders->has_rules =
	    rules_parse(&orders->rules, buf_span(&text), &context, error);
	paths_need(orders->has_rules, "rules are refused");
	buf_free(&text);
}

static void
ask_policy(size_t n_rules, size_t count)
{
	struct log log = {.ident = "paths", .to_stderr = true};
	struct policy *policy = calloc(1, sizeof(*policy));
	struct orders *orders = calloc(1, sizeof(*orders));

	paths_need(policy != NULL && orders != NULL, "no memory");
	paths_settings(&orders->settings, "");
	make_rules(orders, n_rules);
	policy->log = &log;
	policy->orders = orders;
	ask(policy_handle, policy, policy_request, "action=DUNNO\n\n", count);
	rules_free(&orders->rules);
	free(orders);
	free(policy);
}

void
path_policy_10_rules(size_t count)
{
	ask_policy(10, count);
}

void
path_policy_1000_rules(size_t count)
{
	ask_policy(1000, count);
}
