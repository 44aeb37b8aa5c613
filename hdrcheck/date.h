/* SPDX-License-Identifier: ISC */
/*
 * date - the body of an X-Deliver-At header, read as a moment
 *
 * Pure. Reads RFC 5322 date-time (section 3.3) with comments, folding,
 * optional day name and seconds, and its obsolete zones and years (4.3), and
 * RFC 3339 date-time (section 5.6) with T or t and Z or z; comments and blanks
 * may stand before and behind both. Second 60 is the next second. A fraction
 * counts as the whole second after it.
 *
 * Beside that "never", which only rules write and only with their name in a
 * comment: "never (rule NAME)".
 */
#ifndef HDRCHECK_DATE_H
#define HDRCHECK_DATE_H

#include "hdrcheck/base/span.h"

enum { DATE_RULE_MAX = 64 /* bytes of a rule's name */ };

/* Anything but DATE_OK has a reason for people: date_reason(). */
enum date_error {
	DATE_OK,
	DATE_EMPTY,
	DATE_NOT_A_DATE,
	DATE_NO_ZONE,
	DATE_UNKNOWN_ZONE,
	DATE_MILITARY_ZONE,
	DATE_NO_SUCH_ZONE,
	DATE_UNKNOWN_DAY_NAME,
	DATE_WRONG_DAY_NAME,
	DATE_UNKNOWN_MONTH,
	DATE_NO_SUCH_DATE,
	DATE_NO_TIME,
	DATE_NOT_A_TIME,
	DATE_NO_SUCH_TIME,
	DATE_NO_SECONDS,
	DATE_BLANK_FOR_T,
	DATE_JUNK_BEHIND,
	DATE_BARE_NUMBER,
	DATE_RELATIVE,
	DATE_OPEN_COMMENT,
	DATE_NEVER_ALONE,
	DATE_ERRORS, /* how many there are */
};

struct date {
	bool never; /* no moment at all, until the rule is gone */
	int64_t moment_s; /* seconds since 1970, rounded up; 0 for never */
	struct span rule; /* NAME of the first comment (rule NAME), else empty;
			     borrowed from the text */
};

/* Reads a header body. *date is set on DATE_OK only. Any bytes will do. */
enum date_error date_parse(struct span text, struct date *date);

/* Why not, in a few words, without the sender's bytes. A constant. */
const char *date_reason(enum date_error error);

/* True for [A-Za-z0-9_.-]{1,DATE_RULE_MAX}: what a rule may be called. */
bool date_is_rule_name(struct span name);

#endif
