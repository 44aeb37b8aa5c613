/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/put.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

bool
put_format(struct buf *out, const char *format, ...)
{
	char text[PUT_MAX + 1];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return n >= 0 && buf_append(out, span_str(text));
}

bool
put_string(struct buf *out, const char *text)
{
	return buf_append(out, span_str(text));
}

bool
put_blanks(struct buf *out, int n)
{
	while (n-- > 0)
		if (!put_string(out, " "))
			return false;
	return true;
}

bool
put_count(struct buf *out, uint64_t n, const char *noun)
{
	return put_format(out, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
}
