/* SPDX-License-Identifier: ISC */
/*
 * engine_private - the inside of the engine, for its own files
 */
#ifndef POLICYD_ENGINE_PRIVATE_H
#define POLICYD_ENGINE_PRIVATE_H

#include "policyd/engine.h"
#include "policyd/jobs.h"
#include "policyd/look.h"
#include "policyd/policy.h"
#include "policyd/sched/wire.h"

enum { ROOM_SIZE = WIRE_MAX /* bytes of news, or of a message */ };

struct engine {
	struct engine_options o;
	struct orders orders;
	struct hash_key hash_key;
	struct look look;
	struct loop *loop;
	struct loop_timer wall_timer;
	struct loop_timer mono_timer;
	struct loop_timer watchdog;
	struct conn_server *server;
	struct policy policy;
	struct sweep sweep;
	struct jobs jobs;
	struct buf request;
	bool stopping;
	bool drained; /* no policy client is left */
	int exit_code;
	char room[ROOM_SIZE];
};

/* The rules that the start names. 0, or an exit code (logged). */
int engine_read_rules(struct engine *g);

/* What the policy service goes by: rules, and counts of the scheduler. */
void engine_make_policy(struct engine *g);

/* A sweep_holds_fn; ctx is the engine. */
bool engine_holds(void *ctx, struct span rule);

/*
 * Configuration and rules to be read again; the descriptors stay the caller's.
 * All or nothing: a mistake in either file leaves both as they were.
 */
void engine_take_orders(
    struct engine *g, int files, const int *fds, size_t n_fds);

#endif
