/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policyd/value.h"

static const struct hash_key hash_key = {{3, 5}};

static struct values values;

/* A new request with one value; it lies in an exact block. */
static struct span
begin_with(struct span text)
{
	struct span copy = exact_copy(text);

	values_begin(&values, &hash_key, VALUES_MAX);
	values_set(&values, 0, copy);
	return copy;
}

static void
check_key(const char *row, const struct value_key *key, struct span want)
{
	check_span(row, key->text, want);
	check_bool(row, key->hash == hash_bytes(&hash_key, want), true);
}

/* Domains are written with blanks between them, * behind the whole one. */
static const struct {
	const char *row;
	struct span text;
	struct span whole;
	const char *domains;
} addresses[] = {
    {"an address", SPAN("ann@example.org"), SPAN("ann@example.org"),
	"org example.org*"},
    {"a domain of four labels", SPAN("a@b.c.d.e"), SPAN("a@b.c.d.e"),
	"e d.e c.d.e b.c.d.e*"},
    {"a domain of one label", SPAN("a@b"), SPAN("a@b"), "b*"},
    {"capitals", SPAN("Ann.B@Mail.EXAMPLE.oRg"), SPAN("ann.b@mail.example.org"),
	"org example.org mail.example.org*"},
    {"bytes beside the capitals", SPAN("@[`{\xc4@\xc3\x84"),
	SPAN("@[`{\xc4@\xc3\x84"), "\xc3\x84*"},
    {"no domain at all", SPAN("root"), SPAN("root"), ""},
    {"nothing behind the @", SPAN("root@"), SPAN("root@"), ""},
    {"nothing before the @", SPAN("@b.c"), SPAN("@b.c"), "c b.c*"},
    {"an @ alone", SPAN("@"), SPAN("@"), ""},
    {"several @: the last one counts", SPAN("a@b.c@d.e"), SPAN("a@b.c@d.e"),
	"e d.e*"},
    {"an @ in quotes", SPAN("\"a@b\"@c.d"), SPAN("\"a@b\"@c.d"), "d c.d*"},
    {"a dot at the end is taken off", SPAN("a@b.c."), SPAN("a@b.c"), "c b.c*"},
    {"a dot at the end of one label", SPAN("a@b."), SPAN("a@b"), "b*"},
    {"two dots at the end stay", SPAN("a@b.."), SPAN("a@b.."), " . b..*"},
    {"a dot behind the @ stays", SPAN("a@."), SPAN("a@."), " .*"},
    {"a dot alone", SPAN("."), SPAN("."), ""},
    {"two dots in the middle", SPAN("a@b..c"), SPAN("a@b..c"), "c .c b..c*"},
    {"a dot at the start of the domain", SPAN("a@.b"), SPAN("a@.b"), "b .b*"},
    {"an address literal", SPAN("a@[10.0.0.1]"), SPAN("a@[10.0.0.1]"),
	"1] 0.1] 0.0.1] [10.0.0.1]*"},
    {"any bytes", SPAN("\x01\xff@\x7f.\x80"), SPAN("\x01\xff@\x7f.\x80"),
	"\x80 \x7f.\x80*"},
    {"nothing", SPAN(""), SPAN(""), ""},
};

static void
addresses_have_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		const char *row = addresses[i].row;
		struct span text = begin_with(addresses[i].text);
		const struct value_key *whole = values_whole(&values, 0);
		const struct value_domains *got = values_domains(&values, 0);
		struct span want = span_str(addresses[i].domains);
		bool all = want.len > 0 && want.data[want.len - 1] == '*';
		size_t n = 0;

		check_key(row, whole, addresses[i].whole);
		check_bool(row, got->all, all);
		want.len -= all;
		while (want.len > 0 && n < got->n) {
			struct span domain = want;

			if (!span_cut(&want, ' ', &domain))
				want.len = 0;
			check_key(row, &got->key[n++], domain);
		}
		check_int(row, (int64_t)want.len, 0);
		check_int(row, (int64_t)got->n, (int64_t)n);
		exact_free(text);
	}
}

/* "x@" and n labels of len bytes each. */
static struct span
labels_of(size_t n, size_t len)
{
	static char text[ATTR_LINE_MAX];
	size_t used = 2;

	memcpy(text, "x@", 2);
	for (size_t i = 0; i < n; i++) {
		assert_true(used + len + 1 <= sizeof(text));
		memset(text + used, 'a', len);
		used += len;
		text[used++] = '.';
	}
	return span_of(text, used - 1);
}

static const struct {
	const char *row;
	size_t labels;
	size_t len; /* of each */
	size_t n;
	size_t longest; /* bytes of the last key */
	bool all;
} domains[] = {
    {"one label less than the limit", 31, 1, 31, 61, true},
    {"as many labels as the limit", 32, 1, 32, 63, true},
    {"a label more", 33, 1, 32, 63, false},
    {"many more labels", 1000, 1, 32, 63, false},
    {"a byte less than the limit", 1, 254, 1, 254, true},
    {"as many bytes as the limit", 1, 255, 1, 255, true},
    {"a byte more", 1, 256, 0, 0, false},
    {"one label of 4 KiB", 1, 4090, 0, 0, false},
    {"two labels of 255 bytes", 2, 127, 2, 255, true},
    {"two labels, only one of which fits", 2, 128, 1, 128, false},
    {"fifty labels, of which some fit", 50, 63, 4, 255, false},
    {"empty labels", 33, 0, 32, 31, false},
};

static void
keys_of_a_domain_are_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(domains); i++) {
		const char *row = domains[i].row;
		struct span given =
		    labels_of(domains[i].labels, domains[i].len);
		struct span text = begin_with(given);
		const struct value_key *whole = values_whole(&values, 0);
		const struct value_domains *got = values_domains(&values, 0);

		check_span(row, whole->text, given);
		check_int(row, (int64_t)got->n, (int64_t)domains[i].n);
		check_bool(row, got->all, domains[i].all);
		for (size_t k = 0; k < got->n; k++)
			check_key(row, &got->key[k],
			    span_skip(given, given.len - got->key[k].text.len));
		if (got->n > 0)
			check_int(row, (int64_t)got->key[got->n - 1].text.len,
			    (int64_t)domains[i].longest);
		exact_free(text);
	}
}

static const struct {
	const char *row;
	struct span text;
	bool is_number;
	uint64_t number;
} numbers[] = {
    {"zero", SPAN("0"), true, 0},
    {"a size", SPAN("12345"), true, 12345},
    {"zeros in front", SPAN("007"), true, 7},
    {"the largest", SPAN("18446744073709551615"), true, UINT64_MAX},
    {"one more", SPAN("18446744073709551616"), false, 0},
    {"twenty nines", SPAN("99999999999999999999"), false, 0},
    {"a sign", SPAN("-1"), false, 0},
    {"a plus", SPAN("+1"), false, 0},
    {"a blank in front", SPAN(" 1"), false, 0},
    {"a letter behind", SPAN("1k"), false, 0},
    {"a fraction", SPAN("1.5"), false, 0},
    {"a word", SPAN("unknown"), false, 0},
    {"nothing", SPAN(""), false, 0},
};

static void
numbers_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct span text = begin_with(numbers[i].text);

		for (int again = 0; again < 2; again++) {
			uint64_t got = 0;

			check_bool(numbers[i].row,
			    values_number(&values, 0, &got),
			    numbers[i].is_number);
			check_bool(
			    numbers[i].row, got == numbers[i].number, true);
		}
		exact_free(text);
	}
}

static const struct {
	const char *row;
	struct span text;
	unsigned bytes; /* 0: no address */
} hosts[] = {
    {"IPv4", SPAN("192.0.2.7"), 4},
    {"IPv6", SPAN("2001:db8::7"), 16},
    {"what Postfix writes for none", SPAN("unknown"), 0},
    {"a network", SPAN("192.0.2.0/24"), 0},
    {"brackets", SPAN("[192.0.2.7]"), 0},
    {"nothing", SPAN(""), 0},
};

static void
ip_addresses_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct span text = begin_with(hosts[i].text);

		for (int again = 0; again < 2; again++) {
			const struct cidr *got = values_address(&values, 0);

			check_bool(
			    hosts[i].row, got != NULL, hosts[i].bytes > 0);
			if (got != NULL)
				check_int(hosts[i].row, got->bits,
				    8 * hosts[i].bytes);
		}
		exact_free(text);
	}
}

static void
texts_have_a_string_and_a_hash(void **state)
{
	static const struct span texts[] = {
	    SPAN("client.test"), SPAN(""), SPAN("\xff\x01")};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct span text = begin_with(texts[i]);
		const char *string = values_string(&values, 0);

		check_span(string, span_str(string), texts[i]);
		assert_ptr_equal(values_string(&values, 0), string);
		assert_true(
		    values_hash(&values, 0) == hash_bytes(&hash_key, texts[i]));
		assert_true(
		    values_hash(&values, 0) == hash_bytes(&hash_key, texts[i]));
		check_span(string, values_text(&values, 0), texts[i]);
		exact_free(text);
	}
}

static void
a_place_that_is_not_set_is_empty(void **state)
{
	uint64_t number;

	(void)state;
	memset(&values, 0xff, sizeof(values));
	values_begin(&values, &hash_key, VALUES_MAX);
	for (unsigned place = 0; place < VALUES_MAX; place++) {
		assert_int_equal(values_text(&values, place).len, 0);
		assert_int_equal(values_domains(&values, place)->n, 0);
		assert_string_equal(values_string(&values, place), "");
		assert_false(values_number(&values, place, &number));
		assert_null(values_address(&values, place));
	}
}

static void
check_made(unsigned place, const char *text, uint64_t number)
{
	struct span want = span_str(text);
	uint64_t got = 0;

	check_span(text, values_whole(&values, place)->text, want);
	check_string(text, values_string(&values, place), text);
	check_bool(text,
	    values_hash(&values, place) == hash_bytes(&hash_key, want), true);
	check_bool(text, values_number(&values, place, &got), true);
	check_bool(text, got == number, true);
	assert_null(values_address(&values, place));
}

static void
what_was_made_is_kept(void **state)
{
	size_t used;

	(void)state;
	values_begin(&values, &hash_key, VALUES_MAX);
	values_set(&values, 5, span_str("1"));
	check_made(5, "1", 1);
	used = values.used;
	check_made(5, "1", 1);
	assert_int_equal(values.used, used);
}

static void
what_was_made_is_forgotten(void **state)
{
	(void)state;
	values_begin(&values, &hash_key, VALUES_MAX);
	values_set(&values, 0, span_str("1"));
	values_set(&values, VALUES_MAX - 1, span_str("2"));
	check_made(0, "1", 1);
	check_made(VALUES_MAX - 1, "2", 2);
	check_made(0, "1", 1);
	values_set(&values, 0, span_str("3"));
	check_made(0, "3", 3);
	check_made(VALUES_MAX - 1, "2", 2);
	values_begin(&values, &hash_key, VALUES_MAX);
	assert_int_equal(values_text(&values, VALUES_MAX - 1).len, 0);
	assert_int_equal(values_whole(&values, 0)->text.len, 0);
	values_set(&values, 0, span_str("4"));
	check_made(0, "4", 4);
}

static void
numbers_of_our_own_are_texts_too(void **state)
{
	static const struct {
		uint64_t number;
		const char *text;
	} rows[] = {
	    {0, "0"},
	    {500, "500"},
	    {UINT64_MAX, "18446744073709551615"},
	};

	(void)state;
	values_begin(&values, &hash_key, VALUES_MAX);
	for (unsigned i = 0; i < COUNT_OF(rows); i++)
		values_set_number(&values, 2 * i, rows[i].number);
	values_set_number(&values, VALUES_MAX - 1, 7);
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		check_span(rows[i].text, values_text(&values, 2 * i),
		    span_str(rows[i].text));
		check_made(2 * i, rows[i].text, rows[i].number);
		assert_int_equal(values_text(&values, 2 * i + 1).len, 0);
	}
	check_made(VALUES_MAX - 1, "7", 7);
	values_set_number(&values, 0, 8);
	check_made(0, "8", 8);
}

/* The most that a request can bring, and all that can be asked of it. */
static void
there_is_room_for_the_largest_request(void **state)
{
	enum { EACH = ATTR_REQUEST_MAX / VALUES_MAX };
	struct span text[VALUES_MAX];
	char bytes[EACH];

	(void)state;
	memset(bytes, 'X', EACH);
	for (int round = 0; round < 3; round++) {
		values_begin(&values, &hash_key, VALUES_MAX);
		for (unsigned i = 0; i < VALUES_MAX; i++) {
			text[i] = exact_copy(span_of(bytes, EACH));
			values_set(&values, i, text[i]);
		}
		for (unsigned i = 0; i < VALUES_MAX; i++) {
			assert_int_equal(
			    values_whole(&values, i)->text.len, EACH);
			assert_int_equal(
			    strlen(values_string(&values, i)), EACH);
		}
		for (unsigned i = 0; i < VALUES_MAX; i++)
			exact_free(text[i]);
	}
}

static void
folding_stays_within_its_room(void **state)
{
	static const char text[] = "Ann@Example.ORG.";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		struct span in = exact_copy(span_of(text, len));
		char *out = malloc(len);
		struct span got = value_fold(in, out);

		check_bool(
		    text, span_equal_nocase(got, span_head(in, got.len)), true);
		check_int(text, (int64_t)got.len,
		    (int64_t)(len == 12 || len == 16 ? len - 1 : len));
		exact_free(in);
		free(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_have_keys),
	    cmocka_unit_test(keys_of_a_domain_are_bounded),
	    cmocka_unit_test(numbers_are_read),
	    cmocka_unit_test(ip_addresses_are_read),
	    cmocka_unit_test(texts_have_a_string_and_a_hash),
	    cmocka_unit_test(a_place_that_is_not_set_is_empty),
	    cmocka_unit_test(what_was_made_is_kept),
	    cmocka_unit_test(what_was_made_is_forgotten),
	    cmocka_unit_test(numbers_of_our_own_are_texts_too),
	    cmocka_unit_test(there_is_room_for_the_largest_request),
	    cmocka_unit_test(folding_stays_within_its_room),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
