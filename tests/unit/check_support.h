/* SPDX-License-Identifier: ISC */
/*
 * check_support - a site for the diagnosis of policyctl check, in texts
 *
 * A site is the recipe of submission with rules, healthy; a row adds lines of
 * postconf(1), which count instead of those that are there.
 */
#ifndef UNIT_CHECK_SUPPORT_H
#define UNIT_CHECK_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support.h"

#include "policyd/ctl/check_entries.h"

#define GUARD                                                                  \
	"regexp:{{/^X-Deliver-At[[:space:]]*:.{2000}/ REJECT 5.6.0 "           \
	"X-Deliver-At: line too long}}"
#define ASKING                                                                 \
	"pipemap:{regexp:{{/^(X-Deliver-At[[:space:]]*:.*)$$/ $$1}}, "         \
	"socketmap:unix:deliver-at/socketmap:deliver-at}"
#define POLICY                                                                 \
	"check_policy_service { unix:deliver-at/policy, timeout=5s, "          \
	"default_action=DUNNO }"
#define CLEANUP "cleanup-deliver-at/unix/"
#define SUBMIT  "submission/inet/"

#define SITE_EXPLICIT                                                          \
	"deliver_at_header_checks = " GUARD ", " ASKING                        \
	", $your_header_checks\n"                                              \
	"deliver_at_rules = " POLICY "\n"                                      \
	"header_checks = $your_header_checks\n"                                \
	"your_header_checks =\n"
#define SITE_DEFAULTS                                                          \
	"cleanup_service_name = cleanup\n"                                     \
	"compatibility_level = 3.6\n"                                          \
	"delay_warning_time = 0h\n"                                            \
	"enable_long_queue_ids = yes\n"                                        \
	"import_environment = MAIL_CONFIG TZ LANG=C\n"                         \
	"mime_header_checks = $header_checks\n"                                \
	"nested_header_checks = $header_checks\n"                              \
	"receive_override_options =\n"                                         \
	"smtpd_client_restrictions =\n"                                        \
	"smtpd_helo_restrictions =\n"                                          \
	"smtpd_sender_restrictions =\n"                                        \
	"smtpd_relay_restrictions = permit_mynetworks, "                       \
	"permit_sasl_authenticated, defer_unauth_destination\n"                \
	"smtpd_recipient_restrictions =\n"                                     \
	"smtpd_data_restrictions =\n"                                          \
	"smtpd_end_of_data_restrictions =\n"                                   \
	"smtpd_relay_before_recipient_restrictions = yes\n"                    \
	"smtpd_restriction_classes =\n"                                        \
	"smtp_header_checks =\n"
#define SITE_SERVICES                                                          \
	"smtp inet n - y - - smtpd\n"                                          \
	"submission inet n - y - - smtpd -o ...\n"                             \
	"pickup unix n - y 60 1 pickup -o ...\n"                               \
	"cleanup unix n - y - 0 cleanup\n"                                     \
	"cleanup-deliver-at unix n - y - 0 cleanup -o ...\n"
#define SITE_OVERRIDES                                                         \
	SUBMIT "cleanup_service_name = cleanup-deliver-at\n" SUBMIT            \
	       "smtpd_recipient_restrictions = "                               \
	       "$deliver_at_rules,permit_sasl_authenticated,reject\n" SUBMIT   \
	       "smtpd_relay_restrictions =\n"                                  \
	       "pickup/unix/cleanup_service_name = "                           \
	       "cleanup-deliver-at\n" CLEANUP                                  \
	       "header_checks = $deliver_at_header_checks\n" CLEANUP           \
	       "mime_header_checks = $your_header_checks\n" CLEANUP            \
	       "nested_header_checks = $your_header_checks\n"

enum { CHECK_TEXT_SIZE = 16 * 1024 };

struct check_rig {
	struct settings settings;
	struct postconf_view view;
	struct check_site site;
	struct findings findings;
	struct entries entries;
	char explicit[CHECK_TEXT_SIZE];
	char services[CHECK_TEXT_SIZE];
	char overrides[CHECK_TEXT_SIZE];
};

/* What a row changes; each may be NULL. */
struct check_row {
	const char *main; /* lines of main.cf */
	const char *services; /* entries of master.cf, instead of all */
	const char *overrides; /* "SERVICE/TYPE/NAME = VALUE" */
	const char *settings; /* lines of deliver-at.conf */
};

static inline struct check_rig *
check_open(const char *row, const struct check_row *change)
{
	struct check_rig *rig = calloc(1, sizeof(*rig));
	char error[CONF_ERROR_SIZE] = "";

	assert_non_null(rig);
	snprintf(rig->explicit, CHECK_TEXT_SIZE, "%s%s",
	    change->main != NULL ? change->main : "", SITE_EXPLICIT);
	snprintf(rig->services, CHECK_TEXT_SIZE, "%s",
	    change->services != NULL ? change->services : SITE_SERVICES);
	snprintf(rig->overrides, CHECK_TEXT_SIZE, "%s%s",
	    change->overrides != NULL ? change->overrides : "", SITE_OVERRIDES);
	if (!settings_parse(&rig->settings,
		span_str(change->settings != NULL ? change->settings : ""),
		"conf", error))
		fail_msg("%s: %s", row, error);
	rig->view = (struct postconf_view){
	    .explicit = span_str(rig->explicit),
	    .all = span_str(SITE_DEFAULTS),
	    .services = span_str(rig->services),
	    .overrides = span_str(rig->overrides),
	};
	findings_init(&rig->findings);
	rig->site = (struct check_site){
	    .settings = &rig->settings,
	    .file = "/etc/deliver-at/deliver-at.conf",
	    .has_file = true,
	    .view = &rig->view,
	    .queue_directory = "/var/spool/postfix",
	    .version = span_str("3.7.11"),
	    .hdrcheck_pid = 4711,
	    .policyd_pid = 4712,
	    .findings = &rig->findings,
	};
	entries_read(&rig->entries, &rig->site);
	return rig;
}

static inline void
check_close(struct check_rig *rig)
{
	findings_free(&rig->findings);
	free(rig);
}

/* The names of what was found, with a blank between, are these. */
static inline void
check_names(const char *row, const struct check_rig *rig, const char *want)
{
	char got[CHECK_TEXT_SIZE] = "";
	size_t used = 0;

	for (size_t i = 0; i < rig->findings.n; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%s",
		    i > 0 ? " " : "",
		    finding_name(rig->findings.finding[i].kind));
	check_string(row, got, want);
}

/* The command of the first finding is, or has in it, want. */
static inline void
check_command(const char *row, const struct check_rig *rig, const char *want)
{
	char got[CHECK_TEXT_SIZE] = "";

	if (rig->findings.n > 0)
		span_to_string(finding_command(&rig->findings.finding[0]), got,
		    sizeof(got));
	check_part(row, got, want);
}

#endif
