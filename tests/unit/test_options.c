/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "policyd/ctl/options.h"

enum { WORDS_MAX = 8, TEXT_SIZE = 512 };

static const struct ctl_verb verb = {.name = "try"};

/* What the options of a row came to, as one line. */
struct taken {
	bool json;
	bool dry;
	const char *sort;
	uint64_t most;
	char words[TEXT_SIZE];
};

static bool
take_word(void *ctx, const char *word, char error[OPTIONS_ERROR_SIZE])
{
	struct taken *t = ctx;
	size_t n = strlen(t->words);

	snprintf(t->words + n, sizeof(t->words) - n, "(%s)", word);
	if (strcmp(word, "bad") != 0)
		return true;
	snprintf(error, OPTIONS_ERROR_SIZE, "bad: is bad");
	return false;
}

static int
count_words(char *const words[WORDS_MAX + 1])
{
	int n = 0;

	while (words[n] != NULL)
		n++;
	return n;
}

/* Takes the words of a row; the error goes to text. */
static int
take(struct taken *t, struct filter *f, bool plain, const char *const *words,
    char text[CAPTURE_SIZE])
{
	const struct option_place places[] = {
	    {.name = "json", .flag = &t->json},
	    {.name = "dry-run", .letter = 'd', .flag = &t->dry},
	    {.name = "sort", .text = &t->sort},
	    {.letter = 'n', .number = &t->most, .min = 1, .max = 100},
	    {.name = "days", .number = &t->most, .min = 0, .max = UINT64_MAX},
	};
	struct options options = {
	    .verb = &verb,
	    .place = places,
	    .n_places = COUNT_OF(places),
	    .filter = f,
	    .take_word = plain ? take_word : NULL,
	    .ctx = t,
	};
	char *copy[WORDS_MAX + 1] = {NULL};
	struct capture capture;
	int code;

	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++)
		copy[i] = strdup(words[i]);
	capture_start(&capture, STDERR_FILENO);
	code = options_take(&options, copy, count_words(copy));
	capture_stop(&capture, text);
	/* Texts are borrowed: look at them before they go. */
	snprintf(t->words + strlen(t->words),
	    sizeof(t->words) - strlen(t->words),
	    " json=%d dry=%d sort=%s n=%llu", t->json, t->dry,
	    t->sort != NULL ? t->sort : "-", (unsigned long long)t->most);
	for (size_t i = 0; i < WORDS_MAX; i++)
		free(copy[i]);
	return code;
}

static void
test_options_and_words_in_any_order(void **state)
{
	static const struct {
		const char *row;
		const char *words[WORDS_MAX];
		const char *want;
	} rows[] = {
	    {"nothing", {NULL}, " json=0 dry=0 sort=- n=0"},
	    {"words", {"a", "b"}, "(a)(b) json=0 dry=0 sort=- n=0"},
	    {"a flag between words", {"a", "--json", "b"},
		"(a)(b) json=1 dry=0 sort=- n=0"},
	    {"a flag's letter", {"-d"}, " json=0 dry=1 sort=- n=0"},
	    {"a value behind a blank", {"--sort", "due", "a"},
		"(a) json=0 dry=0 sort=due n=0"},
	    {"a value behind =", {"a", "--sort=due"},
		"(a) json=0 dry=0 sort=due n=0"},
	    {"a value with = inside", {"--sort=a=b"},
		" json=0 dry=0 sort=a=b n=0"},
	    {"an empty value", {"--sort="}, " json=0 dry=0 sort= n=0"},
	    {"a value like an option", {"--sort", "--json"},
		" json=0 dry=0 sort=--json n=0"},
	    {"the last one counts", {"--sort=a", "--sort=b"},
		" json=0 dry=0 sort=b n=0"},
	    {"a letter and its value", {"-n", "5"}, " json=0 dry=0 sort=- n=5"},
	    {"a letter with its value", {"-n5"}, " json=0 dry=0 sort=- n=5"},
	    {"the least number", {"-n1"}, " json=0 dry=0 sort=- n=1"},
	    {"the largest number", {"-n100"}, " json=0 dry=0 sort=- n=100"},
	    {"the largest of all", {"--days=18446744073709551615"},
		" json=0 dry=0 sort=- n=18446744073709551615"},
	    {"-- ends the options", {"--json", "--", "--sort", "-n", "--"},
		"(--sort)(-n)(--) json=1 dry=0 sort=- n=0"},
	    {"- is a word", {"-", "--json"}, "(-) json=1 dry=0 sort=- n=0"},
	    {"an empty word", {""}, "() json=0 dry=0 sort=- n=0"},
	};
	char text[CAPTURE_SIZE];
	struct taken t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		check_int(rows[i].row,
		    take(&t, NULL, true, rows[i].words, text), EX_OK);
		check_string(rows[i].row, text, "");
		check_string(rows[i].row, t.words, rows[i].want);
	}
}

static void
test_wrong_use_says_what(void **state)
{
	static const struct {
		const char *row;
		const char *words[WORDS_MAX];
		const char *want;
	} rows[] = {
	    {"an unknown option", {"--foo"}, "--foo: no such option"},
	    {"an unknown option with a value", {"--foo=bar"},
		"--foo: no such option"},
	    {"an unknown letter", {"-x"}, "-x: no such option"},
	    {"a name is not abbreviated", {"--jso"}, "--jso: no such option"},
	    {"nor longer", {"--jsonx"}, "--jsonx: no such option"},
	    {"a name with one dash", {"-json"}, "-json: no such option"},
	    {"no name", {"--="}, "--: no such option"},
	    {"the letter of an option without one", {"-s"},
		"-s: no such option"},
	    {"a value for a flag", {"--json=1"}, "--json: takes no value"},
	    {"a value for a flag's letter", {"-dx"}, "-d: takes no value"},
	    {"no value", {"a", "--sort"}, "--sort: needs a value"},
	    {"no value for a letter", {"-n"}, "-n: needs a value"},
	    {"a number too small", {"-n", "0"},
		"-n: 0 is no number from 1 to 100"},
	    {"a number too large", {"-n", "101"},
		"-n: 101 is no number from 1 to 100"},
	    {"no number", {"-n", "5x"}, "-n: 5x is no number from 1 to 100"},
	    {"a negative number", {"-n-1"},
		"-n: -1 is no number from 1 to 100"},
	    {"no digits", {"--days="},
		"--days:  is no number from 0 to 18446744073709551615"},
	    {"a bad word", {"ok", "bad", "--foo"}, "bad: is bad"},
	    {"control characters", {"--a\033[31m\nb\x7f"},
		"--a\\x1B[31m b\\x7F: no such option"},
	    {"a control character above them", {"--sort=x", "--\xc2\x9b"},
		"--\\u{9B}: no such option"},
	};
	char text[CAPTURE_SIZE], want[TEXT_SIZE];
	struct taken t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		check_int(rows[i].row,
		    take(&t, NULL, true, rows[i].words, text), EX_USAGE);
		snprintf(want, sizeof(want),
		    "policyctl: try: %s\n(policyctl try --help tells more)\n",
		    rows[i].want);
		check_string(rows[i].row, text, want);
	}
}

static void
test_a_long_option(void **state)
{
	char long_one[5000];
	const char *words[] = {long_one, NULL};
	char text[CAPTURE_SIZE];
	struct taken t;

	(void)state;
	memset(long_one, '-', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	check_int("a long option", take(&t, NULL, true, words, text), EX_USAGE);
	check_part("a long option", text, "--: no such option\n");
	check_bool("it is cut", strlen(text) < 400, true);
}

static void
test_words_without_a_taker(void **state)
{
	const char *words[] = {"x", NULL};
	char text[CAPTURE_SIZE];
	struct taken t;

	(void)state;
	check_int("no taker", take(&t, NULL, false, words, text), EX_USAGE);
	check_part("no taker", text, "try: x: not expected here\n");
}

static void
test_a_filter_takes_ids_and_options(void **state)
{
	static const struct {
		const char *row;
		const char *words[WORDS_MAX];
		bool ids;
		bool options;
		const char *error; /* NULL: none */
	} rows[] = {
	    {"ids", {"ABCDEF", "--json"}, true, false, NULL},
	    {"an option", {"--sender", "a@b.example"}, false, true, NULL},
	    {"behind =", {"--sender=a@b.example", "ABCDEF"}, true, true, NULL},
	    {"no id", {"x"}, false, false, "x: not a queue id"},
	    {"no list", {"--sender", "@"}, false, true,
		"--sender: no domain behind @"},
	    {"no value", {"--sender"}, false, true, "--sender: needs a value"},
	    {"a verb's own comes first", {"--sort", "x"}, false, false, NULL},
	    {"unknown to both", {"--senders"}, false, false,
		"--senders: no such option"},
	};
	char text[CAPTURE_SIZE];
	struct taken t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct filter *f = filter_new(0);

		check_int(rows[i].row, take(&t, f, false, rows[i].words, text),
		    rows[i].error != NULL ? EX_USAGE : EX_OK);
		if (rows[i].error != NULL)
			check_part(rows[i].row, text, rows[i].error);
		check_bool(rows[i].row, filter_has_ids(f), rows[i].ids);
		check_bool(rows[i].row, filter_has_options(f), rows[i].options);
		filter_free(f);
	}
}

static void
test_a_taker_comes_before_the_filter(void **state)
{
	const char *words[] = {"tomorrow", "--sender=@b.example", NULL};
	struct filter *f = filter_new(0);
	char text[CAPTURE_SIZE];
	struct taken t;

	(void)state;
	check_int("words", take(&t, f, true, words, text), EX_OK);
	check_part("words", t.words, "(tomorrow)");
	check_bool("options", filter_has_options(f), true);
	check_bool("ids", filter_has_ids(f), false);
	filter_free(f);
}

static void
test_help_is_asked_for(void **state)
{
	char help[] = "--help", id[] = "ABCDEF", end[] = "--",
	     more[] = "--helps";
	char *first[] = {help, id}, *last[] = {id, help};
	char *behind[] = {end, help}, *other[] = {more, id};

	(void)state;
	check_bool("first", options_want_help(first, 2), true);
	check_bool("last", options_want_help(last, 2), true);
	check_bool("just not", options_want_help(last, 1), false);
	check_bool("behind --", options_want_help(behind, 2), false);
	check_bool("something else", options_want_help(other, 2), false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options_and_words_in_any_order),
	    cmocka_unit_test(test_wrong_use_says_what),
	    cmocka_unit_test(test_a_long_option),
	    cmocka_unit_test(test_words_without_a_taker),
	    cmocka_unit_test(test_a_filter_takes_ids_and_options),
	    cmocka_unit_test(test_a_taker_comes_before_the_filter),
	    cmocka_unit_test(test_help_is_asked_for),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
