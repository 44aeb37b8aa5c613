/* SPDX-License-Identifier: ISC */
/*
 * json - objects of JSON, written and their strings read (RFC 8259)
 *
 * The writer appends to a buffer; when that is full, the object is cut, and
 * json_close() tells. Strings may be of any bytes: what is no UTF-8 becomes
 * U+FFFD, so that the result always is. Pure.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "hdrcheck/base/buf.h"

struct json {
	struct buf *out;
	bool comma; /* something stands before */
	bool full; /* something did not fit */
};

/* Begins an object; out is borrowed until its end. */
void json_open(struct json *j, struct buf *out);

/* Ends it, without a line end. False: it did not fit, and is cut. */
bool json_close(struct json *j);

/* A member; name is one that needs no escapes. */
void json_string(struct json *j, const char *name, struct span value);
void json_int(struct json *j, const char *name, int64_t value);
void json_bool(struct json *j, const char *name, bool value);
void json_null(struct json *j, const char *name);

/* Seconds since 1970 as a string, RFC 3339 in UTC. */
void json_utc(struct json *j, const char *name, int64_t s);

/* Nanoseconds as a number of seconds, with three digits behind the point. */
void json_seconds(struct json *j, const char *name, int64_t ns);

/* The string, or null when it is empty. */
void json_string_or_null(struct json *j, const char *name, struct span value);

/* What stands up to the next json_end() is inside of this member. */
void json_begin_object(struct json *j, const char *name);
void json_begin_array(struct json *j, const char *name);
void json_end_object(struct json *j);
void json_end_array(struct json *j);

/* An element of an array. */
void json_element(struct json *j, struct span value);

/*
 * Appends what the inside of a raw string means (see ndjson_string()): escapes
 * are undone, also pairs of surrogates; all else is copied as it is, be it
 * UTF-8 or not. False: no JSON, or no room; out is unchanged then.
 */
bool json_unescape(struct span inside, struct buf *out);

#endif
