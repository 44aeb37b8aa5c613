/* SPDX-License-Identifier: ISC */
/*
 * condition_support - parses conditions and asks them, for their three tests
 */
#ifndef UNIT_CONDITION_SUPPORT_H
#define UNIT_CONDITION_SUPPORT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "policyd/sieve.h"

static const struct hash_key hash_key = {{3, 5}};

/* One file, or the reason why there is none. */
struct file {
	struct span content;
	int error;
	unsigned asked;
	char name[CONDITION_PATH_MAX + 1];
};

static inline char *
load(void *ctx, enum source_kind kind, const char *name, size_t *len)
{
	struct file *file = ctx;
	char *copy;

	assert_int_equal(kind, SOURCE_LIST);
	file->asked++;
	snprintf(file->name, sizeof(file->name), "%s", name);
	if (file->error != 0) {
		errno = file->error;
		return NULL;
	}
	copy = malloc(file->content.len > 0 ? file->content.len : 1);
	assert_non_null(copy);
	if (file->content.len > 0)
		memcpy(copy, file->content.data, file->content.len);
	*len = file->content.len;
	return copy;
}

/* Fails the test when word is no condition. The word is gone afterwards. */
static inline void
parse(
    const char *row, const char *given, struct file *file, struct condition *c)
{
	struct source source = {.load = load, .ctx = file};
	struct span word = exact_copy(span_str(given));
	char error[CONDITION_ERROR_SIZE] = "";
	struct span name;

	if (!condition_parse(word, &source, &hash_key, c, &name, error))
		check_string(row, error, NULL);
	check_bool(row, name.data == word.data, true);
	c->place = 7;
	exact_free(word);
}

/* Also, that no sieve would have passed over what matches. */
static inline bool
matches(const struct condition *c, struct span given)
{
	struct span text = exact_copy(given);
	static struct values values;
	bool first, again;

	values_begin(&values, &hash_key, VALUES_MAX);
	values_set(&values, 6, span_str("ann@example.org"));
	values_set(&values, 7, text);
	first = condition_matches(c, &values);
	again = condition_matches(c, &values);
	assert_int_equal(first, again);
	if ((sieve_of_condition(c) & sieve_of_value(c->kind, text)) == 0)
		assert_false(first);
	exact_free(text);
	return first;
}

/* Fails the test when text is a condition, or want is not in the error. */
static inline void
check_bad(
    const char *row, const char *text, struct file *file, const char *want)
{
	struct source source = {.load = load, .ctx = file};
	struct span word = exact_copy(span_str(text));
	char *error = malloc(CONDITION_ERROR_SIZE);
	struct condition c;
	struct span name;

	assert_non_null(error);
	memset(error, 'x', CONDITION_ERROR_SIZE);
	check_bool(row,
	    condition_parse(word, &source, &hash_key, &c, &name, error), false);
	check_part(row, error, want);
	free(error);
	exact_free(word);
}

/* front, n times pattern cut to len bytes, in static memory. */
static inline const char *
word_of(const char *front, const char *pattern, size_t len)
{
	static char word[2 * ATTR_LINE_MAX];
	size_t used = strlen(front);

	assert_true(used + len < sizeof(word));
	memcpy(word, front, used);
	if (len > 0)
		fill_pattern(word + used, len, pattern);
	word[used + len] = '\0';
	return word;
}

#endif
