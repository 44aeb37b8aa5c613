/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* memmem */

#include "policyd/sched/facts.h"

#include <stdio.h>
#include <string.h>

#include "hdrcheck/base/clock.h"
#include "policyd/sched/submitter.h"

enum { USERID_TEXT_SIZE = 64 };

void
facts_begin(struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->own_latest_s = facts->rule_latest_s = FACTS_NO_DATE;
}

static bool
next_word(struct span *text, struct span *word)
{
	*text = span_trim(*text);
	*word = *text;
	if (!span_cut(text, ' ', word))
		text->len = 0;
	return word->len > 0;
}

/* "Sat Nov 21 20:47:02 2026", as ctime(3) writes it, is turned into a date. */
static int64_t
read_ctime(struct span text)
{
	struct span word[5]; /* day name, month, day, time, year */
	struct date date;
	char rfc5322[64];

	for (int i = 0; i < 5; i++)
		if (!next_word(&text, &word[i]) || word[i].len > 10)
			return 0;
	snprintf(rfc5322, sizeof(rfc5322), "%.*s %.*s %.*s %.*s +0000",
	    (int)word[2].len, word[2].data, (int)word[1].len, word[1].data,
	    (int)word[4].len, word[4].data, (int)word[3].len, word[3].data);
	if (date_parse(span_str(rfc5322), &date) != DATE_OK)
		return 0;
	return date.moment_s;
}

static void
take_login(struct facts *facts, struct span login, const struct hash_key *key)
{
	if (login.len == 0)
		return;
	facts->authenticated = true;
	facts->submitter = submitter_of_login(key, login);
}

static void
take_sender(struct facts *facts, struct span sender, const struct hash_key *key)
{
	facts->empty_sender = sender.len == 0;
	if (!facts->authenticated)
		facts->submitter = submitter_of_sender(key, sender);
}

static void
take_named(struct facts *facts, struct span name, struct span value,
    const struct hash_key *key)
{
	if (span_equal_str(name, "sasl_username"))
		take_login(facts, value, key);
	else if (span_equal_str(name, "client_address")) {
		facts->remote = value.len > 0;
		span_to_string(
		    value, facts->client_address, FACTS_ADDRESS_SIZE);
	}
}

void
facts_take_attribute(struct facts *facts, struct span name, bool named,
    struct span value, const struct hash_key *key)
{
	struct span word;

	if (named)
		take_named(facts, name, value, key);
	else if (span_equal_str(name, "message_arrival_time"))
		facts->arrival_s = read_ctime(value);
	else if (span_equal_str(name, "create_time"))
		facts->created_s = read_ctime(value);
	else if (span_equal_str(name, "message_size"))
		facts->size = next_word(&value, &word) &&
			span_to_u64(word, INT64_MAX, &facts->size)
		    ? facts->size
		    : 0;
	else if (span_equal_str(name, "sender"))
		take_sender(facts, value, key);
	else if (span_equal_str(name, "content_filter") ||
	    span_equal_str(name, "redirect_to"))
		facts->filtered = true;
}

static bool
contains(struct span text, const char *part)
{
	return memmem(text.data, text.len, part, strlen(part)) != NULL;
}

/* A requeue adds "by HOST (Postfix, from userid N)" above everything. */
static bool
is_requeue(struct span received, uint64_t requeue_uid)
{
	char userid[USERID_TEXT_SIZE];

	snprintf(userid, sizeof(userid), "from userid %llu)",
	    (unsigned long long)requeue_uid);
	return span_starts_with(span_trim(received), "by ") &&
	    contains(received, userid);
}

/* The queue id behind the last "id " of a line, up to a blank or semicolon. */
static bool
find_id(struct span line, struct qid *id)
{
	struct span word = {NULL, 0};
	struct span found = {NULL, 0};
	struct span before;

	while (span_next_word(&line, &word)) {
		if (span_equal_str(word, "id") &&
		    !span_next_word(&line, &found))
			break;
	}
	if (span_cut(&found, ';', &before))
		found = before;
	return qid_parse(found, id);
}

/*
 * The queue id of a Received of this machine: smtpd's has it at the end of the
 * line that begins with "by", pickup's at the front of one. What clients and
 * submitters choose stands in other lines, and cannot begin one.
 */
static bool
received_id(struct span received, struct qid *id)
{
	bool more = true;

	while (more) {
		struct span line = received;

		more = span_cut(&received, '\n', &line);
		line = span_trim(line);
		if ((span_starts_with(line, "by ") ||
			span_starts_with(line, "id ")) &&
		    find_id(line, id))
			return true;
	}
	return false;
}

/*
 * Below what the last requeue put on top stands what those before it did, and
 * then what Postfix put there when the message came.
 */
static void
take_received(struct facts *facts, struct span received, uint64_t requeue_uid)
{
	bool requeue = is_requeue(received, requeue_uid);

	if (facts->past_received)
		return;
	if (facts->requeued && facts->n_former < FACTS_FORMER_MAX &&
	    received_id(received, &facts->former[facts->n_former]))
		facts->n_former++;
	facts->requeued = facts->requeued || requeue;
	facts->past_received = !requeue;
}

static void
take_own_date(struct facts *facts, int64_t moment_s)
{
	if (facts->own_latest_s < moment_s)
		facts->own_latest_s = moment_s;
}

static void
take_rule_date(struct facts *facts, const struct date *date)
{
	if (facts->rule_latest_s >= date->moment_s)
		return;
	facts->rule_latest_s = date->moment_s;
	span_to_string(date->rule, facts->rule_latest, FACTS_RULE_SIZE);
}

static void
take_rule_never(struct facts *facts, struct span rule)
{
	facts->rule_never = true;
	for (size_t i = 0; i < facts->n_rules; i++)
		if (span_equal_str(rule, facts->rules[i]))
			return;
	if (facts->n_rules == FACTS_RULES_MAX ||
	    !span_to_string(
		rule, facts->rules[facts->n_rules], FACTS_RULE_SIZE)) {
		facts->more_rules = true;
		return;
	}
	facts->n_rules++;
}

/*
 * Above the topmost Received nobody but smtpd writes, so a comment (rule NAME)
 * there is a rule's; below it, it is a comment.
 */
static void
take_date(struct facts *facts, struct span body)
{
	struct date date;
	bool of_rule;

	if (date_parse(body, &date) != DATE_OK) {
		facts->unreadable_date = true;
		return;
	}
	of_rule = !facts->past_received && date.rule.len > 0;
	if (date.never && of_rule)
		take_rule_never(facts, date.rule);
	else if (date.never)
		facts->own_never = true;
	else if (of_rule)
		take_rule_date(facts, &date);
	else
		take_own_date(facts, date.moment_s);
}

void
facts_take_header(struct facts *facts, struct span header,
    const struct settings *settings, uint64_t requeue_uid)
{
	struct span name, body;

	if (!header_split(header, &name, &body))
		return;
	if (header_find(&settings->veto_headers, name) >= 0)
		facts->vetoed = true;
	if (header_find(&settings->header_names, name) >= 0)
		take_date(facts, body);
	else if (span_equal_nocase(name, span_str("Received")))
		take_received(facts, body, requeue_uid);
}
