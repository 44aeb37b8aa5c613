/* SPDX-License-Identifier: ISC */
#include "policyd/rule_action.h"

#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/date.h"

/* One action: where its text goes, and what is wrong with it. */
struct reading {
	struct span text;
	const struct rules_context *context;
	struct rule *rule;
	struct span *zone_name;
	char *error;
};

static bool
fail(struct reading *r, const char *what)
{
	snprintf(r->error, RULE_ACTION_ERROR_SIZE, "%s", what);
	return false;
}

static bool
read_nothing(struct reading *r)
{
	return r->text.len == 0 || fail(r, "nothing may follow this action");
}

static bool
read_delay(struct reading *r)
{
	int64_t *delay_s = &r->rule->delay_s;

	if (!clock_parse_duration(r->text, delay_s) || *delay_s <= 0)
		return fail(r, "delay needs a time like 30s or 1h30m");
	return *delay_s <= r->context->max_postpone_s ||
	    fail(r, "delay is more than max_postpone");
}

static bool
read_window(struct reading *r)
{
	return window_parse(r->text, &r->rule->window, r->zone_name, r->error);
}

static bool
read_until(struct reading *r)
{
	const struct rules_context *context = r->context;
	enum date_error wrong;
	struct date date;

	wrong = date_parse(r->text, &date);
	if (wrong != DATE_OK)
		return fail(r, date_reason(wrong));
	if (date.never)
		return fail(r, "until needs a date; hold is for ever");
	if (date.moment_s > context->now_s &&
	    date.moment_s - context->now_s > context->max_postpone_s)
		return fail(r, "until is more than max_postpone ahead");
	r->rule->until_s = date.moment_s;
	return true;
}

/* "5.7.1": the class, a subject and a detail of one to three digits. */
static bool
is_status(struct span code, char class)
{
	struct span part;
	uint64_t number;

	if (!span_cut(&code, '.', &part) || part.len != 1 ||
	    part.data[0] != class)
		return false;
	return span_cut(&code, '.', &part) && part.len <= 3 && code.len <= 3 &&
	    span_to_u64(part, 999, &number) && span_to_u64(code, 999, &number);
}

static bool
is_reply_text(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != '\r' &&
		    (text.data[i] < ' ' || text.data[i] > '~'))
			return false;
	return text.len > 0;
}

static bool
read_reply(struct reading *r, char class)
{
	struct span rest = r->text, code;

	span_next_word(&rest, &code);
	if (!is_status(code, class))
		return fail(r,
		    class == '5' ? "reject needs a status 5.x.x and a text"
				 : "defer needs a status 4.x.x and a text");
	if (!is_reply_text(span_trim(rest)))
		return fail(r, "a reply needs a text, in printable ASCII");
	if (r->text.len > RULE_TEXT_MAX)
		return fail(r, "the text is longer than 200 bytes");
	r->rule->reply = r->text;
	return true;
}

static bool
read_reject(struct reading *r)
{
	return read_reply(r, '5');
}

static bool
read_defer(struct reading *r)
{
	return read_reply(r, '4');
}

static const struct action {
	const char *name;
	bool (*read)(struct reading *r);
	bool takes_reason;
} actions[] = {
    [RULE_PASS] = {"pass", read_nothing, false},
    [RULE_DELAY] = {"delay", read_delay, true},
    [RULE_WINDOW] = {"window", read_window, true},
    [RULE_UNTIL] = {"until", read_until, true},
    [RULE_HOLD] = {"hold", read_nothing, true},
    [RULE_REJECT] = {"reject", read_reject, false},
    [RULE_DEFER] = {"defer", read_defer, false},
};

enum { N_ACTIONS = sizeof(actions) / sizeof(actions[0]) };

/* "quoted", or one word. */
static bool
read_reason(struct reading *r, struct span text)
{
	struct span word;

	if (text.len > 1 && text.data[0] == '"') {
		text = span_skip(text, 1);
		if (text.data[text.len - 1] != '"')
			return fail(r, "reason=\" has no end: it comes last");
		text.len--;
		if (memchr(text.data, '"', text.len) != NULL)
			return fail(r, "a reason cannot have quotes inside");
	} else {
		span_next_word(&text, &word);
		if (text.len > 0)
			return fail(
			    r, "reason= comes last, with quotes around blanks");
		text = word;
	}
	if (text.len == 0)
		return fail(r, "reason= needs a text");
	if (text.len > RULE_TEXT_MAX)
		return fail(r, "the reason is longer than 200 bytes");
	r->rule->reason = text;
	return true;
}

/* Takes reason=... off the end of the text. */
static bool
split_reason(struct reading *r, struct span *at)
{
	static const char reason[] = "reason=";
	struct span rest = r->text, word;

	while (span_next_word(&rest, &word)) {
		if (!span_starts_with(word, reason))
			continue;
		*at = word;
		rest = span_of(word.data,
		    r->text.len - (size_t)(word.data - r->text.data));
		r->text = span_trim(
		    span_head(r->text, (size_t)(word.data - r->text.data)));
		return read_reason(r, span_skip(rest, sizeof(reason) - 1));
	}
	return true;
}

bool
rule_action_parse(struct span text, const struct rules_context *context,
    struct rule *rule, struct span *zone_name, struct span *at,
    char error[RULE_ACTION_ERROR_SIZE])
{
	struct reading r = {
	    .context = context,
	    .rule = rule,
	    .zone_name = zone_name,
	    .error = error,
	};
	size_t i = 0;

	*zone_name = span_of("", 0);
	span_next_word(&text, at);
	while (i < N_ACTIONS && !span_equal_str(*at, actions[i].name))
		i++;
	if (i == N_ACTIONS)
		return fail(&r,
		    "the action is one of pass, delay, window, until, hold, "
		    "reject and defer");
	rule->action = (enum rule_action)i;
	r.text = span_trim(text);
	if (actions[i].takes_reason && !split_reason(&r, at))
		return false;
	return actions[i].read(&r);
}

const char *
rule_action_name(enum rule_action action)
{
	return actions[action].name;
}
