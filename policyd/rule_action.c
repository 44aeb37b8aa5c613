/* SPDX-License-Identifier: ISC */
#include "policyd/rule_action.h"

#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/date.h"

/* One action: where its text goes, and what is wrong with it, and where. */
struct reading {
	struct span text;
	const struct rules_context *context;
	struct rule *rule;
	struct span *zone_name;
	struct span *at;
	char *error;
};

static bool
fail(struct reading *r, struct span at, const char *what)
{
	if (at.len > 0)
		*r->at = at;
	snprintf(r->error, RULE_ACTION_ERROR_SIZE, "%s", what);
	return false;
}

static bool
read_nothing(struct reading *r)
{
	return r->text.len == 0 ||
	    fail(r, r->text, "nothing may follow this action");
}

static bool
read_delay(struct reading *r)
{
	int64_t *delay_s = &r->rule->delay_s;

	if (!clock_parse_duration(r->text, delay_s) || *delay_s <= 0)
		return fail(r, r->text, "delay needs a time like 30s or 1h30m");
	/* It starts at a whole second, which may be up to one second ahead. */
	return *delay_s < r->context->max_postpone_s ||
	    fail(r, r->text, "delay is not less than max_postpone");
}

static bool
read_window(struct reading *r)
{
	return window_parse(
	    r->text, &r->rule->window, r->zone_name, r->at, r->error);
}

static bool
read_until(struct reading *r)
{
	const struct rules_context *context = r->context;
	enum date_error wrong;
	struct date date;

	wrong = date_parse(r->text, &date);
	if (wrong == DATE_NEVER_ALONE || (wrong == DATE_OK && date.never))
		return fail(r, r->text, "until needs a date; see hold");
	if (wrong != DATE_OK) {
		fail(r, r->text, "");
		snprintf(r->error, RULE_ACTION_ERROR_SIZE, "until: %s",
		    date_reason(wrong));
		return false;
	}
	if (date.moment_s - context->now_s > context->max_postpone_s)
		return fail(
		    r, r->text, "until is more than max_postpone ahead");
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

/* From the first byte on that a reply cannot have. */
static struct span
find_unprintable(struct span text)
{
	while (text.len > 0 &&
	    (ascii_is_blank(text.data[0]) ||
		(text.data[0] > ' ' && text.data[0] <= '~')))
		text = span_skip(text, 1);
	return text;
}

/*
 * The ":" of a rule that was meant to be the next one, but starts with a blank:
 * a text would take it in without a word.
 */
static struct span
find_swallowed_rule(struct span text)
{
	struct span line, word;

	if (!span_cut(&text, '\r', &line))
		return span_of("", 0);
	while (span_next_word(&text, &word))
		if (span_equal_str(word, ":"))
			return word;
	return word;
}

/* As long as text is with one blank for each run of them. */
static size_t
count_squeezed(struct span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += i == 0 || !ascii_is_blank(text.data[i]) ||
		    !ascii_is_blank(text.data[i - 1]);
	return n;
}

static bool
read_reply(struct reading *r, char class)
{
	struct span rest = r->text, code, bad;

	span_next_word(&rest, &code);
	if (!is_status(code, class))
		return fail(r, r->text,
		    class == '5' ? "reject needs a status 5.x.x and a text"
				 : "defer needs a status 4.x.x and a text");
	rest = span_trim(rest);
	if (rest.len == 0)
		return fail(r, r->text, "a text is missing behind the status");
	bad = find_unprintable(rest);
	if (bad.len > 0)
		return fail(r, bad, "the text is not in printable ASCII");
	bad = find_swallowed_rule(rest);
	if (bad.len > 0)
		return fail(r, bad,
		    "a \":\" in a text that goes on: rules start in the first "
		    "column");
	if (count_squeezed(rest) > RULE_TEXT_MAX)
		return fail(r, rest, "the text is longer than 200 bytes");
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

/* Takes the quotes off, if there are any. */
static bool
unquote(struct reading *r, struct span *text)
{
	struct span rest = *text, word;

	if (rest.data[0] != '"') {
		span_next_word(&rest, &word);
		return (rest.len == 0 &&
			   memchr(word.data, '"', word.len) == NULL) ||
		    fail(r, *text,
			"reason= comes last, with quotes around blanks");
	}
	rest = span_skip(rest, 1);
	if (!span_cut(&rest, '"', text))
		return fail(r, *text, "reason=\" has no second quote");
	rest = span_trim(rest);
	return rest.len == 0 || fail(r, rest, "reason=\"\" comes last");
}

static bool
read_reason(struct reading *r, struct span text)
{
	static const char no_text[] = "reason= needs a text";
	struct span reason = text;

	if (text.len == 0 || ascii_is_blank(text.data[0]))
		return fail(r, text, no_text);
	if (!unquote(r, &reason))
		return false;
	reason = span_trim(reason);
	if (reason.len == 0)
		return fail(r, text, no_text);
	if (count_squeezed(reason) > RULE_TEXT_MAX)
		return fail(r, text, "the reason is longer than 200 bytes");
	r->rule->reason = reason;
	return true;
}

/* Takes reason=... off the end of the text. */
static bool
split_reason(struct reading *r)
{
	static const char reason[] = "reason=";
	struct span whole = r->text, rest = r->text, word;

	while (span_next_word(&rest, &word)) {
		size_t before = (size_t)(word.data - whole.data);

		if (!span_starts_with(word, reason))
			continue;
		*r->at = word;
		r->text = span_trim(span_head(whole, before));
		return read_reason(
		    r, span_skip(whole, before + sizeof(reason) - 1));
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
	    .at = at,
	    .error = error,
	};
	struct span word;
	size_t i = 0;

	*zone_name = span_of("", 0);
	span_next_word(&text, &word);
	*at = word;
	while (i < N_ACTIONS && !span_equal_str(word, actions[i].name))
		i++;
	if (i == N_ACTIONS)
		return fail(&r, word,
		    "the action is one of pass, delay, window, until, hold, "
		    "reject and defer");
	rule->action = (enum rule_action)i;
	r.text = span_trim(text);
	if (actions[i].takes_reason && !split_reason(&r))
		return false;
	*at = word;
	return actions[i].read(&r);
}

const char *
rule_action_name(enum rule_action action)
{
	return actions[action].name;
}
