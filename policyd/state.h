/* SPDX-License-Identifier: ISC */
/*
 * state - what the administrator said and must not be forgotten: the files in
 * state_directory
 *
 *   overrides   moments of single messages; see override.h
 *   paused      there: nothing is released. SINCE REASON in one line, SINCE in
 *               seconds since 1970; the reason may be empty
 *
 * A file is replaced as a whole: written beside, fsync(2), rename(2), and
 * fsync(2) of the folder. A missing file, or folder, means that nothing was
 * said. The folder may be a symbolic link, the files must not be.
 */
#ifndef POLICYD_STATE_H
#define POLICYD_STATE_H

#include "policyd/sched/override.h"

enum {
	STATE_REASON_MAX = 200, /* bytes of why it is paused */
	STATE_ERROR_SIZE = 512,
};

struct pause {
	bool on;
	int64_t since_s;
	char reason[STATE_REASON_MAX + 1]; /* printable UTF-8, one line */
};

/* Whether the folder is there; what cannot be looked at is. */
bool state_is_there(const char *directory);

/*
 * Read the files. False with "FILE: what" or "FILE:LINE: what" in error: there
 * is something that cannot be read or understood.
 */
bool state_read_overrides(const char *directory, struct overrides *overrides,
    char error[STATE_ERROR_SIZE]);
bool state_read_pause(
    const char *directory, struct pause *pause, char error[STATE_ERROR_SIZE]);

/*
 * Write them; on the disk when they return true. False with "FILE: what" in
 * error: the file is as it was. (Should the fsync of the folder be what fails,
 * it may be the new one: such a disk is broken.)
 */
bool state_write_overrides(const char *directory,
    const struct overrides *overrides, char error[STATE_ERROR_SIZE]);
bool state_write_pause(const char *directory, const struct pause *pause,
    char error[STATE_ERROR_SIZE]);

#endif
