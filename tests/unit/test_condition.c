/* SPDX-License-Identifier: ISC */
#include "tests/unit/condition_support.h"

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

/* Strangers' bytes, in all lengths, for each kind of condition. */
static void
any_bytes_are_judged_within_bounds(void **state)
{
	static const char *const words[] = {"sender=a@b,@c,@.d",
	    "helo_name=x,*y,[a-z]?z*", "client_address=10.0.0.0/8", "size>5"};
	static const char text[] = "ann@a.b.d.7.::*y";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct condition c;

		parse(words[i], words[i], NULL, &c);
		for (size_t at = 0; at < sizeof(text) * 256; at++) {
			char bytes[sizeof(text)];

			memcpy(bytes, text, sizeof(text));
			bytes[at / 256] = (char)(at % 256);
			matches(&c, span_of(bytes, at / 256 + 1));
			matches(&c, span_of(bytes, sizeof(bytes)));
		}
		condition_free(&c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_match),
	    cmocka_unit_test(networks_match),
	    cmocka_unit_test(numbers_match),
	    cmocka_unit_test(texts_match),
	    cmocka_unit_test(networks_match_as_a_scan_says),
	    cmocka_unit_test(any_bytes_are_judged_within_bounds),
	};

	return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
