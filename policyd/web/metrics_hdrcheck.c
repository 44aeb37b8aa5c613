/* SPDX-License-Identifier: ISC */
#include "policyd/web/metrics_private.h"

static void
put_up(struct exposition *e, const struct view_hdrcheck *h)
{
	exposition_begin(e, "deliverat_hdrcheck_up", "gauge",
	    "Whether hdrcheck answered the last question.");
	exposition_count(e, h->answers ? 1 : 0);
	exposition_begin(e, "deliverat_hdrcheck_silence_seconds", "gauge",
	    "Since hdrcheck answered last, or since it is asked.");
	exposition_seconds(e, h->silent_ns);
}

static void
put_lookups(struct exposition *e, const struct lookup_counts *counts)
{
	exposition_begin(e, "deliverat_hdrcheck_lookups_total", "counter",
	    "Header lines that Postfix asked for, by what hdrcheck said.");
	for (int i = COUNT_HOLD; i <= COUNT_NOTFOUND; i++)
		exposition_labelled(
		    e, "verdict", span_str(counts_name[i]), counts->n[i]);
}

static void
put_others(struct exposition *e, const struct lookup_counts *counts)
{
	exposition_begin(e, "deliverat_hdrcheck_malformed_total", "counter",
	    "Frames and requests to hdrcheck that were none.");
	exposition_count(e, counts->n[COUNT_MALFORMED]);
	exposition_begin(e, "deliverat_hdrcheck_connections_total", "counter",
	    "Connections that hdrcheck accepted.");
	exposition_count(e, counts->n[COUNT_CONNECTIONS]);
	exposition_begin(e, "deliverat_hdrcheck_connections", "gauge",
	    "Connections to hdrcheck, the one that asks for this included.");
	exposition_count(e, counts->n[COUNT_OPEN]);
}

/*
 * Of one that does not answer nothing is counted: old numbers that stand still
 * would look like an hdrcheck that has nothing to do.
 */
void
metrics_put_hdrcheck(struct exposition *e, const struct view_hdrcheck *hdrcheck)
{
	if (hdrcheck->listens[0] == '\0')
		return;
	put_up(e, hdrcheck);
	if (!hdrcheck->answers || !hdrcheck->has_counts)
		return;
	put_lookups(e, &hdrcheck->counts);
	put_others(e, &hdrcheck->counts);
}
