/* SPDX-License-Identifier: ISC */
/*
 * orders - what the administrator wants: settings and rules, both or neither
 */
#ifndef POLICYD_ORDERS_H
#define POLICYD_ORDERS_H

#include "hdrcheck/base/log.h"
#include "policyd/rule_file.h"

struct orders {
	struct settings settings;
	struct rules rules;
	bool has_rules; /* a rules file is set */
};

/* Where they are read from, and under which names, for messages. */
struct orders_source {
	int settings_fd; /* -1: the presets */
	const char *settings_file;
	int rules_fd; /* -1: there is no rules file */
	const char *rules_file;
	struct hash_key hash_key;
	int64_t now_s;
};

/*
 * Reads settings and rules. False with "FILE:LINE: what" in error; *orders
 * owns nothing then.
 */
bool orders_read(struct orders *orders, const struct orders_source *source,
    char error[RULE_ERROR_SIZE]);

/* Reads the rules for orders->settings, which are there already. */
bool orders_read_rules(struct orders *orders,
    const struct orders_source *source, char error[RULE_ERROR_SIZE]);

void orders_free(struct orders *orders);

/*
 * What looks like a mistake, though it is none for certain. rules_file is the
 * name of where the rules are from: settings may name another one since.
 */
void orders_warn(
    const struct orders *orders, const char *rules_file, const struct log *log);

/* Whether there is a rule of that name that holds. */
bool orders_hold(const struct orders *orders, struct span rule);

#endif
