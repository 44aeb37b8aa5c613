/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "policyd/ctl/text.h"

static const struct unit {
	char letter;
	int64_t seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

enum { SECONDS = sizeof(units) / sizeof(units[0]) - 1 };

const char *
text_duration(int64_t seconds, char out[TEXT_DISTANCE_SIZE])
{
	size_t i = 0;
	int64_t rest;
	int n;

	while (i < SECONDS && seconds < units[i].seconds)
		i++;
	n = snprintf(out, TEXT_DISTANCE_SIZE, "%lld%c",
	    (long long)(seconds / units[i].seconds), units[i].letter);
	if (i == SECONDS)
		return out;
	rest = seconds % units[i].seconds / units[i + 1].seconds;
	if (rest > 0)
		snprintf(out + n, (size_t)(TEXT_DISTANCE_SIZE - n), " %lld%c",
		    (long long)rest, units[i + 1].letter);
	return out;
}

const char *
text_distance(int64_t from_s, int64_t to_s, char out[TEXT_DISTANCE_SIZE])
{
	char duration[TEXT_DISTANCE_SIZE];

	if (to_s == from_s)
		snprintf(out, TEXT_DISTANCE_SIZE, "now");
	else if (to_s > from_s)
		snprintf(out, TEXT_DISTANCE_SIZE, "in %.26s",
		    text_duration(to_s - from_s, duration));
	else
		snprintf(out, TEXT_DISTANCE_SIZE, "%.26s ago",
		    text_duration(from_s - to_s, duration));
	return out;
}
