/* SPDX-License-Identifier: ISC */
/*
 * Which rules hold a message, and for whom it counts.
 */
#include "tests/unit/facts_support.h"

#include "policyd/sched/submitter.h"

#define NEVER(rule) "X-Deliver-At: never (rule " rule ")"
#define NAME_63                                                                \
	"123456789-123456789-123456789-123456789-123456789-123456789-123"

static const struct {
	const char *row;
	const char *headers[HEADERS_MAX];
	const char *rules; /* with a blank behind each */
	bool more;
} nevers[] = {
    {"none", {FROM_CLIENT, NINE}, "", false},
    {"one", {NEVER("a"), FROM_CLIENT}, "a ", false},
    {"a name of another case is another",
	{NEVER("Ab.c_-9"), NEVER("ab.c_-9"), FROM_CLIENT}, "Ab.c_-9 ab.c_-9 ",
	false},
    {"the topmost first", {NEVER("b"), NEVER("a"), FROM_CLIENT}, "b a ", false},
    {"one rule twice",
	{NEVER("a"), NEVER("b"), NEVER("a"), NEVER("b"), FROM_CLIENT}, "a b ",
	false},
    {"a name and its beginning", {NEVER("ab"), NEVER("a"), NEVER("abc")},
	"ab a abc ", false},
    {"a rule's date is no never", {NINE " (rule a)", NEVER("b"), FROM_CLIENT},
	"b ", false},
    {"a sender's", {FROM_CLIENT, NEVER("a")}, "", false},
    {"a sender's below a rule's", {NEVER("a"), FROM_CLIENT, NEVER("b")}, "a ",
	false},
    {"in requeued mail", {REQUEUED, NEVER("a"), FROM_CLIENT}, "a ", false},
    {"with a comment behind", {NEVER("a") " (rule b)", FROM_CLIENT}, "a ",
	false},
    {"the longest name", {NEVER(NAME_63 "4")}, NAME_63 "4 ", false},
    {"a name too long for a rule", {NEVER(NAME_63 "45")}, "", false},
    {"three", {NEVER("a"), NEVER("b"), NEVER("c"), FROM_CLIENT}, "a b c ",
	false},
    {"four", {NEVER("a"), NEVER("b"), NEVER("c"), NEVER("d"), FROM_CLIENT},
	"a b c d ", false},
    {"four, one of them twice",
	{NEVER("a"), NEVER("b"), NEVER("c"), NEVER("d"), NEVER("d"),
	    FROM_CLIENT},
	"a b c d ", false},
    {"five",
	{NEVER("a"), NEVER("b"), NEVER("c"), NEVER("d"), NEVER("e"),
	    FROM_CLIENT},
	"a b c d ", true},
};

static void
rules_that_wrote_never_are_named(void **state)
{
	struct settings settings;

	(void)state;
	load_settings(&settings, "");
	for (size_t i = 0; i < COUNT_OF(nevers); i++) {
		const char *row = nevers[i].row;
		char got[512] = "";
		size_t n = 0;
		struct facts f;

		take_headers(&f, nevers[i].headers, &settings);
		for (size_t k = 0; k < f.n_rules; k++)
			n += (size_t)snprintf(
			    got + n, sizeof(got) - n, "%s ", f.rules[k]);
		check_string(row, got, nevers[i].rules);
		check_bool(row, f.more_rules, nevers[i].more);
		check_bool(row, f.rule_never, nevers[i].rules[0] != '\0');
	}
}

enum { RECORDS_MAX = 4 };

static const struct {
	const char *row;
	struct {
		const char *name;
		const char *value;
	} records[RECORDS_MAX]; /* all but "sender" are named attributes */
	const char *login; /* whose it is, */
	const char *sender; /* of these two */
} submitters[] = {
    {"a sender", {{"sender", "Ann@A.test"}}, NULL, "ann@a.test"},
    {"the empty sender", {{"sender", ""}}, NULL, ""},
    {"a login behind its sender",
	{{"sender", "ann@a.test"}, {"sasl_method", "PLAIN"},
	    {"sasl_username", "Ann"}},
	"Ann", NULL},
    {"a login in front of it",
	{{"sasl_username", "ann"}, {"sender", "ann@a.test"}}, "ann", NULL},
    {"a login and the empty sender", {{"sender", ""}, {"sasl_username", "ann"}},
	"ann", NULL},
    {"an empty login", {{"sender", "ann@a.test"}, {"sasl_username", ""}}, NULL,
	"ann@a.test"},
    {"a login and an empty one",
	{{"sender", "ann@a.test"}, {"sasl_username", "ann"},
	    {"sasl_username", ""}},
	"ann", NULL},
    {"the sender for a filter",
	{{"sender", "ann@a.test"}, {"sasl_sender", "ben@b.test"}}, NULL,
	"ann@a.test"},
};

static void
a_message_counts_for_its_login_or_its_sender(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(submitters); i++) {
		const char *row = submitters[i].row;
		const char *login = submitters[i].login;
		uint64_t want = login != NULL
		    ? submitter_of_login(&facts_key, span_str(login))
		    : submitter_of_sender(
			  &facts_key, span_str(submitters[i].sender));
		struct facts f;

		facts_begin(&f);
		for (size_t k = 0; k < RECORDS_MAX; k++) {
			const char *name = submitters[i].records[k].name;

			if (name == NULL)
				break;
			facts_take_attribute(&f, span_str(name),
			    strcmp(name, "sender") != 0,
			    span_str(submitters[i].records[k].value),
			    &facts_key);
		}
		check_bool(row, f.submitter == want, true);
		check_bool(row, f.authenticated, login != NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_that_wrote_never_are_named),
	    cmocka_unit_test(a_message_counts_for_its_login_or_its_sender),
	};

	return cmocka_run_group_tests_name("facts_whose", tests, NULL, NULL);
}
