/* SPDX-License-Identifier: ISC */
#include "policyd/rule.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hdrcheck/date.h"
#include "policyd/rule_action.h"

enum { FIRST_CAP = 16 };

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

static bool fail(struct reader *r, struct span word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* word: what is wrong, inside the rule; its place tells the line. */
static bool
fail(struct reader *r, struct span word, const char *format, ...)
{
	unsigned line = r->line;
	va_list args;
	int n;

	for (const char *c = r->rule.data; c < word.data; c++)
		line += *c == '\r';
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
	if (i == rules->n_attributes)
		rules->attribute[rules->n_attributes++] = name;
	*place = i;
	return true;
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

static bool
load_zone(struct reader *r, struct span name, struct rules_zone *zone)
{
	const struct source *source = r->context->source;
	struct span at = name.len > 0 ? name : r->rule;
	const char *wrong;
	size_t len;
	char *file;

	span_to_string(name, zone->name, sizeof(zone->name));
	file = source->load(source->ctx, SOURCE_ZONE, zone->name, &len);
	if (file == NULL && name.len == 0)
		return fail(r, at,
		    "the zone of this machine cannot be read (%s): name one "
		    "with tz=, from Debian's package tzdata",
		    strerror(errno));
	if (file == NULL)
		return fail(r, at,
		    "tz=%s: %s; zones come from Debian's package tzdata",
		    zone->name,
		    errno == ENOENT ? "there is no such zone"
				    : strerror(errno));
	wrong = zone_parse(span_of(file, len), &zone->zone);
	free(file);
	return wrong == NULL || fail(r, at, "tz=%s: %s", zone->name, wrong);
}

/* Finds the zone, or loads it: rules may share one. */
static bool
find_zone(struct reader *r, struct span name, size_t *place)
{
	struct rules *rules = r->rules;
	struct rules_zone *moved;

	for (size_t i = 0; i < rules->n_zones; i++) {
		*place = i;
		if (span_equal_str(name, rules->zone[i].name))
			return true;
	}
	moved =
	    realloc(rules->zone, (rules->n_zones + 1) * sizeof(*rules->zone));
	if (moved == NULL)
		return fail_memory(r);
	rules->zone = moved;
	if (!load_zone(r, name, &moved[rules->n_zones]))
		return false;
	*place = rules->n_zones++;
	return true;
}

/* What is known of a window only with its zone. */
static bool
settle_window(struct reader *r, struct span zone_name, struct rule *rule)
{
	const struct rules_context *context = r->context;
	int64_t next_s;

	if (!find_zone(r, zone_name, &rule->zone))
		return false;
	next_s = window_next(
	    &rule->window, &r->rules->zone[rule->zone].zone, context->now_s);
	if (next_s - context->now_s > context->max_postpone_s)
		return fail(
		    r, r->rule, "the window does not open within max_postpone");
	return true;
}

static bool
read_action(struct reader *r, struct span text, struct rule *rule)
{
	struct span zone_name, at = r->rule;
	char why[RULE_ACTION_ERROR_SIZE];

	if (!rule_action_parse(text, r->context, rule, &zone_name, &at, why))
		return fail(r, at, "%s", why);
	if (rule->action == RULE_WINDOW && !settle_window(r, zone_name, rule)) {
		window_free(&rule->window);
		return false;
	}
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

/* No line end is left inside what people read. */
static void
join_lines(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\r')
			text[i] = ' ';
}

/*
 * Prepares text so that each rule is one line: comments become blanks, and the
 * line end before a line that goes on becomes '\r'. Returns false when the
 * first line that says something goes on.
 */
static bool
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
				return false;
			for (char *c = open; c < line; c++)
				if (*c == '\n')
					*c = '\r';
		}
		open = stop;
	}
	return true;
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
		for (size_t i = 0; i < r->rule.len; i++)
			line += r->rule.data[i] == '\r';
		if (span_trim(r->rule).len > 0 && !read_rule(r))
			return false;
		join_lines(r->rules->text + (r->rule.data - r->rules->text),
		    r->rule.len);
	}
	r->rule.len = 0;
	if (r->rules->n > 0)
		return true;
	snprintf(
	    r->error, RULE_ERROR_SIZE, "%s: has no rules", r->context->file);
	return false;
}

static bool
read_file(struct reader *r, struct span text)
{
	r->rules->text = malloc(text.len + 1);
	r->rule = span_of("", 0);
	r->line = 1;
	if (r->rules->text == NULL)
		return fail_memory(r);
	memcpy(r->rules->text, text.data, text.len);
	join_lines(r->rules->text, text.len);
	if (!mark_lines(r->rules->text, text.len))
		return fail(r, r->rule,
		    "a line that starts with a blank continues a rule, and "
		    "there is none yet");
	return read_rules(r, span_of(r->rules->text, text.len));
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
	free(rules->text);
	memset(rules, 0, sizeof(*rules));
}

const struct condition *
rules_condition(const struct rules *rules, const struct rule *rule, size_t i)
{
	return &rules->condition[rule->first_condition + i];
}

bool
rules_hold(const struct rules *rules, struct span name)
{
	return keyset_has(
	    &rules->holds, hash_bytes(&rules->hash_key, name), name);
}
