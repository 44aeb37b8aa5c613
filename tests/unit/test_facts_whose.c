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

#define LINE_BY    "\tby private.test (Postfix) with ESMTPS id "
#define ID(id)     "by private.test (Postfix, from userid 102)\n\tid " id "; date"
#define BEFORE(id) "Received: " ID(id)

static const struct {
	const char *row;
	const char *headers[HEADERS_MAX];
	bool requeued;
	const char *former; /* with a blank behind each */
} requeues[] = {
    {"none", {NINE}, false, ""},
    {"never requeued", {FROM_CLIENT, NINE}, false, ""},
    {"sent by sendmail(1)", {BY_USER("1000"), NINE}, false, ""},
    {"requeued", {REQUEUED, FROM_CLIENT, NINE}, true, "C5A28A72512 "},
    {"with headers above and between",
	{"X-Deliver-At: never (rule a)", REQUEUED, NINE, FROM_CLIENT}, true,
	"C5A28A72512 "},
    {"requeued, nothing below", {REQUEUED, NINE}, true, ""},
    {"sent by sendmail(1) and requeued", {REQUEUED, BY_USER("0")}, true,
	"7E92DA72642 "},
    {"requeued twice", {REQUEUED, BEFORE("MAILAAB"), FROM_CLIENT}, true,
	"MAILAAB C5A28A72512 "},
    {"more often than is kept",
	{REQUEUED, BEFORE("MAILAAE"), BEFORE("MAILAAD"), BEFORE("MAILAAC"),
	    BEFORE("MAILAAB"), FROM_CLIENT},
	true, "MAILAAE MAILAAD MAILAAC MAILAAB "},
    {"as often as is kept",
	{REQUEUED, BEFORE("MAILAAD"), BEFORE("MAILAAC"), BEFORE("MAILAAB"),
	    FROM_CLIENT},
	true, "MAILAAD MAILAAC MAILAAB C5A28A72512 "},
    {"what stands below the first that is no requeue's",
	{REQUEUED, FROM_CLIENT, BEFORE("MAILAAB"), FROM_CLIENT}, true,
	"C5A28A72512 "},
    {"a requeue's below smtpd's", {FROM_CLIENT, REQUEUED}, false, ""},
    {"one that says nothing", {REQUEUED, "Received: x", FROM_CLIENT}, true, ""},
    {"an empty one", {REQUEUED, "Received:", FROM_CLIENT}, true, ""},
    {"a requeue's without an id",
	{REQUEUED, "Received: by a (Postfix, from userid 102)", FROM_CLIENT},
	true, "C5A28A72512 "},
    {"an id with a recipient behind it",
	{REQUEUED,
	    "Received: from a (b [192.0.2.7])\n" LINE_BY
	    "MAILAAB\n\tfor <x@y>; date"},
	true, "MAILAAB "},
    {"an id with a date behind it",
	{REQUEUED,
	    "Received: from a (b [192.0.2.7])\n" LINE_BY
	    "4ZfZ2k3Y4Hz1m8x;\n\tdate"},
	true, "4ZfZ2k3Y4Hz1m8x "},
    {"an id and a date in one line",
	{REQUEUED, "Received: by a (Postfix) id MAILAAB; Sat, 21 Nov"}, true,
	"MAILAAB "},
    {"an id in a recipient",
	{REQUEUED,
	    "Received: from a (b)\n" LINE_BY
	    "MAILAAB\n\tfor <\" id FAKEAAA; by x id FAKEAAA\"@y>; date"},
	true, "MAILAAB "},
    {"an id in a greeting",
	{REQUEUED,
	    "Received: from by x id FAKEAAA (b [192.0.2.7])\n" LINE_BY
	    "MAILAAB; date"},
	true, "MAILAAB "},
    {"an id in a login",
	{REQUEUED,
	    "Received: from a (b [192.0.2.7])\n\t(Authenticated sender: by id "
	    "FAKEAAA)\n" LINE_BY "MAILAAB; date"},
	true, "MAILAAB "},
    {"the name of the mail system has one",
	{REQUEUED, "Received: by a (My id SYSTEM) with ESMTP id MAILAAB;"},
	true, "MAILAAB "},
    {"no id behind the last word", {REQUEUED, "Received: by a with ESMTP id"},
	true, ""},
    {"an id that is none", {REQUEUED, "Received: by a with ESMTP id ../..; x"},
	true, ""},
    {"an id that is too short",
	{REQUEUED, "Received: by a with ESMTP id MAILA; x"}, true, ""},
    {"a word that ends in id", {REQUEUED, "Received: by a void MAILAAB; x"},
	true, ""},
};

static void
former_queue_ids_are_found(void **state)
{
	struct settings settings;

	(void)state;
	load_settings(&settings, "");
	for (size_t i = 0; i < COUNT_OF(requeues); i++) {
		const char *row = requeues[i].row;
		char got[FACTS_FORMER_MAX * (QID_SIZE + 1)] = "";
		size_t n = 0;
		struct facts f;

		take_headers(&f, requeues[i].headers, &settings);
		for (size_t k = 0; k < f.n_former; k++) {
			n += qid_format(&f.former[k], got + n);
			got[n++] = ' ';
			got[n] = '\0';
		}
		check_string(row, got, requeues[i].former);
		check_bool(row, f.requeued, requeues[i].requeued);
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

static const struct {
	const char *row;
	const char *headers[HEADERS_MAX];
	const char *rule;
} latest[] = {
    {"none", {FROM_CLIENT, NINE}, ""},
    {"one", {NINE " (rule night)", FROM_CLIENT}, "night"},
    {"the later one first", {TEN " (rule a)", NINE " (rule b)"}, "a"},
    {"the later one last", {NINE " (rule a)", TEN " (rule b)"}, "b"},
    {"the first of two that are as late", {TEN " (rule a)", TEN " (rule b)"},
	"a"},
    {"one whose name is longer",
	{NINE " (rule a)", TEN " (rule abcdef)", NINE " (rule b)"}, "abcdef"},
    {"one whose name is shorter", {NINE " (rule abcdef)", TEN " (rule a)"},
	"a"},
    {"a forged one", {NINE " (rule a)", FROM_CLIENT, TEN " (rule b)"}, "a"},
    {"never is no date", {"X-Deliver-At: never (rule b)", NINE " (rule a)"},
	"a"},
    {"never alone", {"X-Deliver-At: never (rule b)"}, ""},
    {"the longest name",
	{NINE " (rule 123456789012345678901234567890"
	      "1234567890123456789012345678901234)"},
	"1234567890123456789012345678901234567890123456789012345678901234"},
};

static void
the_rule_of_the_latest_date_is_known(void **state)
{
	struct settings settings;

	(void)state;
	load_settings(&settings, "");
	for (size_t i = 0; i < COUNT_OF(latest); i++) {
		struct facts f;

		take_headers(&f, latest[i].headers, &settings);
		check_string(latest[i].row, f.rule_latest, latest[i].rule);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_rule_of_the_latest_date_is_known),
	    cmocka_unit_test(former_queue_ids_are_found),
	    cmocka_unit_test(rules_that_wrote_never_are_named),
	    cmocka_unit_test(a_message_counts_for_its_login_or_its_sender),
	};

	return cmocka_run_group_tests_name("facts_whose", tests, NULL, NULL);
}
