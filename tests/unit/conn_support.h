/* SPDX-License-Identifier: ISC */
/*
 * conn_support - a server with large answers, and last ones
 */
#ifndef UNIT_CONN_SUPPORT_H
#define UNIT_CONN_SUPPORT_H

#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/conn_private.h"

enum {
	FOREVER_MS = 3600 * 1000,
	IN_MAX = 4096,
	REPLY_MAX = 512 * 1024,
};

struct teller {
	char *large; /* REPLY_MAX bytes */
	size_t handled;
};

/*
 * A request is a line: "large" and "most" have long answers, "last" is
 * answered and ends it, "wrong" is none.
 */
static inline enum conn_verdict
handle_line(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct teller *teller = ctx;
	struct span rest = in, line, reply = span_str("re\n");
	bool wrong;

	if (!span_cut(&rest, '\n', &line))
		return CONN_MORE;
	*used = line.len + 1;
	teller->handled++;
	wrong = span_equal_str(line, "wrong");
	if (span_equal_str(line, "most"))
		reply = span_of(teller->large, CONN_OUT_HIGH - 1);
	if (span_starts_with(line, "large"))
		reply = span_of(teller->large, REPLY_MAX);
	assert_true(buf_append(out, wrong ? span_str("no\n") : reply));
	if (wrong)
		return CONN_CLOSE;
	return span_starts_with(line, "last") ||
		span_equal_str(line, "large and last")
	    ? CONN_LAST
	    : CONN_DONE;
}

static inline void
open_rig(struct rig *rig, struct teller *teller, bool lingers, int64_t idle_ms)
{
	struct conn_protocol protocol = {.name = "tell",
	    .handle = handle_line,
	    .ctx = teller,
	    .in_max = IN_MAX,
	    .reply_max = REPLY_MAX,
	    .lingers = lingers};

	*teller = (struct teller){.large = malloc(REPLY_MAX)};
	assert_non_null(teller->large);
	for (size_t i = 0; i < REPLY_MAX; i++)
		teller->large[i] = (char)('a' + i % 23);
	rig_open(rig, &protocol, 2, idle_ms);
}

static inline void
close_rig(struct rig *rig, struct teller *teller)
{
	rig_close(rig);
	free(teller->large);
}

static inline void
send_text(struct peer *p, const char *text)
{
	assert_int_equal(peer_send(p, span_str(text)), strlen(text));
}

static inline void
check_count(const char *row, const struct rig *rig, size_t want)
{
	check_int(row, (int64_t)conn_server_count(rig->server), (int64_t)want);
}

static inline const struct conn_counters *
counters(const struct rig *rig)
{
	return conn_server_counters(rig->server);
}

#endif
