/* SPDX-License-Identifier: ISC */
/*
 * sieve - which conditions cannot match, at a glance
 *
 * A condition has bits, and so has what a request says of its attribute: if
 * they share none, it does not match. Most of the conditions that do not are
 * told so, for next to nothing; the others must be asked. Pure.
 */
#ifndef POLICYD_SIEVE_H
#define POLICYD_SIEVE_H

#include "policyd/condition.h"

/* Of a condition that may match anything. */
#define SIEVE_OPEN UINT64_MAX

/* Never 0. */
uint64_t sieve_of_condition(const struct condition *c);

/*
 * Of an attribute's value, for its conditions; kind is condition_kind_of() its
 * name. Never 0.
 */
uint64_t sieve_of_value(enum condition_kind kind, struct span text);

#endif
