/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/rule_support.h"
#include "tests/unit/sched_support.h"

#include <unistd.h>

#include "hdrcheck/date.h"
#include "policyd/policy.h"
#include "policyd/reply.h"

#define ASK    "request=smtpd_access_policy\nprotocol_state=RCPT\n\n"
#define ANSWER "action=DUNNO\n\n"

/* A day that is ahead whenever this runs. */
#define CHRISTMAS "until 2999-12-25T08:00:00Z"
#define HEADER    "action=PREPEND X-Deliver-At: "
#define AHEAD     HEADER "Wed, 25 Dec 2999 08:00:00 +0000 "

enum { ASKED_SIZE = 16 * 1024 };

/* The policy service behind a real server, as the engine makes it. */
struct service {
	struct log log;
	struct orders orders;
	struct policy policy;
	struct rig rig;
	struct decide_counts counts;
	unsigned counted;
	char login[64]; /* who was counted last */
	char sender[64];
	unsigned refused; /* times that was told */
	char refusal[128]; /* the last one: rule, sender */
	char logged[CAPTURE_SIZE]; /* by the last request */
	char reply[CONN_REPLY_MAX + 1];
};

static struct service service;

static void
count(void *ctx, struct span login, struct span sender,
    struct decide_counts *counts)
{
	struct service *s = ctx;

	s->counted++;
	span_to_string(login, s->login, sizeof(s->login));
	span_to_string(sender, s->sender, sizeof(s->sender));
	*counts = s->counts;
}

static void
keep_refusal(
    void *ctx, const struct attr_request *request, const struct rule *rule)
{
	struct service *s = ctx;
	struct span sender = attr_get(request, "sender");

	s->refused++;
	snprintf(s->refusal, sizeof(s->refusal), "%.*s %.*s",
	    (int)rule->name.len, rule->name.data, (int)sender.len, sender.data);
}

/* rules: NULL when no file is set. */
static struct service *
service_make(const char *rules, const char *settings)
{
	struct shelf shelf = {.max_postpone_s = INT64_C(1000) * 366 * DAY_S};
	struct service *s = &service;
	char error[RULE_ERROR_SIZE] = "";

	memset(s, 0, sizeof(*s));
	s->log = (struct log){.ident = "test", .to_stderr = true};
	s->policy.log = &s->log;
	s->policy.orders = &s->orders;
	s->policy.count = count;
	s->policy.count_ctx = s;
	s->policy.refused = keep_refusal;
	s->policy.refused_ctx = s;
	load_settings(&s->orders.settings, settings);
	if (rules == NULL)
		return s;
	s->orders.has_rules = true;
	if (!rules_try(&s->orders.rules, span_str(rules), &shelf, error))
		check_string(rules, error, "");
	return s;
}

static struct service *
service_open(const char *rules)
{
	struct service *s = service_make(rules, "");
	struct conn_protocol protocol = {
	    .name = "policy",
	    .handle = policy_handle,
	    .ctx = &s->policy,
	    .in_max = ATTR_REQUEST_MAX + ATTR_LINE_MAX,
	};

	rig_open(&s->rig, &protocol, 10, 300 * 1000);
	return s;
}

static void
service_close(struct service *s)
{
	rig_close(&s->rig);
	orders_free(&s->orders);
}

/* Hands bytes to the service; its reply and its log are kept. */
static enum conn_verdict
handle(struct service *s, struct span given, size_t room, size_t *used)
{
	struct span in = exact_copy(given);
	enum conn_verdict verdict;
	struct capture capture;
	struct buf out;

	buf_init(&out, room);
	capture_start(&capture, STDERR_FILENO);
	verdict = policy_handle(&s->policy, in, &out, used);
	capture_stop(&capture, s->logged);
	assert_true(span_to_string(buf_span(&out), s->reply, sizeof(s->reply)));
	buf_free(&out);
	exact_free(in);
	return verdict;
}

/* The reply to a request of these lines. */
static const char *
ask(struct service *s, const char *lines)
{
	char text[ASKED_SIZE];
	size_t used = 0;
	int n = snprintf(
	    text, sizeof(text), "request=smtpd_access_policy\n%s\n", lines);

	assert_true(n > 0 && n < ASKED_SIZE);
	check_int(lines,
	    handle(s, span_of(text, (size_t)n), CONN_REPLY_MAX, &used),
	    CONN_DONE);
	check_int(lines, (int64_t)used, n);
	return s->reply;
}

/* The last request was logged as one line of that text, or not at all. */
static void
check_logged(const char *row, const struct service *s, const char *text)
{
	char want[CAPTURE_SIZE] = "";

	if (text[0] != '\0')
		snprintf(
		    want, sizeof(want), "test[%d]: %s\n", (int)getpid(), text);
	check_string(row, s->logged, want);
}

static const struct {
	const char *row;
	struct span in;
	enum conn_verdict want;
	size_t used;
} frames[] = {
    {"a request", SPAN(ASK), CONN_DONE, sizeof(ASK) - 1},
    {"two requests: one at a time", SPAN(ASK ASK), CONN_DONE, sizeof(ASK) - 1},
    {"nothing yet", {"", 0}, CONN_MORE, 0},
    {"half a request", SPAN("request=smtpd_access_policy\n"), CONN_MORE, 0},
    {"another protocol", SPAN("GET / HTTP/1.1\r\n\r\n"), CONN_CLOSE, 0},
    {"another request", SPAN("request=other\n\n"), CONN_CLOSE, 0},
    {"a NUL", SPAN("request=smtpd_access_policy\na=\0\n\n"), CONN_CLOSE, 0},
};

/* Without rules: DUNNO, and nobody is counted. */
static void
every_request_is_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		struct service *s = service_make(NULL, "");
		const char *row = frames[i].row;
		enum conn_verdict want = frames[i].want;
		size_t used = 0;

		check_int(
		    row, handle(s, frames[i].in, CONN_REPLY_MAX, &used), want);
		check_int(row, (int64_t)s->policy.requests, want == CONN_DONE);
		check_int(
		    row, (int64_t)s->policy.malformed, want == CONN_CLOSE);
		check_logged(row, s,
		    want == CONN_CLOSE ? "warning: policy: not a request, the "
					 "connection is closed (logged once)"
				       : "");
		check_string(row, s->reply, want == CONN_DONE ? ANSWER : "");
		if (want == CONN_DONE)
			check_int(row, (int64_t)used, (int64_t)frames[i].used);
		check_int(row, s->counted, 0);
	}
}

static void
strangers_do_not_fill_the_log(void **state)
{
	struct service *s = service_make(NULL, "");
	size_t used;

	(void)state;
	for (unsigned n = 1; n <= 3; n++) {
		assert_int_equal(
		    handle(s, span_str("\n"), CONN_REPLY_MAX, &used),
		    CONN_CLOSE);
		check_int("logged", s->logged[0] != '\0', n == 1);
		check_int("counted", (int64_t)s->policy.malformed, n);
	}
}

/* What rules answer, and log. */

#define BOB       "queue_id=4ABC\nsender=bob@corp.example\nrecipient=ann@d.example\n"
#define BOBS_LINE ", sender=<bob@corp.example>, recipient=<ann@d.example>"

static const struct {
	const char *row;
	const char *rules;
	const char *request;
	const char *reply;
	const char *logged; /* as one line; "": nothing */
} cases[] = {
    {"no rule matches", "a size=1 : hold", BOB, "action=DUNNO", ""},
    {"pass", "a : pass", BOB, "action=DUNNO", ""},
    {"a moment", "a : " CHRISTMAS, BOB, AHEAD "(rule a)",
	"4ABC: rule a: until 2999-12-25T08:00:00Z" BOBS_LINE},
    {"a moment with a reason", "a : " CHRISTMAS " reason=\"server move\"", BOB,
	AHEAD "(rule a)",
	"4ABC: rule a: until 2999-12-25T08:00:00Z" BOBS_LINE
	", reason=server move"},
    {"hold", "a : hold reason=x", BOB, HEADER "never (rule a)",
	"4ABC: rule a: until its end" BOBS_LINE ", reason=x"},
    {"reject", "a : reject 5.7.1 go away", BOB, "action=REJECT 5.7.1 go away",
	"4ABC: rule a: reject 5.7.1 go away" BOBS_LINE},
    {"defer", "a : hold reason=x\nb : defer 4.7.1 100% too %s much", BOB,
	"action=DEFER 4.7.1 100% too %s much",
	"4ABC: rule b: defer 4.7.1 100% too %s much" BOBS_LINE},
    {"no queue id", "a : hold", "sender=\nrecipient=x@y\n",
	HEADER "never (rule a)",
	"NOQUEUE: rule a: until its end, sender=<>, recipient=<x@y>"},
    {"an empty queue id, and nobody", "a : hold", "queue_id=\n",
	HEADER "never (rule a)",
	"NOQUEUE: rule a: until its end, sender=<>, recipient=<>"},
    {"the end of the message", "a : hold", "protocol_state=END-OF-MESSAGE\n",
	"action=DEFER 4.3.5 delivery rules are asked where no header can be "
	"added",
	"warning: policy: rule a postpones, but Postfix takes no header here: "
	"ask from smtpd_recipient_restrictions"},
    {"the end of the message, rejected", "a : reject 5.7.1 x",
	"protocol_state=END-OF-MESSAGE\n", "action=REJECT 5.7.1 x",
	"NOQUEUE: rule a: reject 5.7.1 x, sender=<>, recipient=<>"},
    {"control bytes", "a : hold",
	"queue_id=4\x01\x1b[0m\nsender=a\r\t\x7f@b\nrecipient=\xff\xc3\xa4\n",
	HEADER "never (rule a)",
	"4?\?[0m: rule a: until its end, sender=<a?\?\?@b>, recipient=<?\?\?>"},
    {"formats", "a : hold", "queue_id=%n%s\nsender=%n%s\nrecipient=%n%s\n",
	HEADER "never (rule a)",
	"%n%s: rule a: until its end, sender=<%n%s>, recipient=<%n%s>"},
    {"a reason that is no ASCII", "a : hold reason=\xc3\xa4", BOB,
	HEADER "never (rule a)",
	"4ABC: rule a: until its end" BOBS_LINE ", reason=?\?"},
};

static void
rules_are_answered_and_logged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct service *s = service_make(cases[i].rules, "");
		char want[CAPTURE_SIZE];

		ask(s, cases[i].request);
		snprintf(want, sizeof(want), "%s\n\n", cases[i].reply);
		check_string(cases[i].row, s->reply, want);
		check_logged(cases[i].row, s, cases[i].logged);
		orders_free(&s->orders);
	}
}

/* The line of the log is one line, whatever and however much is sent. */
static void
no_value_gets_out_of_its_line(void **state)
{
	struct service *s = service_make("a : hold reason=why", "");
	char request[ASKED_SIZE], *at = request;
	static const char *const names[] = {"queue_id", "sender", "recipient"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		at += sprintf(at, "%s=", names[i]);
		for (int n = 1; n < 4000; n++)
			if (n % 256 != '\0' && n % 256 != '\n')
				*at++ = (char)(n % 256);
		*at++ = '\n';
	}
	*at = '\0';
	check_string("the reply", ask(s, request), HEADER "never (rule a)\n\n");
	assert_true(
	    strlen(s->logged) <= LOG_LINE_MAX + strlen("test[1234567]: "));
	for (at = s->logged; *at != '\0'; at++)
		assert_true((*at >= ' ' && *at <= '~') ||
		    (*at == '\n' && at[1] == '\0'));
	check_part("its line", s->logged, "rule a: until its end, sender=<?");
	check_part("the start of it", s->logged, "? !\"#$%&'()*+,-./0123");
	orders_free(&s->orders);
}

/* The header that is prepended is the first of header_names. */
static void
the_first_header_name_is_prepended(void **state)
{
	struct service *s =
	    service_make("a : hold", "header_names = X-Later, X-Deliver-At\n");

	(void)state;
	check_string("X-Later", ask(s, ""),
	    "action=PREPEND X-Later: never (rule a)\n\n");
	orders_free(&s->orders);
}

static void
login_and_sender_are_counted(void **state)
{
	struct service *s = service_make(
	    "a postponed>5 : defer 4.7.1 x\nb postponed_total>9 : hold", "");

	(void)state;
	s->counts = (struct decide_counts){5, 9};
	check_string(
	    "few", ask(s, BOB "sasl_username=bob\npostponed=99\n"), ANSWER);
	check_string("the login", s->login, "bob");
	check_string("the sender", s->sender, "bob@corp.example");
	s->counts.total = 10;
	check_string("many in all", ask(s, BOB "instance=1\n"),
	    HEADER "never (rule b)\n\n");
	check_string("no login", s->login, "");
	s->counts.sender = 6;
	check_string("many", ask(s, "sender=\n"), "action=DEFER 4.7.1 x\n\n");
	check_string("no sender", s->sender, "");
	assert_int_equal(s->counted, 3);
	assert_int_equal(s->policy.requests, 3);
	orders_free(&s->orders);
}

/* Counting costs time, so it is done when a rule asks for it. */
static void
nobody_is_counted_in_vain(void **state)
{
	static const struct {
		const char *rules;
		unsigned counted;
	} rows[] = {
	    {"a size=1 : hold", 0},
	    {"a postponed=1 : hold", 1},
	    {"a size=1 : hold\nb size=2 postponed_total=1 : hold", 1},
	    {"a xpostponed=1 : hold", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct service *s = service_make(rows[i].rules, "");

		ask(s, "");
		check_int(rows[i].rules, s->counted, rows[i].counted);
		orders_free(&s->orders);
	}
}

/* Now is read from the clock, between before and after. */
static void
delays_count_from_now(void **state)
{
	struct service *s = service_make("a : delay 1h", "");
	int64_t before_ns = clock_wall_ns(), after_ns;
	struct date date;
	struct span header;

	(void)state;
	ask(s, "");
	after_ns = clock_wall_ns();
	header = span_trim(span_str(s->reply + strlen(HEADER)));
	assert_int_equal(date_parse(header, &date), DATE_OK);
	assert_true((date.moment_s - 3600) * CLOCK_NS_PER_S >= before_ns);
	assert_true((date.moment_s - 3601) * CLOCK_NS_PER_S < after_ns);
	orders_free(&s->orders);
}

/* Several recipients of one message. */

#define INSTANCES                                                              \
	"a recipient=a@d.example : until 2999-01-01T00:00:00Z\n"               \
	"b recipient=b@d.example : until 2999-01-02T00:00:00Z\n"               \
	"h recipient=h@d.example : hold\n"                                     \
	"c recipient=c@d.example : until 2999-01-02T00:00:00Z\n"               \
	"i recipient=i@d.example,j@d.example : hold\n"                         \
	"r recipient=r@d.example : reject 5.7.1 x\n"
#define A     HEADER "Tue, 01 Jan 2999 00:00:00 +0000 (rule a)"
#define B     HEADER "Wed, 02 Jan 2999 00:00:00 +0000 (rule b)"
#define H     HEADER "never (rule h)"
#define I     HEADER "never (rule i)"
#define DUNNO "action=DUNNO"
#define R     "action=REJECT 5.7.1 x"

/* Recipients in order, with what is answered each time. */
static const struct {
	const char *row;
	const char *lines; /* beside the recipient */
	const char *recipients;
	const char *want[6];
} messages[] = {
    {"ever later", "instance=1\n", "abh", {A, B, H}},
    {"a moment behind never, for when the rule is gone", "instance=1\n", "hba",
	{H, B, DUNNO}},
    {"up and down", "instance=1\n", "bah", {B, DUNNO, H}},
    {"each rule that holds, once", "instance=1\n", "hijhji",
	{H, I, DUNNO, H, DUNNO, I}},
    {"moments as late as each other", "instance=1\n", "bc", {B, DUNNO}},
    {"nobody and somebody", "instance=1\n", "xaxb", {DUNNO, A, DUNNO, B}},
    {"a recipient twice, perhaps the answer was lost", "instance=1\n", "aaba",
	{A, A, B, DUNNO}},
    {"reject each time", "instance=1\n", "rar", {R, A, R}},
    {"no instance: always", "", "hba", {H, B, A}},
    {"an empty instance: always", "instance=\n", "hba", {H, B, A}},
    {"at MAIL the instance is another's", "instance=1\nprotocol_state=MAIL\n",
	"hba", {H, B, A}},
    {"at DATA", "instance=1\nprotocol_state=DATA\n", "ba", {B, DUNNO}},
};

static void
a_message_is_only_made_later(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		struct service *s = service_make(INSTANCES, "");
		const char *recipients = messages[i].recipients;

		for (size_t n = 0; recipients[n] != '\0'; n++) {
			char request[256], want[REPLY_SIZE];
			const char *reply = messages[i].want[n];

			snprintf(request, sizeof(request),
			    "%srecipient=%c@d.example\n", messages[i].lines,
			    recipients[n]);
			snprintf(want, sizeof(want), "%s\n\n", reply);
			check_string(messages[i].row, ask(s, request), want);
			check_bool(messages[i].row, s->logged[0] != '\0',
			    strcmp(reply, DUNNO) != 0);
		}
		orders_free(&s->orders);
	}
}

static void
messages_do_not_mix(void **state)
{
	struct service *s = service_make(INSTANCES, "");

	(void)state;
	check_string(
	    "one", ask(s, "instance=1\nrecipient=h@d.example\n"), H "\n\n");
	check_string(
	    "another", ask(s, "instance=2\nrecipient=a@d.example\n"), A "\n\n");
	check_string(
	    "the one", ask(s, "instance=1\nrecipient=b@d.example\n"), B "\n\n");
	check_string("the other", ask(s, "instance=2\nrecipient=b@d.example\n"),
	    B "\n\n");
	orders_free(&s->orders);
}

/* What is misplaced is said each time, and not remembered. */
static void
misplaced_questions_leave_no_trace(void **state)
{
	struct service *s = service_make(INSTANCES, "");

	(void)state;
	for (int i = 0; i < 2; i++) {
		ask(s,
		    "instance=1\nrecipient=h@d.example\n"
		    "protocol_state=HELO\n");
		check_part("misplaced", s->reply, "action=DEFER 4.3.5 ");
	}
	check_string("at RCPT",
	    ask(s, "instance=1\nrecipient=h@d.example\nprotocol_state=RCPT\n"),
	    H "\n\n");
	orders_free(&s->orders);
}

/* A reply goes out whole or not at all. */
static void
without_room_the_connection_is_closed(void **state)
{
	static const struct {
		size_t room;
		bool fits;
	} rooms[] = {{0, false}, {12, false}, {13, false}, {14, true}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rooms); i++) {
		struct service *s = service_make(NULL, "");
		size_t used = 0;

		check_int("the verdict",
		    handle(s, span_str(ASK), rooms[i].room, &used),
		    rooms[i].fits ? CONN_DONE : CONN_CLOSE);
		check_string(
		    "the reply", s->reply, rooms[i].fits ? ANSWER : "");
	}
}

/* Behind a server. */

#define HOLD_A "request=smtpd_access_policy\nsize=1\ninstance=1\n\n"
#define HOLD_B "request=smtpd_access_policy\nsize=2\n\n"
#define STREAM HOLD_A HOLD_B ASK
#define ANSWERS                                                                \
	HEADER "never (rule a)\n\n"                                            \
	       "action=REJECT 5.7.1 no\n\n" ANSWER

static void
every_split_is_answered_the_same(void **state)
{
	struct span stream = span_str(STREAM);
	struct service *s =
	    service_open("a size=1 : hold\nb size=2 : reject 5.7.1 no\n");

	(void)state;
	for (size_t at = 0; at <= stream.len; at++) {
		struct peer peer;
		struct capture capture;

		memset(&s->policy.instances, 0, sizeof(s->policy.instances));
		peer_open_pair(&peer, &s->rig);
		capture_start(&capture, STDERR_FILENO);
		peer_send(&peer, span_head(stream, at));
		peer_settle(&peer);
		peer_send(&peer, span_skip(stream, at));
		peer_await(&peer, strlen(ANSWERS));
		capture_stop(&capture, s->logged);
		check_got("three answers", &peer, ANSWERS);
		assert_false(peer.eof);
		peer_close(&peer);
	}
	service_close(s);
}

static void
single_bytes_are_answered_the_same(void **state)
{
	struct span stream = span_str(STREAM);
	struct service *s =
	    service_open("a size=1 : hold\nb size=2 : reject 5.7.1 no\n");
	struct capture capture;
	struct peer peer;

	(void)state;
	peer_open_pair(&peer, &s->rig);
	capture_start(&capture, STDERR_FILENO);
	for (size_t at = 0; at < stream.len; at++) {
		peer_send(&peer, span_head(span_skip(stream, at), 1));
		peer_settle(&peer);
	}
	peer_await(&peer, strlen(ANSWERS));
	capture_stop(&capture, s->logged);
	check_got("three answers", &peer, ANSWERS);
	peer_close(&peer);
	service_close(s);
}

static void
pipelined_requests_are_answered_in_order(void **state)
{
	enum { N = 300 };
	static struct script requests, answers;
	struct service *s = service_open("a size=1 : reject 5.7.1 one\n"
					 "b size=2 : reject 5.7.1 two\n");
	struct capture capture;
	struct peer peer;

	(void)state;
	requests.used = answers.used = 0;
	for (int i = 0; i < N; i++) {
		char text[64];

		snprintf(text, sizeof(text),
		    "request=smtpd_access_policy\nsize=%d\n\n", i % 3);
		script_add(&requests, text);
		script_add(&answers,
		    i % 3 == 0       ? ANSWER
			: i % 3 == 1 ? "action=REJECT 5.7.1 one\n\n"
				     : "action=REJECT 5.7.1 two\n\n");
	}
	peer_open_pair(&peer, &s->rig);
	capture_start(&capture, STDERR_FILENO);
	assert_int_equal(
	    peer_send(&peer, script_span(&requests)), requests.used);
	peer_await(&peer, answers.used);
	capture_stop(&capture, s->logged);
	check_got("all answers", &peer, answers.text);
	assert_int_equal(s->policy.requests, N);
	peer_close(&peer);
	service_close(s);
}

static void
a_bad_peer_is_closed_and_others_are_not(void **state)
{
	struct service *s = service_open(NULL);
	struct capture capture;
	struct peer good, bad;

	(void)state;
	peer_open_pair(&good, &s->rig);
	peer_open_pair(&bad, &s->rig);
	peer_send(&bad, span_str(ASK "who are you?\n\n"));
	capture_start(&capture, STDERR_FILENO);
	peer_await(&bad, SIZE_MAX);
	capture_stop(&capture, s->logged);
	check_part("the log", s->logged, "policy: not a request");
	check_got("what came before", &bad, ANSWER);
	assert_true(bad.eof);
	peer_send(&good, span_str(ASK));
	peer_await(&good, strlen(ANSWER));
	check_got("the other", &good, ANSWER);
	assert_int_equal(s->policy.malformed, 1);
	peer_close(&good);
	peer_close(&bad);
	service_close(s);
}

static const struct {
	const char *row;
	const char *rules;
	const char *lines;
	unsigned refused;
	const char *refusal;
} refusals[] = {
    {"reject", "no : reject 5.7.1 no", "protocol_state=RCPT\nsender=a@b\n", 1,
	"no a@b"},
    {"defer", "later : defer 4.7.1 later", "protocol_state=RCPT\n", 1,
	"later "},
    {"pass", "ok : pass", "protocol_state=RCPT\n", 0, ""},
    {"no rule", "no sender=x@y : reject 5.7.1 no", "protocol_state=RCPT\n", 0,
	""},
    {"postponed", "wait : delay 1h", "protocol_state=RCPT\n", 0, ""},
    {"misplaced", "wait : delay 1h", "protocol_state=DATA\n", 0, ""},
};

static void
refusals_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		struct service *s = service_make(refusals[i].rules, "");

		ask(s, refusals[i].lines);
		check_int(refusals[i].row, s->refused, refusals[i].refused);
		check_string(refusals[i].row, s->refusal, refusals[i].refusal);
		s->policy.refused = NULL;
		ask(s, refusals[i].lines);
		check_int(
		    "nobody wants to know", s->refused, refusals[i].refused);
		orders_free(&s->orders);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refusals_are_told),
	    cmocka_unit_test(every_request_is_answered),
	    cmocka_unit_test(strangers_do_not_fill_the_log),
	    cmocka_unit_test(rules_are_answered_and_logged),
	    cmocka_unit_test(no_value_gets_out_of_its_line),
	    cmocka_unit_test(the_first_header_name_is_prepended),
	    cmocka_unit_test(login_and_sender_are_counted),
	    cmocka_unit_test(nobody_is_counted_in_vain),
	    cmocka_unit_test(delays_count_from_now),
	    cmocka_unit_test(a_message_is_only_made_later),
	    cmocka_unit_test(messages_do_not_mix),
	    cmocka_unit_test(misplaced_questions_leave_no_trace),
	    cmocka_unit_test(without_room_the_connection_is_closed),
	    cmocka_unit_test(every_split_is_answered_the_same),
	    cmocka_unit_test(single_bytes_are_answered_the_same),
	    cmocka_unit_test(pipelined_requests_are_answered_in_order),
	    cmocka_unit_test(a_bad_peer_is_closed_and_others_are_not),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
