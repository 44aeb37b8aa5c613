/* SPDX-License-Identifier: ISC */
#define _XOPEN_SOURCE 700 /* wcwidth */

#include "policyd/ctl/text.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum {
	NO_UTF8 = -1,
	SHOWN_SIZE = sizeof("\\u{10FFFF}"),
	WIDTH_UNKNOWN = 80, /* of a terminal that does not tell */
};

struct range {
	int32_t first, last;
};

/* Choose between looks: joiners, variation selectors, colours of skin. */
static const struct range left_out[] = {
    {0x200C, 0x200D},
    {0xFE00, 0xFE0F},
    {0x1F3FB, 0x1F3FF},
    {0xE0100, 0xE01EF},
};

/* Cannot be seen, turn the direction, or look like whatever the font wants. */
static const struct range hidden[] = {
    {0x80, 0x9F},
    {0xAD, 0xAD},
    {0x34F, 0x34F},
    {0x61C, 0x61C},
    {0x115F, 0x1160},
    {0x180B, 0x180F},
    {0x200B, 0x200F},
    {0x2028, 0x202E},
    {0x2060, 0x206F},
    {0x3164, 0x3164},
    {0xE000, 0xF8FF},
    {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB},
    {0xE0000, 0x10FFFF},
};

/* One character of a text, as it is shown. */
struct shown {
	char text[SHOWN_SIZE];
	size_t len; /* of text */
	int width; /* columns */
};

struct cursor {
	struct span rest;
	bool utf8; /* the terminal knows it */
	int marks; /* so many may still stand on what was shown last */
};

static bool
speaks_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* A name like en_US.UTF-8 of a locale that this machine may not have. */
static bool
asks_for_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strstr(value, "UTF-8") != NULL ||
			    strstr(value, "utf8") != NULL;
	}
	return false;
}

void
text_begin(void)
{
	if (setlocale(LC_CTYPE, "") != NULL && speaks_utf8())
		return;
	if (asks_for_utf8() && setlocale(LC_CTYPE, "C.UTF-8") != NULL)
		return;
	setlocale(LC_CTYPE, "C");
}

int
text_terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return WIDTH_UNKNOWN;
	return size.ws_col;
}

static bool
in_ranges(const struct range *range, size_t n, int32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= range[i].first && c <= range[i].last)
			return true;
	return false;
}

#define IS_ONE_OF(table, c)                                                    \
	in_ranges(table, sizeof(table) / sizeof((table)[0]), c)

/* How many bytes the character has, and the bits of its first one. */
static size_t
lead_bits(unsigned char lead, int32_t *bits)
{
	if (lead < 0x80) {
		*bits = lead;
		return 1;
	}
	if (lead >= 0xC2 && lead < 0xE0) {
		*bits = lead & 0x1F;
		return 2;
	}
	if (lead >= 0xE0 && lead < 0xF0) {
		*bits = lead & 0x0F;
		return 3;
	}
	if (lead >= 0xF0 && lead < 0xF5) {
		*bits = lead & 0x07;
		return 4;
	}
	return 0;
}

/*
 * Takes the next character; s is not empty. NO_UTF8, and one byte is taken,
 * where there is none: surrogates and long forms are none, too.
 */
static int32_t
take_character(struct span *s)
{
	static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int32_t c = 0;
	size_t n = lead_bits((unsigned char)s->data[0], &c);
	bool good = n > 0 && n <= s->len;

	for (size_t i = 1; good && i < n; i++) {
		unsigned char byte = (unsigned char)s->data[i];

		good = (byte & 0xC0) == 0x80;
		c = c << 6 | (byte & 0x3F);
	}
	good = good && c >= least[n] && c <= 0x10FFFF &&
	    (c < 0xD800 || c > 0xDFFF);
	*s = span_skip(*s, good ? n : 1);
	return good ? c : NO_UTF8;
}

static void
show_as_is(struct shown *shown, struct span bytes, int width)
{
	memcpy(shown->text, bytes.data, bytes.len);
	shown->len = bytes.len;
	shown->width = width;
}

static void
show_byte(struct shown *shown, char byte)
{
	snprintf(shown->text, sizeof(shown->text), "\\x%02X",
	    (unsigned)(unsigned char)byte);
	shown->len = strlen(shown->text);
	shown->width = (int)shown->len;
}

static void
show_number(struct shown *shown, int32_t c)
{
	snprintf(shown->text, sizeof(shown->text), "\\u{%X}", (unsigned)c);
	shown->len = strlen(shown->text);
	shown->width = (int)shown->len;
}

/* A character that is no ASCII. */
static void
show_wide(struct cursor *at, int32_t c, struct span bytes, struct shown *shown)
{
	int width = -1;

	if (IS_ONE_OF(left_out, c)) {
		show_as_is(shown, span_head(bytes, 0), 0);
		return;
	}
	if (at->utf8 && !IS_ONE_OF(hidden, c))
		width = wcwidth((wchar_t)c);
	if (width > 0)
		at->marks = TEXT_MARKS_MAX;
	else if (width < 0 || at->marks == 0) {
		at->marks = 0;
		show_number(shown, c);
		return;
	} else
		at->marks--;
	show_as_is(shown, bytes, width);
}

/* False at the end. */
static bool
next_shown(struct cursor *at, struct shown *shown)
{
	struct span bytes = at->rest;
	int32_t c;

	if (at->rest.len == 0)
		return false;
	c = take_character(&at->rest);
	bytes.len -= at->rest.len;
	if (c >= 0x80) {
		show_wide(at, c, bytes, shown);
		return true;
	}
	at->marks = 0;
	if (c == '\t')
		show_as_is(shown, span_str(" "), 1);
	else if (c < ' ' || c == 0x7F)
		show_byte(shown, bytes.data[0]);
	else {
		at->marks = TEXT_MARKS_MAX;
		show_as_is(shown, bytes, 1);
	}
	return true;
}

static struct cursor
start(struct span s)
{
	struct cursor at = {.rest = s, .utf8 = speaks_utf8()};

	return at;
}

/* The width of s, or something beyond width once that is passed. */
static int
width_up_to(struct span s, int width)
{
	struct cursor at = start(s);
	struct shown shown;
	int used = 0;

	while (used <= width && next_shown(&at, &shown))
		used += shown.width;
	return used;
}

int
text_width(struct span s)
{
	return width_up_to(s, INT_MAX - SHOWN_SIZE);
}

static bool
put_blanks(struct buf *out, int n)
{
	while (n-- > 0)
		if (!buf_append(out, span_str(" ")))
			return false;
	return true;
}

/* What tells that there was more, in at most width columns. */
static struct span
ellipsis(int width, int *its_width)
{
	static const char dots[] = "...";

	if (speaks_utf8()) {
		*its_width = 1;
		return span_str("\xE2\x80\xA6");
	}
	*its_width = width < 3 ? width : 3;
	return span_of(dots, (size_t)*its_width);
}

/* As much of s as there is room for; how wide that is, -1: no room in out. */
static int
put_up_to(struct buf *out, struct span s, int width)
{
	struct cursor at = start(s);
	struct shown shown;
	int used = 0;

	while (next_shown(&at, &shown) && used + shown.width <= width) {
		if (!buf_append(out, span_of(shown.text, shown.len)))
			return -1;
		used += shown.width;
	}
	return used;
}

void
text_complain(const char *format, ...)
{
	char text[TEXT_COMPLAINT_MAX + 1];
	struct shown shown;
	struct cursor at;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *end = text; (end = strchr(end, '\n')) != NULL;)
		*end = ' ';
	fputs("policyctl: ", stderr);
	for (at = start(span_str(text)); next_shown(&at, &shown);)
		fwrite(shown.text, 1, shown.len, stderr);
	fputc('\n', stderr);
}

bool
text_put(struct buf *out, struct span s, int width, bool pad)
{
	struct span more = {"", 0};
	int limit = width > 0 ? width : INT_MAX - SHOWN_SIZE;
	int dots = 0, used;

	if (width_up_to(s, limit) > limit)
		more = ellipsis(limit, &dots);
	used = put_up_to(out, s, limit - dots);
	return used >= 0 && buf_append(out, more) &&
	    (!pad || put_blanks(out, width - used - dots));
}
