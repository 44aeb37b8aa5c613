/* SPDX-License-Identifier: ISC */
#include "policyd/sched/postconf_view.h"

bool
view_next_setting(struct span *rest, struct span *name, struct span *value)
{
	struct span line;

	while (rest->len > 0) {
		if (!span_cut(rest, '\n', &line)) {
			line = *rest;
			*rest = span_skip(*rest, rest->len);
		}
		if (!span_cut(&line, '=', name))
			continue;
		*name = span_trim(*name);
		*value = span_trim(line);
		return true;
	}
	return false;
}

static bool
find(struct span text, struct span wanted, struct span *value)
{
	struct span name, found;

	while (view_next_setting(&text, &name, &found)) {
		if (!span_equal(name, wanted))
			continue;
		*value = found;
		return true;
	}
	return false;
}

bool
view_setting(
    const struct postconf_view *v, struct span name, struct span *value)
{
	return find(v->explicit, name, value);
}

bool
view_parameter(
    const struct postconf_view *v, struct span name, struct span *value)
{
	return find(v->explicit, name, value) || find(v->all, name, value);
}

bool
view_next_service(struct span *rest, struct view_service *s)
{
	struct span *const fields[] = {&s->name, &s->type, &s->private,
	    &s->unpriv, &s->chroot, &s->wakeup, &s->maxproc, &s->command};
	enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };
	struct span line;

	while (rest->len > 0) {
		size_t n = 0;

		if (!span_cut(rest, '\n', &line)) {
			line = *rest;
			*rest = span_skip(*rest, rest->len);
		}
		while (n < FIELDS && span_next_word(&line, fields[n]))
			n++;
		s->args = span_trim(line);
		if (n == FIELDS)
			return true;
	}
	return false;
}

bool
view_find_service(const struct postconf_view *v, struct span name,
    const char *type, struct view_service *service)
{
	struct span rest = v->services;

	while (view_next_service(&rest, service))
		if (span_equal(service->name, name) &&
		    span_equal_str(service->type, type))
			return true;
	return false;
}

/* Cuts "part/" off the front of name. */
static bool
cut_part(struct span *name, struct span part)
{
	if (name->len <= part.len || name->data[part.len] != '/' ||
	    !span_equal(span_head(*name, part.len), part))
		return false;
	*name = span_skip(*name, part.len + 1);
	return true;
}

bool
view_next_override(struct span *rest, const struct view_service *service,
    struct span *parameter, struct span *value)
{
	while (view_next_setting(rest, parameter, value))
		if (cut_part(parameter, service->name) &&
		    cut_part(parameter, service->type))
			return true;
	return false;
}

bool
view_override(const struct postconf_view *v, const struct view_service *service,
    struct span parameter, struct span *value)
{
	struct span rest = v->overrides;
	struct span name, found;

	while (view_next_override(&rest, service, &name, &found)) {
		if (!span_equal(name, parameter))
			continue;
		*value = found;
		return true;
	}
	return false;
}

bool
view_raw(const struct postconf_view *v, const struct view_service *service,
    struct span parameter, struct span *value)
{
	return (service != NULL &&
		   view_override(v, service, parameter, value)) ||
	    view_parameter(v, parameter, value);
}

bool
view_value(const struct postconf_view *v, const struct view_service *service,
    const char *parameter, struct buf *out)
{
	struct span raw;

	buf_clear(out);
	if (view_raw(v, service, span_str(parameter), &raw) &&
	    view_expand(v, service, raw, out))
		return true;
	buf_clear(out);
	return false;
}

bool
view_next_element(struct span *list, struct span *element)
{
	size_t n = 0, depth = 0;

	while (list->len > 0 &&
	    (list->data[0] == ',' || ascii_is_blank(list->data[0])))
		*list = span_skip(*list, 1);
	while (n < list->len) {
		char c = list->data[n];

		if (c == '{')
			depth++;
		else if (c == '}' && depth > 0)
			depth--;
		else if (depth == 0 && (c == ',' || ascii_is_blank(c)))
			break;
		n++;
	}
	*element = span_head(*list, n);
	*list = span_skip(*list, n);
	return n > 0;
}

static bool
ends_with(struct span s, const char *end)
{
	size_t n = strlen(end);

	return s.len >= n && memcmp(s.data + s.len - n, end, n) == 0;
}

static const char *
last_comma(struct span s)
{
	while (s.len > 0 && s.data[s.len - 1] != ',')
		s.len--;
	return s.len > 0 ? s.data + s.len - 1 : NULL;
}

bool
view_is_our_table(struct span element)
{
	struct span map = element;
	const char *last = last_comma(element);

	if (span_starts_with(element, "regexp:{{/^"))
		return ends_with(element, "line too long}}");
	if (!span_starts_with(element, "pipemap:{regexp:{{/^(") || last == NULL)
		return false;
	map = span_trim(span_skip(map, (size_t)(last + 1 - map.data)));
	return (span_starts_with(map, "socketmap:") &&
		   ends_with(map, ":deliver-at}")) ||
	    span_starts_with(map, "tcp:");
}
