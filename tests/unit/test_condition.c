/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policyd/condition.h"

static const struct hash_key hash_key = {{3, 5}};

static struct values values;

/* One file, or the reason why there is none. */
struct file {
	struct span content;
	int error;
	unsigned asked;
	char name[CONDITION_PATH_MAX + 1];
};

static char *
load(void *ctx, enum source_kind kind, const char *name, size_t *len)
{
	struct file *file = ctx;
	char *copy;

	assert_int_equal(kind, SOURCE_LIST);
	file->asked++;
	snprintf(file->name, sizeof(file->name), "%s", name);
	if (file->error != 0) {
		errno = file->error;
		return NULL;
	}
	copy = malloc(file->content.len > 0 ? file->content.len : 1);
	assert_non_null(copy);
	if (file->content.len > 0)
		memcpy(copy, file->content.data, file->content.len);
	*len = file->content.len;
	return copy;
}

/* Fails the test when word is no condition. The word is gone afterwards. */
static void
parse(
    const char *row, const char *given, struct file *file, struct condition *c)
{
	struct source source = {.load = load, .ctx = file};
	struct span word = exact_copy(span_str(given));
	char error[CONDITION_ERROR_SIZE] = "";
	struct span name;

	if (!condition_parse(word, &source, &hash_key, c, &name, error))
		check_string(row, error, NULL);
	check_bool(row, name.data == word.data, true);
	c->place = 7;
	exact_free(word);
}

static bool
matches(const struct condition *c, struct span given)
{
	struct span text = exact_copy(given);
	bool first, again;

	values_begin(&values, &hash_key);
	values_set(&values, 6, span_str("ann@example.org"));
	values_set(&values, 7, text);
	first = condition_matches(c, &values);
	again = condition_matches(c, &values);
	assert_int_equal(first, again);
	exact_free(text);
	return first;
}

struct row {
	const char *word;
	struct span text;
	bool want;
};

static void
check_rows(const struct row *rows, size_t n, struct file *file)
{
	for (size_t i = 0; i < n; i++) {
		struct condition c;
		char row[300];

		snprintf(row, sizeof(row), "%s: \"%.*s\"", rows[i].word,
		    (int)rows[i].text.len, rows[i].text.data);
		parse(row, rows[i].word, file, &c);
		check_bool(row, matches(&c, rows[i].text), rows[i].want);
		condition_free(&c);
	}
}

static const struct row addresses[] = {
    {"sender=ann@example.org", SPAN("ann@example.org"), true},
    {"sender=ann@example.org", SPAN("ANN@Example.Org"), true},
    {"sender=ANN@Example.Org", SPAN("ann@example.org"), true},
    {"sender=ann@example.org", SPAN("ann@example.org."), true},
    {"sender=ann@example.org.", SPAN("ann@example.org"), true},
    {"sender=ann@example.org", SPAN("ben@example.org"), false},
    {"sender=ann@example.org", SPAN("ann@example.or"), false},
    {"sender=ann@example.org", SPAN("ann@example.orgg"), false},
    {"sender=ann@example.org", SPAN("ann"), false},
    {"sender=ann@example.org", SPAN("ann@sub.example.org"), false},
    {"recipient=ann@example.org", SPAN("ANN@example.org"), true},
    {"sasl_sender=ann@example.org", SPAN("ANN@example.org"), true},
    {"sender=root", SPAN("Root"), true},
    {"sender=root", SPAN("root@example.org"), false},
    {"sender=org", SPAN("ann@example.org"), false},
    {"sender=@example.org", SPAN("ann@example.org"), true},
    {"sender=@Example.Org.", SPAN("ann@EXAMPLE.org."), true},
    {"sender=@example.org", SPAN("@example.org"), true},
    {"sender=@example.org", SPAN("a@b@example.org"), true},
    {"sender=@example.org", SPAN("a@example.org@b"), false},
    {"sender=@example.org", SPAN("ann@sub.example.org"), false},
    {"sender=@example.org", SPAN("ann@org"), false},
    {"sender=@example.org", SPAN("example.org"), false},
    {"sender=@example.org", SPAN("ann@xexample.org"), false},
    {"sender=@.example.org", SPAN("ann@example.org"), true},
    {"sender=@.Example.ORG.", SPAN("ann@example.org"), true},
    {"sender=@.example.org", SPAN("ann@sub.example.org"), true},
    {"sender=@.example.org", SPAN("ann@a.b.c.d.sub.Example.org."), true},
    {"sender=@.example.org", SPAN("ann@xexample.org"), false},
    {"sender=@.example.org", SPAN("ann@org"), false},
    {"sender=@.example.org", SPAN("ann.example.org"), false},
    {"sender=@.example.org", SPAN("ann@example.org.net"), false},
    {"sender=@.example.org", SPAN("ann@.example.org"), true},
    {"sender=@.org", SPAN("ann@example.org"), true},
    {"sender=@[10.0.0.1]", SPAN("ann@[10.0.0.1]"), true},
    {"sender=@\xc3\xa9.example", SPAN("ann@\xc3\xa9.example"), true},
    {"sender=*", SPAN("ann@example.org"), true},
    {"sender=*", SPAN("x"), true},
    {"sender=*", SPAN(""), false},
    {"sender=*", {NULL, 0}, false},
    {"sender=<>", SPAN(""), true},
    {"sender=<>", {NULL, 0}, true},
    {"sender=<>", SPAN("<>"), false},
    {"sender=<>", SPAN("ann@example.org"), false},
    {"sender=<>,*", SPAN(""), true},
    {"sender=<>,*", SPAN("ann@example.org"), true},
    {"sender=@example.org", SPAN(""), false},
    {"sender=a@b,@c,@.d,<>", SPAN("a@b"), true},
    {"sender=a@b,@c,@.d,<>", SPAN("x@c"), true},
    {"sender=a@b,@c,@.d,<>", SPAN("x@y.d"), true},
    {"sender=a@b,@c,@.d,<>", SPAN(""), true},
    {"sender=a@b,@c,@.d,<>", SPAN("x@b"), false},
    {"sender=a@b,@c,@.d,<>", SPAN("x@y.c"), false},
    {"sender!=a@b,@c", SPAN("x@d"), true},
    {"sender!=a@b,@c", SPAN("a@b"), false},
    {"sender!=a@b,@c", SPAN("x@c"), false},
    {"sender!=a@b,@c", SPAN(""), false},
    {"sender!=<>", SPAN(""), false},
    {"sender!=<>", SPAN("a@b"), true},
    {"sender!=<>,a@b", SPAN("a@b"), false},
    {"sender!=*", SPAN("a@b"), false},
    {"sender!=*", SPAN(""), false},
    {"sender=@a", SPAN("\0\xff@a"), true},
};

static void
addresses_match(void **state)
{
	(void)state;
	check_rows(addresses, COUNT_OF(addresses), NULL);
}

static const struct row nets[] = {
    {"client_address=192.0.2.1", SPAN("192.0.2.1"), true},
    {"client_address=192.0.2.1", SPAN("192.0.2.2"), false},
    {"server_address=10.0.0.0/8", SPAN("10.255.255.255"), true},
    {"client_address=10.0.0.0/8", SPAN("11.0.0.0"), false},
    {"client_address=10.0.0.0/8", SPAN("9.255.255.255"), false},
    {"client_address=0.0.0.0/0", SPAN("192.0.2.1"), true},
    {"client_address=0.0.0.0/0", SPAN("::1"), false},
    {"client_address=::/0", SPAN("::1"), true},
    {"client_address=::/0", SPAN("192.0.2.1"), false},
    {"client_address=2001:DB8::/32", SPAN("2001:db8:0::7"), true},
    {"client_address=2001:db8::/32", SPAN("2001:db9::7"), false},
    {"client_address=0.0.0.0/0,::/0", SPAN("unknown"), false},
    {"client_address!=10.0.0.0/8", SPAN("unknown"), true},
    {"client_address!=10.0.0.0/8", SPAN(""), false},
    {"client_address=10.0.0.0/8", SPAN(""), false},
    {"client_address!=10.0.0.0/8", SPAN("192.0.2.1"), true},
    {"client_address!=10.0.0.0/8", SPAN("10.0.0.1"), false},
    {"client_address!=10.0.0.0/8,192.0.2.1", SPAN("192.0.2.1"), false},
    {"client_address=10.0.0.0/8", SPAN("10.0.0.1 "), false},
    {"client_address=10.0.0.0/8", SPAN("10.0.0.1\0"), false},
    /* One inside another: the larger one counts, whatever their order. */
    {"client_address=10.1.0.0/16,10.0.0.0/8", SPAN("10.2.0.1"), true},
    {"client_address=10.0.0.0/8,10.1.0.0/16", SPAN("10.0.0.1"), true},
    {"client_address=10.0.0.0/8,10.1.0.0/16", SPAN("10.2.0.1"), true},
    {"client_address=10.0.0.0/8,10.1.2.3,11.0.0.1", SPAN("10.9.0.1"), true},
    {"client_address=::1,1.2.3.4,10.0.0.0/8", SPAN("10.0.0.0"), true},
    {"client_address=::1,1.2.3.4,10.0.0.0/8", SPAN("::1"), true},
    {"client_address=::1,1.2.3.4,10.0.0.0/8", SPAN("1.2.3.4"), true},
    {"client_address=::1,1.2.3.4,10.0.0.0/8", SPAN("1.2.3.5"), false},
    {"client_address=::1,1.2.3.4,10.0.0.0/8", SPAN("0.0.0.0"), false},
    {"client_address=1.2.3.4,1.2.3.4", SPAN("1.2.3.4"), true},
};

static void
networks_match(void **state)
{
	(void)state;
	check_rows(nets, COUNT_OF(nets), NULL);
}

static const struct row numbers[] = {
    {"size>100", SPAN("101"), true},
    {"size>100", SPAN("100"), false},
    {"size<100", SPAN("99"), true},
    {"size<100", SPAN("100"), false},
    {"size=100", SPAN("100"), true},
    {"size=100", SPAN("0100"), true},
    {"size=100", SPAN("101"), false},
    {"size=1,2,3", SPAN("3"), true},
    {"size=1,2,3", SPAN("4"), false},
    {"size!=1,2,3", SPAN("4"), true},
    {"size!=1,2,3", SPAN("2"), false},
    {"size!=1", SPAN(""), false},
    {"size>0", SPAN(""), false},
    {"size<1", SPAN(""), false},
    {"size=1k", SPAN("1024"), true},
    {"size=1k", SPAN("1"), false},
    {"size=2m", SPAN("2097152"), true},
    {"size>100k", SPAN("102401"), true},
    {"size>100k", SPAN("102400"), false},
    {"size=18446744073709551615", SPAN("18446744073709551615"), true},
    {"size=18014398509481983k", SPAN("18446744073709550592"), true},
    {"size=17592186044415m", SPAN("18446744073708503040"), true},
    {"size>18446744073709551614", SPAN("18446744073709551615"), true},
    {"size>1", SPAN("18446744073709551616"), false},
    {"size<1", SPAN("-1"), false},
    {"size>1", SPAN("2k"), false},
    {"size>1", SPAN("many"), false},
    {"size=1", SPAN("many"), false},
    {"size!=1", SPAN("many"), true},
    {"recipient_count=10", SPAN("010"), true},
    {"client_port=25", SPAN("025"), true},
    {"server_port=25", SPAN("025"), true},
    {"encryption_keysize=256", SPAN("0256"), true},
    {"postponed=7", SPAN("07"), true},
    {"postponed_total=7", SPAN("07"), true},
    {"instance=7", SPAN("07"), false},
    {"instance>6", SPAN("07"), true},
    {"sender>6", SPAN("7"), true},
    {"sender<6", SPAN("ann@example.org"), false},
    {"client_address>6", SPAN("7"), true},
};

static void
numbers_match(void **state)
{
	(void)state;
	check_rows(numbers, COUNT_OF(numbers), NULL);
}

static const struct row texts[] = {
    {"helo_name=client.test", SPAN("client.test"), true},
    {"helo_name=client.test", SPAN("Client.test"), false},
    {"helo_name=client.test", SPAN("client.tes"), false},
    {"helo_name=client.test", SPAN("client.test\0"), false},
    {"sasl_username=*", SPAN("ann"), true},
    {"sasl_username=*", SPAN(""), false},
    {"sasl_username=<>", SPAN(""), true},
    {"sasl_username=<>", SPAN("ann"), false},
    {"sasl_username=<>,ann", SPAN("ann"), true},
    {"sasl_username!=*", SPAN("ann"), false},
    {"sasl_username!=<>", SPAN("ann"), true},
    {"sasl_username!=<>", SPAN(""), false},
    {"sasl_username!=ann,ben*", SPAN("zoe"), true},
    {"sasl_username!=ann,ben*", SPAN("ann"), false},
    {"sasl_username!=ann,ben*", SPAN("benno"), false},
    {"sasl_username!=ann", SPAN(""), false},
    {"sasl_username=ann@example.org", SPAN("ann@example.org"), true},
    {"helo_name=*.test", SPAN("client.test"), true},
    {"helo_name=*.test", SPAN(".test"), true},
    {"helo_name=*.test", SPAN("test"), false},
    {"helo_name=*.test", SPAN("client.test."), false},
    {"helo_name=*.test", SPAN("client.TEST"), false},
    {"helo_name=*.test", SPAN(""), false},
    {"helo_name=client*", SPAN("client"), true},
    {"helo_name=a*b*c", SPAN("a-b-c"), true},
    {"helo_name=a*b*c", SPAN("a-c-b"), false},
    {"helo_name=a*a", SPAN("a"), false},
    {"helo_name=a?c", SPAN("abc"), true},
    {"helo_name=a?c", SPAN("ac"), false},
    {"helo_name=?", SPAN("\xff"), true},
    {"helo_name=??", SPAN("\xc3\xa9"), true},
    {"helo_name=*/x", SPAN("a/b/x"), true},
    {"helo_name=*x", SPAN(".x"), true},
    {"helo_name=[a-c]x", SPAN("bx"), true},
    {"helo_name=[a-c]x", SPAN("dx"), false},
    {"helo_name=[!a-c]x", SPAN("dx"), true},
    {"helo_name=[[:digit:]]", SPAN("7"), true},
    {"helo_name=x[]-]", SPAN("x]"), true},
    {"helo_name=\\*", SPAN("*"), true},
    {"helo_name=\\*", SPAN("x"), false},
    {"helo_name=\\a", SPAN("a"), true},
    {"helo_name=\\\\", SPAN("\\"), true},
    {"helo_name=a*,b,c?", SPAN("b"), true},
    {"helo_name=a*,b,c?", SPAN("cx"), true},
    {"helo_name=a*,b,c?", SPAN("bx"), false},
    {"made_up=x", SPAN("x"), true},
    {"_x9=y", SPAN("y"), true},
    {"helo_name==", SPAN("="), true},
    {"helo_name=a=b", SPAN("a=b"), true},
    {"helo_name=\xff", SPAN("\xff"), true},
    {"ccert_subject=a!b>c", SPAN("a!b>c"), true},
};

static void
texts_match(void **state)
{
	(void)state;
	check_rows(texts, COUNT_OF(texts), NULL);
}

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
check_bad(
    const char *row, const char *text, struct file *file, const char *want)
{
	struct source source = {.load = load, .ctx = file};
	struct span word = exact_copy(span_str(text));
	char *error = malloc(CONDITION_ERROR_SIZE);
	struct condition c;
	struct span name;

	assert_non_null(error);
	memset(error, 'x', CONDITION_ERROR_SIZE);
	check_bool(row,
	    condition_parse(word, &source, &hash_key, &c, &name, error), false);
	check_part(row, error, want);
	free(error);
	exact_free(word);
}

static void
bad_conditions_are_named(void **state)
{
	struct file file = {.content = span_str("")};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		check_bad(bad[i].row, bad[i].word, &file, bad[i].want);
	assert_int_equal(file.asked, 0);
}

/* front, n times pattern cut to len bytes, in static memory. */
static const char *
word_of(const char *front, const char *pattern, size_t len)
{
	static char word[2 * ATTR_LINE_MAX];
	size_t used = strlen(front);

	assert_true(used + len < sizeof(word));
	memcpy(word, front, used);
	if (len > 0)
		fill_pattern(word + used, len, pattern);
	word[used + len] = '\0';
	return word;
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
	snprintf(path, sizeof(path), "%s", word_of("sender=file:", "/", 255));
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

/* The same pseudo-random numbers in each run. */
static unsigned
next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(*seed >> 33);
}

/* A network within 10.0.0.0/20, of 20 to 32 bits. */
static void
write_random_net(uint64_t *seed, char text[32])
{
	unsigned bits = 20 + next_random(seed) % 13;
	unsigned host = next_random(seed) % 4096 >> (32 - bits) << (32 - bits);

	snprintf(text, 32, "10.0.%u.%u/%u", host / 256, host % 256, bits);
}

/* Networks of which some lie in others, against a scan of them all. */
static void
check_random_nets(uint64_t *seed, size_t n)
{
	char word[1024] = "client_address=10.0.0.0/32";
	struct cidr net[16];
	size_t used = strlen(word);
	struct condition c;
	char text[32];

	assert_null(cidr_parse(span_str("10.0.0.0"), &net[0]));
	for (size_t i = 1; i < n; i++) {
		write_random_net(seed, text);
		assert_null(cidr_parse(span_str(text), &net[i]));
		used += (size_t)snprintf(
		    word + used, sizeof(word) - used, ",%s", text);
	}
	parse(word, word, NULL, &c);
	for (unsigned host = 0; host < 4096; host += 5) {
		bool want = false;

		snprintf(
		    text, sizeof(text), "10.0.%u.%u", host / 256, host % 256);
		for (size_t i = 0; i < n; i++)
			want |= cidr_contains(&net[i], span_str(text));
		check_bool(word, matches(&c, span_str(text)), want);
	}
	condition_free(&c);
}

static void
networks_match_as_a_scan_says(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 20; round++)
		for (size_t n = 1; n <= 16; n++)
			check_random_nets(&seed, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_match),
	    cmocka_unit_test(networks_match),
	    cmocka_unit_test(numbers_match),
	    cmocka_unit_test(texts_match),
	    cmocka_unit_test(bad_conditions_are_named),
	    cmocka_unit_test(sizes_have_limits),
	    cmocka_unit_test(a_domain_at_its_limits_matches),
	    cmocka_unit_test(lists_come_from_files),
	    cmocka_unit_test(lists_are_of_texts_and_networks_too),
	    cmocka_unit_test(bad_lists_are_named),
	    cmocka_unit_test(an_error_behind_a_list_is_not_in_it),
	    cmocka_unit_test(a_long_error_fits),
	    cmocka_unit_test(the_longest_path_is_read),
	    cmocka_unit_test(long_lists_find_each_of_theirs),
	    cmocka_unit_test(networks_match_as_a_scan_says),
	};

	return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
