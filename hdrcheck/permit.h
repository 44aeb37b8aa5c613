/* SPDX-License-Identifier: ISC */
/*
 * permit - who may postpone mail: the setting permit_postpone
 *
 * Pure.
 */
#ifndef HDRCHECK_PERMIT_H
#define HDRCHECK_PERMIT_H

#include "hdrcheck/base/cidr.h"

enum { PERMIT_NETS_MAX = 64 };

struct permit {
	bool any;
	bool authenticated;
	bool local;
	struct cidr nets[PERMIT_NETS_MAX];
	size_t n_nets;
};

/* What is known of a submitter. */
struct permit_submitter {
	bool authenticated; /* logged in by SASL */
	bool local; /* came by sendmail(1), not over a network */
	struct span address; /* of the client; empty: none */
};

/*
 * Reads "any", or a list of "authenticated", "local", addresses and networks.
 * Returns NULL, or what is wrong (a constant).
 */
const char *permit_parse(struct span text, struct permit *permit);

bool permit_allows(
    const struct permit *permit, const struct permit_submitter *who);

#endif
