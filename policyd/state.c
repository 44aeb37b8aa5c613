/* SPDX-License-Identifier: ISC */
#include "policyd/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hdrcheck/base/conf.h"
#include "hdrcheck/base/utf8.h"

#define OVERRIDES "overrides"
#define PAUSED    "paused"
#define SUFFIX    ".new" /* of a file that is being written */

enum {
	NAME_SIZE = 32,
	PATH_SIZE = 320, /* of a file, for messages */
	PAUSE_LINE_SIZE = STATE_REASON_MAX + 32,
};

static bool
fail(const char *directory, const char *name, const char *what,
    char error[STATE_ERROR_SIZE])
{
	snprintf(error, STATE_ERROR_SIZE, "%s/%s: %s", directory, name, what);
	return false;
}

static const char *
reason_of(int saved)
{
	if (saved == ELOOP || saved == EISDIR)
		return "not a regular file";
	if (saved == EFBIG)
		return "too large";
	return strerror(saved);
}

static int
open_directory(const char *directory)
{
	return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool
state_is_there(const char *directory)
{
	struct stat st;

	return stat(directory, &st) == 0 || errno != ENOENT;
}

/* Links are not followed: what they lead to may not be ours to show. */
static int
open_file(int folder, const char *name)
{
	int fd = openat(folder, name,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EISDIR;
	return -1;
}

/* NULL: errno. */
static char *
load(const char *directory, const char *name, size_t max, size_t *len)
{
	int folder = open_directory(directory), fd, saved;
	char *text = NULL;

	if (folder < 0)
		return NULL;
	fd = open_file(folder, name);
	if (fd >= 0)
		text = conf_load_bytes(fd, max, len);
	saved = errno;
	if (fd >= 0)
		close(fd);
	close(folder);
	errno = saved;
	return text;
}

bool
state_read_overrides(const char *directory, struct overrides *overrides,
    char error[STATE_ERROR_SIZE])
{
	char path[PATH_SIZE];
	char *text;
	size_t len;
	bool ok;

	text = load(directory, OVERRIDES, OVERRIDES_FILE_MAX, &len);
	if (text == NULL)
		return errno == ENOENT ||
		    fail(directory, OVERRIDES, reason_of(errno), error);
	snprintf(path, sizeof(path), "%s/" OVERRIDES, directory);
	ok = overrides_parse(overrides, span_of(text, len), path, error);
	free(text);
	return ok;
}

static bool
parse_pause(struct span text, struct pause *pause)
{
	char printable[STATE_REASON_MAX + 1];
	struct span line, since;
	uint64_t s;

	if (!span_cut(&text, '\n', &line) || text.len > 0 ||
	    !span_cut(&line, ' ', &since) || !span_to_u64(since, INT64_MAX, &s))
		return false;
	pause->since_s = (int64_t)s;
	utf8_printable(line, printable, sizeof(printable));
	return span_to_string(line, pause->reason, sizeof(pause->reason)) &&
	    strcmp(printable, pause->reason) == 0;
}

bool
state_read_pause(
    const char *directory, struct pause *pause, char error[STATE_ERROR_SIZE])
{
	char *text;
	size_t len;

	memset(pause, 0, sizeof(*pause));
	text = load(directory, PAUSED, PAUSE_LINE_SIZE, &len);
	if (text == NULL)
		return errno == ENOENT ||
		    fail(directory, PAUSED, reason_of(errno), error);
	pause->on = parse_pause(span_of(text, len), pause);
	free(text);
	return pause->on ||
	    fail(directory, PAUSED,
		"not one line \"SECONDS REASON\"; to resume, remove it", error);
}

static bool
write_all(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno != EINTR)
			return false;
		bytes = span_skip(bytes, n > 0 ? (size_t)n : 0);
	}
	return fsync(fd) == 0;
}

/* A file of a process that ended while it wrote is of no use. */
static bool
write_beside(int folder, const char *name, struct span bytes)
{
	bool ok;
	int fd, saved;

	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return false;
	fd = openat(folder, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	ok = write_all(fd, bytes);
	saved = errno;
	if (close(fd) < 0 && ok) {
		ok = false;
		saved = errno;
	}
	if (!ok)
		unlinkat(folder, name, 0);
	errno = saved;
	return ok;
}

static bool
replace_in(int folder, const char *name, struct span bytes)
{
	char beside[NAME_SIZE];
	int saved;

	snprintf(beside, sizeof(beside), "%s" SUFFIX, name);
	if (!write_beside(folder, beside, bytes))
		return false;
	if (renameat(folder, beside, folder, name) == 0)
		return fsync(folder) == 0;
	saved = errno;
	unlinkat(folder, beside, 0);
	errno = saved;
	return false;
}

static bool
remove_in(int folder, const char *name)
{
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return false;
	return fsync(folder) == 0;
}

/* bytes NULL: there is to be no such file. */
static bool
put(const char *directory, const char *name, const struct span *bytes,
    char error[STATE_ERROR_SIZE])
{
	int folder = open_directory(directory), saved;
	bool ok;

	if (folder < 0 && errno == ENOENT && bytes == NULL)
		return true;
	if (folder < 0)
		return fail(directory, name, strerror(errno), error);
	ok = bytes != NULL ? replace_in(folder, name, *bytes)
			   : remove_in(folder, name);
	saved = errno;
	close(folder);
	return ok || fail(directory, name, reason_of(saved), error);
}

bool
state_write_overrides(const char *directory, const struct overrides *overrides,
    char error[STATE_ERROR_SIZE])
{
	struct span bytes;
	struct buf text;
	bool ok;

	buf_init(&text, OVERRIDES_FILE_MAX);
	if (overrides_print(overrides, &text)) {
		bytes = buf_span(&text);
		ok = put(directory, OVERRIDES, &bytes, error);
	} else {
		ok = fail(directory, OVERRIDES, strerror(ENOMEM), error);
	}
	buf_free(&text);
	return ok;
}

bool
state_write_pause(const char *directory, const struct pause *pause,
    char error[STATE_ERROR_SIZE])
{
	char line[PAUSE_LINE_SIZE];
	struct span bytes;

	if (!pause->on)
		return put(directory, PAUSED, NULL, error);
	snprintf(line, sizeof(line), "%lld %s\n", (long long)pause->since_s,
	    pause->reason);
	bytes = span_str(line);
	return put(directory, PAUSED, &bytes, error);
}
