/* SPDX-License-Identifier: ISC */
/*
 * verdict - what hdrcheck answers for one header line (DESIGN section 4)
 *
 * Pure: line, time and settings in, struct out.
 */
#ifndef HDRCHECK_VERDICT_H
#define HDRCHECK_VERDICT_H

#include "hdrcheck/base/clock.h"
#include "hdrcheck/date.h"
#include "hdrcheck/settings.h"

enum {
	VERDICT_TEXT_SIZE = 256, /* of an action, with its NUL */
};

enum verdict_kind {
	VERDICT_NOTFOUND, /* not one of header_names */
	VERDICT_DUNNO, /* due */
	VERDICT_HOLD,
	VERDICT_REJECT,
	VERDICT_KINDS, /* how many there are */
};

struct verdict {
	enum verdict_kind kind;
	struct date date; /* for DUNNO, HOLD, and REJECT of a far date */
	enum date_error error; /* for REJECT; DATE_OK: too far ahead */
	const char *name; /* of the header, as configured; borrowed from
			     the settings; NULL for NOTFOUND */
};

/* Judges one header line; the verdict borrows from line and settings. */
struct verdict verdict_of(
    struct span line, int64_t now_ns, const struct settings *settings);

/*
 * Writes the verdict as an action of header_checks(5): "HOLD until ...",
 * "DUNNO", "REJECT ...", and "" for NOTFOUND. Printable ASCII, never the
 * sender's bytes. Returns the length.
 */
size_t verdict_format(const struct verdict *verdict,
    const struct settings *settings, char out[VERDICT_TEXT_SIZE]);

#endif
