/* SPDX-License-Identifier: ISC
 *
 * Lines of a listing, for those who test what policyctl reads of it.
 */
#ifndef TESTS_UNIT_QUEUE_LIST_SUPPORT_H
#define TESTS_UNIT_QUEUE_LIST_SUPPORT_H

#include "tests/unit/sched_support.h"

#include "policyd/ctl/queue_list.h"

#define FRONT(id)                                                              \
	"{\"queue_name\": \"hold\", \"queue_id\": \"" id                       \
	"\", \"arrival_time\": 1000, \"message_size\": 20, "                   \
	"\"forced_expire\": false, "
#define LINE(id, rest) FRONT(id) rest "}\n"
#define SIMPLE(id)                                                             \
	LINE(id,                                                               \
	    "\"sender\": \"a@b\", \"recipients\": [{\"address\": \"c@d\"}]")

#endif
