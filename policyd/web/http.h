/* SPDX-License-Identifier: ISC */
/*
 * http - requests to read something, and the heads of replies (RFC 9110, 9112)
 *
 * GET and HEAD of HTTP/1.0 and 1.1, without a body. What is not written as RFC
 * 9112 has it is refused, also where it lets a server be lenient: a lone LF is
 * no line end, a folded field and a blank before a colon are mistakes. One
 * empty line in front of a request is passed over.
 *
 * Pure.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "hdrcheck/base/buf.h"

enum {
	HTTP_HEAD_MAX = 8 * 1024, /* bytes of a request, with its empty line */
	HTTP_TARGET_MAX = 1024, /* bytes of what is asked for */
	HTTP_FIELDS_MAX = 64, /* lines of a head */
	HTTP_REPLY_HEAD_MAX = 2048, /* bytes of the head of a reply */
};

enum http_status {
	HTTP_OK = 200,
	HTTP_BAD_REQUEST = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_METHOD_NOT_ALLOWED = 405,
	HTTP_CONTENT_TOO_LARGE = 413,
	HTTP_URI_TOO_LONG = 414,
	HTTP_MISDIRECTED = 421,
	HTTP_FIELDS_TOO_LARGE = 431,
	HTTP_INTERNAL_ERROR = 500,
	HTTP_NOT_IMPLEMENTED = 501,
	HTTP_UNAVAILABLE = 503,
	HTTP_VERSION_NOT_SUPPORTED = 505,
};

struct http_request {
	bool head; /* HEAD: all but the body is wanted */
	bool stays; /* the connection is to stay for the next request */
	struct span host; /* whom it is for, as it came, with its port; empty:
			     it does not say */
	struct span path; /* as it came, nothing decoded; without what follows
			     a "?", and without "http://host" */
	enum http_status wrong; /* HTTP_WRONG: how to answer */
};

enum http_result {
	HTTP_MORE,
	HTTP_DONE,
	HTTP_WRONG, /* answer and close: where the next one begins is unsure */
};

/*
 * Reads the request at the front of in: *used bytes, 0 unless HTTP_DONE. What
 * is wrong is told as soon as it is there, and stays what is told whatever
 * follows; head and wrong are of use then. HTTP_MORE is never said of
 * HTTP_HEAD_MAX bytes or more. The path borrows from in; it begins with "/".
 */
enum http_result http_decode(
    struct span in, struct http_request *request, size_t *used);

/*
 * Whether a host, perhaps with a port, is an IP address, localhost or a name
 * below that, or empty: nobody else can let such a name lead here.
 */
bool http_host_is_local(struct span host);

struct http_reply {
	enum http_status status;
	const char *type; /* Content-Type */
	const char *policy; /* Content-Security-Policy */
	size_t len; /* of the body */
	bool closes; /* the connection ends behind it; it says either */
	int64_t now_s; /* Date */
};

/*
 * Appends the head of a reply, with its empty line: no browser or proxy is to
 * keep it, guess at its type, frame it or tell others where it came from.
 * False, and out is unchanged: no room, or more than HTTP_REPLY_HEAD_MAX bytes.
 */
bool http_put_head(const struct http_reply *reply, struct buf *out);

/* "Not Found". */
const char *http_reason(enum http_status status);

#endif
