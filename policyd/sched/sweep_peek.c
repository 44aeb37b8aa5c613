/* SPDX-License-Identifier: ISC */
/*
 * Reads of mail whose moment is known, for those who want to see it.
 */
#include "policyd/sched/sweep_entry.h"

#include <assert.h>
#include <string.h>

/* News may be due within a second, so it cannot wait for as long as others. */
#define PATIENCE_NS (100 * CLOCK_NS_PER_MS)

void
sweep_peek(struct sweep *s, const struct qid *ids, size_t n)
{
	assert(n <= SWEEP_PEEK_MAX);
	if (n > 0)
		memcpy(s->peek, ids, n * sizeof(*ids));
	s->n_peek = n;
	s->peek_failed = false;
}

bool
sweep_is_peeking(const struct sweep *s)
{
	return s->n_peek > 0 || s->peeking;
}

/* Those that are known to be gone would only make it fail. */
size_t
sweep_gather_peek(struct sweep *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_peek; i++) {
		uint32_t slot = index_find(&s->index, &s->peek[i]);

		if (slot != INDEX_NONE &&
		    index_at(&s->index, slot)->state == WAITING)
			s->reading[n++] = s->peek[i];
	}
	s->n_peek = 0;
	s->peeking = n > 0;
	s->peek_ends = false;
	return n;
}

int64_t
sweep_peek_end_ns(const struct sweep *s)
{
	if (!s->peeking || s->peek_ends || s->unread.n == 0)
		return INT64_MAX;
	return s->verb[SWEEP_READ].started_ns + PATIENCE_NS;
}

bool
sweep_ends_peek(struct sweep *s, const struct clock_now *now)
{
	if (sweep_peek_end_ns(s) > now->mono_ns)
		return false;
	s->peek_ends = true;
	return true;
}

/* Nothing of it is news, nor a reason to read less or later. */
void
sweep_end_peek(struct sweep *s, bool ok)
{
	s->verb[SWEEP_READ].running = false;
	s->running--;
	s->peeking = false;
	s->peek_failed = !ok;
}
