/* SPDX-License-Identifier: ISC */
/*
 * ask - what verbs ask the engine, and what people are told when it is silent
 *
 * For the child of hands_run().
 */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include "policyd/control.h"
#include "policyd/ctl/hands.h"
#include "policyd/ctl/remote.h"

/*
 * Connects to the engine. 0; or EX_UNAVAILABLE, and what is wrong is printed:
 * r owns nothing then.
 */
int ask_connect(
    struct hands *hands, const struct settings *settings, struct remote *r);

/* The same, without a word. -1: errno. */
int ask_connect_quietly(struct hands *hands, struct remote *r);

/*
 * After the end of a connection: does the engine run? One that ends is given
 * the time to be gone.
 */
bool ask_is_alive(struct hands *hands);

/* Sends the request of a verb without a body; 0 or EX_UNAVAILABLE, printed. */
int ask_send(struct remote *r, enum control_verb verb);

/*
 * Sends a request and waits for its answer, see remote_ask(). 0; or
 * EX_UNAVAILABLE, and what is wrong is printed.
 */
int ask_wait(
    struct remote *r, struct span request, int timeout_ms, struct span *answer);

#endif
