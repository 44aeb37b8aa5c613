/* SPDX-License-Identifier: ISC */
/*
 * rule_support - rules for tests, with lists and time zones in memory
 *
 * Who includes it defines _DEFAULT_SOURCE first (timegm).
 */
#ifndef UNIT_RULE_SUPPORT_H
#define UNIT_RULE_SUPPORT_H

#include "tests/unit/zone_support.h"

#include <errno.h>

#include "hdrcheck/base/clock.h"
#include "policyd/rule.h"

enum { DAY_S = 86400 };

/* Sunday, 22 November 2026: when the rules of all tests are read. */
#define READ_AT "2026-11-22 12:00"

/* What rules are read with: a file is there under each of these names. */
struct shelf {
	int zone_error; /* errno for all zones; 0: they are there */
	unsigned zones_loaded;
	int64_t max_postpone_s;
};

#define SHELF                                                                  \
	{                                                                      \
		.max_postpone_s = 366 * DAY_S                                  \
	}

static const struct {
	const char *name;
	const char *rule; /* NULL: no zone file */
} shelf_zones[] = {
    {"", "CET-1CEST,M3.5.0,M10.5.0/3"},
    {"Europe/Amsterdam", "CET-1CEST,M3.5.0,M10.5.0/3"},
    {"America/New_York", "EST5EDT,M3.2.0,M11.1.0"},
    {"UTC", "UTC0"},
    {"Torn", NULL},
};

static const struct {
	const char *path;
	const char *content;
} shelf_lists[] = {
    {"/lists/vip", "# who may\nann@corp.example\n\n@vip.example\n"},
    {"/lists/bad", "ann@corp.example\nbob@\n"},
};

/* One to be freed, of its size. */
static inline char *
shelf_copy(struct span content, size_t *len)
{
	char *copy = malloc(content.len > 0 ? content.len : 1);

	assert_non_null(copy);
	memcpy(copy, content.data, content.len);
	*len = content.len;
	return copy;
}

static inline char *
shelf_load_zone(struct shelf *shelf, const char *name, size_t *len)
{
	struct sample s;
	char footer[64];

	shelf->zones_loaded++;
	errno = shelf->zone_error != 0 ? shelf->zone_error : ENOENT;
	for (size_t i = 0; i < COUNT_OF(shelf_zones); i++) {
		if (shelf->zone_error != 0 ||
		    strcmp(shelf_zones[i].name, name) != 0)
			continue;
		if (shelf_zones[i].rule == NULL)
			return shelf_copy(span_str("TZif"), len);
		snprintf(footer, sizeof(footer), "\n%s\n", shelf_zones[i].rule);
		sample_make(&s, footer);
		return shelf_copy(span_of(s.data, s.len), len);
	}
	return NULL;
}

static inline char *
shelf_load(void *ctx, enum source_kind kind, const char *name, size_t *len)
{
	if (kind == SOURCE_ZONE)
		return shelf_load_zone(ctx, name, len);
	errno = ENOENT;
	for (size_t i = 0; i < COUNT_OF(shelf_lists); i++)
		if (strcmp(shelf_lists[i].path, name) == 0)
			return shelf_copy(
			    span_str(shelf_lists[i].content), len);
	return NULL;
}

static inline void
shelf_zone(const char *name, struct zone *zone)
{
	struct shelf shelf = SHELF;
	size_t len;
	char *file = shelf_load_zone(&shelf, name, &len);

	assert_non_null(file);
	assert_null(zone_parse(span_of(file, len), zone));
	free(file);
}

/* rules_parse() of a block of its own, which is gone afterwards. */
static inline bool
rules_try(struct rules *rules, struct span given, struct shelf *shelf,
    char error[RULE_ERROR_SIZE])
{
	struct span text = exact_copy(given);
	struct source source = {.load = shelf_load, .ctx = shelf};
	struct rules_context context = {
	    .file = "rules",
	    .source = &source,
	    .hash_key = {{3, 5}},
	    .max_postpone_s = shelf->max_postpone_s,
	    .now_s = moment(READ_AT),
	};
	bool ok = rules_parse(rules, text, &context, error);

	exact_free(text);
	return ok;
}

/* The test fails when text is no rules file. */
static inline void
rules_from(struct rules *rules, const char *text)
{
	struct shelf shelf = SHELF;
	char error[RULE_ERROR_SIZE] = "";

	if (!rules_try(rules, span_str(text), &shelf, error))
		check_string(text, error, "");
}

/* The rules that the issue, the manual page and the samples show. */
#define SAMPLE_RULES                                                           \
	"# NAME    CONDITION...                                   : ACTION\n"  \
	"urgent    sender=ceo@corp.example                        : pass\n"    \
	"undo      sasl_username=*                                : "          \
	"delay 30s\n"                                                          \
	"quiet     recipient=@sms.example,@.pager.example         : "          \
	"window Mon-Fri 08:00-20:00, Sat 10:00-14:00 tz=Europe/Amsterdam "     \
	"except=2026-12-25,2026-12-26\n"                                       \
	"nightly   sender=news@corp.example size>100k             : "          \
	"window 22:00-06:00 tz=Europe/Amsterdam\n"                             \
	"moving    recipient=@example.org                         : "          \
	"until 2026-12-01T06:00:00+01:00 reason=\"server move\"\n"             \
	"freeze    sender=@old.example client_address!=10.0.0.0/8 : "          \
	"hold reason=\"audit\"\n"                                              \
	"flood     sasl_username=* postponed>500                  : "          \
	"defer 4.7.1 too many postponed messages\n"

#endif
