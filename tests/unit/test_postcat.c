/* SPDX-License-Identifier: ISC */
#include "tests/unit/postcat_support.h"

static const struct {
	const char *row;
	const char *file;
	size_t headers;
	size_t ends;
	const char *parts[4]; /* of what is told */
} files[] = {
    {"mail by SMTP", "smtp", 6, 1,
	{"begin C5A28A72512\n", "named client_address <127.0.0.1>\n",
	    "record sender <ann@sender.test>\n",
	    "\nheader X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000\n"}},
    {"mail by sendmail(1)", "sendmail", 6, 1,
	{"record sender_fullname <root>\n",
	    "header Received: by private.test (Postfix, from userid 0)\n\tid ",
	    "record recipient <carl@sink.test>\n", "end D3B8AA72534\n"}},
    {"an empty sender", "empty_sender", 6, 1, {"record sender <>\n"}},
    {"a folded header", "folded", 6, 1,
	{"header X-Deliver-At: Fri,\n\t25 Dec 2026\n  09:00:00 +0000 (a "
	 "comment)\n"}},
    {"sixty recipients", "many", 6, 1,
	{"record recipient <ben0@sink.test>\n",
	    "record recipient <ben59@sink.test>\n"}},
    {"a login", "sasl", 6, 1, {"named sasl_username <ann>\n"}},
    {"a client with IPv6", "ipv6", 6, 1,
	{"named client_address <2001:db8::7>\n"}},
    {"an unknown client", "unknown", 6, 1,
	{"named client_address <unknown>\n"}},
    {"a content_filter of Postfix", "content_filter", 6, 1,
	{"record content_filter <smtp:[127.0.0.1]:9>\n"}},
    {"a FILTER of header_checks, behind the headers", "filter", 7, 1,
	{"header X-Filter: yes\n",
	    "record content_filter <smtp:[127.0.0.1]:9>\nend "}},
    {"a REDIRECT of header_checks", "redirect", 7, 1,
	{"record redirect_to <other@sink.test>\nend CD87CA72106\n"}},
    {"a message that was tried", "tried", 6, 1, {"end 5BF67A72562\n"}},
    {"a requeued one", "requeued", 8, 1,
	{"header Received: by private.test (Postfix, from userid 102)\n\tid "
	 "7E92DA72642; "}},
    {"one that was requeued twice", "requeued_twice", 9, 1, {NULL}},
    {"a rule's header above all others", "rule", 7, 1,
	{"(rule freeze)\nheader Received: from"}},
    {"a hold queue that is hashed", "hashed", 6, 1, {"end DB1F0A7275B\n"}},
    {"a long queue id", "long_id", 6, 1, {"end 4jX5N05nJXz1bYjt\n"}},
    {"three files of one call", "three", 18, 3,
	{"end C5A28A72512\nbegin D3B8AA72534\n",
	    "end D3B8AA72534\nbegin C67E1A720E4\n", "end C67E1A720E4\n"}},
    {"the second of three ids is gone", "missing", 6, 1, {"end C5A28A72512\n"}},
    {"a half-written file behind a whole one", "half", 6, 1,
	{"end C5A28A72512\nbegin ABCDEF12345\n"}},
    {"an empty file between two", "empty", 12, 2,
	{"end D3B8AA72534\nbegin ABCDEF12345\nbegin C67E1A720E4\n",
	    "end C67E1A720E4\n"}},
    {"a file of garbage between two", "garbage", 12, 2,
	{"end D3B8AA72534\nbegin C67E1A720E4\n"}},
    {"a file that is not on hold", "not_hold", 0, 0, {NULL}},
    {"hostile bytes", "hostile", 11, 1,
	{"record sender <x\"delay_reason\": \\ \x01*** }]@sender.test>\n",
	    "\nheader ***: text\n",
	    "header X-Fold: *** HEADER EXTRACTED hold/AAAAAAAAAAA ***\n"
	    " *** HEADER EXTRACTED hold/AAAAAAAAAAA ***\n"
	    "\t*** MESSAGE FILE END hold/AAAAAAAAAAA ***\n \n\t\n"
	    "header X-Last: y\n",
	    "end CEB05A72513\n"}},
};

static struct span
read_capture(const char *file)
{
	char name[64];

	snprintf(name, sizeof(name), "postcat/%s.txt", file);
	return read_data(name);
}

static void
real_files_are_read(void **state)
{
	static struct script told;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct span bytes = read_capture(files[i].file);
		struct feed f;

		feed_open(&f, &told);
		feed(&f, bytes);
		check_int(files[i].row, (int64_t)f.headers,
		    (int64_t)files[i].headers);
		check_int(
		    files[i].row, (int64_t)f.ends, (int64_t)files[i].ends);
		for (size_t p = 0; p < 4 && files[i].parts[p] != NULL; p++)
			check_part(files[i].row, told.text, files[i].parts[p]);
		feed_close(&f);
		exact_free(bytes);
	}
}

static void
check_splits(const char *row, struct span bytes)
{
	static struct script whole, told;
	struct feed f;

	read_whole(bytes, &whole);
	for (size_t at = 0; at <= bytes.len; at++) {
		feed_open(&f, &told);
		feed(&f, span_head(bytes, at));
		if (memcmp(told.text, whole.text, told.used) != 0)
			check_string(row, told.text, whole.text);
		feed(&f, span_skip(bytes, at));
		check_string(row, told.text, whole.text);
		feed_close(&f);
	}
}

static const char *const split_files[] = {
    "smtp", "folded", "filter", "sendmail", "requeued", "hashed", "not_hold"};

/* Of a prefix it tells what it told of the whole, as far as it goes. */
static void
every_prefix_and_every_split_tells_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(split_files); i++) {
		struct span bytes = read_capture(split_files[i]);

		check_splits(split_files[i], bytes);
		exact_free(bytes);
	}
}

static void
byte_by_byte_tells_the_same(void **state)
{
	static struct script whole, told;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct span bytes = read_capture(files[i].file);
		struct feed f;

		read_whole(bytes, &whole);
		feed_open(&f, &told);
		for (size_t at = 0; at < bytes.len; at++)
			feed(&f, span_of(bytes.data + at, 1));
		check_string(files[i].row, told.text, whole.text);
		feed_close(&f);
		exact_free(bytes);
	}
}

static const struct {
	const char *row;
	const char *in;
	const char *want;
} calls[] = {
    {"the least file", OPEN(A) HEAD(A) EXTRA(A) CLOSE(A),
	"begin AAAAAA1\nend AAAAAA1\n"},
    {"no output", "", ""},
    {"something else", "postcat: fatal: no\nsender: x\n", ""},
    {"records", OPEN(A) "sender: a@b\nnamed_attribute: c=d=e\n",
	"begin AAAAAA1\nrecord sender <a@b>\nnamed c <d=e>\n"},
    {"a record without a value, and one without a blank",
	OPEN(A) "sender:\nsize:1\n",
	"begin AAAAAA1\nrecord sender <>\nrecord size <1>\n"},
    {"blanks around a value are cut, but not around a named one's",
	OPEN(A) "size:   1 2 \nnamed_attribute: a= b \n",
	"begin AAAAAA1\nrecord size <1 2>\nnamed a < b >\n"},
    {"lines that are no record",
	OPEN(A) "\nnothing\nnamed_attribute: nothing\n*** who knows ***\n",
	"begin AAAAAA1\n"},
    {"a value with a colon", OPEN(A) "redirect_to: a:b@c: d\n",
	"begin AAAAAA1\nrecord redirect_to <a:b@c: d>\n"},
    {"records behind the headers",
	OPEN(A) HEAD(A) "a: 1\n" EXTRA(A) "content_filter: x\n" CLOSE(A),
	"begin AAAAAA1\nheader a: 1\nrecord content_filter <x>\n"
	"end AAAAAA1\n"},
    {"a header is told when the next begins", OPEN(A) HEAD(A) "a: 1\nb: 2\n",
	"begin AAAAAA1\nheader a: 1\n"},
    {"continuations keep their line ends and blanks",
	OPEN(A) HEAD(A) "a: 1\n\t2\n   3\n \nb: 4\n" EXTRA(A),
	"begin AAAAAA1\nheader a: 1\n\t2\n   3\n \nheader b: 4\n"},
    {"a continuation of nothing", OPEN(A) HEAD(A) " x\nb: 4\n" EXTRA(A),
	"begin AAAAAA1\nheader  x\nheader b: 4\n"},
    {"a carriage return at the end", OPEN(A) HEAD(A) "a: 1\r\n" EXTRA(A),
	"begin AAAAAA1\nheader a: 1\r\n"},
    {"a hashed queue",
	OPEN("hold/A/A/AAAAAA1") HEAD("hold/A/A/AAAAAA1")
	    EXTRA("hold/A/A/AAAAAA1") CLOSE("hold/A/A/AAAAAA1"),
	"begin AAAAAA1\nend AAAAAA1\n"},
    {"another queue", OPEN("deferred/AAAAAA1") "sender: a\n", ""},
    {"a queue whose name begins alike", OPEN("holding/AAAAAA1") "a: b\n", ""},
    {"a queue inside another", OPEN("x/hold/AAAAAA1") "a: b\n", ""},
    {"no queue", OPEN("AAAAAA1") "a: b\n", ""},
    {"no id", OPEN("hold/") "a: b\n", ""},
    {"an id that is none", OPEN("hold/..") OPEN("hold/AAAAA") "a: b\n", ""},
    {"a marker with something behind",
	"*** ENVELOPE RECORDS " A " ***x\nsender: a\n", ""},
    {"a marker without its end", "*** ENVELOPE RECORDS " A "\nsender: a\n", ""},
    {"a marker that is its mark only", "*** ENVELOPE RECORDS \na: b\n", ""},
    {"a marker with a blank in front", " " OPEN(A) "sender: a\n", ""},
    {"the contents of another file", OPEN(A) HEAD(B) "a: 1\n" EXTRA(A),
	"begin AAAAAA1\nrecord a <1>\n"},
    {"the end of another file",
	OPEN(A) HEAD(A) EXTRA(A) CLOSE(B) "a: 1\n" CLOSE(A),
	"begin AAAAAA1\nrecord a <1>\nend AAAAAA1\n"},
    {"an end before the headers", OPEN(A) CLOSE(A) "a: 1\n",
	"begin AAAAAA1\nrecord a <1>\n"},
    {"an end inside the headers", OPEN(A) HEAD(A) CLOSE(A) EXTRA(A),
	"begin AAAAAA1\nheader *** MESSAGE FILE END " A " ***\n"},
    {"a file without an end does not swallow the next",
	OPEN(A) "sender: a\n" OPEN(B) HEAD(B) EXTRA(B) CLOSE(B),
	"begin AAAAAA1\nrecord sender <a>\nbegin BBBBBB2\nend BBBBBB2\n"},
    {"nor when it stopped inside its headers",
	OPEN(A) HEAD(A) "a: 1\n" OPEN(B) HEAD(B) "b: 2\n" EXTRA(B) CLOSE(B),
	"begin AAAAAA1\nbegin BBBBBB2\nheader b: 2\nend BBBBBB2\n"},
    {"the extracted mark of another file is a header",
	OPEN(A) HEAD(A) EXTRA(B) "a: 1\n" EXTRA(A) CLOSE(A),
	"begin AAAAAA1\nheader *** HEADER EXTRACTED " B " ***\n"
	"header a: 1\nend AAAAAA1\n"},
    {"lines between two files",
	OPEN(A) HEAD(A) EXTRA(A) CLOSE(A) "sender: x\n" EXTRA(A) OPEN(B),
	"begin AAAAAA1\nend AAAAAA1\nbegin BBBBBB2\n"},
    {"the last line has no end", OPEN(A) "sender: a", "begin AAAAAA1\n"},
};

static void
calls_are_read(void **state)
{
	static struct script told;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		struct span in = span_str(calls[i].in);

		check_string(
		    calls[i].row, read_whole(in, &told), calls[i].want);
		check_splits(calls[i].row, in);
	}
}

static void
a_reader_can_be_used_again(void **state)
{
	static struct script told;
	struct feed f;

	(void)state;
	feed_open(&f, &told);
	feed(&f, span_str(OPEN(A) HEAD(A) "a: 1\nb: 2\nc"));
	postcat_reset(&f.reader);
	buf_clear(&f.waiting);
	feed(&f, span_str("sender: x\n" OPEN(B) HEAD(B) "c: 3\n" EXTRA(B)));
	check_string("both", told.text,
	    "begin AAAAAA1\nheader a: 1\nbegin BBBBBB2\nheader c: 3\n");
	feed_close(&f);
}

static void
every_changed_byte_is_read_within_bounds(void **state)
{
	static const char whole[] =
	    OPEN(A) "sender: a\nnamed_attribute: b=c\n" HEAD(
		A) "a: 1\n b\nc: 2\n" EXTRA(A) "x: y\n" CLOSE(A);
	static struct script told;
	char bytes[sizeof(whole) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(bytes); at++) {
		for (int c = 0; c < 256; c += c == '\n' ? 1 : 3) {
			memcpy(bytes, whole, sizeof(bytes));
			bytes[at] = (char)c;
			read_whole(span_of(bytes, sizeof(bytes)), &told);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(real_files_are_read),
	    cmocka_unit_test(every_prefix_and_every_split_tells_the_same),
	    cmocka_unit_test(byte_by_byte_tells_the_same),
	    cmocka_unit_test(calls_are_read),
	    cmocka_unit_test(a_reader_can_be_used_again),
	    cmocka_unit_test(every_changed_byte_is_read_within_bounds),
	};

	return cmocka_run_group_tests_name("postcat", tests, NULL, NULL);
}
