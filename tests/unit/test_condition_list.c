/* SPDX-License-Identifier: ISC */
#include "tests/unit/condition_support.h"

#define LISTED "sender=x@y,file:/etc/list"

static const struct {
	const char *row;
	struct span content;
	const char *in; /* matches */
	const char *out; /* does not */
} lists[] = {
    {"a line", SPAN("ann@example.org\n"), "ann@example.org", "b@c"},
    {"a line without an end", SPAN("a@b\nann@example.org"), "ann@example.org",
	"b@c"},
    {"lines with carriage returns", SPAN("a@b\r\nc@d\r\n"), "a@b", "a@b\r"},
    {"blanks at both ends", SPAN(" \ta@b \t\r\n"), "a@b", " a@b"},
    {"comments", SPAN("#c@d\n  # e@f\na@b\n#\n"), "a@b", "#c@d"},
    {"blank lines", SPAN("\n\n \t\n\r\na@b\n\n"), "a@b", ""},
    {"what else is in the word", SPAN("a@b\n"), "x@y", "x@z"},
    {"all kinds of items", SPAN("@a\n@.b\n<>\n"), "x@y.b", "x@y.a"},
    {"the empty sender", SPAN("@a\n@.b\n<>\n"), "", "<>"},
    {"a star", SPAN("*\n"), "anybody", ""},
    {"an empty list", SPAN(""), "x@y", "a@b"},
    {"only comments", SPAN("# nobody\n"), "x@y", "nobody"},
    {"the mark of UTF-8",
	SPAN("\xef\xbb\xbf"
	     "a@b\n"),
	"a@b", "c@d"},
    {"the same line twice", SPAN("a@b\nA@B\n"), "a@b", "c@d"},
};

static void
lists_come_from_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct file file = {.content = lists[i].content};
		struct condition c;

		parse(lists[i].row, LISTED, &file, &c);
		check_string(lists[i].row, file.name, "/etc/list");
		check_int(lists[i].row, file.asked, 1);
		check_bool(
		    lists[i].row, matches(&c, span_str(lists[i].in)), true);
		check_bool(
		    lists[i].row, matches(&c, span_str(lists[i].out)), false);
		condition_free(&c);
	}
}

static const struct {
	struct span content;
	const char *word;
	struct span text;
	bool want;
} other_lists[] = {
    {SPAN("ann\nben*\n<>\n"), "sasl_username=file:/l", SPAN("benno"), true},
    {SPAN("ann\nben*\n<>\n"), "sasl_username=file:/l", SPAN("ann"), true},
    {SPAN("ann\nben*\n<>\n"), "sasl_username=file:/l", SPAN(""), true},
    {SPAN("ann\nben*\n<>\n"), "sasl_username=file:/l", SPAN("Ann"), false},
    {SPAN("a,b\n"), "sasl_username=file:/l", SPAN("a,b"), true},
    {SPAN("a,b\n"), "sasl_username=file:/l", SPAN("a"), false},
    {SPAN("10.0.0.0/8\n::1\n"), "client_address=file:/l", SPAN("::1"), true},
    {SPAN("10.0.0.0/8\n::1\n"), "client_address=file:/l", SPAN("10.1.1.1"),
	true},
    {SPAN("10.0.0.0/8\n::1\n"), "client_address=file:/l", SPAN("::2"), false},
    {SPAN("10.0.0.0/8\n"), "client_address!=file:/l", SPAN("::2"), true},
    {SPAN("10.0.0.0/8\n"), "client_address=file:/l,::2", SPAN("::2"), true},
    {SPAN("# nothing\n"), "client_address=file:/l", SPAN("::2"), false},
    {SPAN("# nothing\n"), "client_address!=file:/l", SPAN("::2"), true},
};

static void
lists_are_of_texts_and_networks_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(other_lists); i++) {
		struct file file = {.content = other_lists[i].content};
		struct condition c;

		parse(other_lists[i].word, other_lists[i].word, &file, &c);
		check_bool(other_lists[i].word,
		    matches(&c, other_lists[i].text), other_lists[i].want);
		condition_free(&c);
	}
}

static const struct {
	const char *row;
	struct span content;
	int error;
	const char *want;
} bad_lists[] = {
    {"a bad first line", SPAN("ann@\n"), 0, "/etc/list:1: no domain"},
    {"a bad last line", SPAN("a@b\r\n\n# c\nann@"), 0,
	"/etc/list:4: no domain behind @: \"ann@\""},
    {"a blank inside", SPAN("a@b\na@b # boss\n"), 0,
	"/etc/list:2: a blank inside: \"a@b # boss\""},
    {"a carriage return inside", SPAN("a@b\rc@d\n"), 0, ":1: a blank inside"},
    {"two in a line", SPAN("a@b,c@d\n"), 0, ":1: one address a line"},
    {"a list in a list", SPAN("file:/other\n"), 0,
	":1: a list cannot name another"},
    {"no such file", SPAN(""), ENOENT, "/etc/list: No such file or directory"},
    {"no right to read", SPAN(""), EACCES, "/etc/list: Permission denied"},
    {"too large", SPAN(""), EFBIG, "/etc/list: too large"},
    {"a NUL", SPAN(""), EINVAL, "/etc/list: a NUL byte inside"},
};

static void
bad_lists_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_lists); i++) {
		struct file file = {.content = bad_lists[i].content,
		    .error = bad_lists[i].error};

		check_bad(bad_lists[i].row, LISTED, &file, bad_lists[i].want);
	}
}

/* What is behind a list in a word is not told as being in it. */
static void
an_error_behind_a_list_is_not_in_it(void **state)
{
	struct file file = {.content = span_str("a@b\n")};
	struct source source = {.load = load, .ctx = &file};
	char error[CONDITION_ERROR_SIZE];
	struct condition c;
	struct span name;

	(void)state;
	assert_false(condition_parse(span_str("sender=file:/l,ann@"), &source,
	    &hash_key, &c, &name, error));
	assert_string_equal(error, "no domain behind @: \"ann@\"");
}

static void
a_long_error_fits(void **state)
{
	struct file file = {.content = span_str("a@b\n")};
	const char *word;
	char path[300];

	(void)state;
	word = word_of("sender=ann.", "x", 4000);
	check_bad("an item of 4 KiB", word, &file, "no @");
	check_bad("an item of 4 KiB", word, &file, "xxx...\"");
	snprintf(
	    path, sizeof(path), "%.299s", word_of("sender=file:", "/", 255));
	file.content = span_str(word_of("ann.", "y", 4000));
	check_bad("and the longest path", path, &file, "//:1: no @");
	check_bad("and the longest path", path, &file, "yyy...\"");
	file.error = ENOENT;
	check_bad("the longest path", path, &file, "//: No such file");
}

static void
the_longest_path_is_read(void **state)
{
	struct file file = {.content = span_str("a@b\n")};
	struct condition c;

	(void)state;
	parse("path", word_of("sender=file:", "/", 255), &file, &c);
	assert_int_equal(strlen(file.name), 255);
	assert_true(matches(&c, span_str("a@b")));
	condition_free(&c);
}

enum { MANY = 20 * 1000 };

static void
long_lists_find_each_of_theirs(void **state)
{
	char *lines = malloc(MANY * 32);
	struct file file;
	struct condition c;
	char text[64];
	size_t used = 0;

	(void)state;
	assert_non_null(lines);
	for (unsigned i = 0; i < MANY; i++)
		used += (size_t)snprintf(
		    lines + used, 32, "ann@d%u.example\r\n", i);
	file = (struct file){.content = span_of(lines, used)};
	parse("long", "sender=file:/l", &file, &c);
	for (unsigned i = 0; i < 2 * MANY; i++) {
		snprintf(text, sizeof(text), "ANN@d%u.example", i);
		assert_int_equal(matches(&c, span_str(text)), i < MANY);
	}
	condition_free(&c);
	free(lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_come_from_files),
	    cmocka_unit_test(lists_are_of_texts_and_networks_too),
	    cmocka_unit_test(bad_lists_are_named),
	    cmocka_unit_test(an_error_behind_a_list_is_not_in_it),
	    cmocka_unit_test(a_long_error_fits),
	    cmocka_unit_test(the_longest_path_is_read),
	    cmocka_unit_test(long_lists_find_each_of_theirs),
	};

	return cmocka_run_group_tests_name("condition_list", tests, NULL, NULL);
}
