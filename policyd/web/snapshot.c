/* SPDX-License-Identifier: ISC */
#include "policyd/web/snapshot.h"
bool
snapshot_put(const struct snapshot *snapshot, struct buf *out)
{
	return buf_append(out, span_of(snapshot, sizeof(*snapshot)));
}
enum snapshot_result
snapshot_take(struct span in, struct snapshot *snapshot, size_t *used)
{
	if (in.len < sizeof(*snapshot))
		return SNAPSHOT_MORE;
	memcpy(snapshot, in.data, sizeof(*snapshot));
	*used = sizeof(*snapshot);
	return SNAPSHOT_DONE;
}
