/* SPDX-License-Identifier: ISC */
/*
 * support - what the unit tests share
 *
 * cmocka.h with the headers it needs; checks that name the row of a table;
 * exact-size blocks, temporary folders, captured output, children; and a rig
 * that runs a conn server against peers in one thread without waiting.
 */
#ifndef UNIT_SUPPORT_H
#define UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "hdrcheck/base/buf.h"
#include "hdrcheck/base/conn.h"
#include "hdrcheck/base/sock.h"
#include "hdrcheck/base/span.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/*
 * Each fails the test with the row's sentence, what it got and what it wanted,
 * unless both are the same.
 */
void check_bool(const char *row, bool got, bool want);
void check_int(const char *row, int64_t got, int64_t want);
void check_string(const char *row, const char *got, const char *want);
void check_span(const char *row, struct span got, struct span want);

/* Fails the test with the row's sentence unless text has part in it. */
void check_part(const char *row, const char *text, const char *part);

/*
 * How many milliseconds may be waited for what is to come; what takes longer
 * has failed. Few where an allocation fails: then it may never come.
 */
int guard_ms(void);

/* s in a heap block of its own size, so that a byte too far is noticed. */
struct span exact_copy(struct span s);
void exact_free(struct span s);

/* Fills n bytes with a pattern, again and again; the last may be cut. */
void fill_pattern(char *to, size_t n, const char *pattern);

/* A fresh folder below UNIT_TMP, or /tmp; its path is the caller's. */
char *folder_make(void);

/* The same as fixtures: *state is its path (char *). */
enum { FOLDER_PATH_SIZE = 256 };
int folder_setup(void **state);
int folder_teardown(void **state);

/* A test in a list that gets such a folder. */
#define IN_FOLDER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

/* PATH/name, written to out. Returns out. */
const char *folder_join(
    void **state, const char *name, char out[FOLDER_PATH_SIZE]);

/* The address of a unix socket PATH/name. */
void folder_address(
    void **state, const char *name, struct sock_address *address);

/* Makes or replaces a file. */
void write_file(const char *path, struct span content);

/* What this process writes to a descriptor between start and stop. */
enum { CAPTURE_SIZE = 8192 };
struct capture {
	int fd;
	int saved;
	int read_end;
};
void capture_start(struct capture *c, int fd);
const char *capture_stop(struct capture *c, char out[CAPTURE_SIZE]);

/*
 * Runs fn in a child. It returns NULL, or what was wrong, with which the test
 * then fails.
 */
typedef const char *child_fn(void *ctx);
void check_in_child(const char *row, child_fn *fn, void *ctx);

/*
 * A server and its loop. Peers are no part of the loop: rig_settle() turns it
 * until nothing happens any more.
 */
struct rig {
	struct loop *loop;
	struct log log;
	struct conn_server *server;
	struct loop_timer round;
};

struct peer {
	struct rig *rig;
	int in_fd; /* from the server */
	int out_fd; /* to the server; the same for a socket */
	bool deaf; /* does not read what the server sends */
	struct buf got;
	bool eof;
};

void rig_open(struct rig *rig, const struct conn_protocol *protocol,
    size_t connections, int64_t idle_ms);
void rig_close(struct rig *rig);

/* A peer on a socketpair, a pair of pipes, or connected to an address. */
void peer_open_pair(struct peer *p, struct rig *rig);
void peer_open_pipes(struct peer *p, struct rig *rig);
void peer_connect(
    struct peer *p, struct rig *rig, const struct sockaddr *to, socklen_t len);
void peer_close(struct peer *p);

/* Sends as much of s as the socket takes now. Returns how much. */
size_t peer_send(struct peer *p, struct span s);

/* No more will be sent; answers are still read. */
void peer_end(struct peer *p);

/* Turns the loop until the server has done all it can with what is there. */
void rig_settle(struct rig *rig, struct peer *const *peers, size_t n);

/* The same for one peer. */
void peer_settle(struct peer *p);

/* Turns the loop until p has n bytes or the end of the stream. */
void peer_await(struct peer *p, size_t n);

void check_got(const char *row, const struct peer *p, const char *want);

#endif
