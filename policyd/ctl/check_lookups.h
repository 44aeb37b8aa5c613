/* SPDX-License-Identifier: ISC */
/*
 * check_lookups - what Postfix's own client is asked by policyctl check, and
 * what its answers say
 *
 * Pure, but for memory.
 */
#ifndef CTL_CHECK_LOOKUPS_H
#define CTL_CHECK_LOOKUPS_H

#include "policyd/ctl/check_entries.h"
#include "policyd/ctl/hands.h"

enum {
	LOOKUPS_MAX = 48, /* more are not made */
	LOOKUP_KEY_MAX = 512, /* bytes of a header */
	LOOKUP_ANSWER_MAX = 512, /* bytes kept of an answer */
};

enum lookup_kind {
	LOOKUP_DATE, /* a date a little ahead: hdrcheck is there, and answers */
	LOOKUP_WITHIN, /* one not quite as far ahead as max_postpone */
	LOOKUP_BEYOND, /* one that is further ahead */
	LOOKUP_WHOLE, /* all tables up to ours: none of them hides it */
	LOOKUP_RECEIVED, /* what another table does to a Received header */
};

struct check_lookup {
	enum lookup_kind kind;
	struct view_service cleanup;
	char header[HEADER_NAME_SIZE];
	char *key;
	char **table; /* with a NUL each */
	size_t n_tables;
	char answer[LOOKUP_ANSWER_MAX]; /* empty: none came */
	char errors[LOOKUP_ANSWER_MAX];
};

struct check_lookups {
	struct check_lookup lookup[LOOKUPS_MAX];
	size_t n;
};

/*
 * What there is to be asked of each cleanup service that asks hdrcheck; for
 * rules only where there are some. lookups starts as zeros.
 */
void lookups_plan(struct check_lookups *lookups, const struct check_site *site,
    const struct entries *entries, int64_t now_s);

void lookups_free(struct check_lookups *lookups);

/* What the answers say. down: hdrcheck does not run, as is said elsewhere. */
void lookups_judge(const struct check_lookups *lookups,
    const struct check_site *site, bool down);

/* Postfix got through to hdrcheck, wherever it asks. */
bool lookups_reached(const struct check_lookups *lookups);

#endif
