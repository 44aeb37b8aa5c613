/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

void
log_open(struct log *log, const char *ident, bool force_stderr)
{
	log->ident = ident;
	log->to_stderr = force_stderr || isatty(STDERR_FILENO);
	log->starting = true;
	if (!log->to_stderr)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
log_started(struct log *log)
{
	log->starting = false;
}

static char
printable(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

const char *
log_printable(struct span text, char out[LOG_TEXT_MAX])
{
	size_t n = text.len < LOG_TEXT_MAX ? text.len : LOG_TEXT_MAX - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = printable(text.data[i]);
	out[n] = '\0';
	return out;
}

__attribute__((format(printf, 5, 0))) static void
emit(const struct log *log, int priority, const char *label, const char *tail,
    const char *format, va_list ap)
{
	char line[LOG_LINE_MAX];

	vsnprintf(line, sizeof(line), format, ap);
	for (char *p = line; *p != '\0'; p++)
		*p = printable(*p);
	if (log->to_stderr || log->starting)
		dprintf(STDERR_FILENO, "%s[%ld]: %s%s%s\n", log->ident,
		    (long)getpid(), label, line, tail);
	if (!log->to_stderr)
		syslog(priority, "%s%s%s", label, line, tail);
}

void
log_info(const struct log *log, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	emit(log, LOG_INFO, "", "", format, ap);
	va_end(ap);
}

void
log_warn(const struct log *log, const char *format, ...)
{
	char tail[LOG_TEXT_MAX];
	va_list ap;

	snprintf(tail, sizeof(tail), ": %s", strerror(errno));
	va_start(ap, format);
	emit(log, LOG_WARNING, "warning: ", tail, format, ap);
	va_end(ap);
}

void
log_warnx(const struct log *log, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	emit(log, LOG_WARNING, "warning: ", "", format, ap);
	va_end(ap);
}

void
log_error(const struct log *log, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	emit(log, LOG_ERR, "error: ", "", format, ap);
	va_end(ap);
}
