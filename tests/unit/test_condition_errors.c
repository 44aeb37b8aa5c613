/* SPDX-License-Identifier: ISC */
#include "tests/unit/condition_support.h"

static const struct {
	const char *row;
	const char *word;
	const char *want;
} bad[] = {
    {"nothing", "", "starts with the name"},
    {"no name", "=ann@example.org", "starts with the name"},
    {"a name with a capital", "Sender=a@b", "\"Sender=a@b\""},
    {"a name with a digit in front", "9sender=a", "starts with the name"},
    {"a name with a hyphen", "sasl-username=a", "no =, !=, < or >"},
    {"a name alone", "sender", "no =, !=, < or >"},
    {"! alone", "sender!a@b", "no =, !=, < or >"},
    {"! at the end", "sender!", "no =, !=, < or >"},
    {"!>", "size!>5", "no =, !=, < or >"},
    {"!<", "size!<5", "no =, !=, < or >"},
    {">=", "size>=5", "not a number"},
    {"<>", "size<>5", "not a number"},
    {"no item", "sender=", "an item is empty"},
    {"no item behind !=", "sender!=", "an item is empty"},
    {"no number behind >", "size>", "an item is empty"},
    {"an empty item in the middle", "sender=a@b,,c@d", "an item is empty"},
    {"an empty item at the end", "helo_name=a,", "an item is empty"},
    {"an empty item at the start", "client_address=,::1", "an item is empty"},
    {"no domain", "sender=ann@", "no domain behind @: \"ann@\""},
    {"an @ alone", "sender=a@b,@", "no domain behind @: \"@\""},
    {"@.", "sender=@.", "no domain behind @: \"@.\""},
    {"@..", "sender=@..", "an empty label: \"@..\""},
    {"an empty label", "sender=@a..b", "an empty label"},
    {"an empty label at the end", "sender=@.a..", "an empty label"},
    {"an @ in a domain", "sender=@a@b", "a domain has no @"},
    {"a domain without @", "sender=example.org", "no @ (a domain is"},
    {"a star in an address", "sender=*@example.org", "* stands alone"},
    {"a star in a domain", "sender=@*.org", "* stands alone"},
    {"angle brackets", "sender=<a@b>", "without < and >"},
    {"no network", "client_address=localhost", "\"localhost\""},
    {"a star for an address", "client_address=*", "not an IP address"},
    {"<> for an address", "client_address=<>", "not an IP address"},
    {"host bits", "client_address=::1,10.0.0.1/8", "\"10.0.0.1/8\""},
    {"a length too large", "client_address=10.0.0.0/33",
	"no such network length"},
    {"no number", "size=big", "not a number"},
    {"<> for a number", "size=<>", "not a number"},
    {"a star for a number", "size=*", "not a number"},
    {"a negative number", "size>-1", "not a number"},
    {"two letters", "size>1kk", "not a number"},
    {"a letter alone", "size>k", "not a number"},
    {"another letter", "size>1g", "not a number"},
    {"a capital letter", "size>1K", "not a number"},
    {"a fraction", "size>1.5k", "not a number"},
    {"two numbers behind >", "size>1,2", "not a number"},
    {"a number too large", "size>18446744073709551616", "too large"},
    {"k makes it too large", "size=18014398509481984k", "too large"},
    {"m makes it too large", "size=17592186044416m", "too large"},
    {"junk that is long, too", "size=99999999999999999999x", "not a number"},
    {"a backslash at the end", "helo_name=a\\", "nothing behind"},
    {"three of them", "helo_name=a\\\\\\", "nothing behind"},
    {"a blank", "helo_name=a b", "a blank inside: \"a b\""},
    {"a relative path", "sender=file:list", "a path that starts with /"},
    {"no path", "sender=file:", "a path that starts with /"},
    {"numbers from a file", "size=file:/list", "numbers do not come"},
    {"a file behind >", "instance>file:/list", "numbers do not come"},
};

static void
bad_conditions_are_named(void **state)
{
	struct file file = {.content = span_str("")};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		check_bad(bad[i].row, bad[i].word, &file, bad[i].want);
	assert_int_equal(file.asked, 0);
}

static const struct {
	const char *row;
	const char *front;
	const char *pattern;
	size_t len;
	const char *want; /* NULL: it is one */
} sizes[] = {
    {"a label less than the limit", "sender=@", "a.", 61, NULL},
    {"as many labels as the limit", "sender=@", "a.", 63, NULL},
    {"a label more", "sender=@", "a.", 65, "more than 32 labels"},
    {"a label more, and all below", "sender=@.", "a.", 65,
	"more than 32 labels"},
    {"a byte less than the limit of a domain", "sender=@", "a", 254, NULL},
    {"a domain at the limit", "sender=@", "a", 255, NULL},
    {"a domain a byte longer", "sender=@", "a", 256, "255 bytes"},
    {"the same, and all below", "sender=@.", "a", 256, "255 bytes"},
    {"an address at the limit of a line", "sender=x@", "a", 4094, NULL},
    {"an address a byte longer", "sender=x@", "a", 4095, "longer than"},
    {"a text at the limit of a line", "helo_name=", "a", 4096, NULL},
    {"a text a byte longer", "helo_name=", "a", 4097, "longer than"},
    {"a pattern at the limit", "helo_name=*", "a", 254, NULL},
    {"a pattern a byte longer", "helo_name=*", "a", 255, "255 bytes"},
    {"a thousand patterns", "helo_name=", "*a,", 2999, NULL},
    {"one more", "helo_name=", "*a,", 3002, "more than 1000 patterns"},
    {"stars alone are no patterns", "helo_name=", "*,", 4001, NULL},
    {"a path a byte longer than may be", "sender=file:", "/", 256, "255 bytes"},
};

static void
sizes_have_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		const char *word =
		    word_of(sizes[i].front, sizes[i].pattern, sizes[i].len);
		struct file file = {.content = span_str("")};
		struct condition c;

		if (sizes[i].want != NULL) {
			check_bad(sizes[i].row, word, &file, sizes[i].want);
			continue;
		}
		parse(sizes[i].row, word, &file, &c);
		condition_free(&c);
	}
}

static void
a_domain_at_its_limits_matches(void **state)
{
	struct condition c;
	const char *text;

	(void)state;
	parse("labels", word_of("sender=@.", "a.", 63), NULL, &c);
	text = word_of("x@", "a.", 63);
	assert_true(matches(&c, span_str(text)));
	text = word_of("x@b.c.d.", "a.", 63);
	assert_true(matches(&c, span_str(text)));
	condition_free(&c);
	parse("bytes", word_of("sender=@", "a", 255), NULL, &c);
	text = word_of("x@", "a", 255);
	assert_true(matches(&c, span_str(text)));
	text = word_of("x@b.", "a", 255);
	assert_false(matches(&c, span_str(text)));
	condition_free(&c);
}

/* It is a condition, or there is a reason. */
static void
try_word(struct span given)
{
	struct file file = {.content = span_str("x@y\n")};
	struct source source = {.load = load, .ctx = &file};
	struct span word = exact_copy(given);
	char error[CONDITION_ERROR_SIZE] = "";
	struct condition c;
	struct span name;

	if (condition_parse(word, &source, &hash_key, &c, &name, error))
		condition_free(&c);
	else
		assert_true(strlen(error) > 0);
	exact_free(word);
}

/* Each byte of a condition by any other, and each of its prefixes. */
static void
any_word_is_judged_within_bounds(void **state)
{
	static const char *const words[] = {"sender!=a@b,@c,@.d,<>,*,file:/x",
	    "helo_name=x,*y,[a]\\z", "client_address=10.0.0.0/8,::1",
	    "size>5k"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		for (size_t at = 0; at < strlen(words[i]) * 256; at++) {
			char word[64];

			snprintf(word, sizeof(word), "%s", words[i]);
			word[at / 256] = (char)(at % 256);
			try_word(span_of(word, at / 256 + 1));
			try_word(span_of(word, strlen(words[i])));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bad_conditions_are_named),
	    cmocka_unit_test(sizes_have_limits),
	    cmocka_unit_test(a_domain_at_its_limits_matches),
	    cmocka_unit_test(any_word_is_judged_within_bounds),
	};

	return cmocka_run_group_tests_name(
	    "condition_errors", tests, NULL, NULL);
}
