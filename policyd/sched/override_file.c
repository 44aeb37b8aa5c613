/* SPDX-License-Identifier: ISC */
/*
 * The overrides as a file.
 */
#include <stdio.h>
#include <string.h>

#include "policyd/sched/override.h"

enum {
	WORDS = 4,
	WORDS_MAX = WORDS + 1,
	DECIMAL = 10,
	DIGITS_MAX = 20, /* of a number of 64 bits */
};

static const char never[] = "never";

/* Returns its end. By hand: there may be a million of them to write at once. */
static char *
put_number(char *to, int64_t number)
{
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	char digits[DIGITS_MAX];
	size_t n = 0;

	if (number < 0)
		*to++ = '-';
	do
		digits[n++] = (char)('0' + left % DECIMAL);
	while ((left /= DECIMAL) > 0);
	while (n > 0)
		*to++ = digits[--n];
	return to;
}

static char *
put_never(char *to)
{
	memcpy(to, never, sizeof(never) - 1);
	return to + sizeof(never) - 1;
}

static bool
print_one(const struct override *override, struct buf *out)
{
	char line[OVERRIDE_LINE_MAX];
	char *to = line + qid_format(&override->id, line);

	*to++ = ' ';
	to = put_number(to, override->arrival_s);
	*to++ = ' ';
	to = override->due_s == OVERRIDE_NEVER
	    ? put_never(to)
	    : put_number(to, override->due_s);
	*to++ = ' ';
	to = put_number(to, override->set_s);
	*to++ = '\n';
	return buf_append(out, span_of(line, (size_t)(to - line)));
}

bool
overrides_print(const struct overrides *o, struct buf *out)
{
	if (!buf_append(out, span_str(OVERRIDES_MAGIC "\n")))
		return false;
	for (uint32_t i = 0; o->table != NULL && i <= o->mask; i++)
		if (o->table[i].id.word[0] != 0 &&
		    !print_one(&o->table[i], out))
			return false;
	return true;
}

static bool
read_moment(struct span word, int64_t *s)
{
	uint64_t value;

	if (!span_to_u64(word, OVERRIDE_NEVER - 1, &value))
		return false;
	*s = (int64_t)value;
	return true;
}

static size_t
split(struct span line, struct span word[WORDS_MAX])
{
	size_t n = 0;

	while (n < WORDS_MAX && span_next_word(&line, &word[n]))
		n++;
	return n;
}

/* NULL, or what is wrong with the line. */
static const char *
read_line(struct span line, struct override *override)
{
	struct span word[WORDS_MAX];

	if (line.len >= OVERRIDE_LINE_MAX)
		return "the line is too long";
	if (split(line, word) != WORDS)
		return "expected QUEUEID ARRIVAL DUE SET";
	if (!qid_parse(word[0], &override->id))
		return "expected a queue id first";
	if (!read_moment(word[1], &override->arrival_s))
		return "expected the arrival time in seconds since 1970";
	if (span_equal_str(word[2], never))
		override->due_s = OVERRIDE_NEVER;
	else if (!read_moment(word[2], &override->due_s))
		return "expected the due time in seconds since 1970, or never";
	if (!read_moment(word[3], &override->set_s))
		return "expected the time it was set in seconds since 1970";
	return NULL;
}

/* NULL, or what is wrong. */
static const char *
take_line(struct overrides *o, struct span line)
{
	struct override override = {.told = true};
	const char *wrong = read_line(line, &override);
	uint32_t n = o->n;

	if (wrong != NULL)
		return wrong;
	if (n == OVERRIDES_MAX)
		return "there are too many";
	if (!overrides_set(o, &override))
		return "no memory";
	return o->n == n ? "this queue id was there before" : NULL;
}

/* The next line without its end. False: it has none. */
static bool
next_line(struct span *text, struct span *line)
{
	*line = *text;
	return span_cut(text, '\n', line);
}

bool
overrides_parse(struct overrides *o, struct span text, const char *file,
    char error[OVERRIDE_ERROR_SIZE])
{
	const char *wrong = NULL;
	struct span line;
	unsigned number = 1;

	if (!next_line(&text, &line) || !span_equal_str(line, OVERRIDES_MAGIC))
		wrong = "expected \"" OVERRIDES_MAGIC "\"";
	while (wrong == NULL && text.len > 0) {
		number++;
		wrong = next_line(&text, &line) ? take_line(o, line)
						: "the line is cut off";
	}
	if (wrong == NULL)
		return true;
	snprintf(error, OVERRIDE_ERROR_SIZE, "%s:%u: %s", file, number, wrong);
	overrides_free(o);
	return false;
}
