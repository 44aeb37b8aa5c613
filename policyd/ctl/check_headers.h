/* SPDX-License-Identifier: ISC */
/*
 * check_headers - whether header_checks ask hdrcheck, where they have to, and
 * only about our header (DESIGN facts 1-4)
 *
 * Pure.
 */
#ifndef CTL_CHECK_HEADERS_H
#define CTL_CHECK_HEADERS_H

#include "policyd/ctl/check_entries.h"

/*
 * What Postfix's configuration alone says. reached: a lookup as Postfix does it
 * was answered, so wherever it asks, hdrcheck is there.
 */
void check_headers(
    const struct check_site *site, const struct entries *entries, bool reached);

/*
 * Appends the list of header_checks as it should be, ours first, to a command
 * that mends that of a cleanup service.
 */
void check_headers_mend(struct finding *f, const struct check_site *site,
    const struct view_service *cleanup);

/* Likewise that of nested_header_checks and the like: without ours. */
void check_headers_mend_attached(struct finding *f,
    const struct check_site *site, const struct view_service *cleanup,
    const char *parameter, const struct tables *t);

/* A table goes from header_checks of that service to smtp_header_checks. */
void check_headers_move_out(struct finding *f, const struct check_site *site,
    const struct view_service *cleanup, struct span table);

#endif
