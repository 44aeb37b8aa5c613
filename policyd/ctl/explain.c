/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/buf.h"
#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/log.h"
#include "hdrcheck/daemon.h"
#include "policyd/ctl/local.h"
#include "policyd/ctl/moment.h"
#include "policyd/ctl/text.h"
#include "policyd/orders.h"
#include "policyd/reply.h"
#include "policyd/rule_action.h"

struct explain {
	struct buf text; /* the request */
	struct attr_request request;
	struct decide_counts counts;
	int64_t now_ns;
	struct orders orders;
	size_t tried;
	int width; /* of the longest name */
	struct values values;
};

static const char help[] =
    "usage: policyctl explain NAME=VALUE... [now=TIME]\n"
    "\n"
    "What the rules say to a policy request with these attributes: each rule,\n"
    "whether it matches and why not, and as the last line the reply of\n"
    "policyd. now=2026-12-24T23:00 (local time, or with a zone,\n"
    "...:00+01:00) tells what it will be then.\n"
    "\n"
    "for example: policyctl explain sender=ann@corp.example \\\n"
    "                 recipient=bob@sms.example sasl_username=ann\n";

static bool
refuse(char error[OPTIONS_ERROR_SIZE], const char *word, const char *what)
{
	snprintf(error, OPTIONS_ERROR_SIZE, "%.200s: %s", word, what);
	return false;
}

static bool
take_now(struct explain *x, const char *text, char error[OPTIONS_ERROR_SIZE])
{
	struct zone local;
	int64_t now_s;
	bool ok;

	if (!local_load(&local))
		return refuse(error, "/etc/localtime", "cannot be read");
	ok = moment_parse(span_str(text), &local, &now_s);
	zone_free(&local);
	if (!ok)
		return refuse(error, text,
		    "not a time like 2026-12-24T23:00 or "
		    "2026-12-24T23:00:00+01:00");
	x->now_ns = now_s * CLOCK_NS_PER_S;
	return true;
}

static bool
take_count(const char *text, uint64_t *count, char error[OPTIONS_ERROR_SIZE])
{
	return span_to_u64(span_str(text), UINT32_MAX, count) ||
	    refuse(error, text, "not a number");
}

static bool
take_word(void *ctx, const char *word, char error[OPTIONS_ERROR_SIZE])
{
	struct explain *x = ctx;
	struct span value = span_str(word), name;

	if (!span_cut(&value, '=', &name) || name.len == 0)
		return refuse(error, word, "not NAME=VALUE");
	if (memchr(word, '\n', strlen(word)) != NULL)
		return refuse(error, "NAME=VALUE", "a line end inside");
	if (span_equal_str(name, "now"))
		return take_now(x, value.data, error);
	if (!attr_is_known(name))
		text_complain("explain: Postfix is not known to send an "
			      "attribute %.*s",
		    (int)name.len, name.data);
	if (span_equal_str(name, "postponed"))
		return take_count(value.data, &x->counts.sender, error);
	if (span_equal_str(name, "postponed_total"))
		return take_count(value.data, &x->counts.total, error);
	if (!buf_append(&x->text, span_str(word)) ||
	    !buf_append(&x->text, span_str("\n")))
		return refuse(error, "NAME=VALUE", "too much for one request");
	return true;
}

static int
take_words(struct explain *x, char *const *words, int n)
{
	struct options options = {
	    .verb = &explain_verb, .take_word = take_word, .ctx = x};
	size_t used;
	int exit_code;

	buf_append(&x->text,
	    span_str("request=smtpd_access_policy\nprotocol_state=RCPT\n"));
	exit_code = options_take(&options, words, n);
	if (exit_code != EX_OK)
		return exit_code;
	buf_append(&x->text, span_str("\n"));
	if (attr_decode(buf_span(&x->text), &x->request, &used) != ATTR_DONE)
		return options_usage_error(
		    &explain_verb, "Postfix sends no such request");
	return EX_OK;
}

/* What a rule says. */

static void
print_name(const struct explain *x, const struct rule *rule)
{
	printf("%-*.*s  ", x->width, (int)rule->name.len, rule->name.data);
}

static void
print_unmet(const struct explain *x, const struct condition *c)
{
	struct span name = x->orders.rules.attribute[c->place];
	struct span value = values_text(&x->values, c->place);
	char text[LOG_TEXT_MAX], written[LOG_TEXT_MAX];

	printf("no   %s: %.*s is %s\n", log_printable(c->text, written),
	    (int)name.len, name.data,
	    value.len > 0 ? log_printable(value, text) : "empty");
}

static void
print_moment(int64_t due_s, int64_t now_ns)
{
	char due[CLOCK_UTC_SIZE];

	if (due_s == DECIDE_NEVER)
		printf(": until this rule is gone");
	else if (due_s > clock_floor_s(now_ns))
		printf(": until %s", clock_format_utc(due_s, due));
	else
		printf(": not now");
}

static void
print_match(const struct explain *x, const struct decide_step *step)
{
	const struct rule *rule = step->rule;
	char reason[LOG_TEXT_MAX];

	printf("yes  %s", rule_action_name(rule->action));
	if (rule->reply.len > 0)
		printf(" %.*s", (int)rule->reply.len, rule->reply.data);
	else if (rule->action == RULE_PASS)
		printf(": no rule below counts");
	else
		print_moment(step->due_s, x->now_ns);
	if (rule->reason.len > 0)
		printf(", reason=%s", log_printable(rule->reason, reason));
	printf("\n");
}

static void
on_step(void *ctx, const struct decide_step *step)
{
	struct explain *x = ctx;

	x->tried++;
	print_name(x, step->rule);
	if (step->unmet != NULL)
		print_unmet(x, step->unmet);
	else
		print_match(x, step);
}

static void
print_rest(struct explain *x)
{
	for (size_t i = x->tried; i < x->orders.rules.n; i++) {
		print_name(x, &x->orders.rules.rule[i]);
		printf("-    not looked at\n");
	}
}

/* What comes of it. */
static void
print_decision(const struct decision *decision, const char *header)
{
	const struct rule *rule = decision->rule;
	char due[CLOCK_UTC_SIZE], reply[REPLY_SIZE];

	switch (decision->kind) {
	case DECISION_NOTHING:
		printf("\nleaves at once\n");
		break;
	case DECISION_POSTPONE:
		if (decision->due_s == DECIDE_NEVER)
			printf("\nleaves when rule %.*s is gone\n",
			    (int)rule->name.len, rule->name.data);
		else
			printf("\nleaves at %s by rule %.*s\n",
			    clock_format_utc(decision->due_s, due),
			    (int)rule->name.len, rule->name.data);
		break;
	case DECISION_REJECT:
	case DECISION_DEFER:
	case DECISION_MISPLACED:
		printf("\nis not accepted, by rule %.*s\n", (int)rule->name.len,
		    rule->name.data);
		break;
	}
	printf("%s\n", reply_format(decision, header, reply));
}

static void
measure_names(struct explain *x)
{
	for (size_t i = 0; i < x->orders.rules.n; i++)
		if ((int)x->orders.rules.rule[i].name.len > x->width)
			x->width = (int)x->orders.rules.rule[i].name.len;
}

/* Root opens the file; whoever the daemon runs as reads it and its lists. */
static int
read_orders(struct explain *x, const struct settings *settings)
{
	struct daemon someone = {
	    .log = {.ident = "policyctl", .to_stderr = true},
	    .settings = *settings};
	struct orders_source source = {
	    .rules_file = settings->rules_file,
	    .now_s = clock_floor_s(clock_wall_ns()),
	};
	char error[RULE_ERROR_SIZE];
	int exit_code;
	bool ok;

	source.rules_fd = rule_file_open(settings->rules_file, error);
	if (source.rules_fd < 0) {
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	exit_code = daemon_stop_being_root(&someone);
	if (exit_code != EX_OK)
		return exit_code;
	x->orders.settings = *settings;
	ok = orders_read_rules(&x->orders, &source, error);
	close(source.rules_fd);
	if (!ok) {
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	orders_warn(&x->orders, source.rules_file, &someone.log);
	return EX_OK;
}

static int
explain(struct explain *x, const struct settings *settings)
{
	struct decision decision;
	int exit_code;

	if (settings->rules_file[0] == '\0') {
		fprintf(stderr, "policyctl: explain: no rules_file is set\n");
		return EX_CONFIG;
	}
	exit_code = read_orders(x, settings);
	if (exit_code != EX_OK)
		return exit_code;
	measure_names(x);
	decision = decide(&x->orders.rules, &x->request, &x->counts, x->now_ns,
	    &x->values, on_step, x);
	print_rest(x);
	print_decision(&decision, settings->header_names.name[0]);
	orders_free(&x->orders);
	return EX_OK;
}

static int
run(const struct settings *settings, char *const *words, int n)
{
	struct explain *x = calloc(1, sizeof(*x));
	int exit_code;

	if (x == NULL)
		return EX_OSERR;
	buf_init(&x->text, ATTR_REQUEST_MAX);
	x->now_ns = clock_wall_ns();
	exit_code = take_words(x, words, n);
	if (exit_code == EX_OK)
		exit_code = explain(x, settings);
	buf_free(&x->text);
	free(x);
	return exit_code;
}

const struct ctl_verb explain_verb = {
    .name = "explain",
    .summary = "what the rules say to a policy request",
    .help = help,
    .run = run,
};
