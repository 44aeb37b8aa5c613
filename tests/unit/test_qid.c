/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

static const char all_digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz";

static const struct {
	const char *row;
	struct span text;
	bool want;
} ids[] = {
    {"a short queue id", SPAN("C5A28A72512"), true},
    {"a long queue id", SPAN("4jX5N05nJXz1bYjt"), true},
    {"five characters", SPAN("ABCDE"), false},
    {"six characters", SPAN("ABCDEF"), true},
    {"seven characters", SPAN("ABCDEFG"), true},
    {"31 characters", SPAN("0123456789012345678901234567890"), true},
    {"32 characters", SPAN("01234567890123456789012345678901"), true},
    {"33 characters", SPAN("012345678901234567890123456789012"), false},
    {"nothing", SPAN(""), false},
    {"no bytes at all", {NULL, 0}, false},
    {"zeros", SPAN("000000"), true},
    {"postsuper's word for every message", SPAN("ALL"), false},
    {"that word in front", SPAN("ALLALL"), true},
    {"an option", SPAN("-ABCDEF"), false},
    {"a blank in front", SPAN(" ABCDEF"), false},
    {"a blank behind", SPAN("ABCDEF "), false},
    {"a line end behind", SPAN("ABCDEF\n"), false},
    {"a NUL behind", SPAN("ABCDEF\0"), false},
    {"a path", SPAN("../../ABCDEF"), false},
    {"an underline", SPAN("ABC_DEF"), false},
    {"a letter that is not ASCII", SPAN("ABCDE\xc3\x84"), false},
};

static void
ids_are_told_from_other_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		struct span text = exact_copy(ids[i].text);
		struct qid id = {{1, 2, 3}};
		char out[QID_SIZE];
		bool got = qid_parse(text, &id);

		check_bool(ids[i].row, got, ids[i].want);
		if (got) {
			check_int(ids[i].row, (int64_t)qid_format(&id, out),
			    (int64_t)text.len);
			check_span(ids[i].row, span_str(out), text);
		}
		exact_free(text);
	}
}

static const struct {
	const char *row;
	struct span text;
	size_t want;
} fronts[] = {
    {"an id and more", SPAN("C5A28A72512\", "), 11},
    {"an id alone", SPAN("C5A28A72512"), 11},
    {"five digits and more", SPAN("ABCDE\""), 0},
    {"six digits and more", SPAN("ABCDEF\""), 6},
    {"31 digits and more", SPAN("0123456789012345678901234567890\""), 31},
    {"32 digits and more", SPAN("01234567890123456789012345678901\""), 32},
    {"33 digits", SPAN("012345678901234567890123456789012"), 32},
    {"no digit", SPAN("\"ABCDEF"), 0},
    {"nothing", SPAN(""), 0},
};

static void
ids_are_read_off_the_front_of_a_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fronts); i++) {
		struct span text = exact_copy(fronts[i].text);
		struct qid id = {{1, 2, 3}}, whole;
		size_t got = qid_read(text, &id);

		check_int(fronts[i].row, (int64_t)got, (int64_t)fronts[i].want);
		if (got == 0) {
			check_int(fronts[i].row, (int64_t)id.word[2], 3);
		} else {
			assert_true(qid_parse(span_head(text, got), &whole));
			assert_true(qid_equal(&id, &whole));
		}
		exact_free(text);
	}
}

static void
every_byte_at_every_place_is_judged(void **state)
{
	(void)state;
	for (size_t at = 0; at < QID_MAX; at++) {
		for (int c = 0; c < 256; c++) {
			char text[QID_SIZE] =
			    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";
			char out[QID_SIZE];
			bool want =
			    c != 0 && strchr(all_digits, (char)c) != NULL;
			struct qid id;

			text[at] = (char)c;
			assert_int_equal(
			    qid_parse(span_of(text, QID_MAX), &id), want);
			if (!want)
				continue;
			assert_int_equal(qid_format(&id, out), QID_MAX);
			assert_string_equal(out, text);
		}
	}
}

static void
every_length_comes_back(void **state)
{
	char text[QID_SIZE], out[QID_SIZE];

	(void)state;
	for (size_t n = QID_MIN; n <= QID_MAX; n++) {
		struct qid id;

		for (size_t i = 0; i < n; i++)
			text[i] = all_digits[(i * 7 + n * 5) % 62];
		text[n] = '\0';
		id = qid_of(text);
		assert_int_equal(qid_format(&id, out), n);
		assert_string_equal(out, text);
	}
}

static const struct {
	const char *row;
	const char *a;
	const char *b;
	bool want;
} pairs[] = {
    {"the same", "C5A28A72512", "C5A28A72512", true},
    {"one is the front of the other", "C5A28A7251", "C5A28A72510", false},
    {"zeros of different length", "000000", "0000000", false},
    {"another case", "abcdef", "ABCDEF", false},
    {"the first character", "A5A28A72512", "B5A28A72512", false},
    {"the last of 32", "01234567890123456789012345678901",
	"01234567890123456789012345678902", false},
    {"the eleventh, across two words", "0123456789A1", "0123456789z1", false},
};

static void
ids_are_equal_when_their_texts_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct qid a = qid_of(pairs[i].a);
		struct qid b = qid_of(pairs[i].b);

		check_bool(pairs[i].row, qid_equal(&a, &b), pairs[i].want);
		check_bool(
		    pairs[i].row, qid_hash(&a) == qid_hash(&b), pairs[i].want);
	}
}

static void
a_refused_text_leaves_the_id_alone(void **state)
{
	struct qid id = qid_of("C5A28A72512");

	(void)state;
	assert_false(qid_parse(span_str("C5A28A7251!"), &id));
	check_qid("the old id", &id, "C5A28A72512");
}

/* Ids of one second differ in few characters: they must not share places. */
static void
ids_of_a_busy_second_are_spread(void **state)
{
	enum {
		N = 4096,
		MOST = 12 /* a fair spread puts 7 or 8 into the fullest */
	};
	static uint8_t places[N];

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		char text[QID_SIZE];
		struct qid id;

		snprintf(text, sizeof(text), "%05XA72512", i * 16);
		id = qid_of(text);
		assert_true(++places[qid_hash(&id) % N] <= MOST);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ids_are_told_from_other_text),
	    cmocka_unit_test(ids_are_read_off_the_front_of_a_text),
	    cmocka_unit_test(every_byte_at_every_place_is_judged),
	    cmocka_unit_test(every_length_comes_back),
	    cmocka_unit_test(ids_are_equal_when_their_texts_are),
	    cmocka_unit_test(a_refused_text_leaves_the_id_alone),
	    cmocka_unit_test(ids_of_a_busy_second_are_spread),
	};

	return cmocka_run_group_tests_name("qid", tests, NULL, NULL);
}
