/* SPDX-License-Identifier: ISC */
/*
 * A message's header section: in pieces the same headers as whole; each is a
 * name, a colon and a body, and together they are what stands in the message.
 */
#include "tests/fuzz/target.h"

#include "hdrcheck/header.h"
#include "hdrcheck/section.h"

enum { TOLD_MAX = 16 * 1024 * 1024 };

static void
check_header(struct span header)
{
	struct span name, body, cut;

	must(header_split(header, &name, &body));
	must(header_is_name(name));
	must(is_inside(name, header) && name.data == header.data);
	must(is_inside(body, header));
	must(body.data + body.len == header.data + header.len);
	must(body.data > header.data && body.data[-1] == ':');
	must(header_cut(header, &cut, &body) && span_equal(cut, name));
}

static void
tell(struct buf *told, struct span header)
{
	check_header(header);
	must(buf_append(told, span_of(&header.len, sizeof(header.len))));
	must(buf_append(told, header));
}

/* What follows a header is its line end, all of it. */
static void
check_end(struct span header, struct span known)
{
	const char *end = header.data + header.len;
	struct span rest = span_of(end, (size_t)(known.data + known.len - end));

	must(rest.len == 0 || span_starts_with(rest, "\n") ||
	    span_starts_with(rest, "\r"));
	must(!span_starts_with(rest, "\n") || end[-1] != '\r');
}

/* Whether the section's end was there. */
static bool
read_known(struct section *s, struct span message, size_t known, bool whole,
    struct buf *told)
{
	struct span block = block_of(span_head(message, known));
	enum section_result result;
	struct span header;

	while ((result = section_next(s, block, whole, &header)) ==
	    SECTION_HEADER) {
		must(is_inside(header, block));
		check_end(header, block);
		tell(told, header);
	}
	must(result == SECTION_END || !whole);
	must(s->at <= known);
	block_free(block);
	return result == SECTION_END;
}

static void
read_pieces(struct span message, struct dice *dice, struct buf *told)
{
	struct section s = {0};
	struct span rest = message, piece;
	bool ended = false;

	while (!ended && next_piece(&rest, dice, &piece))
		ended = read_known(
		    &s, message, message.len - rest.len, false, told);
	if (!ended)
		must(read_known(&s, message, message.len, true, told));
	must(buf_append(told, span_of(&s.at, sizeof(s.at))));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span_of(data, size), name, body;
	struct dice dice = dice_of(message);
	struct section s = {0};
	struct buf whole, pieces;

	buf_init(&whole, TOLD_MAX);
	buf_init(&pieces, TOLD_MAX);
	must(read_known(&s, message, size, true, &whole));
	must(buf_append(&whole, span_of(&s.at, sizeof(s.at))));
	read_pieces(message, &dice, &pieces);
	must(span_equal(buf_span(&whole), buf_span(&pieces)));
	buf_free(&whole);
	buf_free(&pieces);
	if (header_split(message, &name, &body))
		check_header(message);
	return 0;
}
