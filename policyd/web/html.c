/* SPDX-License-Identifier: ISC */
#include "policyd/web/html.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/utf8.h"

#define NBSP        "\xC2\xA0" /* keeps a number and its unit on a line */
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static void
put_span(struct html *h, struct span s)
{
	if (!buf_append(h->out, s))
		h->full = true;
}

void
html_put(struct html *h, const char *format, ...)
{
	char markup[HTML_PUT_MAX + 1];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(markup, sizeof(markup), format, args);
	va_end(args);
	assert(n >= 0 && n <= HTML_PUT_MAX);
	put_span(h, span_of(markup, (size_t)n));
}

void
html_raw(struct html *h, const char *markup)
{
	put_span(h, span_str(markup));
}

/* What stands for the character c, which is one; NULL: c itself. */
static const char *
escape(struct span c)
{
	switch (c.data[0]) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	case '\t':
	case '\r':
	case '\n':
		return " ";
	default:
		return utf8_is_control(c) ? REPLACEMENT : NULL;
	}
}

void
html_text(struct html *h, struct span text)
{
	while (text.len > 0) {
		size_t len = utf8_len(text);
		struct span c = span_head(text, len);
		const char *instead = len > 0 ? escape(c) : REPLACEMENT;

		put_span(h, instead != NULL ? span_str(instead) : c);
		text = span_skip(text, len > 0 ? len : 1);
	}
}

void
html_bdi(struct html *h, const char *text)
{
	html_raw(h, "<bdi>");
	html_text(h, span_str(text));
	html_raw(h, "</bdi>");
}

const char *
html_count(uint64_t n, char out[HTML_WORDS_SIZE])
{
	char digits[HTML_WORDS_SIZE];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t to = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	out[to] = '\0';
	return out;
}

const char *
html_short_count(uint64_t n, char out[HTML_WORDS_SIZE])
{
	const char *unit = "kMGTPE";
	uint64_t tenths;

	if (n < 10000) {
		snprintf(out, HTML_WORDS_SIZE, "%" PRIu64, n);
		return out;
	}
	for (; n >= 1000 * 1000; n /= 1000)
		unit++;
	tenths = n < 10000 ? n % 1000 / 100 : 0;
	if (tenths > 0)
		snprintf(out, HTML_WORDS_SIZE, "%" PRIu64 ".%" PRIu64 "%.1s",
		    n / 1000, tenths, unit);
	else
		snprintf(
		    out, HTML_WORDS_SIZE, "%" PRIu64 "%.1s", n / 1000, unit);
	return out;
}

const char *
html_size(uint64_t bytes, char out[HTML_WORDS_SIZE])
{
	const char *unit = "KMGTPE";
	uint64_t tenths;

	if (bytes < 1024) {
		snprintf(out, HTML_WORDS_SIZE, "%" PRIu64 NBSP "byte%s", bytes,
		    bytes == 1 ? "" : "s");
		return out;
	}
	for (; bytes >= 1024 * 1024; bytes /= 1024)
		unit++;
	tenths = bytes * 10 / 1024;
	snprintf(out, HTML_WORDS_SIZE, "%" PRIu64 ".%" PRIu64 NBSP "%.1siB",
	    tenths / 10, tenths % 10, unit);
	return out;
}

static const struct unit {
	const char *name;
	uint64_t seconds;
} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};

enum { SECONDS = sizeof(units) / sizeof(units[0]) - 1 };

const char *
html_duration(uint64_t seconds, char out[HTML_WORDS_SIZE])
{
	size_t i = 0;
	uint64_t rest;
	int n;

	while (i < SECONDS && seconds < units[i].seconds)
		i++;
	n = snprintf(out, HTML_WORDS_SIZE, "%" PRIu64 NBSP "%s",
	    seconds / units[i].seconds, units[i].name);
	if (i == SECONDS)
		return out;
	rest = seconds % units[i].seconds / units[i + 1].seconds;
	if (rest > 0)
		snprintf(out + n, (size_t)(HTML_WORDS_SIZE - n),
		    " %" PRIu64 NBSP "%s", rest, units[i + 1].name);
	return out;
}

const char *
html_distance(int64_t from_s, int64_t to_s, char out[HTML_WORDS_SIZE])
{
	uint64_t ahead = (uint64_t)to_s - (uint64_t)from_s;
	char words[HTML_WORDS_SIZE];

	if (to_s == from_s)
		snprintf(out, HTML_WORDS_SIZE, "now");
	else if (to_s > from_s)
		snprintf(out, HTML_WORDS_SIZE, "in %.50s",
		    html_duration(ahead, words));
	else
		snprintf(out, HTML_WORDS_SIZE, "%.50s ago",
		    html_duration(0 - ahead, words));
	return out;
}

const char *
html_lateness(int64_t ns, char out[HTML_WORDS_SIZE])
{
	int64_t ms = ns / CLOCK_NS_PER_MS;
	int hundredths = (int)(ms % 1000 / 10);

	if (ms >= 60 * 1000)
		return html_duration((uint64_t)(ms / 1000), out);
	if (ms >= 1000 && hundredths > 0)
		snprintf(out, HTML_WORDS_SIZE, "%d.%02d" NBSP "s",
		    (int)(ms / 1000), hundredths);
	else if (ms >= 1000)
		snprintf(out, HTML_WORDS_SIZE, "%d" NBSP "s", (int)(ms / 1000));
	else if (ms > 0)
		snprintf(out, HTML_WORDS_SIZE, "%d" NBSP "ms", (int)ms);
	else
		snprintf(out, HTML_WORDS_SIZE, "less than 1" NBSP "ms");
	return out;
}

void
html_time(struct html *h, int64_t s)
{
	char utc[CLOCK_UTC_SIZE];
	char *t, *z;

	clock_format_utc(s, utc);
	t = strchr(utc, 'T');
	z = strchr(utc, 'Z');
	if (t == NULL || z == NULL) { /* a moment that no calendar holds */
		html_put(h, "<span>%s</span>", utc);
		return;
	}
	html_put(h, "<time datetime=\"%s\">", utc);
	*t = ' ';
	*z = '\0';
	html_put(h, "%s</time>", utc);
}

void
html_data(struct html *h, const char *id, uint64_t n)
{
	char words[HTML_WORDS_SIZE];

	html_put(h, "<data id=\"%s\" value=\"%" PRIu64 "\">%s</data>", id, n,
	    html_count(n, words));
}
