/* SPDX-License-Identifier: ISC */
/*
 * policyctl - deliver-at for its administrator
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/daemon.h"
#include "policyd/ctl/explain.h"
#include "policyd/ctl/setup.h"

static const char usage[] =
    "usage: policyctl [-c FILE] explain NAME=VALUE... [now=TIME]\n"
    "       policyctl [-c FILE] setup [--everywhere] [--dry-run] [--reload]\n"
    "       policyctl [-c FILE] setup --undo [--dry-run] [--reload]\n"
    "       policyctl --help | --version\n";

static const char help[] =
    "\n"
    "  explain   what the rules say to a policy request with these "
    "attributes:\n"
    "            each rule, whether it matches and why not, and as the last\n"
    "            line the reply of policyd. now=2026-12-24T23:00 (local time,\n"
    "            or with a zone, ...:00+01:00) tells what it will be then\n"
    "  setup     puts deliver-at into Postfix: mail of users may be "
    "postponed,\n"
    "            or with --everywhere all mail. Prints each change; --dry-run\n"
    "            only prints. --reload: postfix reload at the end. --undo "
    "takes\n"
    "            out what it put in\n"
    "\n"
    "  -c FILE   configuration (default: " SETTINGS_DEFAULT_FILE ")\n"
    "\n"
    "for example: policyctl explain sender=ann@corp.example \\\n"
    "                 recipient=bob@sms.example sasl_username=ann\n";

typedef int verb_fn(const struct settings *settings, char *const *words, int n);

static const struct verb {
	const char *name;
	verb_fn *run;
} verbs[] = {
    {"explain", explain_run},
    {"setup", setup_run},
};

static int
print_usage(void)
{
	fputs(usage, stderr);
	return EX_USAGE;
}

static int
run_verb(const char *file, const char *name, char *const *words, int n)
{
	struct settings settings;
	char error[CONF_ERROR_SIZE];

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(name, verbs[i].name) != 0)
			continue;
		if (settings_load(&settings, file, error))
			return verbs[i].run(&settings, words, n);
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	fprintf(stderr, "policyctl: %s: no such verb\n", name);
	return print_usage();
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

	while ((c = getopt_long(argc, argv, "+c:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			fputs(help, stdout);
			return EX_OK;
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
