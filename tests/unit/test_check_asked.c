/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check_support.h"

#include "policyd/ctl/check_asked.h"

#define LIST    SUBMIT "smtpd_recipient_restrictions = "
#define ASK     "$deliver_at_rules"
#define ENDS    "permit_sasl_authenticated, reject"
#define SET     "postconf -e 'deliver_at_submission_smtpd_recipient_restrictions = "
#define SET_END "' && postconf -P 'submission/inet/"
#define EVERYTHING                                                             \
	"header_checks = " GUARD ", " ASKING "\n"                              \
	"smtpd_relay_restrictions = permit_mynetworks, "                       \
	"reject_unauth_destination\n"
#define ALL_SERVICES                                                           \
	"smtp inet n - y - - smtpd\n"                                          \
	"cleanup unix n - y - 0 cleanup\n"

static const struct {
	const char *row;
	struct check_row change;
	const char *names;
	const char *command; /* a part of the first one's */
} rows[] = {
    {"the recipe of submission", {0}, "", NULL},
    {"nowhere", {.overrides = LIST ENDS "\n"}, "rules-not-asked",
	SET POLICY ", " ENDS SET_END},
    {"one of two entries for users",
	{.services = SITE_SERVICES "submissions inet n - y - - smtpd\n",
	    .overrides = "submissions/inet/cleanup_service_name = "
			 "cleanup-deliver-at\n"},
	"rules-not-asked",
	"postconf -e 'deliver_at_submissions_smtpd_recipient_restrictions "
	"= " POLICY "' && postconf -P"},
    {"nowhere, and only strangers ask hdrcheck",
	{.main = EVERYTHING, .services = ALL_SERVICES}, "rules-not-asked",
	"postconf -e 'smtpd_recipient_restrictions = " POLICY "'"},
    {"strangers ask",
	{.main = EVERYTHING
	    "smtpd_recipient_restrictions = reject_unlisted_recipient, " ASK
	    "\n",
	    .services = ALL_SERVICES},
	"", NULL},
    {"one of the others is enough",
	{.main = EVERYTHING,
	    .services = "10025 inet n - y - - smtpd\n" ALL_SERVICES,
	    .overrides = "smtp/inet/smtpd_recipient_restrictions = " ASK "\n"},
	"", NULL},
    {"without delay in another list",
	{.overrides =
		LIST ENDS "\n" SUBMIT "smtpd_data_restrictions = " ASK "\n"},
	"", NULL},
    {"in a class of restrictions",
	{.main = "ours = " ASK "\n", .overrides = LIST "ours, " ENDS "\n"}, "",
	NULL},
    {"its cleanup does not ask",
	{.services = SITE_SERVICES "10587 inet n - y - - smtpd\n",
	    .overrides = "10587/inet/smtpd_recipient_restrictions = " ASK "\n"},
	"rules-not-held",
	"postconf -P 10587/inet/cleanup_service_name=cleanup-deliver-at"},
    {"port 25 does not ask hdrcheck",
	{.main = "smtpd_recipient_restrictions = " ASK ",reject_unlisted\n"},
	"rules-not-held",
	"postconf -P smtp/inet/smtpd_recipient_restrictions=reject_unlisted"},
    {"no_header_body_checks",
	{.overrides =
		SUBMIT "receive_override_options = no_header_body_checks\n"},
	"rules-not-held", NULL},
    {"behind a login",
	{.overrides = LIST "permit_sasl_authenticated, " ASK ", reject\n"},
	"rules-behind-permit", SET POLICY ", " ENDS SET_END},
    {"behind a network",
	{.overrides = LIST "reject_unlisted_recipient permit_mynetworks " ASK
			   ", reject\n"},
	"rules-behind-permit",
	SET "reject_unlisted_recipient, " POLICY
	    ", permit_mynetworks, reject" SET_END},
    {"behind a table that permits",
	{.overrides = LIST "permit_dnswl_client list.test, " ASK "," ENDS "\n"},
	"rules-behind-permit",
	SET POLICY ", permit_dnswl_client list.test, " ENDS SET_END},
    {"behind the end", {.overrides = LIST "reject, " ASK "\n"},
	"rules-behind-permit", SET POLICY ", reject" SET_END},
    {"behind a table called permit",
	{.overrides =
		LIST "check_client_access hash:permit, " ASK "," ENDS "\n"},
	"", NULL},
    {"behind a permit, in the list of senders",
	{.overrides = LIST ENDS
	    "\n" SUBMIT "smtpd_sender_restrictions = permit_mynetworks," ASK
	    "\n"},
	"rules-behind-permit",
	"postconf -e 'deliver_at_submission_smtpd_sender_restrictions = " POLICY
	", permit_mynetworks'"},
    {"before a refusal",
	{.overrides = LIST ASK ", reject_unknown_recipient_domain, " ENDS "\n"},
	"rules-before-refusal",
	SET "reject_unknown_recipient_domain, " POLICY ", " ENDS SET_END},
    {"before an access table of recipients",
	{.overrides = LIST ASK ", check_recipient_access hash:/a, " ENDS "\n"},
	"rules-before-refusal",
	SET "check_recipient_access hash:/a, " POLICY ", " ENDS SET_END},
    {"before another policy service",
	{.overrides =
		LIST ASK ", check_policy_service inet:[::1]:1, " ENDS "\n"},
	"rules-before-refusal",
	SET "check_policy_service inet:[::1]:1, " POLICY ", " ENDS SET_END},
    {"before relay control, which is also where it belongs",
	{.main = EVERYTHING "smtpd_recipient_restrictions = " ASK
			    ", permit_mynetworks, reject_unauth_destination\n",
	    .services = ALL_SERVICES},
	"rules-before-refusal",
	"postconf -e 'smtpd_recipient_restrictions = " POLICY
	", permit_mynetworks'"},
    {"a refusal behind a permit stays there",
	{.overrides = LIST ASK
	    ", permit_mynetworks, reject_unlisted_recipient, reject\n"},
	"rules-before-refusal", "${EDITOR:-vi} /etc/postfix/main.cf"},
    {"what looks at the client refuses all recipients",
	{.overrides = LIST ASK ", reject_rbl_client zen.test, " ENDS "\n"}, "",
	NULL},
    {"behind the end nothing refuses",
	{.overrides = LIST ASK ", reject, reject_unlisted_recipient\n"}, "",
	NULL},
    {"relay control comes last",
	{.main = EVERYTHING "smtpd_relay_before_recipient_restrictions = no\n"
			    "smtpd_recipient_restrictions = " ASK "\n",
	    .services = ALL_SERVICES},
	"rules-before-refusal",
	"postconf -e 'smtpd_relay_before_recipient_restrictions = yes'"},
    {"one of two entries for users, but that asks nobody",
	{.services = SITE_SERVICES "submissions inet n - y - - smtpd\n"}, "",
	NULL},
    {"relay control comes last, for nobody who is left",
	{.main = "smtpd_relay_before_recipient_restrictions = no\n",
	    .overrides = SUBMIT
	    "smtpd_relay_restrictions = reject_unauth_destination\n"},
	"", NULL},
    {"policyd listens elsewhere",
	{.settings = "policy_listen = unix:/var/spool/postfix/x/policy\n"},
	"elsewhere",
	"postconf -e 'deliver_at_rules=check_policy_service { unix:x/policy, "},
    {"policyd listens on the network",
	{.main = "deliver_at_rules = check_policy_service inet:[::1]:1044\n",
	    .settings = "policy_listen = inet:[::1]:1044\n"},
	"", NULL},
    {"an absolute path, and a chroot",
	{.main = "deliver_at_rules = check_policy_service "
		 "unix:/var/spool/postfix/deliver-at/policy\n"},
	"chroot",
	"postconf -e 'deliver_at_rules=check_policy_service "
	"unix:deliver-at/policy' && postfix reload"},
};

static void
the_question_is_diagnosed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct check_rig *rig =
		    check_open(rows[i].row, &rows[i].change);

		check_asked(&rig->site, &rig->entries, false);
		check_names(rows[i].row, rig, rows[i].names);
		if (rows[i].command != NULL)
			check_command(rows[i].row, rig, rows[i].command);
		check_close(rig);
	}
}

static const struct {
	const char *row;
	struct check_row change;
	const char *server; /* NULL: nobody asks */
} servers[] = {
    {"the recipe", {0}, "unix:deliver-at/policy"},
    {"without braces",
	{.overrides = LIST "check_policy_service unix:/x/deliver-at/policy\n"},
	"unix:/x/deliver-at/policy"},
    {"nobody", {.overrides = LIST ENDS "\n"}, NULL},
    {"somebody else",
	{.overrides = LIST "check_policy_service unix:private/other\n"}, NULL},
};

static void
the_server_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		struct check_rig *rig =
		    check_open(servers[i].row, &servers[i].change);
		struct span server = SPAN("");
		struct buf text;
		bool found = asked_find_server(
		    &rig->site, &rig->entries, &text, &server);

		check_bool(servers[i].row, found, servers[i].server != NULL);
		if (found)
			check_span(servers[i].row, server,
			    span_str(servers[i].server));
		buf_free(&text);
		check_close(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_question_is_diagnosed),
	    cmocka_unit_test(the_server_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
