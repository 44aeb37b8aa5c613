/* SPDX-License-Identifier: ISC */
/* Until text.c is here. */
#include "policyd/ctl/text.h"

__attribute__((weak)) bool
text_decode_header(struct buf *out, struct span body)
{
	return buf_append(out, body);
}
