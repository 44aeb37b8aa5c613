/* SPDX-License-Identifier: ISC */
/*
 * What is counted, in words.
 */
#include "tests/model/model.h"

const char *
model_kind_name(enum kind kind)
{
	static const char *const names[K_KINDS] = {
	    "listings that fail",
	    "listings that are cut off",
	    "mail that a listing misses",
	    "mail that a listing repeats",
	    "listings from the past",
	    "reads that fail",
	    "files that a read misses",
	    "files that spoil reads",
	    "releases that fail",
	    "mail that a release passes over",
	    "releases without a word",
	    "releases that die having released",
	    "mail that spoils releases",
	    "kicks that fail",
	    "kicks that get lost",
	    "commands that are not run",
	    "commands that stall",
	    "commands that outlive the engine",
	    "news that are lost",
	    "news that are late",
	    "engines killed",
	    "engines stopped",
	    "clocks stepped forward",
	    "clocks stepped back",
	    "stops of Postfix",
	    "disks that are full",
	    "queue ids used again",
	    "mail held again by somebody",
	    "mail released by somebody",
	    "drop",
	    "fail",
	    "mail requeued by somebody",
	    "reschedule",
	    "release now",
	    "reschedule to never",
	    "pause",
	    "changes of rules",
	    "reloads",
	    "peeks",
	    "too late to reschedule",
	    "messages",
	    "of them foreign",
	    "walks that ended well",
	    "released by us",
	    "requeued by us",
	    "delivered",
	    "mix-ups that nobody could notice",
	};

	return names[kind];
}
