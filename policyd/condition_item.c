/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "policyd/condition_private.h"

enum { KILO = 1024 };

static const char no_memory[] = "not enough memory";

static bool
has(struct span item, char c)
{
	return item.len > 0 && memchr(item.data, c, item.len) != NULL;
}

/* An array with room for one behind its n; it doubles at powers of two. */
static void *
grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return realloc(array, (n > 0 ? n * 2 : 1) * size);
}

static const char *
add_key(struct keyset *set, const struct hash_key *hash_key, struct span text)
{
	return keyset_add(set, hash_bytes(hash_key, text), text) ? NULL
								 : no_memory;
}

/* A folded domain: as values may have it, or it would never match. */
static const char *
check_domain(struct span domain)
{
	struct span label;
	int labels = 1;

	if (domain.len == 0)
		return "no domain behind @";
	if (domain.len > VALUE_DOMAIN_MAX)
		return "the domain has more than 255 bytes";
	if (has(domain, '@'))
		return "a domain has no @";
	for (; span_cut(&domain, '.', &label); labels++)
		if (label.len == 0)
			return "the domain has an empty label";
	return labels > VALUE_LABELS_MAX ? "the domain has more than 32 labels"
					 : NULL;
}

static const char *
add_domain(
    struct keyset *set, const struct hash_key *hash_key, struct span domain)
{
	const char *wrong = check_domain(domain);

	return wrong != NULL ? wrong : add_key(set, hash_key, domain);
}

static const char *
check_address(struct span item)
{
	if (item.len > ATTR_LINE_MAX)
		return "longer than an address can be";
	if (has(item, ','))
		return "one address a line";
	if (has(item, '*'))
		return "* stands alone (all of a domain is @DOMAIN)";
	if (item.data[0] == '<')
		return "addresses stand here without < and >";
	if (!has(item, '@') && has(item, '.'))
		return "no @ (a domain is @DOMAIN)";
	return NULL;
}

static const char *
add_address(
    struct condition *c, const struct hash_key *hash_key, struct span item)
{
	const char *wrong = check_address(item);
	char folded[ATTR_LINE_MAX];

	if (wrong != NULL)
		return wrong;
	item = value_fold(item, folded);
	if (span_starts_with(item, "@."))
		return add_domain(&c->below, hash_key, span_skip(item, 2));
	if (item.data[0] == '@')
		return add_domain(&c->domains, hash_key, span_skip(item, 1));
	if (item.data[item.len - 1] == '@')
		return "no domain behind @";
	return add_key(&c->whole, hash_key, item);
}

static const char *
add_net(struct condition *c, const struct hash_key *hash_key, struct span item)
{
	struct cidr *nets = grow(c->nets, c->n_nets, sizeof(*nets));

	(void)hash_key;
	if (nets == NULL)
		return no_memory;
	c->nets = nets;
	return cidr_parse(item, &nets[c->n_nets++]);
}

static const char *
parse_number(struct span item, uint64_t *number)
{
	uint64_t factor = 1;

	if (item.len > 1 && item.data[item.len - 1] == 'k')
		factor = KILO;
	else if (item.len > 1 && item.data[item.len - 1] == 'm')
		factor = KILO * KILO;
	if (factor > 1)
		item.len--;
	for (size_t i = 0; i < item.len; i++)
		if (!ascii_is_digit(item.data[i]))
			return "not a number (digits, then maybe k or m)";
	if (!span_to_u64(item, UINT64_MAX / factor, number))
		return "too large a number";
	*number *= factor;
	return NULL;
}

static const char *
add_number(
    struct condition *c, const struct hash_key *hash_key, struct span item)
{
	uint64_t *numbers = grow(c->numbers, c->n_numbers, sizeof(*numbers));

	(void)hash_key;
	if (numbers == NULL)
		return no_memory;
	c->numbers = numbers;
	return parse_number(item, &numbers[c->n_numbers++]);
}

/* What stands behind the last byte that means something to fnmatch(3). */
static struct span
literal_tail(struct span pattern)
{
	static const struct span special = SPAN("*?[]\\");
	size_t at = pattern.len;

	while (at > 0 && !has(special, pattern.data[at - 1]))
		at--;
	return span_skip(pattern, at);
}

static const char *
check_pattern(const struct condition *c, struct span item)
{
	size_t backslashes = 0;

	while (backslashes < item.len &&
	    item.data[item.len - 1 - backslashes] == '\\')
		backslashes++;
	if (backslashes % 2 != 0)
		return "nothing behind the last \\";
	if (has(item, '\0'))
		return "a NUL byte inside";
	if (item.len > CONDITION_PATTERN_MAX)
		return "a pattern of more than 255 bytes";
	if (c->n_patterns == CONDITION_PATTERNS_MAX)
		return "more than 1000 patterns with *, ? or [";
	return NULL;
}

static const char *
add_pattern(struct condition *c, struct span item)
{
	const char *wrong = check_pattern(c, item);
	struct condition_pattern *patterns;
	char *text;

	if (wrong != NULL)
		return wrong;
	patterns = grow(c->patterns, c->n_patterns, sizeof(*patterns));
	if (patterns == NULL)
		return no_memory;
	c->patterns = patterns;
	text = malloc(item.len + 1);
	if (text == NULL)
		return no_memory;
	span_to_string(item, text, item.len + 1);
	patterns[c->n_patterns].text = text;
	patterns[c->n_patterns++].tail = literal_tail(span_of(text, item.len));
	return NULL;
}

static const char *
add_text(struct condition *c, const struct hash_key *hash_key, struct span item)
{
	if (has(item, '*') || has(item, '?') || has(item, '[') ||
	    has(item, '\\'))
		return add_pattern(c, item);
	if (item.len > ATTR_LINE_MAX)
		return "longer than a value can be";
	return add_key(&c->whole, hash_key, item);
}

/* True for what stands for itself where texts and addresses are listed. */
static bool
take_mark(struct condition *c, struct span item)
{
	if (c->kind != CONDITION_ADDRESS && c->kind != CONDITION_TEXT)
		return false;
	if (span_equal_str(item, "<>"))
		c->empty = true;
	else if (span_equal_str(item, "*"))
		c->any = true;
	else
		return false;
	return true;
}

static bool
has_blank(struct span item)
{
	for (size_t i = 0; i < item.len; i++)
		if (ascii_is_blank(item.data[i]))
			return true;
	return false;
}

const char *
condition_add_item(
    struct condition *c, const struct hash_key *hash_key, struct span item)
{
	static const char *(*const add[])(
	    struct condition *, const struct hash_key *, struct span) = {
	    [CONDITION_ADDRESS] = add_address,
	    [CONDITION_NET] = add_net,
	    [CONDITION_NUMBER] = add_number,
	    [CONDITION_TEXT] = add_text,
	};

	if (item.len == 0)
		return "an item is empty";
	if (has_blank(item))
		return "a blank inside";
	if (item.data[0] == '"')
		return "items stand here without quotes";
	if (take_mark(c, item))
		return NULL;
	return add[c->kind](c, hash_key, item);
}

static int
compare_nets(const void *a, const void *b)
{
	return cidr_compare(a, b);
}

void
condition_end_items(struct condition *c)
{
	size_t n = 0;

	if (c->n_nets == 0)
		return;
	qsort(c->nets, c->n_nets, sizeof(*c->nets), compare_nets);
	for (size_t i = 0; i < c->n_nets; i++)
		if (n == 0 || !cidr_holds(&c->nets[n - 1], &c->nets[i]))
			c->nets[n++] = c->nets[i];
	c->n_nets = n;
}
