/* SPDX-License-Identifier: ISC */
/*
 * attr - a request of Postfix's policy delegation (SMTPD_POLICY_README)
 *
 * "name=value" lines and an empty one. Pure: spans over the bytes, nothing is
 * copied.
 */
#ifndef POLICYD_ATTR_H
#define POLICYD_ATTR_H

#include "hdrcheck/base/span.h"

enum {
	ATTR_REQUEST_MAX = 64 * 1024, /* bytes of a request */
	ATTR_LINE_MAX = 4 * 1024, /* bytes of a line */
	ATTR_MAX = 128, /* lines of a request */
	ATTR_LENGTHS = 64, /* names are found by their length, modulo this */
};

enum attr_result {
	ATTR_MORE, /* not a whole request yet */
	ATTR_DONE,
	ATTR_BAD, /* no request of this protocol: close the connection */
};

struct attr_pair {
	struct span name;
	struct span value;
	unsigned char next; /* as first, of those before */
};

struct attr_request {
	struct attr_pair pair[ATTR_MAX];
	size_t n;
	/* By length of the name: the last one's place and 1; 0: none */
	unsigned char first[ATTR_LENGTHS];
};

_Static_assert(ATTR_MAX < 256, "a place fits");

/*
 * Reads the request at the front of in; *used is its length for DONE. BAD: a
 * line without "=" or name, a NUL byte, no request=smtpd_access_policy, or a
 * limit is passed.
 */
enum attr_result attr_decode(
    struct span in, struct attr_request *request, size_t *used);

/*
 * The value of an attribute; empty when it is not there. Of one that comes
 * twice, the last.
 */
struct span attr_find(const struct attr_request *request, struct span name);
struct span attr_get(const struct attr_request *request, const char *name);

/* True for what Postfix documents, and for postponed and postponed_total. */
bool attr_is_known(struct span name);

#endif
