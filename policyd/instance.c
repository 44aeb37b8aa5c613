/* SPDX-License-Identifier: ISC */
#include "policyd/instance.h"

static bool
is_known(const struct instance *i, int64_t now_ns)
{
	return i->at_ns != 0 && now_ns - i->at_ns <= INSTANCE_MEMORY_NS;
}

/* How often it will have been said to that recipient; 0: not worth it. */
static unsigned
times_said(const struct instance *i, uint64_t recipient, int64_t due_s)
{
	if (due_s > i->due_s)
		return 1;
	if (due_s < i->due_s || recipient != i->recipient ||
	    i->times == INSTANCE_TIMES)
		return 0;
	return i->times + 1;
}

bool
instance_raise(struct instances *instances, uint64_t hash, uint64_t recipient,
    int64_t due_s, int64_t now_ns)
{
	struct instance *set = instances->place[hash % INSTANCE_SETS];
	struct instance *place = &set[0];
	unsigned times = 1;

	for (int way = 0; way < INSTANCE_WAYS; way++) {
		struct instance *i = &set[way];

		if (i->hash == hash && is_known(i, now_ns)) {
			times = times_said(i, recipient, due_s);
			if (times == 0)
				return false;
			place = i;
			break;
		}
		if (i->at_ns < place->at_ns)
			place = i;
	}
	*place = (struct instance){hash, recipient, due_s, now_ns, times};
	return true;
}
