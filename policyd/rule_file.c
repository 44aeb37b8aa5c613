/* SPDX-License-Identifier: ISC */
#include "policyd/rule_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ZONE_FOLDER  "/usr/share/zoneinfo/"
#define ZONE_MACHINE "/etc/localtime"

static char *
load_file(const char *path, size_t max, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *bytes;
	int saved;

	if (fd < 0)
		return NULL;
	bytes = conf_load_bytes(fd, max, len);
	saved = errno;
	close(fd);
	errno = saved;
	return bytes;
}

static char *
load_list(const char *path, size_t *len)
{
	char *bytes = load_file(path, RULE_FILE_LIST_MAX, len);

	if (bytes == NULL || memchr(bytes, '\0', *len) == NULL)
		return bytes;
	free(bytes);
	errno = EINVAL;
	return NULL;
}

static char *
load(void *ctx, enum source_kind kind, const char *name, size_t *len)
{
	char path[sizeof(ZONE_FOLDER) + ZONE_NAME_SIZE];

	(void)ctx;
	if (kind == SOURCE_LIST)
		return load_list(name, len);
	if (name[0] == '\0')
		return load_file(ZONE_MACHINE, ZONE_FILE_MAX, len);
	snprintf(path, sizeof(path), ZONE_FOLDER "%s", name);
	return load_file(path, ZONE_FILE_MAX, len);
}

const struct source rule_file_source = {.load = load};

static bool
fail(const char *file, char error[RULE_ERROR_SIZE])
{
	snprintf(
	    error, RULE_ERROR_SIZE, "%s: %s", file, conf_load_reason(errno));
	return false;
}

bool
rule_file_read(struct rules *rules, int fd, const char *file,
    const struct settings *settings, const struct hash_key *hash_key,
    int64_t now_s, char error[RULE_ERROR_SIZE])
{
	struct rules_context context = {
	    .file = file,
	    .source = &rule_file_source,
	    .hash_key = *hash_key,
	    .max_postpone_s = settings->max_postpone_s,
	    .now_s = now_s,
	};
	size_t len;
	char *text = conf_load(fd, &len);
	bool ok;

	if (text == NULL)
		return fail(file, error);
	ok = rules_parse(rules, span_of(text, len), &context, error);
	free(text);
	return ok;
}

bool
rule_file_load(struct rules *rules, const struct settings *settings,
    const struct hash_key *hash_key, int64_t now_s, char error[RULE_ERROR_SIZE])
{
	const char *file = settings->rules_file;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return fail(file, error);
	ok = rule_file_read(rules, fd, file, settings, hash_key, now_s, error);
	close(fd);
	return ok;
}
