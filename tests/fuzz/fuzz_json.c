/* SPDX-License-Identifier: ISC */
/*
 * Strings of JSON: what is written of any bytes is JSON and UTF-8, and reads as
 * these bytes where they were; what is read fits in the room, or nothing is
 * written.
 */
#include "tests/fuzz/target.h"

#include "hdrcheck/base/json.h"
#include "hdrcheck/base/utf8.h"
#include "policyd/sched/ndjson.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* An object of this member alone: the raw inside of its string. */
static struct span
write_member(struct span value, struct buf *out)
{
	struct span rest, name, raw, inside;
	bool first = true;
	struct json j;

	json_open(&j, out);
	json_string(&j, "a", value);
	must(json_close(&j));
	rest = buf_span(out);
	must(ndjson_next_member(&rest, &first, &name, &raw) == NDJSON_MEMBER);
	must(span_equal_str(name, "a"));
	must(ndjson_string(raw, &inside));
	must(ndjson_next_member(&rest, &first, &name, &raw) == NDJSON_CLOSED);
	must(rest.len == 0);
	return inside;
}

/* got is given, with a mark for what is no character. */
static void
must_mean(struct span got, struct span given)
{
	while (given.len > 0) {
		size_t n = utf8_len(given);
		struct span want =
		    n > 0 ? span_head(given, n) : span_str(replacement);

		must(got.len >= want.len);
		must(span_equal(span_head(got, want.len), want));
		got = span_skip(got, want.len);
		given = span_skip(given, n > 0 ? n : 1);
	}
	must(got.len == 0);
}

static void
check_written(struct span value)
{
	struct buf out, back;
	struct span inside, rest;

	buf_init(&out, value.len * 6 + 64);
	buf_init(&back, value.len * 6 + 64);
	inside = write_member(value, &out);
	for (rest = inside; rest.len > 0;
	     rest = span_skip(rest, utf8_len(rest)))
		must(utf8_len(rest) > 0 && (unsigned char)rest.data[0] >= ' ');
	must(json_unescape(inside, &back));
	must_mean(buf_span(&back), value);
	buf_free(&out);
	buf_free(&back);
}

static bool
is_utf8(struct span s)
{
	while (s.len > 0 && utf8_len(s) > 0)
		s = span_skip(s, utf8_len(s));
	return s.len == 0;
}

/* RFC 8259, 7 */
static void
check_escape(char letter, struct span meaning)
{
	static const char *const pairs[] = {
	    "\"\"", "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][0] == letter)
			must(span_equal_str(meaning, pairs[i] + 1));
}

static void
check_read(struct span inside)
{
	struct buf out, less;
	bool ok;

	buf_init(&out, inside.len);
	ok = json_unescape(inside, &out);
	must(ok || buf_len(&out) == 0);
	must(buf_len(&out) <= inside.len);
	must(!is_utf8(inside) || is_utf8(buf_span(&out)));
	if (inside.len == 2 && inside.data[0] == '\\')
		check_escape(inside.data[1], buf_span(&out));
	if (buf_len(&out) > 0) {
		buf_init(&less, buf_len(&out) - 1);
		must(!json_unescape(inside, &less) && buf_len(&less) == 0);
		buf_free(&less);
		check_written(buf_span(&out));
	}
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);

	check_read(text);
	check_written(text);
	return 0;
}
