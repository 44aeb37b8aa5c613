/* SPDX-License-Identifier: ISC */
/*
 * server - hdrcheck's protocols, served to many peers or to one
 */
#ifndef HDRCHECK_SERVER_H
#define HDRCHECK_SERVER_H

#include "hdrcheck/daemon.h"

/*
 * The daemon: listens as settings and service manager say, gives up being
 * root, and serves until SIGTERM or SIGINT; SIGHUP reads settings_file (NULL:
 * the default one) again. An exit code.
 */
int server_run(struct daemon *d, const char *settings_file);

/* Whether there is a protocol of that name: socketmap or tcp_table. */
bool server_knows(const char *protocol);

/*
 * Serves one client of a known protocol on standard input and output until it
 * or a signal ends it, not as root. An exit code.
 */
int server_run_one(
    struct daemon *d, const char *settings_file, const char *protocol);

#endif
