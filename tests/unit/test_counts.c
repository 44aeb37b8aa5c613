/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support.h"

#include "hdrcheck/counts.h"
#include "hdrcheck/netstring.h"

#define COUNTS                                                                 \
	"lookups=12 hold=3 dunno=4 reject=5 notfound=0 malformed=1 "           \
	"connections=20 open=2"
#define WHOLE "82:OK " COUNTS ","

static const struct lookup_counts counts_of_whole = {
    {12, 3, 4, 5, 0, 1, 20, 2}};

static const struct {
	const char *row;
	const char *reply;
	enum counts_result want;
	uint64_t lookups; /* of COUNTS_DONE */
	size_t used;
} replies[] = {
    {"counts", WHOLE, COUNTS_DONE, 12, 86},
    {"counts, and more behind", WHOLE "3:abc,", COUNTS_DONE, 12, 86},
    {"what an older one tells", "12:OK lookups=1,", COUNTS_DONE, 1, 16},
    {"a word that is no count", "14:OK lookups=1 a,", COUNTS_WRONG, 0, 0},
    {"a blank at the end", "13:OK lookups=1 ,", COUNTS_DONE, 1, 17},
    {"another count", "19:OK lookups=1 sung=2,", COUNTS_DONE, 1, 23},
    {"others, which are no numbers", "14:OK sung=x lo=y,", COUNTS_DONE, 0, 18},
    {"a name in another case", "12:OK Lookups=1,", COUNTS_DONE, 0, 16},
    {"no count", "3:OK ,", COUNTS_DONE, 0, 6},
    {"OK alone", "2:OK,", COUNTS_DONE, 0, 5},
    {"the largest number", "30:OK lookups=9223372036854775807,", COUNTS_DONE,
	INT64_MAX, 34},
    {"one above it", "30:OK lookups=9223372036854775808,", COUNTS_WRONG, 0, 0},
    {"no number", "12:OK lookups=x,", COUNTS_WRONG, 0, 0},
    {"an empty number", "11:OK lookups=,", COUNTS_WRONG, 0, 0},
    {"a negative number", "13:OK lookups=-1,", COUNTS_WRONG, 0, 0},
    {"no map", "16:PERM no such map,", COUNTS_WRONG, 0, 0},
    {"not found", "9:NOTFOUND ,", COUNTS_WRONG, 0, 0},
    {"nothing", "0:,", COUNTS_WRONG, 0, 0},
    {"no netstring", "OK lookups=1\n", COUNTS_WRONG, 0, 0},
    {"longer than may be", "4097:", COUNTS_WRONG, 0, 0},
    {"as long as may be", "4096:", COUNTS_MORE, 0, 0},
    {"nothing yet", "", COUNTS_MORE, 0, 0},
};

static void
replies_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		struct span copy = exact_copy(span_str(replies[i].reply));
		struct lookup_counts counts = {{77, 77, 77, 77, 77, 77, 77}};
		size_t used = 0;

		check_int(replies[i].row, counts_read(copy, &counts, &used),
		    replies[i].want);
		if (replies[i].want == COUNTS_DONE) {
			check_int(replies[i].row,
			    (int64_t)counts.n[COUNT_LOOKUPS],
			    (int64_t)replies[i].lookups);
			check_int(replies[i].row, (int64_t)used,
			    (int64_t)replies[i].used);
		}
		exact_free(copy);
	}
}

static void
check_counts(
    const char *row, const struct lookup_counts *got, const uint64_t *want)
{
	for (int i = 0; i < COUNT_KINDS; i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s: %s", row, counts_name[i]);
		check_int(text, (int64_t)got->n[i], (int64_t)want[i]);
	}
}

/* What a reply does not name is 0, whatever was there before. */
static void
all_counts_are_set(void **state)
{
	static const uint64_t one[COUNT_KINDS] = {[COUNT_OPEN] = 5};
	struct lookup_counts counts = {{9, 9, 9, 9, 9, 9, 9, 9}};
	size_t used;

	(void)state;
	assert_int_equal(
	    counts_read(span_str(WHOLE), &counts, &used), COUNTS_DONE);
	check_counts("all", &counts, counts_of_whole.n);
	assert_int_equal(
	    counts_read(span_str("9:OK open=5,"), &counts, &used), COUNTS_DONE);
	check_counts("one", &counts, one);
}

static void
prefixes_ask_for_more(void **state)
{
	static const char whole[] = WHOLE;

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct span copy = exact_copy(span_of(whole, n));
		struct lookup_counts counts;
		size_t used;

		check_int(
		    "a prefix", counts_read(copy, &counts, &used), COUNTS_MORE);
		exact_free(copy);
	}
}

static void
the_longest_reply_is_read(void **state)
{
	struct buf reply, body;
	struct lookup_counts counts;
	size_t used;
	char *room;

	(void)state;
	buf_init(&body, COUNTS_REPLY_MAX);
	buf_init(&reply, COUNTS_REPLY_MAX + 6);
	assert_true(buf_append(&body, span_str("OK lookups=7 open=1")));
	room = buf_reserve(&body, buf_room(&body));
	assert_non_null(room);
	memset(room, ' ', buf_room(&body));
	buf_commit(&body, buf_room(&body));
	assert_true(netstring_append(&reply, buf_span(&body)));
	assert_int_equal(
	    counts_read(buf_span(&reply), &counts, &used), COUNTS_DONE);
	assert_int_equal(used, COUNTS_REPLY_MAX + 6);
	assert_int_equal(counts.n[COUNT_LOOKUPS], 7);
	buf_free(&reply);
	buf_free(&body);
}

static void
what_is_written_is_read(void **state)
{
	static const struct lookup_counts most = {
	    {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
		UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	char text[COUNTS_TEXT_SIZE];
	size_t len;

	(void)state;
	assert_int_equal(
	    counts_format(&counts_of_whole, text), sizeof(COUNTS) - 1);
	check_string("the words in their order", text, COUNTS);
	len = counts_format(&most, text);
	assert_int_equal(len, strlen(text));
	check_part("the largest numbers", text, " open=18446744073709551615");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_are_read),
	    cmocka_unit_test(all_counts_are_set),
	    cmocka_unit_test(prefixes_ask_for_more),
	    cmocka_unit_test(the_longest_reply_is_read),
	    cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
