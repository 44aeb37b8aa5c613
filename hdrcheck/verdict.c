/* SPDX-License-Identifier: ISC */
#include "hdrcheck/verdict.h"

#include <stdio.h>
#include <string.h>

#include "hdrcheck/header.h"

#define SECONDS_PER_DAY INT64_C(86400)

static enum verdict_kind
judge_date(const struct date *date, int64_t now_ns, int64_t max_postpone_s)
{
	int64_t now_s = clock_floor_s(now_ns), ahead_ns;

	if (date->never)
		return VERDICT_HOLD;
	if (date->moment_s <= now_s)
		return VERDICT_DUNNO;
	/* Compared in seconds first: a far year in nanoseconds overflows. */
	if (date->moment_s - now_s > max_postpone_s + 1)
		return VERDICT_REJECT;
	ahead_ns = (date->moment_s - now_s) * CLOCK_NS_PER_S -
	    (now_ns - now_s * CLOCK_NS_PER_S);
	if (ahead_ns > max_postpone_s * CLOCK_NS_PER_S)
		return VERDICT_REJECT;
	return VERDICT_HOLD;
}

struct verdict
verdict_of(struct span line, int64_t now_ns, const struct settings *settings)
{
	struct verdict v = {.kind = VERDICT_NOTFOUND};
	struct span name, body;
	int at;

	if (!header_cut(line, &name, &body))
		return v;
	at = header_find(&settings->header_names, name);
	if (at < 0)
		return v;
	v.name = settings->header_names.name[at];
	v.error = date_parse(body, &v.date);
	if (v.error != DATE_OK)
		v.kind = VERDICT_REJECT;
	else
		v.kind = judge_date(&v.date, now_ns, settings->max_postpone_s);
	return v;
}

static int
format_too_far(const char *name, int64_t max_s, char out[VERDICT_TEXT_SIZE])
{
	char duration[CLOCK_DURATION_SIZE];

	if (max_s % SECONDS_PER_DAY != 0)
		return snprintf(out, VERDICT_TEXT_SIZE,
		    "REJECT 5.7.1 %s: more than %s ahead", name,
		    clock_format_duration(max_s, duration));
	return snprintf(out, VERDICT_TEXT_SIZE,
	    "REJECT 5.7.1 %s: more than %lld day%s ahead", name,
	    (long long)(max_s / SECONDS_PER_DAY),
	    max_s == SECONDS_PER_DAY ? "" : "s");
}

static int
format_hold(const struct date *date, char out[VERDICT_TEXT_SIZE])
{
	static const char until[] = "HOLD until ";
	static const char gone[] = "its rule is gone";
	char *rest = out + sizeof(until) - 1;

	memcpy(out, until, sizeof(until));
	if (date->never)
		memcpy(rest, gone, sizeof(gone));
	else
		clock_format_utc(date->moment_s, rest);
	return (int)strlen(out);
}

size_t
verdict_format(const struct verdict *verdict, const struct settings *settings,
    char out[VERDICT_TEXT_SIZE])
{
	int n = 0;

	out[0] = '\0';
	switch (verdict->kind) {
	case VERDICT_DUNNO:
		n = snprintf(out, VERDICT_TEXT_SIZE, "DUNNO");
		break;
	case VERDICT_HOLD:
		n = format_hold(&verdict->date, out);
		break;
	case VERDICT_REJECT:
		if (verdict->error == DATE_OK)
			n = format_too_far(
			    verdict->name, settings->max_postpone_s, out);
		else
			n = snprintf(out, VERDICT_TEXT_SIZE,
			    "REJECT 5.6.0 %s: %s", verdict->name,
			    date_reason(verdict->error));
		break;
	case VERDICT_NOTFOUND:
	case VERDICT_KINDS:
		break;
	}
	return (size_t)n;
}
