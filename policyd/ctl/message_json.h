/* SPDX-License-Identifier: ISC */
/*
 * message_json - a message on hold as a line of JSON, for programs
 *
 * Members, all of them always there:
 *
 *   queue_id      string
 *   due           string: RFC 3339 in UTC, or "never"
 *   arrival_time  string: RFC 3339 in UTC
 *   message_size  number: bytes
 *   sender        string; empty: a bounce
 *   recipients    array of strings
 *   login         string, or null
 *   rule          string: whose header decides; or null
 *   subject       string: decoded; or null
 *   rescheduled   string: when the administrator said so, RFC 3339 in UTC; or
 *                 null
 *   method        "release" or "requeue": how it leaves
 *
 * Pure, but for memory.
 */
#ifndef CTL_MESSAGE_JSON_H
#define CTL_MESSAGE_JSON_H

#include "policyd/ctl/queue.h"

/* Appends it and a line end. False: no room; what was appended is cut. */
bool message_put_json(struct buf *out, const struct queue_message *m);

#endif
