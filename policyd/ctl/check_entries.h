/* SPDX-License-Identifier: ISC */
/*
 * check_entries - how mail comes into Postfix, and which of it asks hdrcheck
 *
 * Pure.
 */
#ifndef CTL_CHECK_ENTRIES_H
#define CTL_CHECK_ENTRIES_H

#include "policyd/ctl/check_site.h"

enum {
	ENTRIES_MAX = 128, /* services that take mail; more are not looked at */
	ENTRY_NAME_SIZE = 64, /* bytes of one in a text */
};

/* A list of tables: header_checks, as a cleanup service has it. */
struct tables {
	struct buf text; /* expanded */
	bool asks; /* one of them asks hdrcheck; then: */
	struct span ours; /* that table, in text */
	struct span server; /* "unix:PATH" or "inet:HOST:PORT", in it */
	bool bare; /* it asks for every header */
	bool files; /* its patterns are in a file, which is not looked into */
	bool guarded; /* one before it refuses lines that are too long */
	struct span before; /* the first that is before it and is no guard;
			       empty: there is none */
	bool inline_tables; /* one of them is written where it is named */
};

/* view_value() may fail: then there are no tables. */
void tables_read(struct tables *t, const struct check_site *site,
    const struct view_service *cleanup, const char *parameter);
void tables_free(struct tables *t);

/* Whether a table asks hdrcheck, and then where. */
bool tables_is_ours(const struct check_site *site, struct span table,
    struct span *server, bool *bare);

/*
 * Whether it refuses lines of ours that are too long. files: one that is in a
 * file may do so.
 */
bool tables_is_guard(
    const struct check_site *site, struct span table, bool files);

enum entry_kind {
	ENTRY_PICKUP, /* sendmail(1), and requeued mail */
	ENTRY_SUBMISSION, /* of users */
	ENTRY_STRANGERS, /* port 25 */
	ENTRY_OTHER, /* of what, cannot be known */
};

struct entry {
	struct view_service service;
	enum entry_kind kind;
	struct view_service cleanup; /* what it hands mail to */
	bool has_cleanup;
	bool asks; /* that asks hdrcheck */
	bool off; /* but not for mail of this one: no_header_body_checks */
};

struct entries {
	struct entry entry[ENTRIES_MAX];
	size_t n;
	struct view_service asking; /* a cleanup service that asks */
	bool has_asking;
	bool any; /* an entry leads to such a one */
};

void entries_read(struct entries *entries, const struct check_site *site);

/* "submission inet", for texts. Returns out. */
const char *entry_name(
    const struct view_service *service, char out[ENTRY_NAME_SIZE]);

#endif
