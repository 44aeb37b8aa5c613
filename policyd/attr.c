/* SPDX-License-Identifier: ISC */
#include "policyd/attr.h"

#include <string.h>

/* What Postfix up to 3.12 sends (SMTPD_POLICY_README), and our own. */
static const struct span known[] = {
    SPAN("request"),
    SPAN("protocol_state"),
    SPAN("protocol_name"),
    SPAN("helo_name"),
    SPAN("queue_id"),
    SPAN("sender"),
    SPAN("recipient"),
    SPAN("recipient_count"),
    SPAN("client_address"),
    SPAN("client_name"),
    SPAN("reverse_client_name"),
    SPAN("instance"),
    SPAN("sasl_method"),
    SPAN("sasl_username"),
    SPAN("sasl_sender"),
    SPAN("size"),
    SPAN("ccert_subject"),
    SPAN("ccert_issuer"),
    SPAN("ccert_fingerprint"),
    SPAN("encryption_protocol"),
    SPAN("encryption_cipher"),
    SPAN("encryption_keysize"),
    SPAN("etrn_domain"),
    SPAN("stress"),
    SPAN("ccert_pubkey_fingerprint"),
    SPAN("client_port"),
    SPAN("policy_context"),
    SPAN("server_address"),
    SPAN("server_port"),
    SPAN("compatibility_level"),
    SPAN("mail_version"),
    SPAN("postponed"),
    SPAN("postponed_total"),
};

/* What has been read of a request. */
struct progress {
	const char *at;
	size_t n; /* attributes */
};

/* False when the line has no "=", or no name before it. */
static inline bool
take_line(struct attr_request *request, struct progress *p, const char *end)
{
	struct attr_pair *pair = &request->pair[p->n];
	const char *equals = memchr(p->at, '=', (size_t)(end - p->at));
	unsigned char *first;

	if (equals == NULL || equals == p->at)
		return false;
	pair->name = span_of(p->at, (size_t)(equals - p->at));
	pair->value = span_of(equals + 1, (size_t)(end - equals - 1));
	first = &request->first[pair->name.len % ATTR_LENGTHS];
	pair->next = *first;
	*first = (unsigned char)++p->n;
	return true;
}

/* in: ATTR_REQUEST_MAX bytes at most. */
static inline enum attr_result
take_lines(struct span in, struct attr_request *request, struct progress *p)
{
	const char *stop = in.data + in.len, *end;

	while (p->at < stop &&
	    (end = memchr(p->at, '\n', (size_t)(stop - p->at))) != NULL) {
		size_t len = (size_t)(end - p->at);

		if (len == 0) {
			p->at++;
			return ATTR_DONE;
		}
		if (len > ATTR_LINE_MAX || p->n == ATTR_MAX ||
		    !take_line(request, p, end))
			return ATTR_BAD;
		p->at = end + 1;
	}
	if (stop - p->at > ATTR_LINE_MAX || in.len == ATTR_REQUEST_MAX)
		return ATTR_BAD;
	return ATTR_MORE;
}

enum attr_result
attr_decode(struct span in, struct attr_request *request, size_t *used)
{
	struct progress p = {.at = in.data};
	enum attr_result result;
	size_t taken;

	if (in.len > ATTR_REQUEST_MAX)
		in.len = ATTR_REQUEST_MAX;
	memset(request->first, 0, sizeof(request->first));
	result = take_lines(in, request, &p);
	request->n = p.n;
	taken = (size_t)(p.at - in.data);
	if (taken > 0 && memchr(in.data, '\0', taken) != NULL)
		return ATTR_BAD;
	if (result != ATTR_DONE)
		return result;
	*used = taken;
	return span_equal_str(
		   attr_get(request, "request"), "smtpd_access_policy")
	    ? ATTR_DONE
	    : ATTR_BAD;
}

struct span
attr_find(const struct attr_request *request, struct span name)
{
	unsigned i = request->first[name.len % ATTR_LENGTHS];

	for (; i > 0; i = request->pair[i - 1].next)
		if (span_equal(request->pair[i - 1].name, name))
			return request->pair[i - 1].value;
	return span_of("", 0);
}

struct span
attr_get(const struct attr_request *request, const char *name)
{
	return attr_find(request, span_str(name));
}

bool
attr_is_known(struct span name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_equal(known[i], name))
			return true;
	return false;
}
