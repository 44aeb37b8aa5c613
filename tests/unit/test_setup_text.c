/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "policyd/ctl/setup_text.h"

enum { OUT_MAX = 1000 };

static const struct {
	const char *row;
	const char *file;
	const char *name;
	const char *want; /* NULL: not set */
} files[] = {
    {"nothing", "", "a", NULL},
    {"one line", "a = b\n", "a", "b"},
    {"no blanks", "a=b\n", "a", "b"},
    {"no end of line", "x = y\na = b", "a", "b"},
    {"many blanks", "a  \t=   b  c  \n", "a", "b  c"},
    {"nothing said", "a =\n", "a", ""},
    {"commented out", "#a = b\n", "a", NULL},
    {"a comment behind blanks", "  # a = b\n", "a", NULL},
    {"the beginning of a name", "ab = c\n", "a", NULL},
    {"a longer name", "a = c\n", "ab", NULL},
    {"continued", "a = b,\n    c\n\td\nx = y\n", "a", "b,    c\td"},
    {"continued from nothing", "a =\n    c\nx = y\n", "a", "c"},
    {"comments and empty lines within", "a = b,\n# a = x\n\n   # y\n  c\n", "a",
	"b,  c"},
    {"a comment behind it", "a = b\n# x\nc = d\n", "a", "b"},
    {"the last of two counts", "a = b\nx = y\na = c\n", "a", "c"},
    {"the last is shorter", "a = bbbb\na =\n", "a", ""},
    {"a value with an equal sign", "a = b = c\n", "a", "b = c"},
    {"a continued line that looks like one", "x = y\n  a = b\n", "a", NULL},
};

static void
main_cf_is_read_as_postfix_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct span file = exact_copy(span_str(files[i].file));
		struct buf out;

		buf_init(&out, OUT_MAX);
		assert_true(buf_append(&out, span_str("> ")));
		check_bool(files[i].row,
		    setup_text_main_cf(file, files[i].name, &out),
		    files[i].want != NULL);
		check_span(files[i].row, span_skip(buf_span(&out), 2),
		    span_str(files[i].want != NULL ? files[i].want : ""));
		buf_free(&out);
		exact_free(file);
	}
}

static const struct {
	const char *row;
	const char *list;
	const char *with;
	const char *want;
} replacements[] = {
    {"nothing", "", "", ""},
    {"not there", "a,  b", "", "a,  b"},
    {"alone, taken out", "$X", "", ""},
    {"alone, replaced", "$X", "c", "c"},
    {"in front", "$X, a,  b", "", "a,  b"},
    {"in the middle", "a, $X,  b", "", "a, b"},
    {"at the end", "a,  b , $X", "", "a,  b"},
    {"twice", "$X a $X", "", "a"},
    {"twice in a row", "a, $X $X", "", "a"},
    {"replaced in the middle", "a, $X,  b", "c", "a, c,  b"},
    {"replaced at the end", "a  $X", "c  d", "a  c  d"},
    {"within braces it is no element", "{ $X } a", "", "{ $X } a"},
    {"a longer name is another", "$XY a", "", "$XY a"},
};

static void
elements_are_replaced(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(replacements); i++) {
		struct span list = exact_copy(span_str(replacements[i].list));
		struct buf out;

		buf_init(&out, OUT_MAX);
		assert_true(setup_text_replace(
		    list, "$X", span_str(replacements[i].with), &out));
		check_span(replacements[i].row, buf_span(&out),
		    span_str(replacements[i].want));
		buf_free(&out);
		exact_free(list);
	}
}

static const struct {
	const char *row;
	const char *value;
	enum setup_reference want;
	const char *renamed; /* NULL: not asked */
} references[] = {
    {"nothing", "", REFERENCE_NONE, ""},
    {"none", "a $b ${x} $$a", REFERENCE_NONE, NULL},
    {"a name", "$a", REFERENCE_PLAIN, "${other}"},
    {"a name among others", "x, $a $ab", REFERENCE_PLAIN, "x, ${other} $ab"},
    {"in braces", "${a}b", REFERENCE_PLAIN, "$(other)b"},
    {"twice", "$a${a}", REFERENCE_PLAIN, "${other}$(other)"},
    {"a longer name", "$ab $a_ ${ab}", REFERENCE_NONE, NULL},
    {"a dollar before", "$$a", REFERENCE_NONE, NULL},
    {"in parentheses", "$(a)", REFERENCE_OTHER, NULL},
    {"a condition", "${a?b}", REFERENCE_OTHER, NULL},
    {"a condition with blanks", "${ a ? {b}}", REFERENCE_OTHER, NULL},
    {"plain and other", "$a ${a:b}", REFERENCE_OTHER, NULL},
    {"other and plain", "${a:b} $a", REFERENCE_OTHER, NULL},
    {"within a comparison", "${{$a} == {} ? {b}}", REFERENCE_PLAIN, NULL},
    {"a dollar at the end", "a$", REFERENCE_NONE, NULL},
};

static void
references_are_found_and_renamed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(references); i++) {
		struct span value = exact_copy(span_str(references[i].value));
		struct buf there, back;

		check_int(references[i].row, setup_text_refers(value, "a"),
		    references[i].want);
		if (references[i].renamed == NULL) {
			exact_free(value);
			continue;
		}
		buf_init(&there, OUT_MAX);
		buf_init(&back, OUT_MAX);
		assert_true(setup_text_rename(value, "a", "other", &there));
		check_span(references[i].row, buf_span(&there),
		    span_str(references[i].renamed));
		assert_true(setup_text_rename_back(
		    buf_span(&there), "a", "other", &back));
		check_span(references[i].row, buf_span(&back), value);
		buf_free(&there);
		buf_free(&back);
		exact_free(value);
	}
}

static const struct {
	const char *row;
	const char *arguments;
	const char *want; /* each behind a "|" */
} arguments[] = {
    {"none", " ", ""},
    {"options", "-v -o a=b,c", "|-v|-o|a=b,c"},
    {"braces", "-o { a = b c } -o x={y z}", "|-o|{ a = b c }|-o|x={y z}"},
    {"an open brace", "-o {a b", "|-o|{a b"},
};

static void
arguments_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(arguments); i++) {
		struct span all = exact_copy(span_str(arguments[i].arguments));
		struct span rest = all, word;
		struct buf got;

		buf_init(&got, OUT_MAX);
		while (setup_text_next_argument(&rest, &word)) {
			buf_append(&got, span_str("|"));
			buf_append(&got, word);
		}
		check_span(arguments[i].row, buf_span(&got),
		    span_str(arguments[i].want));
		buf_free(&got);
		exact_free(all);
	}
}

static const struct {
	const char *row;
	const char *word;
	const char *name; /* NULL: none */
	const char *value;
} options[] = {
    {"plain", "a=b", "a", "b"},
    {"braces", "{ a = b  c }", "a", "b  c"},
    {"nothing", "a=", "a", ""},
    {"no equal sign", "-v", NULL, ""},
    {"braces in the value", "a={b}", "a", "{b}"},
    {"an empty word", "", NULL, ""},
    {"a brace", "{", NULL, ""},
};

static void
options_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		struct span word = exact_copy(span_str(options[i].word));
		struct span name = {"", 0}, value = {"", 0};

		check_bool(options[i].row,
		    setup_text_option(word, &name, &value),
		    options[i].name != NULL);
		if (options[i].name != NULL) {
			check_span(
			    options[i].row, name, span_str(options[i].name));
			check_span(
			    options[i].row, value, span_str(options[i].value));
		}
		exact_free(word);
	}
}

static const struct {
	const char *row;
	const char *text;
	const char *want;
} quotes[] = {
    {"nothing", "", "''"},
    {"a path", "/etc/post-fix_1.x:2,3+4@5%=", "/etc/post-fix_1.x:2,3+4@5%="},
    {"a blank", "a b", "'a b'"},
    {"a dollar", "$a", "'$a'"},
    {"a quote", "a'b", "'a'\\''b'"},
    {"only quotes", "''", "''\\'''\\'''"},
    {"a line end", "a\nb", "'a\nb'"},
    {"a tilde", "~", "'~'"},
};

static void
words_are_quoted_for_a_shell(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(quotes); i++) {
		struct span text = exact_copy(span_str(quotes[i].text));
		struct buf out;

		buf_init(&out, OUT_MAX);
		assert_true(setup_text_quote(text, &out));
		check_span(
		    quotes[i].row, buf_span(&out), span_str(quotes[i].want));
		buf_free(&out);
		exact_free(text);
	}
}

static void
a_full_buffer_is_told(void **state)
{
	static const char value[] = "$a, ${a} x";
	struct buf out;

	(void)state;
	for (size_t max = 0; max < 20; max++) {
		buf_init(&out, max);
		check_bool("renamed",
		    setup_text_rename(span_str(value), "a", "b", &out),
		    max >= strlen("${b}, $(b) x"));
		buf_free(&out);
		buf_init(&out, max);
		check_bool("quoted", setup_text_quote(span_str("a'b"), &out),
		    max >= strlen("'a'\\''b'"));
		buf_free(&out);
		buf_init(&out, max);
		check_bool("replaced",
		    setup_text_replace(
			span_str("x, y, z"), "y", span_str("long"), &out),
		    max >= strlen("x, long, z"));
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(main_cf_is_read_as_postfix_does),
	    cmocka_unit_test(elements_are_replaced),
	    cmocka_unit_test(references_are_found_and_renamed),
	    cmocka_unit_test(arguments_are_cut),
	    cmocka_unit_test(options_are_read),
	    cmocka_unit_test(words_are_quoted_for_a_shell),
	    cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
