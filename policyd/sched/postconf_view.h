/* SPDX-License-Identifier: ISC */
/*
 * postconf_view - Postfix's configuration as postconf(1) prints it
 *
 * Values are given as they are written, with their $names; view_expand() does
 * with them what a daemon of Postfix does. The configuration is written by the
 * administrator, so this may run as root. Pure. Postfix: postconf(1),
 * master(5), the section PARAMETERS of postconf(5), and src/util/mac_expand.c
 * of 3.7.
 */
#ifndef SCHED_POSTCONF_VIEW_H
#define SCHED_POSTCONF_VIEW_H

#include "hdrcheck/base/buf.h"

enum { VIEW_VALUE_MAX = 64 * 1024 }; /* bytes of an expanded value */

/* Borrowed: what these commands print. */
struct postconf_view {
	struct span explicit; /* postconf -n: what main.cf says */
	struct span all; /* postconf: that, and the defaults */
	struct span services; /* postconf -M */
	struct span overrides; /* postconf -P */
};

/* An entry of master.cf; the fields as they are written. */
struct view_service {
	struct span name;
	struct span type;
	struct span private;
	struct span unpriv;
	struct span chroot;
	struct span wakeup;
	struct span maxproc;
	struct span command;
	struct span args; /* all of them, "-o name=value" included */
};

/* The next "name = value"; *rest starts as v->explicit or v->all. */
bool view_next_setting(
    struct span *rest, struct span *name, struct span *value);

/* What main.cf says; false where it says nothing. */
bool view_setting(
    const struct postconf_view *v, struct span name, struct span *value);

/* The same, or the default; false for a name that is not known. */
bool view_parameter(
    const struct postconf_view *v, struct span name, struct span *value);

/* The next entry of master.cf; *rest starts as v->services. */
bool view_next_service(struct span *rest, struct view_service *service);

bool view_find_service(const struct postconf_view *v, struct span name,
    const char *type, struct view_service *service);

/*
 * The next "-o parameter=value" of a service; *rest starts as v->overrides.
 * What stands in a service twice comes once, as the last one says.
 */
bool view_next_override(struct span *rest, const struct view_service *service,
    struct span *parameter, struct span *value);

bool view_override(const struct postconf_view *v,
    const struct view_service *service, struct span parameter,
    struct span *value);

/* What a service takes for a parameter: its -o, else main.cf, else default. */
bool view_raw(const struct postconf_view *v, const struct view_service *service,
    struct span parameter, struct span *value);

/*
 * Appends text with its $name, $(name), ${name?yes}, ${name:no} and
 * ${{a} == {b} ? {yes} : {no}} expanded as in a process of that service, where
 * $service_name is its name; service may be NULL: main.cf alone. An unknown
 * name is nothing. False when it is malformed, endless or longer than out
 * takes.
 */
bool view_expand(const struct postconf_view *v,
    const struct view_service *service, struct span text, struct buf *out);

/*
 * view_expand() of view_raw(), into out, which is cleared before. False, and
 * out is empty, when the parameter is unknown or cannot be expanded.
 */
bool view_value(const struct postconf_view *v,
    const struct view_service *service, const char *parameter, struct buf *out);

/*
 * Cuts the next element off a list of tables or restrictions: commas and blanks
 * part, braces group.
 */
bool view_next_element(struct span *list, struct span *element);

/*
 * An element of a list, expanded or as it is written, is one of the two tables
 * that README and policyctl setup put there.
 */
bool view_is_our_table(struct span element);

#endif
