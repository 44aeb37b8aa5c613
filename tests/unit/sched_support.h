/* SPDX-License-Identifier: ISC */
/*
 * sched_support - what the unit tests of policyd share
 *
 * Everything is static inline: the make file links a test with support.c and
 * nothing else.
 */
#ifndef UNIT_SCHED_SUPPORT_H
#define UNIT_SCHED_SUPPORT_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/settings.h"
#include "policyd/sched/qid.h"

/* Settings from lines of a configuration file. */
static inline void
load_settings(struct settings *settings, const char *text)
{
	char error[CONF_ERROR_SIZE] = "";

	if (!settings_parse(settings, span_str(text), "test", error))
		check_string(text, error, "");
}

/* How many descriptors a process has; -1: nobody knows. */
static inline int
count_fds(pid_t pid)
{
	char path[64];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static inline struct qid
qid_of(const char *text)
{
	struct qid id;

	check_bool(text, qid_parse(span_str(text), &id), true);
	return id;
}

static inline void
check_qid(const char *row, const struct qid *got, const char *want)
{
	char text[QID_SIZE];

	qid_format(got, text);
	check_string(row, text, want);
}

/*
 * A file below tests/data in a heap block of its size, for exact_free(). Tests
 * run from the top folder.
 */
static inline struct span
read_data(const char *name)
{
	char path[128];
	FILE *file;
	char *bytes;
	long size;

	snprintf(path, sizeof(path), "tests/data/%s", name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s cannot be opened", path);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	bytes = malloc((size_t)size);
	assert_true(size > 0 && bytes != NULL);
	assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
	fclose(file);
	return span_of(bytes, (size_t)size);
}

/* A text that grows; what does not fit is a failed test. */
enum { SCRIPT_SIZE = 256 * 1024 };
struct script {
	char text[SCRIPT_SIZE];
	size_t used;
};

static inline void
script_add(struct script *s, const char *text)
{
	size_t n = strlen(text);

	assert_true(n < SCRIPT_SIZE - s->used);
	memcpy(s->text + s->used, text, n + 1);
	s->used += n;
}

static inline void
script_add_span(struct script *s, struct span bytes)
{
	assert_true(bytes.len < SCRIPT_SIZE - s->used);
	if (bytes.len > 0)
		memcpy(s->text + s->used, bytes.data, bytes.len);
	s->used += bytes.len;
	s->text[s->used] = '\0';
}

static inline struct span
script_span(const struct script *s)
{
	return span_of(s->text, s->used);
}

/* Numbers that look random and are the same in each run (xorshift64*). */
struct dice {
	uint64_t state; /* not 0 */
};

static inline uint64_t
dice_throw(struct dice *d)
{
	d->state ^= d->state >> 12;
	d->state ^= d->state << 25;
	d->state ^= d->state >> 27;
	return d->state * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 to n - 1. */
static inline uint32_t
dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)((dice_throw(d) >> 33) % n);
}

static inline bool
dice_percent(struct dice *d, uint32_t percent)
{
	return dice_below(d, 100) < percent;
}

#endif
