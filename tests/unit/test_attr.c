/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/attr.h"

#define ASK "request=smtpd_access_policy\n"

static const char *const result_names[] = {
    [ATTR_MORE] = "more",
    [ATTR_DONE] = "done",
    [ATTR_BAD] = "bad",
};

/* What Postfix 3.7 sends at RCPT. */
static const char real[] =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
    "client_address=192.0.2.7\nclient_name=unknown\nclient_port=45678\n"
    "reverse_client_name=unknown\nserver_address=192.0.2.1\nserver_port=25\n"
    "helo_name=client.test\nsender=ann@sender.test\n"
    "recipient=ben@sink.test\nrecipient_count=0\nqueue_id=\n"
    "instance=1f2.6562ab3c.e1b2a.0\nsize=0\netrn_domain=\nstress=\n"
    "sasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\n"
    "ccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
    "encryption_protocol=\nencryption_cipher=\nencryption_keysize=0\n"
    "policy_context=\n\n";

static const struct {
	const char *row;
	struct span in;
	enum attr_result want;
	size_t used;
} requests[] = {
    {"the least request", SPAN(ASK "\n"), ATTR_DONE, 29},
    {"what Postfix sends", SPAN(real), ATTR_DONE, sizeof(real) - 1},
    {"the attribute stands last", SPAN("a=b\n" ASK "\n"), ATTR_DONE, 33},
    {"another request behind", SPAN(ASK "\n" ASK "\n"), ATTR_DONE, 29},
    {"bytes behind", SPAN(ASK "\n\0x"), ATTR_DONE, 29},
    {"an empty value", SPAN(ASK "a=\n\n"), ATTR_DONE, 32},
    {"an equals sign in a value", SPAN(ASK "a=b=c\n\n"), ATTR_DONE, 35},
    {"any bytes in a value", SPAN(ASK "a=\xff\r\x01\n\n"), ATTR_DONE, 35},
    {"nothing", {"", 0}, ATTR_MORE, 0},
    {"nothing at all", {NULL, 0}, ATTR_MORE, 0},
    {"no empty line yet", SPAN(ASK), ATTR_MORE, 0},
    {"a line that may still have its equals sign", SPAN(ASK "abc"), ATTR_MORE,
	0},
    {"an empty request", SPAN("\n"), ATTR_BAD, 0},
    {"no kind of request", SPAN("a=b\n\n"), ATTR_BAD, 0},
    {"another kind of request", SPAN("request=other\n\n"), ATTR_BAD, 0},
    {"an empty kind", SPAN("request=\n\n"), ATTR_BAD, 0},
    {"the kind with a blank", SPAN("request= smtpd_access_policy\n\n"),
	ATTR_BAD, 0},
    {"the kind with a carriage return",
	SPAN("request=smtpd_access_policy\r\n\n"), ATTR_BAD, 0},
    {"the name in another case", SPAN("Request=smtpd_access_policy\n\n"),
	ATTR_BAD, 0},
    {"no equals sign", SPAN(ASK "abc\n\n"), ATTR_BAD, 0},
    {"no name", SPAN(ASK "=abc\n\n"), ATTR_BAD, 0},
    {"a line of SMTP", SPAN("HELO client.test\r\n"), ATTR_BAD, 0},
    {"a line of HTTP", SPAN("GET / HTTP/1.1\r\n"), ATTR_BAD, 0},
    {"a NUL in a name", SPAN(ASK "a\0b=c\n\n"), ATTR_BAD, 0},
    {"a NUL in a value", SPAN(ASK "a=b\0c\n\n"), ATTR_BAD, 0},
    {"a NUL in a line, and no end yet", SPAN(ASK "a=b\0c\n"), ATTR_BAD, 0},
    {"a NUL in a line that may go on", SPAN(ASK "a=b\0c"), ATTR_MORE, 0},
    {"a NUL at the start", SPAN("\0" ASK "\n"), ATTR_BAD, 0},
    {"a carriage return is no empty line", SPAN(ASK "\r\n"), ATTR_BAD, 0},
    {"the kind twice, the last one counts", SPAN("request=x\n" ASK "\n"),
	ATTR_DONE, 39},
    {"the kind twice, and the last one is another", SPAN(ASK "request=x\n\n"),
	ATTR_BAD, 0},
};

static void
requests_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		struct span in = exact_copy(requests[i].in);
		struct attr_request request;
		size_t used = 0;
		enum attr_result got = attr_decode(in, &request, &used);

		check_string(requests[i].row, result_names[got],
		    result_names[requests[i].want]);
		if (got == ATTR_DONE)
			check_int(requests[i].row, (int64_t)used,
			    (int64_t)requests[i].used);
		exact_free(in);
	}
}

static void
values_are_found_by_name(void **state)
{
	struct attr_request request;
	size_t used;

	(void)state;
	assert_int_equal(
	    attr_decode(span_str(real), &request, &used), ATTR_DONE);
	check_span("first", attr_get(&request, "request"),
	    span_str("smtpd_access_policy"));
	check_span("middle", attr_get(&request, "recipient"),
	    span_str("ben@sink.test"));
	check_span("empty", attr_get(&request, "queue_id"), span_str(""));
	check_span("missing", attr_get(&request, "recipien"), span_str(""));
	check_span("no name", attr_get(&request, ""), span_str(""));
	assert_int_equal(request.n, 29);
}

static void
of_a_name_that_comes_twice_the_last_counts(void **state)
{
	struct attr_request request;
	size_t used;

	(void)state;
	assert_int_equal(attr_decode(span_str(ASK "a=1\nb=2\na=3\na=\na=4\n\n"),
			     &request, &used),
	    ATTR_DONE);
	check_span("the last", attr_get(&request, "a"), span_str("4"));
	check_span("the other", attr_get(&request, "b"), span_str("2"));
}

/* Names are found by their length, and these lengths fall together. */
static void
a_name_is_not_one_that_is_much_longer(void **state)
{
	char text[256], name[ATTR_LENGTHS + 2];
	struct attr_request request;
	size_t used;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), ASK "b=0\na=1\n%s=2\n\n", name);
	assert_int_equal(
	    attr_decode(span_str(text), &request, &used), ATTR_DONE);
	check_span("the short one", attr_get(&request, "a"), span_str("1"));
	check_span("as short", attr_get(&request, "b"), span_str("0"));
	check_span("the long one", attr_get(&request, name), span_str("2"));
	check_span("none", attr_get(&request, "c"), span_str(""));
}

static void
what_postfix_sends_is_known(void **state)
{
	struct attr_request request;
	size_t used;

	(void)state;
	assert_int_equal(
	    attr_decode(span_str(real), &request, &used), ATTR_DONE);
	for (size_t i = 0; i < request.n; i++)
		assert_true(attr_is_known(request.pair[i].name));
}

static const struct {
	const char *row;
	struct span name;
	bool want;
} other_names[] = {
    {"of Postfix 3.8", SPAN("compatibility_level"), true},
    {"the other of Postfix 3.8", SPAN("mail_version"), true},
    {"our count of the sender's", SPAN("postponed"), true},
    {"our count of all", SPAN("postponed_total"), true},
    {"a byte less", SPAN("recipien"), false},
    {"a byte more", SPAN("recipients"), false},
    {"another case", SPAN("Sender"), false},
    {"nothing", SPAN(""), false},
    {"of milters", SPAN("mail_addr"), false},
};

static void
other_names_are_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(other_names); i++) {
		struct span name = exact_copy(other_names[i].name);

		check_bool(other_names[i].row, attr_is_known(name),
		    other_names[i].want);
		exact_free(name);
	}
}

static void
every_prefix_asks_for_more(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(real) - 1; n++) {
		struct span in = exact_copy(span_of(real, n));
		struct attr_request request;
		size_t used;

		assert_int_equal(attr_decode(in, &request, &used), ATTR_MORE);
		exact_free(in);
	}
}

/* n bytes of request: lines of up to a KiB, and the empty one. */
static struct span
request_of(size_t n)
{
	char *bytes = malloc(n);
	size_t used = strlen(ASK);
	unsigned name = 0;

	assert_true(bytes != NULL && n > used + 1);
	memcpy(bytes, ASK, used);
	while (n - 1 - used > 0) {
		size_t len = n - 1 - used < 2048 ? n - 1 - used : 1024;

		memset(bytes + used, 'x', len);
		bytes[used] = (char)('A' + name / 26);
		bytes[used + 1] = (char)('a' + name++ % 26);
		bytes[used + 2] = '=';
		bytes[used + len - 1] = '\n';
		used += len;
	}
	bytes[n - 1] = '\n';
	return span_of(bytes, n);
}

static const struct {
	const char *row;
	size_t size;
	enum attr_result whole;
	enum attr_result without_end;
} sizes[] = {
    {"a byte less than the limit", ATTR_REQUEST_MAX - 1, ATTR_DONE, ATTR_MORE},
    {"the limit", ATTR_REQUEST_MAX, ATTR_DONE, ATTR_MORE},
    {"a byte more", ATTR_REQUEST_MAX + 1, ATTR_BAD, ATTR_BAD},
    {"two bytes more", ATTR_REQUEST_MAX + 2, ATTR_BAD, ATTR_BAD},
};

static void
a_request_has_a_longest_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct span whole = request_of(sizes[i].size);
		struct attr_request request;
		size_t used = 0;

		check_string(sizes[i].row,
		    result_names[attr_decode(whole, &request, &used)],
		    result_names[sizes[i].whole]);
		if (sizes[i].whole == ATTR_DONE)
			check_int(
			    sizes[i].row, (int64_t)used, (int64_t)whole.len);
		whole.len--;
		check_string(sizes[i].row,
		    result_names[attr_decode(whole, &request, &used)],
		    result_names[sizes[i].without_end]);
		exact_free(whole);
	}
}

static const struct {
	const char *row;
	size_t len;
	enum attr_result want;
	enum attr_result unfinished;
} line_sizes[] = {
    {"a byte less than the limit", ATTR_LINE_MAX - 1, ATTR_DONE, ATTR_MORE},
    {"the limit", ATTR_LINE_MAX, ATTR_DONE, ATTR_MORE},
    {"a byte more", ATTR_LINE_MAX + 1, ATTR_BAD, ATTR_BAD},
};

static void
a_line_has_a_longest_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(line_sizes); i++) {
		size_t start = strlen(ASK);
		size_t n = start + line_sizes[i].len + 2;
		char *bytes = malloc(n);
		struct attr_request request;
		size_t used = 0;

		assert_non_null(bytes);
		memset(bytes, 'x', n);
		memcpy(bytes, ASK, start);
		bytes[start + 1] = '=';
		bytes[n - 2] = bytes[n - 1] = '\n';
		check_string(line_sizes[i].row,
		    result_names[attr_decode(
			span_of(bytes, n), &request, &used)],
		    result_names[line_sizes[i].want]);
		check_string(line_sizes[i].row,
		    result_names[attr_decode(
			span_of(bytes, n - 2), &request, &used)],
		    result_names[line_sizes[i].unfinished]);
		free(bytes);
	}
}

static enum attr_result
decode_lines(struct attr_request *request, unsigned names, unsigned again)
{
	static struct script text;
	size_t used;

	text.used = 0;
	script_add(&text, ASK);
	for (unsigned i = 1; i < names + again; i++) {
		char line[32];

		snprintf(line, sizeof(line), "n%u=%u\n", i < names ? i : 1, i);
		script_add(&text, line);
	}
	script_add(&text, "\n");
	return attr_decode(script_span(&text), request, &used);
}

static const struct {
	const char *row;
	unsigned names;
	unsigned again;
	enum attr_result want;
} counts[] = {
    {"one less than the limit", ATTR_MAX - 1, 0, ATTR_DONE},
    {"the limit", ATTR_MAX, 0, ATTR_DONE},
    {"one more", ATTR_MAX + 1, 0, ATTR_BAD},
    {"many more", 10 * ATTR_MAX, 0, ATTR_BAD},
    {"one less, and one of them again", ATTR_MAX - 1, 1, ATTR_DONE},
    {"the limit, and one of them again", ATTR_MAX, 1, ATTR_BAD},
    {"few names, one of them many times", 3, ATTR_MAX, ATTR_BAD},
};

static void
a_request_has_so_many_attributes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		struct attr_request request;

		check_string(counts[i].row,
		    result_names[decode_lines(
			&request, counts[i].names, counts[i].again)],
		    result_names[counts[i].want]);
		if (counts[i].want == ATTR_DONE)
			check_int(counts[i].row, (int64_t)request.n,
			    counts[i].names + counts[i].again);
	}
}

static void
every_changed_byte_is_judged_within_bounds(void **state)
{
	static const char whole[] = "a=b\n" ASK "cc=d\n\n";
	char bytes[sizeof(whole) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(bytes); at++) {
		for (int c = 0; c < 256; c++) {
			struct attr_request request;
			struct span in;
			size_t used = 0;

			memcpy(bytes, whole, sizeof(bytes));
			bytes[at] = (char)c;
			in = exact_copy(span_of(bytes, sizeof(bytes)));
			if (attr_decode(in, &request, &used) == ATTR_DONE)
				assert_true(used <= in.len &&
				    request.n <= ATTR_MAX &&
				    in.data[used - 1] == '\n');
			exact_free(in);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_read),
	    cmocka_unit_test(values_are_found_by_name),
	    cmocka_unit_test(of_a_name_that_comes_twice_the_last_counts),
	    cmocka_unit_test(a_name_is_not_one_that_is_much_longer),
	    cmocka_unit_test(what_postfix_sends_is_known),
	    cmocka_unit_test(other_names_are_not),
	    cmocka_unit_test(every_prefix_asks_for_more),
	    cmocka_unit_test(a_request_has_a_longest_size),
	    cmocka_unit_test(a_line_has_a_longest_size),
	    cmocka_unit_test(a_request_has_so_many_attributes),
	    cmocka_unit_test(every_changed_byte_is_judged_within_bounds),
	};

	return cmocka_run_group_tests_name("attr", tests, NULL, NULL);
}
