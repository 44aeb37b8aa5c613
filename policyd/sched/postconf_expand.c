/* SPDX-License-Identifier: ISC */
#include "policyd/sched/postconf_view.h"

enum {
	DEPTH_MAX = 60, /* of names within names; more is a loop */
	STEPS_MAX = 20000, /* names in all: short loops that branch */
};

struct expansion {
	const struct postconf_view *view;
	const struct view_service *service;
	unsigned steps;
};

enum relation { LESS, LESS_EQUAL, EQUAL, UNEQUAL, GREATER_EQUAL, GREATER };

static bool expand(
    struct expansion *e, struct span text, unsigned depth, struct buf *out);

static bool
is_name_char(char c)
{
	return ascii_is_alnum(c) || c == '_';
}

static bool
look_up(const struct expansion *e, struct span name, struct span *value)
{
	if (e->service != NULL && span_equal_str(name, "service_name")) {
		*value = e->service->name;
		return true;
	}
	return view_raw(e->view, e->service, name, value);
}

static struct span
skip_blanks(struct span s)
{
	while (s.len > 0 && ascii_is_blank(s.data[0]))
		s = span_skip(s, 1);
	return s;
}

/*
 * Cuts "{payload}" and the blanks around it off the front; else changes
 * nothing.
 */
static bool
cut_braces(struct span *rest, struct span *payload)
{
	struct span s = skip_blanks(*rest);
	size_t depth = 0;

	if (s.len == 0 || s.data[0] != '{')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '{')
			depth++;
		if (s.data[i] != '}' || --depth > 0)
			continue;
		*payload = span_of(s.data + 1, i - 1);
		*rest = skip_blanks(span_skip(s, i + 1));
		return true;
	}
	return false;
}

static bool
cut_relation(struct span *rest, enum relation *relation, bool *level)
{
	static const struct {
		const char *text;
		enum relation relation;
	} relations[] = {{"<=", LESS_EQUAL}, {"<", LESS}, {"==", EQUAL},
	    {"!=", UNEQUAL}, {">=", GREATER_EQUAL}, {">", GREATER}};

	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
		if (!span_starts_with(*rest, relations[i].text))
			continue;
		*rest = span_skip(*rest, strlen(relations[i].text));
		*relation = relations[i].relation;
		*level = span_starts_with(*rest, "level");
		if (*level)
			*rest = span_skip(*rest, strlen("level"));
		return true;
	}
	return false;
}

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* "3.10" is behind "3.6": number by number, and a missing one is 0. */
static int
compare_levels(struct span a, struct span b)
{
	int order = 0;

	while (order == 0 && (a.len > 0 || b.len > 0)) {
		struct span head_a = a, head_b = b;
		uint64_t n_a = 0, n_b = 0;

		if (!span_cut(&a, '.', &head_a))
			a = span_of("", 0);
		if (!span_cut(&b, '.', &head_b))
			b = span_of("", 0);
		span_to_u64(head_a, INT32_MAX, &n_a);
		span_to_u64(head_b, INT32_MAX, &n_b);
		order = compare_numbers(n_a, n_b);
	}
	return order;
}

static int
compare_texts(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n > 0 ? memcmp(a.data, b.data, n) : 0;

	return order != 0 ? order : compare_numbers(a.len, b.len);
}

static bool
holds(struct span a, enum relation relation, bool level, struct span b)
{
	uint64_t n_a, n_b;
	int order;

	if (level)
		order = compare_levels(span_trim(a), span_trim(b));
	else if (span_to_u64(a, INT32_MAX, &n_a) &&
	    span_to_u64(b, INT32_MAX, &n_b))
		order = compare_numbers(n_a, n_b);
	else
		order = compare_texts(a, b);
	switch (relation) {
	case LESS:
		return order < 0;
	case LESS_EQUAL:
		return order <= 0;
	case EQUAL:
		return order == 0;
	case UNEQUAL:
		return order != 0;
	case GREATER_EQUAL:
		return order >= 0;
	case GREATER:
		return order > 0;
	}
	return false;
}

/* "{a} == {b}", and what follows stays in *rest. */
static bool
judge_relation(
    struct expansion *e, struct span *rest, unsigned depth, bool *truth)
{
	struct span left, right;
	struct buf a, b;
	enum relation relation;
	bool level, ok;

	if (!cut_braces(rest, &left) ||
	    !cut_relation(rest, &relation, &level) || !cut_braces(rest, &right))
		return false;
	buf_init(&a, VIEW_VALUE_MAX);
	buf_init(&b, VIEW_VALUE_MAX);
	ok = expand(e, left, depth, &a) && expand(e, right, depth, &b);
	if (ok)
		*truth = holds(buf_span(&a), relation, level, buf_span(&b));
	buf_free(&a);
	buf_free(&b);
	return ok;
}

/* A result behind "?" or ":": in braces, or all that is left. */
static struct span
cut_result(struct span *rest)
{
	struct span result;

	if (cut_braces(rest, &result))
		return result;
	result = *rest;
	*rest = span_skip(*rest, rest->len);
	return result;
}

/* "?{yes}", ":{no}", or both. */
static bool
choose(struct expansion *e, struct span rest, bool truth, unsigned depth,
    struct buf *out)
{
	struct span result = {"", 0};

	if (rest.data[0] == '?') {
		struct span yes;

		rest = span_skip(rest, 1);
		yes = cut_result(&rest);
		if (truth)
			result = yes;
		if (rest.len > 0 && rest.data[0] != ':')
			return false;
	}
	if (rest.len > 0) {
		struct span no;

		rest = span_skip(rest, 1);
		no = cut_result(&rest);
		if (!truth)
			result = no;
	}
	return rest.len == 0 && expand(e, result, depth, out);
}

static bool
use_name(struct expansion *e, struct span name, unsigned depth, struct buf *out)
{
	struct span value;

	return !look_up(e, name, &value) || expand(e, value, depth, out);
}

static bool
expand_relation(
    struct expansion *e, struct span text, unsigned depth, struct buf *out)
{
	bool truth = false;

	if (!judge_relation(e, &text, depth, &truth))
		return false;
	if (text.len == 0)
		return !truth || buf_append(out, span_str("true"));
	return (text.data[0] == '?' || text.data[0] == ':') &&
	    choose(e, text, truth, depth, out);
}

/* What stands between ${ and }, or $( and ). */
static bool
expand_group(
    struct expansion *e, struct span text, unsigned depth, struct buf *out)
{
	struct span name, value = {"", 0};
	size_t n = 0;

	text = skip_blanks(text);
	if (text.len > 0 && text.data[0] == '{')
		return expand_relation(e, text, depth, out);
	while (n < text.len && is_name_char(text.data[n]))
		n++;
	name = span_head(text, n);
	text = skip_blanks(span_skip(text, n));
	if (name.len == 0)
		return false;
	if (text.len == 0)
		return use_name(e, name, depth, out);
	if (text.data[0] != '?' && text.data[0] != ':')
		return false;
	/* That a value is there counts, not what it expands to. */
	look_up(e, name, &value);
	return choose(e, text, value.len > 0, depth, out);
}

/* Cuts what "$" introduces off the front of *rest, and expands it. */
static bool
expand_name(
    struct expansion *e, struct span *rest, unsigned depth, struct buf *out)
{
	char open = rest->len > 0 ? rest->data[0] : '\0';
	char close = open == '{' ? '}' : ')';
	size_t n = 0, level = 0;
	struct span text;

	if (open != '{' && open != '(') {
		while (n < rest->len && is_name_char(rest->data[n]))
			n++;
		text = span_head(*rest, n);
		*rest = span_skip(*rest, n);
		return n > 0 && use_name(e, text, depth, out);
	}
	for (; n < rest->len; n++) {
		if (rest->data[n] == open)
			level++;
		if (rest->data[n] == close && --level == 0)
			break;
	}
	if (n == rest->len)
		return false;
	text = span_of(rest->data + 1, n - 1);
	*rest = span_skip(*rest, n + 1);
	return expand_group(e, text, depth, out);
}

static bool
expand(struct expansion *e, struct span text, unsigned depth, struct buf *out)
{
	struct span literal;

	if (depth == DEPTH_MAX || e->steps++ == STEPS_MAX)
		return false;
	while (span_cut(&text, '$', &literal)) {
		if (!buf_append(out, literal))
			return false;
		if (text.len > 0 && text.data[0] == '$') {
			text = span_skip(text, 1);
			if (!buf_append(out, span_str("$")))
				return false;
		} else if (!expand_name(e, &text, depth + 1, out)) {
			return false;
		}
	}
	return buf_append(out, text);
}

bool
view_expand(const struct postconf_view *v, const struct view_service *service,
    struct span text, struct buf *out)
{
	struct expansion e = {.view = v, .service = service};

	return expand(&e, text, 0, out);
}
