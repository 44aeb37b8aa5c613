/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/filter.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "hdrcheck/base/clock.h"
#include "policyd/ctl/idset.h"
#include "policyd/ctl/text.h"

enum { SUBJECT_ROOM = 4 * QUEUE_SUBJECT_MAX /* of one that is decoded */ };

/* What is compared with a list, or with a number. */
enum term {
	TERM_SENDER,
	TERM_RECIPIENT,
	TERM_LOGIN,
	TERM_RULE,
	TERM_SIZE,
};

enum { TERMS = TERM_SIZE + 1 };

/* What is compared with a duration. */
enum span_of_time { TIME_DUE, TIME_AGE, TIMES };

struct term_state {
	char *word; /* "sender=LIST", which condition borrows; NULL: not set */
	struct condition condition;
	bool has_lists; /* of file:/PATH that are not read yet */
};

struct bound {
	char relation; /* '<' or '>'; 0: not set */
	int64_t limit_s;
};

struct filter {
	int64_t now_s;
	struct term_state term[TERMS];
	struct bound bound[TIMES];
	const char *subject; /* borrowed; NULL: not set */
	bool any_option;
	struct idset ids;
	struct buf decoded; /* a subject */
	struct values values;
};

/* The values of a condition are compared under no key: who runs us gave them,
   and a stranger's text is looked up among them, not added. */
static const struct hash_key no_key;

static const struct {
	const char *option;
	const char *attribute; /* whose kind of list it is, and its relation */
} terms[TERMS] = {
    [TERM_SENDER] = {"sender", "sender="},
    [TERM_RECIPIENT] = {"recipient", "recipient="},
    [TERM_LOGIN] = {"login", "sasl_username="},
    [TERM_RULE] = {"rule", "rule="},
    [TERM_SIZE] = {"size", "size"},
};

static const char *const times[TIMES] = {
    [TIME_DUE] = "due", [TIME_AGE] = "age"};

struct filter *
filter_new(int64_t now_s)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->now_s = now_s;
	idset_init(&f->ids);
	buf_init(&f->decoded, SUBJECT_ROOM);
	return f;
}

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	for (int i = 0; i < TERMS; i++) {
		if (f->term[i].word != NULL)
			condition_free(&f->term[i].condition);
		free(f->term[i].word);
	}
	idset_free(&f->ids);
	buf_free(&f->decoded);
	free(f);
}

static bool
fail(char error[FILTER_ERROR_SIZE], const char *option, const char *what)
{
	snprintf(error, FILTER_ERROR_SIZE, "--%s: %s", option, what);
	return false;
}

static bool
is_relation(char c)
{
	return c == '<' || c == '>';
}

/* Lists, which are not read yet. */
static char *
load_nothing(void *ctx, enum source_kind kind, const char *name, size_t *len)
{
	struct term_state *t = ctx;

	(void)kind;
	(void)name;
	t->has_lists = true;
	*len = 0;
	return calloc(1, 1);
}

static bool
parse_term(struct term_state *t, const struct source *source,
    const char *option, char error[FILTER_ERROR_SIZE])
{
	char what[CONDITION_ERROR_SIZE];
	struct span name;

	if (condition_parse(
		span_str(t->word), source, &no_key, &t->condition, &name, what))
		return true;
	free(t->word);
	t->word = NULL;
	return fail(error, option, what);
}

static bool
take_term(struct filter *f, enum term term, const char *value,
    char error[FILTER_ERROR_SIZE])
{
	struct term_state *t = &f->term[term];
	struct source nothing = {.load = load_nothing, .ctx = t};
	const char *attribute = terms[term].attribute;
	size_t size = strlen(attribute) + strlen(value) + 1;

	if (t->word != NULL)
		return fail(error, terms[term].option, "comes twice");
	if (term == TERM_SIZE && !is_relation(value[0]))
		return fail(error, terms[term].option,
		    "not <SIZE or >SIZE in quotes, like '<10k' or '>1m'");
	t->word = malloc(size);
	if (t->word == NULL)
		return fail(error, terms[term].option, "not enough memory");
	snprintf(t->word, size, "%s%s", attribute, value);
	return parse_term(t, &nothing, terms[term].option, error);
}

static bool
take_bound(struct filter *f, enum span_of_time time, const char *value,
    char error[FILTER_ERROR_SIZE])
{
	struct bound *b = &f->bound[time];

	if (b->relation != '\0')
		return fail(error, times[time], "comes twice");
	if (!is_relation(value[0]) ||
	    !clock_parse_duration(span_str(value + 1), &b->limit_s))
		return fail(error, times[time],
		    "not <DURATION or >DURATION in quotes, like '<3h30m' or "
		    "'>1d'");
	b->relation = value[0];
	return true;
}

static bool
take_subject(struct filter *f, const char *value, char error[FILTER_ERROR_SIZE])
{
	if (f->subject != NULL)
		return fail(error, "subject", "comes twice");
	if (value[0] == '\0')
		return fail(error, "subject", "an empty text");
	f->subject = value;
	return true;
}

/* The place of option in a table that names TERMS and then TIMES; or -1. */
static int
find_option(const char *option)
{
	for (int i = 0; i < TERMS; i++)
		if (strcmp(option, terms[i].option) == 0)
			return i;
	for (int i = 0; i < TIMES; i++)
		if (strcmp(option, times[i]) == 0)
			return TERMS + i;
	return -1;
}

bool
filter_is_option(const char *option)
{
	return find_option(option) >= 0 || strcmp(option, "subject") == 0;
}

bool
filter_take(struct filter *f, const char *option, const char *value,
    char error[FILTER_ERROR_SIZE])
{
	int place = find_option(option);

	f->any_option = true;
	if (value == NULL)
		return fail(error, option,
		    place == TERM_SIZE || place >= TERMS
			? "needs a value in quotes: < and > mean something to "
			  "the shell"
			: "needs a value");
	if (place < 0)
		return take_subject(f, value, error);
	return place < TERMS
	    ? take_term(f, (enum term)place, value, error)
	    : take_bound(f, (enum span_of_time)(place - TERMS), value, error);
}

bool
filter_take_id(
    struct filter *f, const char *text, char error[FILTER_ERROR_SIZE])
{
	struct qid id;

	if (!qid_parse(span_str(text), &id)) {
		snprintf(
		    error, FILTER_ERROR_SIZE, "%.100s: not a queue id", text);
		return false;
	}
	if (idset_add(&f->ids, &id, FILTER_IDS_MAX))
		return true;
	snprintf(error, FILTER_ERROR_SIZE, "more than %d queue ids",
	    (int)FILTER_IDS_MAX);
	return false;
}

bool
filter_has_ids(const struct filter *f)
{
	return f->ids.n > 0;
}

bool
filter_has_options(const struct filter *f)
{
	return f->any_option;
}

bool
filter_open(struct filter *f, const struct source *source,
    char error[FILTER_ERROR_SIZE])
{
	for (int i = 0; i < TERMS; i++) {
		struct term_state *t = &f->term[i];

		if (!t->has_lists)
			continue;
		condition_free(&t->condition);
		if (!parse_term(t, source, terms[i].option, error))
			return false;
		t->has_lists = false;
	}
	return true;
}

/*
 * A text with a NUL inside, or one that is longer than anything Postfix would
 * ask a policy server about, is none that a list could name.
 */
static bool
term_matches(struct filter *f, const struct term_state *t, struct span text)
{
	if (text.len > ATTR_LINE_MAX ||
	    (text.len > 0 && memchr(text.data, '\0', text.len) != NULL))
		return false;
	values_begin(&f->values, &no_key, VALUES_MAX);
	values_set(&f->values, t->condition.place, text);
	return condition_matches(&t->condition, &f->values);
}

static bool
recipients_match(struct filter *f, const struct queue_message *m)
{
	for (size_t i = 0; i < m->n_recipients; i++)
		if (term_matches(f, &f->term[TERM_RECIPIENT], m->recipient[i]))
			return true;
	return false;
}

static bool
size_matches(struct filter *f, const struct queue_message *m)
{
	const struct condition *c = &f->term[TERM_SIZE].condition;

	values_begin(&f->values, &no_key, VALUES_MAX);
	values_set_number(&f->values, c->place, m->size);
	return condition_matches(c, &f->values);
}

/* What needs its file is asked again when that was read, or could not be. */
static bool
is_later(const struct queue_message *m)
{
	return !m->read && !m->unreadable;
}

static bool
matches_term(struct filter *f, enum term term, const struct queue_message *m)
{
	const struct term_state *t = &f->term[term];

	if (t->word == NULL)
		return true;
	assert(!t->has_lists);
	switch (term) {
	case TERM_SENDER:
		return term_matches(f, t, m->sender);
	case TERM_RECIPIENT:
		return recipients_match(f, m);
	case TERM_LOGIN:
		return is_later(m) || (m->read && term_matches(f, t, m->login));
	case TERM_RULE:
		return is_later(m) || (m->read && term_matches(f, t, m->rule));
	case TERM_SIZE:
		break;
	}
	return size_matches(f, m);
}

static bool
is_within(const struct bound *b, int64_t distance_s)
{
	return b->relation == '<' ? distance_s < b->limit_s
				  : distance_s > b->limit_s;
}

static bool
due_matches(const struct filter *f, const struct queue_message *m)
{
	const struct bound *b = &f->bound[TIME_DUE];

	if (b->relation == '\0' || is_later(m))
		return true;
	return m->read && is_within(b, queue_due_s(m) - f->now_s);
}

static bool
age_matches(const struct filter *f, const struct queue_message *m)
{
	const struct bound *b = &f->bound[TIME_AGE];

	return b->relation == '\0' || is_within(b, f->now_s - m->arrival_s);
}

static bool
contains(struct span text, struct span part)
{
	for (; text.len >= part.len; text = span_skip(text, 1))
		if (span_equal_nocase(span_head(text, part.len), part))
			return true;
	return false;
}

static bool
subject_matches(struct filter *f, const struct queue_message *m)
{
	struct span text = m->subject;

	if (f->subject == NULL || is_later(m))
		return true;
	if (!m->read)
		return false;
	buf_clear(&f->decoded);
	if (text_decode_header(&f->decoded, m->subject))
		text = buf_span(&f->decoded);
	return contains(text, span_str(f->subject));
}

bool
filter_matches(void *ctx, const struct queue_message *m)
{
	struct filter *f = ctx;

	if (f->ids.n > 0 && !idset_meet(&f->ids, &m->id))
		return false;
	for (int i = 0; i < TERMS; i++)
		if (!matches_term(f, (enum term)i, m))
			return false;
	return age_matches(f, m) && due_matches(f, m) && subject_matches(f, m);
}

bool
filter_next_unmet(const struct filter *f, size_t *i, struct qid *id)
{
	return idset_next_unmet(&f->ids, i, id);
}
