/* SPDX-License-Identifier: ISC */
/*
 * facts_support - headers of queue files, for the two tests of facts
 */
#ifndef UNIT_FACTS_SUPPORT_H
#define UNIT_FACTS_SUPPORT_H

#include "tests/unit/sched_support.h"

#include "policyd/sched/facts.h"

enum { OWNER_UID = 102, HEADERS_MAX = 6 };

/* 2026-12-25T09:00:00Z and an hour later. */
#define NINE_S INT64_C(1798189200)
#define TEN_S  INT64_C(1798192800)
#define NINE   "X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000"
#define TEN    "X-Deliver-At: Fri, 25 Dec 2026 10:00:00 +0000"

#define FROM_CLIENT                                                            \
	"Received: from client.test (unknown [192.0.2.7])\n\tby private.test " \
	"(Postfix) with ESMTP id C5A28A72512"
#define BY_USER(uid)                                                           \
	"Received: by private.test (Postfix, from userid " uid ")\n\tid "      \
	"7E92DA72642; Sat, 21 Nov 2026 21:44:54 +0000 (UTC)"
#define REQUEUED BY_USER("102")

static const struct hash_key facts_key = {{1, 2}};

static inline void
take_headers(struct facts *facts, const char *const headers[HEADERS_MAX],
    const struct settings *settings)
{
	facts_begin(facts);
	for (size_t i = 0; i < HEADERS_MAX && headers[i] != NULL; i++) {
		struct span header = exact_copy(span_str(headers[i]));

		facts_take_header(facts, header, settings, OWNER_UID);
		exact_free(header);
	}
}

#endif
