/* SPDX-License-Identifier: ISC */
/*
 * Zone files: whatever is in one, offsets are bounded, local time is found and
 * never goes back, and a window opens when it is asked for.
 */
#include "tests/fuzz/target.h"

#include "policyd/window.h"

#define YEAR_1    INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define YEARS_S   INT64_C(315537897600) /* to the end of 9999 */
#define MARGIN_S  INT64_C(172800)
#define OFFSET_S  (INT64_C(26) * 3600)
#define YEAR_2026 INT64_C(1767225600)

enum { MOMENTS = 24, WINDOW_DAYS = 8 };

static void
check_local(const struct zone *zone, int64_t local_s)
{
	int64_t utc_s = zone_to_utc(zone, local_s);
	int64_t shown_s = zone_shown_s(zone, utc_s);
	int32_t offset_s = zone_offset_s(zone, utc_s);

	must(offset_s >= -OFFSET_S && offset_s <= OFFSET_S);
	must(utc_s >= local_s - OFFSET_S && utc_s <= local_s + OFFSET_S);
	must(utc_s + offset_s == shown_s);
	must(shown_s >= local_s);
	must(zone_shown_s(zone, utc_s - 1) < local_s);
}

/* Neither goes back while time goes on. */
static void
check_order(const struct zone *zone, int64_t a, int64_t b)
{
	int64_t early = a < b ? a : b, late = a < b ? b : a;

	must(zone_to_utc(zone, early) <= zone_to_utc(zone, late));
	must(zone_shown_s(zone, early) <= zone_shown_s(zone, late));
}

static void
check_window(const struct zone *zone, const char *text, int64_t now_s)
{
	char error[WINDOW_ERROR_SIZE];
	struct span name, at;
	struct window window;
	int64_t next_s;

	must(window_parse(span_str(text), &window, &name, &at, error));
	next_s = window_next(&window, zone, now_s);
	must(next_s >= now_s);
	must(next_s <= now_s + WINDOW_DAYS * INT64_C(86400) + 2 * OFFSET_S);
	must(window_next(&window, zone, next_s) == next_s);
	window_free(&window);
}

static void
check_zone(const struct zone *zone, struct dice *dice)
{
	int64_t before = YEAR_1 + MARGIN_S;

	for (size_t i = 0; i < MOMENTS; i++) {
		int64_t s = YEAR_1 + MARGIN_S +
		    (int64_t)dice_roll(dice, (size_t)(YEARS_S - 2 * MARGIN_S));

		if (i % 2 == 0 && zone->n > 0) {
			s = zone->at_s[dice_roll(dice, zone->n - 1)];
			if (s < YEAR_1 || s > YEAR_1 + YEARS_S)
				continue;
			s += (int64_t)dice_roll(dice, 7200) - 3600;
		}
		if (s < YEAR_1 + MARGIN_S || s > YEAR_1 + YEARS_S - MARGIN_S)
			continue;
		check_local(zone, s);
		check_order(zone, before, s);
		check_order(zone, s, s + (int64_t)dice_roll(dice, 86400));
		before = s;
	}
	for (size_t i = 0; i < 4; i++) {
		int64_t now_s =
		    YEAR_2026 + (int64_t)dice_roll(dice, 366 * 86400);

		check_window(
		    zone, "Mon-Fri 08:00-20:00, Sat 10:00-14:00", now_s);
		check_window(zone, "22:00-06:00", now_s);
		check_window(zone, "Sun 02:30-02:31", now_s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span_of(data, size);
	struct dice dice = dice_of(file);
	struct zone zone;
	const char *wrong = zone_parse(file, &zone);

	if (wrong != NULL) {
		must(strlen(wrong) > 0 && zone.at_s == NULL);
		return 0;
	}
	must(zone.n < size / 9);
	for (size_t i = 1; i < zone.n; i++)
		must(zone.at_s[i - 1] < zone.at_s[i]);
	check_zone(&zone, &dice);
	zone_free(&zone);
	return 0;
}
