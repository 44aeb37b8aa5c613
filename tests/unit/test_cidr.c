/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "hdrcheck/base/cidr.h"

static const char no_address[] = "not an IP address or network";
static const char no_length[] = "no such network length";
static const char host_bits[] = "address bits are set behind the network "
				"length";

static const struct {
	const char *row;
	struct span text;
	const char *want; /* NULL: accepted */
	unsigned bytes;
	unsigned bits;
} networks[] = {
    {"an IPv4 address", SPAN("192.0.2.1"), NULL, 4, 32},
    {"an IPv4 network", SPAN("10.0.0.0/8"), NULL, 4, 8},
    {"all of IPv4", SPAN("0.0.0.0/0"), NULL, 4, 0},
    {"one bit less than an IPv4 address", SPAN("192.0.2.0/31"), NULL, 4, 31},
    {"as many bits as an IPv4 address", SPAN("192.0.2.1/32"), NULL, 4, 32},
    {"one bit more than an IPv4 address", SPAN("192.0.2.1/33"), no_length, 0,
	0},
    {"an IPv6 address", SPAN("2001:db8::1"), NULL, 16, 128},
    {"an IPv6 network", SPAN("2001:db8::/32"), NULL, 16, 32},
    {"all of IPv6", SPAN("::/0"), NULL, 16, 0},
    {"one bit less than an IPv6 address", SPAN("::2/127"), NULL, 16, 127},
    {"as many bits as an IPv6 address", SPAN("::1/128"), NULL, 16, 128},
    {"one bit more than an IPv6 address", SPAN("::1/129"), no_length, 0, 0},
    {"IPv4 inside IPv6", SPAN("::ffff:192.0.2.1"), NULL, 16, 128},
    {"the longest IPv6 address",
	SPAN("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"), NULL, 16, 128},
    {"one byte longer than that",
	SPAN("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555"), no_address, 0,
	0},
    {"the last host bit set", SPAN("10.0.0.1/31"), host_bits, 0, 0},
    {"the first host bit set", SPAN("10.128.0.0/8"), host_bits, 0, 0},
    {"a host bit of IPv6 set", SPAN("2001:db8::1/32"), host_bits, 0, 0},
    {"host bits of everything set", SPAN("128.0.0.0/0"), host_bits, 0, 0},
    {"no length behind the slash", SPAN("10.0.0.0/"), no_length, 0, 0},
    {"a sign before the length", SPAN("10.0.0.0/+8"), no_length, 0, 0},
    {"a negative length", SPAN("10.0.0.0/-1"), no_length, 0, 0},
    {"a blank before the length", SPAN("10.0.0.0/ 8"), no_length, 0, 0},
    {"a mask instead of a length", SPAN("10.0.0.0/255.0.0.0"), no_length, 0, 0},
    {"a length of 2^32 + 8", SPAN("10.0.0.0/4294967304"), no_length, 0, 0},
    {"a length of 2^64 + 8", SPAN("10.0.0.0/18446744073709551624"), no_length,
	0, 0},
    {"two slashes", SPAN("10.0.0.0/8/8"), no_length, 0, 0},
    {"nothing", SPAN(""), no_address, 0, 0},
    {"a slash", SPAN("/"), no_address, 0, 0},
    {"a length alone", SPAN("/8"), no_address, 0, 0},
    {"a name", SPAN("localhost"), no_address, 0, 0},
    {"three numbers", SPAN("10.0.0"), no_address, 0, 0},
    {"a number above 255", SPAN("10.0.0.256"), no_address, 0, 0},
    {"an address in brackets", SPAN("[::1]"), no_address, 0, 0},
    {"a blank in front", SPAN(" 10.0.0.1"), no_address, 0, 0},
    {"a NUL inside", SPAN("10.0.0.1\0"), no_address, 0, 0},
    {"0xff", SPAN("\xff"), no_address, 0, 0},
    {"a zone index", SPAN("fe80::1%eth0"), no_address, 0, 0},
};

static void
networks_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(networks); i++) {
		struct span text = exact_copy(networks[i].text);
		struct cidr net;
		const char *wrong = cidr_parse(text, &net);

		check_string(networks[i].row, wrong, networks[i].want);
		if (wrong == NULL) {
			check_int(
			    networks[i].row, net.bytes, networks[i].bytes);
			check_int(networks[i].row, net.bits, networks[i].bits);
		}
		exact_free(text);
	}
}

static const struct {
	const char *row;
	const char *net;
	struct span address;
	bool want;
} places[] = {
    {"the address itself", "192.0.2.1", SPAN("192.0.2.1"), true},
    {"its neighbour", "192.0.2.1", SPAN("192.0.2.2"), false},
    {"the first of a network", "10.0.0.0/8", SPAN("10.0.0.0"), true},
    {"the last of a network", "10.0.0.0/8", SPAN("10.255.255.255"), true},
    {"one before a network", "10.0.0.0/8", SPAN("9.255.255.255"), false},
    {"one behind a network", "10.0.0.0/8", SPAN("11.0.0.0"), false},
    {"the last within 31 bits", "192.0.2.2/31", SPAN("192.0.2.3"), true},
    {"one behind 31 bits", "192.0.2.2/31", SPAN("192.0.2.4"), false},
    {"the last within 9 bits", "10.128.0.0/9", SPAN("10.255.0.0"), true},
    {"one before 9 bits", "10.128.0.0/9", SPAN("10.127.255.255"), false},
    {"anything in all of IPv4", "0.0.0.0/0", SPAN("203.0.113.9"), true},
    {"IPv6 is not in all of IPv4", "0.0.0.0/0", SPAN("::1"), false},
    {"IPv4 is not in all of IPv6", "::/0", SPAN("10.0.0.1"), false},
    {"another spelling of the same IPv6 address", "2001:db8::1",
	SPAN("2001:0DB8:0:0:0:0:0:1"), true},
    {"the last of an IPv6 network", "2001:db8::/32",
	SPAN("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), true},
    {"one behind an IPv6 network", "2001:db8::/32", SPAN("2001:db9::"), false},
    {"the last within 127 bits", "::2/127", SPAN("::3"), true},
    {"one behind 127 bits", "::2/127", SPAN("::4"), false},
    {"no address", "0.0.0.0/0", SPAN(""), false},
    {"no bytes at all", "0.0.0.0/0", {NULL, 0}, false},
    {"what Postfix writes for none", "0.0.0.0/0", SPAN("unknown"), false},
    {"a network is no address", "10.0.0.0/8", SPAN("10.0.0.0/8"), false},
    {"a NUL behind the address", "10.0.0.0/8", SPAN("10.0.0.1\0"), false},
};

static void
networks_contain_their_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct span address = exact_copy(places[i].address);
		struct cidr net;

		check_string(places[i].row,
		    cidr_parse(span_str(places[i].net), &net), NULL);
		check_bool(places[i].row, cidr_contains(&net, address),
		    places[i].want);
		exact_free(address);
	}
}

static void
an_address_has_all_bits(void **state)
{
	struct cidr address;

	(void)state;
	assert_true(cidr_parse_address(span_str("192.0.2.7"), &address));
	assert_int_equal(address.bytes, 4);
	assert_int_equal(address.bits, 32);
	assert_memory_equal(address.address, "\xc0\0\x02\x07", 4);
	assert_true(cidr_parse_address(span_str("2001:db8::1"), &address));
	assert_int_equal(address.bytes, 16);
	assert_int_equal(address.bits, 128);
	assert_false(cidr_parse_address(span_str("192.0.2.7/32"), &address));
	assert_false(cidr_parse_address(span_str("unknown"), &address));
	assert_false(cidr_parse_address(span_str(""), &address));
}

/* In the order of cidr_compare(); holder: the one before that holds it. */
static const struct {
	const char *net;
	int holder;
} in_order[] = {
    {"0.0.0.0/0", -1},
    {"9.255.255.255", 0},
    {"10.0.0.0/8", 0},
    {"10.0.0.0/9", 2},
    {"10.0.0.0", 3},
    {"10.0.0.1", 3},
    {"10.128.0.0/9", 2},
    {"192.0.2.0/31", 0},
    {"192.0.2.1", 7},
    {"192.0.2.2", 0},
    {"::/0", -1},
    {"::", 10},
    {"2001:db8::/32", 10},
    {"2001:db8::/33", 12},
    {"2001:db8::1", 13},
    {"2001:db8:8000::/33", 12},
    {"2001:db9::", 10},
};

static bool
is_above(size_t net, size_t other)
{
	for (int i = (int)other; i >= 0; i = in_order[i].holder)
		if ((size_t)i == net)
			return true;
	return false;
}

static void
networks_have_an_order_and_hold_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(in_order); i++) {
		for (size_t k = 0; k < COUNT_OF(in_order); k++) {
			struct cidr a, b;
			int order;

			assert_null(cidr_parse(span_str(in_order[i].net), &a));
			assert_null(cidr_parse(span_str(in_order[k].net), &b));
			order = cidr_compare(&a, &b);
			check_int(in_order[i].net, (order > 0) - (order < 0),
			    (i > k) - (i < k));
			check_bool(in_order[k].net, cidr_holds(&a, &b),
			    is_above(i, k));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(networks_are_read),
	    cmocka_unit_test(networks_contain_their_addresses),
	    cmocka_unit_test(an_address_has_all_bits),
	    cmocka_unit_test(networks_have_an_order_and_hold_others),
	};

	return cmocka_run_group_tests_name("cidr", tests, NULL, NULL);
}
