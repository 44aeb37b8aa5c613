/* SPDX-License-Identifier: ISC */
/*
 * That a sieve lets through what matches is asked of each condition of
 * test_condition and its like: see matches().
 */
#include "tests/unit/condition_support.h"

static uint64_t
shared(const char *row, const char *word, const char *value)
{
	struct file no_file = {.error = ENOENT};
	struct span text = exact_copy(span_str(value));
	struct condition c;
	uint64_t bits;

	parse(row, word, &no_file, &c);
	bits = sieve_of_value(c.kind, text);
	assert_true(bits != 0);
	bits &= sieve_of_condition(&c);
	condition_free(&c);
	exact_free(text);
	return bits;
}

static const struct {
	const char *row;
	const char *word;
	const char *value;
	bool open;
} rows[] = {
    {"another address", "sender=news@shop.example", "ann@branch.test", false},
    {"another domain", "sender=@shop.example", "ann@branch.test", false},
    {"a domain above", "sender=@.shop.example", "ann@mail.branch.test", false},
    {"one of many", "sender=a@b.example,@c.example,@.d.example", "ann@x.org",
	false},
    {"in other letters", "sender=@.Shop.Example", "Ann@eu.sHOP.eXAMPLE", true},
    {"with a dot at its end", "sender=@shop.example", "ann@shop.example.",
	true},
    {"a domain far below", "sender=@.org", "ann@a.b.c.d.e.f.org", true},
    {"nobody", "sender=<>", "", true},
    {"anybody", "sender=*", "ann@branch.test", true},
    {"all but", "sender!=news@shop.example", "ann@branch.test", true},
    {"another login", "sasl_username=user1", "ann.lee@branch.test", false},
    {"a pattern", "sasl_username=user1,x*", "ann.lee@branch.test", true},
    {"no login", "sasl_username=user1", "", false},
    {"a number", "size>5m", "63102", true},
    {"a number of an address", "sender>5", "ann@branch.test", true},
    {"another network", "client_address=10.0.0.0/8", "192.0.2.7", false},
    {"two networks", "client_address=10.0.0.0/8,11.1.0.0/16", "192.0.2.7",
	false},
    {"the second of them", "client_address=10.0.0.0/8,11.1.0.0/16", "11.1.2.3",
	true},
    {"a large network", "client_address=128.0.0.0/1", "203.0.113.7", true},
    {"all of it", "client_address=0.0.0.0/0", "192.0.2.7", true},
    {"IPv6", "client_address=2001:db8::/32", "192.0.2.7", true},
    {"of IPv6", "client_address=10.0.0.0/8", "2001:db8::1", true},
    {"no address", "client_address=10.0.0.0/8", "unknown", true},
    {"no address, of digits", "client_address=10.0.0.0/8", "1234", true},
    {"an address without an end", "client_address=10.0.0.0/8", "10", true},
    {"no address at all", "client_address=10.0.0.0/8", "", true},
};

static void
most_of_what_does_not_match_is_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_bool(rows[i].row,
		    shared(rows[i].row, rows[i].word, rows[i].value) != 0,
		    rows[i].open);
}

static void
a_few_of_many_others_pass(void **state)
{
	unsigned passed = 0;
	char word[64];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(word, sizeof(word), "recipient=@.%c%u.example",
		    'a' + i % 26, i * 7919);
		passed += shared(word, word, "ben.smith@customers.test") != 0;
	}
	if (passed > 200)
		fail_msg("%u of 1000 pass", passed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(most_of_what_does_not_match_is_told_apart),
	    cmocka_unit_test(a_few_of_many_others_pass),
	};

	return cmocka_run_group_tests_name("sieve", tests, NULL, NULL);
}
