/* SPDX-License-Identifier: ISC */
/*
 * paths [NAME COUNT] - runs a hot path so often, or tells the names of all,
 * each with that of the function that is to be measured
 */
#include "tests/bench/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct {
	const char *name;
	const char *measured;
	void (*run)(size_t count);
} paths[] = {
    {"lookup_socketmap", "measure_requests", path_lookup_socketmap},
    {"lookup_tcp_table", "measure_requests", path_lookup_tcp_table},
    {"policy_10_rules", "measure_requests", path_policy_10_rules},
    {"policy_1000_rules", "measure_requests", path_policy_1000_rules},
    {"listed_line", "measure_listing", path_listed_line},
    {"arrival", "measure_news", path_arrival},
    {"read_message", "measure_headers", path_read_message},
    {"release", "measure_releases", path_release},
};

enum { PATHS = sizeof(paths) / sizeof(paths[0]) };

void
paths_need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "paths: %s\n", what);
	exit(EXIT_FAILURE);
}

void
paths_settings(struct settings *settings, const char *text)
{
	char error[CONF_ERROR_SIZE];

	paths_need(settings_parse(settings, span_str(text), "settings", error),
	    "settings are refused");
}

int
main(int argc, char **argv)
{
	uint64_t count;

	for (size_t i = 0; i < PATHS; i++) {
		if (argc == 1)
			printf("%s %s\n", paths[i].name, paths[i].measured);
		else if (argc == 3 && strcmp(paths[i].name, argv[1]) == 0 &&
		    span_to_u64(span_str(argv[2]), PATHS_COUNT_MAX, &count)) {
			paths[i].run((size_t)count);
			return EX_OK;
		}
	}
	if (argc == 1)
		return EX_OK;
	fputs("usage: paths [NAME COUNT]\n", stderr);
	return EX_USAGE;
}
