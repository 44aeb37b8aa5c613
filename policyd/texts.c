/* SPDX-License-Identifier: ISC */
#include "policyd/texts.h"

#include <string.h>

#include "hdrcheck/header.h"

void
texts_clear(struct texts *texts)
{
	memset(texts, 0, sizeof(*texts));
}

/* Also what it had in it before is gone. */
static void
set(char out[SNAPSHOT_TEXT_SIZE], struct span text)
{
	size_t n =
	    text.len < SNAPSHOT_TEXT_SIZE ? text.len : SNAPSHOT_TEXT_SIZE - 1;

	memset(out, 0, SNAPSHOT_TEXT_SIZE);
	for (size_t i = 0; i < n; i++)
		out[i] = text.data[i];
	for (size_t i = 0; i < n; i++)
		if (out[i] == '\0')
			out[i] = ' ';
}

void
texts_begin(struct texts *texts)
{
	memset(&texts->now, 0, sizeof(texts->now));
}

void
texts_take_attribute(
    struct texts *texts, struct span name, bool named, struct span value)
{
	struct text *text = &texts->now;

	if (named)
		return;
	if (span_equal_str(name, "sender"))
		set(text->sender, value);
	else if (span_equal_str(name, "recipient") && text->recipients++ == 0)
		set(text->recipient, value);
}

void
texts_take_header(struct texts *texts, struct span header)
{
	struct text *text = &texts->now;
	struct span name, body;

	if (text->has_subject || !header_split(header, &name, &body) ||
	    !span_equal_nocase(name, span_str("Subject")))
		return;
	text->has_subject = true;
	set(text->subject, span_trim(body));
}

static struct text *
find(struct texts *texts, const struct qid *id)
{
	for (size_t i = 0; i < texts->n; i++)
		if (qid_equal(&texts->kept[i].id, id))
			return &texts->kept[i];
	return NULL;
}

/* Of an id there is one message at a time, so that of before is gone. */
static void
keep(struct texts *texts, const struct text *text)
{
	struct text *place = find(texts, &text->id);

	if (place == NULL && texts->n < TEXTS_MAX)
		place = &texts->kept[texts->n++];
	if (place != NULL)
		*place = *text;
}

void
texts_end(
    struct texts *texts, const struct qid *id, int64_t arrival_s, uint64_t size)
{
	struct text *text = &texts->now;

	text->id = *id;
	text->arrival_s = (uint32_t)arrival_s;
	text->size = (uint32_t)size;
	text->known = true;
	keep(texts, text);
}

void
texts_give_up(
    struct texts *texts, const struct qid *id, const struct index_entry *e)
{
	struct text text = {
	    .id = *id, .arrival_s = e->arrival_s, .size = e->size};

	keep(texts, &text);
}

const struct text *
texts_find(const struct texts *texts, const struct qid *id,
    const struct index_entry *e)
{
	for (size_t i = 0; i < texts->n; i++) {
		const struct text *text = &texts->kept[i];

		if (qid_equal(&text->id, id) &&
		    text->arrival_s == e->arrival_s && text->size == e->size)
			return text;
	}
	return NULL;
}

static bool
is_among(const struct qid *id, const struct qid *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (qid_equal(id, &ids[i]))
			return true;
	return false;
}

void
texts_retain(struct texts *texts, const struct qid *ids, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < texts->n; i++)
		if (is_among(&texts->kept[i].id, ids, n))
			texts->kept[kept++] = texts->kept[i];
	texts->n = kept;
}
