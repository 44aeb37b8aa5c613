/* SPDX-License-Identifier: ISC */
#include "hdrcheck/permit.h"

#include <string.h>

static const char *
parse_item(struct span item, struct permit *permit)
{
	if (span_equal_str(item, "any"))
		permit->any = true;
	else if (span_equal_str(item, "authenticated"))
		permit->authenticated = true;
	else if (span_equal_str(item, "local"))
		permit->local = true;
	else if (permit->n_nets == PERMIT_NETS_MAX)
		return "more than 64 addresses and networks";
	else if (cidr_parse(item, &permit->nets[permit->n_nets++]) != NULL)
		return "a list of authenticated, local, addresses and "
		       "networks, or any";
	return NULL;
}

const char *
permit_parse(struct span text, struct permit *permit)
{
	struct span item;
	size_t n = 0;

	memset(permit, 0, sizeof(*permit));
	while (span_next_item(&text, &item)) {
		const char *wrong = parse_item(item, permit);

		if (wrong != NULL)
			return wrong;
		n++;
	}
	if (n == 0)
		return "needs a value, for example any";
	if (permit->any && n > 1)
		return "any stands alone";
	return NULL;
}

bool
permit_allows(const struct permit *permit, const struct permit_submitter *who)
{
	if (permit->any || (permit->authenticated && who->authenticated) ||
	    (permit->local && who->local))
		return true;
	for (size_t i = 0; i < permit->n_nets; i++)
		if (cidr_contains(&permit->nets[i], who->address))
			return true;
	return false;
}
