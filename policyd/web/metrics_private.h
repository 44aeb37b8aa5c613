/* SPDX-License-Identifier: ISC */
/*
 * metrics_private - what the two halves of metrics share
 */
#ifndef WEB_METRICS_PRIVATE_H
#define WEB_METRICS_PRIVATE_H

#include "policyd/web/exposition.h"
#include "policyd/web/view.h"

/* Appends what hdrcheck counts, as far as it is known. */
void metrics_put_hdrcheck(
    struct exposition *e, const struct view_hdrcheck *hdrcheck);

#endif
