/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_shadow.h"

static bool
ends_search(const struct rule *rule)
{
	return rule->action == RULE_PASS || rule->action == RULE_REJECT ||
	    rule->action == RULE_DEFER;
}

static bool
has_condition(const struct rules *rules, const struct rule *rule,
    const struct condition *wanted)
{
	for (size_t i = 0; i < rule->n_conditions; i++)
		if (span_equal(
			rules_condition(rules, rule, i)->text, wanted->text))
			return true;
	return false;
}

/* Whatever the second one matches, the first one does. */
static bool
covers(const struct rules *rules, const struct rule *first,
    const struct rule *second)
{
	for (size_t i = 0; i < first->n_conditions; i++)
		if (!has_condition(
			rules, second, rules_condition(rules, first, i)))
			return false;
	return true;
}

/* Not those of an attribute, but of what it is compared with. */
static struct span
list_of(const struct condition *c)
{
	size_t n = 0;

	while (n < c->text.len && c->text.data[n] != '=' &&
	    c->text.data[n] != '<' && c->text.data[n] != '>')
		n++;
	return n < c->text.len ? span_skip(c->text, n + 1) : span_of("", 0);
}

/* Nothing but texts that are compared as a whole, so sets can be compared. */
static bool
is_plain(const struct condition *c)
{
	struct span list = list_of(c), item;

	if (c->relation != '=' || c->empty || c->any ||
	    (c->kind != CONDITION_ADDRESS && c->kind != CONDITION_TEXT))
		return false;
	while (span_next_item(&list, &item))
		if (item.data[0] == '@' || item.data[item.len - 1] == '.' ||
		    span_starts_with(item, "file:") ||
		    memchr(item.data, '*', item.len) != NULL ||
		    memchr(item.data, '?', item.len) != NULL ||
		    memchr(item.data, '[', item.len) != NULL ||
		    memchr(item.data, '\\', item.len) != NULL)
			return false;
	return true;
}

static bool
lists(const struct condition *c, struct span wanted)
{
	struct span list = list_of(c), item;

	while (span_next_item(&list, &item))
		if (c->kind == CONDITION_ADDRESS
			? span_equal_nocase(item, wanted)
			: span_equal(item, wanted))
			return true;
	return false;
}

/* How many of a's items are in b too, and whether all are. */
static bool
shares(const struct condition *a, const struct condition *b, bool *all)
{
	struct span list = list_of(a), item;
	bool any = false;

	*all = true;
	while (span_next_item(&list, &item)) {
		bool both = lists(b, item);

		any = any || both;
		*all = *all && both;
	}
	return any;
}

/* The bounds that a condition puts on a number. */
static bool
bounds(const struct condition *c, uint64_t *least, uint64_t *most)
{
	if (c->kind != CONDITION_NUMBER || c->negated || c->empty ||
	    c->n_numbers == 0)
		return false;
	*least = UINT64_MAX;
	*most = 0;
	for (size_t i = 0; i < c->n_numbers; i++) {
		if (c->numbers[i] < *least)
			*least = c->numbers[i];
		if (c->numbers[i] > *most)
			*most = c->numbers[i];
	}
	if (c->relation == '>') {
		*least = *most + 1;
		*most = UINT64_MAX;
	} else if (c->relation == '<') {
		*most = *most > 0 ? *most - 1 : 0;
		*least = 0;
	}
	return true;
}

/* Both cannot be true. */
static bool
contradict(const struct condition *a, const struct condition *b)
{
	uint64_t least_a, most_a, least_b, most_b;
	bool all, any;

	if (a->place != b->place)
		return false;
	if (bounds(a, &least_a, &most_a) && bounds(b, &least_b, &most_b))
		return most_a < least_b || most_b < least_a;
	if (a->kind != b->kind || !is_plain(a) || !is_plain(b) || a->negated)
		return false;
	any = shares(a, b, &all);
	return b->negated ? all : !any;
}

static bool
find_contradiction(const struct rules *rules, const struct rule *rule,
    const struct condition **a, const struct condition **b)
{
	for (size_t i = 0; i < rule->n_conditions; i++) {
		for (size_t j = 0; j < rule->n_conditions; j++) {
			*a = rules_condition(rules, rule, i);
			*b = rules_condition(rules, rule, j);
			if (i != j && contradict(*a, *b))
				return true;
		}
	}
	return false;
}

static const struct rule *
find_cover(const struct rules *rules, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (ends_search(&rules->rule[i]) &&
		    covers(rules, &rules->rule[i], &rules->rule[place]))
			return &rules->rule[i];
	return NULL;
}

static struct finding *
add(const struct check_site *site, const struct rule *rule)
{
	struct finding *f = finding_add(site->findings, FINDING_RULE_NEVER);

	finding_say(f, "rule ");
	finding_say_span(f, rule->name);
	mend_edit(f, span_str(site->settings->rules_file));
	mend_policyctl(f, site, "reload");
	return f;
}

void
check_shadow(const struct check_site *site, const struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->rule[i];
		const struct rule *cover = find_cover(rules, i);
		const struct condition *a, *b;
		struct finding *f;

		if (cover != NULL) {
			f = add(site, rule);
			finding_say(
			    f, " never counts: whatever it matches, rule ");
			finding_say_span(f, cover->name);
			finding_say(f, " before it ends the search for");
		} else if (find_contradiction(rules, rule, &a, &b)) {
			f = add(site, rule);
			finding_say(f, " never matches: ");
			finding_say_span(f, a->text);
			finding_say(f, " and ");
			finding_say_span(f, b->text);
			finding_say(f, " cannot both be true");
		}
	}
}
