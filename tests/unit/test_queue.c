/* SPDX-License-Identifier: ISC */
#include "tests/unit/ctl_support.h"

#include "policyd/ctl/filter.h"
#include "policyd/ctl/queue.h"
#include "policyd/rule_file.h"

#define NINE_S INT64_C(1798189200) /* 2026-12-25T09:00:00Z */
#define NOW_S  (NINE_S - 3600)

enum { ID_SIZE = 24, LISTING_MAX = 1024 * 1024 };

/* Like Postfix's: a file that is gone ends it, one that is spoilt silences it.
 */
static const char postcat[] =
    "#!/bin/sh\n"
    "d=${0%/*}; shift 3; files=\n"
    "echo read $# >>$d/calls\n"
    "for id; do\n"
    "  if [ -e $d/spoilt.$id ]; then echo spoilt >&2; exit 1; fi\n"
    "  if [ ! -e $d/f.$id ]; then gone=$id; break; fi\n"
    "  files=\"$files $d/f.$id\"\n"
    "done\n"
    "[ -z \"$files\" ] || cat $files\n"
    "[ -z \"$gone\" ] || { echo \"open $gone: No such file\" >&2; exit 1; }\n";

static const char postqueue[] =
    "#!/bin/sh\n"
    "d=${0%/*}\n"
    "n=$(grep -c list $d/calls)\n"
    "echo list >>$d/calls\n"
    "if [ $n -gt 0 -a -e $d/listing2 ]; then exec cat $d/listing2; fi\n"
    "exec cat $d/listing\n";

struct site {
	struct ctl *c;
	struct queue_options options;
	struct filter *filter;
	const char *list; /* a filter's, to be opened */
	char listing[LISTING_MAX];
	size_t used;
};

static struct site *
site_new(struct ctl *c)
{
	struct site *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->c = c;
	s->options = (struct queue_options){
	    .settings = &c->settings,
	    .postconf = &c->postconf,
	    .foreign = true,
	    .now_s = NOW_S,
	};
	c->postconf.facts = (struct plan_postfix){
	    .queue_lifetime_s = 432000, .bounce_lifetime_s = 432000};
	ctl_script(c, "postcat", postcat);
	ctl_script(c, "postqueue", postqueue);
	ctl_write(c, "calls", span_str(""), 0666);
	ctl_write(c, "listing", span_str(""), 0644);
	return s;
}

static void
site_free(struct site *s)
{
	filter_free(s->filter);
	free(s);
}

static void
add_line(struct site *s, const char *queue, const char *id, const char *more)
{
	int n = snprintf(s->listing + s->used, sizeof(s->listing) - s->used,
	    "{\"queue_name\": \"%s\", \"queue_id\": \"%s\", \"arrival_time\": "
	    "1798100000, \"message_size\": 300, \"sender\": \"%s@b\", "
	    "\"recipients\": [{\"address\": \"c@d\"%s}]}\n",
	    queue, id, id, more);

	assert_true(n > 0 && (size_t)n < sizeof(s->listing) - s->used);
	s->used += (size_t)n;
}

/* What was added since the last time becomes the listing of that name. */
static void
end_listing(struct site *s, const char *name)
{
	ctl_write(s->c, name, span_of(s->listing, s->used), 0644);
	s->used = 0;
}

/* A file of a message that leaves at nine, with these headers above others. */
static void
add_file(
    struct site *s, const char *id, const char *folder, const char *headers)
{
	char name[64], text[4096];
	int n = snprintf(text, sizeof(text),
	    "*** ENVELOPE RECORDS %s/%s ***\n"
	    "message_size:             300             200               1\n"
	    "message_arrival_time: Thu Dec 24 08:13:20 2026\n"
	    "create_time: Thu Dec 24 08:13:20 2026\n"
	    "named_attribute: sasl_username=ann\n"
	    "sender: %s@b\n"
	    "*** MESSAGE CONTENTS %s/%s ***\n"
	    "%s"
	    "Received: from x (y [192.0.2.1])\n"
	    "X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000\n"
	    "Subject: tea\n"
	    "*** HEADER EXTRACTED %s/%s ***\n"
	    "recipient: c@d\n"
	    "*** MESSAGE FILE END %s/%s ***\n",
	    folder, id, id, folder, id, headers, folder, id, folder, id);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	snprintf(name, sizeof(name), "f.%s", id);
	ctl_write(s->c, name, span_of(text, (size_t)n), 0644);
}

static void
add_message(struct site *s, const char *id)
{
	add_line(s, "hold", id, "");
	add_file(s, id, "hold", "");
}

static void
print_one(const struct queue_message *m)
{
	char id[QID_SIZE];
	int64_t due_s = queue_due_s(m);

	qid_format(&m->id, id);
	printf("%s <%.*s> %zu ", id, (int)m->sender.len, m->sender.data,
	    m->n_recipients);
	if (m->unreadable || !m->read)
		printf("%s\n", m->unreadable ? "unreadable" : "not read");
	else if (!queue_is_ours(m))
		printf("foreign\n");
	else if (due_s == OVERRIDE_NEVER)
		printf("never %.*s\n", (int)m->rule.len, m->rule.data);
	else
		printf("%lld %.*s%.*s\n", (long long)(due_s - NINE_S),
		    (int)m->login.len, m->login.data, (int)m->rule.len,
		    m->rule.data);
}

static int
show(struct hands *h, void *ctx)
{
	struct site *s = ctx;
	static struct queue q;
	char error[QUEUE_ERROR_SIZE];

	if (!queue_read(&q, h, &s->options, error)) {
		printf("error: %s\n", error);
		return EX_UNAVAILABLE;
	}
	printf("%zu of %llu, %llu unreadable%s%s%s\n", q.n,
	    (unsigned long long)q.listed, (unsigned long long)q.unreadable,
	    q.pause.on ? ", paused: " : "", q.pause.reason,
	    q.has_orders ? "" : ", no rules");
	for (size_t i = 0; i < q.n && q.n < 100; i++)
		print_one(&q.message[i]);
	queue_free(&q);
	return EX_OK;
}

static void
check_show(const char *row, struct site *s, const char *want)
{
	ctl_run(s->c, show, s);
	check_string(row, s->c->err, "");
	check_string(row, s->c->out, want);
}

/* The commands that were run, since the last time. */
static void
check_calls(const char *row, struct site *s, const char *want)
{
	ctl_read(s->c, "calls", s->c->out);
	check_string(row, s->c->out, want);
	ctl_write(s->c, "calls", span_str(""), 0666);
}

static void
test_an_empty_queue(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	check_show("nothing", s, "0 of 0, 0 unreadable\n");
	check_calls("nothing", s, "list\n");
	site_free(s);
}

static void
test_messages_are_read(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	add_line(s, "deferred", "BBBBBB2", "");
	add_line(s, "hold", "CCCCCC3", ", \"delay_reason\": \"x\"");
	add_file(s, "CCCCCC3", "hold", "");
	add_line(s, "hold", "DDDDDD4", "");
	add_file(s, "DDDDDD4", "hold",
	    "X-Deliver-At: Fri, 25 Dec 2026 10:00:00 +0000 (rule late)\n");
	end_listing(s, "listing");
	check_show("three", s,
	    "3 of 3, 0 unreadable\n"
	    "AAAAAA1 <AAAAAA1@b> 1 0 ann\n"
	    "CCCCCC3 <CCCCCC3@b> 1 foreign\n"
	    "DDDDDD4 <DDDDDD4@b> 1 3600 annlate\n");
	check_calls("three", s, "list\nread 3\n");
	s->options.foreign = false;
	check_show("only ours", s,
	    "2 of 3, 0 unreadable\n"
	    "AAAAAA1 <AAAAAA1@b> 1 0 ann\n"
	    "DDDDDD4 <DDDDDD4@b> 1 3600 annlate\n");
	site_free(s);
}

static void
test_a_message_listed_twice_counts_once(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	add_line(s, "active", "AAAAAA1", "");
	add_line(s, "hold", "AAAAAA1", "");
	end_listing(s, "listing");
	check_show(
	    "once", s, "1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n");
	site_free(s);
}

/* What the filter does not let through is not even read. */
static void
test_filters(void **state)
{
	static const struct {
		const char *row;
		const char *option;
		const char *value;
		const char *want;
		const char *calls;
	} rows[] = {
	    {"of the listing", "sender", "aaaaaa1@b",
		"1 of 2, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n",
		"list\nread 1\n"},
	    {"of the listing, none", "size", "<300", "0 of 2, 0 unreadable\n",
		"list\n"},
	    {"of the file", "rule", "late",
		"1 of 2, 0 unreadable\nBBBBBB2 <BBBBBB2@b> 1 3600 annlate\n",
		"list\nread 2\n"},
	    {"of the file, none", "login", "ben", "0 of 2, 0 unreadable\n",
		"list\nread 2\n"},
	};
	char error[FILTER_ERROR_SIZE];
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	add_line(s, "hold", "BBBBBB2", "");
	add_file(s, "BBBBBB2", "hold",
	    "X-Deliver-At: Fri, 25 Dec 2026 10:00:00 +0000 (rule late)\n");
	end_listing(s, "listing");
	s->options.filter = filter_matches;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s->filter = filter_new(NOW_S);
		s->options.filter_ctx = s->filter;
		assert_true(filter_take(
		    s->filter, rows[i].option, rows[i].value, error));
		check_show(rows[i].row, s, rows[i].want);
		check_calls(rows[i].row, s, rows[i].calls);
		filter_free(s->filter);
	}
	s->filter = NULL;
	site_free(s);
}

static void
add_numbered(struct site *s, size_t n, bool files)
{
	char id[ID_SIZE];

	for (size_t i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%07zu", i);
		add_line(s, "hold", id, "");
		if (files)
			add_file(s, id, "hold", "");
	}
}

static void
take_away(struct site *s, size_t number)
{
	char name[64], path[FOLDER_PATH_SIZE];

	snprintf(name, sizeof(name), "f.%07zu", number);
	assert_int_equal(unlink(ctl_path(s->c, name, path)), 0);
}

static void
spoil(struct site *s, size_t number)
{
	char name[64];

	snprintf(name, sizeof(name), "spoilt.%07zu", number);
	ctl_write(s->c, name, span_str(""), 0644);
}

static void
test_batches(void **state)
{
	static const struct {
		const char *row;
		size_t n;
		const char *want;
		const char *calls;
	} rows[] = {
	    {"one less", HANDS_READ_MAX - 1, "1023 of 1023, 0 unreadable\n",
		"list\nread 1023\n"},
	    {"one command", HANDS_READ_MAX, "1024 of 1024, 0 unreadable\n",
		"list\nread 1024\n"},
	    {"one more", HANDS_READ_MAX + 1, "1025 of 1025, 0 unreadable\n",
		"list\nread 1024\nread 1\n"},
	};
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, HANDS_READ_MAX + 1, true);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s->used = 0;
		add_numbered(s, rows[i].n, false);
		end_listing(s, "listing");
		check_show(rows[i].row, s, rows[i].want);
		check_calls(rows[i].row, s, rows[i].calls);
	}
	site_free(s);
}

/* Those that left meanwhile cost one more listing, and no search. */
static void
test_what_left_meanwhile(void **state)
{
	static const struct {
		const char *row;
		size_t gone[4]; /* numbers, in order; SIZE_MAX: no more */
		const char *want;
		const char *calls;
	} rows[] = {
	    {"the last", {29, SIZE_MAX}, "29 of 30, 0 unreadable\n",
		"list\nread 30\nlist\n"},
	    {"the first", {0, SIZE_MAX}, "29 of 30, 0 unreadable\n",
		"list\nread 30\nlist\nread 29\n"},
	    {"three", {3, 9, 27, SIZE_MAX}, "27 of 30, 0 unreadable\n",
		"list\nread 30\nlist\nread 24\n"},
	};
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t at = 0;
		char id[ID_SIZE], first[64];

		s = site_new(c);
		add_numbered(s, 30, true);
		end_listing(s, "listing");
		for (size_t n = 0; n < 30; n++) {
			if (n == rows[i].gone[at]) {
				take_away(s, n);
				at++;
				continue;
			}
			snprintf(id, sizeof(id), "%07zu", n);
			add_line(s, "hold", id, "");
		}
		end_listing(s, "listing2");
		ctl_run(c, show, s);
		check_int(rows[i].row, c->exit_code, EX_OK);
		snprintf(first, sizeof(first), "%.*s",
		    (int)strcspn(c->out, "\n") + 1, c->out);
		check_string(rows[i].row, first, rows[i].want);
		check_calls(rows[i].row, s, rows[i].calls);
		site_free(s);
	}
}

static void
test_all_left_meanwhile(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, 2000, false);
	end_listing(s, "listing");
	end_listing(s, "listing2");
	check_show("all", s, "0 of 2000, 0 unreadable\n");
	check_calls("all", s, "list\nread 1024\nread 976\nlist\n");
	site_free(s);
}

/* What is on hold and cannot be read is looked for, and shown as such. */
static void
test_what_cannot_be_read(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, 8, true);
	end_listing(s, "listing");
	spoil(s, 5);
	take_away(s, 2);
	check_show("two", s,
	    "8 of 8, 2 unreadable\n"
	    "0000000 <0000000@b> 1 0 ann\n"
	    "0000001 <0000001@b> 1 0 ann\n"
	    "0000002 <0000002@b> 1 unreadable\n"
	    "0000003 <0000003@b> 1 0 ann\n"
	    "0000004 <0000004@b> 1 0 ann\n"
	    "0000005 <0000005@b> 1 unreadable\n"
	    "0000006 <0000006@b> 1 0 ann\n"
	    "0000007 <0000007@b> 1 0 ann\n");
	/* 0 and 1; 2 to 7, 2 to 4, 2, 3 and 4; 5 to 7, 5, 6 and 7. */
	check_calls("two", s,
	    "list\nread 8\nlist\nread 6\nread 3\nread 1\nread 2\nread 3\n"
	    "read 1\nread 2\n");
	s->options.foreign = false;
	ctl_run(c, show, s);
	check_part("only ours", c->out, "6 of 8, 2 unreadable\n");
	site_free(s);
}

static void
test_files_that_say_something_else(void **state)
{
	static const struct {
		const char *row;
		const char *folder; /* in the marks */
		const char *cut; /* what the file ends with; NULL: all */
	} rows[] = {
	    {"in another queue", "deferred", NULL},
	    {"without its end", "hold", "*** MESSAGE FILE END"},
	    {"without headers", "hold", "*** MESSAGE CONTENTS"},
	    {"empty", "hold", "*** ENVELOPE"},
	};
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		add_message(s, "AAAAAA1");
		add_message(s, "BBBBBB2");
		end_listing(s, "listing");
		add_file(s, "AAAAAA1", rows[i].folder, "");
		if (rows[i].cut != NULL) {
			ctl_read(c, "f.AAAAAA1", c->out);
			*strstr(c->out, rows[i].cut) = '\0';
			ctl_write(c, "f.AAAAAA1", span_str(c->out), 0644);
		}
		check_show(rows[i].row, s,
		    "2 of 2, 1 unreadable\n"
		    "AAAAAA1 <AAAAAA1@b> 1 unreadable\n"
		    "BBBBBB2 <BBBBBB2@b> 1 0 ann\n");
		check_calls(rows[i].row, s, "list\nread 2\nlist\nread 1\n");
		site_free(s);
	}
}

static void
test_a_short_id_of_another_message(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	s->listing[strstr(s->listing, "1798100000") - s->listing] = '2';
	end_listing(s, "listing");
	check_show("another arrival", s,
	    "1 of 1, 1 unreadable\nAAAAAA1 <AAAAAA1@b> 1 unreadable\n");
	site_free(s);
}

/* A file that was not asked for, and one that comes twice. */
static void
test_a_file_that_names_others(void **state)
{
	struct site *s;
	struct ctl *c;
	size_t used;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	add_message(s, "BBBBBB2");
	end_listing(s, "listing");
	add_file(s, "CCCCCC3", "hold", "");
	ctl_read(c, "f.CCCCCC3", c->err);
	ctl_read(c, "f.AAAAAA1", c->out);
	used = strlen(c->err);
	snprintf(c->err + used, CTL_TEXT_MAX - used, "%s%s", c->out, c->out);
	ctl_write(c, "f.AAAAAA1", span_str(c->err), 0644);
	check_show("others", s,
	    "2 of 2, 0 unreadable\n"
	    "AAAAAA1 <AAAAAA1@b> 1 0 ann\n"
	    "BBBBBB2 <BBBBBB2@b> 1 0 ann\n");
	site_free(s);
}

/* Very many that are spoilt: what is looked for is bounded. */
static void
test_searches_are_bounded(void **state)
{
	struct site *s;
	struct ctl *c;
	size_t n = 0;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, 1000, false);
	end_listing(s, "listing");
	for (size_t i = 0; i < 1000; i++)
		spoil(s, i);
	check_int("before", (int64_t)n, 0);
	ctl_run(c, show, s);
	check_string("all", c->out, "1000 of 1000, 1000 unreadable\n");
	ctl_read(c, "calls", c->out);
	for (const char *at = c->out; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	check_int("commands", (int64_t)n, 3 + 500);
	site_free(s);
}

/* All bytes but line ends and NUL, in a header of its own. */
static void
test_hostile_bytes(void **state)
{
	static char header[] = "Subject: ........ and so on ........\n";
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_line(s, "hold", "AAAAAA1", "");
	end_listing(s, "listing");
	for (int byte = 1; byte < 256; byte += 8) {
		for (int i = 0; i < 8; i++)
			header[9 + i] =
			    (char)(byte + i == '\n' ? '\r' : byte + i);
		add_file(s, "AAAAAA1", "hold", header);
		check_show("a subject", s,
		    "1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n");
	}
	site_free(s);
}

static void
test_commands_that_fail(void **state)
{
	static const struct {
		const char *row;
		const char *program;
		const char *script;
		const char *want;
	} rows[] = {
	    {"a list that fails", "postqueue",
		"#!/bin/sh\necho mail system is down >&2\nexit 69\n",
		"error: postqueue: failed with code 69: mail system is "
		"down\n"},
	    {"a list that fails silently", "postqueue", "#!/bin/sh\nexit 1\n",
		"error: postqueue: failed with code 1: \n"},
	    {"a list that is cut off", "postqueue",
		"#!/bin/sh\nprintf '{\"queue_name\": '\n",
		"error: postqueue: its output was cut off\n"},
	    {"a read that fails", "postcat",
		"#!/bin/sh\necho no right >&2\nexit 77\n",
		"1 of 1, 1 unreadable\nAAAAAA1 <AAAAAA1@b> 1 unreadable\n"},
	};
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		add_message(s, "AAAAAA1");
		end_listing(s, "listing");
		ctl_script(c, rows[i].program, rows[i].script);
		check_show(rows[i].row, s, rows[i].want);
		site_free(s);
	}
}

static void
test_odd_lines_are_told(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	s->used += (size_t)snprintf(
	    s->listing + s->used, sizeof(s->listing) - s->used, "what\n");
	end_listing(s, "listing");
	ctl_run(c, show, s);
	check_part("the message", c->out, "1 of 1, 0 unreadable\n");
	check_string("the line", c->err,
	    "policyctl: postqueue: 1 lines are no messages\n");
	site_free(s);
}

/* Rules, and what the administrator said. */

static void
test_rules(void **state)
{
	static const struct {
		const char *row;
		const char *rules; /* NULL: no such file */
		const char *want;
		const char *wrong; /* part of standard error */
	} rows[] = {
	    {"it stands", "a sender=x@b.example : hold\n",
		"1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 never a\n", ""},
	    {"it is gone", "b sender=x@b.example : hold\n",
		"1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n", ""},
	    {"it is wrong", "a sender : hold\n",
		"1 of 1, 0 unreadable, no rules\n"
		"AAAAAA1 <AAAAAA1@b> 1 never a\n",
		"/rules:1: "},
	    {"it is missing", NULL,
		"1 of 1, 0 unreadable, no rules\n"
		"AAAAAA1 <AAAAAA1@b> 1 never a\n",
		"/rules: No such file or directory\n"},
	};
	char path[FOLDER_PATH_SIZE];
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	snprintf(c->settings.rules_file, SETTINGS_PATH_SIZE, "%s",
	    ctl_path(c, "rules", path));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		add_line(s, "hold", "AAAAAA1", "");
		add_file(
		    s, "AAAAAA1", "hold", "X-Deliver-At: never (rule a)\n");
		end_listing(s, "listing");
		if (rows[i].rules != NULL)
			ctl_write(c, "rules", span_str(rows[i].rules), 0600);
		else
			unlink(path);
		ctl_run(c, show, s);
		check_string(rows[i].row, c->out, rows[i].want);
		check_part(rows[i].row, c->err, rows[i].wrong);
		check_bool(
		    rows[i].row, c->err[0] == '\0', rows[i].wrong[0] == '\0');
		site_free(s);
	}
}

static void
test_no_rules_stand_without_a_file(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_line(s, "hold", "AAAAAA1", "");
	add_file(s, "AAAAAA1", "hold", "X-Deliver-At: never (rule a)\n");
	end_listing(s, "listing");
	check_show("no file", s,
	    "1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n");
	site_free(s);
}

static void
make_state(struct ctl *c)
{
	assert_int_equal(mkdir(c->settings.state_directory, 0755), 0);
}

static void
test_what_the_administrator_said(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	make_state(c);
	add_message(s, "AAAAAA1");
	add_message(s, "BBBBBB2");
	end_listing(s, "listing");
	ctl_write(c, "state/overrides",
	    span_str("deliver-at overrides 1\n"
		     "AAAAAA1 1798100000 1798196400 1798100001\n"
		     "BBBBBB2 1798100000 never 1798100001\n"),
	    0644);
	ctl_write(c, "state/paused", span_str("1798100000 disk swap\n"), 0644);
	check_show("overrides", s,
	    "2 of 2, 0 unreadable, paused: disk swap\n"
	    "AAAAAA1 <AAAAAA1@b> 1 7200 ann\n"
	    "BBBBBB2 <BBBBBB2@b> 1 never \n");
	site_free(s);
}

static void
test_state_that_cannot_be_understood(void **state)
{
	static const struct {
		const char *row;
		const char *name;
		mode_t mode;
		const char *want;
	} rows[] = {
	    {"overrides", "state/overrides", 0644, "/state/overrides:1: "},
	    {"overrides of others", "state/overrides", 0600,
		"/state/overrides: Permission denied"},
	    {"a pause", "state/paused", 0644, "/state/paused: "},
	};
	char path[FOLDER_PATH_SIZE];
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	make_state(c);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		ctl_write(c, rows[i].name, span_str("what\n"), rows[i].mode);
		ctl_run(c, show, s);
		check_int(rows[i].row, c->exit_code, EX_UNAVAILABLE);
		check_part(rows[i].row, c->out, "error: /tmp/unit-");
		check_part(rows[i].row, c->out, rows[i].want);
		unlink(ctl_path(c, rows[i].name, path));
		site_free(s);
	}
	assert_int_equal(rmdir(c->settings.state_directory), 0);
}

/* Progress. */

static void
print_progress(void *ctx, uint64_t done, uint64_t all)
{
	(void)ctx;
	printf(
	    "%llu/%llu\n", (unsigned long long)done, (unsigned long long)all);
}

static void
test_progress(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, HANDS_READ_MAX + 100, true);
	end_listing(s, "listing");
	s->options.progress = print_progress;
	check_show("two commands", s,
	    "1024/1124\n1124/1124\n1124 of 1124, 0 unreadable\n");
	site_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CTL(test_an_empty_queue),
	    CTL(test_messages_are_read),
	    CTL(test_a_message_listed_twice_counts_once),
	    CTL(test_filters),
	    CTL(test_batches),
	    CTL(test_what_left_meanwhile),
	    CTL(test_all_left_meanwhile),
	    CTL(test_what_cannot_be_read),
	    CTL(test_files_that_say_something_else),
	    CTL(test_a_short_id_of_another_message),
	    CTL(test_a_file_that_names_others),
	    CTL(test_searches_are_bounded),
	    CTL(test_hostile_bytes),
	    CTL(test_commands_that_fail),
	    CTL(test_odd_lines_are_told),
	    CTL(test_rules),
	    CTL(test_no_rules_stand_without_a_file),
	    CTL(test_what_the_administrator_said),
	    CTL(test_state_that_cannot_be_understood),
	    CTL(test_progress),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
