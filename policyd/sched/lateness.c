/* SPDX-License-Identifier: ISC */
#include "policyd/sched/lateness.h"

#include "hdrcheck/base/clock.h"

enum { LAST = LATENESS_BUCKETS - 1, ALL_THOUSANDTHS = 1000 };

#define MS(n) ((n)*CLOCK_NS_PER_MS)
#define S(n)  ((n)*CLOCK_NS_PER_S)

const int64_t lateness_bound_ns[LATENESS_BUCKETS - 1] = {
    MS(5), MS(10), MS(20), MS(50), MS(100), MS(200), MS(500), /* */
    S(1), S(2), S(5), S(10), S(20), S(30), /* */
    S(60), S(120), S(300), S(600), S(1800), S(3600), /* */
};

static int
bucket_of(int64_t late_ns)
{
	int i = 0;

	while (i < LAST && late_ns > lateness_bound_ns[i])
		i++;
	return i;
}

void
lateness_add(struct lateness *l, int64_t late_ns)
{
	if (late_ns < 0)
		late_ns = 0;
	l->n++;
	l->in[bucket_of(late_ns)]++;
	/* Years late a few times, after a clock was set: the sum stays there.
	 */
	l->sum_ns =
	    late_ns > INT64_MAX - l->sum_ns ? INT64_MAX : l->sum_ns + late_ns;
	if (late_ns > l->most_ns)
		l->most_ns = late_ns;
}

int64_t
lateness_part_ns(const struct lateness *l, unsigned thousandths)
{
	uint64_t part =
	    thousandths < ALL_THOUSANDTHS ? thousandths : ALL_THOUSANDTHS;
	uint64_t wanted = (l->n * part + ALL_THOUSANDTHS - 1) / ALL_THOUSANDTHS;
	uint64_t found = 0;

	for (int i = 0; i < LAST; i++) {
		found += l->in[i];
		if (found > 0 && found >= wanted)
			return lateness_bound_ns[i] < l->most_ns
			    ? lateness_bound_ns[i]
			    : l->most_ns;
	}
	return l->most_ns;
}
