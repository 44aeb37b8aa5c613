/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/table.h"

void
table_want(struct table_column *column, int width)
{
	if (column->wanted < width)
		column->wanted = width;
}

/* The least that a column can be shown with. */
static int
least_of(const struct table_column *column)
{
	if (column->least == 0 || column->least > column->wanted)
		return column->wanted;
	return column->least;
}

/* What all that are shown need with these widths, and the gaps. */
static int
total(const struct table_column *column, size_t n)
{
	int sum = -TABLE_GAP;

	for (size_t i = 0; i < n; i++)
		if (column[i].width > 0)
			sum += column[i].width + TABLE_GAP;
	return sum;
}

static bool
drop_one(struct table_column *column, size_t n)
{
	struct table_column *first = NULL;

	for (size_t i = 0; i < n; i++)
		if (column[i].width > 0 && column[i].drop > 0 &&
		    (first == NULL || column[i].drop < first->drop))
			first = &column[i];
	if (first != NULL)
		first->width = 0;
	return first != NULL;
}

/* The narrowest of those that would like to be wider. */
static struct table_column *
find_narrow(struct table_column *column, size_t n)
{
	struct table_column *narrow = NULL;

	for (size_t i = 0; i < n; i++)
		if (column[i].width > 0 && column[i].width < column[i].wanted &&
		    (narrow == NULL || column[i].width < narrow->width))
			narrow = &column[i];
	return narrow;
}

/* What is left goes where there is least, column by column of the terminal. */
void
table_fit(struct table_column *column, size_t n, int width)
{
	struct table_column *narrow;
	int left;

	for (size_t i = 0; i < n; i++)
		column[i].width =
		    width > 0 ? least_of(&column[i]) : column[i].wanted;
	if (width == 0)
		return;
	while (total(column, n) > width && drop_one(column, n))
		;
	for (left = width - total(column, n); left > 0; left--) {
		narrow = find_narrow(column, n);
		if (narrow == NULL)
			return;
		narrow->width++;
	}
}
