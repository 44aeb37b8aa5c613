/* SPDX-License-Identifier: ISC */
#include "policyd/rule_zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool
fail(const char *name, const char *why, char error[RULE_ZONE_ERROR_SIZE])
{
	if (name[0] == '\0')
		snprintf(error, RULE_ZONE_ERROR_SIZE,
		    "the zone of this machine cannot be used (%s): name one "
		    "with tz=, from Debian's package tzdata",
		    why);
	else
		snprintf(error, RULE_ZONE_ERROR_SIZE,
		    "tz=%s: %s; zones come from Debian's package tzdata", name,
		    why);
	return false;
}

static bool
load_zone(struct rules_zone *zone, const struct source *source,
    struct span name, char error[RULE_ZONE_ERROR_SIZE])
{
	const char *wrong;
	size_t len;
	char *file;

	span_to_string(name, zone->name, sizeof(zone->name));
	file = source->load(source->ctx, SOURCE_ZONE, zone->name, &len);
	if (file == NULL)
		return fail(zone->name,
		    errno == ENOENT ? "there is no such zone" : strerror(errno),
		    error);
	wrong = zone_parse(span_of(file, len), &zone->zone);
	free(file);
	return wrong == NULL || fail(zone->name, wrong, error);
}

bool
rule_zone_find(struct rules *rules, const struct source *source,
    struct span name, size_t *place, char error[RULE_ZONE_ERROR_SIZE])
{
	struct rules_zone *moved;

	for (size_t i = 0; i < rules->n_zones; i++) {
		*place = i;
		if (span_equal_str(name, rules->zone[i].name))
			return true;
	}
	moved =
	    realloc(rules->zone, (rules->n_zones + 1) * sizeof(*rules->zone));
	if (moved == NULL) {
		snprintf(error, RULE_ZONE_ERROR_SIZE, "not enough memory");
		return false;
	}
	rules->zone = moved;
	if (!load_zone(&moved[rules->n_zones], source, name, error))
		return false;
	*place = rules->n_zones++;
	return true;
}
