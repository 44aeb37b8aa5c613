/* SPDX-License-Identifier: ISC */
/*
 * filter - which messages a verb is for: ids and --sender and the like, ANDed
 *
 *   --sender --recipient --login --rule LIST   as in deliver-at.rules(5); of
 *                recipients any; --login and --rule are patterns; <> is none
 *   --due '<3h'  leaves within 3 hours; '>1d': later (never included)
 *   --age '<3h'  arrived within the last 3 hours; '>1d': before
 *   --size '<10k', '>1m'
 *   --subject TEXT   is somewhere in the subject as list shows it; ASCII
 *                letters without regard to case
 *
 * Pure, but for memory and the source of lists that file:/PATH names.
 */
#ifndef CTL_FILTER_H
#define CTL_FILTER_H

#include "policyd/condition.h"
#include "policyd/ctl/queue.h"

enum {
	FILTER_IDS_MAX = 100000,
	FILTER_ERROR_SIZE = 600,
};

struct filter; /* everything, at the start */

/* NULL: no memory. */
struct filter *filter_new(int64_t now_s);
void filter_free(struct filter *f);

/*
 * Takes an option of the table above; option is its name without "--". False
 * with the reason in error, which names the option. An option may come once.
 * A value of NULL is one that is missing, and an error. Reads no file.
 */
bool filter_take(struct filter *f, const char *option, const char *value,
    char error[FILTER_ERROR_SIZE]);

/* True for the names that filter_take() knows. */
bool filter_is_option(const char *option);

/* Takes a queue id. One that was given twice counts once. */
bool filter_take_id(
    struct filter *f, const char *id, char error[FILTER_ERROR_SIZE]);

/* There are ids, or options. */
bool filter_has_ids(const struct filter *f);
bool filter_has_options(const struct filter *f);

/*
 * Reads the lists of file:/PATH from source (&rule_file_source). To be called
 * before filter_matches(), by whoever may read them: in the child of
 * hands_run(). False with the reason in error.
 */
bool filter_open(struct filter *f, const struct source *source,
    char error[FILTER_ERROR_SIZE]);

/*
 * A queue_filter_fn; ctx is the filter. Marks its id, if it was given, as met,
 * whatever the options say.
 */
bool filter_matches(void *ctx, const struct queue_message *message);

/*
 * The ids no message was met for, in the order they were given; *i starts at
 * 0. False at the end.
 */
bool filter_next_unmet(const struct filter *f, size_t *i, struct qid *id);

#endif
