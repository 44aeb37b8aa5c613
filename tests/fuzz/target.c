/* SPDX-License-Identifier: ISC */
#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	EACH_MAX = 48, /* of a longer input not each front part is tried */
	PARTS = 16, /* but so many */
	SERVE_MAX = 4 * 1024 * 1024, /* bytes that a server waits with */
};

void
must_hold(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

struct span
block_of(struct span s)
{
	char *copy = malloc(s.len);

	must(copy != NULL || s.len == 0);
	if (s.len > 0)
		memcpy(copy, s.data, s.len);
	return span_of(copy, s.len);
}

void
block_free(struct span s)
{
	free((void *)(uintptr_t)s.data);
}

/* FNV-1a */
struct dice
dice_of(struct span input)
{
	struct dice dice = {UINT64_C(0xcbf29ce484222325)};

	for (size_t i = 0; i < input.len; i++)
		dice.state = (dice.state ^ (unsigned char)input.data[i]) *
		    UINT64_C(0x100000001b3);
	return dice;
}

/* SplitMix64 */
size_t
dice_roll(struct dice *dice, size_t max)
{
	uint64_t x = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return max == SIZE_MAX ? (size_t)x : (size_t)(x % (max + 1));
}

bool
next_piece(struct span *rest, struct dice *dice, struct span *piece)
{
	size_t longest = dice_roll(dice, 31) > 0 ? 15 : 4096;
	size_t n = 1 + dice_roll(dice, longest);

	if (rest->len == 0)
		return false;
	*piece = span_head(*rest, n < rest->len ? n : rest->len);
	*rest = span_skip(*rest, piece->len);
	return true;
}

/* The decoder's word on the first n bytes, from a block of their size. */
static int
say(front_fn *decode, void *ctx, struct span in, size_t n, size_t *used)
{
	struct span block = block_of(span_head(in, n));
	int said;

	*used = 0;
	said = decode(ctx, block, used);
	must(*used <= n);
	block_free(block);
	return said;
}

int
must_settle(front_fn *decode, void *ctx, struct span in, size_t *used)
{
	struct dice dice = dice_of(in);
	size_t parts = in.len <= EACH_MAX ? in.len : PARTS;
	size_t most_asked = 0, least_settled = in.len;
	int settled = say(decode, ctx, in, in.len, used);

	for (size_t i = 0; i < parts; i++) {
		size_t n = parts == in.len ? i : dice_roll(&dice, in.len - 1);
		size_t also;
		int said = say(decode, ctx, in, n, &also);

		must(said == 0 || said == settled);
		must(said == 0 || also == *used);
		if (said == 0 && n > most_asked)
			most_asked = n;
		if (said != 0 && n < least_settled)
			least_settled = n;
	}
	must(settled == 0 || most_asked < least_settled || in.len == 0);
	return settled;
}

/* Handles what is there. False: the connection is closed. */
static bool
handle_all(conn_handle_fn *handle, void *ctx, struct buf *in, struct buf *out,
    size_t *handled)
{
	for (;;) {
		struct span block = block_of(buf_span(in));
		size_t used = 0;
		enum conn_verdict verdict = handle(ctx, block, out, &used);

		must(used <= block.len);
		block_free(block);
		if (verdict == CONN_MORE)
			return true;
		++*handled;
		if (verdict != CONN_DONE)
			return false;
		must(used > 0);
		buf_consume(in, used);
	}
}

size_t
serve(conn_handle_fn *handle, void *ctx, struct span stream, struct dice *dice,
    struct buf *out)
{
	size_t handled = 0;
	struct span piece = stream;
	struct buf in;
	bool open = true;

	buf_init(&in, SERVE_MAX);
	while (open && stream.len > 0) {
		if (dice == NULL)
			stream.len = 0;
		else if (!next_piece(&stream, dice, &piece))
			break;
		must(buf_append(&in, piece));
		open = handle_all(handle, ctx, &in, out, &handled);
	}
	buf_free(&in);
	return handled;
}

bool
is_printable(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] > '~')
			return false;
	return true;
}

bool
is_inside(struct span part, struct span whole)
{
	return part.data >= whole.data &&
	    part.data + part.len <= whole.data + whole.len;
}

size_t
must_be_place(const char *error, const char *file, struct span text)
{
	struct span rest = span_str(error), word, line;
	uint64_t number = 0;
	size_t lines = 1;

	must(span_cut(&rest, ':', &word) && span_equal_str(word, file));
	must(span_cut(&rest, ':', &word) &&
	    span_to_u64(word, SIZE_MAX, &number));
	must(rest.len > 1 && rest.data[0] == ' ');
	while (span_cut(&text, '\n', &line))
		lines++;
	must(number >= 1 && number <= lines);
	return (size_t)number;
}

/* RFC 8536: an empty block for old readers, one type of time, a rule. */
#define ZONE_HEADER                                                            \
	"TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"  \
	"\0\0\0\1\0\0\0\1"
#define ZONE_TYPE "\0\0\x0e\x10\0\0\0"

static const char zone_file[] = ZONE_HEADER ZONE_TYPE ZONE_HEADER ZONE_TYPE
    "\nCET-1CEST,M3.5.0,M10.5.0/3\n";

struct span
target_zone(void)
{
	return span_of(zone_file, sizeof(zone_file) - 1);
}

static char *
load(void *ctx, enum source_kind kind, const char *name, size_t *len)
{
	static const char list[] = "# two\nann@a.example\n@b.example\n";
	struct span content = kind == SOURCE_ZONE
	    ? target_zone()
	    : span_of(list, sizeof(list) - 1);

	(void)ctx;
	errno = ENOENT;
	if (strstr(name, "none") != NULL)
		return NULL;
	content = block_of(content);
	*len = content.len;
	return (char *)(uintptr_t)content.data;
}

const struct source target_source = {.load = load, .ctx = NULL};
