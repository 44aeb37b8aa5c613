/* SPDX-License-Identifier: ISC */
/*
 * table - which columns a terminal has room for, and how wide they are
 *
 * Columns are wanted as wide as their widest cell. Where that is more than
 * there is, some are narrowed, and the least important left out. Pure.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include "hdrcheck/base/buf.h"

enum { TABLE_GAP = 2 /* blanks between two columns */ };

struct table_column {
	const char *title;
	int least; /* columns it can be narrowed to; 0: it is always whole */
	int drop; /* those with the lowest are left out first; 0: never */
	bool right; /* its cells stand on the right */
	int wanted; /* of the widest cell; 0: there is nothing to show */
	int width; /* what it gets; 0: it is left out */
};

/* A cell of so many columns is there. */
void table_want(struct table_column *column, int width);

/*
 * Sets the widths, for a terminal of so many columns; 0: there is room for
 * all.
 */
void table_fit(struct table_column *column, size_t n, int width);

#endif
