/* SPDX-License-Identifier: ISC */
/*
 * setup_text - reading and changing values of main.cf and entries of master.cf
 *
 * Values are changed where they differ and stay byte for byte elsewhere. All
 * results are appended to out; false when that is full. Pure.
 */
#ifndef CTL_SETUP_TEXT_H
#define CTL_SETUP_TEXT_H

#include "hdrcheck/base/buf.h"

/*
 * The value of a parameter as it stands in the file main.cf, lines joined as
 * Postfix does (postconf_view has all blanks in it made one); the last one
 * counts. False, and out is as before, when the file does not set it.
 */
bool setup_text_main_cf(struct span file, const char *name, struct buf *out);

/* A list has this element, see view_next_element(). */
bool setup_text_has(struct span list, const char *element);

/*
 * The list with each such element replaced by other text; with an empty one it
 * goes together with what parted it from its neighbour.
 */
bool setup_text_replace(struct span list, const char *element,
    struct span replacement, struct buf *out);

bool setup_text_contains(struct span text, struct span part);

/* How a value refers to a parameter. */
enum setup_reference {
	REFERENCE_NONE,
	REFERENCE_PLAIN, /* as $name or ${name}, perhaps several times */
	REFERENCE_OTHER, /* in another form too: $(name), ${name?...} */
};
enum setup_reference setup_text_refers(struct span value, const char *name);

/*
 * The value with $name written ${other} and ${name} written $(other), so that
 * setup_text_rename_back() can undo it.
 */
bool setup_text_rename(
    struct span value, const char *name, const char *other, struct buf *out);
bool setup_text_rename_back(
    struct span value, const char *name, const char *other, struct buf *out);

/* Cuts the next word off the arguments of a service; braces group. */
bool setup_text_next_argument(struct span *arguments, struct span *word);

/*
 * For the word behind "-o": "name=value" or "{name = value}". False when there
 * is no "=".
 */
bool setup_text_option(struct span word, struct span *name, struct span *value);

/* text for a shell, in quotes where it needs them. */
bool setup_text_quote(struct span text, struct buf *out);

#endif
