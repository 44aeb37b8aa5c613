/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/rule_support.h"

#include "policyd/rule_action.h"

enum { WRITTEN_SIZE = 4096 };

static void
add(char out[WRITTEN_SIZE], const char *before, struct span text)
{
	size_t used = strlen(out);

	snprintf(out + used, WRITTEN_SIZE - used, "%s%.*s", before,
	    (int)text.len, text.data);
}

static void
add_number(char out[WRITTEN_SIZE], const char *before, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	add(out, before, span_str(text));
}

static void
write_conditions(
    const struct rules *rules, const struct rule *rule, char out[WRITTEN_SIZE])
{
	for (size_t i = 0; i < rule->n_conditions; i++) {
		const struct condition *c = rules_condition(rules, rule, i);
		struct span name = rules->attribute[c->place];

		add(out, i > 0 ? " " : "(", c->text);
		assert_true(c->place < rules->n_attributes);
		check_span("its attribute", span_head(c->text, name.len), name);
	}
	add(out, rule->n_conditions > 0 ? ")" : "", span_of("", 0));
}

static void
write_rule(
    const struct rules *rules, const struct rule *rule, char out[WRITTEN_SIZE])
{
	char text[CLOCK_UTC_SIZE];

	add(out, out[0] != '\0' ? "; " : "", rule->name);
	write_conditions(rules, rule, out);
	add(out, " ", span_str(rule_action_name(rule->action)));
	if (rule->action == RULE_DELAY)
		add_number(out, " ", rule->delay_s);
	if (rule->action == RULE_UNTIL)
		add(out, " ", span_str(clock_format_utc(rule->until_s, text)));
	if (rule->action == RULE_WINDOW) {
		add_number(out, " ", (int64_t)rule->window.n_ranges);
		add(out, " tz=", span_str(rules->zone[rule->zone].name));
	}
	if (rule->reply.len > 0)
		add(out, " ", rule->reply);
	if (rule->reason.len > 0)
		add(out, " reason: ", rule->reason);
}

static void
check_written(const char *row, struct span text, const char *want)
{
	struct shelf shelf = SHELF;
	struct rules rules;
	char error[RULE_ERROR_SIZE] = "", out[WRITTEN_SIZE] = "";

	if (!rules_try(&rules, text, &shelf, error)) {
		check_string(row, error, want);
		return;
	}
	for (size_t i = 0; i < rules.n; i++)
		write_rule(&rules, &rules.rule[i], out);
	check_string(row, out, want);
	rules_free(&rules);
}

struct row {
	const char *row;
	struct span text;
	const char *want;
};

static void
check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_written(rows[i].row, rows[i].text, rows[i].want);
}

/* Lines. */

static const struct row lines[] = {
    {"a rule", SPAN("a sender=b@c : pass\n"), "a(sender=b@c) pass"},
    {"no line end", SPAN("a sender=b@c : pass"), "a(sender=b@c) pass"},
    {"two rules", SPAN("a : pass\nb : hold\n"), "a pass; b hold"},
    {"two rules, no line end", SPAN("a : pass\nb : hold"), "a pass; b hold"},
    {"a rule without conditions", SPAN("a : pass\n"), "a pass"},
    {"the mark of UTF-8 in front", SPAN("\xef\xbb\xbf# x\na : pass\n"),
	"a pass"},
    {"tabs", SPAN("a\tsender=b@c\t:\tdelay\t30s\n"), "a(sender=b@c) delay 30"},
    {"lines that end with CR LF", SPAN("a : pass\r\nb : delay 1m\r\n"),
	"a pass; b delay 60"},
    {"CR LF inside a rule", SPAN("a\r\n : delay\r\n 1m\r\n"), "a delay 60"},
    {"a CR at the end of the file", SPAN("a : pass\r"), "a pass"},
    {"blanks behind", SPAN("a : pass \t \nb : pass \t"), "a pass; b pass"},
    {"comments and blank lines", SPAN("# one\n\n \t\na : pass\n#b : pass\n"),
	"a pass"},
    {"a comment with blanks before", SPAN(" # one\na : pass\n\t# b : pass\n"),
	"a pass"},
    {"a comment without a line end", SPAN("a : pass\n# b : pass"), "a pass"},
    {"a # that is no comment", SPAN("a sasl_username=#b : pass\n"),
	"a(sasl_username=#b) pass"},
    {"a rule in several lines", SPAN("a\n sender=b@c\n\t: delay\n  30s\n"),
	"a(sender=b@c) delay 30"},
    {"a rule that ends without a line end", SPAN("a\n : pass"), "a pass"},
    {"the next rule after such", SPAN("a\n : pass\nb\n : hold\n"),
	"a pass; b hold"},
    {"a comment inside a rule", SPAN("a\n# one\n : pass\n"), "a pass"},
    {"comments with blanks before inside a rule",
	SPAN("a\n  # one : hold\n\t#\n : pass\n"), "a pass"},
    {"blank lines inside a rule", SPAN("a\n\n \t \n : pass\n"), "a pass"},
    {"a blank line of CR LF inside a rule", SPAN("a\r\n\r\n : pass\r\n"),
	"a pass"},
    {"blank lines before the next rule", SPAN("a : pass\n\n# x\n\nb : hold\n"),
	"a pass; b hold"},
    {"a # behind the blanks of what goes on", SPAN("a\n #b=c\n : pass\n"),
	"a pass"},
};

static void
lines_make_rules(void **state)
{
	(void)state;
	check_rows(lines, COUNT_OF(lines));
}

#define TEN     "0123456789"
#define NAME_63 "abcXYZ_.-" TEN TEN TEN TEN TEN "ABCD"
#define NAME_64 NAME_63 "E"

static const struct row heads[] = {
    {"a name of one byte", SPAN("- : pass\n"), "- pass"},
    {"a name of 63 bytes", SPAN(NAME_63 " : pass\n"), NAME_63 " pass"},
    {"a name of 64 bytes", SPAN(NAME_64 " : pass\n"), NAME_64 " pass"},
    {"names that differ in case", SPAN("a : pass\nA : pass\n"),
	"a pass; A pass"},
    {"names that start alike", SPAN("a : pass\naa : pass\n"),
	"a pass; aa pass"},
    {"several conditions", SPAN("a sender=b@c size>1k recipient!=@d : pass\n"),
	"a(sender=b@c size>1k recipient!=@d) pass"},
    {"an attribute twice", SPAN("a size>1k size<2k : pass\n"),
	"a(size>1k size<2k) pass"},
    {"an attribute in two rules",
	SPAN("a size>1k : pass\nb sender=b@c size<2k : pass\n"),
	"a(size>1k) pass; b(sender=b@c size<2k) pass"},
    {"a condition that ends with :", SPAN("a client_address=2001:: : pass\n"),
	"a(client_address=2001::) pass"},
    {"a condition with a : inside", SPAN("a helo_name=b:c : pass\n"),
	"a(helo_name=b:c) pass"},
    {"a list in a file", SPAN("a sender=file:/lists/vip : pass\n"),
	"a(sender=file:/lists/vip) pass"},
};

static void
heads_name_rules_and_conditions(void **state)
{
	(void)state;
	check_rows(heads, COUNT_OF(heads));
}

/* Actions. */

#define HUNDRED  TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define TEXT_200 HUNDRED HUNDRED

static const struct row actions[] = {
    {"delay in seconds", SPAN("a : delay 30s"), "a delay 30"},
    {"delay in several units", SPAN("a : delay 1h30m"), "a delay 5400"},
    {"delay by a second", SPAN("a : delay 1"), "a delay 1"},
    {"delay by a second less than max_postpone",
	SPAN("a : delay 365d23h59m59s"), "a delay 31622399"},
    {"a window of the machine's zone", SPAN("a : window 08:00-20:00"),
	"a window 1 tz="},
    {"a window of several ranges and days",
	SPAN("a : window Mon-Fri 08:00-20:00, Sat 10:00-14:00 tz=UTC "
	     "except=2026-12-25,2026-12-26"),
	"a window 2 tz=UTC"},
    {"a window in several lines",
	SPAN("a : window\n Mon-Fri 08:00-20:00,\n # x\n Sat 10:00-14:00\n"
	     " tz=UTC\n except=2026-12-25,\n 2026-12-26 reason=x"),
	"a window 2 tz=UTC reason: x"},
    {"until, RFC 3339", SPAN("a : until 2026-12-01T06:00:00+01:00"),
	"a until 2026-12-01T05:00:00Z"},
    {"until, RFC 5322", SPAN("a : until Tue, 1 Dec 2026 06:00:00 +0100"),
	"a until 2026-12-01T05:00:00Z"},
    {"until, with comments in several lines",
	SPAN("a : until Tue (a,\n\t#b\n\treason),\n 1 Dec 2026\n\t06:00 "
	     "(x) UTC (y)"),
	"a until 2026-12-01T06:00:00Z"},
    {"until, with a rule's name in a comment",
	SPAN("a : until 2026-12-01T06:00:00Z (rule b)"),
	"a until 2026-12-01T06:00:00Z"},
    {"until, long past", SPAN("a : until 1999-12-01T06:00:00Z"),
	"a until 1999-12-01T06:00:00Z"},
    {"until, in year 1000", SPAN("a : until 1000-01-01T00:00:00Z"),
	"a until 1000-01-01T00:00:00Z"},
    {"until, now", SPAN("a : until 2026-11-22T12:00:00Z"),
	"a until 2026-11-22T12:00:00Z"},
    {"until, max_postpone less a second",
	SPAN("a : until 2027-11-23T11:59:59Z"), "a until 2027-11-23T11:59:59Z"},
    {"until, max_postpone", SPAN("a : until 2027-11-23T12:00:00Z"),
	"a until 2027-11-23T12:00:00Z"},
    {"hold", SPAN("a : hold"), "a hold"},
    {"reject", SPAN("a : reject 5.7.1 go away"), "a reject 5.7.1 go away"},
    {"defer", SPAN("a : defer 4.7.1 come again"), "a defer 4.7.1 come again"},
    {"a status of three digits each", SPAN("a : reject 5.123.999 x"),
	"a reject 5.123.999 x"},
    {"a status of zeros", SPAN("a : defer 4.0.0 x"), "a defer 4.0.0 x"},
    {"all of printable ASCII",
	SPAN("a : reject 5.7.1 !\"#$%&'()*+,-./:;<=>?@AZ[\\]^_`az{|}~"),
	"a reject 5.7.1 !\"#$%&'()*+,-./:;<=>?@AZ[\\]^_`az{|}~"},
    {"a : in the first line of a text", SPAN("a : reject 5.7.1 x : y\n z"),
	"a reject 5.7.1 x : y z"},
    {"a text that looks like a reason", SPAN("a : reject 5.7.1 no reason=x"),
	"a reject 5.7.1 no reason=x"},
    {"a text of 199 bytes",
	SPAN("a : reject 5.7.1 1" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN
	     "12345678"),
	"a reject 5.7.1 1" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN
	"12345678"},
    {"a text of 200 bytes", SPAN("a : reject 5.7.1 " TEXT_200),
	"a reject 5.7.1 " TEXT_200},
    {"a text in several lines",
	SPAN("a : defer 4.7.1\n  too\n# x\n\tmany \t mails\r\n here"),
	"a defer 4.7.1 too many mails here"},
    {"a text of 199 bytes and a blank",
	SPAN("a : reject 5.7.1  \n  " HUNDRED
	     " \n\t" TEN TEN TEN TEN TEN TEN TEN TEN TEN "123456789"),
	"a reject 5.7.1 " HUNDRED " " TEN TEN TEN TEN TEN TEN TEN TEN TEN
	"123456789"},
};

static void
actions_are_read(void **state)
{
	(void)state;
	check_rows(actions, COUNT_OF(actions));
}

static const struct row reasons[] = {
    {"a word", SPAN("a : hold reason=audit"), "a hold reason: audit"},
    {"with quotes", SPAN("a : hold reason=\"an audit\""),
	"a hold reason: an audit"},
    {"one word with quotes", SPAN("a : hold reason=\"audit\""),
	"a hold reason: audit"},
    {"of delay", SPAN("a : delay 30s reason=x"), "a delay 30 reason: x"},
    {"of window", SPAN("a : window 08:00-20:00 reason=\"x y\""),
	"a window 1 tz= reason: x y"},
    {"of until, behind a comment",
	SPAN("a : until 2026-12-01T06:00:00Z (x) reason=\"x y\""),
	"a until 2026-12-01T06:00:00Z reason: x y"},
    {"in a line of its own", SPAN("a : hold\n\treason=\"x y\"\n"),
	"a hold reason: x y"},
    {"in several lines", SPAN("a : hold reason=\"x\n \t y\r\n# x\n\tz\"\n"),
	"a hold reason: x y z"},
    {"blanks at both ends", SPAN("a : hold reason=\" \tx y \n \""),
	"a hold reason: x y"},
    {"with reason= inside", SPAN("a : hold reason=\"x reason=y\""),
	"a hold reason: x reason=y"},
    {"bytes that are no ASCII", SPAN("a : hold reason=\xc3\xa4"),
	"a hold reason: \xc3\xa4"},
    {"of 200 bytes", SPAN("a : hold reason=" TEXT_200),
	"a hold reason: " TEXT_200},
    {"of 200 bytes, with quotes and blanks",
	SPAN("a : hold reason=\" " TEXT_200 " \""), "a hold reason: " TEXT_200},
};

static void
reasons_are_read(void **state)
{
	(void)state;
	check_rows(reasons, COUNT_OF(reasons));
}

static void
the_sample_is_read(void **state)
{
	(void)state;
	check_written("the sample of the issue", span_str(SAMPLE_RULES),
	    "urgent(sender=ceo@corp.example) pass; "
	    "undo(sasl_username=*) delay 30; "
	    "quiet(recipient=@sms.example,@.pager.example) "
	    "window 2 tz=Europe/Amsterdam; "
	    "nightly(sender=news@corp.example size>100k) "
	    "window 1 tz=Europe/Amsterdam; "
	    "moving(recipient=@example.org) until 2026-12-01T05:00:00Z "
	    "reason: server move; "
	    "freeze(sender=@old.example client_address!=10.0.0.0/8) hold "
	    "reason: audit; "
	    "flood(sasl_username=* postponed>500) "
	    "defer 4.7.1 too many postponed messages");
}

/* What rules share. */

static void
attributes_are_listed_once(void **state)
{
	static const char *const want[] = {
	    "size", "sender", "x_y", "postponed"};
	struct rules rules;

	(void)state;
	rules_from(&rules,
	    "a size>1k sender=b@c : pass\n"
	    "b sender=d@e x_y=1 size<3 : pass\n"
	    "c postponed>3 x_y=2 : pass\n");
	assert_int_equal(rules.n_attributes, COUNT_OF(want));
	for (size_t i = 0; i < COUNT_OF(want); i++)
		check_span("in order", rules.attribute[i], span_str(want[i]));
	rules_free(&rules);
}

static void
a_zone_is_loaded_once(void **state)
{
	struct shelf shelf = SHELF;
	char error[RULE_ERROR_SIZE];
	struct rules rules;

	(void)state;
	assert_true(rules_try(&rules,
	    span_str("a : window 08:00-20:00\n"
		     "b : window 08:00-20:00 tz=UTC\n"
		     "c : window 09:00-20:00\n"
		     "d : window 08:00-20:00 tz=America/New_York\n"
		     "e : window 09:00-20:00 tz=UTC\n"),
	    &shelf, error));
	assert_int_equal(shelf.zones_loaded, 3);
	assert_int_equal(rules.n_zones, 3);
	assert_int_equal(rules.rule[0].zone, rules.rule[2].zone);
	assert_int_equal(rules.rule[1].zone, rules.rule[4].zone);
	check_string("UTC", rules.zone[rules.rule[1].zone].name, "UTC");
	check_string("here", rules.zone[rules.rule[2].zone].name, "");
	assert_int_equal(zone_offset_s(&rules.zone[rules.rule[3].zone].zone,
			     moment(READ_AT)),
	    -5 * 3600);
	rules_free(&rules);
}

static void
only_names_of_rules_that_hold_hold(void **state)
{
	struct rules rules;

	(void)state;
	rules_from(&rules, "a : hold\nb : delay 3s\nc : hold\nhold : pass\n");
	assert_true(rules.hash_key.k[0] == 3 && rules.hash_key.k[1] == 5);
	assert_true(rules_hold(&rules, span_str("a")));
	assert_true(rules_hold(&rules, span_str("c")));
	assert_false(rules_hold(&rules, span_str("b")));
	assert_false(rules_hold(&rules, span_str("hold")));
	assert_false(rules_hold(&rules, span_str("A")));
	assert_false(rules_hold(&rules, span_str("")));
	assert_false(rules_hold(&rules, span_str("aa")));
	rules_free(&rules);
	assert_false(rules_hold(&rules, span_str("a")));
	rules_free(&rules);
}

/* Limits. */

/* n times "r0 : pass", with their numbers. */
static struct span
many_rules(int n)
{
	enum { RULE_MAX = 16 };
	char *text = malloc((size_t)n * RULE_MAX);
	size_t used = 0;

	assert_non_null(text);
	for (int i = 0; i < n; i++)
		used +=
		    (size_t)snprintf(text + used, RULE_MAX, "r%d : pass\n", i);
	return span_of(text, used);
}

static void
there_are_at_most_10000_rules(void **state)
{
	struct shelf shelf = SHELF;
	char error[RULE_ERROR_SIZE] = "";
	struct rules rules;

	(void)state;
	for (int n = RULES_MAX - 1; n <= RULES_MAX + 1; n++) {
		struct span text = many_rules(n);

		check_bool("rules", rules_try(&rules, text, &shelf, error),
		    n <= RULES_MAX);
		exact_free(text);
		if (n > RULES_MAX)
			break;
		assert_int_equal(rules.n, n);
		check_span("the first", rules.rule[0].name, span_str("r0"));
		check_span(
		    "a late one", rules.rule[9998].name, span_str("r9998"));
		rules_free(&rules);
	}
	check_string(
	    "one too many", error, "rules:10001: more than 10000 rules");
}

static void
there_are_at_most_64_attributes(void **state)
{
	struct shelf shelf = SHELF;
	char error[RULE_ERROR_SIZE] = "";
	struct rules rules;

	(void)state;
	for (int n = VALUES_MAX - 1; n <= VALUES_MAX + 1; n++) {
		char text[2048] = "r";

		for (int i = 0; i < n; i++)
			snprintf(text + strlen(text), 20, "\n a%d=b", i);
		snprintf(text + strlen(text), 40, "\n a0=c a%d=d : pass",
		    n <= VALUES_MAX ? n - 1 : 1);
		check_bool("attributes",
		    rules_try(&rules, span_str(text), &shelf, error),
		    n <= VALUES_MAX);
		if (n > VALUES_MAX)
			break;
		assert_int_equal(rules.n_attributes, n);
		assert_int_equal(rules.n_conditions, n + 2);
		rules_free(&rules);
	}
	check_string("one too many", error,
	    "rules:66: rules name more than 64 attributes");
}

/* More conditions and rules than the first block of memory has room for. */
static void
rules_find_their_conditions_when_there_are_many(void **state)
{
	enum { N = 100 };
	char text[N * 60] = "", want[20];
	struct rules rules;

	(void)state;
	for (int i = 0; i < N; i++)
		snprintf(text + strlen(text), 60,
		    "r%d size=%d size=%d : pass\n", i, i, i + 1000);
	rules_from(&rules, text);
	assert_int_equal(rules.n, N);
	for (int i = 0; i < N; i++) {
		const struct rule *rule = &rules.rule[i];

		snprintf(want, sizeof(want), "size=%d", i);
		check_span(want, rules_condition(&rules, rule, 0)->text,
		    span_str(want));
		snprintf(want, sizeof(want), "size=%d", i + 1000);
		check_span(want, rules_condition(&rules, rule, 1)->text,
		    span_str(want));
	}
	rules_free(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_make_rules),
	    cmocka_unit_test(heads_name_rules_and_conditions),
	    cmocka_unit_test(actions_are_read),
	    cmocka_unit_test(reasons_are_read),
	    cmocka_unit_test(the_sample_is_read),
	    cmocka_unit_test(attributes_are_listed_once),
	    cmocka_unit_test(a_zone_is_loaded_once),
	    cmocka_unit_test(only_names_of_rules_that_hold_hold),
	    cmocka_unit_test(there_are_at_most_10000_rules),
	    cmocka_unit_test(there_are_at_most_64_attributes),
	    cmocka_unit_test(rules_find_their_conditions_when_there_are_many),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
