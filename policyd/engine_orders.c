/* SPDX-License-Identifier: ISC */
/*
 * The engine's settings and rules: read at the start and at a reload, and
 * asked by scheduler and policy service.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"
#include "hdrcheck/daemon.h"
#include "policyd/engine_private.h"
#include "policyd/sched/submitter.h"

bool
engine_holds(void *ctx, struct span rule)
{
	struct engine *g = ctx;

	return orders_hold(&g->orders, rule);
}

static void
count_postponed(void *ctx, struct span login, struct span sender,
    struct decide_counts *counts)
{
	struct engine *g = ctx;
	uint64_t submitter = login.len > 0
	    ? submitter_of_login(&g->hash_key, login)
	    : submitter_of_sender(&g->hash_key, sender);

	counts->sender = sweep_postponed(&g->sweep, submitter);
	counts->total = sweep_postponed_total(&g->sweep);
}

/* Those of g->orders are in force; old ones may have been before. */
static void
take_rules(struct engine *g, const struct orders *old)
{
	const struct rules *former =
	    old != NULL && old->has_rules ? &old->rules : NULL;

	if (g->orders.has_rules)
		hits_begin(&g->policy.hits, &g->orders.rules, former);
	else
		hits_free(&g->policy.hits);
	engine_snapshot_take_orders(g);
}

void
engine_make_policy(struct engine *g)
{
	g->policy.log = g->o.log;
	g->policy.orders = &g->orders;
	g->policy.count = count_postponed;
	g->policy.count_ctx = g;
	g->policy.refused = engine_tell_refused;
	g->policy.refused_ctx = g;
	take_rules(g, NULL);
}

/* Rules that held and do no more let their mail go. */
static void
tell_gone(struct engine *g, const struct orders *old)
{
	const struct rules *rules = &old->rules;
	char line[LOOK_LINE_SIZE];

	for (size_t i = 0; old->has_rules && i < rules->n; i++) {
		const struct rule *rule = &rules->rule[i];
		uint32_t n;

		if (rule->action != RULE_HOLD ||
		    orders_hold(&g->orders, rule->name))
			continue;
		n = sweep_count_frozen(&g->sweep, rule->name);
		if (n > 0)
			log_info(
			    g->o.log, "%s", look_format(rule->name, n, line));
	}
}

static const char read_again[] = "configuration read again";

static void
stay_with_old(struct engine *g, const char *why)
{
	log_warnx(g->o.log, "%s; the old configuration stays", why);
	engine_tell_reload(g, false, why);
}

static void
obey(struct engine *g, const struct orders *orders)
{
	struct orders old = g->orders;
	struct conn_limits limits;
	const char *fixed =
	    settings_needs_restart(g->o.settings, &orders->settings);

	if (fixed != NULL)
		log_warnx(g->o.log, "a change of %s needs a restart", fixed);
	g->orders = *orders;
	limits = daemon_limits(&g->orders.settings);
	conn_server_limit(g->server, &limits);
	orders_warn(&g->orders, g->o.settings->rules_file, g->o.log);
	tell_gone(g, &old);
	take_rules(g, &old);
	orders_free(&old);
	sweep_reconsider(&g->sweep);
	log_info(g->o.log, "%s", read_again);
	engine_tell_reload(g, true, read_again);
}

static struct orders_source
orders_source(const struct engine *g, int settings_fd, int rules_fd)
{
	return (struct orders_source){
	    .settings_fd = settings_fd,
	    .settings_file = g->o.settings_file,
	    .rules_fd = rules_fd,
	    .rules_file = g->o.settings->rules_file,
	    .hash_key = g->hash_key,
	    .now_s = clock_floor_s(clock_wall_ns()),
	};
}

void
engine_take_orders(struct engine *g, int files, const int *fds, size_t n_fds)
{
	int settings_fd = files & WIRE_HAS_SETTINGS ? *fds++ : -1;
	int rules_fd = files & WIRE_HAS_RULES ? *fds : -1;
	struct orders_source source = orders_source(g, settings_fd, rules_fd);
	char error[RULE_ERROR_SIZE];
	struct orders orders;

	if (files != 0 && n_fds == 0)
		stay_with_old(g, "no descriptor is free");
	else if (orders_read(&orders, &source, error))
		obey(g, &orders);
	else
		stay_with_old(g, error);
}

/* The runner has logged it. */
void
engine_miss_orders(struct engine *g, int file, int error)
{
	char text[RULE_ERROR_SIZE];

	snprintf(text, sizeof(text), "%s: %s",
	    file == WIRE_HAS_RULES ? g->o.settings->rules_file
				   : g->o.settings_file,
	    strerror(error));
	engine_tell_reload(g, false, text);
}

int
engine_read_rules(struct engine *g)
{
	struct orders_source source;
	char error[RULE_ERROR_SIZE];
	bool ok;

	g->orders.settings = *g->o.settings;
	if (os_random(&g->hash_key, sizeof(g->hash_key)) < 0) {
		log_error(g->o.log, "no random bytes: %s", strerror(errno));
		return EX_OSERR;
	}
	source = orders_source(g, -1, g->o.rules);
	ok = orders_read_rules(&g->orders, &source, error);
	if (g->o.rules >= 0)
		close(g->o.rules);
	if (ok)
		return 0;
	log_error(g->o.log, "%s", error);
	return EX_CONFIG;
}
