/* SPDX-License-Identifier: ISC */
/*
 * condition_private - how the items of a condition are read; for condition
 * only
 */
#ifndef POLICYD_CONDITION_PRIVATE_H
#define POLICYD_CONDITION_PRIVATE_H

#include "policyd/condition.h"

/*
 * Adds an item to a condition by its kind. NULL, or what is wrong with the
 * item (a constant).
 */
const char *condition_add_item(
    struct condition *c, const struct hash_key *hash_key, struct span item);

/* When all are added: brings the networks in order. */
void condition_end_items(struct condition *c);

#endif
