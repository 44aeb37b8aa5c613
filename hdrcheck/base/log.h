/* SPDX-License-Identifier: ISC */
/*
 * log - one line about what happened, to syslog or standard error
 *
 * The text of a line is bounded (LOG_LINE_MAX) and made printable: whatever
 * bytes strangers sent arrive in the log as '?', so nobody can forge a line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "hdrcheck/base/span.h"

enum {
	LOG_LINE_MAX = 1024, /* bytes, with the terminating NUL */
	LOG_TEXT_MAX = 256, /* bytes of a stranger's text, with the NUL */
};

struct log {
	const char *ident; /* for example "deliver-at/hdrcheck" */
	bool to_stderr;
	bool starting; /* who started us should see it, too */
};

/*
 * Opens the log: standard error when force_stderr or when it is a terminal,
 * else syslog with facility mail, and until log_started() standard error too.
 * ident is borrowed for the process's life.
 */
void log_open(struct log *log, const char *ident, bool force_stderr);

/* The start is over: from now on only the log is written to. */
void log_started(struct log *log);

void log_info(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "warning: ..." with the text of errno behind it. */
void log_warn(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "warning: ..." without errno. */
void log_warnx(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "error: ..."; for what makes a program end. */
void log_error(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Copies a stranger's text for use with %s: cut to LOG_TEXT_MAX - 1 bytes,
 * bytes outside printable ASCII become '?'. Returns out.
 */
const char *log_printable(struct span text, char out[LOG_TEXT_MAX]);

#endif
