/* SPDX-License-Identifier: ISC */
#include "policyd/sched/reread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hdrcheck/settings.h"

/* -1, logged unless it may be missing and is. */
static int
open_file(const struct log *log, const char *file, bool may_miss)
{
	/* A FIFO must not keep us waiting: the engine sees an empty file. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && !(may_miss && errno == ENOENT))
		log_warn(log, "%s; the old configuration stays", file);
	return fd;
}

static void
add(struct reread *files, int kind, int fd)
{
	files->has |= kind;
	files->fds[files->n_fds++] = fd;
}

bool
reread_open(struct reread *files, const struct log *log,
    const char *settings_file, const char *rules_file)
{
	bool preset = settings_file == NULL;
	int fd = open_file(
	    log, preset ? SETTINGS_DEFAULT_FILE : settings_file, preset);

	memset(files, 0, sizeof(*files));
	if (fd >= 0)
		add(files, WIRE_HAS_SETTINGS, fd);
	else if (!preset || errno != ENOENT)
		return false;
	if (rules_file[0] == '\0')
		return true;
	fd = open_file(log, rules_file, false);
	if (fd >= 0)
		add(files, WIRE_HAS_RULES, fd);
	return fd >= 0;
}

void
reread_close(struct reread *files)
{
	while (files->n_fds > 0)
		close(files->fds[--files->n_fds]);
}
