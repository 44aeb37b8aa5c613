/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check_support.h"

#include "policyd/ctl/check_headers.h"

#define OTHERS ", $your_header_checks\n"
#define CHECKS "deliver_at_header_checks = "
#define BARE   "socketmap:unix:deliver-at/socketmap:deliver-at"
#define EVERYTHING                                                             \
	"header_checks = " GUARD ", " ASKING "\n"                              \
	"nested_header_checks =\n"                                             \
	"mime_header_checks =\n"
#define RELOAD " && postfix reload"

static const struct {
	const char *row;
	struct check_row change;
	const char *names;
	const char *command; /* a part of the first one's */
} rows[] = {
    {"the recipe of submission", {0}, "", NULL},
    {"and so with other tables behind",
	{.main = "your_header_checks = regexp:/etc/postfix/checks\n"}, "",
	NULL},
    {"the recipe for everything, strangers kept out",
	{.main = EVERYTHING,
	    .services = "smtp inet n - y - - smtpd\n"
			"pickup unix n - y 60 1 pickup\n"
			"cleanup unix n - y - 0 cleanup\n",
	    .overrides = "pickup/unix/cleanup_service_name = cleanup\n",
	    .settings = "permit_postpone = authenticated, local\n"},
	"", NULL},
    {"the recipe for everything, open to strangers",
	{.main = EVERYTHING,
	    .services = "smtp inet n - y - - smtpd\n"
			"cleanup unix n - y - 0 cleanup\n"},
	"strangers",
	"sed -i -e '/^[[:blank:]]*permit_postpone[[:blank:]]*=/d' -e '$a\\' "
	"/etc/deliver-at/deliver-at.conf && echo 'permit_postpone = "
	"authenticated, local' >>/etc/deliver-at/deliver-at.conf && kill -HUP "
	"4711 && policyctl reload"},
    {"strangers behind postscreen",
	{.main = EVERYTHING,
	    .services = "smtp inet n - y - 1 postscreen\n"
			"smtpd pass - - y - - smtpd\n"
			"cleanup unix n - y - 0 cleanup\n"},
	"strangers", NULL},
    {"on another port nobody knows who comes",
	{.main = EVERYTHING,
	    .services = "127.0.0.1:10025 inet n - y - - smtpd\n"
			"cleanup unix n - y - 0 cleanup\n"},
	"", NULL},
    {"nothing asks", {.main = CHECKS "\n"}, "not-asked",
	"policyctl setup --reload"},
    {"pickup does not ask",
	{.overrides = "pickup/unix/cleanup_service_name = cleanup\n"},
	"service-not-asking",
	"postconf -P "
	"pickup/unix/cleanup_service_name=cleanup-deliver-at" RELOAD},
    {"submissions does not ask",
	{.services = SITE_SERVICES "submissions inet n - y - - smtpd\n"},
	"service-not-asking",
	"postconf -P submissions/inet/cleanup_service_name="
	"cleanup-deliver-at" RELOAD},
    {"port 587 of one address does not ask",
	{.services = SITE_SERVICES "[::1]:587 inet n - y - - smtpd\n"},
	"service-not-asking", "postconf -P '[::1]:587/inet/cleanup_service"},
    {"an entry with logins of its own does not ask",
	{.services = SITE_SERVICES "10587 inet n - y - - smtpd\n",
	    .overrides = "10587/inet/smtpd_sasl_auth_enable = yes\n"},
	"service-not-asking", NULL},
    {"an entry without need not ask",
	{.services = SITE_SERVICES "10587 inet n - y - - smtpd\n",
	    .overrides = "10587/inet/smtpd_sasl_auth_enable = no\n"},
	"", NULL},
    {"an entry names a cleanup that is not there",
	{.overrides = SUBMIT "cleanup_service_name = cleanup-gone\n"},
	"service-not-asking", NULL},
    {"pickup is switched off",
	{.overrides = "pickup/unix/receive_override_options = "
		      "no_address_mappings,no_header_body_checks\n"},
	"checks-off",
	"postconf -P pickup/unix/receive_override_options="
	"no_address_mappings" RELOAD},
    {"another option switches nothing off",
	{.overrides = "pickup/unix/receive_override_options = "
		      "no_address_mappings\n"},
	"", NULL},
    {"main.cf switches all off",
	{.main = "receive_override_options = no_header_body_checks\n"},
	"checks-off checks-off", "postconf -P submission/inet/receive_"},
    {"one that does not ask may be switched off",
	{.overrides = "smtp/inet/receive_override_options = "
		      "no_header_body_checks\n"},
	"", NULL},
    {"another table is first",
	{.main = CHECKS "pcre:/etc/a, " GUARD ", " ASKING OTHERS}, "not-first",
	"postconf -e 'deliver_at_header_checks = " GUARD ", " ASKING
	", pcre:/etc/a, $your_header_checks'" RELOAD},
    {"another table between the guard and ours",
	{.main = CHECKS GUARD ", static:DUNNO, " ASKING OTHERS}, "not-first",
	NULL},
    {"the name of another list is first",
	{.main = CHECKS "$your_header_checks, " GUARD ", " ASKING "\n"
			"your_header_checks = regexp:{{/^A:/ B$$}}\n"},
	"not-first",
	"'deliver_at_header_checks = " GUARD ", " ASKING
	", $your_header_checks'"},
    {"the name of an empty list is first",
	{.main = CHECKS "$your_header_checks, " GUARD ", " ASKING "\n"}, "",
	NULL},
    {"asked for every header", {.main = CHECKS GUARD ", " BARE OTHERS},
	"every-header",
	"'deliver_at_header_checks = " GUARD ", " ASKING
	", $your_header_checks'"},
    {"the guard is missing", {.main = CHECKS ASKING OTHERS}, "line-guard",
	"'deliver_at_header_checks = " GUARD ", " ASKING
	", $your_header_checks'" RELOAD},
    {"patterns in files: one may be the guard",
	{.main = CHECKS "regexp:/etc/guard, pipemap:{regexp:/etc/ours, " BARE
			"}\n"},
	"", NULL},
    {"patterns in files, nothing before",
	{.main = CHECKS "pipemap:{regexp:/etc/ours, " BARE "}\n"}, "line-guard",
	NULL},
    {"nested checks ask",
	{.overrides =
		CLEANUP "nested_header_checks = $deliver_at_header_checks\n"},
	"attached", "postconf -P " CLEANUP "nested_header_checks=" RELOAD},
    {"mime checks ask, and more",
	{.main = "your_header_checks = regexp:{{/^A$$/ B}}\n",
	    .overrides =
		CLEANUP "mime_header_checks = $deliver_at_header_checks\n"},
	"attached",
	"postconf -e 'deliver_at_cleanup_deliver_at_mime_header_checks = "
	"regexp:{{/^A$$/ B}}' && postconf -P '" CLEANUP
	"mime_header_checks=$deliver_at_cleanup"},
    {"by default they are the same",
	{.main = "header_checks = " GUARD ", " ASKING "\n",
	    .settings = "permit_postpone = local\n"},
	"attached attached", "postconf -e 'nested_header_checks ='" RELOAD},
    {"hdrcheck listens elsewhere",
	{.settings = "socketmap_listen = unix:/run/x/socketmap\n"}, "elsewhere",
	"postconf -e 'deliver_at_header_checks=" GUARD ", "},
    {"another folder of the queue",
	{.main = CHECKS GUARD ", "
			      "pipemap:{regexp:{{/^(X-Deliver-At:.*)/ $$1}}, "
			      "socketmap:unix:x/socketmap:deliver-at}\n"},
	"elsewhere", "socketmap:unix:deliver-at/socketmap:deliver-at}'"},
    {"an absolute path, and a chroot",
	{.main = CHECKS GUARD ", pipemap:{regexp:{{/^(X-Deliver-At:.*)/ $$1}}, "
			      "socketmap:unix:/var/spool/postfix/deliver-at/"
			      "socketmap:deliver-at}\n"},
	"chroot", "socketmap:unix:deliver-at/socketmap:deliver-at}'" RELOAD},
    {"an absolute path outside, and a chroot",
	{.main = CHECKS GUARD ", pipemap:{regexp:{{/^(X-Deliver-At:.*)/ $$1}}, "
			      "socketmap:unix:/run/socketmap:deliver-at}\n",
	    .settings = "socketmap_listen = unix:/run/socketmap\n"},
	"chroot", "postconf -F cleanup-deliver-at/unix/chroot=n" RELOAD},
    {"outside, in a folder with a long name",
	{.main = CHECKS GUARD ", pipemap:{regexp:{{/^(X-Deliver-At:.*)/ $$1}}, "
			      "socketmap:unix:/run/of-deliver-at/"
			      "socketmap:deliver-at}\n",
	    .settings = "socketmap_listen = unix:/run/of-deliver-at/"
			"socketmap\n"},
	"chroot", "postconf -F cleanup-deliver-at/unix/chroot=n" RELOAD},
    {"in a folder beside the queue",
	{.main = CHECKS GUARD ", pipemap:{regexp:{{/^(X-Deliver-At:.*)/ $$1}}, "
			      "socketmap:unix:/var/spool/postfix2/"
			      "socketmap:deliver-at}\n"},
	"chroot", "postconf -F cleanup-deliver-at/unix/chroot=n" RELOAD},
    {"another table is first in header_checks itself",
	{.main = "header_checks = pcre:/etc/a, " GUARD ", " ASKING
		 "\nmime_header_checks =\nnested_header_checks =\n",
	    .services = "pickup unix n - y 60 1 pickup\n"
			"cleanup unix n - y - 0 cleanup\n",
	    .overrides = "pickup/unix/cleanup_service_name = cleanup\n"},
	"not-first",
	"postconf -e 'header_checks = " GUARD ", " ASKING
	", pcre:/etc/a'" RELOAD},
    {"another table is first in the service's own list",
	{.overrides = CLEANUP "header_checks = pcre:/etc/a$$, " GUARD
			      ", " ASKING "\n"},
	"not-first",
	"postconf -e 'deliver_at_cleanup_deliver_at_header_checks = " GUARD
	", " ASKING ", pcre:/etc/a$$' && postconf -P "
	"'cleanup-deliver-at/unix/header_checks="},
    {"another table is first, by ${name}",
	{.main = CHECKS "pcre:/etc/a, " GUARD ", " ASKING "\n",
	    .overrides =
		CLEANUP "header_checks = ${deliver_at_header_checks}\n"},
	"not-first", "postconf -e 'deliver_at_header_checks = " GUARD},
    {"what refuses long lines of another header is no guard",
	{.main = CHECKS "regexp:{{/^Subject:.{500}/ REJECT}}, " ASKING "\n"},
	"not-first line-guard", NULL},
    {"a chroot by default, as it was once",
	{.main = "compatibility_level = 0\n" CHECKS GUARD
		 ", pipemap:{regexp:{{/^(X-Deliver-At:.*)/ $$1}}, "
		 "socketmap:unix:/var/spool/postfix/deliver-at/"
		 "socketmap:deliver-at}\n",
	    .services = "pickup unix n - - 60 1 pickup\n"
			"cleanup-deliver-at unix n - - - 0 cleanup\n"},
	"chroot", NULL},
    {"no chroot by default, as it is now",
	{.main = CHECKS GUARD ", pipemap:{regexp:{{/^(X-Deliver-At:.*)/ $$1}}, "
			      "socketmap:unix:/var/spool/postfix/deliver-at/"
			      "socketmap:deliver-at}\n",
	    .services = "pickup unix n - - 60 1 pickup\n"
			"cleanup-deliver-at unix n - - - 0 cleanup\n"},
	"", NULL},
    {"another socketmap is none of ours",
	{.main = CHECKS GUARD ", " ASKING ", socketmap:unix:private/x:other\n"},
	"", NULL},
    {"tcp where hdrcheck listens",
	{.main = CHECKS GUARD ", pipemap:{regexp:{{/^(X-Deliver-At:.*)/ $$1}}, "
			      "tcp:127.0.0.1:10044}\n",
	    .settings = "tcp_table_listen = inet:127.0.0.1:10044\n"},
	"", NULL},
    {"tcp for every header",
	{.main = CHECKS GUARD ", tcp:127.0.0.1:10044\n",
	    .settings = "tcp_table_listen = inet:127.0.0.1:10044\n"},
	"every-header", ", tcp:127.0.0.1:10044}'"},
    {"tcp elsewhere is none of ours",
	{.main = CHECKS GUARD ", tcp:127.0.0.1:10045\n",
	    .settings = "tcp_table_listen = inet:127.0.0.1:10044\n"},
	"not-asked", NULL},
};

static void
header_checks_are_diagnosed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct check_rig *rig =
		    check_open(rows[i].row, &rows[i].change);

		check_headers(&rig->site, &rig->entries, false);
		check_names(rows[i].row, rig, rows[i].names);
		if (rows[i].command != NULL)
			check_command(rows[i].row, rig, rows[i].command);
		check_close(rig);
	}
}

static void
what_was_reached_is_nowhere_else(void **state)
{
	const struct check_row elsewhere = {
	    .settings = "socketmap_listen = unix:/run/x/socketmap\n"};
	struct check_rig *rig = check_open("a link", &elsewhere);

	(void)state;
	check_headers(&rig->site, &rig->entries, true);
	check_names("a link", rig, "");
	check_close(rig);
}

static void
a_hidden_table_is_told_once(void **state)
{
	const struct check_row change = {
	    .main = CHECKS "pcre:/etc/a, " GUARD ", " ASKING OTHERS};
	struct check_rig *rig = check_open("hidden", &change);

	(void)state;
	finding_add(&rig->findings, FINDING_HIDDEN);
	check_headers(&rig->site, &rig->entries, true);
	check_names("hidden", rig, "hidden");
	check_close(rig);
}

static void
a_table_moves_out(void **state)
{
	const struct check_row change = {
	    .main = "your_header_checks = regexp:{{/^Received:/ IGNORE}}\n"
		    "smtp_header_checks = pcre:/etc/out\n"};
	struct check_rig *rig = check_open("moves", &change);
	struct finding *f =
	    finding_add(&rig->findings, FINDING_RECEIVED_REMOVED);

	(void)state;
	check_headers_move_out(f, &rig->site, &rig->entries.asking,
	    span_str("regexp:{{/^Received:/ IGNORE}}"));
	check_command("out", rig,
	    "postconf -e 'smtp_header_checks = pcre:/etc/out, "
	    "regexp:{{/^Received:/ IGNORE}}' && postconf -e "
	    "'deliver_at_cleanup_deliver_at_header_checks = " GUARD ", " ASKING
	    "' && postconf -P 'cleanup-deliver-at/unix/header_checks="
	    "$deliver_at_cleanup_deliver_at_header_checks'" RELOAD);
	check_close(rig);
}

static void
who_is_not_there_is_not_told(void **state)
{
	const struct check_row strangers = {.main = EVERYTHING,
	    .services = "smtp inet n - y - - smtpd\n"
			"cleanup unix n - y - 0 cleanup\n"};
	struct check_rig *rig = check_open("down", &strangers);
	char command[CHECK_TEXT_SIZE];

	(void)state;
	rig->site.hdrcheck_pid = rig->site.policyd_pid = 0;
	rig->site.has_file = false;
	rig->site.file = "/x/a b.conf";
	check_headers(&rig->site, &rig->entries, false);
	span_to_string(finding_command(&rig->findings.finding[0]), command,
	    sizeof(command));
	check_string("down", command,
	    "echo 'permit_postpone = authenticated, local' >>'/x/a b.conf'");
	check_close(rig);
}

static void
another_instance_is_named(void **state)
{
	const struct check_row change = {.main = CHECKS ASKING OTHERS,
	    .settings = "postfix_config_directory = /etc/postfix-2\n"};
	struct check_rig *rig = check_open("instance", &change);

	(void)state;
	check_headers(&rig->site, &rig->entries, true);
	check_command("instance", rig, "postconf -c /etc/postfix-2 -e 'deliv");
	check_command("instance", rig, "&& postfix -c /etc/postfix-2 reload");
	check_close(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(header_checks_are_diagnosed),
	    cmocka_unit_test(what_was_reached_is_nowhere_else),
	    cmocka_unit_test(a_hidden_table_is_told_once),
	    cmocka_unit_test(a_table_moves_out),
	    cmocka_unit_test(who_is_not_there_is_not_told),
	    cmocka_unit_test(another_instance_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
