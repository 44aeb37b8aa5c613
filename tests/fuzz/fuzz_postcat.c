/* SPDX-License-Identifier: ISC */
/*
 * What postcat prints: in pieces it tells the same as whole, and bounded; a
 * file ends only where it began. What its records and headers say of postponing
 * stays within its limits.
 */
#include "tests/fuzz/target.h"

#include "policyd/sched/facts.h"
#include "policyd/sched/postcat.h"
#include "policyd/texts.h"

enum { TOLD_MAX = 16 * 1024 * 1024, REQUEUE_UID = 102 };

struct reading {
	struct postcat postcat;
	struct settings settings;
	struct facts facts;
	struct texts texts;
	struct buf waiting;
	struct buf told;
	struct qid id;
	bool inside; /* of the file of id */
	size_t ends;
};

static void
open_reading(struct reading *r)
{
	char error[CONF_ERROR_SIZE];

	memset(r, 0, sizeof(*r));
	must(settings_parse(&r->settings,
	    span_str("veto_headers = X-Quarantine"), "none", error));
	postcat_init(&r->postcat);
	texts_clear(&r->texts);
	buf_init(&r->waiting, TOLD_MAX);
	buf_init(&r->told, TOLD_MAX);
}

static void
close_reading(struct reading *r)
{
	postcat_free(&r->postcat);
	buf_free(&r->waiting);
	buf_free(&r->told);
}

static void
tell(struct reading *r, enum postcat_event event, struct span a, struct span b)
{
	must(buf_append(&r->told, span_of(&event, sizeof(event))));
	must(buf_append(&r->told, span_of(&a.len, sizeof(a.len))));
	must(buf_append(&r->told, a));
	must(buf_append(&r->told, b));
}

static void
check_facts(const struct facts *f)
{
	must(f->n_rules <= FACTS_RULES_MAX && f->n_former <= FACTS_FORMER_MAX);
	for (size_t i = 0; i < f->n_rules; i++) {
		must(memchr(f->rules[i], '\0', FACTS_RULE_SIZE) != NULL);
		must(date_is_rule_name(span_str(f->rules[i])));
	}
	must(memchr(f->rule_latest, '\0', FACTS_RULE_SIZE) != NULL);
	must(memchr(f->client_address, '\0', FACTS_ADDRESS_SIZE) != NULL);
	must(f->rule_never == (f->n_rules > 0));
	must(!f->more_rules || f->n_rules == FACTS_RULES_MAX);
}

static void
end(struct reading *r, const struct postcat_item *item)
{
	must(r->inside && qid_equal(&r->id, &item->id));
	r->inside = false;
	r->ends++;
	check_facts(&r->facts);
	texts_end(&r->texts, &item->id, r->facts.arrival_s, r->facts.size);
	must(r->texts.n <= TEXTS_MAX);
	tell(r, POSTCAT_END, span_of(&item->id, sizeof(item->id)),
	    span_of(&r->facts.own_latest_s, sizeof(r->facts.own_latest_s)));
}

static void
take(struct reading *r, enum postcat_event event,
    const struct postcat_item *item)
{
	static const struct hash_key key = {{1, 2}};

	switch (event) {
	case POSTCAT_BEGIN:
		r->id = item->id;
		r->inside = true;
		facts_begin(&r->facts);
		texts_begin(&r->texts);
		tell(r, event, span_of(&item->id, sizeof(item->id)),
		    span_of("", 0));
		break;
	case POSTCAT_ATTRIBUTE:
		must(r->inside && item->value.len <= LINES_MAX);
		facts_take_attribute(
		    &r->facts, item->name, item->named, item->value, &key);
		texts_take_attribute(
		    &r->texts, item->name, item->named, item->value);
		tell(r, event, item->name, item->value);
		break;
	case POSTCAT_HEADER:
		must(r->inside && item->header.len > 0);
		must(item->header.len <= POSTCAT_HEADER_MAX);
		facts_take_header(
		    &r->facts, item->header, &r->settings, REQUEUE_UID);
		texts_take_header(&r->texts, item->header);
		tell(r, event, item->header, span_of(&item->cut, 1));
		break;
	case POSTCAT_END:
		end(r, item);
		break;
	case POSTCAT_MORE:
		break;
	}
}

/* One more piece, read from blocks of their size as far as it goes. */
static void
feed(struct reading *r, struct span piece)
{
	enum postcat_event event;

	must(buf_append(&r->waiting, piece));
	do {
		struct span block = block_of(buf_span(&r->waiting));
		struct postcat_item item;
		size_t used;

		event = postcat_next(&r->postcat, block, &item, &used);
		must(used <= block.len);
		take(r, event, &item);
		buf_consume(&r->waiting, used);
		block_free(block);
	} while (event != POSTCAT_MORE);
	must(buf_len(&r->waiting) <= LINES_MAX);
}

/* A file has an end only behind the end of its headers. */
static size_t
count_extracted(struct span in)
{
	struct span line;
	size_t n = 0;

	while (span_cut(&in, '\n', &line))
		n += span_starts_with(line, "*** HEADER EXTRACTED hold/");
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), rest = in, piece;
	struct dice dice = dice_of(in);
	struct reading whole, pieces;

	open_reading(&whole);
	open_reading(&pieces);
	feed(&whole, in);
	must(whole.ends <= count_extracted(in));
	while (next_piece(&rest, &dice, &piece))
		feed(&pieces, piece);
	must(span_equal(buf_span(&whole.told), buf_span(&pieces.told)));
	close_reading(&whole);
	close_reading(&pieces);
	return 0;
}
