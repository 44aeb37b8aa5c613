/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <stdio.h>

#include "policyd/ctl/setup_plan.h"

#define OURS                                                                   \
	"regexp:{{/^X-Deliver-At[[:space:]]*:.{2000}/ REJECT 5.6.0 "           \
	"X-Deliver-At: line too long}}, "                                      \
	"pipemap:{regexp:{{/^(X-Deliver-At[[:space:]]*:.*)$$/ $$1}}, "         \
	"socketmap:unix:deliver-at/socketmap:deliver-at}"
#define SET_OURS "-e deliver_at_header_checks=" OURS "\n"
#define ROUTE(other)                                                           \
	"cleanup_service_name=${{$deliver_at_services} == {} ? {" other "} : " \
	"{cleanup-deliver-at}}"
#define HERE          "${{$deliver_at_services} == {} ? {} : {$deliver_at_rules}}"
#define USED(service) "${{$service_name} == {" service "} ? {yes}}"
#define DEFAULTS                                                               \
	"cleanup_service_name = cleanup\n"                                     \
	"compatibility_level = 3.6\n"                                          \
	"mail_version = 3.7.11\n"                                              \
	"queue_directory = /var/spool/postfix\n"                               \
	"smtpd_reject_unlisted_recipient = yes\n"                              \
	"smtpd_relay_before_recipient_restrictions = yes\n"
#define CLEANUP "cleanup unix n - y - 0 cleanup\n"
#define PICKUP  "pickup unix n - y 60 1 pickup\n"
#define SMTP    "smtp inet n - y - - smtpd\n"
#define USERS   "submission inet n - y - - smtpd\n"
#define ALL     SMTP USERS PICKUP CLEANUP
#define ENTRY(checks, more)                                                    \
	"-M cleanup-deliver-at/unix=cleanup-deliver-at unix n - y - 0 "        \
	"cleanup" more " -o header_checks=$deliver_at_header_checks," checks
#define INNER(checks)                                                          \
	" -o mime_header_checks=" checks " -o nested_header_checks=" checks "\n"
#define OTHER "$deliver_at_other_header_checks"
#define OUR_ENTRY                                                              \
	"cleanup-deliver-at unix n - y - 0 cleanup -o "                        \
	"header_checks=$deliver_at_header_checks," OTHER                       \
	" -o mime_header_checks=" OTHER " -o nested_header_checks=" OTHER "\n"
#define OUR_OVERRIDES                                                          \
	"cleanup-deliver-at/unix/header_checks = "                             \
	"$deliver_at_header_checks," OTHER "\n"                                \
	"cleanup-deliver-at/unix/mime_header_checks = " OTHER "\n"             \
	"cleanup-deliver-at/unix/nested_header_checks = " OTHER "\n"
#define OUR_MAIN                                                               \
	"deliver_at_other_header_checks = regexp:/a\n"                         \
	"deliver_at_header_checks = " OURS "\n"                                \
	"header_checks = " OTHER "\n"                                          \
	"deliver_at_services = " USED("submission")                            \
	    USED("pickup") "\n"                                                \
			   "cleanup_service_name = ${{$deliver_at_services} "  \
			   "== {} ? {cleanup} "                                \
			   ": {cleanup-deliver-at}}\n"

enum way { SUBMISSION, EVERYTHING, UNDO };

struct row {
	const char *row;
	enum way way;
	const char *main_cf;
	const char *services;
	const char *overrides;
	const char *want; /* commands; "refused: " and a part of why */
	const char *conf; /* lines for deliver-at.conf, or NULL */
	const char *note; /* a part of the notes, or NULL: none */
};

static const struct row rows[] = {
    {"a plain site", SUBMISSION, "", ALL, "",
	"-e deliver_at_other_header_checks=\n" SET_OURS ENTRY(OTHER, "")
	    INNER(OTHER) "-e header_checks=" OTHER
			 "\n-e deliver_at_services=" USED("submission")
			     USED("pickup") "\n-e " ROUTE("cleanup") "\n",
	NULL, NULL},
    {"a plain site, everywhere", EVERYTHING, "", ALL, "",
	"-e deliver_at_other_header_checks=\n" SET_OURS
	"-e mime_header_checks=" OTHER "\n-e nested_header_checks=" OTHER
	"\n-e header_checks=$deliver_at_header_checks, " OTHER "\n",
	NULL, NULL},
    {"its own header_checks, blanks and all", EVERYTHING,
	"header_checks = regexp:/a,   pcre:/b\n", ALL, "",
	"-e deliver_at_other_header_checks=regexp:/a,   pcre:/b\n" SET_OURS
	"-e mime_header_checks=" OTHER "\n-e nested_header_checks=" OTHER
	"\n-e header_checks=$deliver_at_header_checks, " OTHER "\n",
	NULL, NULL},
    {"empty header_checks", EVERYTHING,
	"header_checks =\nmime_header_checks =\nnested_header_checks = x:y\n",
	ALL, "",
	"-e deliver_at_other_header_checks=\n" SET_OURS
	"-e header_checks=$deliver_at_header_checks, "
	"${deliver_at_other_header_checks}\n",
	NULL, NULL},
    {"inner checks that name the outer", EVERYTHING,
	"header_checks = regexp:/a\nmime_header_checks = x:y, $header_checks\n"
	"nested_header_checks = ${header_checks}\n",
	ALL, "",
	"-e deliver_at_other_header_checks=regexp:/a\n" SET_OURS
	"-e mime_header_checks=x:y, ${deliver_at_other_header_checks}\n"
	"-e nested_header_checks=$(deliver_at_other_header_checks)\n"
	"-e header_checks=$deliver_at_header_checks, " OTHER "\n",
	NULL, NULL},
    {"options of the site's cleanup", SUBMISSION,
	"deliver_at_other_header_checks = regexp:/a\n"
	"header_checks = " OTHER "\n"
	"deliver_at_header_checks = " OURS "\n",
	USERS "cleanup unix n - n - 5 cleanup -v -o a=b -o { x = y z }\n", "",
	"-M cleanup-deliver-at/unix=cleanup-deliver-at unix n - n - 5 cleanup "
	"-v -o a=b -o { x = y z } -o "
	"header_checks=$deliver_at_header_checks," OTHER
	    INNER(OTHER) "-e deliver_at_services=" USED(
		"submission") "\n-e " ROUTE("cleanup") "\n",
	NULL, "no service pickup"},
    {"another cleanup besides", SUBMISSION, "",
	ALL "cleanup2 unix n - y - 0 cleanup\n", "",
	"-e deliver_at_other_header_checks=\n" SET_OURS ENTRY(OTHER, "")
	    INNER(OTHER) "-e header_checks=" OTHER
			 "\n-e deliver_at_services=" USED("submission")
			     USED("pickup") "\n-e " ROUTE("cleanup") "\n",
	NULL, NULL},
    {"another cleanup for all", SUBMISSION, "cleanup_service_name = pre\n",
	USERS PICKUP "pre unix n - y - 0 cleanup -o header_checks=x:y\n",
	"pre/unix/header_checks = x:y\n",
	"-e deliver_at_other_header_checks=\n" SET_OURS ENTRY("x:y", "")
	    INNER("x:y") "-e header_checks=" OTHER
			 "\n-e deliver_at_other_cleanup_service_name=pre\n"
			 "-e deliver_at_services=" USED("submission")
			     USED("pickup") "\n-e " ROUTE(
				 "$deliver_at_other_cleanup_service_name") "\n",
	NULL, NULL},
    {"header_checks of the site's cleanup, with blanks", SUBMISSION, "",
	USERS PICKUP "cleanup unix n - y - 0 cleanup -o {header_checks=a:b, "
		     "c:d} -o mime_header_checks=-o\n",
	"cleanup/unix/header_checks = a:b, c:d\n",
	"-e deliver_at_other_header_checks=\n" SET_OURS
	"-M cleanup-deliver-at/unix=cleanup-deliver-at unix n - y - 0 cleanup "
	"-o mime_header_checks=-o "
	"-o {header_checks=$deliver_at_header_checks,a:b, c:d} "
	"-o {nested_header_checks=a:b, c:d}\n-e header_checks=" OTHER
	"\n-e deliver_at_services=" USED("submission")
	    USED("pickup") "\n-e " ROUTE("cleanup") "\n",
	NULL, NULL},
    {"inner checks that name those of the site's cleanup", SUBMISSION,
	"mime_header_checks = $header_checks\n",
	USERS PICKUP "cleanup unix n - y - 0 cleanup -o header_checks=a:b\n",
	"cleanup/unix/header_checks = a:b\n",
	"refused: the service cleanup in master.cf has -o header_checks", NULL,
	NULL},
    {"all is there", SUBMISSION, OUR_MAIN, ALL OUR_ENTRY, OUR_OVERRIDES, "",
	NULL, NULL},
    {"header_checks came later", SUBMISSION,
	OUR_MAIN "header_checks = regexp:/new\n", ALL OUR_ENTRY, OUR_OVERRIDES,
	"-e deliver_at_other_header_checks=regexp:/new\n"
	"-e header_checks=" OTHER "\n",
	NULL, NULL},
    {"a service came later", SUBMISSION, OUR_MAIN,
	"[::1]:465 inet n - y - - smtpd\n" ALL OUR_ENTRY, OUR_OVERRIDES,
	"-e deliver_at_services=" USED("submission") USED("pickup")
	    USED("[::1]:465") "\n",
	NULL, NULL},
    {"a service that is one by its log's name", SUBMISSION, OUR_MAIN,
	"10465 inet n - y - - smtpd\n" ALL OUR_ENTRY,
	OUR_OVERRIDES "10465/inet/syslog_name = postfix/smtps\n",
	"-e deliver_at_services=" USED("submission") USED("pickup")
	    USED("10465") "\n",
	NULL, NULL},
    {"our options were taken out", SUBMISSION, OUR_MAIN,
	ALL "cleanup-deliver-at unix n - y - 0 cleanup\n",
	"cleanup-deliver-at/unix/mime_header_checks = $header_checks\n",
	"-P "
	"cleanup-deliver-at/unix/header_checks=$deliver_at_header_checks," OTHER
	"\n-P cleanup-deliver-at/unix/mime_header_checks=" OTHER
	"\n-P cleanup-deliver-at/unix/nested_header_checks=" OTHER "\n",
	NULL, NULL},
    {"another table in ours", SUBMISSION,
	"deliver_at_other_header_checks =\nheader_checks = " OTHER "\n"
	"deliver_at_header_checks = " OURS ", x:y\n"
	"deliver_at_services = " USED("submission")
	    USED("pickup") "\n"
			   "cleanup_service_name = ${{$deliver_at_services} == "
			   "{} ? {cleanup} "
			   ": {cleanup-deliver-at}}\n",
	ALL OUR_ENTRY, OUR_OVERRIDES, "", NULL, NULL},
    {"no service for users", SUBMISSION, OUR_MAIN,
	SMTP PICKUP CLEANUP OUR_ENTRY, OUR_OVERRIDES, "", NULL,
	"no service submission"},
    {"header checks that are off", SUBMISSION, OUR_MAIN, ALL OUR_ENTRY,
	OUR_OVERRIDES
	"submission/inet/receive_override_options = no_header_body_checks\n",
	"", NULL, "no_header_body_checks"},
    {"an entry with its own cleanup", SUBMISSION, "", ALL,
	"submission/inet/cleanup_service_name = x\n",
	"refused: submission in master.cf has -o cleanup_service_name=x", NULL,
	NULL},
    {"no such cleanup", SUBMISSION, "cleanup_service_name = x\n", ALL, "",
	"refused: no service of type unix", NULL, NULL},
    {"no such cleanup, everywhere", EVERYTHING, "cleanup_service_name = x\n",
	ALL, "", "refused: no service x of type unix", NULL, NULL},
    {"inner checks with a condition", SUBMISSION,
	"nested_header_checks = ${header_checks?{x:y}}\n", ALL, "",
	"refused: nested_header_checks", NULL, NULL},
    {"inner checks with a dollar sign that is one", EVERYTHING,
	"mime_header_checks = x:$$header_checks\n", ALL, "",
	"-e deliver_at_other_header_checks=\n"
	"-e deliver_at_header_checks=" OURS "\n"
	"-e nested_header_checks=" OTHER "\n"
	"-e header_checks=$deliver_at_header_checks, " OTHER "\n",
	NULL, NULL},
    {"a name that refers to itself", EVERYTHING,
	"my = $my\nmime_header_checks = $my\n", ALL, "",
	"-e deliver_at_other_header_checks=\n"
	"-e deliver_at_header_checks=" OURS "\n"
	"-e nested_header_checks=" OTHER "\n"
	"-e header_checks=$deliver_at_header_checks, " OTHER "\n",
	NULL, NULL},
    {"inner checks by way of a name", EVERYTHING,
	"my = $header_checks\nmime_header_checks = $my\n", ALL, "",
	"refused: mime_header_checks", NULL, NULL},
    {"a cleanup whose checks hide ours", EVERYTHING, "", ALL,
	"cleanup/unix/header_checks = x:y\n",
	"refused: the service cleanup in master.cf has its own", NULL,
	"not asked"},
    {"another cleanup whose checks hide ours", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\n"
	"deliver_at_header_checks = " OURS "\n",
	ALL "post unix n - y - 0 cleanup\n", "post/unix/header_checks =\n", "",
	NULL, "the service post"},
    {"a cleanup that names ours for attached mail", EVERYTHING, "", ALL,
	"cleanup/unix/mime_header_checks = $header_checks\n",
	"refused: attached", NULL, NULL},
    {"the other recipe", EVERYTHING, OUR_MAIN, ALL OUR_ENTRY, OUR_OVERRIDES,
	"refused: submission only", NULL, NULL},
    {"the other recipe, the other way", SUBMISSION,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"deliver_at_other_header_checks =\n"
	"deliver_at_header_checks = " OURS "\n",
	ALL, "", "refused: for everything", NULL, NULL},
    {"by hand", SUBMISSION, "header_checks = x:y, " OURS "\n", ALL, "",
	"refused: by hand", NULL, NULL},
    {"an old Postfix", SUBMISSION, "mail_version = 3.6.9\n", ALL, "",
	"refused: Postfix is 3.6.9", NULL, NULL},
    {"an old Postfix's snapshot", SUBMISSION, "mail_version = 2.11-2014\n", ALL,
	"", "refused: README", NULL, NULL},
    {"a new Postfix", SUBMISSION, OUR_MAIN "mail_version = 3.12-20260821\n",
	ALL OUR_ENTRY, OUR_OVERRIDES, "", NULL, NULL},
    {"the next Postfix", SUBMISSION, OUR_MAIN "mail_version = 4.0\n",
	ALL OUR_ENTRY, OUR_OVERRIDES, "", NULL, NULL},
    {"a socket elsewhere", SUBMISSION, "", ALL, "", "refused: chroot",
	"socketmap_listen = unix:/run/x/socketmap\n", NULL},
    {"a socket elsewhere, and no chroot", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\n",
	"cleanup unix n - - - 0 cleanup\n", "",
	"-e deliver_at_header_checks=regexp:{{/^X-Deliver-At[[:space:]]*:."
	"{2000}/ REJECT 5.6.0 X-Deliver-At: line too long}}, pipemap:{regexp:"
	"{{/^(X-Deliver-At[[:space:]]*:.*)$$/ $$1}}, "
	"socketmap:unix:/run/x/socketmap:deliver-at}\n",
	"socketmap_listen = unix:/run/x/socketmap\n", NULL},
    {"a chroot by an old default", SUBMISSION, "compatibility_level = 0\n",
	USERS PICKUP "cleanup unix n - - - 0 cleanup\n", "", "refused: chroot",
	"socketmap_listen = unix:/run/x/socketmap\n", NULL},
    {"two names and a tcp_table", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\n",
	ALL, "",
	"-e deliver_at_header_checks=regexp:{{/^(A|B)[[:space:]]*:.{2000}/ "
	"REJECT 5.6.0 A: line too long}}, pipemap:{regexp:{{/^((A|B)"
	"[[:space:]]*:.*)$$/ $$1}}, tcp:[::1]:10045}\n",
	"header_names = A, B\nsocketmap_listen = (off)\n"
	"tcp_table_listen = inet:[::1]:10045\n",
	NULL},
    {"a socketmap on a port", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\n",
	ALL, "",
	"-e deliver_at_header_checks=regexp:{{/^X-Deliver-At[[:space:]]*:."
	"{2000}/ REJECT 5.6.0 X-Deliver-At: line too long}}, pipemap:{regexp:"
	"{{/^(X-Deliver-At[[:space:]]*:.*)$$/ $$1}}, "
	"socketmap:inet:127.0.0.1:10044:deliver-at}\n",
	"socketmap_listen = inet:127.0.0.1:10044\n", NULL},
    {"a folder whose name begins as the queue's", SUBMISSION, "", ALL, "",
	"refused: chroot",
	"socketmap_listen = unix:/var/spool/postfix2/socketmap\n", NULL},
    {"the site's tables have lost their name", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n",
	ALL, "", "-e deliver_at_other_header_checks=\n" SET_OURS, NULL, NULL},
    {"ours were taken out of header_checks", EVERYTHING,
	"header_checks = " OTHER ", x:y\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\n"
	"deliver_at_header_checks = " OURS "\n",
	ALL, "", "-e header_checks=$deliver_at_header_checks, " OTHER ", x:y\n",
	NULL, NULL},
    {"inner checks that compare the outer", SUBMISSION,
	"my = ${{$header_checks} == {} ? {} : {x:y}}\n"
	"mime_header_checks = $my\n",
	ALL, "", "refused: mime_header_checks", NULL, NULL},
    {"rules, a list that two entries share", SUBMISSION,
	OUR_MAIN "deliver_at_rules = mine\nmua = permit\n",
	"submissions inet n - y - - smtpd\n" SMTP PICKUP CLEANUP USERS
	    OUR_ENTRY,
	OUR_OVERRIDES "submission/inet/smtpd_recipient_restrictions = $mua\n"
		      "submissions/inet/smtpd_recipient_restrictions = "
		      "${mua}\n",
	"-e deliver_at_services=" USED("submission") USED("pickup")
	    USED("submissions") "\n-e mua=" HERE ", permit\n",
	"rules_file = /r\n", NULL},
    {"a name that is no word", SUBMISSION, "", ALL, "", "refused: letters",
	"header_names = A+B\n", NULL},
    {"a tcp_table on a path", SUBMISSION, "", ALL, "", "refused: over TCP only",
	"socketmap_listen = (off)\ntcp_table_listen = unix:/x/y\n", NULL},
    {"nobody to ask", SUBMISSION, "", ALL, "", "refused: both off",
	"socketmap_listen = (off)\n", NULL},
    {"rules, no list", SUBMISSION, OUR_MAIN, ALL OUR_ENTRY, OUR_OVERRIDES,
	"-e deliver_at_rules=check_policy_service { unix:deliver-at/policy, "
	"timeout=5s, default_action=DUNNO }\n"
	"-e smtpd_recipient_restrictions=" HERE "\n",
	"rules_file = /r\n", NULL},
    {"rules, their own default_action", SUBMISSION,
	OUR_MAIN "deliver_at_rules = mine\n"
		 "smtpd_recipient_restrictions = reject_x  permit, reject\n",
	ALL OUR_ENTRY, OUR_OVERRIDES,
	"-e smtpd_recipient_restrictions=reject_x  " HERE ", permit, reject\n",
	"rules_file = /r\n", NULL},
    {"rules, a list in master.cf", SUBMISSION,
	OUR_MAIN "deliver_at_rules = mine\n", ALL OUR_ENTRY,
	OUR_OVERRIDES "submission/inet/smtpd_recipient_restrictions = "
		      "permit_sasl_authenticated, reject\n",
	"", "rules_file = /r\n",
	"smtpd_recipient_restrictions=$deliver_at_rules,"
	"permit_sasl_authenticated,reject"},
    {"rules, a list that cannot be told", SUBMISSION,
	OUR_MAIN "deliver_at_rules = mine\n"
		 "smtpd_recipient_restrictions = permit, reject_x\n",
	ALL OUR_ENTRY, OUR_OVERRIDES, "", "rules_file = /r\n", "cannot tell"},
    {"rules, an argument that looks like a permit", SUBMISSION,
	OUR_MAIN
	"deliver_at_rules = mine\n"
	"smtpd_recipient_restrictions = reject_rbl_client permit reject_x\n",
	ALL OUR_ENTRY, OUR_OVERRIDES,
	"-e smtpd_recipient_restrictions=reject_rbl_client permit "
	"reject_x, " HERE "\n",
	"rules_file = /r\n", NULL},
    {"rules, the policy service off", SUBMISSION, OUR_MAIN, ALL OUR_ENTRY,
	OUR_OVERRIDES, "", "rules_file = /r\npolicy_listen = (off)\n",
	"not asked for"},
    {"rules, relaying is refused later", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\ndeliver_at_rules = mine\n"
	"deliver_at_header_checks = " OURS "\n"
	"smtpd_relay_before_recipient_restrictions = no\n",
	ALL, "", "", "rules_file = /r\n", "before relaying is refused"},
    {"rules everywhere, no list", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\n"
	"deliver_at_header_checks = " OURS "\n"
	"deliver_at_rules =\n",
	ALL, "10025/inet/receive_override_options = no_header_body_checks\n",
	"-e deliver_at_rules=check_policy_service { unix:deliver-at/policy, "
	"timeout=5s, default_action=DUNNO }\n"
	"-e smtpd_recipient_restrictions=reject_unlisted_recipient, "
	"$deliver_at_rules\n",
	"rules_file = /r\n", NULL},
    {"rules everywhere, an empty list, unlisted recipients taken", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\n"
	"deliver_at_header_checks = " OURS "\n"
	"deliver_at_rules = mine\nsmtpd_recipient_restrictions =\n"
	"smtpd_reject_unlisted_recipient = no\n",
	ALL, "", "-e smtpd_recipient_restrictions=${deliver_at_rules}\n",
	"rules_file = /r\n", NULL},
    {"rules everywhere, an entry whose mail is not asked about", EVERYTHING,
	"header_checks = $deliver_at_header_checks, " OTHER "\n"
	"mime_header_checks = " OTHER "\nnested_header_checks = " OTHER "\n"
	"deliver_at_other_header_checks =\n"
	"deliver_at_header_checks = " OURS "\n"
	"deliver_at_rules = mine\n",
	"10025 inet n - y - - smtpd\n" PICKUP CLEANUP,
	"10025/inet/receive_override_options = no_header_body_checks\n", "",
	"rules_file = /r\n", NULL},
    {"undo an empty list of rules, and header_checks that were not set", UNDO,
	"deliver_at_other_header_checks =\nheader_checks = " OTHER "\n"
	"smtpd_recipient_restrictions = ${deliver_at_rules}\n"
	"deliver_at_services = " USED("pickup") "\n"
						"cleanup_service_name = mine\n",
	ALL, "",
	"-e smtpd_recipient_restrictions=\n-X deliver_at_services\n"
	"-X header_checks\n-X deliver_at_other_header_checks\n",
	NULL, NULL},
    {"undo what another parameter refers to", UNDO,
	"deliver_at_other_header_checks = x:y\nheader_checks = " OTHER "\n"
	"smtp_header_checks = " OTHER "\n",
	ALL, "", "-e header_checks=x:y\n", NULL, "smtp_header_checks refers"},
    {"undo where nothing is", UNDO, "header_checks = x:y\n", ALL, "", "", NULL,
	NULL},
    {"undo what was done by hand", UNDO,
	"header_checks = $deliver_at_header_checks\n"
	"deliver_at_header_checks = " OURS "\n",
	ALL OUR_ENTRY, OUR_OVERRIDES, "", NULL, NULL},
    {"undo", UNDO, OUR_MAIN, ALL OUR_ENTRY, OUR_OVERRIDES,
	"-X cleanup_service_name\n-X deliver_at_services\n"
	"-e header_checks=regexp:/a\n-MX cleanup-deliver-at/unix\n"
	"-X deliver_at_header_checks\n-X deliver_at_other_header_checks\n",
	NULL, NULL},
    {"undo with options that the site's cleanup has too", UNDO, OUR_MAIN,
	USERS PICKUP "cleanup unix n - y - 0 cleanup -v -o a=b\n"
		     "cleanup-deliver-at unix n - y - 0 cleanup -v -o a=b -o "
		     "header_checks=$deliver_at_header_checks,x:y\n",
	OUR_OVERRIDES,
	"-X cleanup_service_name\n-X deliver_at_services\n"
	"-e header_checks=regexp:/a\n-MX cleanup-deliver-at/unix\n"
	"-X deliver_at_header_checks\n-X deliver_at_other_header_checks\n",
	NULL, NULL},
    {"undo with an argument that is no option", UNDO, OUR_MAIN,
	USERS PICKUP CLEANUP "cleanup-deliver-at unix n - y - 0 cleanup -v -o "
			     "header_checks=$deliver_at_header_checks\n",
	OUR_OVERRIDES, "-e deliver_at_header_checks=\n", NULL, "stays"},
    {"undo with header_checks of its own in our entry", UNDO, OUR_MAIN,
	USERS PICKUP CLEANUP "cleanup-deliver-at unix n - y - 0 cleanup -o "
			     "header_checks=x:y\n",
	OUR_OVERRIDES, "-e deliver_at_header_checks=\n", NULL, "stays"},
    {"undo with another cleanup", UNDO,
	"deliver_at_other_header_checks =\nheader_checks = "
	"${deliver_at_other_header_checks}\n"
	"deliver_at_services = x\n"
	"deliver_at_other_cleanup_service_name = pre\n"
	"cleanup_service_name = ${{$deliver_at_services} == {} ? "
	"{$deliver_at_other_cleanup_service_name} : {cleanup-deliver-at}}\n",
	ALL, "",
	"-e cleanup_service_name=pre\n-X deliver_at_services\n"
	"-X deliver_at_other_cleanup_service_name\n-e header_checks=\n"
	"-X deliver_at_other_header_checks\n",
	NULL, NULL},
    {"undo everywhere", UNDO,
	"deliver_at_other_header_checks = x:y\n"
	"deliver_at_header_checks = " OURS ", m:n\n"
	"header_checks = $deliver_at_header_checks, " OTHER ", z:z\n"
	"mime_header_checks = " OTHER "\n"
	"nested_header_checks = a:b ${deliver_at_other_header_checks}\n",
	ALL, "",
	"-e header_checks=m:n, x:y, z:z\n-X mime_header_checks\n"
	"-e nested_header_checks=a:b $header_checks\n"
	"-X deliver_at_header_checks\n-X deliver_at_other_header_checks\n",
	NULL, NULL},
    {"undo rules", UNDO,
	"deliver_at_other_header_checks =\ndeliver_at_rules = mine\n"
	"mua = " HERE ", permit\n"
	"smtpd_recipient_restrictions = reject_unlisted_recipient, "
	"$deliver_at_rules\n",
	ALL, "",
	"-e mua=permit\n-X smtpd_recipient_restrictions\n"
	"-X deliver_at_other_header_checks\n-X deliver_at_rules\n",
	NULL, NULL},
    {"undo rules that an entry asks for by hand", UNDO,
	"deliver_at_other_header_checks =\ndeliver_at_rules = mine\n", ALL,
	"submission/inet/smtpd_recipient_restrictions = $deliver_at_rules\n",
	"-X deliver_at_other_header_checks\n-e deliver_at_rules=\n", NULL,
	"submission/inet/smtpd_recipient_restrictions refers to it"},
    {"undo with an entry that was changed", UNDO, OUR_MAIN,
	ALL "cleanup-deliver-at unix n - y - 0 cleanup -o "
	    "header_checks=$deliver_at_header_checks -o x=y\n",
	OUR_OVERRIDES, "-e deliver_at_header_checks=\n", NULL, "stays"},
    {"undo while another entry uses our service", UNDO, OUR_MAIN, ALL OUR_ENTRY,
	OUR_OVERRIDES "smtp/inet/cleanup_service_name = cleanup-deliver-at\n",
	"-e deliver_at_header_checks=\n", NULL, "another entry"},
    {"undo with header_checks replaced", UNDO,
	"deliver_at_other_header_checks = x:y\nheader_checks = z:z\n", ALL, "",
	"-X deliver_at_other_header_checks\n", NULL, "was: x:y"},
};

static void
read_settings(const struct row *r, struct settings *settings)
{
	char error[CONF_ERROR_SIZE] = "";

	if (!settings_parse(settings, span_str(r->conf != NULL ? r->conf : ""),
		"row", error))
		check_string(r->row, error, "");
}

static void
print_plan(const struct setup_plan *plan, struct buf *got)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct setup_change *c = &plan->change[i];
		bool valued = c->op != SETUP_UNSET && c->op != SETUP_NO_SERVICE;

		buf_append(got, span_str(setup_op_option(c->op)));
		buf_append(got, span_str(" "));
		buf_append(got, span_str(c->target));
		buf_append(got, span_str(valued ? "=" : ""));
		buf_append(got, span_str(c->value));
		buf_append(got, span_str("\n"));
	}
}

static void
check_notes(const struct row *r, const struct setup_plan *plan)
{
	struct buf notes;
	char text[8192];

	buf_init(&notes, sizeof(text) - 1);
	for (size_t i = 0; i < plan->n_notes; i++)
		buf_append(&notes, span_str(plan->note[i]));
	span_to_string(buf_span(&notes), text, sizeof(text));
	if (r->note != NULL)
		check_part(r->row, text, r->note);
	else
		check_string(r->row, text, "");
	buf_free(&notes);
}

static void
check_row(const struct row *r)
{
	static const char refused[] = "refused: ";
	struct span main_cf = exact_copy(span_str(r->main_cf));
	struct postconf_view view = {.explicit = main_cf,
	    .all = SPAN(DEFAULTS),
	    .services = span_str(r->services),
	    .overrides = span_str(r->overrides)};
	struct settings settings;
	struct setup_site site = {&view, main_cf, &settings};
	struct setup_plan plan;
	struct buf got;
	bool is_refused = strncmp(r->want, refused, strlen(refused)) == 0;

	read_settings(r, &settings);
	if (r->way == UNDO)
		setup_plan_undo(&plan, &site);
	else
		setup_plan_make(&plan, &site, r->way == EVERYTHING);
	check_string(
	    r->row, plan.refused && !is_refused ? plan.refusal : "", "");
	check_bool(r->row, plan.refused, is_refused);
	if (is_refused) {
		check_part(r->row, plan.refusal, r->want + strlen(refused));
	} else {
		buf_init(&got, 64 * 1024);
		print_plan(&plan, &got);
		check_span(r->row, buf_span(&got), span_str(r->want));
		check_notes(r, &plan);
		buf_free(&got);
	}
	setup_plan_free(&plan);
	exact_free(main_cf);
}

static void
changes_are_planned(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(changes_are_planned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
