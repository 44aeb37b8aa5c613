/* SPDX-License-Identifier: ISC */
/*
 * http_support - requests, decoded from blocks of their own size
 */
#ifndef UNIT_HTTP_SUPPORT_H
#define UNIT_HTTP_SUPPORT_H

#include <string.h>

#include "tests/unit/support.h"

#include "policyd/web/http.h"

/* What begins a request; LONG is 32 bytes, as many as a method may have. */
#define GET  "GET / HTTP/1.1\r\nHost: a\r\n"
#define OLD  "GET / HTTP/1.0\r\n"
#define LONG "abcdefghijklmnopqrstuvwxyzabcdef"

/* Decodes bytes from a block of their own size. */
static inline enum http_result
decode(struct span bytes, struct http_request *request, size_t *used)
{
	struct span block = exact_copy(bytes);
	enum http_result result;

	*used = SIZE_MAX;
	result = http_decode(block, request, used);
	if (result == HTTP_DONE) {
		check_bool("the path is borrowed or a constant",
		    span_starts_with(request->path, "/"), true);
		check_bool("not all was used", *used <= bytes.len, true);
	} else {
		check_int("nothing was used", (int64_t)*used, 0);
	}
	exact_free(block);
	return result;
}

static inline void
check_more(const char *row, struct span bytes)
{
	struct http_request request;
	size_t used;

	check_int(row, decode(bytes, &request, &used), HTTP_MORE);
}

static inline void
check_wrong(const char *row, struct span bytes, enum http_status status)
{
	struct http_request request;
	size_t used;

	check_int(row, decode(bytes, &request, &used), HTTP_WRONG);
	check_int(row, request.wrong, status);
	check_bool(row, request.stays, false);
}

#endif
