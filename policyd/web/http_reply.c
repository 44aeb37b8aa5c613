/* SPDX-License-Identifier: ISC */
/*
 * The heads of replies.
 */
#include <stdio.h>
#include <string.h>

#include "hdrcheck/base/clock.h"
#include "policyd/web/http.h"

enum { DATE_LINE_SIZE = CLOCK_RFC5322_SIZE + 8 /* with its name */ };

const char *
http_reason(enum http_status status)
{
	switch (status) {
	case HTTP_OK:
		return "OK";
	case HTTP_BAD_REQUEST:
		return "Bad Request";
	case HTTP_NOT_FOUND:
		return "Not Found";
	case HTTP_METHOD_NOT_ALLOWED:
		return "Method Not Allowed";
	case HTTP_CONTENT_TOO_LARGE:
		return "Content Too Large";
	case HTTP_URI_TOO_LONG:
		return "URI Too Long";
	case HTTP_MISDIRECTED:
		return "Misdirected Request";
	case HTTP_FIELDS_TOO_LARGE:
		return "Request Header Fields Too Large";
	case HTTP_INTERNAL_ERROR:
		return "Internal Server Error";
	case HTTP_NOT_IMPLEMENTED:
		return "Not Implemented";
	case HTTP_UNAVAILABLE:
		return "Service Unavailable";
	case HTTP_VERSION_NOT_SUPPORTED:
		return "HTTP Version Not Supported";
	}
	return "Unknown";
}

/* "Date: Fri, 25 Dec 2026 09:00:00 GMT"; nothing for what has no such date. */
static void
format_date(int64_t s, char out[DATE_LINE_SIZE])
{
	char text[CLOCK_RFC5322_SIZE];
	size_t len = strlen(clock_format_rfc5322(s, text));
	size_t zone = strlen("+0000");

	out[0] = '\0';
	if (len > zone)
		snprintf(out, DATE_LINE_SIZE, "Date: %.*sGMT\r\n",
		    (int)(len - zone), text);
}

bool
http_put_head(const struct http_reply *reply, struct buf *out)
{
	char text[HTTP_REPLY_HEAD_MAX + 1], date[DATE_LINE_SIZE];
	const char *allow = "";
	int n;

	if (reply->status == HTTP_METHOD_NOT_ALLOWED)
		allow = "Allow: GET, HEAD\r\n";
	format_date(reply->now_s, date);
	n = snprintf(text, sizeof(text),
	    "HTTP/1.1 %d %s\r\n%s%s"
	    "Content-Type: %s\r\n"
	    "Content-Length: %zu\r\n"
	    "Connection: %s\r\n"
	    "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "Cross-Origin-Resource-Policy: same-origin\r\n"
	    "Content-Security-Policy: %s\r\n\r\n",
	    (int)reply->status, http_reason(reply->status), date, allow,
	    reply->type, reply->len, reply->closes ? "close" : "keep-alive",
	    reply->policy);
	return n > 0 && (size_t)n < sizeof(text) &&
	    buf_append(out, span_of(text, (size_t)n));
}
