/* SPDX-License-Identifier: ISC */
#include "policyd/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hdrcheck/date.h"
#include "policyd/rule_action.h"
#include "policyd/rule_gate.h"
#include "policyd/rule_zone.h"

enum {
	FIRST_CAP = 16,
	SHOWN_MAX = 100, /* bytes of a word in an error */
};

/* Where we are in the file, and what it becomes. */
struct reader {
	struct rules *rules;
	const struct rules_context *context;
	size_t cap_rules;
	size_t cap_conditions;
	unsigned line; /* of the rule's first line */
	struct span rule; /* its text: a line end inside it is '\r' */
	char *error;
};

static unsigned
count(const char *from, const char *to, char c)
{
	unsigned n = 0;

	for (; from < to; from++)
		n += *from == c;
	return n;
}

static bool fail(struct reader *r, struct span word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* word: what is wrong, inside the rule; its place tells the line. */
static bool
fail(struct reader *r, struct span word, const char *format, ...)
{
	unsigned line = r->line + count(r->rule.data, word.data, '\r');
	va_list args;
	int n;

	n = snprintf(
	    r->error, RULE_ERROR_SIZE, "%s:%u: ", r->context->file, line);
	va_start(args, format);
	if (n >= 0 && n < RULE_ERROR_SIZE)
		vsnprintf(
		    r->error + n, (size_t)(RULE_ERROR_SIZE - n), format, args);
	va_end(args);
	return false;
}

static bool
fail_memory(struct reader *r)
{
	return fail(r, r->rule, "not enough memory");
}

/* The array, moved perhaps, with room for one more; NULL: it stays as it is. */
static void *
grow(void *array, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap == 0 ? FIRST_CAP : *cap * 2;

	if (n < *cap)
		return array;
	array = realloc(array, want * size);
	if (array != NULL)
		*cap = want;
	return array;
}

/* The place of an attribute among those that are asked for. */
static bool
find_attribute(struct reader *r, struct span name, unsigned *place)
{
	struct rules *rules = r->rules;
	unsigned i = 0;

	while (
	    i < rules->n_attributes && !span_equal(rules->attribute[i], name))
		i++;
	if (i == VALUES_MAX)
		return fail(
		    r, name, "rules name more than %d attributes", VALUES_MAX);
	if (i == rules->n_attributes) {
		rules->attribute[rules->n_attributes++] = name;
		rules->kind[i] = condition_kind_of(name);
	}
	if (span_equal_str(name, "postponed") ||
	    span_equal_str(name, "postponed_total"))
		rules->counts = true;
	*place = i;
	return true;
}

static bool
has_relation(struct span word)
{
	return memchr(word.data, '=', word.len) != NULL ||
	    memchr(word.data, '<', word.len) != NULL ||
	    memchr(word.data, '>', word.len) != NULL;
}

static bool
add_condition(struct reader *r, struct span word, struct rule *rule)
{
	struct rules *rules = r->rules;
	struct condition *c = grow(rules->condition, rules->n_conditions,
	    &r->cap_conditions, sizeof(*c));
	char why[CONDITION_ERROR_SIZE];
	struct span name;

	if (c == NULL)
		return fail_memory(r);
	rules->condition = c;
	c += rules->n_conditions;
	if (!has_relation(word))
		return fail(r, word,
		    "neither a condition nor a \":\" between blanks: \"%.*s\"",
		    word.len < SHOWN_MAX ? (int)word.len : SHOWN_MAX,
		    word.data);
	if (!condition_parse(
		word, r->context->source, &rules->hash_key, c, &name, why))
		return fail(r, word, "%s", why);
	rules->n_conditions++;
	rule->n_conditions++;
	return find_attribute(r, name, &c->place);
}

/* NAME CONDITION... : */
static bool
read_head(struct reader *r, struct span *rest, struct rule *rule)
{
	struct span word;

	span_next_word(rest, &rule->name);
	if (!date_is_rule_name(rule->name))
		return fail(r, rule->name,
		    "a name has letters, digits, and _ . - : 1 to %d of them",
		    DATE_RULE_MAX);
	rule->first_condition = r->rules->n_conditions;
	while (span_next_word(rest, &word)) {
		if (span_equal_str(word, ":"))
			return true;
		if (!add_condition(r, word, rule))
			return false;
	}
	return fail(r, r->rule,
	    "no \":\" between blanks parts the conditions from the action");
}

static bool
add_name(struct reader *r, struct keyset *set, struct span name)
{
	uint64_t hash = hash_bytes(&r->rules->hash_key, name);

	return keyset_add(set, hash, name) || fail_memory(r);
}

static bool
enter_name(struct reader *r, const struct rule *rule)
{
	struct rules *rules = r->rules;

	if (keyset_has(&rules->names, hash_bytes(&rules->hash_key, rule->name),
		rule->name))
		return fail(r, rule->name, "there is a rule %.*s already",
		    (int)rule->name.len, rule->name.data);
	return add_name(r, &rules->names, rule->name) &&
	    (rule->action != RULE_HOLD ||
		add_name(r, &rules->holds, rule->name));
}

/* What is known of a window only with its zone; at is its action. */
static bool
settle_window(
    struct reader *r, struct span zone_name, struct span at, struct rule *rule)
{
	const struct rules_context *context = r->context;
	char why[RULE_ZONE_ERROR_SIZE];

	if (!rule_zone_find(
		r->rules, context->source, zone_name, &rule->zone, why))
		return fail(r, zone_name.len > 0 ? zone_name : at, "%s", why);
	return window_opens_within(&rule->window,
		   &r->rules->zone[rule->zone].zone, context->now_s,
		   context->max_postpone_s) ||
	    fail(r, at, "the window is closed for longer than max_postpone");
}

/* Leaves one blank of each run of them, and no line end. */
static void
squeeze(struct reader *r, struct span *text)
{
	char *to;
	size_t n = 0;

	if (text->len == 0)
		return;
	to = r->rules->text + (text->data - r->rules->text);
	for (size_t i = 0; i < text->len; i++) {
		bool blank = ascii_is_blank(text->data[i]);

		if (!blank || n == 0 || to[n - 1] != ' ')
			to[n++] = blank ? ' ' : text->data[i];
	}
	text->len = n;
}

static bool
read_action(struct reader *r, struct span text, struct rule *rule)
{
	struct span zone_name, at;
	char why[RULE_ACTION_ERROR_SIZE];

	if (!rule_action_parse(text, r->context, rule, &zone_name, &at, why))
		return fail(r, at, "%s", why);
	if (rule->action == RULE_WINDOW &&
	    !settle_window(r, zone_name, at, rule)) {
		window_free(&rule->window);
		return false;
	}
	squeeze(r, &rule->reply);
	squeeze(r, &rule->reason);
	return true;
}

static bool
read_rule(struct reader *r)
{
	struct rules *rules = r->rules;
	struct span rest = r->rule;
	struct rule *rule;

	if (rules->n == RULES_MAX)
		return fail(r, r->rule, "more than %d rules", RULES_MAX);
	rule = grow(rules->rule, rules->n, &r->cap_rules, sizeof(*rule));
	if (rule == NULL)
		return fail_memory(r);
	rules->rule = rule;
	rule += rules->n;
	memset(rule, 0, sizeof(*rule));
	if (!read_head(r, &rest, rule) || !read_action(r, rest, rule))
		return false;
	rules->n++;
	return enter_name(r, rule);
}

static void
blank_returns(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\r')
			text[i] = ' ';
}

/*
 * Prepares text so that each rule is one line: comments become blanks, and the
 * line ends before a line that goes on become '\r'. Returns NULL, or the line
 * that goes on though none is before it.
 */
static const char *
mark_lines(char *text, size_t len)
{
	char *end = text + len, *line = text, *next;
	char *open = NULL; /* the line end behind the last rule so far */

	for (; line < end; line = next) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		struct span said;

		if (stop == NULL)
			stop = end;
		next = stop < end ? stop + 1 : end;
		said = span_trim(span_of(line, (size_t)(stop - line)));
		if (said.len == 0 || said.data[0] == '#') {
			memset(line, ' ', (size_t)(stop - line));
			continue;
		}
		if (ascii_is_blank(line[0])) {
			if (open == NULL)
				return line;
			for (char *c = open; c < line; c++)
				if (*c == '\n')
					*c = '\r';
		}
		open = stop;
	}
	return NULL;
}

static bool
read_rules(struct reader *r, struct span text)
{
	bool more = true;

	for (unsigned line = 1; more; line++) {
		more = span_cut(&text, '\n', &r->rule);
		if (!more)
			r->rule = text;
		r->line = line;
		line += count(r->rule.data, r->rule.data + r->rule.len, '\r');
		if (span_trim(r->rule).len > 0 && !read_rule(r))
			return false;
	}
	if (r->rules->n > 0)
		return rule_gate_make_all(r->rules) || fail_memory(r);
	snprintf(
	    r->error, RULE_ERROR_SIZE, "%s: has no rules", r->context->file);
	return false;
}

static bool
read_file(struct reader *r, struct span text)
{
	const char *stray;

	/* The mark that some editors write in front of UTF-8. */
	if (span_starts_with(text, "\xef\xbb\xbf"))
		text = span_skip(text, 3);
	r->rules->text = malloc(text.len + 1);
	r->rule = span_of("", 0);
	r->line = 1;
	if (r->rules->text == NULL)
		return fail_memory(r);
	memcpy(r->rules->text, text.data, text.len);
	blank_returns(r->rules->text, text.len);
	stray = mark_lines(r->rules->text, text.len);
	if (stray != NULL) {
		r->line += count(r->rules->text, stray, '\n');
		return fail(r, r->rule,
		    "a line that starts with a blank goes on with a rule, and "
		    "there is none yet");
	}
	return read_rules(r, span_of(r->rules->text, text.len));
}

/* Files may hold what a terminal would obey. */
static void
hide_controls(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			*text = '?';
}

bool
rules_parse(struct rules *rules, struct span text,
    const struct rules_context *context, char error[RULE_ERROR_SIZE])
{
	struct reader r = {.rules = rules, .context = context, .error = error};

	memset(rules, 0, sizeof(*rules));
	keyset_init(&rules->names);
	keyset_init(&rules->holds);
	rules->hash_key = context->hash_key;
	if (read_file(&r, text))
		return true;
	hide_controls(error);
	rules_free(rules);
	return false;
}

void
rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		window_free(&rules->rule[i].window);
	for (size_t i = 0; i < rules->n_conditions; i++)
		condition_free(&rules->condition[i]);
	for (size_t i = 0; i < rules->n_zones; i++)
		zone_free(&rules->zone[i].zone);
	keyset_free(&rules->names);
	keyset_free(&rules->holds);
	free(rules->zone);
	free(rules->condition);
	free(rules->rule);
	free(rules->gate);
	free(rules->text);
	memset(rules, 0, sizeof(*rules));
}

bool
rules_hold(const struct rules *rules, struct span name)
{
	return keyset_has(
	    &rules->holds, hash_bytes(&rules->hash_key, name), name);
}
