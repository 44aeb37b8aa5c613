/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/output.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

int
output_end(int exit_code)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	bool flushed = fflush(stdout) == 0;
	const char *reason = flushed ? "not all was written" : strerror(errno);

	if (flushed && !ferror(stdout))
		return exit_code;
	if (poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0)
		return exit_code;
	fprintf(stderr, "policyctl: standard output: %s\n", reason);
	return EX_IOERR;
}
