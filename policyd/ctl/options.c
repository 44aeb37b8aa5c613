/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/options.h"

#include <stdio.h>
#include <sysexits.h>

#include "policyd/ctl/text.h"

/* The words that are left; an option may take the next one as its value. */
struct reader {
	const struct options *o;
	char *const *words;
	int n;
	int at;
};

int
options_usage_error(const struct ctl_verb *verb, const char *what)
{
	text_complain("%s: %s", verb->name, what);
	fprintf(stderr, "(policyctl %s --help tells more)\n", verb->name);
	return EX_USAGE;
}

static int
wrong(const struct reader *r, const char *option, const char *what)
{
	char text[OPTIONS_ERROR_SIZE];

	snprintf(text, sizeof(text), "%.200s: %.350s", option, what);
	return options_usage_error(r->o->verb, text);
}

static const struct option_place *
find_place(const struct options *o, struct span name)
{
	for (size_t i = 0; i < o->n_places; i++)
		if (o->place[i].name != NULL &&
		    span_equal_str(name, o->place[i].name))
			return &o->place[i];
	return NULL;
}

static const struct option_place *
find_letter(const struct options *o, char letter)
{
	for (size_t i = 0; i < o->n_places; i++)
		if (letter != '\0' && o->place[i].letter == letter)
			return &o->place[i];
	return NULL;
}

/* What stands behind the option's name, or the next word; NULL: nothing. */
static const char *
take_value(struct reader *r, const char *attached)
{
	if (attached != NULL)
		return attached;
	return r->at < r->n ? r->words[r->at++] : NULL;
}

static int
put_number(const struct reader *r, const struct option_place *p,
    const char *option, const char *value)
{
	char text[OPTIONS_ERROR_SIZE];

	if (span_to_u64(span_str(value), p->max, p->number) &&
	    *p->number >= p->min)
		return EX_OK;
	snprintf(text, sizeof(text), "%.200s is no number from %llu to %llu",
	    value, (unsigned long long)p->min, (unsigned long long)p->max);
	return wrong(r, option, text);
}

/* option: as it was written, for messages. attached: its value, or NULL. */
static int
put(struct reader *r, const struct option_place *p, const char *option,
    const char *attached)
{
	const char *value;

	if (p->flag != NULL) {
		if (attached != NULL)
			return wrong(r, option, "takes no value");
		*p->flag = true;
		return EX_OK;
	}
	value = take_value(r, attached);
	if (value == NULL)
		return wrong(r, option, "needs a value");
	if (p->number != NULL)
		return put_number(r, p, option, value);
	*p->text = value;
	return EX_OK;
}

static int
put_filter(struct reader *r, const char *name, const char *attached)
{
	char error[FILTER_ERROR_SIZE];
	const char *value = take_value(r, attached);

	if (filter_take(r->o->filter, name + 2, value, error))
		return EX_OK;
	return options_usage_error(r->o->verb, error);
}

/* "--name" or "--name=value". */
static int
take_long(struct reader *r, const char *word)
{
	struct span rest = span_str(word), name;
	const struct option_place *p;
	const char *attached = NULL;
	char option[OPTIONS_ERROR_SIZE];

	if (span_cut(&rest, '=', &name))
		attached = rest.data;
	else
		name = rest;
	if (!span_to_string(name, option, sizeof(option)))
		return wrong(r, word, "no such option");
	p = find_place(r->o, span_skip(name, 2));
	if (p != NULL)
		return put(r, p, option, attached);
	if (r->o->filter != NULL && filter_is_option(option + 2))
		return put_filter(r, option, attached);
	return wrong(r, option, "no such option");
}

/* "-n", "-nvalue". */
static int
take_short(struct reader *r, const char *word)
{
	const struct option_place *p = find_letter(r->o, word[1]);
	char option[] = {'-', word[1], '\0'};

	if (p == NULL)
		return wrong(r, word, "no such option");
	return put(r, p, option, word[2] != '\0' ? word + 2 : NULL);
}

static int
take_plain(const struct reader *r, const char *word)
{
	char error[OPTIONS_ERROR_SIZE];
	bool ok;

	if (r->o->take_word != NULL)
		ok = r->o->take_word(r->o->ctx, word, error);
	else if (r->o->filter != NULL)
		ok = filter_take_id(r->o->filter, word, error);
	else
		return wrong(r, word, "not expected here");
	return ok ? EX_OK : options_usage_error(r->o->verb, error);
}

int
options_take(const struct options *options, char *const *words, int n)
{
	struct reader r = {.o = options, .words = words, .n = n};
	bool ended = false;
	int exit_code = EX_OK;

	while (exit_code == EX_OK && r.at < r.n) {
		const char *word = r.words[r.at++];

		if (ended || word[0] != '-' || word[1] == '\0')
			exit_code = take_plain(&r, word);
		else if (word[1] != '-')
			exit_code = take_short(&r, word);
		else if (word[2] != '\0')
			exit_code = take_long(&r, word);
		else
			ended = true;
	}
	return exit_code;
}

bool
options_want_help(char *const *words, int n)
{
	for (int i = 0; i < n && strcmp(words[i], "--") != 0; i++)
		if (strcmp(words[i], "--help") == 0)
			return true;
	return false;
}
