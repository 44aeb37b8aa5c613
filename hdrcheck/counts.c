/* SPDX-License-Identifier: ISC */
#include "hdrcheck/counts.h"

#include <inttypes.h>
#include <stdio.h>

#include "hdrcheck/netstring.h"

const char *const counts_name[COUNT_KINDS] = {
    [COUNT_LOOKUPS] = "lookups",
    [COUNT_HOLD] = "hold",
    [COUNT_DUNNO] = "dunno",
    [COUNT_REJECT] = "reject",
    [COUNT_NOTFOUND] = "notfound",
    [COUNT_MALFORMED] = "malformed",
    [COUNT_CONNECTIONS] = "connections",
    [COUNT_OPEN] = "open",
};

size_t
counts_format(const struct lookup_counts *counts, char out[COUNTS_TEXT_SIZE])
{
	size_t len = 0;

	for (int i = 0; i < COUNT_KINDS; i++)
		len += (size_t)snprintf(out + len, COUNTS_TEXT_SIZE - len,
		    "%s%s=%" PRIu64, i > 0 ? " " : "", counts_name[i],
		    counts->n[i]);
	return len;
}

static bool
take_count(struct span word, struct lookup_counts *counts)
{
	struct span name;

	if (!span_cut(&word, '=', &name))
		return false;
	for (int i = 0; i < COUNT_KINDS; i++)
		if (span_equal_str(name, counts_name[i]))
			return span_to_u64(word, INT64_MAX, &counts->n[i]);
	return true;
}

enum counts_result
counts_read(struct span in, struct lookup_counts *counts, size_t *used)
{
	struct span body, word;

	switch (netstring_decode(in, COUNTS_REPLY_MAX, &body, used)) {
	case NETSTRING_MORE:
		return COUNTS_MORE;
	case NETSTRING_BAD:
		return COUNTS_WRONG;
	case NETSTRING_DONE:
		break;
	}
	memset(counts, 0, sizeof(*counts));
	if (!span_next_word(&body, &word) || !span_equal_str(word, "OK"))
		return COUNTS_WRONG;
	while (span_next_word(&body, &word))
		if (!take_count(word, counts))
			return COUNTS_WRONG;
	return COUNTS_DONE;
}
