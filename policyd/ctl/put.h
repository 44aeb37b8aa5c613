/* SPDX-License-Identifier: ISC */
/*
 * put - our own words, appended to a buffer
 *
 * Pure. For strangers' texts there is text_put().
 */
#ifndef CTL_PUT_H
#define CTL_PUT_H

#include "hdrcheck/base/buf.h"

enum { PUT_MAX = 2000 /* bytes of one call; what is more is cut */ };

/* Appends as printf(3) does. False: no room. */
bool put_format(struct buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool put_string(struct buf *out, const char *text);
bool put_blanks(struct buf *out, int n);

/* "1 message", "12 messages". False: no room. */
bool put_count(struct buf *out, uint64_t n, const char *noun);

#endif
