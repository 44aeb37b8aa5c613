/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/setup_text.h"

#include "policyd/sched/postconf_view.h"

/* Takes a line off the front, without its end. */
static bool
next_line(struct span *rest, struct span *line)
{
	if (rest->len == 0)
		return false;
	if (!span_cut(rest, '\n', line)) {
		*line = *rest;
		*rest = span_skip(*rest, rest->len);
	}
	return true;
}

static bool
says_nothing(struct span line)
{
	line = span_trim(line);
	return line.len == 0 || line.data[0] == '#';
}

/* Appends the lines that continue a value, comments between them left out. */
static bool
append_continued(struct span *rest, struct buf *out)
{
	struct span after = *rest, line;

	while (next_line(&after, &line)) {
		if (!says_nothing(line)) {
			if (!ascii_is_blank(line.data[0]))
				break;
			if (!buf_append(out, line))
				return false;
		}
		*rest = after;
	}
	return true;
}

/* Takes blanks off both ends of what stands behind start. */
static void
trim_from(struct buf *out, size_t start)
{
	struct span value = span_skip(buf_span(out), start);
	struct span trimmed = span_trim(value);
	size_t before = (size_t)(trimmed.data - value.data);

	if (value.len == 0)
		return;
	memmove(out->data + out->start + start,
	    out->data + out->start + start + before, trimmed.len);
	out->end = out->start + start + trimmed.len;
}

bool
setup_text_main_cf(struct span file, const char *name, struct buf *out)
{
	size_t start = buf_len(out);
	struct span line, head;
	bool found = false;

	while (next_line(&file, &line)) {
		if (says_nothing(line) || ascii_is_blank(line.data[0]) ||
		    !span_cut(&line, '=', &head) ||
		    !span_equal_str(span_trim(head), name))
			continue;
		out->end = out->start + start;
		if (!buf_append(out, line) || !append_continued(&file, out))
			return false;
		trim_from(out, start);
		found = true;
	}
	return found;
}

bool
setup_text_has(struct span list, const char *element)
{
	struct span found;

	while (view_next_element(&list, &found))
		if (span_equal_str(found, element))
			return true;
	return false;
}

bool
setup_text_contains(struct span text, struct span part)
{
	for (; text.len >= part.len; text = span_skip(text, 1)) {
		if (span_equal(span_head(text, part.len), part))
			return true;
		if (text.len == 0)
			break;
	}
	return false;
}

static bool
is_gap(char c)
{
	return c == ',' || ascii_is_blank(c);
}

static void
drop_gap_at_end(struct buf *out, size_t start)
{
	while (buf_len(out) > start && is_gap(out->data[out->end - 1]))
		out->end--;
}

bool
setup_text_replace(struct span list, const char *element,
    struct span replacement, struct buf *out)
{
	size_t start = buf_len(out);
	struct span rest = list, found;
	const char *copied = list.data;
	bool open_end = false;

	while (view_next_element(&rest, &found)) {
		if (!span_equal_str(found, element))
			continue;
		if (!buf_append(
			out, span_of(copied, (size_t)(found.data - copied))) ||
		    !buf_append(out, replacement))
			return false;
		while (replacement.len == 0 && rest.len > 0 &&
		    is_gap(rest.data[0]))
			rest = span_skip(rest, 1);
		copied = rest.data;
		open_end = replacement.len == 0 && rest.len == 0;
	}
	if (open_end)
		drop_gap_at_end(out, start);
	return buf_append(
	    out, span_of(copied, (size_t)(list.data + list.len - copied)));
}

static bool
is_name_char(char c)
{
	return ascii_is_alnum(c) || c == '_';
}

/* Cuts a reference to name in this form off the front. */
static bool
cut_reference(
    struct span *s, const char *before, const char *name, const char *after)
{
	struct span rest = *s;

	if (!span_starts_with(rest, before))
		return false;
	rest = span_skip(rest, strlen(before));
	if (!span_starts_with(rest, name))
		return false;
	rest = span_skip(rest, strlen(name));
	if (!span_starts_with(rest, after))
		return false;
	rest = span_skip(rest, strlen(after));
	if (after[0] == '\0' && rest.len > 0 && is_name_char(rest.data[0]))
		return false;
	*s = rest;
	return true;
}

/* A name in a form that has more than the name within its braces. */
static bool
cut_odd_reference(struct span *s, const char *name)
{
	struct span rest = *s;

	if (!span_starts_with(rest, "${") && !span_starts_with(rest, "$("))
		return false;
	rest = span_skip(rest, 2);
	while (rest.len > 0 && ascii_is_blank(rest.data[0]))
		rest = span_skip(rest, 1);
	if (!cut_reference(&rest, "", name, ""))
		return false;
	*s = rest;
	return true;
}

enum setup_reference
setup_text_refers(struct span value, const char *name)
{
	enum setup_reference result = REFERENCE_NONE;

	while (value.len > 0) {
		if (span_starts_with(value, "$$")) {
			value = span_skip(value, 2);
		} else if (cut_reference(&value, "$", name, "") ||
		    cut_reference(&value, "${", name, "}")) {
			if (result == REFERENCE_NONE)
				result = REFERENCE_PLAIN;
		} else if (cut_odd_reference(&value, name)) {
			result = REFERENCE_OTHER;
		} else {
			value = span_skip(value, 1);
		}
	}
	return result;
}

/* Two forms of a reference, and what they become. */
struct renaming {
	const char *from[2][2]; /* before the name, behind it */
	const char *to[2][2];
};

static bool
rename_references(const struct renaming *how, struct span value,
    const char *name, const char *other, struct buf *out)
{
	while (value.len > 0) {
		size_t n = span_starts_with(value, "$$") ? 2 : 1;
		int form = -1;

		for (int i = 0; n == 1 && form < 0 && i < 2; i++)
			if (cut_reference(
				&value, how->from[i][0], name, how->from[i][1]))
				form = i;
		if (form >= 0) {
			if (!buf_append(out, span_str(how->to[form][0])) ||
			    !buf_append(out, span_str(other)) ||
			    !buf_append(out, span_str(how->to[form][1])))
				return false;
			continue;
		}
		if (!buf_append(out, span_head(value, n)))
			return false;
		value = span_skip(value, n);
	}
	return true;
}

bool
setup_text_rename(
    struct span value, const char *name, const char *other, struct buf *out)
{
	static const struct renaming how = {
	    {{"$", ""}, {"${", "}"}}, {{"${", "}"}, {"$(", ")"}}};

	return rename_references(&how, value, name, other, out);
}

bool
setup_text_rename_back(
    struct span value, const char *name, const char *other, struct buf *out)
{
	static const struct renaming how = {
	    {{"${", "}"}, {"$(", ")"}}, {{"$", ""}, {"${", "}"}}};

	return rename_references(&how, value, other, name, out);
}

bool
setup_text_next_argument(struct span *arguments, struct span *word)
{
	size_t n = 0, depth = 0;

	while (arguments->len > 0 && ascii_is_blank(arguments->data[0]))
		*arguments = span_skip(*arguments, 1);
	for (; n < arguments->len; n++) {
		char c = arguments->data[n];

		if (c == '{')
			depth++;
		else if (c == '}' && depth > 0)
			depth--;
		else if (depth == 0 && ascii_is_blank(c))
			break;
	}
	*word = span_head(*arguments, n);
	*arguments = span_skip(*arguments, n);
	return n > 0;
}

bool
setup_text_option(struct span word, struct span *name, struct span *value)
{
	if (word.len >= 2 && word.data[0] == '{' &&
	    word.data[word.len - 1] == '}')
		word = span_of(word.data + 1, word.len - 2);
	if (!span_cut(&word, '=', name))
		return false;
	*name = span_trim(*name);
	*value = span_trim(word);
	return true;
}

static bool
is_plain_in_shell(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_alnum(text.data[i]) &&
		    strchr("-_./:,+@%=", text.data[i]) == NULL)
			return false;
	return text.len > 0;
}

bool
setup_text_quote(struct span text, struct buf *out)
{
	struct span piece;

	if (is_plain_in_shell(text))
		return buf_append(out, text);
	if (!buf_append(out, span_str("'")))
		return false;
	while (span_cut(&text, '\'', &piece))
		if (!buf_append(out, piece) ||
		    !buf_append(out, span_str("'\\''")))
			return false;
	return buf_append(out, text) && buf_append(out, span_str("'"));
}
