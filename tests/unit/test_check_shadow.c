/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check_support.h"

#include "policyd/ctl/check_shadow.h"

static const struct {
	const char *row;
	const char *rules;
	const char *text; /* of the finding; NULL: there is none */
} rows[] = {
    {"one rule", "a sender=x@x.test : hold\n", NULL},
    {"two addresses at once", "a sender=x@x.test sender=y@x.test : hold\n",
	"rule a never matches: sender=x@x.test and sender=y@x.test cannot both "
	"be true"},
    {"two lists that share one",
	"a sender=x@x.test,y@x.test sender=y@x.test,z@x.test : hold\n", NULL},
    {"two lists that share none",
	"a sender=x@x.test,y@x.test sender=z@x.test : hold\n", "cannot both"},
    {"letters of addresses do not matter",
	"a sender=x@x.test sender=X@X.test : hold\n", NULL},
    {"nor do dots at their ends, which are not looked at",
	"a sender=x@x.test sender=x@x.test. : hold\n", NULL},
    {"a domain may have it", "a sender=x@x.test sender=@y.test : hold\n", NULL},
    {"so may domains below", "a sender=x@x.test sender=@.y.test : hold\n",
	NULL},
    {"anything has it", "a sender=x@x.test sender=* : hold\n", NULL},
    {"the empty sender", "a sender=<> sender=x@x.test : hold\n", NULL},
    {"different attributes", "a sender=x@x.test recipient=y@x.test : hold\n",
	NULL},
    {"an address and its negation",
	"a sender=x@x.test sender!=x@x.test : hold\n",
	"sender=x@x.test and sender!=x@x.test"},
    {"some of a list are left",
	"a sender=x@x.test,y@x.test sender!=x@x.test : hold\n", NULL},
    {"none of a list is left",
	"a sender=x@x.test,y@x.test sender!=y@x.test,z@x.test,x@x.test : "
	"hold\n",
	"cannot both"},
    {"two negations", "a sender!=x@x.test sender!=y@x.test : hold\n", NULL},
    {"two logins", "a sasl_username=ann sasl_username=ben : hold\n",
	"cannot both"},
    {"letters of logins matter",
	"a sasl_username=ann sasl_username=Ann : hold\n", "cannot both"},
    {"a pattern may match", "a sasl_username=ann sasl_username=b* : hold\n",
	NULL},
    {"so may one with a set",
	"a sasl_username=ann sasl_username=[ab]nn : hold\n", NULL},
    {"too large and too small", "a size>10k size<5k : hold\n",
	"size>10k and size<5k"},
    {"between two sizes", "a size>5k size<10k : hold\n", NULL},
    {"nothing between them", "a size>5 size<6 : hold\n", "cannot both"},
    {"one between them", "a size>5 size<7 : hold\n", NULL},
    {"a number out of bounds", "a size=5 size>5 : hold\n", "cannot both"},
    {"a number within", "a size=6 size>5 : hold\n", NULL},
    {"not one number, but another", "a size!=6 size=7 : hold\n", NULL},
    {"some numbers within", "a size=1,6 size>5 : hold\n", NULL},
    {"not a number, and that number, is not looked at",
	"a size=6 size!=6 : hold\n", NULL},
    {"behind the same pass",
	"a sender=x@x.test : pass\nb sender=x@x.test size>5 : hold\n",
	"rule b never counts: whatever it matches, rule a before it ends the "
	"search for"},
    {"behind the same reject",
	"a sender=x@x.test : reject 5.7.1 no\nb sender=x@x.test : hold\n",
	"rule b never counts"},
    {"behind the same defer",
	"a sender=x@x.test : defer 4.7.1 no\nb sender=x@x.test : hold\n",
	"rule b never counts"},
    {"behind the same that only holds",
	"a sender=x@x.test : hold\nb sender=x@x.test : hold\n", NULL},
    {"behind a pass that asks for more",
	"a sender=x@x.test size>5 : pass\nb sender=x@x.test : hold\n", NULL},
    {"before a pass", "a sender=x@x.test : hold\nb sender=x@x.test : pass\n",
	NULL},
};

static void
rules_that_never_match_are_found(void **state)
{
	const struct check_row nothing = {
	    .settings = "rules_file = /etc/deliver-at/rules\n"};
	const struct rules_context context = {
	    .file = "rules", .max_postpone_s = 86400};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct check_rig *rig = check_open(rows[i].row, &nothing);
		char error[RULE_ERROR_SIZE], text[FINDING_TEXT_MAX];
		struct rules rules;

		if (!rules_parse(
			&rules, span_str(rows[i].rules), &context, error))
			fail_msg("%s: %s", rows[i].row, error);
		check_shadow(&rig->site, &rules);
		check_names(
		    rows[i].row, rig, rows[i].text != NULL ? "rule-never" : "");
		if (rows[i].text != NULL) {
			span_to_string(buf_span(&rig->findings.finding[0].text),
			    text, sizeof(text));
			check_part(rows[i].row, text, rows[i].text);
			check_command(rows[i].row, rig,
			    "${EDITOR:-vi} /etc/deliver-at/rules && policyctl "
			    "reload");
		}
		rules_free(&rules);
		check_close(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_that_never_match_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
