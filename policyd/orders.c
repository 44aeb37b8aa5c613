/* SPDX-License-Identifier: ISC */
#include "policyd/orders.h"

#include <stdio.h>

bool
orders_read_rules(struct orders *orders, const struct orders_source *source,
    char error[RULE_ERROR_SIZE])
{
	orders->has_rules = source->rules_fd >= 0 &&
	    rule_file_read(&orders->rules, source->rules_fd, source->rules_file,
		&orders->settings, &source->hash_key, source->now_s, error);
	return orders->has_rules || source->rules_fd < 0;
}

bool
orders_read(struct orders *orders, const struct orders_source *source,
    char error[RULE_ERROR_SIZE])
{
	char wrong[CONF_ERROR_SIZE];
	bool ok;

	memset(orders, 0, sizeof(*orders));
	if (source->settings_fd >= 0)
		ok = settings_read(&orders->settings, source->settings_fd,
		    source->settings_file, wrong);
	else
		ok = settings_parse(&orders->settings, span_of("", 0),
		    source->settings_file, wrong);
	if (!ok) {
		snprintf(error, RULE_ERROR_SIZE, "%s", wrong);
		return false;
	}
	return orders_read_rules(orders, source, error);
}

void
orders_free(struct orders *orders)
{
	if (orders->has_rules)
		rules_free(&orders->rules);
	orders->has_rules = false;
}

void
orders_warn(
    const struct orders *orders, const char *rules_file, const struct log *log)
{
	const struct rules *rules = &orders->rules;

	for (size_t i = 0; orders->has_rules && i < rules->n_attributes; i++)
		if (!attr_is_known(rules->attribute[i]))
			log_warnx(log,
			    "%s: Postfix is not known to send an attribute "
			    "%.*s",
			    rules_file, (int)rules->attribute[i].len,
			    rules->attribute[i].data);
}

bool
orders_hold(const struct orders *orders, struct span rule)
{
	return orders->has_rules && rules_hold(&orders->rules, rule);
}
