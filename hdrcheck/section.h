/* SPDX-License-Identifier: ISC */
/*
 * section - the header section of a message, header by header
 *
 * Pure, and linear in the message's length however it comes in pieces, but for
 * what stands before a colon: that is looked at again in each call. The section
 * ends at the first empty line or the first line that is no header; an mbox
 * "From " line at the very top is passed over. Lines end with LF or CRLF.
 */
#ifndef HDRCHECK_SECTION_H
#define HDRCHECK_SECTION_H

#include "hdrcheck/base/span.h"

enum {
	/*
	 * Bytes up to the colon; a line with more before it is no header.
	 * Postfix's line_length_limit: it cuts longer lines in pieces.
	 */
	SECTION_NAME_MAX = 2048,
};

enum section_result {
	SECTION_MORE, /* more of the message is needed */
	SECTION_HEADER,
	SECTION_END, /* section.at is where the section ends */
};

/* Where in the message we are. All zero at its start. */
struct section {
	size_t at; /* the header at hand, or the section's end */
	size_t line; /* the line at hand */
	size_t seen; /* no line end between line and here */
	bool open; /* a header began at at; it may be folded */
};

/*
 * Finds the next header. message is what is known of it from its first byte
 * on, the same bytes or more in each call; whole says that this is all. The
 * header is as it stands there, folded or not, without its last line end; it
 * borrows from message.
 */
enum section_result section_next(
    struct section *s, struct span message, bool whole, struct span *header);

#endif
