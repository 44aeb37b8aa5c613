/* SPDX-License-Identifier: ISC */
#include "policyd/look.h"

#include <stdio.h>
#include <stdlib.h>

void
look_count(struct look *look, struct span rule)
{
	struct look_rule *grown;
	size_t i = 0;

	while (i < look->n && !span_equal_str(rule, look->rule[i].name))
		i++;
	if (i == LOOK_RULES_MAX)
		return;
	if (i == look->n) {
		grown = realloc(look->rule, (i + 1) * sizeof(*grown));
		if (grown == NULL)
			return;
		look->rule = grown;
		grown[i].messages = 0;
		span_to_string(rule, grown[i].name, LOOK_NAME_SIZE);
		look->n++;
	}
	look->rule[i].messages++;
}

void
look_print(const struct look *look)
{
	char line[LOOK_LINE_SIZE];

	for (size_t i = 0; i < look->n; i++)
		puts(look_format(span_str(look->rule[i].name),
		    look->rule[i].messages, line));
}

void
look_free(struct look *look)
{
	free(look->rule);
	look->rule = NULL;
	look->n = 0;
}

const char *
look_format(struct span rule, uint64_t messages, char out[LOOK_LINE_SIZE])
{
	snprintf(out, LOOK_LINE_SIZE,
	    "rule %.*s gone: %llu message%s will be released", (int)rule.len,
	    rule.data, (unsigned long long)messages, messages == 1 ? "" : "s");
	return out;
}
