/* SPDX-License-Identifier: ISC */
/*
 * setup_private - what the parts of setup_plan share
 */
#ifndef CTL_SETUP_PRIVATE_H
#define CTL_SETUP_PRIVATE_H

#include "policyd/ctl/setup_plan.h"

/* Parameters of main.cf that are ours. */
#define SETUP_TABLES        "deliver_at_header_checks"
#define SETUP_OTHER         "deliver_at_other_header_checks"
#define SETUP_SERVICES      "deliver_at_services"
#define SETUP_OTHER_CLEANUP "deliver_at_other_cleanup_service_name"
#define SETUP_RULES         "deliver_at_rules"

/* And how they are referred to. */
#define SETUP_TABLES_REF      "$" SETUP_TABLES
#define SETUP_OTHER_REF       "$" SETUP_OTHER
#define SETUP_OTHER_EMPTY_REF "${" SETUP_OTHER "}"
#define SETUP_RULES_REF       "$" SETUP_RULES
#define SETUP_RULES_EMPTY_REF "${" SETUP_RULES "}"
#define SETUP_RULES_HERE                                                       \
	"${{$" SETUP_SERVICES "} == {} ? {} : {$" SETUP_RULES "}}"

#define SETUP_RULES_HERE_EMPTY                                                 \
	"${{$" SETUP_SERVICES "} == {} ? {} : {${" SETUP_RULES "}}}"

/* Our service, and who uses it: a service that is named, or the other one. */
#define SETUP_CLEANUP "cleanup-deliver-at"
#define SETUP_ROUTE(other)                                                     \
	"${{$" SETUP_SERVICES "} == {} ? {" other "} : {" SETUP_CLEANUP "}}"

enum { SETUP_VALUE_MAX = 2 * VIEW_VALUE_MAX };

struct setup_draft {
	struct setup_plan *plan;
	const struct setup_site *site;
	bool everywhere;
};

/* Each adds to the plan; out of room or memory, the plan is refused. */
void setup_add(struct setup_draft *d, enum setup_op op, const char *target,
    struct span value);
void setup_note(struct setup_draft *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Refuses the plan; false, for the caller to return. The first reason stays. */
bool setup_refuse(struct setup_draft *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets a parameter of main.cf, unless it says that already. */
void setup_set(struct setup_draft *d, const char *name, struct span value);

/* Takes a parameter out of main.cf, if it is there. */
void setup_unset(struct setup_draft *d, const char *name);

/* A value as main.cf has it, in out, which is cleared; false: not set. */
bool setup_get(const struct setup_draft *d, const char *name, struct buf *out);
bool setup_is_set(const struct setup_draft *d, const char *name);

/* printf(3) to a buffer; what does not fit refuses the plan. */
void setup_print(struct setup_draft *d, struct buf *out, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The service runs in Postfix's chroot. */
bool setup_is_chrooted(
    const struct setup_draft *d, const struct view_service *service);

/*
 * Appends the tables that ask hdrcheck, for a cleanup service; false: refused.
 */
bool setup_tables(
    struct setup_draft *d, const struct view_service *cleanup, struct buf *out);

/*
 * "unix:deliver-at/policy" or "inet:...", as that service of Postfix names an
 * address of ours; false: refused.
 */
bool setup_address(struct setup_draft *d, const char *setting,
    const struct sock_address *address, const struct view_service *service,
    struct buf *out);

/* Appends the tables of a list that are not ours. */
bool setup_tables_of_others(struct span list, struct buf *out);

/*
 * The service at which users' mail comes in: pickup; and submission,
 * submissions, smtps, by name, by port, or by the end of the syslog_name that
 * its entry has.
 */
bool setup_is_for_users(
    const struct setup_draft *d, const struct view_service *service);

/*
 * Adds our cleanup service, made after the site's, or puts right what it needs
 * where it is there.
 */
void setup_entry(struct setup_draft *d, const struct view_service *cleanup);

/* The cleanup service that users' mail passes without us; false: none. */
bool setup_find_cleanup(struct setup_draft *d, struct view_service *cleanup);

/* The first argument of ours that is not one of the site's nor of setup's. */
bool setup_entry_has_more(const struct view_service *ours,
    const struct view_service *cleanup, struct span *word);

/* Parts of the plan; each may refuse it. */
void setup_submission(struct setup_draft *d);
void setup_everywhere(struct setup_draft *d);
void setup_rules(struct setup_draft *d);
void setup_rules_undo(struct setup_draft *d);

/*
 * Gives the site's own header_checks a name, and appends what header_checks is
 * to be, which the caller sets when all it needs is there.
 */
void setup_move_header_checks(
    struct setup_draft *d, bool with_tables, struct buf *target);

/* Sets our tables, in front of what else somebody has put there. */
void setup_set_tables(
    struct setup_draft *d, const struct view_service *cleanup);

/*
 * What mime_header_checks or nested_header_checks has to be where header_checks
 * has our tables, appended to out; false where it may stay, or plan is refused.
 */
bool setup_inner_checks(struct setup_draft *d, const char *name,
    struct span value, struct buf *out);

#endif
