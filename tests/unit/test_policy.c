/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include <unistd.h>

#include "policyd/policy.h"

#define ASK    "request=smtpd_access_policy\nprotocol_state=RCPT\n\n"
#define ANSWER "action=DUNNO\n\n"

/* The policy service behind a real server, as the engine makes it. */
struct service {
	struct log log;
	struct policy policy;
	struct rig rig;
};

static void
service_open(struct service *s)
{
	struct conn_protocol protocol = {
	    .name = "policy",
	    .handle = policy_handle,
	    .ctx = &s->policy,
	    .in_max = ATTR_REQUEST_MAX + ATTR_LINE_MAX,
	};

	s->log = (struct log){.ident = "test", .to_stderr = true};
	s->policy = (struct policy){.log = &s->log};
	rig_open(&s->rig, &protocol, 10, 300 * 1000);
}

static void
check_handled(const char *row, struct span given, enum conn_verdict want,
    size_t want_used)
{
	struct log log = {.ident = "test", .to_stderr = true};
	struct policy policy = {.log = &log};
	struct span in = exact_copy(given);
	char text[CAPTURE_SIZE];
	struct capture capture;
	struct buf out;
	size_t used = 0;
	enum conn_verdict got;

	buf_init(&out, CONN_REPLY_MAX);
	capture_start(&capture, STDERR_FILENO);
	got = policy_handle(&policy, in, &out, &used);
	capture_stop(&capture, text);
	check_int(row, got, want);
	check_int(row, (int64_t)policy.requests, want == CONN_DONE);
	check_int(row, (int64_t)policy.malformed, want == CONN_CLOSE);
	check_bool(row, strstr(text, "warning") != NULL, want == CONN_CLOSE);
	check_span(
	    row, buf_span(&out), span_str(want == CONN_DONE ? ANSWER : ""));
	if (want == CONN_DONE)
		check_int(row, (int64_t)used, (int64_t)want_used);
	buf_free(&out);
	exact_free(in);
}

static const struct {
	const char *row;
	struct span in;
	enum conn_verdict want;
	size_t used;
} cases[] = {
    {"a request", SPAN(ASK), CONN_DONE, sizeof(ASK) - 1},
    {"two requests: one at a time", SPAN(ASK ASK), CONN_DONE, sizeof(ASK) - 1},
    {"nothing yet", {"", 0}, CONN_MORE, 0},
    {"half a request", SPAN("request=smtpd_access_policy\n"), CONN_MORE, 0},
    {"another protocol", SPAN("GET / HTTP/1.1\r\n\r\n"), CONN_CLOSE, 0},
    {"another request", SPAN("request=other\n\n"), CONN_CLOSE, 0},
    {"a NUL", SPAN("request=smtpd_access_policy\na=\0\n\n"), CONN_CLOSE, 0},
};

static void
every_request_is_answered_dunno(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_handled(
		    cases[i].row, cases[i].in, cases[i].want, cases[i].used);
}

static void
every_split_is_answered_the_same(void **state)
{
	struct span stream = span_str(ASK ASK);
	struct service s;

	(void)state;
	service_open(&s);
	for (size_t at = 0; at <= stream.len; at++) {
		struct peer peer;

		peer_open_pair(&peer, &s.rig);
		peer_send(&peer, span_head(stream, at));
		peer_settle(&peer);
		peer_send(&peer, span_skip(stream, at));
		peer_await(&peer, 2 * strlen(ANSWER));
		check_got("two answers", &peer, ANSWER ANSWER);
		assert_false(peer.eof);
		peer_close(&peer);
	}
	rig_close(&s.rig);
}

static void
pipelined_requests_are_answered_in_order(void **state)
{
	enum { N = 500 };
	static struct script requests, answers;
	struct service s;
	struct peer peer;

	(void)state;
	requests.used = answers.used = 0;
	for (int i = 0; i < N; i++) {
		script_add(&requests, ASK);
		script_add(&answers, ANSWER);
	}
	service_open(&s);
	peer_open_pair(&peer, &s.rig);
	assert_int_equal(
	    peer_send(&peer, script_span(&requests)), requests.used);
	peer_await(&peer, answers.used);
	check_got("all answers", &peer, answers.text);
	assert_int_equal(s.policy.requests, N);
	peer_close(&peer);
	rig_close(&s.rig);
}

static void
a_bad_peer_is_closed_and_others_are_not(void **state)
{
	char text[CAPTURE_SIZE];
	struct capture capture;
	struct service s;
	struct peer good, bad;

	(void)state;
	service_open(&s);
	peer_open_pair(&good, &s.rig);
	peer_open_pair(&bad, &s.rig);
	peer_send(&bad, span_str(ASK "who are you?\n\n"));
	capture_start(&capture, STDERR_FILENO);
	peer_await(&bad, SIZE_MAX);
	capture_stop(&capture, text);
	check_part("the log", text, "policy: not a request");
	check_got("what came before", &bad, ANSWER);
	assert_true(bad.eof);
	peer_send(&good, span_str(ASK));
	peer_await(&good, strlen(ANSWER));
	check_got("the other", &good, ANSWER);
	assert_int_equal(s.policy.malformed, 1);
	peer_close(&good);
	peer_close(&bad);
	rig_close(&s.rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_request_is_answered_dunno),
	    cmocka_unit_test(every_split_is_answered_the_same),
	    cmocka_unit_test(pipelined_requests_are_answered_in_order),
	    cmocka_unit_test(a_bad_peer_is_closed_and_others_are_not),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
