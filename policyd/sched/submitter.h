/* SPDX-License-Identifier: ISC */
/*
 * submitter - whose message it is, as a number
 *
 * A message belongs to the SASL login that submitted it or, without one, to
 * its envelope sender. A login is never taken for a sender, and the other way
 * round. Texts may be of any length and have any bytes. Pure.
 *
 * Whoever compares the sender of an SMTP session with one of a queue file
 * should know that cleanup(8) may have rewritten it in between.
 */
#ifndef SCHED_SUBMITTER_H
#define SCHED_SUBMITTER_H

#include "hdrcheck/base/hash.h"

/* A login is as it is: case counts. */
uint64_t submitter_of_login(const struct hash_key *key, struct span login);

/* ASCII letters are compared without regard to case; empty: bounces. */
uint64_t submitter_of_sender(const struct hash_key *key, struct span sender);

#endif
