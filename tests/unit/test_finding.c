/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "tests/unit/support.h"

#include "policyd/ctl/finding.h"

static struct findings *
open_findings(void)
{
	struct findings *findings = malloc(sizeof(*findings));

	assert_non_null(findings);
	findings_init(findings);
	return findings;
}

static void
close_findings(struct findings *findings)
{
	findings_free(findings);
	free(findings);
}

static void
each_kind_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < FINDING_KINDS; i++) {
		const char *name = finding_name((enum finding_kind)i);

		assert_non_null(name);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    name, finding_name((enum finding_kind)j));
	}
}

static void
the_worst_one_is_the_exit_code(void **state)
{
	struct findings *findings = open_findings();

	(void)state;
	check_int("nothing", findings_exit_code(findings), 0);
	findings_say_fine(findings, "fine");
	check_int("fine", findings_exit_code(findings), 0);
	finding_add(findings, FINDING_PAUSED);
	check_int("a warning", findings_exit_code(findings), 1);
	finding_add(findings, FINDING_OVERDUE);
	finding_add(findings, FINDING_PAUSED);
	check_int("an error", findings_exit_code(findings), 2);
	check_bool("there", findings_have(findings, FINDING_OVERDUE), true);
	check_bool("not", findings_have(findings, FINDING_CLOCK), false);
	close_findings(findings);
}

static const struct {
	const char *row;
	struct span word;
	const char *quoted;
} words[] = {
    {"a plain one", SPAN("/etc/a-b_c.d:e=f@g,h+i"), "/etc/a-b_c.d:e=f@g,h+i"},
    {"an empty one", SPAN(""), "''"},
    {"blanks", SPAN("a b"), "'a b'"},
    {"a line end", SPAN("a\nb"), "'a\nb'"},
    {"what the shell would expand", SPAN("$x`y`*?~"), "'$x`y`*?~'"},
    {"a backslash", SPAN("a\\b"), "'a\\b'"},
    {"a quote", SPAN("it's"), "'it'\\''s'"},
    {"quotes at both ends", SPAN("'a'"), "''\\''a'\\'''"},
    {"a semicolon", SPAN("a;b"), "'a;b'"},
    {"a hash", SPAN("#"), "'#'"},
};

static void
words_are_quoted_for_the_shell(void **state)
{
	struct findings *findings = open_findings();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct finding *f = finding_add(findings, FINDING_PAUSED);
		struct span word = exact_copy(words[i].word);

		finding_mend_word(f, word);
		check_span(words[i].row, finding_command(f),
		    span_str(words[i].quoted));
		exact_free(word);
	}
	close_findings(findings);
}

static void
a_command_is_whole_or_not_there(void **state)
{
	struct findings *findings = open_findings();
	struct finding *f = finding_add(findings, FINDING_PAUSED);
	char *word = malloc(FINDING_MEND_MAX);

	(void)state;
	assert_non_null(word);
	memset(word, 'a', FINDING_MEND_MAX);
	finding_mend_word(f, span_of(word, FINDING_MEND_MAX));
	check_int("as much as may be", (int64_t)finding_command(f).len,
	    FINDING_MEND_MAX);
	finding_mend(f, "b");
	check_int("more", (int64_t)finding_command(f).len, 0);
	f = finding_add(findings, FINDING_PAUSED);
	word[1023] = '\0';
	finding_mend(f, "%s", word);
	check_int("a long piece", (int64_t)finding_command(f).len, 1023);
	word[1023] = 'a';
	word[1024] = '\0';
	f = finding_add(findings, FINDING_PAUSED);
	finding_mend(f, "%s", word);
	check_int("too long a piece", (int64_t)finding_command(f).len, 0);
	free(word);
	close_findings(findings);
}

static void
texts_are_cut(void **state)
{
	struct findings *findings = open_findings();
	struct finding *f = finding_add(findings, FINDING_PAUSED);

	(void)state;
	for (int i = 0; i < FINDING_TEXT_MAX; i++)
		finding_say(f, "ab");
	finding_say_span(f, span_str("c"));
	check_int("cut", (int64_t)buf_len(&f->text), FINDING_TEXT_MAX);
	close_findings(findings);
}

static void
too_many_are_not_kept(void **state)
{
	struct findings *findings = open_findings();

	(void)state;
	for (int i = 0; i < FINDINGS_MAX + 2; i++) {
		struct finding *f = finding_add(findings, FINDING_PAUSED);

		finding_say(f, "%d", i);
		findings_say_fine(findings, "%d", i);
	}
	check_int("kept", (int64_t)findings->n, FINDINGS_MAX);
	check_int("fine", (int64_t)findings->n_fine, FINDINGS_FINE_MAX);
	check_span("the last",
	    buf_span(&findings->finding[FINDINGS_MAX - 1].text),
	    span_str("99"));
	close_findings(findings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_has_a_name_of_its_own),
	    cmocka_unit_test(the_worst_one_is_the_exit_code),
	    cmocka_unit_test(words_are_quoted_for_the_shell),
	    cmocka_unit_test(a_command_is_whole_or_not_there),
	    cmocka_unit_test(texts_are_cut),
	    cmocka_unit_test(too_many_are_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
