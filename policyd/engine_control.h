/* SPDX-License-Identifier: ISC */
/*
 * engine_control - what the administrator asks the engine, and is told
 *
 * A part of the engine. It holds what an administrator said and must not be
 * forgotten, obeys the requests on the control socket, and feeds those who
 * follow what happens.
 */
#ifndef POLICYD_ENGINE_CONTROL_H
#define POLICYD_ENGINE_CONTROL_H

#include "policyd/control.h"
#include "policyd/events.h"
#include "policyd/feed.h"
#include "policyd/policy.h"
#include "policyd/state.h"

enum {
	CONTROL_CONNECTIONS = 16,
	CONTROL_IDLE_MS = 60 * 1000,
};

struct engine;

struct engine_control {
	struct conn_server *server;
	struct feed *feed;
	struct overrides overrides;
	struct pause pause;
	enum feed_part part; /* for whom handle() said CONN_TAKE last */
	struct buf line; /* of an event */
	int64_t started_s;
	/* Of those who asked for status. */
	struct sweep_surveying surveying;
	struct loop_timer survey; /* armed while it is under way */
	bool surveyed; /* it is done, and what they are told */
	struct loop_timer save; /* of overrides that changed by themselves */
	int64_t save_at_ns; /* CLOCK_MONOTONIC: not before */
	uint64_t save_failed_at; /* number of walks by then; 0: it did not */
};

/*
 * What was said before this process. 0, or an exit code (logged): it cannot be
 * read, so nothing must be released.
 */
int engine_control_read(struct engine *g);

/* Serves the listener, or nobody when there is none. 0 or -1: errno. */
int engine_control_open(struct engine *g);

/* Writes what is not written yet, and frees everything. */
void engine_control_close(struct engine *g);

/* Writes the overrides if the scheduler changed them and it is time to. */
void engine_control_save(struct engine *g);

/* The same, whatever the time. */
void engine_control_save_last(struct engine *g);

/*
 * Writes overrides, which may be about to become ours. False with "FILE: what"
 * in error.
 */
bool engine_control_write(
    struct engine *g, struct overrides *o, char error[STATE_ERROR_SIZE]);

/* Tell those who follow. */
void engine_tell_event(
    struct engine *g, const struct sweep_event *event, const char *complaint);
void engine_tell_fault(struct engine *g, const char *text);
void engine_tell_reload(struct engine *g, bool ok, const char *text);
void engine_tell_pause(struct engine *g);

/* A policy_refused_fn; ctx is the engine. */
void engine_tell_refused(
    void *ctx, const struct attr_request *request, const struct rule *rule);

/* ", paused since WHEN: REASON", or "". */
enum { ENGINE_PAUSED_SIZE = STATE_REASON_MAX + 64 };
const char *engine_paused_text(
    const struct engine *g, char out[ENGINE_PAUSED_SIZE]);

#endif
