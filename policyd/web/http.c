/* SPDX-License-Identifier: ISC */
#include "policyd/web/http.h"

#include <string.h>

enum {
	METHOD_MAX = 32, /* bytes; all that are registered are shorter */
	PORT_MAX = 65535,
};

/* A request as far as it was read. */
struct reader {
	struct span rest; /* that was not */
	struct http_request *request;
	bool is_1_0;
	bool closes; /* Connection: close */
	bool keeps; /* Connection: keep-alive */
	bool has_length; /* Content-Length */
	bool has_body; /* that is not 0 */
	bool is_coded; /* Transfer-Encoding */
	size_t hosts;
	size_t fields;
};

/*
 * Takes a part off the rest. HTTP_DONE: it was read, and the next one may be.
 * What is wrong is said of the first bytes that are, whatever follows: so a
 * peer that speaks something else is not waited for.
 */
typedef enum http_result part_fn(struct reader *r);

static enum http_result
wrong(struct reader *r, enum http_status status)
{
	r->request->wrong = status;
	return HTTP_WRONG;
}

/* RFC 9110, 5.6.2: tchar. */
static bool
is_token(char c)
{
	return ascii_is_alnum(c) ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Printable, and what no target has: clients keep a fragment to themselves. */
static bool
is_target(char c)
{
	return c > ' ' && c <= '~' && c != '#';
}

/* RFC 9110, 5.5: what a value may hold, with the blanks around it. */
static bool
is_value(char c)
{
	return c == '\t' || (unsigned char)c >= 0x80 || (c >= ' ' && c <= '~');
}

/* How many bytes at the front of s are such ones. */
static size_t
run_of(struct span s, bool (*is_one)(char c))
{
	size_t n = 0;

	while (n < s.len && is_one(s.data[n]))
		n++;
	return n;
}

/* A lone CR or LF is no end: not all who read along would agree. */
static enum http_result
take_line_end(struct reader *r)
{
	static const char end[] = {'\r', '\n'};

	for (size_t i = 0; i < sizeof(end); i++) {
		if (r->rest.len == i)
			return HTTP_MORE;
		if (r->rest.data[i] != end[i])
			return wrong(r, HTTP_BAD_REQUEST);
	}
	r->rest = span_skip(r->rest, sizeof(end));
	return HTTP_DONE;
}

/* Some old clients end a request with one that does not belong to it. */
static enum http_result
take_empty_line(struct reader *r)
{
	return span_starts_with(r->rest, "\r") ? take_line_end(r) : HTTP_DONE;
}

static enum http_result
take_method(struct reader *r)
{
	static const char *const others[] = {
	    "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH"};
	size_t n = run_of(r->rest, is_token);
	struct span method = span_head(r->rest, n);

	if (n > METHOD_MAX)
		return wrong(r, HTTP_NOT_IMPLEMENTED);
	if (n == r->rest.len)
		return HTTP_MORE;
	if (n == 0 || r->rest.data[n] != ' ')
		return wrong(r, HTTP_BAD_REQUEST);
	r->rest = span_skip(r->rest, n + 1);
	r->request->head = span_equal_str(method, "HEAD");
	if (r->request->head || span_equal_str(method, "GET"))
		return HTTP_DONE;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (span_equal_str(method, others[i]))
			return wrong(r, HTTP_METHOD_NOT_ALLOWED);
	return wrong(r, HTTP_NOT_IMPLEMENTED);
}

/* Of a name or an IPv4 address; RFC 3986, 3.2.2. */
static bool
is_in_name(char c)
{
	return ascii_is_alnum(c) ||
	    (c != '\0' && strchr("-._~%!$&'()*+,;=", c) != NULL);
}

/* Of what stands in brackets. */
static bool
is_in_brackets(char c)
{
	return is_in_name(c) || c == ':';
}

/* A host, and perhaps a port; without a user. */
static bool
is_authority(struct span s)
{
	bool brackets = span_starts_with(s, "[");
	struct span rest = brackets ? span_skip(s, 1) : s;
	size_t n = run_of(rest, brackets ? is_in_brackets : is_in_name);
	uint64_t port;

	if (n == 0)
		return false;
	rest = span_skip(rest, n);
	if (brackets) {
		if (!span_starts_with(rest, "]"))
			return false;
		rest = span_skip(rest, 1);
	}
	if (rest.len == 0)
		return true;
	return rest.data[0] == ':' &&
	    (rest.len == 1 || span_to_u64(span_skip(rest, 1), PORT_MAX, &port));
}

static bool
is_before_path(char c)
{
	return c != '/' && c != '?';
}

/* Takes "http://host" off a target as proxies get it. False: it has none. */
static bool
take_origin(struct span *target)
{
	static const struct span scheme = SPAN("http://");
	struct span rest;
	size_t n;

	if (target->len < scheme.len ||
	    !span_equal_nocase(span_head(*target, scheme.len), scheme))
		return false;
	rest = span_skip(*target, scheme.len);
	n = run_of(rest, is_before_path);
	*target = span_skip(rest, n);
	return is_authority(span_head(rest, n));
}

static bool
is_before_query(char c)
{
	return c != '?';
}

static enum http_result
take_target(struct reader *r)
{
	size_t n = run_of(r->rest, is_target);
	struct span target = span_head(r->rest, n);

	if (n > HTTP_TARGET_MAX)
		return wrong(r, HTTP_URI_TOO_LONG);
	if (n == r->rest.len)
		return HTTP_MORE;
	if (r->rest.data[n] != ' ')
		return wrong(r, HTTP_BAD_REQUEST);
	r->rest = span_skip(r->rest, n + 1);
	if (!span_starts_with(target, "/") && !take_origin(&target))
		return wrong(r, HTTP_BAD_REQUEST);
	r->request->path = span_head(target, run_of(target, is_before_query));
	if (r->request->path.len == 0)
		r->request->path = span_str("/");
	return HTTP_DONE;
}

static enum http_result
take_version(struct reader *r)
{
	static const char form[] = "HTTP/0.0"; /* 0 for any digit */
	size_t n = 0;

	for (; n < r->rest.len && form[n] != '\0'; n++) {
		char c = r->rest.data[n];

		if (form[n] == '0' ? !ascii_is_digit(c) : c != form[n])
			return wrong(r, HTTP_BAD_REQUEST);
	}
	if (form[n] != '\0')
		return HTTP_MORE;
	if (r->rest.data[5] != '1')
		return wrong(r, HTTP_VERSION_NOT_SUPPORTED);
	r->is_1_0 = r->rest.data[7] == '0';
	r->rest = span_skip(r->rest, n);
	return take_line_end(r);
}

/* The fields that matter. False: a value that cannot be. */

static bool
note_host(struct reader *r, struct span value)
{
	r->request->host = value;
	return r->hosts++ == 0 && (value.len == 0 || is_authority(value));
}

static bool
note_connection(struct reader *r, struct span value)
{
	static const struct span close = SPAN("close");
	static const struct span keep = SPAN("keep-alive");
	struct span option;

	while (span_next_item(&value, &option)) {
		r->closes = r->closes || span_equal_nocase(option, close);
		r->keeps = r->keeps || span_equal_nocase(option, keep);
	}
	return true;
}

static bool
note_length(struct reader *r, struct span value)
{
	if (r->has_length || value.len == 0)
		return false;
	r->has_length = true;
	for (size_t i = 0; i < value.len; i++) {
		if (!ascii_is_digit(value.data[i]))
			return false;
		r->has_body = r->has_body || value.data[i] != '0';
	}
	return true;
}

static bool
note_coding(struct reader *r, struct span value)
{
	(void)value;
	r->is_coded = true;
	return true;
}

static const struct field {
	struct span name;
	bool (*note)(struct reader *r, struct span value);
} fields[] = {
    {SPAN("host"), note_host},
    {SPAN("connection"), note_connection},
    {SPAN("content-length"), note_length},
    {SPAN("transfer-encoding"), note_coding},
};

static enum http_result
take_field(struct reader *r)
{
	size_t n = run_of(r->rest, is_token);
	struct span name = span_head(r->rest, n), value;
	enum http_result result;

	if (n == r->rest.len)
		return HTTP_MORE;
	if (n == 0 || r->rest.data[n] != ':')
		return wrong(r, HTTP_BAD_REQUEST);
	r->rest = span_skip(r->rest, n + 1);
	n = run_of(r->rest, is_value);
	value = span_trim(span_head(r->rest, n));
	r->rest = span_skip(r->rest, n);
	result = take_line_end(r);
	if (result != HTTP_DONE)
		return result;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_equal_nocase(name, fields[i].name) &&
		    !fields[i].note(r, value))
			return wrong(r, HTTP_BAD_REQUEST);
	return HTTP_DONE;
}

/* All of them, with the empty line. */
static enum http_result
take_fields(struct reader *r)
{
	enum http_result result = HTTP_DONE;

	while (result == HTTP_DONE) {
		if (r->rest.len == 0)
			return HTTP_MORE;
		if (r->rest.data[0] == '\r')
			return take_line_end(r);
		if (r->fields++ == HTTP_FIELDS_MAX)
			return wrong(r, HTTP_FIELDS_TOO_LARGE);
		result = take_field(r);
	}
	return result;
}

/* What can be said of the whole alone. */
static enum http_result
judge(struct reader *r)
{
	if (r->is_coded && (r->has_length || r->is_1_0))
		return wrong(r, HTTP_BAD_REQUEST);
	if (r->hosts == 0 && !r->is_1_0)
		return wrong(r, HTTP_BAD_REQUEST);
	if (r->is_coded)
		return wrong(r, HTTP_NOT_IMPLEMENTED);
	if (r->has_body)
		return wrong(r, HTTP_CONTENT_TOO_LARGE);
	r->request->stays = !r->closes && (r->keeps || !r->is_1_0);
	return HTTP_DONE;
}

enum http_result
http_decode(struct span in, struct http_request *request, size_t *used)
{
	static part_fn *const parts[] = {take_empty_line, take_method,
	    take_target, take_version, take_fields, judge};
	size_t len = in.len < HTTP_HEAD_MAX ? in.len : HTTP_HEAD_MAX;
	struct reader r = {.rest = span_head(in, len), .request = request};
	enum http_result result = HTTP_DONE;

	*request = (struct http_request){.path = span_str("/")};
	*used = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		result = parts[i](&r);
		if (result != HTTP_DONE)
			break;
	}
	if (result == HTTP_MORE && len == HTTP_HEAD_MAX)
		return wrong(&r, HTTP_FIELDS_TOO_LARGE);
	if (result == HTTP_DONE)
		*used = len - r.rest.len;
	return result;
}
