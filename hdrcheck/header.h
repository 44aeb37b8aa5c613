/* SPDX-License-Identifier: ISC */
/*
 * header - one header line: its name, its body, lists of names
 *
 * Pure. A line is a whole header, folded or not (RFC 5322, 2.2), without its
 * last line end.
 */
#ifndef HDRCHECK_HEADER_H
#define HDRCHECK_HEADER_H

#include "hdrcheck/base/span.h"

enum {
	HEADER_NAME_SIZE = 64, /* bytes of a configured name, with the NUL */
	HEADER_NAMES_MAX = 16, /* names in a list */
};

struct header_names {
	char name[HEADER_NAMES_MAX][HEADER_NAME_SIZE];
	size_t n;
};

/*
 * Splits "Name: body" or "Name : body" (obsolete syntax). False when there is
 * no colon or no name. The spans borrow from line; the body is untrimmed.
 */
bool header_split(struct span line, struct span *name, struct span *body);

/*
 * The same for header_find(), which has a look at each byte anyway: the name
 * may be none.
 */
bool header_cut(struct span line, struct span *name, struct span *body);

/* The place of name in the list, case-insensitive, or -1. */
int header_find(const struct header_names *names, struct span name);

/* True for printable ASCII without colon and blanks (RFC 5322, 3.6.8). */
bool header_is_name(struct span name);
bool header_is_name_char(char c);

#endif
