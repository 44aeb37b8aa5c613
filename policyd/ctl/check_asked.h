/* SPDX-License-Identifier: ISC */
/*
 * check_asked - whether smtpd(8) asks policyd for rules, where it has to
 * (DESIGN fact 10)
 *
 * Pure.
 */
#ifndef CTL_CHECK_ASKED_H
#define CTL_CHECK_ASKED_H

#include "policyd/ctl/check_entries.h"

enum { ASKED_ITEMS_MAX = 256 /* of a list; more are not looked at */ };

/* A restriction with what belongs to it: "check_client_access hash:/x". */
struct asked_item {
	struct span text;
	struct span name; /* in it */
	struct span server; /* of ours: "unix:PATH" or "inet:HOST:PORT" */
	bool ours;
	bool permits;
	bool ends; /* permits or refuses whatever comes here */
	bool refuses; /* maybe one recipient, and not another */
	bool relay; /* by where the mail goes, as relay control does */
};

struct asked_list {
	struct buf text; /* expanded */
	struct asked_item item[ASKED_ITEMS_MAX];
	size_t n;
	size_t ours; /* place of the first one; n: there is none */
};

void asked_read(struct asked_list *list, const struct check_site *site,
    const struct view_service *service, const char *parameter);
void asked_free(struct asked_list *list);

/* Where the first smtpd that asks policyd does so; *server borrows from text,
   which has to be given to buf_free(). */
bool asked_find_server(const struct check_site *site,
    const struct entries *entries, struct buf *text, struct span *server);

/* To be called when there are rules. reached: as in check_headers(). */
void check_asked(
    const struct check_site *site, const struct entries *entries, bool reached);

/*
 * Appends what puts the question into the right place of a list; own: of that
 * service alone.
 */
void check_asked_mend(struct finding *f, const struct check_site *site,
    const struct view_service *service, bool own, const char *parameter);

/* Appends what takes it out. */
void check_asked_mend_out(struct finding *f, const struct check_site *site,
    const struct view_service *service, const char *parameter);

/*
 * Whether a refusal stays behind the question, wherever that is put: behind a
 * permit.
 */
bool check_asked_is_stuck(const struct check_site *site,
    const struct view_service *service, const char *parameter);

#endif
