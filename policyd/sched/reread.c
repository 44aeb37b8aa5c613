/* SPDX-License-Identifier: ISC */
#include "policyd/sched/reread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hdrcheck/settings.h"

/* False, logged, unless it is open or may be missing and is: *fd is -1 then. */
static bool
open_file(const struct log *log, const char *file, bool may_miss, int *fd)
{
	int saved;

	/* A FIFO must not keep us waiting: the engine sees an empty file. */
	*fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*fd >= 0 || (may_miss && errno == ENOENT))
		return true;
	saved = errno;
	log_warn(log, "%s; the old configuration stays", file);
	errno = saved;
	return false;
}

static bool
fail(struct reread *files, int kind)
{
	files->error = errno;
	files->missing = kind;
	return false;
}

static void
add(struct reread *files, int kind, int fd)
{
	if (fd < 0)
		return;
	files->has |= kind;
	files->fds[files->n_fds++] = fd;
}

bool
reread_open(struct reread *files, const struct log *log,
    const char *settings_file, const char *rules_file)
{
	const char *file =
	    settings_file != NULL ? settings_file : SETTINGS_DEFAULT_FILE;
	int fd;

	memset(files, 0, sizeof(*files));
	if (!open_file(log, file, settings_file == NULL, &fd))
		return fail(files, WIRE_HAS_SETTINGS);
	add(files, WIRE_HAS_SETTINGS, fd);
	if (rules_file[0] == '\0')
		return true;
	if (!open_file(log, rules_file, false, &fd))
		return fail(files, WIRE_HAS_RULES);
	add(files, WIRE_HAS_RULES, fd);
	return true;
}

void
reread_close(struct reread *files)
{
	while (files->n_fds > 0)
		close(files->fds[--files->n_fds]);
}
