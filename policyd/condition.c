/* SPDX-License-Identifier: ISC */
#include "policyd/condition.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policyd/condition_private.h"

enum { SHOWN_MAX = 100 /* bytes of an item in an error */ };

/* Attributes that are not texts. */
static const struct {
	struct span name;
	enum condition_kind kind;
} kinds[] = {
    {SPAN("sender"), CONDITION_ADDRESS},
    {SPAN("recipient"), CONDITION_ADDRESS},
    {SPAN("sasl_sender"), CONDITION_ADDRESS},
    {SPAN("client_address"), CONDITION_NET},
    {SPAN("server_address"), CONDITION_NET},
    {SPAN("size"), CONDITION_NUMBER},
    {SPAN("recipient_count"), CONDITION_NUMBER},
    {SPAN("client_port"), CONDITION_NUMBER},
    {SPAN("server_port"), CONDITION_NUMBER},
    {SPAN("encryption_keysize"), CONDITION_NUMBER},
    {SPAN("postponed"), CONDITION_NUMBER},
    {SPAN("postponed_total"), CONDITION_NUMBER},
};

struct parse {
	const struct source *source;
	const struct hash_key *hash_key;
	struct condition *c;
	char *error;
	char path[CONDITION_PATH_MAX + 1]; /* of a list */
	size_t line; /* 0: not in a list */
};

static bool
fail(const struct parse *p, struct span item, const char *what)
{
	char at[CONDITION_PATH_MAX + 32] = "";

	if (p->line > 0)
		snprintf(at, sizeof(at), "%s:%zu: ", p->path, p->line);
	if (item.len > 0)
		snprintf(p->error, CONDITION_ERROR_SIZE, "%s%s: \"%.*s%s\"", at,
		    what, item.len < SHOWN_MAX ? (int)item.len : SHOWN_MAX,
		    item.data, item.len > SHOWN_MAX ? "..." : "");
	else
		snprintf(p->error, CONDITION_ERROR_SIZE, "%s%s", at, what);
	return false;
}

static bool
take_item(const struct parse *p, struct span item)
{
	const char *wrong = condition_add_item(p->c, p->hash_key, item);

	return wrong == NULL || fail(p, item, wrong);
}

static bool
take_line(const struct parse *p, struct span line)
{
	line = span_trim(line);
	if (line.len == 0 || line.data[0] == '#')
		return true;
	if (span_starts_with(line, "file:"))
		return fail(p, line, "a list cannot name another");
	return take_item(p, line);
}

static bool
take_lines(struct parse *p, struct span text)
{
	struct span line;

	/* The mark that some editors write in front of UTF-8. */
	if (span_starts_with(text, "\xef\xbb\xbf"))
		text = span_skip(text, 3);
	for (p->line = 1; span_cut(&text, '\n', &line); p->line++)
		if (!take_line(p, line))
			return false;
	if (!take_line(p, text))
		return false;
	p->line = 0;
	return true;
}

static bool
fail_to_load(const struct parse *p)
{
	int reason = errno;
	const char *what = strerror(reason);

	if (reason == EFBIG)
		what = "too large";
	else if (reason == EINVAL)
		what = "a NUL byte inside";
	snprintf(p->error, CONDITION_ERROR_SIZE, "%s: %s", p->path, what);
	return false;
}

static bool
take_list(struct parse *p, struct span path)
{
	size_t len = 0;
	char *text;
	bool taken;

	if (p->c->kind == CONDITION_NUMBER)
		return fail(p, path, "numbers do not come from a file");
	if (path.len == 0 || path.data[0] != '/')
		return fail(p, path, "file: needs a path that starts with /");
	if (!span_to_string(path, p->path, sizeof(p->path)))
		return fail(p, path, "a path of more than 255 bytes");
	text = p->source->load(p->source->ctx, SOURCE_LIST, p->path, &len);
	if (text == NULL)
		return fail_to_load(p);
	taken = take_lines(p, span_of(text, len));
	free(text);
	return taken;
}

static bool
take_word_item(struct parse *p, struct span item)
{
	if (span_starts_with(item, "file:"))
		return take_list(p, span_skip(item, strlen("file:")));
	return take_item(p, item);
}

static bool
take_items(struct parse *p, struct span list)
{
	struct span item;

	while (p->c->relation == '=' && span_cut(&list, ',', &item))
		if (!take_word_item(p, item))
			return false;
	return take_word_item(p, list);
}

enum condition_kind
condition_kind_of(struct span name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_equal(kinds[i].name, name))
			return kinds[i].kind;
	return CONDITION_TEXT;
}

static bool
take_name(struct span *rest, struct span *name)
{
	size_t n = 0;

	while (n < rest->len &&
	    ((rest->data[n] >= 'a' && rest->data[n] <= 'z') ||
		rest->data[n] == '_' ||
		(n > 0 && ascii_is_digit(rest->data[n]))))
		n++;
	*name = span_head(*rest, n);
	*rest = span_skip(*rest, n);
	return n > 0;
}

static bool
take_relation(struct span *rest, struct condition *c)
{
	if (span_starts_with(*rest, "!=")) {
		c->negated = true;
		*rest = span_skip(*rest, 1);
	}
	if (rest->len == 0 ||
	    (rest->data[0] != '=' && rest->data[0] != '<' &&
		rest->data[0] != '>'))
		return false;
	c->relation = rest->data[0];
	*rest = span_skip(*rest, 1);
	return !span_starts_with(*rest, "=") || c->relation != '=';
}

bool
condition_parse(struct span word, const struct source *source,
    const struct hash_key *hash_key, struct condition *c, struct span *name,
    char error[CONDITION_ERROR_SIZE])
{
	struct parse p = {
	    .source = source, .hash_key = hash_key, .c = c, .error = error};
	struct span rest = word;

	*c = (struct condition){.text = word};
	if (!take_name(&rest, name))
		return fail(&p, word,
		    "a condition starts with the name of an attribute, in "
		    "lower case");
	if (!take_relation(&rest, c))
		return fail(&p, word, "no =, !=, < or > behind the name");
	c->kind =
	    c->relation == '=' ? condition_kind_of(*name) : CONDITION_NUMBER;
	if (!take_items(&p, rest)) {
		condition_free(c);
		return false;
	}
	condition_end_items(c);
	return true;
}

void
condition_free(struct condition *c)
{
	keyset_free(&c->whole);
	keyset_free(&c->domains);
	keyset_free(&c->below);
	for (size_t i = 0; i < c->n_patterns; i++)
		free(c->patterns[i].text);
	free(c->patterns);
	free(c->nets);
	free(c->numbers);
	*c = (struct condition){0};
}

static bool
has_key(const struct keyset *set, const struct value_key *key)
{
	return keyset_has(set, key->hash, key->text);
}

static bool
matches_domain(const struct condition *c, const struct value_domains *domains)
{
	if (domains->all && has_key(&c->domains, &domains->key[domains->n - 1]))
		return true;
	for (size_t i = 0; c->below.n > 0 && i < domains->n; i++)
		if (has_key(&c->below, &domains->key[i]))
			return true;
	return false;
}

static bool
matches_address(const struct condition *c, struct values *values)
{
	if (c->whole.n > 0 &&
	    has_key(&c->whole, values_whole(values, c->place)))
		return true;
	return (c->domains.n > 0 || c->below.n > 0) &&
	    matches_domain(c, values_domains(values, c->place));
}

static bool
ends_with(struct span text, struct span tail)
{
	return tail.len <= text.len &&
	    memcmp(text.data + text.len - tail.len, tail.data, tail.len) == 0;
}

static bool
matches_text(const struct condition *c, struct values *values)
{
	struct span text = values_text(values, c->place);

	if (c->whole.n > 0 &&
	    keyset_has(&c->whole, values_hash(values, c->place), text))
		return true;
	for (size_t i = 0; i < c->n_patterns; i++)
		if (ends_with(text, c->patterns[i].tail) &&
		    fnmatch(c->patterns[i].text,
			values_string(values, c->place), 0) == 0)
			return true;
	return false;
}

/* Of networks of which none is inside another, only one can hold it. */
static bool
matches_net(const struct condition *c, struct values *values)
{
	const struct cidr *address = values_address(values, c->place);
	size_t low = 0, high = c->n_nets;

	if (address == NULL)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cidr_compare(&c->nets[middle], address) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && cidr_holds(&c->nets[low - 1], address);
}

static bool
matches_number(const struct condition *c, struct values *values)
{
	uint64_t number;

	if (!values_number(values, c->place, &number))
		return false;
	if (c->relation != '=')
		return c->relation == '<' ? number < c->numbers[0]
					  : number > c->numbers[0];
	for (size_t i = 0; i < c->n_numbers; i++)
		if (number == c->numbers[i])
			return true;
	return false;
}

static bool
matches_item(const struct condition *c, struct values *values)
{
	if (c->any)
		return true;
	switch (c->kind) {
	case CONDITION_ADDRESS:
		return matches_address(c, values);
	case CONDITION_NET:
		return matches_net(c, values);
	case CONDITION_NUMBER:
		return matches_number(c, values);
	case CONDITION_TEXT:
		break;
	}
	return matches_text(c, values);
}

bool
condition_matches(const struct condition *c, struct values *values)
{
	if (values_text(values, c->place).len == 0)
		return c->empty && !c->negated;
	return matches_item(c, values) != c->negated;
}
