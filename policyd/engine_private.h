/* SPDX-License-Identifier: ISC */
/*
 * engine_private - the inside of the engine, for its own files
 */
#ifndef POLICYD_ENGINE_PRIVATE_H
#define POLICYD_ENGINE_PRIVATE_H

#include "policyd/engine.h"
#include "policyd/engine_control.h"
#include "policyd/engine_snapshot.h"
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
	struct loop_timer news_nap; /* until they are read again */
	struct conn_server *server;
	struct policy policy;
	struct sweep sweep;
	struct jobs jobs;
	struct engine_control control;
	struct engine_snapshot *snapshot; /* NULL: nobody wants any */
	struct buf request;
	bool stopping;
	unsigned draining; /* servers that have clients left */
	int exit_code;
	char room[ROOM_SIZE];
};

/* How the engine is, as a line of JSON. False: no room. */
bool engine_print_status(const struct engine *g,
    const struct sweep_survey *survey, const struct clock_now *now,
    struct buf *out);

/* Starts what the scheduler wants, and sets its alarms. */
void engine_pump(struct engine *g);

/* False: errno; it is logged unless the channel is full. */
bool engine_tell_runner(struct engine *g, enum wire_ask ask);

/*
 * Hears what happens in the hold queue, if it may. 0 or -1: errno. While mail
 * leaves or is read, news are taken by portions.
 */
int engine_watch_news(struct engine *g);

/* What is not taken yet is taken now: before a list tells of it as well. */
void engine_wake_news(struct engine *g);

/* The same, before this returns. */
void engine_hear_news(struct engine *g);

/* A watch that was not there at the start; fd is owned from here on. */
void engine_start_news(struct engine *g, int fd);

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

/* They are not read again: that file, of WIRE_HAS_..., cannot be opened. */
void engine_miss_orders(struct engine *g, int file, int error);

#endif
