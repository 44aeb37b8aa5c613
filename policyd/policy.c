/* SPDX-License-Identifier: ISC */
#include "policyd/policy.h"

enum conn_verdict
policy_handle(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct policy *policy = ctx;
	struct attr_request request;

	switch (attr_decode(in, &request, used)) {
	case ATTR_MORE:
		return CONN_MORE;
	case ATTR_BAD:
		policy->malformed++;
		log_warnx(policy->log,
		    "policy: not a request, the connection is closed");
		return CONN_CLOSE;
	case ATTR_DONE:
		break;
	}
	policy->requests++;
	buf_append(out, span_str("action=DUNNO\n\n"));
	return CONN_DONE;
}
