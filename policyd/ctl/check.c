/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"
#include "policyd/ctl/check_private.h"

static const char help[] =
    "usage: policyctl check [--json]\n"
    "\n"
    "Looks for what is wrong: in Postfix's configuration, with the daemons, "
    "their\n"
    "sockets and folders, the rules, and the mail on hold. Each finding comes "
    "with\n"
    "a command that mends it; policyctl(8) lists them by name. An error means "
    "that\n"
    "mail is stopped, stuck or early now.\n"
    "\n"
    "Exit status: 0, all well; 1, warnings; 2, errors.\n"
    "\n"
    "  --json       a line of JSON for each finding: name, severity, text, "
    "mend\n";

static int
take_options(struct check_run *run, char *const *words, int n)
{
	const struct option_place places[] = {
	    {.name = "json", .flag = &run->json},
	};
	const struct options options = {
	    .verb = &check_verb,
	    .place = places,
	    .n_places = sizeof(places) / sizeof(places[0]),
	};

	return options_take(&options, words, n);
}

/* Tables name sockets by paths from the queue directory. */
static int
part(struct check_run *run)
{
	struct hands_options options = {
	    .settings = run->settings,
	    .postconf = &run->postconf,
	    .may_ask = true,
	    .lookup = run->ask,
	    .n_lookups = run->lookups.n,
	};

	if (chdir(run->postconf.queue_directory) < 0) {
		fprintf(stderr, "policyctl: check: %s: %s\n",
		    run->postconf.queue_directory, strerror(errno));
		return EX_UNAVAILABLE;
	}
	return hands_run(&options, check_diagnose, run);
}

static int
check(struct check_run *run)
{
	int exit_code;

	if (geteuid() != 0) {
		fprintf(stderr, "policyctl: must be run as root\n");
		return EX_NOPERM;
	}
	findings_init(&run->findings);
	run->now_s = clock_floor_s(clock_wall_ns());
	exit_code = check_gather(run) ? part(run) : check_print(run);
	check_gather_end(run);
	findings_free(&run->findings);
	return exit_code;
}

static int
check_run(const struct settings *settings, char *const *words, int n)
{
	struct check_run *run = calloc(1, sizeof(*run));
	int exit_code;

	if (run == NULL)
		return EX_OSERR;
	run->settings = settings;
	exit_code = take_options(run, words, n);
	if (exit_code == EX_OK)
		exit_code = check(run);
	free(run);
	return exit_code;
}

const struct ctl_verb check_verb = {
    .name = "check",
    .summary = "what is wrong, and the commands that mend it",
    .help = help,
    .run = check_run,
};
