/* SPDX-License-Identifier: ISC */
/*
 * html_support - whether a page is well formed
 */
#ifndef UNIT_HTML_SUPPORT_H
#define UNIT_HTML_SUPPORT_H

#include "tests/unit/support.h"

#include "hdrcheck/base/utf8.h"

enum { HTML_DEPTH_MAX = 32, HTML_IDS_MAX = 200 };

struct html_check {
	const char *row;
	struct span open[HTML_DEPTH_MAX]; /* names of elements */
	size_t depth;
	struct span id[HTML_IDS_MAX];
	size_t n_ids;
};

static inline size_t
word_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && strchr(" />", s.data[n]) == NULL)
		n++;
	return n;
}

/* Elements that have no end. */
static inline bool
is_void(struct span name)
{
	return span_equal_str(name, "meta") || span_equal_str(name, "link") ||
	    span_equal_str(name, "!DOCTYPE");
}

/* The value of an attribute of a tag; false: it has none. */
static inline bool
find_attribute(struct span tag, const char *name, struct span *value)
{
	size_t len = strlen(name);

	for (size_t i = 0; i + len + 3 < tag.len; i++) {
		struct span here = span_skip(tag, i);

		if (here.data[0] != ' ' ||
		    !span_starts_with(span_skip(here, 1), name) ||
		    memcmp(here.data + 1 + len, "=\"", 2) != 0)
			continue;
		here = span_skip(here, len + 3);
		return span_cut(&here, '"', value);
	}
	return false;
}

static inline void
note_id(struct html_check *c, struct span tag)
{
	struct span id;

	if (!find_attribute(tag, "id", &id))
		return;
	for (size_t i = 0; i < c->n_ids; i++)
		if (span_equal(c->id[i], id))
			fail_msg(
			    "%s: two of id %.*s", c->row, (int)id.len, id.data);
	assert_true(c->n_ids < HTML_IDS_MAX);
	c->id[c->n_ids++] = id;
}

/* tag: what stands between < and >. */
static inline void
check_tag(struct html_check *c, struct span tag)
{
	bool ends = tag.len > 0 && tag.data[0] == '/';
	struct span name = ends ? span_skip(tag, 1) : tag;

	name = span_head(name, word_len(name));
	if (memchr(tag.data, '<', tag.len) != NULL || name.len == 0)
		fail_msg("%s: a stray < at %.40s", c->row, tag.data);
	if (ends) {
		if (c->depth == 0 || !span_equal(c->open[c->depth - 1], name))
			fail_msg("%s: </%.*s> ends nothing", c->row,
			    (int)name.len, name.data);
		c->depth--;
	} else if (!is_void(name) && tag.data[tag.len - 1] != '/') {
		assert_true(c->depth < HTML_DEPTH_MAX);
		c->open[c->depth++] = name;
	}
	note_id(c, tag);
}

/* Text between two tags: entities that we write, and whole characters. */
static inline void
check_text(struct html_check *c, struct span text)
{
	static const char *const entities[] = {
	    "&amp;", "&lt;", "&gt;", "&#34;", "&#39;", "&#8211;"};

	while (text.len > 0) {
		size_t len = utf8_len(text);
		bool known = text.data[0] != '&';

		for (size_t i = 0; i < COUNT_OF(entities); i++)
			known = known || span_starts_with(text, entities[i]);
		if (!known || len == 0 || text.data[0] == '>' ||
		    (text.data[0] != '\n' && utf8_is_control(text)))
			fail_msg("%s: in a text: %.20s", c->row, text.data);
		text = span_skip(text, len);
	}
}

/* What labels and describes is there. */
static inline void
check_reference(struct html_check *c, struct span tag, const char *attribute)
{
	struct span id;
	bool found = false;

	if (!find_attribute(tag, attribute, &id))
		return;
	for (size_t i = 0; i < c->n_ids; i++)
		found = found || span_equal(c->id[i], id);
	if (!found)
		fail_msg("%s: no id %.*s", c->row, (int)id.len, id.data);
}

typedef void html_fn(struct html_check *c, struct span piece);

static inline void
check_references(struct html_check *c, struct span tag)
{
	check_reference(c, tag, "aria-labelledby");
	check_reference(c, tag, "aria-describedby");
}

static inline void
each_piece(
    struct html_check *c, struct span page, html_fn *tag_fn, html_fn *text_fn)
{
	struct span text, tag;

	while (span_cut(&page, '<', &text)) {
		text_fn(c, text);
		if (!span_cut(&page, '>', &tag))
			fail_msg("%s: a tag without an end", c->row);
		tag_fn(c, tag);
	}
	text_fn(c, page);
}

static inline void
pass_over(struct html_check *c, struct span piece)
{
	(void)c;
	(void)piece;
}

/*
 * Fails unless each element ends where it must, texts have no markup left and
 * are UTF-8, ids are there once, and what is referred to is there. The inside
 * of <style> must not have a <.
 */
static inline void
check_html(const char *row, const char *page)
{
	struct html_check c = {.row = row};
	const char *style = strstr(page, "<style>");
	const char *behind = strstr(page, "</style>");

	if (style != NULL) { /* the texts in it are no texts */
		assert_non_null(behind);
		each_piece(&c, span_of(page, (size_t)(style - page)), check_tag,
		    check_text);
		page = behind + strlen("</style>");
	}
	each_piece(&c, span_str(page), check_tag, check_text);
	each_piece(&c, span_str(page), check_references, pass_over);
	if (c.depth != 0)
		fail_msg("%s: <%.*s> does not end", row,
		    (int)c.open[c.depth - 1].len, c.open[c.depth - 1].data);
}

/* How often part is in text. */
static inline size_t
count_parts(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

#endif
