/* SPDX-License-Identifier: ISC */
/*
 * postcat_support - feeds the reader of postcat's output, for its two tests
 */
#ifndef UNIT_POSTCAT_SUPPORT_H
#define UNIT_POSTCAT_SUPPORT_H

#include "tests/unit/sched_support.h"

#include "policyd/sched/postcat.h"

/* The lines that mark the parts of a file, and two files. */
#define OPEN(id)  "*** ENVELOPE RECORDS " id " ***\n"
#define HEAD(id)  "*** MESSAGE CONTENTS " id " ***\n"
#define EXTRA(id) "*** HEADER EXTRACTED " id " ***\n"
#define CLOSE(id) "*** MESSAGE FILE END " id " ***\n"
#define A         "hold/AAAAAA1"
#define B         "hold/BBBBBB2"

enum { FEED_MAX = 1024 * 1024 };

/* A reader, the bytes that wait for it, and what it told, a line each. */
struct feed {
	struct postcat reader;
	struct buf waiting;
	struct script *told;
	size_t headers;
	size_t ends;
};

static inline void
feed_open(struct feed *f, struct script *told)
{
	*f = (struct feed){.told = told};
	told->used = 0;
	script_add(told, "");
	postcat_init(&f->reader);
	buf_init(&f->waiting, FEED_MAX);
}

static inline void
feed_close(struct feed *f)
{
	postcat_free(&f->reader);
	buf_free(&f->waiting);
}

static inline void
tell_id(struct feed *f, const char *what, const struct qid *id)
{
	char text[QID_SIZE];

	qid_format(id, text);
	script_add(f->told, what);
	script_add(f->told, text);
	script_add(f->told, "\n");
}

static inline void
tell(struct feed *f, enum postcat_event event, const struct postcat_item *item)
{
	switch (event) {
	case POSTCAT_BEGIN:
		tell_id(f, "begin ", &item->id);
		break;
	case POSTCAT_ATTRIBUTE:
		script_add(f->told, item->named ? "named " : "record ");
		script_add_span(f->told, item->name);
		script_add(f->told, item->cut ? " (cut) <" : " <");
		script_add_span(f->told, item->value);
		script_add(f->told, ">\n");
		break;
	case POSTCAT_HEADER:
		f->headers++;
		script_add(f->told, item->cut ? "header (cut) " : "header ");
		script_add_span(f->told, item->header);
		script_add(f->told, "\n");
		break;
	case POSTCAT_END:
		f->ends++;
		tell_id(f, "end ", &item->id);
		break;
	case POSTCAT_MORE:
		break;
	}
}

/* One more piece, read from exact-size copies as far as it goes. */
static inline void
feed(struct feed *f, struct span piece)
{
	enum postcat_event event;

	assert_true(buf_append(&f->waiting, piece));
	do {
		struct span in = exact_copy(buf_span(&f->waiting));
		struct postcat_item item;
		size_t used;

		event = postcat_next(&f->reader, in, &item, &used);
		assert_true(used <= in.len);
		tell(f, event, &item);
		buf_consume(&f->waiting, used);
		exact_free(in);
	} while (event != POSTCAT_MORE);
}

/* What a whole call tells. */
static inline const char *
read_whole(struct span bytes, struct script *told)
{
	struct feed f;

	feed_open(&f, told);
	feed(&f, bytes);
	feed_close(&f);
	return told->text;
}

#endif
