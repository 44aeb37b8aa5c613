/* SPDX-License-Identifier: ISC */
/*
 * check_mail - mail on hold that is late, that nobody will release, or that
 * will not leave as its sender thinks
 *
 * Pure.
 */
#ifndef CTL_CHECK_MAIL_H
#define CTL_CHECK_MAIL_H

#include "policyd/ctl/check_site.h"
#include "policyd/ctl/queue.h"

enum {
	MAIL_OVERDUE_S = 60, /* so late is an error */
	MAIL_CLOCK_S = 300, /* so far ahead no arrival can be */
	MAIL_IDS_MAX = 20, /* that are named */
};

/* down: policyd does not run. Messages that are foreign are in q, too. */
void check_mail(const struct check_site *site, const struct queue *q,
    int64_t now_s, bool down);

void check_pause(const struct check_site *site, const struct pause *pause);

#endif
