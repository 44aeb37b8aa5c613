/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/queue_file.h"

#include "hdrcheck/header.h"

/* Submitters are not compared here, so that their hashes need no secret. */
static const struct hash_key no_key;

void
queue_file_begin(struct queue_file *f, struct queue_message *m)
{
	f->m = m;
	f->n_dates = 0;
	facts_begin(&f->facts);
	m->login = m->client = m->client_name = m->subject = span_of("", 0);
}

static void
keep(struct queue_file *f, struct span *to, struct span text, size_t max)
{
	if (!queue_text_copy(f->text, span_trim(text), max, to))
		f->no_memory = true;
}

void
queue_file_attribute(struct queue_file *f, const struct postcat_item *item)
{
	facts_take_attribute(
	    &f->facts, item->name, item->named, item->value, &no_key);
	if (!item->named)
		return;
	if (span_equal_str(item->name, "sasl_username"))
		keep(f, &f->m->login, item->value, QUEUE_NAME_MAX);
	else if (span_equal_str(item->name, "client_address"))
		keep(f, &f->m->client, item->value, QUEUE_NAME_MAX);
	else if (span_equal_str(item->name, "client_name"))
		keep(f, &f->m->client_name, item->value, QUEUE_NAME_MAX);
}

/* Of more dates than there is room for, the last place is for the latest. */
static struct queue_date *
find_room(struct queue_file *f, const struct queue_date *date)
{
	struct queue_date *last = &f->date[QUEUE_DATES_MAX - 1];

	if (f->n_dates < QUEUE_DATES_MAX)
		return &f->date[f->n_dates++];
	if (!last->readable || (date->never && !last->never) ||
	    (!last->never && date->moment_s > last->moment_s))
		return last;
	return NULL;
}

/* Without the line ends of folding. */
static struct span
unfold(struct span text, char line[QUEUE_DATE_TEXT_MAX])
{
	size_t n = 0;

	text = span_trim(text);
	for (size_t i = 0; i < text.len && n < QUEUE_DATE_TEXT_MAX; i++)
		if (text.data[i] != '\n' && text.data[i] != '\r')
			line[n++] = text.data[i];
	return span_of(line, n);
}

static struct span
copy_rule(struct span rule, char copy[DATE_RULE_MAX])
{
	rule.len = rule.len < DATE_RULE_MAX ? rule.len : DATE_RULE_MAX;
	if (rule.len > 0)
		memcpy(copy, rule.data, rule.len);
	return span_of(copy, rule.len);
}

/* Must know, as facts do, whether it stands above the topmost Received. */
static void
take_date(struct queue_file *f, struct span body)
{
	struct queue_date date = {.rule = {"", 0}};
	struct queue_date *room;
	struct date read;

	if (date_parse(body, &read) == DATE_OK) {
		date.readable = true;
		date.never = read.never;
		date.moment_s = read.moment_s;
		date.rule = read.rule;
		date.by_rule = !f->facts.past_received && read.rule.len > 0;
	}
	room = find_room(f, &date);
	if (room == NULL)
		return;
	date.text = unfold(body, f->date_text[room - f->date]);
	date.rule = copy_rule(date.rule, f->rule_text[room - f->date]);
	*room = date;
}

void
queue_file_header(struct queue_file *f, struct span header)
{
	struct span name, body;

	if (!header_split(header, &name, &body))
		return;
	if (header_find(&f->settings->header_names, name) >= 0)
		take_date(f, body);
	else if (f->m->subject.len == 0 &&
	    span_equal_nocase(name, span_str("Subject")))
		keep(f, &f->m->subject, body, QUEUE_SUBJECT_MAX);
	facts_take_header(&f->facts, header, f->settings, f->mail_owner_uid);
}

static bool
copy_dates(struct queue_file *f)
{
	struct queue_message *m = f->m;

	m->n_dates = f->n_dates;
	m->date = queue_text_room(f->text, f->n_dates * sizeof(*m->date));
	for (size_t i = 0; m->date != NULL && i < f->n_dates; i++) {
		m->date[i] = f->date[i];
		keep(f, &m->date[i].text, f->date[i].text, SIZE_MAX);
		keep(f, &m->date[i].rule, f->date[i].rule, SIZE_MAX);
	}
	return m->date != NULL && !f->no_memory;
}

bool
queue_file_end(struct queue_file *f)
{
	struct queue_message *m = f->m;

	if (f->facts.arrival_s == m->arrival_s && f->facts.size == m->size) {
		m->facts = f->facts;
		m->read = copy_dates(f);
		f->no_memory = !m->read;
	}
	f->m = NULL;
	return m->read;
}
