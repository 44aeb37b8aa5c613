/* SPDX-License-Identifier: ISC */
/*
 * policyctl - deliver-at for its administrator
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/daemon.h"
#include "policyd/ctl/check.h"
#include "policyd/ctl/engine_verbs.h"
#include "policyd/ctl/events_verb.h"
#include "policyd/ctl/explain.h"
#include "policyd/ctl/list.h"
#include "policyd/ctl/release.h"
#include "policyd/ctl/remove.h"
#include "policyd/ctl/setup.h"
#include "policyd/ctl/show.h"
#include "policyd/ctl/status_verb.h"
#include "policyd/ctl/text.h"
#include "policyd/ctl/timeline.h"

/* In the order of --help. */
static const struct ctl_verb *const verbs[] = {
    &list_verb,
    &count_verb,
    &timeline_verb,
    &show_verb,
    &release_verb,
    &reschedule_verb,
    &fail_verb,
    &drop_verb,
    &pause_verb,
    &resume_verb,
    &status_verb,
    &events_verb,
    &sweep_verb,
    &reload_verb,
    &check_verb,
    &setup_verb,
    &explain_verb,
};

static const char usage[] = "usage: policyctl [-c FILE] VERB ...\n"
			    "       policyctl VERB --help\n"
			    "       policyctl --help | --version\n";

enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static int
print_usage(void)
{
	fputs(usage, stderr);
	return EX_USAGE;
}

static int
print_help(void)
{
	fputs(usage, stdout);
	printf("\n");
	for (size_t i = 0; i < N_VERBS; i++)
		printf("  %-10s  %s\n", verbs[i]->name, verbs[i]->summary);
	printf("\n  %-10s  configuration (default: %s)\n", "-c FILE",
	    SETTINGS_DEFAULT_FILE);
	return EX_OK;
}

static const struct ctl_verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(name, verbs[i]->name) == 0)
			return verbs[i];
	return NULL;
}

static int
run_verb(const char *file, const char *name, char *const *words, int n)
{
	const struct ctl_verb *verb = find_verb(name);
	struct settings settings;
	char error[CONF_ERROR_SIZE];

	if (verb == NULL) {
		text_complain("%s: no such verb", name);
		return print_usage();
	}
	if (options_want_help(words, n)) {
		fputs(verb->help, stdout);
		return EX_OK;
	}
	if (settings_load(&settings, file, error))
		return verb->run(&settings, words, n);
	fprintf(stderr, "%s\n", error);
	return EX_CONFIG;
}

/* What is opened later must not take the place of a standard descriptor. */
static void
open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	const char *file = NULL;
	int c;

	open_standard();
	text_begin();
	while ((c = getopt_long(argc, argv, "+c:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 'h':
			return print_help();
		case 'V':
			daemon_print_version("policyctl");
			return EX_OK;
		default:
			return print_usage();
		}
	}
	if (optind == argc)
		return print_usage();
	return run_verb(
	    file, argv[optind], argv + optind + 1, argc - optind - 1);
}
