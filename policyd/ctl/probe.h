/* SPDX-License-Identifier: ISC */
/*
 * probe - does hdrcheck answer?
 */
#ifndef CTL_PROBE_H
#define CTL_PROBE_H

#include "hdrcheck/settings.h"

enum { PROBE_MS = 5000 /* to wait for it */ };

/* What its map "status" counts, in its order. */
enum probe_count {
	PROBE_LOOKUPS,
	PROBE_HOLD,
	PROBE_DUNNO,
	PROBE_REJECT,
	PROBE_NOTFOUND,
	PROBE_MALFORMED,
	PROBE_COUNTS, /* how many there are */
};

struct probe {
	const struct sock_address *address; /* borrowed; NULL: it is to listen
					       nowhere */
	bool runs; /* it answers; a tcp_table: somebody listens */
	bool has_counts; /* not those of a tcp_table */
	uint64_t count[PROBE_COUNTS];
	const char *wrong; /* why not; strerror(3) or a constant */
};

extern const char *const probe_names[PROBE_COUNTS];

/* Asks the socketmap of settings, or else tries the tcp_table. */
void probe_hdrcheck(const struct settings *settings, struct probe *probe);

/*
 * Reads a reply of the map "status", as it comes: 1: done, 0: more is needed,
 * -1: it is none. Pure.
 */
int probe_read(struct span in, struct probe *probe);

#endif
