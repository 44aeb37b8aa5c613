/* SPDX-License-Identifier: ISC */
/*
 * filter - a message from one descriptor to another, if it may leave
 *
 * For delivery agents and pipes: hdrcheck -t. Only the primary headers count.
 */
#ifndef HDRCHECK_FILTER_H
#define HDRCHECK_FILTER_H

#include "hdrcheck/settings.h"

enum {
	FILTER_SECTION_MAX = 64 * 1024 * 1024, /* bytes of a header section */
};

/*
 * Reads a message from in to its end and, if all its dates are due at now_ns,
 * copies it to out, byte for byte. Else nothing is written to out, and the
 * verdict to standard error. Both descriptors stay open and the caller's.
 *
 * EX_OK: copied. EX_TEMPFAIL (75): postponed. EX_DATAERR (65): a date that
 * cannot be honoured, or a header section of more than FILTER_SECTION_MAX.
 * EX_OSERR (71): it could not be read, written, or held in memory; what went
 * wrong is told, and out may have a part of it. Not EX_IOERR: Postfix's pipe(8)
 * returns mail for that.
 */
int filter_run(
    int in, int out, int64_t now_ns, const struct settings *settings);

#endif
