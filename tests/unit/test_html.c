/* SPDX-License-Identifier: ISC */
#include "tests/unit/html_support.h"

#include "policyd/web/html.h"

#define R  "\xEF\xBF\xBD"
#define NB "\xC2\xA0"

enum { OUT_MAX = 4096 };

static void
check_out(const char *row, struct html *h, const char *want)
{
	check_bool(row, h->full, false);
	check_span(row, buf_span(h->out), span_str(want));
	buf_clear(h->out);
}

static void
texts_of_strangers(void **state)
{
	static const struct {
		const char *row;
		struct span text;
		const char *want;
	} rows[] = {
	    {"nothing", SPAN(""), ""},
	    {"plain", SPAN("tea at 5"), "tea at 5"},
	    {"markup", SPAN("<b a='1' c=\"2\">&</b>"),
		"&lt;b a=&#39;1&#39; c=&#34;2&#34;&gt;&amp;&lt;/b&gt;"},
	    {"an entity stays what it was", SPAN("&lt;"), "&amp;lt;"},
	    {"other languages", SPAN("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x8D\xB5"),
		"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x8D\xB5"},
	    {"folding", SPAN("a\r\n\tb"), "a   b"},
	    {"control characters", SPAN("a\x1B[31m\x07\x7F"), "a" R "[31m" R R},
	    {"NUL", SPAN("a\0b"), "a" R "b"},
	    {"control characters above 7F",
		SPAN("a\xC2\x9B"
		     "b"),
		"a" R "b"},
	    {"turned direction",
		SPAN("\xE2\x80\xAE"
		     "cod\xE2\x81\xA6"),
		R "cod" R},
	    {"an Arabic letter mark", SPAN("\xD8\x9C"), R},
	    {"no UTF-8",
		SPAN("\xFF"
		     "a\xC0\x80"),
		R "a" R R},
	    {"a surrogate", SPAN("\xED\xA0\x80"), R R R},
	    {"cut inside of a character", SPAN("a\xE2\x82"), "a" R R},
	    {"markup behind a cut character", SPAN("\xE2\x82<"), R R "&lt;"},
	};
	struct buf out;
	struct html h = {.out = &out};

	(void)state;
	buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span text = exact_copy(rows[i].text);

		html_text(&h, text);
		check_out(rows[i].row, &h, rows[i].want);
		exact_free(text);
	}
	html_bdi(&h, "<i>");
	check_out("in an element", &h, "<bdi>&lt;i&gt;</bdi>");
	buf_free(&out);
}

static void
no_byte_grows_beyond_the_limit(void **state)
{
	struct buf out;
	struct html h = {.out = &out};

	(void)state;
	buf_init(&out, OUT_MAX);
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;

		html_text(&h, span_of(&c, 1));
		assert_true(buf_len(&out) <= HTML_TEXT_GROWTH);
		buf_clear(&out);
	}
	buf_free(&out);
}

typedef const char *words_fn(uint64_t n, char out[HTML_WORDS_SIZE]);

static const char *
lateness(uint64_t ns, char out[HTML_WORDS_SIZE])
{
	return html_lateness((int64_t)ns, out);
}

static void
numbers_in_words(void **state)
{
	static const struct {
		const char *row;
		words_fn *fn;
		uint64_t n;
		const char *want;
	} rows[] = {
	    {"none", html_count, 0, "0"},
	    {"three digits", html_count, 999, "999"},
	    {"four digits", html_count, 1000, "1,000"},
	    {"six digits", html_count, 123456, "123,456"},
	    {"seven digits", html_count, 1234567, "1,234,567"},
	    {"all of them", html_count, UINT64_MAX,
		"18,446,744,073,709,551,615"},
	    {"short: none", html_short_count, 0, "0"},
	    {"short: four digits", html_short_count, 9999, "9999"},
	    {"short: five digits", html_short_count, 10000, "10k"},
	    {"short: rounded down", html_short_count, 999999, "999k"},
	    {"short: a million", html_short_count, 1000000, "1M"},
	    {"short: half of a scale", html_short_count, 2500000, "2.5M"},
	    {"short: nearly two million", html_short_count, 1999999, "1.9M"},
	    {"short: nearly ten million", html_short_count, 9999999, "9.9M"},
	    {"short: ten million", html_short_count, 10500000, "10M"},
	    {"short: 10^15", html_short_count, 1000000000000000, "1P"},
	    {"short: all of them", html_short_count, UINT64_MAX, "18E"},
	    {"no bytes", html_size, 0, "0" NB "bytes"},
	    {"one byte", html_size, 1, "1" NB "byte"},
	    {"less than a KiB", html_size, 1023, "1023" NB "bytes"},
	    {"a KiB", html_size, 1024, "1.0" NB "KiB"},
	    {"tenths", html_size, 1536, "1.5" NB "KiB"},
	    {"less than a MiB", html_size, 1024 * 1024 - 1, "1023.9" NB "KiB"},
	    {"a MiB", html_size, 1024 * 1024, "1.0" NB "MiB"},
	    {"all bytes", html_size, UINT64_MAX, "15.9" NB "EiB"},
	    {"no time", html_duration, 0, "0" NB "s"},
	    {"seconds", html_duration, 59, "59" NB "s"},
	    {"a minute", html_duration, 60, "1" NB "min"},
	    {"minutes", html_duration, 3599, "59" NB "min 59" NB "s"},
	    {"an hour", html_duration, 3600, "1" NB "h"},
	    {"seconds beside hours", html_duration, 3659, "1" NB "h"},
	    {"hours", html_duration, 3660, "1" NB "h 1" NB "min"},
	    {"days", html_duration, 86400 * 3 + 7200, "3" NB "d 2" NB "h"},
	    {"all seconds", html_duration, UINT64_MAX,
		"213503982334601" NB "d 7" NB "h"},
	    {"at once", lateness, 0, "less than 1" NB "ms"},
	    {"not a ms", lateness, 999999, "less than 1" NB "ms"},
	    {"a ms", lateness, 1000000, "1" NB "ms"},
	    {"not a second", lateness, 999999999, "999" NB "ms"},
	    {"a second", lateness, 1000000000, "1" NB "s"},
	    {"a second and a little", lateness, 1009999999, "1" NB "s"},
	    {"hundredths", lateness, 1050000000, "1.05" NB "s"},
	    {"not a minute", lateness, 59999999999, "59.99" NB "s"},
	    {"a late minute", lateness, 60000000000, "1" NB "min"},
	    {"as late as can be", lateness, INT64_MAX,
		"106751" NB "d 23" NB "h"},
	};
	char out[HTML_WORDS_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_string(
		    rows[i].row, rows[i].fn(rows[i].n, out), rows[i].want);
}

static void
distances(void **state)
{
	static const struct {
		const char *row;
		int64_t from_s, to_s;
		const char *want;
	} rows[] = {
	    {"the same", 5, 5, "now"},
	    {"ahead", 5, 6, "in 1" NB "s"},
	    {"behind", 6, 5, "1" NB "s ago"},
	    {"before 1970", 60, -60, "2" NB "min ago"},
	    {"as far as can be", INT64_MIN, INT64_MAX,
		"in 213503982334601" NB "d 7" NB "h"},
	    {"and back", INT64_MAX, INT64_MIN,
		"213503982334601" NB "d 7" NB "h ago"},
	};
	char out[HTML_WORDS_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_string(rows[i].row,
		    html_distance(rows[i].from_s, rows[i].to_s, out),
		    rows[i].want);
}

static void
elements(void **state)
{
	struct buf out;
	struct html h = {.out = &out};

	(void)state;
	buf_init(&out, OUT_MAX);
	html_time(&h, 1795330800);
	check_out("a time", &h,
	    "<time datetime=\"2026-11-22T07:00:00Z\">2026-11-22 07:00:00"
	    "</time>");
	html_time(&h, INT64_MAX);
	check_out(
	    "a time of no calendar", &h, "<span>@9223372036854775807</span>");
	html_data(&h, "waiting", 1234);
	check_out(
	    "a number", &h, "<data id=\"waiting\" value=\"1234\">1,234</data>");
	html_put(&h, "%d%%", 5);
	check_out("a format", &h, "5%");
	buf_free(&out);
}

static void
what_does_not_fit(void **state)
{
	struct buf out;
	struct html h = {.out = &out};

	(void)state;
	buf_init(&out, 4);
	html_put(&h, "%s", "1234");
	check_out("all of the room", &h, "1234");
	html_put(&h, "%s", "12345");
	check_bool("a byte more", h.full, true);
	check_int("nothing of it", (int64_t)buf_len(&out), 0);
	html_raw(&h, "1");
	check_bool("it stays full", h.full, true);
	buf_clear(&out);
	h.full = false;
	html_text(&h, span_str("1<"));
	check_bool("an escape that does not fit", h.full, true);
	check_span("is not cut", buf_span(&out), span_str("1"));
	buf_free(&out);
}

static void
the_longest_put(void **state)
{
	char text[HTML_PUT_MAX + 2];
	struct buf out;
	struct html h = {.out = &out};

	(void)state;
	buf_init(&out, OUT_MAX);
	for (size_t len = HTML_PUT_MAX - 1; len <= HTML_PUT_MAX; len++) {
		fill_pattern(text, len, "x");
		text[len] = '\0';
		html_put(&h, "%s", text);
		check_out("the longest", &h, text);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_of_strangers),
	    cmocka_unit_test(no_byte_grows_beyond_the_limit),
	    cmocka_unit_test(numbers_in_words),
	    cmocka_unit_test(distances),
	    cmocka_unit_test(elements),
	    cmocka_unit_test(what_does_not_fit),
	    cmocka_unit_test(the_longest_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
