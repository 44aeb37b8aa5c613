/* SPDX-License-Identifier: ISC */
/*
 * local - the time zone of this machine
 */
#ifndef CTL_LOCAL_H
#define CTL_LOCAL_H

#include "policyd/zone.h"

/*
 * Reads /etc/localtime; where there is none, local time is UTC. False: it
 * cannot be read, or is no zone file; what is wrong is printed. zone_free()
 * is to be called when it was.
 */
bool local_load(struct zone *local);

#endif
