/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/sched/facts.h"
#include "policyd/sched/postcat.h"
#include "policyd/texts.h"

static const struct hash_key no_key;

/* What postcat() hands out of one call, as stream() passes it on. */
static void
take_call(struct texts *texts, struct span bytes)
{
	struct postcat_item item;
	enum postcat_event event;
	struct postcat reader;
	struct facts facts;
	size_t used;

	postcat_init(&reader);
	do {
		event = postcat_next(&reader, bytes, &item, &used);
		if (event == POSTCAT_BEGIN) {
			facts_begin(&facts);
			texts_begin(texts);
		} else if (event == POSTCAT_ATTRIBUTE) {
			facts_take_attribute(
			    &facts, item.name, item.named, item.value, &no_key);
			texts_take_attribute(
			    texts, item.name, item.named, item.value);
		} else if (event == POSTCAT_HEADER) {
			texts_take_header(texts, item.header);
		} else if (event == POSTCAT_END) {
			texts_end(texts, &item.id, facts.arrival_s, facts.size);
		}
		bytes = span_skip(bytes, used);
	} while (event != POSTCAT_MORE);
	postcat_free(&reader);
}

static struct texts *
texts_new(void)
{
	struct texts *texts = malloc(sizeof(*texts));

	assert_non_null(texts);
	texts_clear(texts);
	return texts;
}

/* An entry of the scheduler that stands for the message of these texts. */
/* A message as the scheduler knows it. */
struct known {
	struct qid id;
	struct index_entry e;
};

static struct known
known_of(const char *id, uint32_t arrival_s, uint32_t size)
{
	return (struct known){
	    .id = qid_of(id), .e = {.arrival_s = arrival_s, .size = size}};
}

static const struct text *
find_known(const struct texts *texts, const struct known *k)
{
	return texts_find(texts, &k->id, &k->e);
}

static const struct {
	const char *file;
	const char *id;
	uint32_t arrival_s;
	uint32_t size;
	const char *sender;
	const char *recipient;
	int64_t recipients;
	const char *subject;
} captures[] = {
    {"postcat/smtp.txt", "C5A28A72512", 1795297489, 359, "ann@sender.test",
	"ben@sink.test", 1, "hello"},
    {"postcat/requeued.txt", "7E92DA72642", 1795297492, 482, "ann@sender.test",
	"rita@sink.test", 1, "hello"},
};

static void
real_files_tell_who_writes_what_to_whom(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(captures); i++) {
		const char *row = captures[i].file;
		struct span bytes = read_data(row);
		struct texts *texts = texts_new();
		struct known e = known_of(
		    captures[i].id, captures[i].arrival_s, captures[i].size);
		const struct text *text;

		take_call(texts, bytes);
		text = find_known(texts, &e);
		assert_non_null(text);
		check_bool(row, text->known, true);
		check_string(row, text->sender, captures[i].sender);
		check_string(row, text->recipient, captures[i].recipient);
		check_int(
		    row, (int64_t)text->recipients, captures[i].recipients);
		check_string(row, text->subject, captures[i].subject);
		free(texts);
		exact_free(bytes);
	}
}

#define OPEN  "*** ENVELOPE RECORDS hold/AAAAAA ***\n"
#define HEAD  "*** MESSAGE CONTENTS hold/AAAAAA ***\n"
#define EXTRA "*** HEADER EXTRACTED hold/AAAAAA ***\n"
#define CLOSE "*** MESSAGE FILE END hold/AAAAAA ***\n"

static const struct {
	const char *row;
	struct span bytes;
	const char *sender;
	const char *recipient;
	int64_t recipients;
	const char *subject;
} files[] = {
    {"nothing", SPAN(OPEN HEAD EXTRA CLOSE), "", "", 0, ""},
    {"an empty sender", SPAN(OPEN "sender: \n" HEAD EXTRA CLOSE), "", "", 0,
	""},
    {"three recipients",
	SPAN(OPEN "sender: a@b\noriginal_recipient: no@x\nrecipient: c@d\n"
		  "original_recipient: no@y\nrecipient: e@f\n"
		  "recipient: g@h\n" HEAD EXTRA CLOSE),
	"a@b", "c@d", 3, ""},
    {"recipients behind the headers",
	SPAN(OPEN "sender: a@b\n" HEAD EXTRA
		  "recipient: c@d\nrecipient: e@f\n" CLOSE),
	"a@b", "c@d", 2, ""},
    {"one whose first name is empty",
	SPAN(OPEN "recipient: \nrecipient: e@f\n" HEAD EXTRA CLOSE), "", "", 2,
	""},
    {"named attributes are others",
	SPAN(OPEN "named_attribute: sender=x\nnamed_attribute: recipient=y\n"
		  "named_attribute: sender: x\n" HEAD EXTRA CLOSE),
	"", "", 0, ""},
    {"a done recipient is none",
	SPAN(OPEN "done_recipient: a@b\nrecipient: c@d\n" HEAD EXTRA CLOSE), "",
	"c@d", 1, ""},
    {"headers are no records",
	SPAN(OPEN HEAD "sender: x\nrecipient: y\n" EXTRA CLOSE), "", "", 0, ""},
    {"the first subject",
	SPAN(OPEN HEAD "Subject: one\nSubject: two\n" EXTRA CLOSE), "", "", 0,
	"one"},
    {"the first, which is empty",
	SPAN(OPEN HEAD "Subject:\nSubject: two\n" EXTRA CLOSE), "", "", 0, ""},
    {"in another case", SPAN(OPEN HEAD "SUBJECT :  x \n" EXTRA CLOSE), "", "",
	0, "x"},
    {"folded and encoded",
	SPAN(OPEN HEAD "Subject: =?utf-8?q?a?=\n\t=?utf-8?q?b?=\n" EXTRA CLOSE),
	"", "", 0, "=?utf-8?q?a?=\n\t=?utf-8?q?b?="},
    {"a longer name", SPAN(OPEN HEAD "Subject-2: x\n" EXTRA CLOSE), "", "", 0,
	""},
    {"bytes of all kinds",
	SPAN(OPEN "sender: <\x1b[1m\0\xff>\n" HEAD
		  "Subject: a\0b\x80\n" EXTRA CLOSE),
	"<\x1b[1m \xff>", "", 0, "a b\x80"},
};

static void
records_and_headers_are_told_apart(void **state)
{
	struct known e = known_of("AAAAAA", 0, 0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		const char *row = files[i].row;
		struct texts *texts = texts_new();
		struct span bytes = exact_copy(files[i].bytes);
		const struct text *text;

		take_call(texts, bytes);
		exact_free(bytes);
		text = find_known(texts, &e);
		assert_non_null(text);
		check_string(row, text->sender, files[i].sender);
		check_string(row, text->recipient, files[i].recipient);
		check_int(row, (int64_t)text->recipients, files[i].recipients);
		check_string(row, text->subject, files[i].subject);
		free(texts);
	}
}

static void
long_texts_are_cut(void **state)
{
	static const size_t lengths[] = {SNAPSHOT_TEXT_SIZE - 2,
	    SNAPSHOT_TEXT_SIZE - 1, SNAPSHOT_TEXT_SIZE, 4000};
	struct known e = known_of("AAAAAA", 0, 0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		size_t n = lengths[i];
		size_t want =
		    n < SNAPSHOT_TEXT_SIZE ? n : SNAPSHOT_TEXT_SIZE - 1;
		struct texts *texts = texts_new();
		char *bytes = malloc(n);

		assert_non_null(bytes);
		memset(bytes, 'x', n);
		texts_begin(texts);
		texts_take_attribute(
		    texts, span_str("sender"), false, span_of(bytes, n));
		free(bytes);
		texts_end(texts, &e.id, 0, 0);
		check_int("sender",
		    (int64_t)strlen(find_known(texts, &e)->sender),
		    (int64_t)want);
		free(texts);
	}
}

/* Of a file without an end nothing is kept, and nothing goes to the next. */
static void
each_file_has_its_own(void **state)
{
	struct texts *texts = texts_new();
	struct known first = known_of("BBBBBB", 0, 0);
	struct known second = known_of("AAAAAA", 0, 0);
	const struct text *text;

	(void)state;
	take_call(texts,
	    span_str(
		"*** ENVELOPE RECORDS hold/BBBBBB ***\nsender: a@b\n"
		"recipient: c@d\n"
		"*** MESSAGE CONTENTS hold/BBBBBB ***\nSubject: x\n" OPEN HEAD
		    EXTRA CLOSE));
	assert_null(find_known(texts, &first));
	text = find_known(texts, &second);
	assert_non_null(text);
	check_string("sender", text->sender, "");
	check_string("recipient", text->recipient, "");
	check_int("recipients", (int64_t)text->recipients, 0);
	check_string("subject", text->subject, "");
	free(texts);
}

static const struct {
	const char *row;
	const char *id;
	uint32_t arrival_s;
	uint32_t size;
	bool found;
} others[] = {
    {"the message", "AAAAAA", 100, 200, true},
    {"another id", "AAAAAB", 100, 200, false},
    {"another arrival", "AAAAAA", 101, 200, false},
    {"another size", "AAAAAA", 100, 201, false},
};

static void
a_message_is_known_by_more_than_its_id(void **state)
{
	struct texts *texts = texts_new();
	struct known e = known_of("AAAAAA", 100, 200);

	(void)state;
	texts_begin(texts);
	/* The scheduler keeps 32 bits of both. */
	texts_end(
	    texts, &e.id, (INT64_C(7) << 32) + 100, (UINT64_C(3) << 32) + 200);
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		e = known_of(others[i].id, others[i].arrival_s, others[i].size);
		check_bool(others[i].row, find_known(texts, &e) != NULL,
		    others[i].found);
	}
	e = known_of("AAAAAA", 5, 6);
	texts_begin(texts);
	texts_end(texts, &e.id, 5, 6);
	check_int("of an id there is one", (int64_t)texts->n, 1);
	assert_non_null(find_known(texts, &e));
	free(texts);
}

static struct qid
numbered(unsigned i)
{
	char text[QID_SIZE];

	snprintf(text, sizeof(text), "ID%06u", i);
	return qid_of(text);
}

static void
few_are_kept(void **state)
{
	struct texts *texts = texts_new();
	struct qid ids[TEXTS_MAX];
	struct known e = {.e = {.size = 9}};

	(void)state;
	for (unsigned i = 0; i <= TEXTS_MAX; i++) {
		struct qid id = numbered(i);

		texts_begin(texts);
		texts_end(texts, &id, 0, 9);
		check_int("kept", (int64_t)texts->n,
		    i < TEXTS_MAX ? i + 1 : TEXTS_MAX);
	}
	e.id = numbered(TEXTS_MAX - 1);
	assert_non_null(find_known(texts, &e));
	e.id = numbered(TEXTS_MAX);
	assert_null(find_known(texts, &e));
	for (unsigned i = 0; i < TEXTS_MAX; i++)
		ids[i] = numbered(i * 2);
	texts_retain(texts, ids, TEXTS_MAX);
	check_int("every second", (int64_t)texts->n, TEXTS_MAX / 2);
	for (unsigned i = 0; i < TEXTS_MAX; i++) {
		e.id = numbered(i);
		check_bool(
		    "every second", find_known(texts, &e) != NULL, i % 2 == 0);
	}
	texts_retain(texts, ids, 0);
	check_int("none", (int64_t)texts->n, 0);
	free(texts);
}

static void
what_cannot_be_read_is_remembered(void **state)
{
	struct texts *texts = texts_new();
	struct known e = known_of("AAAAAA", 1, 2);

	(void)state;
	texts_give_up(texts, &e.id, &e.e);
	assert_non_null(find_known(texts, &e));
	check_bool("given up", find_known(texts, &e)->known, false);
	texts_begin(texts);
	texts_end(texts, &e.id, 1, 2);
	check_bool("read after all", find_known(texts, &e)->known, true);
	texts_clear(texts);
	assert_null(find_known(texts, &e));
	free(texts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(real_files_tell_who_writes_what_to_whom),
	    cmocka_unit_test(records_and_headers_are_told_apart),
	    cmocka_unit_test(long_texts_are_cut),
	    cmocka_unit_test(each_file_has_its_own),
	    cmocka_unit_test(a_message_is_known_by_more_than_its_id),
	    cmocka_unit_test(few_are_kept),
	    cmocka_unit_test(what_cannot_be_read_is_remembered),
	};

	return cmocka_run_group_tests_name("texts", tests, NULL, NULL);
}
