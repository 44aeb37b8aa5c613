/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "tests/unit/support.h"

#include "hdrcheck/permit.h"

static const char no_item[] =
    "a list of authenticated, local, addresses and networks, or any";

static const struct {
	const char *row;
	struct span text;
	const char *want; /* NULL: accepted */
	size_t n_nets;
} lists[] = {
    {"any", SPAN("any"), NULL, 0},
    {"authenticated", SPAN("authenticated"), NULL, 0},
    {"all kinds, with commas and blanks",
	SPAN("authenticated, local,192.0.2.1 10.0.0.0/8,\t2001:db8::/32"), NULL,
	3},
    {"a word twice", SPAN("local local"), NULL, 0},
    {"nothing", SPAN(""), "needs a value, for example any", 0},
    {"only gaps", SPAN(" , ,"), "needs a value, for example any", 0},
    {"any and more", SPAN("any, local"), "any stands alone", 0},
    {"more and any", SPAN("10.0.0.1 any"), "any stands alone", 0},
    {"a word that is none", SPAN("everybody"), no_item, 0},
    {"a word that is none behind a good one", SPAN("local, nobody"), no_item,
	0},
    {"case counts", SPAN("Any"), no_item, 0},
    {"a network with host bits", SPAN("10.0.0.1/8"), no_item, 0},
    {"a NUL behind a word", SPAN("any\0"), no_item, 0},
    {"0xff", SPAN("\xff"), no_item, 0},
};

static void
lists_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct span text = exact_copy(lists[i].text);
		struct permit permit;
		const char *wrong = permit_parse(text, &permit);

		check_string(lists[i].row, wrong, lists[i].want);
		if (wrong == NULL)
			check_int(lists[i].row, (int64_t)permit.n_nets,
			    (int64_t)lists[i].n_nets);
		exact_free(text);
	}
}

static const char *
parse_networks(size_t n, struct permit *permit)
{
	char text[100 * sizeof("10.0.255.255 ")];
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(
		    text + used, sizeof(text) - used, "10.0.0.%zu ", i);
	return permit_parse(span_of(text, used), permit);
}

static void
networks_are_bounded(void **state)
{
	struct permit permit;

	(void)state;
	check_string("63 networks", parse_networks(63, &permit), NULL);
	check_int("63 networks", (int64_t)permit.n_nets, 63);
	check_string("64 networks", parse_networks(64, &permit), NULL);
	check_int("64 networks", (int64_t)permit.n_nets, PERMIT_NETS_MAX);
	check_string("65 networks", parse_networks(65, &permit),
	    "more than 64 addresses and networks");
}

static const struct {
	const char *row;
	const char *list;
	struct permit_submitter who;
	bool want;
} cases[] = {
    {"anybody", "any", {false, false, SPAN("203.0.113.9")}, true},
    {"anybody without address", "any", {false, false, SPAN("")}, true},
    {"a login where logins count", "authenticated",
	{true, false, SPAN("203.0.113.9")}, true},
    {"no login where logins count", "authenticated",
	{false, false, SPAN("203.0.113.9")}, false},
    {"local mail where logins count", "authenticated", {false, true, SPAN("")},
	false},
    {"local mail where that counts", "local", {false, true, SPAN("")}, true},
    {"a login where local mail counts", "local",
	{true, false, SPAN("127.0.0.1")}, false},
    {"an address inside the second network", "192.0.2.0/24 10.0.0.0/8",
	{false, false, SPAN("10.1.2.3")}, true},
    {"an address inside none", "192.0.2.0/24 10.0.0.0/8",
	{false, false, SPAN("11.1.2.3")}, false},
    {"no address where networks count", "0.0.0.0/0, ::/0",
	{true, true, SPAN("")}, false},
    {"one of two words is enough", "authenticated local",
	{false, true, SPAN("")}, true},
    {"a word or a network", "authenticated 10.0.0.0/8",
	{false, false, SPAN("10.0.0.1")}, true},
    {"an address that is none", "0.0.0.0/0", {false, false, SPAN("\xff\0")},
	false},
};

static void
submitters_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct permit permit;

		check_string(cases[i].row,
		    permit_parse(span_str(cases[i].list), &permit), NULL);
		check_bool(cases[i].row, permit_allows(&permit, &cases[i].who),
		    cases[i].want);
	}
}

static void
an_empty_permit_allows_nobody(void **state)
{
	struct permit permit = {0};
	struct permit_submitter who = {true, true, SPAN("127.0.0.1")};

	(void)state;
	assert_false(permit_allows(&permit, &who));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_are_read),
	    cmocka_unit_test(networks_are_bounded),
	    cmocka_unit_test(submitters_are_judged),
	    cmocka_unit_test(an_empty_permit_allows_nobody),
	};

	return cmocka_run_group_tests_name("permit", tests, NULL, NULL);
}
