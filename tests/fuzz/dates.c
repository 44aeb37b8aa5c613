/* SPDX-License-Identifier: ISC */
/*
 * dates - reads header bodies from standard input and says what moment each is
 *
 * For dates.py, which compares it with another reader. Bodies are parted by NUL
 * bytes, as they may be folded. A line for each: the moment in seconds since
 * 1970, "never", or "-" and why it is none.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hdrcheck/date.h"

enum { BODY_MAX = 64 * 1024 };

static void
tell(struct span body)
{
	struct date date;
	enum date_error error = date_parse(body, &date);

	if (error != DATE_OK)
		printf("- %s\n", date_reason(error));
	else if (date.never)
		printf("never\n");
	else
		printf("%lld\n", (long long)date.moment_s);
}

int
main(void)
{
	char *body = malloc(BODY_MAX);
	size_t n = 0;
	int c;

	while (body != NULL && (c = getchar()) != EOF) {
		if (c == '\0') {
			tell(span_of(body, n));
			n = 0;
		} else if (n < BODY_MAX) {
			body[n++] = (char)c;
		}
	}
	free(body);
	return body == NULL || fflush(stdout) != 0 || n > 0;
}
