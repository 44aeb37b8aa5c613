/* SPDX-License-Identifier: ISC */
/*
 * conf - files of "name = value" lines, read by a table
 *
 * "#" starts a comment line; blank lines are passed over; a name may be set
 * once. The text is a file of the administrator, read whole by conf_load().
 * Parsing is pure.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "hdrcheck/base/span.h"

enum {
	CONF_FILE_MAX = 4 * 1024 * 1024, /* bytes */
	CONF_ERROR_SIZE = 512,
	CONF_SETTINGS_MAX = 64, /* entries in a table */
};

struct conf_setting;

/*
 * Reads a value into field. Returns NULL, or what is wrong or would be right
 * (a constant).
 */
typedef const char *conf_parse_fn(
    const struct conf_setting *setting, struct span value, void *field);

struct conf_setting {
	const char *name;
	const char *preset; /* the default, in the words of the file */
	conf_parse_fn *parse;
	size_t offset; /* of the field in the settings */
	int64_t min; /* range, or size of the field, as parse needs it */
	int64_t max;
};

/* Sets all presets. They are part of the program: a bad one is our bug. */
void conf_preset(
    const struct conf_setting *table, size_t n_settings, void *settings);

/*
 * Reads text over settings that were preset. True; or false with
 * "FILE:LINE: what" in error, when settings may be half changed.
 */
bool conf_parse(const struct conf_setting *table, size_t n_settings,
    struct span text, const char *file, void *settings,
    char error[CONF_ERROR_SIZE]);

/*
 * Reads the file open at fd whole into memory that the caller frees. NULL:
 * errno (EFBIG beyond CONF_FILE_MAX, EINVAL with a NUL byte inside).
 */
char *conf_load(int fd, size_t *len);

/* The words for an errno of conf_load(). */
const char *conf_load_reason(int error);

/* The same with another maximum, and whatever bytes there are. */
char *conf_load_bytes(int fd, size_t max, size_t *len);

/* Parsers for common kinds of field. */

/* int64_t of seconds in min..max, written as 1d2h30m. */
conf_parse_fn conf_parse_seconds;

/* int64_t in min..max. */
conf_parse_fn conf_parse_number;

/* char[max] with a non-empty string. */
conf_parse_fn conf_parse_string;

/*
 * char[max] with an absolute path; the value (none), or nothing, means empty,
 * which min = 1 forbids.
 */
conf_parse_fn conf_parse_path;

/* struct sock_address; the value (none) or (off), or nothing: len 0. */
conf_parse_fn conf_parse_listener;

/* mode_t from octal digits. */
conf_parse_fn conf_parse_mode;

#endif
