/* SPDX-License-Identifier: ISC */
#include "policyd/web/snapshot.h"

#include <stddef.h>
#include <string.h>

#define FIXED offsetof(struct snapshot, rule)

static struct span
rules(const struct snapshot *s)
{
	return span_of(s->rule, s->n_rules * sizeof(s->rule[0]));
}

static struct span
messages(const struct snapshot *s)
{
	return span_of(s->next, s->n_next * sizeof(s->next[0]));
}

bool
snapshot_put(const struct snapshot *s, struct buf *out)
{
	size_t n = FIXED + rules(s).len + messages(s).len;
	char *room = buf_reserve(out, n);

	if (room == NULL)
		return false;
	memcpy(room, s, FIXED);
	memcpy(room + FIXED, rules(s).data, rules(s).len);
	memcpy(room + FIXED + rules(s).len, messages(s).data, messages(s).len);
	buf_commit(out, n);
	return true;
}

enum snapshot_result
snapshot_take(struct span in, struct snapshot *s, size_t *used)
{
	size_t n;

	*used = 0;
	if (in.len < FIXED)
		return SNAPSHOT_MORE;
	memcpy(s, in.data, FIXED);
	if (s->n_rules > SNAPSHOT_RULES_MAX || s->n_next > SNAPSHOT_NEXT_MAX)
		return SNAPSHOT_WRONG;
	n = FIXED + rules(s).len + messages(s).len;
	if (in.len < n)
		return SNAPSHOT_MORE;
	memcpy(s->rule, in.data + FIXED, rules(s).len);
	memcpy(s->next, in.data + FIXED + rules(s).len, messages(s).len);
	*used = n;
	return SNAPSHOT_DONE;
}
