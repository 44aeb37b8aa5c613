/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policyd/rule_file.h"

enum {
	YEARLESS_S = 300 * 24 * 3600, /* so far is no year needed */
	MINUTE_S = 60,
	HOUR_S = 3600,
};

/* What zone() counts with: the years 1 to 9999. */
#define EARLIEST_S INT64_C(-62135596800)
#define LATEST_S   INT64_C(253402300799)

bool
local_load(struct zone *zone)
{
	size_t len;
	char *file = rule_file_source.load(NULL, SOURCE_ZONE, "", &len);
	const char *wrong;

	memset(zone, 0, sizeof(*zone));
	if (file == NULL)
		return errno == ENOENT;
	wrong = zone_parse(span_of(file, len), zone);
	free(file);
	return wrong == NULL;
}

bool
local_needs_year(int64_t s, int64_t now_s)
{
	return s < now_s - YEARLESS_S || s > now_s + YEARLESS_S;
}

/* "+0100" */
static void
append_offset(int32_t offset_s, char out[LOCAL_TEXT_SIZE])
{
	size_t n = strlen(out);
	int east = offset_s < 0 ? -offset_s : offset_s;

	snprintf(out + n, LOCAL_TEXT_SIZE - n, " %c%02d%02d",
	    offset_s < 0 ? '-' : '+', east / HOUR_S, east % HOUR_S / MINUTE_S);
}

static size_t
format(const struct tm *tm, enum local_form form, char out[LOCAL_TEXT_SIZE])
{
	switch (form) {
	case LOCAL_SHORT:
		return strftime(out, LOCAL_TEXT_SIZE, "%d %b %H:%M", tm);
	case LOCAL_LONG:
		return strftime(out, LOCAL_TEXT_SIZE, "%Y-%m-%d %H:%M", tm);
	case LOCAL_SECONDS:
		return strftime(out, LOCAL_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", tm);
	case LOCAL_WHOLE:
		return strftime(
		    out, LOCAL_TEXT_SIZE, "%a %Y-%m-%d %H:%M:%S", tm);
	case LOCAL_DAY:
		return strftime(out, LOCAL_TEXT_SIZE, "%a %Y-%m-%d", tm);
	}
	return 0;
}

const char *
local_format(const struct zone *zone, int64_t s, enum local_form form,
    char out[LOCAL_TEXT_SIZE])
{
	int32_t offset_s;
	struct tm tm;
	time_t local;

	snprintf(out, LOCAL_TEXT_SIZE, "?");
	if (s < EARLIEST_S || s > LATEST_S)
		return out;
	offset_s = zone_offset_s(zone, s);
	local = (time_t)(s + offset_s);
	if (gmtime_r(&local, &tm) == NULL || format(&tm, form, out) == 0)
		snprintf(out, LOCAL_TEXT_SIZE, "?");
	else if (form == LOCAL_WHOLE)
		append_offset(offset_s, out);
	return out;
}
