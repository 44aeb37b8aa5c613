/* SPDX-License-Identifier: ISC */
/*
 * reply - a decision in the words of Postfix's policy delegation
 *
 * Pure.
 */
#ifndef POLICYD_REPLY_H
#define POLICYD_REPLY_H

#include "policyd/decide.h"

enum { REPLY_SIZE = 512 /* bytes of a reply, with its NUL */ };

/*
 * Writes "action=...", without line ends; header is the name of the header to
 * prepend. Returns out. The request's own bytes are never in it.
 */
const char *reply_format(
    const struct decision *decision, const char *header, char out[REPLY_SIZE]);

#endif
