/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "policyd/rule_file.h"

bool
local_load(struct zone *local)
{
	size_t len;
	char *file = rule_file_source.load(NULL, SOURCE_ZONE, "", &len);
	const char *wrong = NULL;

	memset(local, 0, sizeof(*local));
	if (file != NULL) {
		wrong = zone_parse(span_of(file, len), local);
		free(file);
	} else if (errno != ENOENT) {
		wrong = strerror(errno);
	}
	if (wrong != NULL)
		fprintf(stderr, "policyctl: /etc/localtime: %s\n", wrong);
	return wrong == NULL;
}
