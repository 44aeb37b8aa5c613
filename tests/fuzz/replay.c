/* SPDX-License-Identifier: ISC */
/*
 * replay FILE|FOLDER... - calls a fuzz target with files, as libFuzzer would,
 * in any program of any compiler; of a folder with all in it. Exit 0, or the
 * target aborts.
 */
#define _DEFAULT_SOURCE /* d_name of any length */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/target.h"

enum { INPUT_MAX = 16 * 1024 * 1024, PATH_SIZE = 4096 };

static void
die(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

static size_t
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *room = malloc(INPUT_MAX);
	struct span input;

	if (file == NULL || room == NULL)
		die(path);
	input = block_of(span_of(room, fread(room, 1, INPUT_MAX, file)));
	if (ferror(file))
		die(path);
	fclose(file);
	free(room);
	/* It is said before, as the target may not come back. */
	if (getenv("REPLAY_TELLS") != NULL)
		fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.len);
	block_free(input);
	return 1;
}

static size_t
replay_folder(const char *path, DIR *folder)
{
	char name[PATH_SIZE];
	struct dirent *entry;
	size_t n = 0;

	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		n += replay_file(name);
	}
	closedir(folder);
	return n;
}

int
main(int argc, char **argv)
{
	size_t n = 0;

	for (int i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);

		n += folder != NULL ? replay_folder(argv[i], folder)
				    : replay_file(argv[i]);
	}
	if (n == 0) {
		fprintf(stderr, "%s: nothing to replay\n", argv[0]);
		return 1;
	}
	return 0;
}
