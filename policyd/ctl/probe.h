/* SPDX-License-Identifier: ISC */
/*
 * probe - does hdrcheck answer?
 */
#ifndef CTL_PROBE_H
#define CTL_PROBE_H

#include "hdrcheck/counts.h"
#include "hdrcheck/settings.h"

enum { PROBE_MS = 5000 /* to wait for it */ };

struct probe {
	const struct sock_address *address; /* borrowed; NULL: it is to listen
					       nowhere */
	bool runs; /* it answers; a tcp_table: somebody listens */
	bool has_counts; /* not those of a tcp_table */
	struct lookup_counts counts;
	const char *wrong; /* why not; strerror(3) or a constant */
};

/* Asks the socketmap of settings, or else tries the tcp_table. */
void probe_hdrcheck(const struct settings *settings, struct probe *probe);

#endif
