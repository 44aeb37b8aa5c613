/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"

#define PATIENCE_NS (500 * CLOCK_NS_PER_MS) /* before the first line */
#define BETWEEN_NS  (100 * CLOCK_NS_PER_MS)

void
progress_tell(struct progress *p, const char *what, uint64_t done, uint64_t all)
{
	int64_t now_ns = clock_mono_ns();

	if (p->began_ns == 0)
		p->began_ns = now_ns;
	if (now_ns - p->began_ns < PATIENCE_NS ||
	    now_ns - p->shown_ns < BETWEEN_NS || isatty(STDERR_FILENO) != 1)
		return;
	fprintf(stderr, "\r%s %llu of %llu", what, (unsigned long long)done,
	    (unsigned long long)all);
	fflush(stderr);
	p->shown_ns = now_ns;
	p->shown = true;
}

void
progress_clear(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}
