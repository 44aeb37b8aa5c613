/* SPDX-License-Identifier: ISC */
#include "policyd/sched/stamp.h"

#include <stdio.h>
#include <string.h>

#include "hdrcheck/settings.h"

enum { PATH_TEXT_SIZE = SETTINGS_PATH_SIZE + 16 };

void
stamp_take(struct stamp *stamp, const char *config_directory)
{
	static const char *const names[] = {"main.cf", "master.cf"};
	char path[PATH_TEXT_SIZE];

	memset(stamp, 0, sizeof(*stamp));
	for (int i = 0; i < 2; i++) {
		snprintf(
		    path, sizeof(path), "%s/%s", config_directory, names[i]);
		if (stat(path, &stamp->file[i]) < 0)
			memset(&stamp->file[i], 0, sizeof(stamp->file[i]));
	}
}

bool
stamp_changed(const struct stamp *stamp, const char *config_directory)
{
	struct stamp now;

	stamp_take(&now, config_directory);
	for (int i = 0; i < 2; i++) {
		const struct stat *a = &stamp->file[i];
		const struct stat *b = &now.file[i];

		if (a->st_ino != b->st_ino || a->st_size != b->st_size ||
		    a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
		    a->st_mtim.tv_nsec != b->st_mtim.tv_nsec)
			return true;
	}
	return false;
}
