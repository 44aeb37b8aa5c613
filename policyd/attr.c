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

/* False when the line has no "=", or no name before it. */
static inline bool
take_line(struct attr_request *request, size_t place, struct span line)
{
	const char *equals = memchr(line.data, '=', line.len);
	unsigned char *first;
	size_t n;

	if (equals == NULL || equals == line.data)
		return false;
	n = (size_t)(equals - line.data);
	first = &request->first[n % ATTR_LENGTHS];
	request->pair[place].name = span_head(line, n);
	request->pair[place].value = span_skip(line, n + 1);
	request->pair[place].next = *first;
	*first = (unsigned char)(place + 1);
	return true;
}

/* in: ATTR_REQUEST_MAX bytes at most; *taken: of the lines that were read. */
static enum attr_result
take_lines(struct span in, struct attr_request *request, size_t *taken)
{
	struct span rest = in;
	const char *end;
	size_t n = 0;

	while (
	    rest.len > 0 && (end = memchr(rest.data, '\n', rest.len)) != NULL) {
		struct span line = span_head(rest, (size_t)(end - rest.data));

		rest = span_skip(rest, line.len + 1);
		*taken = in.len - rest.len;
		request->n = n;
		if (line.len == 0)
			return ATTR_DONE;
		if (line.len > ATTR_LINE_MAX || n == ATTR_MAX ||
		    !take_line(request, n, line))
			return ATTR_BAD;
		n++;
	}
	if (rest.len > ATTR_LINE_MAX || in.len == ATTR_REQUEST_MAX)
		return ATTR_BAD;
	return ATTR_MORE;
}

enum attr_result
attr_decode(struct span in, struct attr_request *request, size_t *used)
{
	enum attr_result result;
	size_t taken = 0;

	if (in.len > ATTR_REQUEST_MAX)
		in.len = ATTR_REQUEST_MAX;
	memset(request->first, 0, sizeof(request->first));
	result = take_lines(in, request, &taken);
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
