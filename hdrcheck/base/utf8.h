/* SPDX-License-Identifier: ISC */
/*
 * utf8 - which bytes are a character (RFC 3629)
 *
 * Pure.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "hdrcheck/base/span.h"

/*
 * Bytes of the UTF-8 character at the front of s, which is not empty; 0 when
 * there is none.
 */
size_t utf8_len(struct span s);

/*
 * Whether the character at the front of s, which has one, is a control
 * character, those of ISO 6429 above 7F too, ends a line, or turns the
 * direction of writing: no terminal is to obey them.
 */
bool utf8_is_control(struct span s);

/*
 * Copies s and a NUL to out, of size > 0 bytes: cut behind a whole character
 * where it does not fit; control characters and what is no UTF-8 become '?'.
 * Returns the length.
 */
size_t utf8_printable(struct span s, char *out, size_t size);

#endif
