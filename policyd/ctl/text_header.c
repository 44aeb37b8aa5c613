/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/text.h"

enum charset { NO_CHARSET, AS_IT_IS, LATIN_1 };

/* "=?charset?encoding?text?=" (RFC 2047, 2; *language: RFC 2231, 5) */
struct encoded_word {
	enum charset charset;
	char encoding; /* 'q' or 'b' */
	struct span text;
	size_t len; /* of all of it */
};

static bool
is_charset(struct span name, const char *known)
{
	return span_equal_nocase(name, span_str(known));
}

static enum charset
charset_of(struct span name)
{
	struct span language = name;

	span_cut(&language, '*', &name);
	if (is_charset(name, "utf-8") || is_charset(name, "utf8") ||
	    is_charset(name, "us-ascii"))
		return AS_IT_IS;
	if (is_charset(name, "iso-8859-1"))
		return LATIN_1;
	return NO_CHARSET;
}

/* What stands before the next '?'; there is no blank in it. */
static bool
cut_field(struct span *rest, struct span *field)
{
	if (!span_cut(rest, '?', field))
		return false;
	for (size_t i = 0; i < field->len; i++)
		if (ascii_is_blank(field->data[i]))
			return false;
	return true;
}

/* Is there one of a known charset and encoding, right here? */
static bool
find_word(struct span s, struct encoded_word *word)
{
	struct span rest = s, charset, encoding;

	if (!span_starts_with(s, "=?"))
		return false;
	rest = span_skip(rest, 2);
	if (!cut_field(&rest, &charset) || charset.len > TEXT_CHARSET_MAX ||
	    !cut_field(&rest, &encoding) || encoding.len != 1 ||
	    !cut_field(&rest, &word->text) || !span_starts_with(rest, "="))
		return false;
	word->len = s.len - rest.len + 1;
	word->charset = charset_of(charset);
	word->encoding = ascii_lower(encoding.data[0]);
	return word->charset != NO_CHARSET;
}

/* Where decoded bytes go; without out they are only looked at. */
struct decoded {
	struct buf *out;
	bool latin_1;
	bool full;
};

static void
put_byte(struct decoded *to, unsigned byte)
{
	char utf8[2] = {(char)(0xC0 | byte >> 6), (char)(0x80 | (byte & 0x3F))};
	char plain = (char)byte;
	struct span s = span_of(&plain, 1);

	if (to->latin_1 && byte >= 0x80)
		s = span_of(utf8, 2);
	if (to->out != NULL && !buf_append(to->out, s))
		to->full = true;
}

static int
hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
decode_q(struct span text, struct decoded *to)
{
	for (size_t i = 0; i < text.len; i++) {
		int high, low;

		if (text.data[i] != '=') {
			put_byte(to,
			    text.data[i] == '_' ? ' '
						: (unsigned char)text.data[i]);
			continue;
		}
		if (text.len - i < 3)
			return false;
		high = hex_digit(text.data[++i]);
		low = hex_digit(text.data[++i]);
		if (high < 0 || low < 0)
			return false;
		put_byte(to, (unsigned)(high << 4 | low));
	}
	return true;
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Padding may be missing; what it stands for may not. */
static bool
decode_b(struct span text, struct decoded *to)
{
	unsigned bits = 0;
	int n_bits = 0;

	for (int i = 0; i < 2 && text.len > 0; i++)
		if (text.data[text.len - 1] == '=')
			text.len--;
	for (size_t i = 0; i < text.len; i++) {
		int digit = base64_digit(text.data[i]);

		if (digit < 0)
			return false;
		bits = (bits << 6 | (unsigned)digit) & 0xFFFF;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			put_byte(to, bits >> n_bits & 0xFF);
		}
	}
	return n_bits < 6;
}

static bool
decode_word(const struct encoded_word *word, struct decoded *to)
{
	to->latin_1 = word->charset == LATIN_1;
	if (word->encoding == 'q')
		return decode_q(word->text, to);
	return word->encoding == 'b' && decode_b(word->text, to);
}

/* An encoded word that can be decoded, right here. */
static bool
is_word(struct span s, struct encoded_word *word)
{
	struct decoded nowhere = {.out = NULL};

	return find_word(s, word) && decode_word(word, &nowhere);
}

/* Blanks as they are, line ends before them taken out. */
static bool
put_blanks(struct buf *out, struct span blanks)
{
	for (size_t i = 0; i < blanks.len; i++)
		if (blanks.data[i] != '\r' && blanks.data[i] != '\n' &&
		    !buf_append(out, span_of(&blanks.data[i], 1)))
			return false;
	return true;
}

static size_t
count_blanks(struct span s)
{
	size_t n = 0;

	while (n < s.len && ascii_is_blank(s.data[n]))
		n++;
	return n;
}

bool
text_decode_header(struct buf *out, struct span body)
{
	struct span rest = span_trim(body);
	struct encoded_word word;
	bool behind_word = false;

	while (rest.len > 0) {
		struct span blanks = span_head(rest, count_blanks(rest));
		struct decoded to = {.out = out};
		bool here;

		rest = span_skip(rest, blanks.len);
		here = is_word(rest, &word);
		if (!(here && behind_word) && !put_blanks(out, blanks))
			return false;
		if (here)
			decode_word(&word, &to);
		else
			to.full = !buf_append(out, span_head(rest, 1));
		if (to.full)
			return false;
		rest = span_skip(rest, here ? word.len : 1);
		behind_word = here;
	}
	return true;
}
