/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check_support.h"

#include "policyd/ctl/check_postfix.h"

#define A_DAY INT64_C(86400)
#define SETTING(name, value)                                                   \
	"/^[[:blank:]]*" name "[[:blank:]]*=/d' -e '$a\\' "                    \
	"/etc/deliver-at/deliver-at.conf && echo '" name " = " value "' >>"

static const struct {
	const char *row;
	struct check_row change;
	const char *version;
	const char *names;
	const char *command;
} rows[] = {
    {"all is well", {0}, "3.7.11", "", NULL},
    {"3.4 is too old", {0}, "3.4.23", "postfix-old inline-tables", "apt-get"},
    {"3.5 is not, but knows no inline tables", {0}, "3.5.0", "inline-tables",
	NULL},
    {"3.6 neither", {0}, "3.6.99", "inline-tables", NULL},
    {"3.7", {0}, "3.7.0", "", NULL},
    {"3.12", {0}, "3.12-20260821", "", NULL},
    {"2.11", {0}, "2.11.3", "postfix-old inline-tables", NULL},
    {"no version says nothing", {0}, "", "", NULL},
    {"3.6 with patterns in files",
	{.main = "deliver_at_header_checks = regexp:/etc/guard, "
		 "pipemap:{regexp:/etc/ours, "
		 "socketmap:unix:deliver-at/socketmap:deliver-at}\n"},
	"3.6.4", "", NULL},
    {"a zone", {.main = "import_environment = A TZ=Europe/Berlin B=C\n"},
	"3.7.1", "time-zone", "postconf -e 'import_environment = A TZ B=C'"},
    {"UTC", {.main = "import_environment = TZ=UTC\n"}, "3.7.1", "", NULL},
    {"UTC0", {.main = "import_environment = TZ=UTC0\n"}, "3.7.1", "", NULL},
    {"Etc/UTC", {.main = "import_environment = TZ=Etc/UTC\n"}, "3.7.1", "",
	NULL},
    {"short ids", {.main = "enable_long_queue_ids = no\n"}, "3.7.1",
	"short-ids",
	"postconf -e 'enable_long_queue_ids = yes' && postfix reload"},
};

static void
postfix_is_diagnosed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct check_rig *rig =
		    check_open(rows[i].row, &rows[i].change);

		rig->site.version = span_str(rows[i].version);
		check_postfix(&rig->site);
		check_inline_tables(&rig->site, &rig->entries);
		check_names(rows[i].row, rig, rows[i].names);
		if (rows[i].command != NULL)
			check_command(rows[i].row, rig, rows[i].command);
		check_close(rig);
	}
}

static const struct {
	const char *row;
	struct check_row change;
	int64_t life_s;
	bool requeue_safe;
	const char *names;
	const char *command;
} lifetimes[] = {
    {"the defaults", {0}, 5 * A_DAY, true, "", NULL},
    {"release, and mail may outlive it",
	{.settings = "release_method = release\nmax_postpone = 6d\n"},
	5 * A_DAY, true, "queue-life", SETTING("release_method", "auto")},
    {"release, and mail may not",
	{.settings = "release_method = release\nmax_postpone = 5d\n"},
	5 * A_DAY, true, "", NULL},
    {"auto, but a requeue would do harm", {0}, 5 * A_DAY, false, "queue-life",
	SETTING("max_postpone", "2d12h")},
    {"the same, and mail is not old by then",
	{.settings = "max_postpone = 5d\n"}, 5 * A_DAY, false, "", NULL},
    {"release, and a requeue would do harm",
	{.settings = "release_method = release\n"}, 2 * A_DAY, false,
	"queue-life", SETTING("max_postpone", "1d")},
    {"requeued too late", {.settings = "requeue_after = 5d\n"}, 5 * A_DAY, true,
	"queue-life", SETTING("requeue_after", "auto")},
    {"requeued in time", {.settings = "requeue_after = 4d23h\n"}, 5 * A_DAY,
	true, "", NULL},
    {"requeue", {.settings = "release_method = requeue\n"}, 5 * A_DAY, true, "",
	NULL},
    {"requeue that does harm", {.settings = "release_method = requeue\n"},
	5 * A_DAY, false, "requeue-copies", SETTING("release_method", "auto")},
    {"the shortest life that can be halved",
	{.settings = "release_method = release\n"}, 2, false, "queue-life",
	SETTING("max_postpone", "1s")},
    {"mail is tried once anyway", {.settings = "release_method = release\n"}, 0,
	true, "", NULL},
    {"a warning of delays", {.main = "delay_warning_time = 4h\n"}, 5 * A_DAY,
	true, "delay-warning",
	"postconf -e 'delay_warning_time = 0h' && postfix reload"},
    {"in hours without a unit",
	{.main = "delay_warning_time = 4\n",
	    .settings = "max_postpone = 4h1s\n"},
	5 * A_DAY, true, "delay-warning", NULL},
    {"mail does not wait so long",
	{.main = "delay_warning_time = 4\n", .settings = "max_postpone = 4h\n"},
	5 * A_DAY, true, "", NULL},
};

static void
lifetimes_are_diagnosed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lifetimes); i++) {
		const char *row = lifetimes[i].row;
		struct check_rig *rig = check_open(row, &lifetimes[i].change);
		struct plan_postfix postfix = {
		    .queue_lifetime_s = lifetimes[i].life_s,
		    .requeue_safe = lifetimes[i].requeue_safe};

		check_lifetimes(&rig->site, &postfix);
		check_names(row, rig, lifetimes[i].names);
		if (lifetimes[i].command != NULL)
			check_command(row, rig, lifetimes[i].command);
		check_close(rig);
	}
}

static void
policyd_starts_again_without_a_zone(void **state)
{
	const struct check_row zone = {.main = "import_environment = TZ=CET\n"};
	struct check_rig *rig = check_open("zone", &zone);

	(void)state;
	rig->site.policyd_pid = 0;
	check_postfix(&rig->site);
	check_command("zone", rig,
	    "postconf -e 'import_environment = TZ' && { policyd "
	    "</dev/null >/dev/null 2>&1 & }");
	check_close(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(postfix_is_diagnosed),
	    cmocka_unit_test(lifetimes_are_diagnosed),
	    cmocka_unit_test(policyd_starts_again_without_a_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
